"""The steps of sequences a block at a time, so that an array larger than memory is never loaded whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sksequence.sequences.array import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["largest_tokens", "step_blocks"]

_BLOCK_VALUES = 1 << 20


def step_blocks(
    sequences: SequenceArray, n_rows: int | None = None
) -> Iterator[tuple[slice | np.ndarray, np.ndarray]]:
    """Rows of `values` that the sequences cover, each once and in order, some at a time.

    Joined they are ``sequences.compact().values``, of which no copy is made.

    Parameters
    ----------
    sequences : SequenceArray
        Of numbers or tokens.
    n_rows : int or None
        Rows of a block, the last of which may have fewer; None for as many as hold about a million values.

    Yields
    ------
    rows : slice or ndarray of int
        Where the block stands in `values`.
    block : ndarray of shape (n_rows, n_features)
        ``values[rows]``: a view where the rows stand side by side.
    """
    n_rows = n_rows or max(1, _BLOCK_VALUES // sequences.n_features)
    opens, closes = sequences.spans()
    ends = np.cumsum(closes - opens)
    total = int(ends[-1]) if len(ends) else 0
    for first in range(0, total, n_rows):
        stop = min(first + n_rows, total)
        one, last = np.searchsorted(ends, first, side="right"), np.searchsorted(ends, stop)
        begin, end = opens[one : last + 1].copy(), closes[one : last + 1].copy()
        begin[0] = closes[one] - (ends[one] - first)
        end[-1] = closes[last] - (ends[last] - stop)
        rows = slice(int(begin[0]), int(end[0])) if len(begin) == 1 else step_rows(begin, end - begin)
        yield rows, sequences.values[rows]


def largest_tokens(sequences: SequenceArray) -> np.ndarray:
    """Largest value of each feature over the steps that the sequences cover, (n_features,)."""
    return np.max([block.max(axis=0) for _, block in step_blocks(sequences)], axis=0)
