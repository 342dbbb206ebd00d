"""Texts of any form: lists, arrays, and string columns of pandas, polars and Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from sksequence.exceptions import InputError, InputTypeError
from sksequence.sequences import only_column

__all__ = ["read_texts"]

_LISTS = (list, tuple, np.ndarray)  # what the tokens of a text may stand in


def read_texts(X: Any, caller: str) -> tuple[list, bool]:
    """Read a collection of texts.

    Parameters
    ----------
    X : collection of str, or of lists of str
        A list, an array, a column or a table of one column; anything that can be iterated.
    caller : str
        Who asks: the first words of every error.

    Returns
    -------
    texts : list of str, or of sequences of str
    split : bool
        Whether they are sequences of tokens, and no strings.

    Raises
    ------
    InputError
        If `X` is no collection of texts, or one of them is no text.
    """
    texts = _as_list(X, caller)
    if texts and hasattr(texts[0], "to_list"):  # a column of pandas or polars for each text
        texts = [text.to_list() if hasattr(text, "to_list") else text for text in texts]
    kinds = set(map(type, texts))
    if all(issubclass(kind, str) for kind in kinds):
        return texts, False
    if all(issubclass(kind, _LISTS) for kind in kinds):
        _refuse_other_tokens(texts, caller)
        return texts, True
    lists = isinstance(texts[0], _LISTS)
    i = next(i for i, text in enumerate(texts) if not isinstance(text, _LISTS if lists else str))
    came = f"{caller}: text {i} is {repr(texts[i]).splitlines()[0]:.40} of type {type(texts[i]).__name__}"
    if lists:
        advice = "but a list of tokens is needed, as text 0 is. Fill what is missing with []."
    elif isinstance(texts[i], bytes):
        advice = "but a string is needed. Decode it: text.decode()."
    else:
        advice = "but a string is needed. Fill what is missing with '', and convert numbers with str."
    raise InputTypeError(f"{came}, {advice}")


def _as_list(X: Any, caller: str) -> list:
    readable = hasattr(X, "__iter__") or hasattr(X, "column_names")
    if isinstance(X, (str, bytes, Mapping)) or not readable:
        raise InputError(
            f"{caller}: X of type {type(X).__name__} came, but a collection of texts is needed. Pass a list "
            "of strings: [text] if there is one."
        )
    if hasattr(X, "to_pylist") and not hasattr(X, "column_names"):
        return X.to_pylist()  # Arrow
    column = only_column(X)
    if column is None:
        names = getattr(X, "column_names", X.columns)
        _refuse_columns(len(names), getattr(X, "shape", (len(X), len(names))), caller)
    if column is not X:
        return _as_list(column, caller)
    if isinstance(X, np.ndarray) and X.ndim > 1:
        _refuse_columns(X.shape[1] if X.ndim == 2 else 0, X.shape, caller)
        X = X.ravel()
    for method in ("tolist", "to_list"):  # of NumPy and pandas, of polars
        if hasattr(X, method):
            return getattr(X, method)()
    return list(X)


def _refuse_columns(n_columns: int, shape: tuple, caller: str) -> None:
    if n_columns != 1:
        raise InputError(
            f"{caller}: a table of shape {shape} came, but one column of texts is needed. Select it: "
            "X['text'] of a table, X[:, 0] of an array."
        )


def _refuse_other_tokens(texts: list, caller: str) -> None:
    """Refuse lists that hold anything but strings."""
    if all(issubclass(kind, str) for kind in set(map(type, chain.from_iterable(texts)))):
        return
    for i, tokens in enumerate(texts):
        for place, token in enumerate(tokens):
            if not isinstance(token, str):
                raise InputTypeError(
                    f"{caller}: token {place} of text {i} is {token!r:.40} of type {type(token).__name__}, "
                    "but a string is needed. Convert tokens with str."
                )
