"""Axes of pictures of time series: one for each series, their time axis, and marks to tell without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError, MissingDependencyError
from sksequence.inspection.tables import choose

__all__ = [
    "INK",
    "MARKERS",
    "STYLES",
    "TimeAxis",
    "add_legend",
    "chosen_pairs",
    "draw_band",
    "make_axes",
    "name_axes",
    "pyplot",
]

# More small pictures than these cannot be read.
_MOST_AXES = 9
# What came.
INK = "0.25"
# What was forecast: colours that the colour-blind can tell (Okabe & Ito 2008), each with its own dashes.
STYLES: tuple[dict[str, Any], ...] = (
    {"color": "#0072B2", "linestyle": "--"},
    {"color": "#D55E00", "linestyle": "-."},
    {"color": "#009E73", "linestyle": ":"},
    {"color": "#CC79A7", "linestyle": (0, (6, 1.5))},
    {"color": "#E69F00", "linestyle": (0, (4, 1, 1, 1, 1, 1))},
    {"color": "#56B4E9", "linestyle": (0, (1, 1))},
)
# Marks on such lines, in the same order.
MARKERS = "os^Dv*"
_UNITS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))


def pyplot(caller: str):
    """Matplotlib's pyplot, imported when the first picture is drawn.

    Parameters
    ----------
    caller : str
        Who draws, for the error.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingDependencyError(
            f"{caller}: a picture was asked for, but matplotlib is missing. Install it, for example with "
            'pip install "sksequence[plot]".'
        ) from error
    return plt


@dataclass(frozen=True)
class TimeAxis:
    """How times stand on an axis.

    Attributes
    ----------
    dates : bool
        Whether they are dates.
    zone : tzinfo or None
        In which dates are read.
    unit : tuple of str and float, or None
        Name and seconds of what durations are counted in.
    label : str
        What the axis is called; empty where dates speak for themselves.
    """

    dates: bool
    zone: Any
    unit: tuple[str, float] | None
    label: str

    @classmethod
    def of(cls, times, label: str | None) -> TimeAxis:
        """Find how to show some times.

        Parameters
        ----------
        times : array-like
            Dates, periods, durations or numbers.
        label : str or None
            Their name.
        """
        index = pd.Index(times)
        if isinstance(index, pd.TimedeltaIndex):
            span = (index.max() - index.min()).total_seconds()
            unit = next((unit for unit in _UNITS if span >= 3 * unit[1]), _UNITS[-1])
            return cls(False, None, unit, f"{label or 'time'} in {unit[0]}")
        if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
            return cls(True, getattr(index, "tz", None), None, label or "")
        return cls(False, None, None, label or "time step")

    def places(self, times) -> np.ndarray:
        """Where times stand: numbers, or datetime64 in UTC; a period stands at its start."""
        index = pd.Index(times)
        if isinstance(index, pd.PeriodIndex):
            index = index.to_timestamp()
        if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
            index = index.tz_convert("UTC").tz_localize(None)
        if self.unit is not None:
            return index.total_seconds().to_numpy() / self.unit[1]
        return index.to_numpy()

    def mark(self, ax, *, most: int) -> None:
        """Set the ticks, `most` at most, and their labels.

        Parameters
        ----------
        ax : Axes
            Whose x-axis shows such times.
        most : int
            Ticks that have room.
        """
        if self.dates:
            from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

            locator = AutoDateLocator(tz=self.zone, minticks=min(3, most), maxticks=most)
            ax.xaxis.set_major_locator(locator)
            ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=self.zone))
        else:
            from matplotlib.ticker import MaxNLocator

            whole = self.unit is None
            ax.xaxis.set_major_locator(MaxNLocator(most, integer=whole, min_n_ticks=1, steps=[1, 2, 5, 10]))


def chosen_pairs(series: list, labels: list, some_series, some_columns, caller: str) -> tuple[list, int]:
    """Series and columns to draw, and how many had no room.

    Parameters
    ----------
    series, labels : list
        Names of the series and of the columns that there are.
    some_series, some_columns : label, list of labels or None
        Those asked for.
    caller : str
        Who asks, for the error.

    Raises
    ------
    InputError
        If there are none such, or more were asked for than can be drawn.
    """
    wanted_series = choose(series, some_series, "series", caller)
    wanted = choose(labels, some_columns, "columns", caller)
    n = len(wanted_series) * len(wanted)
    asked = (1 if some_series is None else len(wanted_series)) * (1 if some_columns is None else len(wanted))
    if asked > _MOST_AXES:
        raise InputError(
            f"{caller}: series and columns ask for {asked} pictures, but at most {_MOST_AXES} can be read. "
            "Choose fewer."
        )
    pairs = [(s, column) for s in wanted_series[:_MOST_AXES] for column in wanted][:_MOST_AXES]
    return pairs, n - len(pairs)


