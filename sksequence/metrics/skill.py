"""How much better than a reference."""

import numpy as np

from sksequence.exceptions import InputError
from sksequence.metrics.values import check_same_shape

__all__ = ["skill_score"]


def skill_score(error, reference_error):
    """Share of the reference's error that the forecast avoids, ``1 - error / reference_error``.

    Parameters
    ----------
    error : float or array-like
        Error of the forecast, 0 at best, by any metric.
    reference_error : float or array-like of the shape of `error`
        Error of the reference (often the seasonal naive forecast) by the same metric, above 0.

    Returns
    -------
    skill : float or ndarray of the shape of `error`
        1 for a perfect forecast, 0 for one no better than the reference, below 0 for a worse one.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, an error is negative, or a reference error is 0.

    Examples
    --------
    >>> from sksequence.metrics import skill_score
    >>> skill_score(3.0, 4.0)
    0.25
    """
    error, reference = check_same_shape("skill_score", error=error, reference_error=reference_error)
    if (error < 0).any() or (reference <= 0).any():
        raise InputError(
            "skill_score: a negative error or a reference_error <= 0 came, but errors >= 0 and a reference "
            "above 0 are needed. Pass errors, not scores that grow with quality."
        )
    skill = 1 - error / reference
    return float(skill) if np.ndim(skill) == 0 else skill
