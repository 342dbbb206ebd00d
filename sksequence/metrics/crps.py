"""The error of a whole forecast distribution."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.pinball import pinball_losses
from sksequence.metrics.values import check_values

__all__ = ["crps_from_quantiles", "crps_from_samples"]


def crps_from_samples(y_true, y_samples):
    r"""Continuous ranked probability score of a forecast given as samples.

    Parameters
    ----------
    y_true : array-like of any shape
        What happened.
    y_samples : array-like of shape ``y_true.shape + (n_samples,)``
        Draws from the forecast distribution of each value, on the last axis.

    Returns
    -------
    score : float
        In the units of `y_true`, averaged over all values, 0 at best. With a single sample it is
        the mean absolute error.

    Raises
    ------
    InputError
        If shapes do not fit or a value is not finite.

    Notes
    -----
    The score of the empirical distribution of the samples :math:`X` [1]_:
    :math:`E|X - y| - \frac{1}{2} E|X - X'|`, where :math:`X'` is drawn independently of :math:`X`.

    References
    ----------
    .. [1] Gneiting, T., & Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and
       estimation. Journal of the American Statistical Association, 102(477), 359-378.

    Examples
    --------
    >>> from sksequence.metrics import crps_from_samples
    >>> crps_from_samples([1.0], [[0.0, 2.0]])
    0.5
    """
    y_true, samples = check_values("crps_from_samples", y_true=y_true, y_samples=y_samples)
    if samples.shape[:-1] != y_true.shape or samples.ndim != y_true.ndim + 1:
        raise InputError(
            f"crps_from_samples: y_samples of shape {samples.shape} came, but {y_true.shape} (the shape of "
            f"y_true) with one more axis is needed. Put the samples on the last axis."
        )
    n_samples = samples.shape[-1]
    distance = np.abs(samples - y_true[..., np.newaxis]).mean(axis=-1)
    # Of sorted samples, the i-th (from 1) exceeds i - 1 and is exceeded by n - i: the mean
    # distance of all pairs needs no matrix of pairs.
    surplus = 2 * np.arange(1, n_samples + 1) - n_samples - 1
    half_spread = (np.sort(samples, axis=-1) * surplus).sum(axis=-1) / n_samples**2
    return float(np.mean(distance - half_spread))


def crps_from_quantiles(y_true, y_quantiles, quantiles):
    r"""Continuous ranked probability score of a forecast given as quantiles, approximately.

    Parameters
    ----------
    y_true : array-like of any shape
        What happened.
    y_quantiles : array-like of shape ``y_true.shape + (n_quantiles,)``
        The forecast quantiles, on the last axis in the order of `quantiles`.
    quantiles : array-like of shape (n_quantiles,)
        The levels, increasing, each between 0 and 1, both excluded.

    Returns
    -------
    score : float
        In the units of `y_true`, averaged over all values, 0 at best. At the single level 0.5 it is the
        mean absolute error.

    Raises
    ------
    InputError
        If shapes do not fit, levels do not increase or are not between 0 and 1, or a value is not
        finite.

    Notes
    -----
    The score is twice the integral of the pinball loss :math:`\rho_u` over all levels
    :math:`u` [1]_. Each level stands for the levels that lie nearer to it than to any other, so that
    unevenly spaced ones do not weigh too much where they lie close together.

    References
    ----------
    .. [1] Laio, F., & Tamea, S. (2007). Verification tools for probabilistic forecasts of continuous
       hydrological variables. Hydrology and Earth System Sciences, 11(4), 1267-1277.

    Examples
    --------
    >>> from sksequence.metrics import crps_from_quantiles
    >>> crps_from_quantiles([10.0], [[8.0, 12.0]], [0.1, 0.9])
    0.4
    """
    y_true, losses = pinball_losses("crps_from_quantiles", y_true, y_quantiles, quantiles)
    levels = np.asarray(quantiles, dtype=np.float64)
    if (np.diff(levels) <= 0).any():
        raise InputError(
            f"crps_from_quantiles: quantiles {levels.tolist()} came, but increasing levels are needed. Sort "
            f"them, and y_quantiles with them."
        )
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return float(2 * np.mean(losses @ np.diff(edges)))