def make_axes(n: int, ax, caller: str, *, share: bool = True, size: tuple[float, float] = (8.0, 3.6)):
    """Axes for `n` pictures: those that came, or new ones in a figure of their own.

    Parameters
    ----------
    n : int
        Pictures.
    ax : Axes, array of Axes, or None
        Where to draw.
    caller : str
        Who draws, for the error.
    share : bool, default=True
        Whether all pictures show the same times.
    size : tuple of float, default=(8.0, 3.6)
        Width and height of a single picture, in inches.

    Returns
    -------
    axes : ndarray of Axes of shape (n,)
    own : bool
        Whether the axes are new.

    Raises
    ------
    InputError
        If too few axes came.
    """
    if ax is not None:
        given = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(given) < n:
            raise InputError(
                f"{caller}: {len(given)} axes came for {n} pictures, but each needs its own. Pass {n} axes, "
                "leave out `ax`, or choose with `series` and `columns`."
            )
        return given[:n], False
    n_across = _across(n)
    n_down = -(-n // n_across)
    size = size if n == 1 else (5.0 + 3.0 * n_across, 0.8 + 1.8 * n_down)
    _, grid = pyplot(caller).subplots(
        n_down, n_across, figsize=size, sharex=share, squeeze=False, layout="constrained"
    )
    axes = grid.ravel()
    for spare in axes[n:]:
        spare.remove()
    for above in axes[max(n - n_across, 0) : n]:
        # The last picture of each column tells the time.
        above.tick_params(labelbottom=True)
        above.xaxis.offsetText.set_visible(True)
    for drawn in axes[:n]:
        drawn.spines[["top", "right"]].set_visible(False)
    return axes[:n], True


def _across(n: int) -> int:
    """Pictures side by side."""
    return 1 if n <= 3 else 2 if n <= 6 else 3


def name_axes(axes, pairs: list, clock: TimeAxis, *, own: bool, share: bool, n_left_out: int) -> None:
    """Label the axes of all pictures.

    Parameters
    ----------
    axes : ndarray of Axes
        The pictures.
    pairs : list of tuple
        Series and column of each.
    clock : TimeAxis
        Their times.
    own, share : bool
        Whether the figure is ours to arrange, and whether all pictures show the same times.
    n_left_out : int
        Pictures that had no room.
    """
    several_series, several_columns = (len({pair[i] for pair in pairs}) > 1 for i in (0, 1))
    n_across = _across(len(axes)) if own else 1
    for i, (ax, (series, column)) in enumerate(zip(axes, pairs, strict=True)):
        title = _heading(series, column, several_series=several_series, several_columns=several_columns)
        if title:
            ax.set_title(title, loc="left", fontsize="medium")
        if not several_columns and not isinstance(column, (int, np.integer)) and i % n_across == 0:
            ax.set_ylabel(f"{column}")
        clock.mark(ax, most=8 if n_across == 1 else 6)
        if clock.label and (not share or not own or i >= len(axes) - n_across):
            ax.set_xlabel(clock.label)
    if own and n_left_out:
        axes[0].figure.supxlabel(
            f"{len(axes)} of {len(axes) + n_left_out} shown; choose with series and columns",
            fontsize="small",
            color="0.4",
        )


def _heading(series, column, *, several_series: bool, several_columns: bool) -> str:
    """What stands above one picture: only what tells it from the others."""
    told = (("series", series, several_series), ("column", column, several_columns))
    return ", ".join(
        f"{what} {label}" if isinstance(label, (int, np.integer)) else f"{label}"
        for what, label, several in told
        if several
    )


def draw_band(ax, x, lower, upper, *, color, label: str) -> None:
    """Shade between two bounds, with a thin edge; a single step gets a bar."""
    if len(x) == 1:
        ax.vlines(x, lower, upper, color=color, linewidth=4, alpha=0.4, label=label)
        return
    ax.fill_between(
        x, lower, upper, facecolor=(color, 0.18), edgecolor=(color, 0.7), linewidth=0.6, label=label
    )


def add_legend(axes, *, own: bool) -> None:
    """Say once what the lines are: above the pictures, or in the first of axes that came.

    Parameters
    ----------
    axes : ndarray of Axes
        The pictures.
    own : bool
        Whether the figure is ours to arrange.
    """
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    if own:
        figure = axes[0].figure
        # In inches: a letter, and the handle with its margins, at the usual size of letters.
        across = int(figure.get_figwidth() / (0.7 + 0.085 * max(map(len, found))))
        figure.legend(
            list(found.values()),
            list(found),
            loc="outside upper right",
            ncols=min(max(across, 1), len(found)),
            frameon=False,
        )
    else:
        axes[0].legend(list(found.values()), list(found), frameon=False)
