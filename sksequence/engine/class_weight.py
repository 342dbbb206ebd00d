"""The parameter that says how much each class counts."""

from __future__ import annotations

from typing import Any

from sksequence._params import Parameters, Rule, none, number, one_of, param

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
