"""Picture of which steps and which features matter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sksequence.inspection.axes import INK, STYLES, make_axes, pyplot
from sksequence.inspection.importance import SequenceImportance, sequence_permutation_importance

__all__ = ["ImportanceDisplay"]

# More features than these cannot be read; the most important are shown.
_MOST_FEATURES = 20


class ImportanceDisplay:
    """Picture of the importance of steps and features of sequences.

    With a joint map, features by time; else bars, blocks of steps above and features below, with whiskers
    of one standard deviation over the repeats. Use :meth:`from_estimator` to make it.

    Parameters
    ----------
    importance : SequenceImportance
        What :func:`sequence_permutation_importance` gave.

    Attributes
    ----------
    importance_ : SequenceImportance
        What is drawn.
    figure_ : Figure
        What was drawn on last.
    axes_ : ndarray of Axes
        The pictures.
    ax_ : Axes
        The first of them.

    See Also
    --------
    sequence_permutation_importance : The numbers.
    """

    def __init__(self, importance: SequenceImportance):
        self.importance_ = importance

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, **options):
        """Measure the importance of steps and features, and draw it.

        Parameters
        ----------
        estimator : fitted estimator
            As in :func:`sequence_permutation_importance`.
        X : array-like of sequences
            As the estimator takes them.
        y : array-like or None, default=None
            Targets.
        ax : Axes, array of Axes, or None, default=None
            Where to draw: one for a joint map or a single feature, else two. None makes a new figure.
        **options
            Options of :func:`sequence_permutation_importance`.

        Returns
        -------
        display : ImportanceDisplay

        Raises
        ------
        InputError
            If X cannot be read, or too few axes came.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        return cls(sequence_permutation_importance(estimator, X, y, **options)).plot(ax=ax)

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : Axes, array of Axes, or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ImportanceDisplay
            Itself, with `figure_`, `axes_` and `ax_`.

        Raises
        ------
        InputError
            If too few axes came.
        MissingDependencyError
            If matplotlib is not installed.
        """
        told = self.importance_
        caller = f"{type(self).__name__}.plot"
        shown = told.channels.sort_values("mean", ascending=False)[:_MOST_FEATURES]
        if told.joint is not None:
            axes, _ = make_axes(1, ax, caller, size=(7.5, 1.6 + 0.32 * len(shown)))
            self._map(axes[0], told.joint[told.joint.index.isin(shown.index)])
        else:
            axes, own = make_axes(
                2 if len(told.channels) > 1 else 1, ax, caller, share=False, size=(7.5, 2.8)
            )
            if own and len(axes) > 1:
                axes[0].figure.set_figheight(3.4 + 0.24 * len(shown))
            self._blocks(axes[0])
            if len(axes) > 1:
                self._channels(axes[1], shown)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    @property
    def _edges(self) -> np.ndarray:
        """Where blocks meet, in steps from the end."""
        blocks = self.importance_.blocks
        return np.append(blocks["first"] - 0.5, blocks["last"].iloc[-1] + 0.5)

    def _blocks(self, place) -> None:
        blocks, edges = self.importance_.blocks, self._edges
        centers, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        place.bar(centers, blocks["mean"], widths, yerr=blocks["std"], **_bars())
        place.axhline(0, color=INK, linewidth=0.8)
        self._mark_time(place)
        place.set_ylabel("fall of the score")
        place.set_title(
            f"steps exchanged; score {self.importance_.baseline:.3g}", loc="left", fontsize="medium"
        )

    def _channels(self, place, shown: pd.DataFrame) -> None:
        rows = np.arange(len(shown))
        place.barh(rows, shown["mean"], 0.7, xerr=shown["std"], **_bars())
        place.axvline(0, color=INK, linewidth=0.8)
        _name_features(place, shown.index, rows)
        place.set_xlabel("fall of the score")
        n = len(self.importance_.channels)
        few = f", the {len(shown)} most important of {n}" if len(shown) < n else ""
        place.set_title(f"features exchanged{few}", loc="left", fontsize="medium")

    def _map(self, place, joint: pd.DataFrame) -> None:
        rows = np.arange(len(joint) + 1) - 0.5
        mesh = place.pcolormesh(
            self._edges, rows, joint.to_numpy(), cmap="cividis", vmin=min(0.0, joint.to_numpy().min())
        )
        place.figure.colorbar(mesh, ax=place, label="fall of the score")
        _name_features(place, joint.index, rows[:-1] + 0.5)
        self._mark_time(place)
        place.set_title(f"score {self.importance_.baseline:.3g}", loc="left", fontsize="medium")

    def _mark_time(self, place) -> None:
        from matplotlib.ticker import MaxNLocator

        place.set_xlim(self._edges[0], self._edges[-1])
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        place.set_xlabel("time step, counted from the end: -1 is the last")


def _name_features(place, names: pd.Index, rows: np.ndarray) -> None:
    words = [f"feature {name}" if isinstance(name, (int, np.integer)) else str(name) for name in names]
    place.set_yticks(rows, words)
    place.invert_yaxis()


def _bars() -> dict:
    """How bars and their whiskers look."""
    return {"color": STYLES[0]["color"], "edgecolor": "white", "ecolor": INK, "capsize": 2}
