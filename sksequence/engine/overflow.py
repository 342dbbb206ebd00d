"""Values too large to be computed with: looked for where a result is no number, others cost nothing."""

from __future__ import annotations

import math

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences import SequenceArray, step_blocks

__all__ = ["exceeds_float32", "refuse_answer", "refuse_large"]


def exceeds_float32(sequences: SequenceArray, columns: list[int] | slice) -> bool:
    """Whether a value of these features is beyond what float32 holds."""
    most = np.finfo(np.float32).max
    if sequences.dtype != np.float64:
        return False
    return any((np.abs(block[:, columns]) > most).any() for _, block in step_blocks(sequences))


def refuse_large(sequences: SequenceArray, columns: list[int] | slice, caller: str) -> None:
    """Refuse to learn from values whose moments, or which themselves, are beyond a float.

    Parameters
    ----------
    sequences : SequenceArray
        Of numbers.
    columns : list of int or slice
        The features that are scaled.
    caller : str
        Who asks: the first words of the error.

    Raises
    ------
    InputError
        Naming the largest value and its place.
    """
    features = np.arange(sequences.n_features)[columns]
    i = int(np.argmax([np.nan_to_num(_sizes(s[:, columns])).max() for s in sequences]))
    step, place = _largest(sequences[i][:, columns])
    feature = int(features[place])
    raise InputError(
        f"{caller}: {sequences[i][step, feature]:g} came at step {step} of sequence {i}, feature {feature}, "
        "but values so large overflow when they are scaled or become float32. Choose a larger unit, for "
        "example by a division, or correct the value."
    )


def refuse_answer(outputs: np.ndarray, sequences: SequenceArray, caller: str) -> None:
    """Refuse to answer where outputs are not finite; a look at their sum where they are.

    Parameters
    ----------
    outputs : ndarray of shape (n, ...)
        A row for each sequence, or for each step of all sequences; whole numbers are -1 where lost.
    sequences : SequenceArray
        What they answer to.
    caller : str
        Who asks: the first words of the error.

    Raises
    ------
    InputError
        Naming the first such sequence and its largest value.
    """
    if outputs.dtype.kind != "f":
        lost = outputs < 0
    elif math.isfinite(outputs.sum()):
        return
    else:  # a sum may overflow where no output does
        lost = ~np.isfinite(outputs.reshape(len(outputs), -1)).all(axis=1)
    if not lost.any():
        return
    i = row = int(lost.argmax())
    if len(outputs) != len(sequences):
        i = int(np.searchsorted(np.cumsum(sequences.lengths), row, side="right"))
    step, feature = _largest(sequences[i])
    raise InputError(
        f"{caller}: the network's answer to sequence {i} is not a finite number. The largest value of the "
        f"sequence is {sequences[i][step, feature]:g}, at step {step}, feature {feature}, but values far "
        "beyond those of training overflow float32. Check its unit, or correct the value."
    )


def _sizes(values: np.ndarray) -> np.ndarray:
    return np.abs(np.asarray(values, dtype=np.float64))


def _largest(sequence: np.ndarray) -> tuple[int, int]:
    """Step and feature of the largest value, whatever its sign."""
    step, feature = np.unravel_index(int(np.nan_to_num(_sizes(sequence)).argmax()), sequence.shape)
    return int(step), int(feature)
