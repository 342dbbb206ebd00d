"""Targets in the order of their sequences: a Series or table that is indexed by the ids."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.array import SequenceArray

__all__ = ["missing_targets", "targets_in_order"]


def targets_in_order(
    y: Any, sequences: SequenceArray, caller: str, *, name: str = "y", noun: str = "target"
) -> Any:
    """Bring targets that are indexed by the ids of sequences, as those of a long table, into their order.

    Parameters
    ----------
    y : array-like or None
        Targets. Without an index, or with one that shares nothing with the ids or merely counts the rows
        from 0, they are taken by position.
    sequences : SequenceArray
        Their sequences.
    caller : str
        Who asks: the first words of the error.
    name, noun : str
        What `y` is called, and what it holds for each sequence, for the error: weights go the same way.

    Returns
    -------
    y : array-like
        One row for each sequence where an index was matched; else as it came.

    Raises
    ------
    InputError
        If the index and the ids agree in part, an id comes twice in the index, or y has a row for each step.
    """
    index, ids = getattr(y, "index", None), sequences.ids
    if ids is None or not hasattr(y, "loc") or index is None or _counts(index):
        return y
    if index.nlevels > 1:
        raise InputError(
            f"{caller}: {name} is indexed by {index.nlevels} levels, a row for each step, but one {noun} for "
            f"each sequence is needed. Pass {name}.groupby(level=0).first()"
            f"{', or label the steps with LSTMTagger' if name == 'y' else ''}."
        )
    known = index.isin(ids)
    if not known.any():
        return y
    advice = f"Give {name} one row for each id, or pass {name}.to_numpy() in the order of the sorted ids."
    needed = f"but {name} is indexed by the ids of the sequences. {advice}"
    if not index.is_unique:
        twice = index[index.duplicated()]
        raise InputError(f"{caller}: {name} has more than one {noun} for id {_plain(twice[0])!r}, {needed}")
    without = ids[index.get_indexer(ids) < 0]
    if len(without):
        raise InputError(
            f"{caller}: {name} has no {noun} for id {_plain(without[0])!r} ({len(without)} of {len(ids)} ids "
            f"are missing), {needed}"
        )
    if not known.all():
        unknown = index[~known]
        raise InputError(
            f"{caller}: X has no sequence of id {_plain(unknown[0])!r} ({len(unknown)} of {len(index)} "
            f"{noun}s have none), {needed}"
        )
    return y.loc[ids]


def missing_targets(y: Any) -> np.ndarray:
    """Find labels that are None, NaN or NA, in a collection that can hold such.

    Parameters
    ----------
    y : array-like
        Labels; NumPy's arrays of numbers or of strings are left to whoever reads them.

    Returns
    -------
    places : ndarray of int
        Positions, in order.
    """
    if isinstance(y, np.ndarray) and y.dtype.kind != "O":
        return np.empty(0, dtype=np.intp)
    import pandas as pd

    # Of a list an array would make strings: "nan" and "None".
    labels = pd.Series(y, dtype=object) if isinstance(y, (list, tuple)) else np.asarray(y)
    return np.flatnonzero(pd.isna(labels)) if labels.ndim == 1 else np.empty(0, dtype=np.intp)


def _counts(index: Any) -> bool:
    """Whether an index is what pandas gives rows that have no names."""
    return type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1


def _plain(key: Any) -> Any:
    return key.item() if isinstance(key, np.generic) else key
