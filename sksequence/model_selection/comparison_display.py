"""Picture of a comparison: what a better score costs."""

from __future__ import annotations

from typing import Any

from sksequence.inspection.axes import STYLES, make_axes, pyplot

__all__ = ["ComparisonDisplay"]

_MARKERS = "os^Dv*PX"


class ComparisonDisplay:
    """Picture of scores against the time of an answer, one point a model; up and left is better.

    Upright bars are standard deviations over folds; level ones run from the median to the 99th percentile of
    the time. A dummy too far below to leave room for the others is named only. Use :meth:`from_estimators` to
    make it, or ``comparison.plot()``.

    Parameters
    ----------
    comparison : Comparison
        What :func:`compare` gave.

    Attributes
    ----------
    comparison_ : Comparison
        What is drawn.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    See Also
    --------
    compare : The numbers.
    """

    def __init__(self, comparison):
        self.comparison_ = comparison

    @classmethod
    def from_estimators(cls, estimators, X, y=None, *, ax=None, point_kw=None, **options):
        """Compare models, and draw them.

        Parameters
        ----------
        estimators : list of estimators, dict of str to estimator, estimator or None
            As in :func:`compare`.
        X, y : array-like
            As in :func:`compare`.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        point_kw : dict or None, default=None
            How points are drawn, as in :meth:`matplotlib.axes.Axes.errorbar`.
        **options
            Options of :func:`compare`.

        Returns
        -------
        display : ComparisonDisplay

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        from sksequence.model_selection.comparison import compare

        pyplot(f"{cls.__name__}.from_estimators")
        return cls(compare(estimators, X, y, **options)).plot(ax=ax, **(point_kw or {}))

    def plot(self, ax=None, **point_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **point_kw
            How all points are drawn, as in :meth:`matplotlib.axes.Axes.errorbar`.

        Returns
        -------
        display : ComparisonDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(6.5, 4.0))
        from matplotlib.lines import Line2D
        from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

        known = self.comparison_.table.dropna(subset=["score", "predict_p50_ms"])
        named: list[Any] = []
        for i, (name, row) in enumerate(known.iterrows()):
            if self._lies_far_below(name, known):
                named.append(Line2D([], [], linestyle="none", label=f"{name}: {row.score:.3f},\nnot shown"))
                continue
            style = {
                "color": STYLES[i % len(STYLES)]["color"],
                "marker": _MARKERS[i % len(_MARKERS)],
                "markersize": 7,
                "linestyle": "none",
                "elinewidth": 1.0,
            }
            points = place.errorbar(
                row.predict_p50_ms,
                row.score,
                xerr=[[0.0], [row.predict_p99_ms - row.predict_p50_ms]],
                yerr=row.score_std,
                label=str(name),
                **(style | point_kw),
            )
            named.append(points)
        place.set_xscale("log")
        place.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        place.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        place.xaxis.set_minor_locator(NullLocator())
        place.set_xlabel("time to answer for one sequence, ms: median and 99 %")
        place.set_ylabel(f"{self.comparison_.scoring}, mean and deviation over folds")
        place.grid(axis="y", color="0.9", linewidth=0.6)
        place.set_axisbelow(True)
        # Beside the picture: the bars leave no corner free.
        place.legend(handles=named, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        self.ax_, self.figure_ = place, place.figure
        return self

    @staticmethod
    def _lies_far_below(name, table) -> bool:
        """Whether a model that ignores X would leave no room to tell the others apart."""
        others = table.drop(name)
        if name != "dummy" or others.empty:
            return False
        room = (others["score"] + others["score_std"]).max() - (others["score"] - others["score_std"]).min()
        return bool(others["score"].min() - table.loc[name, "score"] > 2 * room)
