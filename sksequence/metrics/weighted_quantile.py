"""The error of quantile forecasts, relative to the size of the values."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.pinball import pinball_losses

__all__ = ["weighted_quantile_loss"]


def weighted_quantile_loss(y_true, y_quantiles, quantiles):
    r"""Pinball loss of all steps together, as a share of all values.

    Parameters
    ----------
    y_true : array-like of any shape
        What happened.
    y_quantiles : array-like of shape ``y_true.shape + (n_quantiles,)``
        The forecast quantiles, on the last axis in the order of `quantiles`.
    quantiles : array-like of shape (n_quantiles,)
        The levels, each between 0 and 1, both excluded.

    Returns
    -------
    loss : float
        Without a unit, 0 at best, averaged over the levels. At the single level 0.5 it is the sum of
        absolute errors over the sum of absolute values.

    Raises
    ------
    InputError
        If shapes do not fit, a level is not between 0 and 1, a value is not finite, or all values
        are 0.

    Notes
    -----
    For level :math:`q`, with the pinball loss :math:`\rho_q` [1]_; the factor 2 makes it the absolute
    error at the median:

    .. math:: \frac{2 \sum_t \rho_q(y_t, \hat{y}_t)}{\sum_t |y_t|}

    Large values weigh most. Series are pooled, not averaged.

    References
    ----------
    .. [1] Salinas, D., Flunkert, V., Gasthaus, J., & Januschowski, T. (2020). DeepAR: Probabilistic
       forecasting with autoregressive recurrent networks. International Journal of Forecasting,
       36(3), 1181-1191.

    Examples
    --------
    >>> from sksequence.metrics import weighted_quantile_loss
    >>> weighted_quantile_loss([10.0, 30.0], [[8.0, 12.0], [28.0, 32.0]], [0.1, 0.9])
    0.02
    """
    y_true, losses = pinball_losses("weighted_quantile_loss", y_true, y_quantiles, quantiles)
    size = np.abs(y_true).sum()
    if size == 0:
        raise InputError(
            f"weighted_quantile_loss: all {y_true.size} values of y_true are 0, but the loss is divided by "
            f"the sum of their sizes. Use pinball_loss."
        )
    return float(2 * losses.sum() / (size * losses.shape[-1]))
