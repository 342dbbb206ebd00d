"""Mean and deviation of every feature over the steps of sequences."""

from __future__ import annotations

import numpy as np

from sksequence.sequences import SequenceArray, step_blocks

__all__ = ["step_moments"]

# Values whose float64 copy is taken at a time: as many as a core's cache holds.
_BLOCK_VALUES = 1 << 18


@np.errstate(over="ignore", invalid="ignore")
def step_moments(sequences: SequenceArray, columns: list[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature over the steps that the sequences cover.

    Missing values are left out; a feature that never varies gets a deviation of 1. Each step counts
    once, however many windows show it. Works in blocks, so that a memory map is not loaded whole.

    Parameters
    ----------
    sequences : SequenceArray
        Of numbers.
    columns : list of int or None
        Features that are wanted; None for all.

    Returns
    -------
    mean, deviation : ndarrays of float64 of shape (n_features,)
        Of the features wanted, in their order; not finite where values are too large to be squared.
    """
    chosen = slice(None) if columns is None else columns
    n_features = sequences.n_features if columns is None else len(columns)
    count, mean, squares = (np.zeros(n_features) for _ in range(3))
    n_rows = max(1, _BLOCK_VALUES // sequences.n_features)
    for _, rows in step_blocks(sequences, n_rows):
        # Features as rows of a copy: sums over what lies side by side are the fastest, and the most exact.
        block = np.array(rows[:, chosen].T, dtype=np.float64, order="C")
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
