"""Every form in which sequences may come, and what is said of the forms that cannot be read."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Set

import numpy as np

from sksequence.exceptions import InputError, InputTypeError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.checks import check_sequences
from sksequence.sequences.items import column_names, join_sequences, read_item
from sksequence.sequences.padded import refuse_dimensions, view_padded
from sksequence.sequences.texts import first_text

__all__ = ["as_sequences", "names_ids", "read_series"]

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
    _refuse_type(X, caller)
    if isinstance(X, np.ndarray):
        return _read_array(X, caller, bool(tokens))
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
    if X is None or np.isscalar(X) or getattr(X, "ndim", 1) == 0:
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
    names = column_names(X)
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


def _read_array(X: np.ndarray, caller: str, tokens: bool) -> SequenceArray:
    if X.dtype == object and X.ndim == 1:
        return _read_items(list(X), caller, tokens)
    if X.ndim == 1 and tokens and X.dtype.kind in "iu":
        return SequenceArray(X, [0], [len(X)])
    if X.ndim not in (2, 3):
        refuse_dimensions(X, caller)
    return view_padded(X, None, caller)


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
    values = read_item(X, "X", caller)
    names = column_names(X) if hasattr(X, "columns") else [getattr(X, "name", None)]
    known = names if all(isinstance(name, str) for name in names) else None
    return check_sequences(
        SequenceArray(values, [0], [len(values)], feature_names=known), caller, missing, False
    )
