"""How wide intervals are, and what their width and their misses cost together."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.coverage import check_intervals

__all__ = ["interval_score", "mean_interval_width"]


def mean_interval_width(lower, upper):
    """Mean width of intervals.

    Parameters
    ----------
    lower : array-like of any shape
        Lower ends of the intervals.
    upper : array-like of the shape of `lower`
        Upper ends of the intervals.

    Returns
    -------
    width : float
        In the units of the ends. Among intervals of the same coverage, narrower ones say more.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a lower end lies above its upper end.

    Examples
    --------
    >>> from sksequence.metrics import mean_interval_width
    >>> mean_interval_width(lower=[0, 2], upper=[2, 3])
    1.5
    """
    lower, upper = check_intervals("mean_interval_width", lower=lower, upper=upper)
    return float(np.mean(upper - lower))


def interval_score(y_true, lower, upper, coverage=0.9):
    r"""Winkler's score of intervals: their width, and a penalty for what they miss.

    Parameters
    ----------
    y_true : array-like of any shape
        What happened.
    lower : array-like of the shape of `y_true`
        Lower ends of the intervals.
    upper : array-like of the shape of `y_true`
        Upper ends of the intervals.
    coverage : float, default=0.9
        Share of the values that the intervals are meant to hold, between 0 and 1, both excluded.

    Returns
    -------
    score : float
        In the units of `y_true`, averaged over all values; lower is better. It is least when the ends
        are the quantiles ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, a lower end lies above its upper end, or `coverage`
        is not between 0 and 1.

    Notes
    -----
    With :math:`\alpha` = 1 - coverage [1]_ [2]_:

    .. math:: (u - l) + \frac{2}{\alpha} \max(l - y, 0) + \frac{2}{\alpha} \max(y - u, 0)

    References
    ----------
    .. [1] Winkler, R. L. (1972). A decision-theoretic approach to interval estimation. Journal of the
       American Statistical Association, 67(337), 187-191.
    .. [2] Gneiting, T., & Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and
       estimation. Journal of the American Statistical Association, 102(477), 359-378.

    Examples
    --------
    >>> from sksequence.metrics import interval_score
    >>> interval_score([1, 5], lower=[0, 2], upper=[2, 4], coverage=0.5)
    4.0
    """
    if isinstance(coverage, bool) or not isinstance(coverage, (float, np.floating)) or not 0 < coverage < 1:
        raise InputError(
            f"interval_score: coverage={coverage!r} came, but a number between 0 and 1, both excluded, is "
            f"needed. Write 90 per cent as 0.9."
        )
    y_true, lower, upper = check_intervals("interval_score", y_true=y_true, lower=lower, upper=upper)
    missed = np.maximum(lower - y_true, 0) + np.maximum(y_true - upper, 0)
    return float(np.mean(upper - lower + 2 / (1 - coverage) * missed))
