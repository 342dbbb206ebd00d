"""The latest rows, held back to measure on: how many, and which windows lie in them."""

from __future__ import annotations

import numpy as np

from sksequence.forecasting.task import Task
from sksequence.forecasting.windows import Windows

__all__ = ["held_windows", "rows_before_tail"]


def rows_before_tail(lengths: np.ndarray, fraction: float, horizon: int) -> np.ndarray | None:
    """Rows of each series that stay when the latest ones are held back.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_series,)
        Rows of each series.
    fraction : float
        Share of the rows held back, at least `horizon`. A series too short for that keeps them all.
    horizon : int
        Steps forecast.

    Returns
    -------
    kept : ndarray of int of shape (n_series,) or None
        None if every series is too short.
    """
    tail = np.maximum(np.ceil(fraction * lengths).astype(np.int64), horizon)
    tail = np.where(lengths - tail > horizon, tail, 0)
    return lengths - tail if tail.any() else None


def held_windows(task: Task, kept: np.ndarray, *, window: int, horizon: int, most: int) -> Windows:
    """Windows whose targets all lie behind the rows kept; where there are more than `most`, some of them."""
    n, known = task.targets.channels.lengths, np.repeat(kept, task.targets.n_columns)
    stop = np.where(known < n, n - horizon, 0)
    return task.windows(known - 1, stop, window=window, horizon=horizon, most=most)
