"""Whether a collection holds texts rather than numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

import numpy as np

__all__ = ["first_text", "holds_texts", "only_column"]


def first_text(X: Any) -> Any:
    """The first item of a collection of texts, or None of any other.

    Parameters
    ----------
    X : object
        A list, array, Series, polars or Arrow column, or a table of one column.

    Returns
    -------
    text : str, list of str or None
        A list where texts came as lists of tokens.
    """
    if getattr(getattr(X, "dtype", None), "kind", "O") in "biufcmM":
        return None
    if hasattr(X, "columns") and getattr(getattr(X, "index", None), "nlevels", 1) > 1:
        return None  # a long table, whose index names sequences
    X = only_column(X)
    if isinstance(X, (str, bytes, Mapping, Set, Iterator)) or not hasattr(X, "__iter__"):
        return None
    if hasattr(X, "vocabulary") or getattr(getattr(X, "dtype", None), "kind", "O") in "biufcmM":
        return None
    if hasattr(X, "to_pylist"):  # Arrow
        X = X[:1].to_pylist()
    if getattr(X, "ndim", 1) == 2 and X.shape[1] == 1:
        X = np.ravel(X)
    if getattr(X, "ndim", 1) != 1:
        return None
    first: Any = next(iter(X), None)
    if hasattr(first, "to_list"):  # a row of a polars column
        first = first.to_list()
    if isinstance(first, (list, tuple, np.ndarray)) and len(first) and isinstance(first[0], str):
        return list(map(str, first))
    return str(first) if isinstance(first, str) else None


def holds_texts(X: Any) -> bool:
    """Whether strings, or lists of strings, came rather than numbers."""
    return first_text(X) is not None


def only_column(X: Any) -> Any:
    """The column of a table of one, X where it is no table, and None of any other table."""
    names = getattr(X, "column_names", getattr(X, "columns", None))  # Arrow's, or all others'
    if names is None:
        return X
    if len(names) != 1:
        return None
    return X.column(0) if hasattr(X, "column_names") else X[names[0]]
