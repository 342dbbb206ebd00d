"""How much each sequence counts: weights, one for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from sksequence.exceptions import InputError
from sksequence.sequences import SequenceArray, targets_in_order

__all__ = ["read_weights"]


def read_weights(sample_weight: Any, sequences: SequenceArray, caller: str) -> np.ndarray:
    """Weights of sequences, in their order.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), or float
        A Series indexed by the ids of a long table is matched to them, as targets are.
    sequences : SequenceArray
        What is weighed.
    caller : str
        Who asks: the first words of the error.

    Returns
    -------
    weights : ndarray of float64 of shape (n_samples,)

    Raises
    ------
    InputError
        If there is not one weight for each sequence, if one is negative or not finite, or if all are zero.
    """
    given = targets_in_order(sample_weight, sequences, caller, name="sample_weight", noun="weight")
    needed = "but one weight for each sequence is needed"
    try:
        shape = np.asarray(given).shape
    except ValueError:
        raise InputError(
            f"{caller}: sample_weight holds rows of unlike lengths, {needed}. Steps have no weights of their "
            "own: pass an array of shape (n_samples,)."
        ) from None
    if shape not in ((), (len(sequences),)):
        raise InputError(
            f"{caller}: sample_weight of shape {shape} came for {len(sequences)} sequences, {needed}. Pass "
            "an array of shape (n_samples,)."
        )
    weights = _check_sample_weight(given, sequences, dtype=np.float64)
    if (weights < 0).any():
        raise InputError(
            f"{caller}: sample_weight holds {weights.min():g} at position {int(weights.argmin())}, but "
            "weights cannot be negative. Use 0 to leave a sample out."
        )
    return weights
