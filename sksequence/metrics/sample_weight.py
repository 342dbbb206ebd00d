"""Weights of sequences that can be computed with, or an error that says why not."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.exceptions import InputError

__all__ = ["check_weights"]


def check_weights(sample_weight: Any, n_sequences: int, caller: str) -> np.ndarray:
    """Weights of sequences, in the order given.

    Parameters
    ----------
    sample_weight : array-like of shape (n_sequences,), or float
        One number for all is read, too.
    n_sequences : int
        How many are weighed.
    caller : str
        Who asks: the first words of the error.

    Returns
    -------
    weights : ndarray of float64 of shape (n_sequences,)

    Raises
    ------
    InputError
        If there is not one weight for each sequence, if one is no number, negative or not finite, or if all
        are zero.
    """
    needed = "but one weight for each sequence is needed"
    try:
        given = np.asarray(sample_weight)
    except ValueError:
        raise InputError(
            f"{caller}: sample_weight holds rows of unlike lengths, {needed}. Steps have no weights of their "
            f"own: pass an array of shape ({n_sequences},)."
        ) from None
    if given.dtype.kind in "USc":
        given = np.asarray(sample_weight, dtype=object)  # plain numbers beside others stay plain
    if given.shape not in ((), (n_sequences,)):
        raise InputError(
            f"{caller}: sample_weight of shape {given.shape} came for {n_sequences} sequences, {needed}. "
            f"Pass an array of shape ({n_sequences},)."
        )
    weights = _numbers(np.broadcast_to(given, n_sequences), caller)
    _refuse_values(weights, caller)
    return weights


def _numbers(given: np.ndarray, caller: str) -> np.ndarray:
    """Weights as floats; what is missing is NaN."""
    if given.dtype.kind in "biuf":
        return given.astype(np.float64)
    weights = np.empty(len(given))
    dates = given.dtype.kind in "mM"  # which would become whole numbers
    for i, weight in enumerate((given.astype(str) if dates else given).tolist()):
        try:
            weights[i] = np.nan if weight is None or type(weight).__name__ == "NAType" else _number(weight)
        except TypeError:
            raise InputError(
                f"{caller}: sample_weight holds {weight!r} at position {i}, but weights are numbers. Convert "
                "them, for example with numpy.asarray(weights, dtype=float)."
            ) from None
    return weights


def _number(weight: Any) -> float:
    """A number of any kind; text that looks like one is refused, like other text."""
    if isinstance(weight, (str, bytes)):
        raise TypeError
    return float(weight)


def _refuse_values(weights: np.ndarray, caller: str) -> None:
    """Refuse weights that are not finite, negative, or all of them zero."""
    for bad, needed in (
        (~np.isfinite(weights), "weights must be finite"),
        (weights < 0, "weights cannot be negative"),
    ):
        if bad.any():
            i = int(bad.argmax())
            raise InputError(
                f"{caller}: sample_weight holds {weights[i]:g} at position {i}, but {needed}. "
                "Use 0 to leave a sequence out."
            )
    if not weights.any():
        raise InputError(
            f"{caller}: all weights are zero, but some sequence has to count. Check sample_weight."
        )
