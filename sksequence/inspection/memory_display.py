"""Picture of the memory ranges of several models."""

from __future__ import annotations

import numpy as np

from sksequence.inspection.axes import MARKERS, STYLES, make_axes, pyplot
from sksequence.inspection.memory import MemoryRange, memory_range
from sksequence.inspection.probes import named_estimators

__all__ = ["MemoryRangeDisplay"]


class MemoryRangeDisplay:
    """Picture of how strongly outputs depend on the input k steps back, one line for each model.

    Each curve is divided by its largest value; a mark stands at its half-life. Use
    :meth:`from_estimator` or :meth:`from_estimators` to make it.

    Parameters
    ----------
    ranges : dict of str to MemoryRange
        What :func:`memory_range` gave, by the name of its line.

    Attributes
    ----------
    ranges_ : dict of str to MemoryRange
        What is drawn.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    See Also
    --------
    memory_range : The numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.inspection import MemoryRange, MemoryRangeDisplay
    >>> measured = MemoryRange(np.array([1.0, 0.5, 0.25]), np.array([9, 9, 9]), "gradient")
    >>> MemoryRangeDisplay({"guess": measured}).ranges_["guess"]
    MemoryRange(half_life=0, lag_95=1 time steps; 3 lags, gradient)
    """

    def __init__(self, ranges: dict[str, MemoryRange]):
        self.ranges_ = ranges

    @classmethod
    def from_estimator(cls, estimator, X, *, ax=None, line_kw=None, **options):
        """Measure the memory range of one model, and draw it.

        Parameters
        ----------
        estimator : fitted estimator
            As in :func:`memory_range`.
        X : array-like
            Sequences, as the estimator takes them.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        line_kw : dict or None, default=None
            How lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.
        **options
            Options of :func:`memory_range`.

        Returns
        -------
        display : MemoryRangeDisplay

        Raises
        ------
        InputError
            If there is no recurrent network inside, or X cannot be read.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return cls.from_estimators(estimator, X, ax=ax, line_kw=line_kw, **options)

    @classmethod
    def from_estimators(cls, estimators, X, *, ax=None, line_kw=None, **options):
        """Measure the memory ranges of several models on the same data, and draw them together.

        Parameters
        ----------
        estimators : list of estimators, or dict of str to estimator
            Fitted, as in :func:`memory_range`; a dict names the lines.
        X : array-like
            Sequences, as the estimators take them.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        line_kw : dict or None, default=None
            How lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.
        **options
            Options of :func:`memory_range`.

        Returns
        -------
        display : MemoryRangeDisplay

        Raises
        ------
        InputError
            If there is no recurrent network inside, or X cannot be read.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimators")
        named = named_estimators(estimators)
        ranges = {name: memory_range(estimator, X, **options) for name, estimator in named.items()}
        return cls(ranges).plot(ax=ax, **(line_kw or {}))

    def plot(self, ax=None, **line_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : MemoryRangeDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(7.0, 4.0))
        from matplotlib.ticker import MaxNLocator

        for i, (name, measured) in enumerate(self.ranges_.items()):
            curve = measured.curve / max(float(measured.curve.max()), np.finfo(float).tiny)
            style = STYLES[i % len(STYLES)] | {"linewidth": 1.6} | line_kw
            half = measured.half_life
            told = "" if np.isnan(half) else f"half within {half:,.0f}, 95 % within {measured.lag_95:,.0f}"
            label = ": ".join(filter(None, [str(name), told]))
            marks = {} if np.isnan(half) else {"marker": MARKERS[i % len(MARKERS)], "markevery": [int(half)]}
            place.plot(np.arange(len(curve)), curve, label=label, **(marks | style))
        # Time runs to the right, as the sequence does: the last step stands at the right end.
        place.invert_xaxis()
        place.set_ylim(bottom=0)
        place.set_xlabel("time steps before the last")
        place.set_ylabel("dependence of the output,\nshare of its largest")
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
        # Curves may peak anywhere.
        place.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
        self.ax_, self.figure_ = place, place.figure
        return self
