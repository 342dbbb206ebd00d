"""How much each sequence counts: weights, one for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.metrics.sample_weight import check_weights
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
        If there is not one weight for each sequence, if one is no number, negative or not finite, or if all
        are zero.
    """
    given = targets_in_order(sample_weight, sequences, caller, name="sample_weight", noun="weight")
    return check_weights(given, len(sequences), caller)
