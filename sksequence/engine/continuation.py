"""Training that goes on: with the network that was built, and with the moments of its optimiser."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any

import joblib
import torch

from sksequence._params import shown
from sksequence.exceptions import ParameterError

__all__ = ["go_on_with_moments", "refuse_rebuilding"]


def refuse_rebuilding(built: dict[str, Any], now: dict[str, Any], caller: str) -> None:
    """Refuse parameters that a network was not built with.

    Parameters
    ----------
    built, now : dict
        The parameters that a network is built by, at that time and now.
    caller : str
        Who asks: the first words of the error.

    Raises
    ------
    ParameterError
        If one of them is another one now.
    """
    changed = [name for name, value in now.items() if not _is_same(built[name], value)]
    if changed:
        came, was = (
            ", ".join(f"{name}={shown(values[name])}" for name in changed) for values in (now, built)
        )
        raise ParameterError(
            f"{caller}: {came} came for a network that was built with {was}, but training that goes on "
            f"cannot rebuild it. Set {' and '.join(changed)} back, or fit anew with warm_start=False."
        )


def _is_same(old: Any, new: Any) -> bool:
    if old is new:
        return True
    try:
        if old == new:
            return True
    except (ValueError, RuntimeError):  # arrays and tables have no one answer
        pass
    try:
        return joblib.hash(old) == joblib.hash(new)
    except (pickle.PicklingError, AttributeError, TypeError):  # such as tokenizers that hold a lambda
        return False


def go_on_with_moments(new: torch.optim.Optimizer, old: torch.optim.Optimizer) -> None:
    """Let an optimiser go on with what another one of its kind knows of each weight; its settings stay.

    Parameters
    ----------
    new, old : torch.optim.Optimizer
        Of the same weights, which may be grouped otherwise.
    """
    weights = [weight for group in new.param_groups for weight in group["params"]]
    # A copy: the old optimiser must not follow, should the new one go astray.
    known = {i: deepcopy(old.state[weight]) for i, weight in enumerate(weights) if weight in old.state}
    new.load_state_dict(new.state_dict() | {"state": known})
