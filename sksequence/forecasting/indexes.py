"""Indexes of many series: the parts of one long index, and which of them are like the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sksequence.sequences.layout import step_rows

__all__ = ["Parts", "repeats"]


class Parts(Sequence):
    """The indexes of series whose rows stand one series after the other; each is cut out when asked for.

    Parameters
    ----------
    whole : pandas.Index of length total_steps
        Of all series.
    lengths : ndarray of int of shape (n_series,)
        Rows of each.
    """

    def __init__(self, whole: Any, lengths: np.ndarray):
        self.whole, self.lengths = whole, lengths
        self.ends = np.cumsum(lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, i: Any) -> Any:
        stop = self.ends[i]
        return self.whole[stop - self.lengths[i] : stop]

    def repeats(self) -> np.ndarray:
        """Whether each is equal to the one before, (n_series,); all of them are compared at once."""
        numbers = _numbers(self.whole)
        if numbers is None:
            return np.fromiter(_each(list(self)), dtype=bool, count=len(self))
        result = np.zeros(len(self), dtype=bool)
        like = 1 + np.flatnonzero(self.lengths[1:] == self.lengths[:-1])
        if not len(like):
            return result
        n = self.lengths[like]
        if len(like) == len(self) - 1:
            table = numbers.reshape(len(self), -1)
            result[1:] = (table[1:] == table[:-1]).all(axis=1)
            return result
        rows = step_rows(self.ends[like] - n, n)
        equal = numbers[rows] == numbers[rows - np.repeat(n, n)]
        result[like] = np.logical_and.reduceat(equal, np.cumsum(n) - n)
        return result


def repeats(indexes: Sequence) -> np.ndarray:
    """Whether each index is equal to the one before, (n_series,).

    Parameters
    ----------
    indexes : sequence of pandas.Index or None
        None is like nothing.
    """
    return (
        indexes.repeats()
        if isinstance(indexes, Parts)
        else np.fromiter(_each(indexes), dtype=bool, count=len(indexes))
    )


def _each(indexes: Sequence) -> Iterator[bool]:
    before = None
    for index in indexes:
        yield index is not None and before is not None and _same(index, before)
        before = index


def _same(index: Any, before: Any) -> bool:
    return index is before or (
        type(index) is type(before)
        and len(index) == len(before)
        and index.name == before.name
        and index.dtype == before.dtype
        and bool(index.equals(before))
    )


def _numbers(index: Any) -> np.ndarray | None:
    """The values of an index of times or numbers; None of any other."""
    if hasattr(index, "asi8"):
        return index.asi8
    return np.asarray(index) if isinstance(index.dtype, np.dtype) and index.dtype.kind in "iuf" else None
