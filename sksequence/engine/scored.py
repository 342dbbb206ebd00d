"""What scoring callbacks see of a net: predictions and targets as the user of its estimator knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import ClassifierTags
from sklearn.utils.metaestimators import available_if
from skorch import NeuralNet

from sksequence.modules import valid_steps

__all__ = ["Meaning", "ScoredNet"]

Translate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Meaning:
    """What the outputs and targets of a net mean.

    Attributes
    ----------
    predictions : callable or None
        Maps outputs (n, ...) to what ``predict`` gives; None leaves them as they are.
    targets : callable or None
        Maps the targets of a batch to what predictions are compared with; None leaves them as they are.
    probabilities : callable or None
        Maps outputs to what ``predict_proba`` gives; None where there are no probabilities.
    classes : array-like or None
        What a classifier has as ``classes_``; None for what is no classifier.
    """

    predictions: Translate | None = None
    targets: Translate | None = None
    probabilities: Translate | None = None
    classes: Any = None


def _gives_probabilities(net: ScoredNet) -> bool:
    return net.meaning.probabilities is not None


class ScoredNet(NeuralNet):
    """The side of a net that scoring callbacks ask; `meaning` and `per_step` are set by the net."""

    meaning: Meaning
    per_step: bool

    def notify(self, method_name, **kwargs):
        """Tell callbacks; of labels for each step they see those of the batch's steps, end to end."""
        if method_name == "on_batch_end":
            inputs, targets = kwargs["batch"]
            if self.per_step:
                targets = self._without_padding(targets, inputs)
                kwargs["y_pred"] = self._without_padding(kwargs["y_pred"], inputs)
            kwargs["batch"] = inputs, self._as_given(targets)
        super().notify(method_name, **kwargs)

    @staticmethod
    def _without_padding(steps: torch.Tensor, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """The valid steps of a batch end to end: (B, T, ...) -> (n_steps, ...)."""
        return steps[valid_steps(inputs["lengths"], steps.shape[1]).to(steps.device)]

    def _as_given(self, targets: torch.Tensor | None) -> torch.Tensor | None:
        """Targets in the units in which the estimator predicts."""
        if self.meaning.targets is None or targets is None:
            return targets
        return torch.from_numpy(self.meaning.targets(targets.cpu().numpy()))

    def _raw(self, X) -> np.ndarray:
        """Outputs of the module."""
        return np.concatenate([y.float().cpu().numpy() for y in self.forward_iter(X)])

    @available_if(_gives_probabilities)
    def predict_proba(self, X):
        """Probabilities, of codes of the classes."""
        assert self.meaning.probabilities is not None
        return self.meaning.probabilities(self._raw(X))

    def predict(self, X):
        """Predictions, in the units of the targets that came to `fit`."""
        outputs = self._raw(X)
        return outputs if self.meaning.predictions is None else self.meaning.predictions(outputs)

    @property
    def classes_(self):
        """Codes of the classes, in the order of the columns of ``predict_proba``."""
        if self.meaning.classes is None:
            raise AttributeError(f"{type(self).__name__} has no classes_: it is no classifier.")
        return self.meaning.classes

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.meaning.classes is not None:
            tags.estimator_type = "classifier"
            tags.classifier_tags = ClassifierTags()
        return tags
