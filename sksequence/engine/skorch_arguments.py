"""What may be handed to skorch, and what parameters of the estimator decide in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skorch.callbacks import LRScheduler

from sksequence.exceptions import ParameterError

__all__ = ["refuse_scheduler"]


def refuse_scheduler(callbacks: Iterable[Any], schedule: str, owner: str) -> None:
    """Refuse a callback that sets the learning rate beside a schedule that does.

    Parameters
    ----------
    callbacks : iterable
        As skorch takes them: objects, classes, or pairs of a name and one of these.
    schedule : str
        The parameter `lr_schedule`.
    owner : str
        Name of the estimator's class.

    Raises
    ------
    ParameterError
        If both would set it.
    """
    if schedule == "constant":
        return
    for item in callbacks:
        callback = item[1] if isinstance(item, tuple) else item
        if isinstance(callback, LRScheduler) or callback is LRScheduler:
            raise ParameterError(
                f"The 'callbacks' parameter of {owner} holds LRScheduler, but lr_schedule={schedule!r} sets "
                "the learning rate of every step. Set lr_schedule='constant' for LRScheduler to set it, or "
                "leave LRScheduler out."
            )
