"""Share of the steps whose label is right."""

from __future__ import annotations

import numpy as np

from sksequence.metrics.labels import pair_labels
from sksequence.metrics.sample_weight import check_weights

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
        If the lengths differ, or weights are not one finite number >= 0 for each sequence, some above zero.

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
    weights = check_weights(sample_weight, len(true), "token_accuracy")
    return float(np.average(right, weights=np.repeat(weights, true.lengths)))
