"""Every form in which sequences may come, and what is said of the forms that cannot be read."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Set

import numpy as np

from sksequence.exceptions import InputError, InputTypeError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.checks import check_sequences
from sksequence.sequences.texts import first_text

__all__ = ["as_sequences", "join_sequences", "names_ids", "read_series", "view_padded"]

_BLOCK_VALUES = 1 << 20  # Values of padded sequences examined at a time.
_FORMS = (
    "Pass an array (n_samples, n_timesteps, n_features), a table (n_samples, n_timesteps), a list of "
    "arrays (length_i, n_features), or a SequenceArray"
)


def as_sequences(
    X, *, caller: str = "as_sequences", missing: str = "raise", tokens: bool | None = False
) -> SequenceArray:
    """Read sequences of any form.

    Float arrays that are C-contiguous, and SequenceArrays, are viewed, never copied.

    Parameters
    ----------
    X : sequences
        One of

        - ndarray of shape (n_samples, n_timesteps, n_features): trailing all-NaN steps are padding;
        - ndarray or wide DataFrame of shape (n_samples, n_timesteps): each row is one sequence of one
          feature, trailing NaN is padding;
        - list, tuple or object array of arrays, tensors, lists or DataFrames of shape
          (length_i, n_features) or (length_i,);
        - :class:`SequenceArray`;
        - long DataFrame with an index of two levels, (sequence, time); its only column may be a
          categorical one, whose codes are token ids, and so may others with ``tokens=None``;
        - Arrow or polars column of lists;
        - with ``tokens=True``, integers in any of these forms; a flat list is one sequence.
    caller : str, default="as_sequences"
        Who asks: the first words of every error, such as ``"LSTMClassifier.fit"``.
    missing : {"raise", "mask"}, default="raise"
        Whether a NaN inside a sequence is refused. Infinity always is.
    tokens : bool or None, default=False
        Whether the values are token ids, which stay integers. Otherwise integers become float64.
        None: where `X` says what its ids stand for.

    Returns
    -------
    sequences : SequenceArray

    Raises
    ------
    InputError
        If `X` cannot be read, naming what came, what is needed, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.sequences import as_sequences
    >>> as_sequences([np.zeros((3, 2)), np.zeros((5, 2))])
    SequenceArray(2 sequences of 3 to 5 steps, median 4, 2 features, float64)
    >>> as_sequences([[4, 1, 1], [2]], tokens=True)
    SequenceArray(2 sequences of 1 to 3 steps, median 2, tokens, int64)
    """
    sequences = _read(X, caller, tokens)
    if tokens is None:
        tokens = sequences.vocabulary is not None
    return check_sequences(sequences, caller, missing, tokens)


def _read(X, caller: str, tokens: bool | None) -> SequenceArray:
    if isinstance(X, SequenceArray):
        return X
    _refuse_texts(X, caller)
    if isinstance(X, np.ndarray):
        return _read_array(X, caller, bool(tokens))
    _refuse_type(X, caller)
    if isinstance(X, (list, tuple)):
        return _read_items(list(X), caller, bool(tokens))
    library = type(X).__module__.partition(".")[0]
    if getattr(getattr(X, "index", None), "nlevels", 1) == 2:
        from sksequence.sequences.tables import read_long

        return read_long(X, None, None, None, caller, tokens=tokens)
    tokens = bool(tokens)
    if hasattr(X, "columns"):
        return _read_table(X, caller, tokens)
    if library == "pyarrow" or (library == "polars" and str(X.dtype).startswith(("List", "Array"))):
        from sksequence.sequences.arrow import read_arrow

        return read_arrow(X, caller)
    return _read_array(_to_array(X, caller), caller, tokens)


def names_ids(X) -> bool:
    """Whether X is a long table of several columns, some categorical: ids that say what they stand for."""
    if getattr(getattr(X, "index", None), "nlevels", 1) != 2 or getattr(X, "ndim", 1) != 2:
        return False
    return X.shape[1] > 1 and any(str(dtype) == "category" for dtype in X.dtypes)


def _refuse_texts(X, caller: str) -> None:
    text = first_text(X)
    if text is None:
        return
    what, reader = (
        ("texts", "SequenceTokenizer()")
        if isinstance(text, str)
        else ("lists of words", "SequenceTokenizer() or WordFeatures()")
    )
    raise InputTypeError(
        f"{caller}: {what} came, such as {reprlib.repr(text)}, but numbers or token ids are needed. Make "
        f"ids of them with {reader}, as the step of a Pipeline before the network or by its fit_transform."
    )


def _refuse_type(X, caller: str) -> None:
    """Refuse what is certainly not a collection of sequences."""
    if hasattr(X, "tocsr"):
        raise InputTypeError(
            f"{caller}: a sparse {type(X).__name__} of shape {X.shape} came, but dense data is required. "
            "Pass X.toarray()."
        )
    if X is None or np.isscalar(X):
        raise InputError(f"{caller}: X = {X!r:.40} came, but a collection of sequences is needed. {_FORMS}.")
    if isinstance(X, (Mapping, Set)):
        raise InputError(
            f"{caller}: a {type(X).__name__} of {len(X)} items came, but sequences in a known order are "
            "needed. Pass list(X.values()), and the labels in the same order."
        )
    if isinstance(X, Iterator):
        raise InputError(
            f"{caller}: a {type(X).__name__} came, which can be read only once, but the sequences are read "
            "several times. Pass list(X)."
        )


def _to_array(X, caller: str) -> np.ndarray:
    try:
        array = np.asarray(X.detach().cpu() if hasattr(X, "detach") else X)
    except Exception as error:
        raise InputError(
            f"{caller}: X of type {type(X).__name__} came, but numpy cannot read it ({error}). {_FORMS}."
        ) from error
    if array.ndim == 0 and array.dtype == object:
        raise InputError(
            f"{caller}: X of type {type(X).__name__} came, but a collection of sequences is needed. {_FORMS}."
        )
    return array


def _read_table(X, caller: str, tokens: bool) -> SequenceArray:
    """A wide table, each row a sequence."""
    names = _column_names(X)
    array = (
        X.to_numpy()
        if hasattr(X, "to_numpy")
        else np.column_stack([column.to_numpy() for column in X.columns])
    )
    if array.dtype == object and array.size and all(np.ndim(cell) for cell in array.flat):
        raise InputError(
            f"{caller}: a table of shape {array.shape} with an array in every cell came, but a cell must "
            "hold one number. Pass a list with one array (length_i, n_features) per row."
        )
    sequences = _read_array(array, caller, tokens)
    known = names if all(isinstance(name, str) for name in names) else None
    return sequences._replace(_table_names=known and tuple(known))


def _column_names(table) -> list:
    # A pyarrow Table has its data in `columns`.
    return list(getattr(table, "column_names", table.columns))


def _read_array(X: np.ndarray, caller: str, tokens: bool) -> SequenceArray:
    if X.dtype == object and X.ndim == 1:
        return _read_items(list(X), caller, tokens)
    if X.ndim == 1 and tokens and X.dtype.kind in "iu":
        return SequenceArray(X, [0], [len(X)])
    if X.ndim not in (2, 3):
        _refuse_dimensions(X, caller)
    return view_padded(X, None, caller)


def _refuse_dimensions(X: np.ndarray, caller: str) -> None:
    if X.ndim == 0:
        raise InputError(f"{caller}: X = {X!r:.40} came, but a collection of sequences is needed. {_FORMS}.")
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


def view_padded(X: np.ndarray, lengths, caller: str) -> SequenceArray:
    """View (n, T, F) or (n, T); without `lengths`, trailing all-NaN steps are padding."""
    if X.ndim not in (2, 3):
        _refuse_dimensions(X, caller)
    X = _numeric(X, caller, "X")
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
    lengths = _unpadded_lengths(X) if lengths is None else _given_lengths(lengths, X, caller)
    return SequenceArray(values, np.arange(n) * n_timesteps, lengths, table_columns=n_columns)


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


def _unpadded_lengths(X: np.ndarray) -> np.ndarray:
    """Steps of each sequence up to the last that is not all NaN."""
    lengths = np.full(len(X), X.shape[1], dtype=np.int64)
    if X.dtype.kind != "f" or not len(X):
        return lengths
    # Only sequences whose last step is empty can be padded; the others need no second look.
    if not np.isnan(X[:, -1, 0]).any():
        return lengths
    padded = np.flatnonzero(np.isnan(X[:, -1]).all(axis=1))
    size = max(1, _BLOCK_VALUES // max(1, X[0].size))
    for first in range(0, len(padded), size):
        block = padded[first : first + size]
        there = ~np.isnan(X[block]).all(axis=2)  # (n_block, n_timesteps)
        last = there.shape[1] - there[:, ::-1].argmax(axis=1)
        lengths[block] = np.where(there.any(axis=1), last, 0)
    return lengths


def _numeric(array: np.ndarray, caller: str, what: str) -> np.ndarray:
    """Refuse dtypes that are no numbers; objects become float64, what is masked or NA becomes NaN."""
    if isinstance(array, np.ma.MaskedArray):
        array = np.ma.filled(array.astype(np.float64), np.nan) if np.ma.is_masked(array) else array.data
    kind = array.dtype.kind
    if kind in "biuf":
        return array
    if kind == "c":
        raise InputError(
            f"{caller}: {what} of dtype {array.dtype} came, but real numbers are needed. Complex data not "
            "supported; pass real and imaginary parts as two features."
        )
    if kind in "mM":
        raise InputError(
            f"{caller}: {what} of dtype {array.dtype} came, but numbers are needed. Dates are no values: "
            "drop them, or pass features made of them, such as the hour."
        )
    if kind == "O" and not any(isinstance(value, (str, bytes)) for value in array.flat):
        import pandas as pd

        try:
            return np.where(pd.isna(array), np.nan, array).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputTypeError(
                f"{caller}: {what} of dtype object came, but numbers are needed ({error}). Convert it to "
                "float."
            ) from error
    raise InputError(
        f"{caller}: {what} of dtype {array.dtype} with strings came, but numbers are needed. Convert with "
        ".astype(float), or encode the strings as token ids."
    )


def _read_items(items: list, caller: str, tokens: bool) -> SequenceArray:
    if items and all(np.isscalar(item) and not isinstance(item, (str, bytes)) for item in items):
        return _read_array(np.asarray(items), caller, tokens)
    joined = join_sequences(items, caller)
    if not tokens and _is_nested_table(items):
        return joined._replace(_table_columns=len(items[0]), _from_lists=True)
    return joined


def _is_nested_table(items: list) -> bool:
    """Whether plain lists of equally many numbers came: a table, as ``array.tolist()`` writes it."""
    return bool(items) and all(
        type(item) is list and len(item) == len(items[0]) and np.isscalar(item[0]) for item in items
    )


def read_series(X, caller: str, *, missing: str = "mask") -> SequenceArray:
    """Read one series, (n_timesteps, n_features) or (n_timesteps,), as one sequence; no copy of floats."""
    if getattr(getattr(X, "index", None), "nlevels", 1) > 1:
        raise InputError(
            f"{caller}: a table with an index of {X.index.nlevels} levels came, but one series is needed, "
            "for windows must not run from one series into the next. Call it once for each series."
        )
    values = _read_item(X, "X", caller)
    names = _column_names(X) if hasattr(X, "columns") else [getattr(X, "name", None)]
    known = names if all(isinstance(name, str) for name in names) else None
    return check_sequences(
        SequenceArray(values, [0], [len(values)], feature_names=known), caller, missing, False
    )


def join_sequences(items: list, caller: str) -> SequenceArray:
    """Copy many sequences into one array, once."""
    if not items:
        return SequenceArray(np.empty((0, 1)), [], [])
    names = _common_names(items, caller)
    arrays = [_read_item(item, f"sequence {i}", caller) for i, item in enumerate(items)]
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
    return SequenceArray(values, np.cumsum(lengths) - lengths, lengths, feature_names=names)


def _read_item(item, what: str, caller: str) -> np.ndarray:
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
    return _numeric(array, caller, what)


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
    first = list(map(str, _column_names(items[0]))) if hasattr(items[0], "columns") else None
    for i, item in enumerate(items):
        names = list(map(str, _column_names(item))) if hasattr(item, "columns") else None
        if names != first:
            raise InputError(
                f"{caller}: sequence {i} has {names or 'no columns'} and sequence 0 has "
                f"{first or 'no columns'}, "
                "but all need the same columns in the same order. Select them: [frame[columns] for frame "
                "in X]."
            )
    named = all(isinstance(name, str) for name in _column_names(items[0]))
    return first if named else None
