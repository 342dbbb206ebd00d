"""Errors relative to the size of the values."""

import numpy as np

from sksequence.metrics.values import check_same_shape

__all__ = ["smape"]


def smape(y_true, y_pred):
    r"""Symmetric mean absolute percentage error, as a fraction.

    Parameters
    ----------
    y_true : array-like of any shape
        What happened.
    y_pred : array-like of the shape of `y_true`
        What was forecast.

    Returns
    -------
    error : float
        Between 0 and 2. Multiply by 100 to compare with tables that print per cent.

    Raises
    ------
    InputError
        If shapes differ or a value is not finite.

    Notes
    -----
    As in the M4 competition [1]_, with a step where both values are 0 counted as no error:

    .. math:: \frac{1}{n} \sum_t \frac{2 |y_t - \hat{y}_t|}{|y_t| + |\hat{y}_t|}

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E., & Assimakopoulos, V. (2020). The M4 Competition: 100,000
       time series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    >>> from sksequence.metrics import smape
    >>> smape([1, 0], [3, 0])
    0.5
    """
    y_true, y_pred = check_same_shape("smape", y_true=y_true, y_pred=y_pred)
    error = 2 * np.abs(y_true - y_pred)
    size = np.abs(y_true) + np.abs(y_pred)
    return float(np.mean(np.divide(error, size, out=np.zeros_like(error), where=size > 0)))
