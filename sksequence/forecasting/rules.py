"""Naive forecasts: what every network has to beat.

Three rules, each a function of many windows at once:

==============  ==========================================================================
naive           the last value, repeated
seasonal naive  the last season, repeated
drift           the straight line through the first and the last value, continued
==============  ==========================================================================

References
----------
Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice", 3rd edition, section 5.2.
"""

from __future__ import annotations

import numpy as np

__all__ = ["drift_forecasts", "naive_forecasts", "seasonal_naive_forecasts"]


def naive_forecasts(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, horizon: int) -> np.ndarray:
    """Repeat the last value of each window.

    Parameters
    ----------
    values : ndarray of shape (total_steps, 1) or (total_steps,)
        Channels, one after the other.
    starts, lengths : ndarray of int of shape (n_windows,)
        Window ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``; at least 1 step.
    horizon : int
        Steps to forecast.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`.
    """
    return seasonal_naive_forecasts(values, starts, lengths, horizon, season=1)


def seasonal_naive_forecasts(
    values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, horizon: int, *, season: int
) -> np.ndarray:
    """Repeat the last season of each window; of windows shorter than a season, the last value.

    Parameters
    ----------
    values, starts, lengths, horizon
        As in :func:`naive_forecasts`.
    season : int
        Steps of a season.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`.
    """
    seasons = np.where(np.asarray(lengths) >= season, season, 1)[:, None]
    ends = (np.asarray(starts) + lengths)[:, None]
    return np.ravel(values)[ends - seasons + np.arange(horizon) % seasons]


def drift_forecasts(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, horizon: int) -> np.ndarray:
    """Continue the line through the first and last value of each window.

    Parameters
    ----------
    values, starts, lengths, horizon
        As in :func:`naive_forecasts`.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`. A window of one step has no slope.
    """
    values, starts, lengths = np.ravel(values), np.asarray(starts), np.asarray(lengths)
    first, last = values[starts], values[starts + lengths - 1]
    slope = (last - first) / np.maximum(lengths - 1, 1)
    return last[:, None] + slope[:, None] * np.arange(1, horizon + 1)
