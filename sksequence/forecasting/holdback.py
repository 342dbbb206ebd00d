"""The latest rows, held back to measure on: how many, and which windows lie in them."""

from __future__ import annotations

import numpy as np

from sksequence.forecasting.task import Task
from sksequence.forecasting.windows import Windows

__all__ = ["held_windows", "rows_before_tail"]

# A 90 % interval needs 19 errors; a skill from one or two windows says nothing.
_LEAST_WINDOWS = 20
# Neighbouring windows make about the same errors: of one horizon's length there is hardly more than one.
_LEAST_HORIZONS = 4
_WANTED_HORIZONS = 20


def rows_before_tail(
    lengths: np.ndarray, fraction: float, horizon: int, *, returned: bool = True
) -> np.ndarray | None:
    """Rows of each series that stay when the latest ones are held back.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_series,)
        Rows of each series.
    fraction : float
        Share of the rows held back; more, up to a third of them, where this is less than 20 horizons of all
        series together, or than four of each, or gives fewer than 20 windows in all. A series too short for
        one window keeps all its rows.
    horizon : int
        Steps forecast.
    returned : bool, default=True
        Whether a second training gets the rows back. Otherwise four horizons are enough.

    Returns
    -------
    kept : ndarray of int of shape (n_series,) or None
        None if every series is too short.
    """
    windows_each = -(-_LEAST_WINDOWS // len(lengths))
    tail = np.ceil(fraction * lengths).astype(np.int64)
    # Rows that are given back cost nothing, and 20 windows apart are what two tails of 90 % take.
    n_apart = max(_LEAST_HORIZONS, -(-_WANTED_HORIZONS // len(lengths)) if returned else 0)
    wanted = horizon + max(windows_each - 1, (n_apart - 1) * horizon)
    tail = np.maximum(tail, np.minimum(wanted, lengths // 3))
    tail = np.maximum(tail, horizon)
    tail = np.where(lengths - tail > horizon, tail, 0)
    return lengths - tail if tail.any() else None


def held_windows(task: Task, kept: np.ndarray, *, window: int, horizon: int, most: int) -> Windows:
    """Windows whose targets all lie behind the rows kept; where there are more than `most`, some of them."""
    n, known = task.targets.channels.lengths, np.repeat(kept, task.targets.n_columns)
    stop = np.where(known < n, n - horizon, 0)
    return task.windows(known - 1, stop, window=window, horizon=horizon, most=most)
