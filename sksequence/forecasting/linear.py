"""A linear forecast from the window: the yardstick between naive rules and networks.

All steps ahead are one ridge regression on the window, after its last value is subtracted
(the "NLinear" of Zeng et al. 2023). On short seasonal series it is hard to beat.

References
----------
Zeng et al. (2023), "Are Transformers Effective for Time Series Forecasting?".
"""

from __future__ import annotations

import numpy as np

__all__ = ["fit_linear", "linear_forecasts"]

# More windows than this only take time: neighbours are nearly the same.
_MOST_WINDOWS = 10_000


def fit_linear(
    values: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    *,
    window: int,
    horizon: int,
    alpha: float = 1e-2,
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

    Returns
    -------
    coefficients : ndarray of shape (window, horizon)
        For the window less its last value; the last row is 0. All 0 (the naive forecast) if no
        channel holds a window and a horizon.
    """
    values, span = np.ravel(values), window + horizon
    first = [start + np.arange(n - span + 1) for start, n in zip(starts, lengths, strict=True) if n >= span]
    coefficients = np.zeros((window, horizon))
    if not first or window < 2:
        return coefficients
    origins = np.concatenate(first)
    origins = origins[:: -(-len(origins) // _MOST_WINDOWS)]
    windows = np.lib.stride_tricks.sliding_window_view(values, span)[origins].astype(np.float64)
    windows -= windows[:, [window - 1]]
    inputs, targets = windows[:, : window - 1], windows[:, window:]
    gram = inputs.T @ inputs
    penalty = alpha * np.trace(gram) / len(gram)
    gram[np.diag_indices_from(gram)] += max(penalty, np.finfo(float).tiny)
    # Never singular: with constant windows everything is 0, and so is the answer.
    coefficients[:-1] = np.linalg.solve(gram, inputs.T @ targets)
    return coefficients


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
    rows = np.maximum(ends - len(coefficients) + np.arange(len(coefficients)), starts)
    windows = values[rows]
    last = windows[:, -1:]
    return last + (windows - last) @ coefficients
