"""Share of the steps whose label is right."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.labels import pair_labels

__all__ = ["token_accuracy"]


def token_accuracy(y_true, y_pred, *, sample_weight=None):
    """Share of the steps, over all sequences, whose label is right; padding is no step.

    Parameters
    ----------
    y_true : list of label sequences
        One for each sequence; also an array (n_sequences, n_timesteps), whose entries beyond the
        labels of `y_pred` are padding, a SequenceArray, or a Series with an index (sequence, time).
    y_pred : list of label sequences
        Of the same lengths.
    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence: of each of its steps.

    Returns
    -------
    accuracy : float
        Between 0 and 1.

    Raises
    ------
    InputError
        If the lengths differ, or all weights are zero.

    Examples
    --------
    >>> from sksequence.metrics import token_accuracy
    >>> token_accuracy([["DET", "NOUN"], ["VERB", "DET", "NOUN"]], [["DET", "NOUN"], ["NOUN", "DET", "NOUN"]])
    0.8
    """
    true, pred = pair_labels("token_accuracy", y_true, y_pred)
    right = np.asarray(true.values == pred.values)
    if right.shape != true.values.shape:  # NumPy compares text with numbers as a whole
        right = np.zeros(len(true.values), dtype=bool)
    if sample_weight is None:
        return float(right.mean())
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (len(true),):
        raise InputError(
            f"token_accuracy: sample_weight of shape {weights.shape} came for {len(true)} sequences, but one "
            "weight for each is needed. Pass an array of shape (n_sequences,)."
        )
    each_step = np.repeat(weights, true.lengths)
    if each_step.sum() == 0:
        raise InputError(
            "token_accuracy: all weights are zero, but some step has to count. Check sample_weight."
        )
    return float(np.average(right, weights=each_step))
