"""Picture of how gradients flow back through the steps of networks."""

from __future__ import annotations

import numpy as np

from sksequence.inspection.axes import INK, MARKERS, STYLES, make_axes, pyplot
from sksequence.inspection.gradients import StateGradients, gradient_flow, name_of
from sksequence.inspection.probes import named_estimators

__all__ = ["GradientFlowDisplay"]


class GradientFlowDisplay:
    """Picture of how strongly the loss pulls at the states, step by step: one line for each layer.

    Each line is divided by its value at the last step; the shaded part is what counts as vanished. Use
    :meth:`from_estimator` or :meth:`from_estimators` to make it.

    Parameters
    ----------
    gradients : dict of str to StateGradients
        What :func:`gradient_flow` gave, by the name of its lines.

    Attributes
    ----------
    gradients_ : dict of str to StateGradients
        What is drawn.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    See Also
    --------
    gradient_flow : The numbers.
    """

    def __init__(self, gradients: dict[str, StateGradients]):
        self.gradients_ = gradients

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, line_kw=None, **options):
        """Compute the gradients of one model, and draw them.

        Parameters
        ----------
        estimator : fitted estimator
            As in :func:`gradient_flow`.
        X : array-like
            Sequences, as the estimator takes them.
        y : array-like or None, default=None
            Targets, as `fit` takes them.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        line_kw : dict or None, default=None
            How lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.
        **options
            Options of :func:`gradient_flow`.

        Returns
        -------
        display : GradientFlowDisplay

        Raises
        ------
        InputError
            If there is no recurrent network inside, or X or y cannot be read.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        return cls({"": gradient_flow(estimator, X, y, **options)}).plot(ax=ax, **(line_kw or {}))

    @classmethod
    def from_estimators(cls, estimators, X, y=None, *, ax=None, line_kw=None, **options):
        """Compute the gradients of several models on the same data, and draw them together.

        Parameters
        ----------
        estimators : list of estimators, or dict of str to estimator
            Fitted, as in :func:`gradient_flow`; a dict names the lines.
        X : array-like
            Sequences, as the estimators take them.
        y : array-like or None, default=None
            Targets, as `fit` takes them.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        line_kw : dict or None, default=None
            How lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.
        **options
            Options of :func:`gradient_flow`.

        Returns
        -------
        display : GradientFlowDisplay

        Raises
        ------
        InputError
            If there is no recurrent network inside, or X or y cannot be read.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimators")
        named = named_estimators(estimators)
        gradients = {name: gradient_flow(one, X, y, **options) for name, one in named.items()}
        return cls(gradients).plot(ax=ax, **(line_kw or {}))

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
        display : GradientFlowDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(7.0, 4.0))
        from matplotlib.ticker import MaxNLocator

        lines = [(name, one, key) for name, one in self.gradients_.items() for key in one.norms.columns]
        least = 1.0
        for i, (name, one, key) in enumerate(lines):
            norms = one.norms[key].to_numpy()
            shares = norms / max(float(norms[0]), np.finfo(float).tiny)
            shares = np.where(shares > 0, shares, np.nan)  # a logarithm has no zero
            least = min(least, np.nanmin(shares, initial=1.0))
            layer = name_of(key, one.norms) if one.norms.shape[1] > 1 or not name else ""
            label = f"{', '.join(filter(None, [name, layer]))}: {one.ratio[key]:.2g} at the first steps"
            n = i % len(STYLES)
            style = STYLES[n] | {"marker": MARKERS[n], "markevery": [len(norms) - 1], "linewidth": 1.6}
            place.plot(np.arange(len(norms)) * one.step_size, shares, label=label, **(style | line_kw))
        place.set_yscale("log")
        threshold = max(one.threshold for one in self.gradients_.values())
        bottom = min(least, threshold) / 3
        place.axhspan(bottom, threshold, color=INK, alpha=0.1, linewidth=0)
        place.text(
            0.99,
            threshold,
            "vanished ",
            transform=place.get_yaxis_transform(),
            ha="right",
            va="top",
            color=INK,
        )
        place.set_ylim(bottom=bottom)
        # Time runs to the right, as the sequence does: the last step stands at the right end.
        place.invert_xaxis()
        place.set_xlabel("time steps before the last that was read")
        place.set_ylabel("gradient of the loss by the state,\nin units of that at the last step")
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        place.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
        self.ax_, self.figure_ = place, place.figure
        return self
