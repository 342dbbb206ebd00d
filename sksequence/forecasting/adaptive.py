"""Adaptive conformal inference: a level that follows the errors made since (Gibbs & Candès 2021)."""

from __future__ import annotations

import numpy as np

__all__ = ["GAMMA", "adapted_level", "shares_above"]

# Step of the level after each origin, where the error is known one origin later.
GAMMA = 0.002


def adapted_level(
    shares: np.ndarray, group: np.ndarray, turn: np.ndarray, level: np.ndarray, known_after: np.ndarray
) -> np.ndarray:
    """Levels after all origins, each moved by what was missed: ``a <- a + gamma * (level - missed)``.

    A value is missed if its share lies at or under the level of its origin, and `missed` is the part of the
    values of a group that are. Levels stay between 0 and 1, as there are no bounds beyond all scores.

    gamma is ``GAMMA / sqrt(known_after)``: errors that overlap come in runs, about as long as they take to
    be known, and the sum of their steps scatters as the root of that. Gibbs & Candès take 0.005 for errors
    known at once; on hourly temperatures and loads forecast 96 steps ahead, such a step made levels swing,
    and the intervals were wider for the same coverage.

    Parameters
    ----------
    shares : ndarray of shape (n_windows, n_values)
        From `shares_above`; NaN tells nothing.
    group, turn : ndarray of int of shape (n_windows,)
        Which level a window moves, and the number of its origin, ascending from 0 without gaps.
    level : ndarray of shape (n_groups, n_values)
        Share that is to be missed; where each level starts.
    known_after : ndarray of int of shape (n_values,)
        Origins until a value is known, at least 1: the level of an origin knows no later ones.

    Returns
    -------
    levels : ndarray of shape (n_groups, n_values)
    """
    n_origins, delay = int(turn.max(initial=-1)) + 1, int(known_after.max())
    first = np.searchsorted(turn, np.arange(n_origins + 1))
    gamma = GAMMA / np.sqrt(known_after)
    present, value = level.copy(), np.arange(level.shape[1])
    pending = np.zeros((delay + 1, *level.shape))
    for t in range(n_origins + delay):
        moved = present + pending[t % (delay + 1)]
        present = np.clip(moved, 0.0, 1.0)
        pending[t % (delay + 1)] = 0.0
        if t < n_origins:
            rows = slice(first[t], first[t + 1])
            missed, told = np.zeros_like(level), np.zeros_like(level)
            np.add.at(missed, group[rows], shares[rows] <= present[group[rows]])
            np.add.at(told, group[rows], ~np.isnan(shares[rows]))
            step = np.where(told > 0, gamma * (level - missed / np.maximum(told, 1)), 0.0)
            pending[(t + known_after) % (delay + 1), :, value] = step.T
    return present


def shares_above(
    before: np.ndarray, values: np.ndarray, turn: np.ndarray, known_after: np.ndarray
) -> np.ndarray:
    """How far out each value lay when it came: the share of those known then that are not smaller.

    The value counts itself, as in a conformal p-value.

    Parameters
    ----------
    before : ndarray of shape (n_before, n_values)
        Known from the start; NaN is none.
    values : ndarray of shape (n_windows, n_values)
        Later ones, in the order of their origins.
    turn : ndarray of int of shape (n_windows,)
        The number of each one's origin, ascending.
    known_after : ndarray of int of shape (n_values,)
        Origins until a value is known, at least 1.

    Returns
    -------
    shares : ndarray of shape (n_windows, n_values)
        0 for a value beyond all that are known; NaN where it is missing, or none was known.
    """
    earlier = np.searchsorted(turn, turn[:, None] - known_after, side="right")
    smaller = _smaller_among_first(values, earlier)
    counted = np.cumsum(np.vstack([np.zeros(values.shape[1], dtype=np.int64), ~np.isnan(values)]), axis=0)
    known = counted[earlier, np.arange(values.shape[1])]
    for c, column in enumerate(before.T):
        column = np.sort(column[~np.isnan(column)])
        smaller[:, c] += np.searchsorted(column, values[:, c])
        known[:, c] += len(column)
    shares = np.where(smaller < known, 1 - smaller / (known + 1), 0.0)
    return np.where(np.isnan(values) | (known == 0), np.nan, shares)


def _smaller_among_first(values: np.ndarray, n_first: np.ndarray) -> np.ndarray:
    """How many of the first `n_first[i, c]` rows of column c are smaller than ``values[i, c]``.

    The first rows are cut into blocks whose widths are the powers of 2 in their number; each block is sorted
    once, for all that ask for it, and searched by halves.
    """
    values = np.where(np.isnan(values), np.inf, values)
    smaller = np.zeros(values.shape, dtype=np.int64)
    for level in range(int(n_first.max(initial=0)).bit_length()):
        width = 1 << level
        n_blocks = len(values) // width
        blocks = np.sort(values[: n_blocks * width].reshape(n_blocks, width, -1), axis=1)
        row, column = np.nonzero(n_first >> level & 1)
        block, value = (n_first[row, column] >> level) - 1, values[row, column]
        found = np.zeros(len(row), dtype=np.int64)
        for half in (1 << bit for bit in range(level, -1, -1)):
            reach = np.minimum(found + half, width) - 1
            fits = (found + half <= width) & (blocks[block, reach, column] < value)
            found += half * fits
        smaller[row, column] += found
    return smaller
