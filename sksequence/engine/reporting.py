"""scikit-learn's own callbacks (1.9 and later): every epoch is a task that they can watch."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from skorch.callbacks import Callback

try:  # experimental in scikit-learn, absent before 1.9
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in where scikit-learn has no callbacks."""

    def with_callbacks(method):
        """Leave the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "ReportEpochs", "with_callbacks"]


def _fitted_state(estimator) -> dict[str, Any]:
    """What makes a copy of the estimator able to predict."""
    parameters = {item.name for item in fields(estimator)}
    return {k: v for k, v in vars(estimator).items() if k not in parameters and "callback" not in k}


class ReportEpochs(Callback):
    """Tell the scikit-learn callbacks of an estimator about the epochs of its fit.

    Parameters
    ----------
    estimator : RecurrentEstimator
        Whose callbacks are told.
    X, y
        The data of the fit, as its caller knows them.
    """

    def __init__(self, estimator, X, y):
        self.estimator = estimator
        self.data = {"X": X, "y": y}

    @staticmethod
    def wanted_by(estimator) -> bool:
        """Whether any scikit-learn callback is set on the estimator or came from a search around it."""
        return bool(getattr(estimator, "_skl_callbacks", None))

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Open the task of the whole fit."""
        self.fit_ = self.estimator._init_callback_context(max_subtasks=net.max_epochs)
        self.fit_.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Open the task of one epoch."""
        self.epoch_ = self.fit_.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Close it; a callback may ask to stop."""
        if self._close(self.epoch_):
            raise KeyboardInterrupt  # how a skorch callback ends a training in good order

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Close the task of the fit."""
        self._close(self.fit_)

    def _close(self, task) -> bool:
        return task.call_on_fit_task_end(
            estimator=self.estimator,
            reconstruction_attributes=lambda: _fitted_state(self.estimator),
            **self.data,
        )
