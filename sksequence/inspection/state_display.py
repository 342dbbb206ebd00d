"""Map of the states of a network over the steps of a sequence."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError
from sksequence.inspection.axes import make_axes, pyplot
from sksequence.inspection.states import HiddenStates, hidden_states

__all__ = ["HiddenStateDisplay"]


class HiddenStateDisplay:
    """Map of the states of one layer: units by time, for one sequence.

    Units stand in the order in which they are active, the early ones on top; those that never move are
    marked. The lightness of the colours alone tells the value. Use :meth:`from_estimator` to make it.

    Parameters
    ----------
    states : HiddenStates
        From :func:`hidden_states`.
    sequence : int, default=0
        Which sequence is shown.

    Attributes
    ----------
    states_ : HiddenStates
        All states.
    order_ : ndarray of int of shape (n_units,)
        Units in the order of the rows, the topmost first.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    See Also
    --------
    hidden_states : The numbers.
    """

    def __init__(self, states: HiddenStates, *, sequence: int = 0):
        n = len(states.states)
        if not -n <= sequence < n:
            raise InputError(
                f"{type(self).__name__}: sequence={sequence} came, but there are {n}. Pass the position of "
                "one."
            )
        self.states_, self.sequence = states, sequence
        activity = np.abs(states.states[sequence])
        steps = np.arange(len(activity))[:, None]
        center = (activity * steps).sum(axis=0) / np.maximum(activity.sum(axis=0), 1e-12)
        self.order_ = np.argsort(center, kind="stable")

    @classmethod
    def from_estimator(cls, estimator, X, *, sequence=0, ax=None, **options):
        """Compute the states of a fitted network, and draw those of one sequence.

        Parameters
        ----------
        estimator : fitted estimator
            As in :func:`hidden_states`.
        X : array-like
            Sequences; all of them tell which units are dead.
        sequence : int, default=0
            Which sequence is shown.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **options
            Options of :func:`hidden_states`.

        Returns
        -------
        display : HiddenStateDisplay

        Raises
        ------
        InputError
            If there is no such layer, kind of state or sequence.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        return cls(hidden_states(estimator, X, **options), sequence=sequence).plot(ax=ax)

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : HiddenStateDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(7.5, 4.2))
        from matplotlib.ticker import MaxNLocator

        told = self.states_
        values = told.states[self.sequence][:, self.order_]  # (n_steps, n_units)
        limit = max(1.0, float(np.abs(values).max())) if told.kind == "cell" else 1.0
        edges = np.arange(len(values) + 1) * told.step_size - 0.5
        mesh = place.pcolormesh(
            edges, np.arange(values.shape[1] + 1), values.T, cmap="cividis", vmin=-limit, vmax=limit
        )
        place.figure.colorbar(mesh, ax=place, label=f"{told.kind} state")
        dead = np.flatnonzero(np.isin(self.order_, told.dead_units()))
        if len(dead):
            place.plot(
                np.full(len(dead), 1.01),
                dead + 0.5,
                "x",
                color="0.2",
                markersize=4,
                transform=place.get_yaxis_transform(),
                clip_on=False,
            )
        place.invert_yaxis()
        place.set_xlabel("time step")
        place.set_ylabel("unit, in the order of activity")
        place.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
        note = f"layer {told.layer}, sequence {self.sequence}"
        note += f", {len(dead)} of {len(self.order_)} units dead (x)" if len(dead) else ", no unit dead"
        place.set_title(note, loc="left", fontsize="medium")
        self.ax_, self.figure_ = place, place.figure
        return self
