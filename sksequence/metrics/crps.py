"""The error of a whole forecast distribution."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.values import check_values

__all__ = ["crps_from_samples"]


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
