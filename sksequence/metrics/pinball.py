"""The loss that quantile forecasts minimise."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.values import check_values

__all__ = ["pinball_loss", "pinball_losses"]


def pinball_loss(y_true, y_quantiles, quantiles):
    r"""Pinball (quantile) loss, averaged over steps and quantiles.

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
        In the units of `y_true`, 0 at best. At the single level 0.5 it is half the mean absolute
        error; over many evenly spaced levels, twice the loss comes near the continuous ranked
        probability score.

    Raises
    ------
    InputError
        If shapes do not fit, a level is not between 0 and 1, or a value is not finite.

    Notes
    -----
    For level :math:`q` and forecast :math:`\hat{y}` [1]_:
    :math:`\max(q (y - \hat{y}),\ (q - 1)(y - \hat{y}))`.

    References
    ----------
    .. [1] Koenker, R., & Bassett, G. (1978). Regression quantiles. Econometrica, 46(1), 33-50.

    Examples
    --------
    >>> from sksequence.metrics import pinball_loss
    >>> pinball_loss([10.0], [[8.0, 12.0]], [0.1, 0.9])
    0.2
    """
    _, losses = pinball_losses("pinball_loss", y_true, y_quantiles, quantiles)
    return float(np.mean(losses))


def pinball_losses(metric: str, y_true, y_quantiles, quantiles) -> tuple[np.ndarray, np.ndarray]:
    """The checked values, and the pinball loss of every step and level.

    Parameters
    ----------
    metric : str
        Name of the metric, for the error.
    y_true, y_quantiles, quantiles : array-like
        As in :func:`pinball_loss`.

    Returns
    -------
    y_true : ndarray of float64
        Of any shape.
    losses : ndarray of float64 of shape ``y_true.shape + (n_quantiles,)``
        In the units of `y_true`.

    Raises
    ------
    InputError
        As in :func:`pinball_loss`.
    """
    y_true, y_quantiles, levels = check_values(
        metric, y_true=y_true, y_quantiles=y_quantiles, quantiles=quantiles
    )
    if levels.ndim != 1 or y_quantiles.shape != (*y_true.shape, len(levels)):
        raise InputError(
            f"{metric}: y_quantiles of shape {y_quantiles.shape} and quantiles of shape {levels.shape} "
            f"came, but {y_true.shape} (the shape of y_true) with one more axis, one entry per level, is "
            f"needed. Put the quantiles on the last axis."
        )
    if (levels <= 0).any() or (levels >= 1).any():
        raise InputError(
            f"{metric}: quantiles {levels.tolist()} came, but levels between 0 and 1 (both excluded) "
            f"are needed. Write 90 per cent as 0.9."
        )
    error = y_true[..., np.newaxis] - y_quantiles
    return y_true, np.maximum(levels * error, (levels - 1) * error)
