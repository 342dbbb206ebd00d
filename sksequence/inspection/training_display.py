"""Picture of how networks learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sksequence.exceptions import InputError
from sksequence.inspection.axes import MARKERS, STYLES, make_axes, pyplot
from sksequence.inspection.probes import last_step, named_estimators, not_recurrent

__all__ = ["TrainingCurveDisplay"]

_LOSSES = {"train_loss": "training", "valid_loss": "validation"}
# Losses that fall by more than this are told apart by their logarithms only.
_WIDE = 20


class TrainingCurveDisplay:
    """Picture of the losses by epoch, of one network or several.

    Training losses are drawn thin where a validation loss is beside them. Marks stand at the last training
    loss and at the least validation loss. Use :meth:`from_estimator` or :meth:`from_estimators` to make it.

    Parameters
    ----------
    histories : dict of str to DataFrame
        `history_` of fitted estimators, by the name of their lines.

    Attributes
    ----------
    histories_ : dict of str to DataFrame
        What is drawn.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence.inspection import TrainingCurveDisplay
    >>> history = pd.DataFrame({"train_loss": [0.7, 0.4]}, index=[1, 2])
    >>> TrainingCurveDisplay({"LSTM": history}).histories_["LSTM"]["train_loss"].tolist()
    [0.7, 0.4]
    """

    def __init__(self, histories: dict[str, pd.DataFrame]):
        self.histories_ = histories

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **line_kw):
        """Draw how one network learned.

        Parameters
        ----------
        estimator : fitted estimator
            Any recurrent estimator of sksequence, or a Pipeline that ends in one.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        InputError
            If the estimator was not trained epoch by epoch.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return cls.from_estimators(estimator, ax=ax, **line_kw)

    @classmethod
    def from_estimators(cls, estimators, *, ax=None, **line_kw):
        """Draw how several networks learned.

        Parameters
        ----------
        estimators : list of estimators, or dict of str to estimator
            Fitted; a dict names the lines.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        InputError
            If an estimator was not trained epoch by epoch.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimators")
        named = named_estimators(estimators)
        return cls({name: _history(one, cls.__name__) for name, one in named.items()}).plot(ax=ax, **line_kw)

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
        display : TrainingCurveDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(7.0, 3.8))
        from matplotlib.ticker import MaxNLocator

        several = len(self.histories_) > 1
        lines = [
            (name, column, history[column].dropna())
            for name, history in self.histories_.items()
            for column in _LOSSES
            if column in history
        ]
        for i, (name, column, losses) in enumerate(lines):
            # A colour and a mark for each network; of a single one, for each loss.
            n = list(self.histories_).index(name) if several else i
            style = STYLES[n % len(STYLES)] | {"marker": MARKERS[n % len(MARKERS)], "linewidth": 1.8}
            label = ", ".join(filter(None, [name if several else "", _LOSSES[column]]))
            if column == "valid_loss":
                style["markevery"] = [int(losses.to_numpy().argmin())]
                label += f": least in epoch {losses.idxmin():,}"
            else:
                style |= {"markevery": [-1], "linestyle": "-"}
                style["linewidth"] = 1.0 if "valid_loss" in self.histories_[name] else 1.8
            place.plot(losses.index, losses, label=label, **(style | line_kw))
        every = np.concatenate([losses for *_, losses in lines])
        if every.min() > 0 and every.max() > _WIDE * every.min():
            place.set_yscale("log")
        place.set_xlabel("epoch")
        place.set_ylabel("loss")
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
        if len(lines) > 2:  # too many to stand among the lines
            place.legend(
                loc="lower left", bbox_to_anchor=(-0.05, 1), ncols=2, fontsize="small", frameon=False
            )
        else:
            place.legend(loc="upper right", frameon=False)
        self.ax_, self.figure_ = place, place.figure
        return self


def _history(estimator, caller: str) -> pd.DataFrame:
    """The history of the network inside."""
    inner = last_step(estimator)
    if not hasattr(type(inner), "history_"):
        raise not_recurrent(inner, caller)
    check_is_fitted(inner, "net_")
    history = inner.history_
    if "train_loss" not in history:
        raise InputError(
            f"{caller}: a {type(inner).__name__} came that was trained for no epoch, but a learning curve "
            "needs one. Fit it."
        )
    return history
