"""Pictures of backtests: what came, beside what was forecast some steps before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError
from sksequence.inspection.axes import (
    INK,
    STYLES,
    TimeAxis,
    add_legend,
    chosen_pairs,
    draw_band,
    make_axes,
    name_axes,
    pyplot,
)

__all__ = ["BacktestDisplay", "column_label", "made", "with_names"]

_BOUNDS = ["lower", "upper"]


class BacktestDisplay:
    """Picture of a backtest: what came, and what was forecast of it some steps before.

    One small picture for each series and column. Use :meth:`from_estimator` or :meth:`from_table` to
    make it.

    Parameters
    ----------
    table : DataFrame
        A row for each value that was forecast, with the columns "series", "column", "time", "step",
        "target" and "forecast", and, where there are intervals, "lower" and "upper".
    coverage : float or None, default=None
        Share of the values that the intervals should hold.
    time_label : str or None, default=None
        Name of the time axis.
    n_left_out : int, default=0
        Series and columns that had no room.

    Attributes
    ----------
    figure_ : Figure
        What was drawn on last.
    axes_ : ndarray of Axes
        One for each series and column.
    ax_ : Axes
        The first of them.

    See Also
    --------
    StepErrorDisplay : How the error grows with the step.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sksequence.inspection import BacktestDisplay
    >>> table = pd.DataFrame({"origin": [1, 2, 3], "step": 1, "target": [5, 4, 6], "forecast": [4, 5, 4]})
    >>> display = BacktestDisplay.from_table(table)
    >>> display.table["time"].tolist()
    [2, 3, 4]
    """

    def __init__(self, table, *, coverage=None, time_label=None, n_left_out=0):
        self.table = table
        self.coverage = coverage
        self.time_label = time_label
        self.n_left_out = n_left_out

    @classmethod
    def from_estimator(
        cls,
        forecaster,
        X,
        y=None,
        *,
        step=1,
        coverage=None,
        start=None,
        stride=1,
        series=None,
        columns=None,
        ax=None,
        **line_kw,
    ):
        """Backtest, and draw the outcome.

        Parameters
        ----------
        forecaster : estimator
            A fitted forecaster.
        X, y : array-like
            Series, and row-aligned targets where `fit` had some, as in `forecaster.backtest`.
        step : int or list of int, default=1
            How many steps before its time each forecast was made; several are drawn as several lines.
        coverage : float or None, default=None
            Share of the values that the intervals should hold; None draws none.
        start, stride : default=None and 1
            First origin, and rows from one to the next, as in `forecaster.backtest`.
        series, columns : label, list of labels or None, default=None
            Which series and columns to draw, by name or position; None draws the first nine pictures.
        ax : Axes, array of Axes or None, default=None
            Where to draw: one Axes for each picture; None makes a new figure.
        **line_kw
            How forecasts are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : BacktestDisplay

        Raises
        ------
        InputError
            If what is to be drawn is not there.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        table = made(forecaster, X, y=y, start=start, stride=stride, coverage=coverage)
        freq, time_label = _rows_of(forecaster, X, table["origin"])
        return cls._drawn(
            with_names(table, column_label(forecaster, X)),
            f"{cls.__name__}.from_estimator",
            {"step": step, "freq": freq, "series": series, "columns": columns},
            coverage,
            time_label,
            ax,
            line_kw,
        )

    @classmethod
    def from_table(
        cls, table, *, step=1, freq=None, coverage=None, series=None, columns=None, ax=None, **line_kw
    ):
        """Draw a backtest that was made before.

        Parameters
        ----------
        table : DataFrame
            What `forecaster.backtest` gave.
        step : int or list of int, default=1
            How many steps before its time each forecast was made; several are drawn as several lines.
        freq : object, default=None
            From one row of the series to the next: what pandas takes as a frequency, or a number where
            origins are numbers. None takes the spacing of the origins, which is right where the backtest
            had ``stride=1``. Periods have a frequency of their own.
        coverage : float or None, default=None
            What the intervals of the table hold, for the legend.
        series, columns : label, list of labels or None, default=None
            Which series and columns to draw, by name or position; None draws the first nine pictures.
        ax : Axes, array of Axes or None, default=None
            Where to draw: one Axes for each picture; None makes a new figure.
        **line_kw
            How forecasts are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : BacktestDisplay

        Raises
        ------
        InputError
            If what is to be drawn is not there, or the origins are no consecutive rows and `freq` is None.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_table")
        return cls._drawn(
            with_names(backtest_table(table, f"{cls.__name__}.from_table"), 0),
            f"{cls.__name__}.from_table",
            {"step": step, "freq": freq, "series": series, "columns": columns},
            coverage,
            None,
            ax,
            line_kw,
        )

    @classmethod
    def _drawn(cls, table, caller: str, wanted: dict, coverage, time_label, ax, line_kw: dict):
        steps = _steps(table, wanted["step"], caller)
        labels = list(table["column"].unique())
        pairs, n_left_out = chosen_pairs(
            list(table["series"].unique()), labels, wanted["series"], wanted["columns"], caller
        )
        groups = dict(list(table.groupby(["series", "column"], sort=False, dropna=False)))
        parts = [groups[pair] for pair in pairs]
        freq = _frequency(parts[0], wanted["freq"], caller)
        kept = pd.concat([part[part["step"].isin(steps)] for part in parts], ignore_index=True)
        times = _times(kept, freq)
        kept.insert(list(kept.columns).index("step"), "time", times)
        kept = kept.drop(columns="origin")
        display = cls(kept, coverage=coverage, time_label=time_label, n_left_out=n_left_out)
        return display.plot(ax=ax, **line_kw)

    def plot(self, ax=None, **line_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw: one Axes for each picture; None makes a new figure.
        **line_kw
            How forecasts are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : BacktestDisplay
            Itself, with `figure_`, `axes_` and `ax_`.

        Raises
        ------
        InputError
            If fewer axes came than there are pictures.
        MissingDependencyError
            If matplotlib is not installed.
        """
        panels = dict(list(self.table.groupby(["series", "column"], sort=False, dropna=False)))
        clock = TimeAxis.of(self.table["time"], self.time_label)
        axes, own = make_axes(len(panels), ax, f"{type(self).__name__}.plot", size=(9.0, 3.6))
        for place, panel in zip(axes, panels.values(), strict=True):
            self._draw(place, panel, clock, line_kw)
        name_axes(axes, list(panels), clock, own=own, share=True, n_left_out=self.n_left_out)
        add_legend(axes, own=own)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _draw(self, ax, panel: pd.DataFrame, clock: TimeAxis, line_kw: dict) -> None:
        came = panel.drop_duplicates("time").sort_values("time")
        ax.plot(
            clock.places(came["time"]), came["target"].to_numpy(), color=INK, linewidth=1.2, label="actual"
        )
        steps = list(panel["step"].unique())
        for style, step in zip(_styles(len(steps)), steps, strict=True):
            rows = panel[panel["step"] == step].sort_values("time")
            ahead = f"{step} step{'s' if step > 1 else ''} ahead"
            x = clock.places(rows["time"])
            alone = {"marker": "o", "markersize": 4} if len(x) == 1 else {}
            options = style | {"linewidth": 1.4, "label": ahead} | alone | line_kw
            (line,) = ax.plot(x, rows["forecast"].to_numpy(), **options)
            if set(_BOUNDS) <= set(rows):
                # Of one name for all steps: each lies around its own line, in its colour.
                label = "interval" if self.coverage is None else f"{100 * self.coverage:g} % interval"
                lower, upper = (rows[name].to_numpy() for name in _BOUNDS)
                draw_band(ax, x, lower, upper, color=line.get_color(), label=label)


