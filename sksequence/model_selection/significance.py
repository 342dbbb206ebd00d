"""Whether two models differ, by their scores on the same folds."""

from __future__ import annotations

import numpy as np
from scipy import stats

__all__ = ["corrected_t_test"]


def corrected_t_test(differences, test_share: float) -> float:
    """P-value of differences of scores over folds: the corrected resampled t-test.

    Training sets of different folds share most of their samples, so differences vary less over folds than
    over new data. The variance of their mean is therefore taken as ``(1 / n + n_test / n_train)`` times
    their sample variance, in place of ``1 / n`` times.

    Parameters
    ----------
    differences : array-like of shape (n_folds,)
        Score of one model less that of the other, fold by fold.
    test_share : float
        Test samples for each training sample, on average over folds.

    Returns
    -------
    p : float
        Two-sided; NaN with fewer than two folds or where a difference is NaN.

    References
    ----------
    Nadeau & Bengio (2003), "Inference for the generalization error". *Machine Learning* 52.

    Examples
    --------
    >>> from sksequence.model_selection.significance import corrected_t_test
    >>> round(corrected_t_test([0.04, 0.01, 0.05, 0.02, 0.03], test_share=0.25), 3)
    0.047
    """
    d = np.asarray(differences, dtype=float)
    n = len(d)
    if n < 2 or np.isnan(d).any():
        return float("nan")
    mean, error = d.mean(), np.sqrt((1 / n + test_share) * d.var(ddof=1))
    if error <= np.finfo(float).eps * np.abs(d).max(initial=0.0):  # the same difference in every fold
        return 1.0 if mean == 0 else 0.0
    return float(2 * stats.t.sf(abs(mean) / error, n - 1))
