"""Numbers that a metric can work with, or an error that says why not."""

import numpy as np

from sksequence.exceptions import InputError

__all__ = ["check_same_shape", "check_values"]


def check_values(metric: str, **named) -> list[np.ndarray]:
    """Float arrays that are finite and not empty.

    Parameters
    ----------
    metric : str
        Name of the metric, for the error.
    **named : array-like
        Each input under the name by which the user knows it.

    Returns
    -------
    arrays : list of ndarray, float64
        In the order given.

    Raises
    ------
    InputError
        If one of them is empty, holds a NaN or an infinity, or is an estimator.
    """
    arrays = []
    for name, values in named.items():
        if hasattr(values, "predict"):
            raise InputError(
                f"{metric}: {name} is a {type(values).__name__}, but what it predicted is needed. Pass "
                "that; searches take scoring=forecast_scorer(…), of sksequence.model_selection, for "
                "forecasters, and sklearn.metrics.make_scorer for others."
            )
        array = np.asarray(values, dtype=np.float64)
        if array.size == 0:
            raise InputError(f"{metric}: {name} is empty, but at least one value is needed. Pass some.")
        n_bad = int(np.count_nonzero(~np.isfinite(array)))
        if n_bad:
            raise InputError(
                f"{metric}: {name} holds {n_bad} values that are NaN or infinite, but only finite ones "
                f"can be compared. Drop those steps from every argument."
            )
        arrays.append(array)
    return arrays


def check_same_shape(metric: str, **named) -> list[np.ndarray]:
    """Float arrays that are finite, not empty, and all of one shape.

    Parameters
    ----------
    metric : str
        Name of the metric, for the error.
    **named : array-like
        Each input under the name by which the user knows it.

    Returns
    -------
    arrays : list of ndarray, float64
        In the order given.

    Raises
    ------
    InputError
        If shapes differ (nothing is broadcast), or for the reasons of `check_values`.
    """
    arrays = check_values(metric, **named)
    shapes = {name: array.shape for name, array in zip(named, arrays, strict=True)}
    if len(set(shapes.values())) > 1:
        came = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        raise InputError(f"{metric}: {came} came, but one shape is needed. Align them step by step.")
    return arrays