def made(forecaster, X, *, stride: int, **options) -> pd.DataFrame:
    """Backtest a forecaster, which need not know the options that were not used.

    Parameters
    ----------
    forecaster : estimator
        A fitted forecaster.
    X : array-like
        Series.
    stride : int
        Rows from one origin to the next.
    **options
        Of `forecaster.backtest`; None stands for the default.
    """
    used = {name: value for name, value in options.items() if value is not None}
    return forecaster.backtest(X, stride=stride, **used)


def backtest_table(table, caller: str) -> pd.DataFrame:
    """The table itself, or the error that says what it lacks."""
    needed = ["origin", "step", "target", "forecast"]
    lacking = [name for name in needed if name not in getattr(table, "columns", ())]
    if lacking:
        raise InputError(
            f"{caller}: a {type(table).__name__} without {lacking} came, but a table with the columns "
            f"{needed} is needed. Pass what forecaster.backtest gives."
        )
    return table


def with_names(table: pd.DataFrame, column) -> pd.DataFrame:
    """The table of a backtest, with the columns "series" and "column" also where there is only one."""
    table = table.copy(deep=False)
    if "column" not in table:
        table.insert(0, "column", pd.Series([column] * len(table), index=table.index))
    if "series" not in table:
        table.insert(0, "series", 0)
    return table


