"""How often an interval held what happened."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.values import check_same_shape

__all__ = ["check_intervals", "interval_coverage"]


def interval_coverage(y_true, lower, upper):
    """Fraction of values that lie inside their interval, both ends included.

    Parameters
    ----------
    y_true : array-like of any shape
        What happened.
    lower : array-like of the shape of `y_true`
        Lower ends of the intervals.
    upper : array-like of the shape of `y_true`
        Upper ends of the intervals.

    Returns
    -------
    coverage : float
        Between 0 and 1. Calibrated intervals come near the coverage that was asked for.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a lower end lies above its upper end.

    Examples
    --------
    >>> from sksequence.metrics import interval_coverage
    >>> interval_coverage([1, 2, 3, 9], lower=[0, 2, 4, 5], upper=[2, 3, 5, 10])
    0.75
    """
    y_true, lower, upper = check_intervals("interval_coverage", y_true=y_true, lower=lower, upper=upper)
    return float(np.mean((lower <= y_true) & (y_true <= upper)))


def check_intervals(metric: str, *, lower, upper, **named) -> list[np.ndarray]:
    """Float arrays that are finite, of one shape, and ends that do not cross.

    Parameters
    ----------
    metric : str
        Name of the metric, for the error.
    lower, upper : array-like
        Ends of the intervals.
    **named : array-like
        Other inputs under the name by which the user knows them.

    Returns
    -------
    arrays : list of ndarray, float64
        The other inputs, then the lower and the upper ends.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a lower end lies above its upper end.
    """
    *others, lower, upper = check_same_shape(metric, **named, lower=lower, upper=upper)
    n_crossed = int(np.count_nonzero(lower > upper))
    if n_crossed:
        raise InputError(
            f"{metric}: {n_crossed} intervals have lower > upper, but lower <= upper is needed. "
            f"Check the order of the arguments."
        )
    return [*others, lower, upper]
