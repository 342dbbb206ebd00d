"""The parameter that says how much each class counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from sksequence._params import Parameters, Rule, none, number, one_of, param
from sksequence.exceptions import ParameterError

__all__ = ["ClassWeight"]

_WEIGHTS = Rule(
    lambda v: isinstance(v, dict) and all(map(number(0).allows, v.values())),
    "a dict of class to weight >= 0",
)


class ClassWeight(Parameters):
    """How much each class counts in the loss."""

    class_weight: Any = param(
        default=None,
        rule=none() | one_of("balanced") | _WEIGHTS,
        doc='Weight of each class in the loss; "balanced" weighs each by the inverse of its frequency.',
    )

    def _class_weights(self, codes: np.ndarray) -> np.ndarray:
        """Weight of each of `classes_`, from positions of labels in them; 1 where none occurs."""
        classes: np.ndarray = vars(self)["classes_"]
        if isinstance(self.class_weight, dict):
            self._refuse_strangers(classes.tolist())
            return compute_class_weight(self.class_weight, classes=classes, y=classes[codes])
        weights, there = np.ones(len(classes)), np.unique(codes)
        weights[there] = compute_class_weight("balanced", classes=there, y=codes)
        return weights

    def _refuse_strangers(self, known: list[Any]) -> None:
        strangers = [label for label in self.class_weight if label not in known]
        if strangers:
            raise ParameterError(
                f"The 'class_weight' parameter of {type(self).__name__} weighs {strangers[0]!r}, but the "
                f"classes are {', '.join(map(repr, known[:10]))}{', …' * (len(known) > 10)}. Leave it out."
            )