def column_label(forecaster, X):
    """Name of the only column that is forecast; 0 where it has none."""
    name = next(iter(getattr(forecaster, "targets_", ())), 0)
    if isinstance(name, (int, np.integer)):
        name = getattr(X, "name", None)
    return 0 if name is None else name


def _styles(n: int) -> list[dict]:
    """One for each line, in turn."""
    return [STYLES[i % len(STYLES)] for i in range(n)]


def _steps(table: pd.DataFrame, step, caller: str) -> list[int]:
    steps = np.atleast_1d(step).tolist()
    known = set(table["step"])
    if not steps or not set(steps) <= known:
        raise InputError(
            f"{caller}: step={step!r} came, but the backtest has the steps {min(known)} to {max(known)}. "
            "Name some of these."
        )
    return steps


def _rows_of(forecaster, X, origins: pd.Series) -> tuple:
    """From one row to the next, and what the times are called: as at fit time, or else as in X."""
    line = getattr(getattr(forecaster, "context_", None), "timelines", (None,))[0]
    index = getattr(X, "index", None)
    known = [] if line is None else [(line.step, line.index.name)]
    if isinstance(index, pd.Index) and index.nlevels == 1:
        known.append((_spacing(index), index.name))
    for step, name in known:
        if _can_be_added(step, origins):
            return step, name
    return (1 if origins.dtype.kind in "iu" else None), None


def _can_be_added(step, origins) -> bool:
    """Whether a step leads on from such origins."""
    is_number = isinstance(step, (int, float, np.number))
    return step is not None and is_number == (origins.dtype.kind in "iuf")


def _frequency(part: pd.DataFrame, freq, caller: str):
    """From one row of a series to the next."""
    index = pd.Index(part["origin"])
    if isinstance(index, pd.PeriodIndex):
        return 1
    if freq is not None:
        if not _can_be_added(freq, index):
            raise InputError(
                f"{caller}: freq={freq!r} came, but the origins are {index.dtype}, such as {index[0]}. Pass "
                "a frequency where they are times, and a number where they are numbers."
            )
        return freq if index.dtype.kind in "iuf" else pd.tseries.frequencies.to_offset(freq)
    origins = index.unique().sort_values()
    found = _spacing(origins)
    if found is None or not _are_consecutive(part):
        raise InputError(
            f"{caller}: freq=None came, but the {len(origins)} origins of the table are no consecutive rows, "
            "so they do not tell the times of the steps. Pass freq, such as 'h', or 1 for numbers."
        )
    return found


def _spacing(origins: pd.Index):
    """What leads from one to the next; None where nothing does."""
    if isinstance(origins, pd.DatetimeIndex) and len(origins) > 2:
        return pd.DatetimeIndex(origins, freq="infer").freq
    differences = origins[1:] - origins[:-1]
    return differences[0] if len(differences) and (differences == differences[0]).all() else None


def _are_consecutive(part: pd.DataFrame) -> bool:
    """Whether what came at step k + 1 of an origin came at step k of the next, as far as steps tell."""
    came = part.pivot(index="origin", columns="step", values="target").sort_index().to_numpy(dtype=float)
    return np.array_equal(came[:-1, 1:], came[1:, :-1], equal_nan=True)


def _times(table: pd.DataFrame, freq) -> pd.Index:
    """When each row of a backtest came."""
    origins = pd.Index(table["origin"])
    steps = table["step"].to_numpy()
    if not isinstance(origins, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return origins + steps * freq
    # Offsets of the calendar are added one by one, and to every origin once.
    ahead = {
        step: {origin: origin + int(step) * freq for origin in origins[steps == step].unique()}
        for step in np.unique(steps)
    }
    return type(origins)([ahead[step][origin] for step, origin in zip(steps, origins, strict=True)])
