"""Mean and deviation of every feature over the steps of sequences."""

from __future__ import annotations

import numpy as np

from sksequence.sequences import SequenceArray

__all__ = ["step_moments"]

# Rows whose float64 copy is taken at a time.
_BLOCK_ROWS = 1 << 18


def step_moments(sequences: SequenceArray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature over the steps that the sequences cover.

    Missing values are left out; a feature that never varies gets a deviation of 1. Each step counts
    once, however many windows show it. Works in blocks, so that a memory map is not loaded whole.

    Parameters
    ----------
    sequences : SequenceArray
        Of numbers.

    Returns
    -------
    mean, deviation : ndarrays of float64 of shape (n_features,)
    """
    count = np.zeros(sequences.n_features)
    mean = np.zeros(sequences.n_features)
    squares = np.zeros(sequences.n_features)
    values = sequences.compact().values
    for first in range(0, len(values), _BLOCK_ROWS):
        # Features as rows of a copy: sums over what lies side by side are the fastest, and the most exact.
        block = np.array(values[first : first + _BLOCK_ROWS].T, dtype=np.float64, order="C")
        missing = np.isnan(block)
        n = block.shape[1] - missing.sum(axis=1)
        np.copyto(block, 0.0, where=missing)
        block_mean = block.sum(axis=1) / np.maximum(n, 1)
        block -= block_mean[:, np.newaxis]
        np.copyto(block, 0.0, where=missing)
        block_squares = np.square(block, out=block).sum(axis=1)
        # Chan et al. 1979: joining the moments of two sets without losing digits.
        both = np.maximum(count + n, 1)
        delta = block_mean - mean
        squares += block_squares + delta**2 * count * n / both
        mean += delta * n / both
        count += n
    deviation = np.sqrt(squares / np.maximum(count, 1))
    # Rounding makes the deviation of a constant column a little more than zero.
    constant = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    return mean, np.where(constant, 1.0, deviation)
