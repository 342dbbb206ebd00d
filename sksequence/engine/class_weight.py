"""The parameter that says how much each class counts."""

from __future__ import annotations

from typing import Any

from sksequence._params import Parameters, instance_of, none, one_of, param

__all__ = ["ClassWeight"]


class ClassWeight(Parameters):
    """How much each class counts in the loss."""

    class_weight: Any = param(
        default=None,
        rule=none() | one_of("balanced") | instance_of(dict, words="a dict of class to weight"),
        doc='Weight of each class in the loss; "balanced" weighs each by the inverse of its frequency.',
    )
