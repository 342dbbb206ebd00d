"""A linear forecast from the window: the yardstick between naive rules and networks.

All steps ahead are one ridge regression on the window, after its last value is subtracted
(the "NLinear" of Zeng et al. 2023). On short seasonal series it is hard to beat.

References
----------
Zeng et al. (2023), "Are Transformers Effective for Time Series Forecasting?".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["fit_linear", "fit_linear_mean", "linear_forecasts", "linear_windows"]

# More windows than this only take time: neighbours are nearly the same.
_MOST_WINDOWS = 10_000
# The first look-back of a series without seasons.
_APERIODIC_STEPS = 12
# Windows copied at a time.
_BLOCK = 1_000
# A window that deviates less, on the scale of the network, is flat.
_FLAT = 1e-4


def fit_linear(
    values: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    *,
    window: int,
    horizon: int,
    alpha: float = 1e-2,
    scale: bool = False,
) -> np.ndarray:
    """Fit one linear map from window to horizon on all windows of all channels.

    Parameters
    ----------
    values : ndarray of shape (total_steps, 1) or (total_steps,)
        Channels, one after the other, on comparable scales.
    starts, lengths : ndarray of int of shape (n_channels,)
        Training rows of channel ``i`` are ``values[starts[i] : starts[i] + lengths[i]]``.
    window, horizon : int
        Steps read and steps forecast.
    alpha : float
        Ridge penalty, as a share of the mean variance of the inputs.
    scale : bool
        Whether windows are divided by their standard deviation first, so that each weighs the same.

    Returns
    -------
    coefficients : ndarray of shape (window, horizon)
        For the window less its last value; the last row is 0. All 0 (the naive forecast) if no
        channel holds a window and a horizon.
    """
    values, span = np.ravel(values), window + horizon
    coefficients = np.zeros((window, horizon))
    counts = np.maximum(np.asarray(lengths) - span + 1, 0)
    ends = np.cumsum(counts)
    if not ends[-1] or window < 2:
        return coefficients
    # Evenly thinned, and counted through all channels: no list of all windows is made.
    chosen = np.arange(0, ends[-1], -(-int(ends[-1]) // _MOST_WINDOWS))
    channel = np.searchsorted(ends, chosen, side="right")
    origins = np.asarray(starts)[channel] + chosen - (ends - counts)[channel]
    views = np.lib.stride_tricks.sliding_window_view(values, span)
    gram, product = np.zeros((window - 1, window - 1)), np.zeros((window - 1, horizon))
    for block in np.array_split(origins, -(-len(origins) // _BLOCK)):
        windows = views[block].astype(np.float64)
        windows -= windows[:, [window - 1]]
        if scale:
            deviation = windows[:, :window].std(axis=1, keepdims=True)
            windows /= np.where(deviation > _FLAT, deviation, 1.0)
        inputs = windows[:, : window - 1]
        gram += inputs.T @ inputs
        product += inputs.T @ windows[:, window:]
    penalty = alpha * np.trace(gram) / len(gram)
    gram[np.diag_indices_from(gram)] += max(penalty, np.finfo(float).tiny)
    # Never singular: with constant windows everything is 0, and so is the answer.
    coefficients[:-1] = np.linalg.solve(gram, product)
    return coefficients


def linear_windows(window: int, season: int) -> tuple[int, ...]:
    """Look-backs whose maps are averaged: a season, half the window and the window.

    Parameters
    ----------
    window : int
        Steps that the forecaster reads.
    season : int
        Steps of a season; 1 for none, which counts as 12.

    Returns
    -------
    windows : tuple of int
        Increasing; at most `window`.
    """
    season = season if season > 1 else _APERIODIC_STEPS
    return tuple(sorted({min(season + 1, window), window // 2 + 1, window}))


def fit_linear_mean(
    values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, *, windows: Sequence[int], **options
) -> np.ndarray:
    """Mean of the linear maps of several look-backs, which is a linear map of the longest.

    Parameters
    ----------
    values, starts, lengths
        As in :func:`fit_linear`.
    windows : sequence of int
        Steps read by each map.
    **options
        Further arguments of :func:`fit_linear`.

    Returns
    -------
    coefficients : ndarray of shape (max(windows), horizon)
    """
    maps = [fit_linear(values, starts, lengths, window=window, **options) for window in windows]
    longest = max(windows)
    return np.mean([np.pad(m, ((longest - len(m), 0), (0, 0))) for m in maps], axis=0)


def linear_forecasts(
    values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, coefficients: np.ndarray
) -> np.ndarray:
    """Forecast from the last steps of many windows at once.

    Parameters
    ----------
    values : ndarray of shape (total_steps, 1) or (total_steps,)
        Channels, one after the other.
    starts, lengths : ndarray of int of shape (n_windows,)
        Window ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``; steps missing from a window
        shorter than that of the coefficients count as its first value.
    coefficients : ndarray of shape (window, horizon)
        From :func:`fit_linear`.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`.
    """
    values, starts = np.ravel(values), np.asarray(starts)[:, None]
    ends = starts + np.asarray(lengths)[:, None]
    steps = np.arange(len(coefficients)) - len(coefficients)
    forecasts = np.empty((len(starts), coefficients.shape[1]))
    for first in range(0, len(starts), _BLOCK):
        block = slice(first, first + _BLOCK)
        windows = values[np.maximum(ends[block] + steps, starts[block])]
        last = windows[:, -1:]
        forecasts[block] = last + (windows - last) @ coefficients
    return forecasts
