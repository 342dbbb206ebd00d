"""How much a window moves: the unit in which errors of point forecasts are comparable.

Of about twenty such units, this one came nearest to intervals that hold as often as they promise on both
ETTh1, whose columns drift, and M4 Hourly, whose series differ in size and calm.
"""

from __future__ import annotations

import numpy as np

from sksequence.sequences import SequenceArray

__all__ = ["unmoved", "window_spread"]

_LEAST = 1e-6
_BLOCK = 1 << 18


def window_spread(
    channels: SequenceArray,
    starts: np.ndarray,
    lengths: np.ndarray,
    season: int,
    horizon: int,
    seen: np.ndarray | None = None,
) -> np.ndarray:
    """Mean absolute difference between values as far apart as the seasonal naive forecast reaches.

    That is the lag of as many whole seasons as hold the horizon: what repeating the last season costs
    within the window, as in the scale of MASE (Hyndman & Koehler 2006), but at the lag of the forecast.

    Parameters
    ----------
    channels : SequenceArray
        Univariate sequences; only `values` are read.
    starts, lengths : ndarray of int of shape (n_windows,)
        Window ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``.
    season : int
        Steps of a season.
    horizon : int
        Steps forecast. The lag is at most about half a window, and one step in windows not longer
        than a season.
    seen : ndarray of shape (n_values,) or None, default=None
        Above 0 where a value came, 0 where it was filled: differences between values that came count.
        None: all came.

    Returns
    -------
    spread : ndarray of float64 of shape (n_windows, 1)
        Positive; 1 for a window of one step, NaN for one without two such values.
    """
    spread = np.empty(len(starts))
    order = np.argsort(starts, kind="stable")
    first = 0
    while first < len(order):
        # Windows near each other share one running sum, and no temporary is as long as the data.
        stop = int(np.searchsorted(starts, starts[order[first]] + _BLOCK, side="right", sorter=order))
        near = order[first:stop]
        spread[near] = _mean_differences(
            channels.values[:, 0], starts[near], lengths[near], season, horizon, seen
        )
        first = stop
    return np.where(lengths > 1, np.maximum(spread, _LEAST), 1.0)[:, None]


def unmoved(windows: SequenceArray) -> np.ndarray:
    """Which univariate windows hold one value throughout, (n_windows,)."""
    changes = np.append(0, np.cumsum(np.diff(windows.values[:, 0]) != 0))
    return changes[windows.starts] == changes[windows.starts + windows.lengths - 1]


def _mean_differences(
    values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, season: int, horizon: int, seen
) -> np.ndarray:
    """Mean absolute differences within windows that lie near each other, (n_windows,)."""
    begin, end = starts.min(), (starts + lengths).max()
    values = values[begin:end].astype(np.float64)
    came = None if seen is None else seen[begin:end] > 0
    starts = starts - begin
    spread = np.empty(len(starts))
    n_seasons = np.minimum(-(-horizon // season), np.maximum(lengths // (2 * season), 1))
    lags = np.where(lengths > season * n_seasons, season * n_seasons, 1)
    for lag in np.unique(lags):
        chosen = lags == lag
        # Differences from one running sum: the cost does not grow with the windows, however they overlap.
        differences = np.abs(values[lag:] - values[:-lag])
        pairs = None if came is None else came[lag:] & came[:-lag]
        total = _running_sum(differences if pairs is None else differences * pairs)
        count = np.maximum(lengths[chosen] - lag, 0)
        first = np.minimum(starts[chosen], len(total) - 1)
        last = np.minimum(starts[chosen] + count, len(total) - 1)
        if pairs is not None:
            n_pairs = _running_sum(pairs)
            count = n_pairs[last] - n_pairs[first]
        mean = (total[last] - total[first]) / np.maximum(count, 1)
        spread[chosen] = mean if pairs is None else np.where(count > 0, mean, np.nan)
    return spread


def _running_sum(values: np.ndarray) -> np.ndarray:
    return np.append(0, np.cumsum(values))
