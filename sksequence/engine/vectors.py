"""Token vectors learned elsewhere: read from any form, and looked up for the ids of a vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sksequence._params import Rule
from sksequence.exceptions import ParameterError

__all__ = ["VECTORS", "check_rows", "plain_vectors", "vectors_by_id"]


def _is_keyed(value: Any) -> bool:
    """Whether it is like gensim's KeyedVectors."""
    return hasattr(value, "key_to_index") and hasattr(value, "vectors")


def _array(value: Any) -> np.ndarray:
    """What NumPy makes of it, wherever a tensor lies and whatever learns from it."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if value.is_floating_point() else value  # NumPy has no bfloat16
    return np.asarray(value)


def _table(value: Any) -> np.ndarray | None:
    """Rows of numbers, (n, width), from an array, a tensor or lists; None where it is nothing of the kind."""
    if isinstance(value, (str, Mapping)) or _is_keyed(value) or hasattr(value, "iloc"):
        return None
    try:
        table = _array(value)
    except (ValueError, TypeError, RuntimeError):
        return None
    return table if table.ndim == 2 and table.dtype.kind in "fiu" else None


def _pair(value: Any) -> tuple[Any, np.ndarray] | None:
    """Words and the rows of their vectors; None where it is nothing of the kind."""
    if not (isinstance(value, tuple) and len(value) == 2):
        return None
    words, table = value[0], _table(value[1])
    if table is None or isinstance(words, str) or not hasattr(words, "__len__"):
        return None
    return words, table


def _is_frame(value: Any) -> bool:
    """Whether it is a table of numbers with a row for each word."""
    if not (hasattr(value, "columns") and hasattr(value, "index") and hasattr(value, "dtypes")):
        return False
    return all(getattr(dtype, "kind", "O") in "fiu" for dtype in value.dtypes)


VECTORS = Rule(
    lambda v: (
        _is_keyed(v)
        or _is_frame(v)
        or (isinstance(v, Mapping) and len(v) > 0)
        or _pair(v) is not None
        or _table(v) is not None
    ),
    "a dict of word to vector, gensim's KeyedVectors (model.wv), a DataFrame of numbers indexed by words, a "
    "pair (words, array), or an array (n_ids, width)",
)
# Tokens such as [PAD], which every vocabulary holds.
_SPECIAL = re.compile(r"\[[A-Z]+\]")


def plain_vectors(embeddings: Any) -> Any:
    """Vectors whose rows are an array.

    Parameters
    ----------
    embeddings : object
        Of a form that `VECTORS` allows.

    Returns
    -------
    embeddings : ndarray of shape (n, width), tuple of words and such an array, or as it came
    """
    pair = _pair(embeddings)
    if pair is not None:
        return pair
    table = _table(embeddings)
    return embeddings if table is None else table


def _by_word(embeddings: Any, owner: str, parameter: str) -> tuple[Callable[[str], Any], int]:
    """A look-up of words, None where there is no vector, and the width of the vectors."""
    if isinstance(embeddings, Mapping):
        return embeddings.get, _array(next(iter(embeddings.values()))).size
    if _is_keyed(embeddings):
        places, table = embeddings.key_to_index, embeddings.vectors
    else:
        words, table = (embeddings.index, embeddings.to_numpy()) if _is_frame(embeddings) else embeddings
        places = words if isinstance(words, Mapping) else _places(words, len(table), owner, parameter)

    def look_up(word: str) -> Any:
        place = places.get(word)
        return None if place is None else table[place]

    return look_up, table.shape[1]


def _places(words: Any, n_rows: int, owner: str, parameter: str) -> dict[str, int]:
    """Row of each word; refused where rows and words do not go together."""
    listed = list(words)
    if len(listed) != n_rows:
        raise ParameterError(
            f"The {parameter!r} parameter of {owner} must hold a row for every word. Got "
            f"{len(listed):,} words and {n_rows:,} rows."
        )
    places = {word: i for i, word in enumerate(listed)}
    if len(places) < n_rows:
        word = next(word for i, word in enumerate(listed) if places[word] != i)
        raise ParameterError(
            f"The {parameter!r} parameter of {owner} must hold one vector a word. Got {word!r} more than "
            "once: keep one of its rows."
        )
    return places


def vectors_by_id(
    embeddings: Any,
    vocabulary: Sequence[str] | None,
    n_tokens: int,
    owner: str,
    parameter: str = "embeddings",
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of the ids, and which ids have one.

    Parameters
    ----------
    embeddings : object
        As :func:`plain_vectors` gives them.
    vocabulary : sequence of str of length n_tokens, or None
        What the ids stand for; an array of vectors by id needs none.
    n_tokens : int
        Number of ids. An array may have fewer rows; whoever needs one for each checks that before.
    owner, parameter : str
        The estimator, and its parameter, for errors.

    Returns
    -------
    vectors : ndarray of float32 of shape (n_tokens, width)
        Zero where there is none.
    found : ndarray of bool of shape (n_tokens,)

    Raises
    ------
    ParameterError
        If words cannot be looked up, none is found, a word comes twice, or a vector is not finite.
    """
    if isinstance(embeddings, np.ndarray):
        n = min(n_tokens, len(embeddings))
        vectors = np.zeros((n_tokens, embeddings.shape[1]), dtype=np.float32)
        vectors[:n] = embeddings[:n]
        _refuse_not_finite(vectors, None, owner, parameter)
        return vectors, np.arange(n_tokens) < n
    if vocabulary is None:
        raise ParameterError(
            f"The {parameter!r} parameter of {owner} holds vectors of words, but X is ids of unknown words. "
            "Pass the output of a SequenceTokenizer, or an array with the vector of id i in row i."
        )
    look_up, width = _by_word(embeddings, owner, parameter)
    vectors = np.zeros((n_tokens, width), dtype=np.float32)
    found = np.zeros(n_tokens, dtype=bool)
    for i, word in enumerate(vocabulary):
        vector = look_up(word)
        if vector is None:
            continue
        vector = _array(vector)
        if vector.shape != (width,) or vector.dtype.kind not in "fiu":
            raise ParameterError(
                f"The {parameter!r} parameter of {owner} must hold vectors of numbers, of one width. "
                f"Got shape {vector.shape} for {word!r} where ({width},) is needed."
            )
        vectors[i], found[i] = vector, True
    _refuse_not_finite(vectors, vocabulary, owner, parameter)
    if not any(not _SPECIAL.fullmatch(vocabulary[i]) for i in np.flatnonzero(found).tolist()):
        raise ParameterError(
            f"The {parameter!r} parameter of {owner} holds none of the {n_tokens} tokens of X. Check that "
            "both are cut alike, in lower case or not."
        )
    return vectors, found


def check_rows(embeddings: Any, expected: range, owner: str) -> None:
    """Refuse an array of vectors by id that cannot be meant for these ids.

    Parameters
    ----------
    embeddings : object
        As :func:`plain_vectors` gives them; only an array has rows to be counted.
    expected : range
        Numbers of rows that are right.
    owner : str
        The estimator, for the error.

    Raises
    ------
    ParameterError
        If the array has another number of rows.
    """
    if not isinstance(embeddings, np.ndarray) or len(embeddings) in expected:
        return
    raise ParameterError(
        f"The 'embeddings' parameter of {owner} must have a row for each of the {expected[0]:,} token ids. "
        f"Got {len(embeddings):,} rows: pass the vector of id i in row i, or a pair (words, array)."
    )


def _refuse_not_finite(
    vectors: np.ndarray, vocabulary: Sequence[str] | None, owner: str, parameter: str
) -> None:
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        i = int(bad.argmax())
        raise ParameterError(
            f"The {parameter!r} parameter of {owner} must hold finite numbers. Got NaN or infinity in the "
            f"vector of {f'id {i}' if vocabulary is None else repr(vocabulary[i])} ({int(bad.sum())} such "
            "vectors)."
        )
