"""Picture of how networks learned: losses, and gradients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sksequence.exceptions import InputError
from sksequence.inspection.axes import MARKERS, STYLES, make_axes, pyplot
from sksequence.inspection.probes import check_option, last_step, named_estimators, not_recurrent

__all__ = ["TrainingCurveDisplay"]

_SHOWN = ("loss", "gradients")
_NORM = "gradient_norm"
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
    def from_estimator(cls, estimator, *, show="loss", ax=None, **line_kw):
        """Draw how one network learned.

        Parameters
        ----------
        estimator : fitted estimator
            Any recurrent estimator of sksequence, or a Pipeline that ends in one.
        show : {"loss", "gradients"}, default="loss"
            As in :meth:`plot`.
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
        return cls.from_estimators(estimator, show=show, ax=ax, **line_kw)

    @classmethod
    def from_estimators(cls, estimators, *, show="loss", ax=None, **line_kw):
        """Draw how several networks learned.

        Parameters
        ----------
        estimators : list of estimators, or dict of str to estimator
            Fitted; a dict names the lines.
        show : {"loss", "gradients"}, default="loss"
            As in :meth:`plot`.
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
        histories = {name: _history(one, cls.__name__) for name, one in named.items()}
        return cls(histories).plot(ax=ax, show=show, **line_kw)

    def plot(self, ax=None, *, show="loss", **line_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        show : {"loss", "gradients"}, default="loss"
            The losses; or the norm of the gradient, of all weights together, and of each layer where the
            callback :class:`~sksequence.GradientFlow` was on.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        InputError
            If `show` is neither.
        MissingDependencyError
            If matplotlib is not installed.
        """
        check_option("show", show, _SHOWN, f"{type(self).__name__}.plot")
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(7.0, 3.8))
        from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

        lines = self._gradients() if show == "gradients" else self._losses()
        for values, label, style in lines:
            place.plot(values.index, values, label=label, **(style | line_kw))
        every = np.concatenate([values for values, *_ in lines])
        if every.min() > 0 and every.max() > _WIDE * every.min():
            place.set_yscale("log")
            few = every.max() < 100 * every.min()
            place.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
            place.yaxis.set_major_formatter("{x:g}")
            place.yaxis.set_minor_formatter(NullFormatter())
        place.set_xlabel("epoch")
        place.set_ylabel("norm of the gradient, before clipping" if show == "gradients" else "loss")
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
        if len(lines) > 2:  # too many to stand among the lines
            place.legend(
                loc="lower left", bbox_to_anchor=(-0.05, 1), ncols=2, fontsize="small", frameon=False
            )
        else:
            place.legend(loc="upper right", frameon=False)
        self.ax_, self.figure_ = place, place.figure
        return self

    def _name(self, name: str, what: str) -> str:
        """A line's name: that of the network only where there are several."""
        return f"{name}, {what}" if len(self.histories_) > 1 and name else what

    def _losses(self) -> list[tuple[pd.Series, str, dict]]:
        """Losses, their names, and how they are drawn."""
        lines: list[tuple[pd.Series, str, dict]] = []
        for i, (name, history) in enumerate(self.histories_.items()):
            for column in [column for column in _LOSSES if column in history]:
                # A colour and a mark for each network; of a single one, for each loss.
                losses, style = (
                    history[column].dropna(),
                    _style(i if len(self.histories_) > 1 else len(lines)),
                )
                label = self._name(name, _LOSSES[column])
                if column == "valid_loss":
                    style["markevery"] = [int(losses.to_numpy().argmin())]
                    label += f": least in epoch {losses.idxmin():,}"
                else:
                    style |= {"linestyle": "-", "linewidth": 1.0 if "valid_loss" in history else 1.8}
                lines.append((losses, label, style))
        return lines

    def _gradients(self) -> list[tuple[pd.Series, str, dict]]:
        """The same of the norms of gradients: of all weights, and of layers where they were recorded."""
        lines: list[tuple[pd.Series, str, dict]] = []
        for name, history in self.histories_.items():
            for column in [column for column in history if str(column).startswith(_NORM)]:
                layer = str(column).removeprefix(_NORM).removeprefix("_")
                lines.append((history[column].dropna(), self._name(name, layer or "all"), _style(len(lines))))
        return lines


def _style(i: int) -> dict:
    """How a line looks, with a mark at its end."""
    n = i % len(STYLES)
    return STYLES[n] | {"marker": MARKERS[n], "markevery": [-1], "linewidth": 1.8}


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
