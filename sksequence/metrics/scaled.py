"""Errors scaled by those of the seasonal naive forecast inside the training data."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.values import check_same_shape, check_values

__all__ = ["mase", "rmsse"]


def _errors_and_steps(metric: str, y_true, y_pred, y_train, seasonality):
    """Forecast errors and in-sample seasonal differences, both (n_timesteps, n_outputs)."""
    y_true, y_pred = check_same_shape(metric, y_true=y_true, y_pred=y_pred)
    (y_train,) = check_values(metric, y_train=y_train)
    if y_true.ndim not in (1, 2) or y_train.shape[1:] != y_true.shape[1:]:
        raise InputError(
            f"{metric}: y_true of shape {y_true.shape} and y_train of shape {y_train.shape} came, but "
            f"(n_timesteps,) or (n_timesteps, n_outputs) with the same outputs are needed. "
            f"Score one series of a panel at a time."
        )
    if isinstance(seasonality, bool) or not isinstance(seasonality, (int, np.integer)) or seasonality < 1:
        raise InputError(
            f"{metric}: seasonality={seasonality!r} came, but an int >= 1 is needed. "
            f"Pass the number of time steps after which the series repeats."
        )
    if len(y_train) <= seasonality:
        raise InputError(
            f"{metric}: y_train has {len(y_train)} steps, but more than seasonality={seasonality} are "
            f"needed. Pass the whole training series, or a shorter seasonality."
        )
    error = (y_true - y_pred).reshape(len(y_true), -1)
    step = (y_train[seasonality:] - y_train[:-seasonality]).reshape(len(y_train) - seasonality, -1)
    if (step == 0).all(axis=0).any():
        raise InputError(
            f"{metric}: y_train repeats itself exactly every {seasonality} steps, but the error is scaled "
            f"by how much it changes, here 0. Use an unscaled error."
        )
    return error, step


def mase(y_true, y_pred, *, y_train, seasonality=1):
    r"""Mean absolute scaled error.

    The mean absolute error of the forecast, divided by that of the seasonal naive forecast
    inside the training data. Below 1, the forecast is closer than one season's change usually is.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_outputs)
        What happened.
    y_pred : array-like of the shape of `y_true`
        What was forecast.
    y_train : array-like of shape (n_train,) or (n_train, n_outputs)
        The training series, in the same units.
    seasonality : int, default=1
        Length of the season in time steps. 1 scales by the last-value forecast.

    Returns
    -------
    error : float
        Without a unit, 0 at best. With several outputs, the mean of their errors.

    Raises
    ------
    InputError
        If shapes do not fit, a value is not finite, `y_train` is not longer than `seasonality`, or
        it never changes from one season to the next.

    Notes
    -----
    With training values :math:`z_1 \dots z_n`, season length :math:`m` and :math:`h` forecast
    steps [1]_:

    .. math:: \frac{\frac{1}{h} \sum_t |y_t - \hat{y}_t|}
              {\frac{1}{n - m} \sum_{t=m+1}^{n} |z_t - z_{t-m}|}

    References
    ----------
    .. [1] Hyndman, R. J., & Koehler, A. B. (2006). Another look at measures of forecast accuracy.
       International Journal of Forecasting, 22(4), 679-688.

    Examples
    --------
    >>> from sksequence.metrics import mase
    >>> mase([5, 7], [4, 7], y_train=[1, 2, 3, 4])
    0.5
    """
    error, step = _errors_and_steps("mase", y_true, y_pred, y_train, seasonality)
    return float(np.mean(np.abs(error).mean(axis=0) / np.abs(step).mean(axis=0)))


def rmsse(y_true, y_pred, *, y_train, seasonality=1):
    r"""Root mean squared scaled error.

    As `mase`, with squares in place of absolute values: it favours forecasts of the mean, where
    `mase` favours forecasts of the median.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_outputs)
        What happened.
    y_pred : array-like of the shape of `y_true`
        What was forecast.
    y_train : array-like of shape (n_train,) or (n_train, n_outputs)
        The training series, in the same units.
    seasonality : int, default=1
        Length of the season in time steps. 1 scales by the last-value forecast.

    Returns
    -------
    error : float
        Without a unit, 0 at best. With several outputs, the mean of their errors.

    Raises
    ------
    InputError
        For the same reasons as `mase`.

    Notes
    -----
    With training values :math:`z_1 \dots z_n`, season length :math:`m` and :math:`h` forecast
    steps; [1]_ has :math:`m = 1`:

    .. math:: \sqrt{\frac{\frac{1}{h} \sum_t (y_t - \hat{y}_t)^2}
              {\frac{1}{n - m} \sum_{t=m+1}^{n} (z_t - z_{t-m})^2}}

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E., & Assimakopoulos, V. (2022). M5 accuracy competition:
       Results, findings, and conclusions. International Journal of Forecasting, 38(4), 1346-1364.

    Examples
    --------
    >>> from sksequence.metrics import rmsse
    >>> rmsse([5, 7], [4, 6], y_train=[1, 3, 5, 7])
    0.5
    """
    error, step = _errors_and_steps("rmsse", y_true, y_pred, y_train, seasonality)
    return float(np.mean(np.sqrt((error**2).mean(axis=0) / (step**2).mean(axis=0))))
