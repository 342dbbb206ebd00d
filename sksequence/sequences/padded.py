"""Arrays of padded sequences: seen as sequences, and made of them."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.dtypes import numeric
from sksequence.sequences.layout import step_rows

__all__ = ["refuse_dimensions", "view_padded", "write_padded"]

_BLOCK_VALUES = 1 << 20  # Values of padded sequences examined at a time.


def view_padded(X: np.ndarray, lengths, caller: str) -> SequenceArray:
    """View (n, T, F) or (n, T); without `lengths`, trailing all-NaN steps are padding."""
    if X.ndim not in (2, 3):
        refuse_dimensions(X, caller)
    X = numeric(X, caller, "X")
    if X.size == 0 and len(X):
        raise InputError(
            f"{caller}: 0 {'step' if X.ndim == 3 and X.shape[2] else 'feature'}(s) (shape={X.shape}) while "
            "a minimum of 1 is required. "
            "Pass (n_samples, n_timesteps, n_features) with no axis of size 0."
        )
    n_columns = X.shape[1] if X.ndim == 2 else None
    if X.ndim == 2:
        X = X[:, :, np.newaxis]
    n, n_timesteps, n_features = X.shape
    # The shape is spelt out, for -1 has no answer where there are no samples.
    values = X.reshape(n * n_timesteps, n_features)
    if lengths is None and n and not _may_be_padded(X):
        return SequenceArray._of_block(values, n_timesteps, _table_columns=n_columns)
    lengths = _unpadded_lengths(X) if lengths is None else _given_lengths(lengths, X, caller)
    return SequenceArray(values, np.arange(n) * n_timesteps, lengths, table_columns=n_columns)


def refuse_dimensions(X: np.ndarray, caller: str) -> None:
    """Say of an array of other dimensions than two and three what is needed."""
    if X.ndim == 0:
        raise InputError(
            f"{caller}: X = {X!r:.40} came, but sequences are needed. Pass an array (n_samples, n_timesteps, "
            "n_features) or (n_samples, n_timesteps)."
        )
    if X.ndim == 1:
        raise InputError(
            f"{caller}: a 1-D array of shape {X.shape} came, but several sequences are needed. Reshape "
            "your data: [X] if it is one sequence, X.reshape(-1, 1) if it is one step of many."
        )
    raise InputError(
        f"{caller}: an array of {X.ndim} dimensions, shape {X.shape}, came, but (n_samples, n_timesteps, "
        "n_features) is needed. Reshape it: X.reshape(n_samples, n_timesteps, -1) joins the last axes "
        "into features."
    )


def _given_lengths(lengths, X: np.ndarray, caller: str) -> np.ndarray:
    lengths = np.asarray(lengths)
    if lengths.shape != X.shape[:1]:
        raise InputError(
            f"{caller}: lengths of shape {lengths.shape} came for {len(X)} sequences, but one length per "
            "sequence is needed. Pass an array of shape (n_sequences,)."
        )
    outside = (lengths < 0) | (lengths > X.shape[1])
    if outside.any():
        i = int(outside.argmax())
        raise InputError(
            f"{caller}: length {lengths[i]} came for sequence {i}, but the array has {X.shape[1]} steps. "
            f"Keep every length between 0 and {X.shape[1]}."
        )
    return lengths


def _may_be_padded(X: np.ndarray) -> bool:
    """Whether some last step may be empty, by its first feature."""
    return X.dtype.kind == "f" and bool(np.count_nonzero(np.isnan(X[:, -1, 0])))


def _unpadded_lengths(X: np.ndarray) -> np.ndarray:
    """Steps of each sequence up to the last that is not all NaN."""
    lengths = np.full(len(X), X.shape[1], dtype=np.int64)
    if not len(X):
        return lengths
    # Only sequences whose last step is empty can be padded; the others need no second look.
    padded = np.flatnonzero(np.isnan(X[:, -1]).all(axis=1))
    size = max(1, _BLOCK_VALUES // max(1, X[0].size))
    for first in range(0, len(padded), size):
        block = padded[first : first + size]
        there = ~np.isnan(X[block]).all(axis=2)  # (n_block, n_timesteps)
        last = there.shape[1] - there[:, ::-1].argmax(axis=1)
        lengths[block] = np.where(there.any(axis=1), last, 0)
    return lengths


def write_padded(sequences: SequenceArray, length: int | None, value: float, side: str) -> np.ndarray:
    """One array of equal lengths, see :meth:`SequenceArray.to_padded`."""
    length = sequences.n_timesteps if length is None else int(length)
    kept = np.minimum(sequences._lengths, length)
    if sequences.is_tokens and value != value and (kept < length).any():
        raise InputError(
            f"SequenceArray.to_padded: padding with NaN came for tokens of dtype {sequences.dtype}, but "
            "integers have no NaN. Pass value=0, or another id that no token has."
        )
    full = bool((kept == length).all())
    padded = np.full(
        (len(sequences), length, sequences.n_features), 0 if full else value, dtype=sequences.dtype
    )
    shift = 0 if side == "right" else length - kept
    places = step_rows(np.arange(len(sequences)) * length + shift, kept)
    padded.reshape(-1, sequences.n_features)[places] = sequences._values[step_rows(sequences._starts, kept)]
    return padded
