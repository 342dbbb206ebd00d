"""What scoring callbacks see of a net: predictions and targets as the user of its estimator knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
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
    """

    predictions: Translate | None = None
    targets: Translate | None = None


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

    def predict_proba(self, X):
        """Raw outputs; the estimator turns them into probabilities."""
        return self._raw(X)

    def predict(self, X):
        """Predictions, in the units of the targets that came to `fit`."""
        outputs = self._raw(X)
        return outputs if self.meaning.predictions is None else self.meaning.predictions(outputs)
