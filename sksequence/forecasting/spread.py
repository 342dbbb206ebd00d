"""How much a window moves: the unit in which errors of point forecasts are comparable."""

from __future__ import annotations

import numpy as np

from sksequence.sequences import SequenceArray

__all__ = ["window_spread"]

_LEAST = 1e-6
_BLOCK = 1 << 18


def window_spread(
    channels: SequenceArray, starts: np.ndarray, lengths: np.ndarray, season: int
) -> np.ndarray:
    """Mean absolute difference from one season to the next within each window.

    The in-window error of the seasonal naive forecast, as in the scale of MASE (Hyndman & Koehler 2006).

    Parameters
    ----------
    channels : SequenceArray
        Univariate sequences; only `values` are read.
    starts, lengths : ndarray of int of shape (n_windows,)
        Window ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``.
    season : int
        Steps of a season; windows not longer than that are measured from step to step.

    Returns
    -------
    spread : ndarray of float64 of shape (n_windows, 1)
        Positive; 1 for a window of one step.
    """
    spread = np.empty(len(starts))
    order = np.argsort(starts, kind="stable")
    first = 0
    while first < len(order):
        # Windows near each other share one running sum, and no temporary is as long as the data.
        stop = int(np.searchsorted(starts, starts[order[first]] + _BLOCK, side="right", sorter=order))
        near = order[first:stop]
        spread[near] = _mean_differences(channels.values[:, 0], starts[near], lengths[near], season)
        first = stop
    return np.where(lengths > 1, np.maximum(spread, _LEAST), 1.0)[:, None]


def _mean_differences(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, season: int) -> np.ndarray:
    """Mean absolute differences within windows that lie near each other, (n_windows,)."""
    begin = starts.min()
    values = values[begin : (starts + lengths).max()].astype(np.float64)
    starts = starts - begin
    spread = np.empty(len(starts))
    lags = np.where(lengths > season, season, 1)
    for lag in np.unique(lags):
        chosen = lags == lag
        # Differences from one running sum: the cost does not grow with the windows, however they overlap.
        total = np.append(0.0, np.cumsum(np.abs(values[lag:] - values[:-lag])))
        count = np.maximum(lengths[chosen] - lag, 0)
        first = np.minimum(starts[chosen], len(total) - 1)
        last = np.minimum(starts[chosen] + count, len(total) - 1)
        spread[chosen] = (total[last] - total[first]) / np.maximum(count, 1)
    return spread
