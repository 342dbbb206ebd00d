"""Lists of sequences: each item read by itself, and all joined in one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.checks import check_sequences
from sksequence.sequences.dtypes import numeric

__all__ = ["column_names", "join_sequences", "read_item"]


def join_sequences(items: list, caller: str) -> SequenceArray:
    """Copy many sequences into one array, once."""
    if not items:
        return SequenceArray(np.empty((0, 1)), [], [])
    names = _common_names(items, caller)
    arrays = [read_item(item, f"sequence {i}", caller) for i, item in enumerate(items)]
    lengths = np.fromiter(map(len, arrays), np.int64, len(arrays))
    if not lengths.all():
        # Said here as well, for an empty list has no number of features to compare.
        arrays = [array for array in arrays if len(array)]
        check_sequences(
            SequenceArray(np.empty(lengths.sum()), np.cumsum(lengths) - lengths, lengths),
            caller,
            "mask",
            False,
        )
    _refuse_unlike(arrays, caller)
    values = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    if names is None and (lengths == lengths[0]).all():
        return SequenceArray._of_block(values, len(arrays[0]))
    return SequenceArray(values, np.cumsum(lengths) - lengths, lengths, feature_names=names)


def read_item(item, what: str, caller: str) -> np.ndarray:
    """The numbers of one sequence, (length, n_features) or (length,); no copy of an array."""
    if type(item) is np.ndarray or isinstance(item, np.ma.MaskedArray):
        array = item
    else:
        if item is None or isinstance(item, (str, bytes, Mapping, Set, Iterator)) or hasattr(item, "tocsr"):
            kind = "sparse " if hasattr(item, "tocsr") else ""
            raise InputError(
                f"{caller}: {what} is a {kind}{type(item).__name__}, but an array of shape (length, "
                "n_features) or (length,) is needed. Convert it to an array first."
            )
        try:
            array = np.asarray(item.detach().cpu() if hasattr(item, "detach") else item)
        except ValueError as error:
            raise InputError(
                f"{caller}: {what} is a {type(item).__name__} whose steps have different numbers of "
                "values, but each step needs the same number of features. Pad or drop the odd ones."
            ) from error
    if array.ndim not in (1, 2):
        raise InputError(
            f"{caller}: {what} has shape {array.shape}, but (length, n_features) or (length,) is needed. "
            "Give one whole sequence there."
        )
    if array.ndim == 2 and array.shape[1] == 0 and len(array):
        raise InputError(
            f"{caller}: {what} has 0 feature(s) (shape={array.shape}) while a minimum of 1 is required. "
            "Drop it, or give it values."
        )
    return numeric(array, caller, what)


def _refuse_unlike(arrays: list[np.ndarray], caller: str) -> None:
    """Refuse sequences whose steps differ in shape from those of the first."""
    shapes = [array.shape[1:] for array in arrays]
    if len(set(shapes)) == 1:
        return
    i = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
    if len(shapes[i]) != len(shapes[0]):
        raise InputError(
            f"{caller}: sequence {i} has shape {arrays[i].shape} and sequence 0 has shape "
            f"{arrays[0].shape}, but all must be (length, n_features) or all (length,). Reshape the 1-D "
            "ones with x.reshape(-1, 1)."
        )
    raise InputError(
        f"{caller}: sequence {i} has {shapes[i][0]} features and sequence 0 has {shapes[0][0]}, but all "
        "need the same number. Select the same features for each; the axis order is (length, n_features)."
    )


def _common_names(items: list, caller: str):
    """Column names that all frames of a list share, or None."""
    if not any(hasattr(item, "columns") for item in items):
        return None
    first = list(map(str, column_names(items[0]))) if hasattr(items[0], "columns") else None
    for i, item in enumerate(items):
        names = list(map(str, column_names(item))) if hasattr(item, "columns") else None
        if names != first:
            raise InputError(
                f"{caller}: sequence {i} has {names or 'no columns'} and sequence 0 has "
                f"{first or 'no columns'}, "
                "but all need the same columns in the same order. Select them: [frame[columns] for frame "
                "in X]."
            )
    named = all(isinstance(name, str) for name in column_names(items[0]))
    return first if named else None


def column_names(table) -> list:
    """Names of the columns of a table of any library."""
    # A pyarrow Table has its data in `columns`.
    return list(getattr(table, "column_names", table.columns))
