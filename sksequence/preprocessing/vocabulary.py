"""Which tokens get an id, and which: by how often, and in how many texts, they occur."""

from __future__ import annotations

import numbers
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["count_tokens", "listed", "number_texts", "rank", "renumber", "within"]

_BLOCK_TOKENS = 1 << 16  # Counted at a time, so that no temporary is as long as all the ids.


def number_texts(
    documents: Iterable[Any],
    number: Callable[[Any], Iterable[int]],
    opening: list[int],
    closing: list[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Ids of all texts one after the other, and the number of ids of each.

    Parameters
    ----------
    documents : iterable of sequences of str
        The tokens of each text.
    number : callable
        Maps tokens to their ids.
    opening, closing : list of int
        Ids before and after every text. Where there are none, a text without tokens is id 1, "unknown".

    Returns
    -------
    ids : ndarray of int32 of shape (total_tokens,)
    lengths : ndarray of int64 of shape (n_texts,)
    """
    ids, ends = array("i"), array("q")
    extend, end = ids.extend, ends.append
    framed = bool(opening or closing)
    for tokens in documents:
        if framed:
            extend(opening)
            extend(number(tokens))
            extend(closing)
        else:
            extend(number(tokens) if tokens else (1,))
        end(len(ids))
    if not ends:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    return np.frombuffer(ids, np.int32), np.diff(np.frombuffer(ends, np.int64), prepend=0)


def _blocks(lengths: np.ndarray, size: int) -> Iterator[slice]:
    """Runs of texts of about so many tokens."""
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + size, side="right")))
        yield slice(first, last)
        first = last


def count_tokens(ids: np.ndarray, lengths: np.ndarray, n_tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each id occurs, and in how many texts.

    Parameters
    ----------
    ids : ndarray of int of shape (total_tokens,)
        Of all texts, one after the other.
    lengths : ndarray of int of shape (n_texts,)
        Tokens of each text.
    n_tokens : int
        Ids are below it.

    Returns
    -------
    counts, text_counts : ndarrays of int64 of shape (n_tokens,)
    """
    counts = np.zeros(n_tokens, dtype=np.int64)
    text_counts = np.zeros(n_tokens, dtype=np.int64)
    first = 0
    # A block costs as much as it has tokens and the vocabulary has, so it should not be the smaller one.
    for texts in _blocks(lengths, max(_BLOCK_TOKENS, n_tokens)):
        n = lengths[texts]
        block = ids[first : first + n.sum()]
        first += len(block)
        counts += np.bincount(block, minlength=n_tokens)
        pairs = np.repeat(np.arange(len(n)) * n_tokens, n) + block
        pairs.sort()
        new = np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]
        text_counts += np.bincount(pairs[new] % n_tokens, minlength=n_tokens)
    return counts, text_counts


def within(text_counts: np.ndarray, n_texts: int, min_df: Any, max_df: Any) -> np.ndarray:
    """Whether each token occurs in enough texts, and not in too many; shares are floats."""
    least = min_df if isinstance(min_df, numbers.Integral) else min_df * n_texts
    most = max_df if isinstance(max_df, numbers.Integral) else max_df * n_texts
    return (text_counts >= least) & (text_counts <= most)


def rank(tokens: list[str], counts: np.ndarray, kept: np.ndarray, most: int | None) -> np.ndarray:
    """Positions of the kept tokens, the commonest first and equally common ones by the alphabet."""
    order = np.array(sorted(np.flatnonzero(kept).tolist(), key=tokens.__getitem__), dtype=np.int64)
    return order[np.argsort(-counts[order], kind="stable")][:most]


def renumber(ids: np.ndarray, numbers: np.ndarray) -> None:
    """Replace every id by its entry in `numbers`, in place."""
    for first in range(0, len(ids), _BLOCK_TOKENS):
        block = ids[first : first + _BLOCK_TOKENS]
        block[:] = numbers[block]


def listed(vocabulary: Any) -> list[str]:
    """The tokens of a vocabulary in the order of their numbers, as they are listed, or sorted if a set."""
    if isinstance(vocabulary, (set, frozenset)):  # whose order is another one in every process
        return sorted(vocabulary)
    if isinstance(vocabulary, Mapping):
        return sorted(vocabulary, key=vocabulary.__getitem__)
    return list(dict.fromkeys(vocabulary))
