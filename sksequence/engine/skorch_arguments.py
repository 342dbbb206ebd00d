"""What may be handed to skorch, and what parameters of the estimator decide in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skorch.callbacks import LRScheduler

from sksequence.exceptions import ParameterError

__all__ = ["refuse_arguments", "refuse_scheduler"]

# Arguments of skorch's net that are parameters of every estimator, under the same name.
_PARAMETERS = (
    *("batch_size", "callbacks", "device", "gradient_clip", "max_epochs"),
    *("precision", "verbose", "warm_start", "warmup"),
)
# Others that estimators decide about, and what to do instead of passing them.
_INSTEAD = {
    "compile": "leave it out; for speed there are precision and the extra `fast`",
    "criterion": "set what decides the loss, such as loss of forecasters or class_weight of classifiers",
    "dataset": "pass sequences as X",
    "iterator_train": "set batch_size",
    "iterator_valid": "leave it out, for its batches change no result",
    "module": "set hidden_size and the other parameters of the network",
    "predict_nonlinearity": "leave it out; predict_proba gives probabilities",
    "schedule": "set lr_schedule",
    "train_split": "set early_stopping and validation_fraction",
}
_KEPT = ("lr", "optimizer", "torch_load_kwargs", "use_caching")


def refuse_arguments(arguments: dict[Any, Any], owner: str) -> None:
    """Refuse arguments of skorch's net that would have no effect, or stop it.

    Parameters
    ----------
    arguments : dict
        The parameter `net_params`.
    owner : str
        Name of the estimator's class.

    Raises
    ------
    ParameterError
        For the first of them, with what to do instead.
    """
    words = f"The 'net_params' parameter of {owner} must"
    for key, value in arguments.items():
        name, *rest = str(key).split("__")
        # Settings of a callback reach it; a callback itself belongs to the list of them.
        if name == "callbacks" and len(rest) > 1:
            continue
        instead = f"set {name} itself" if name in _PARAMETERS else _INSTEAD.get(name)
        if instead:
            raise ParameterError(f"{words} leave {key!r} to the estimator: {instead}.")
        if name not in _KEPT or (rest and name != "optimizer"):
            raise ParameterError(
                f"{words} hold {', '.join(_KEPT)} or settings such as optimizer__momentum. Got {key!r} "
                "instead."
            )
        if key == "optimizer" and not callable(value):
            raise ParameterError(
                f"{words} hold a class as optimizer, such as torch.optim.SGD. Got {value!r} instead."
            )


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
