"""Where sequences lie in an array: rows, starts and lengths."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError

__all__ = [
    "as_positions",
    "as_values",
    "covered_spans",
    "frozen",
    "range_of_lengths",
    "refuse_outside",
    "starts_among",
    "step_rows",
]

_CHECK_BLOCK = 65_536  # Sequences checked at a time: no temporary as long as the array.


def step_rows(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Row of every step of every sequence, one sequence after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def covered_spans(starts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and stops of the disjoint intervals of rows that the sequences cover, in order."""
    used = lengths > 0
    starts, lengths = starts[used], lengths[used]
    if not (starts[1:] >= starts[:-1]).all():
        order = np.argsort(starts, kind="stable")
        starts, lengths = starts[order], lengths[order]
    ends = starts + lengths
    np.maximum.accumulate(ends, out=ends)
    opens = np.ones(len(starts), dtype=bool)
    opens[1:] = starts[1:] > ends[:-1]
    closes = np.ones(len(starts), dtype=bool)
    closes[:-1] = opens[1:]
    return starts[opens], ends[closes]


def range_of_lengths(lengths: np.ndarray) -> str:
    """Lengths in words: the shortest, the longest, and the median."""
    low, high, middle = int(lengths.min()), int(lengths.max()), int(np.median(lengths))
    return f"{high:,} steps" if low == high else f"{low:,} to {high:,} steps, median {middle:,}"


def starts_among(
    starts: np.ndarray, lengths: np.ndarray, opens: np.ndarray, widths: np.ndarray
) -> np.ndarray:
    """Where sequences start once only the intervals that they cover are left, one after the other."""
    before = np.cumsum(widths) - widths
    span = np.searchsorted(opens, starts, side="right") - 1
    moved = np.zeros_like(starts)
    used = lengths > 0
    moved[used] = (starts - opens[span] + before[span])[used] if len(opens) else 0
    return moved


def refuse_outside(all_starts: np.ndarray, all_lengths: np.ndarray, total: int) -> None:
    """Refuse a sequence that reaches outside `total` rows."""
    for first in range(0, len(all_starts), _CHECK_BLOCK):
        starts = all_starts[first : first + _CHECK_BLOCK]
        lengths = all_lengths[first : first + _CHECK_BLOCK]
        outside = (starts < 0) | (lengths < 0) | (starts > total - lengths)
        if outside.any():
            i = int(outside.argmax())
            raise InputError(
                f"SequenceArray: sequence {first + i} starts at row {starts[i]} and has length "
                f"{lengths[i]}, but `values` has {total} rows. Keep 0 <= start and start + length <= "
                "number of rows."
            )


def frozen(array: np.ndarray) -> np.ndarray:
    """Give a read-only view."""
    array = array.view()
    array.flags.writeable = False
    return array


def as_positions(array, name: str) -> np.ndarray:
    """Read starts or lengths: a read-only view of int64."""
    array = np.asarray(array)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise InputError(
            f"SequenceArray: `{name}` of shape {array.shape} and dtype {array.dtype} came, but a 1-D "
            "array of ints is needed. Pass one number per sequence."
        )
    return frozen(array.astype(np.int64, copy=False))


def as_values(values) -> np.ndarray:
    """Read all the steps: (total_steps, n_features), without a copy where that is possible."""
    values = np.asanyarray(values)
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2 or values.shape[1] == 0:
        raise InputError(
            f"SequenceArray: `values` of shape {values.shape} came, but (total_steps, n_features) with "
            "at least one feature is needed. Use from_padded for 3-D arrays and from_list for lists."
        )
    if values.dtype.kind in "iu" and values.shape[1] == 1:
        return values
    if values.dtype.kind not in "iufb":
        raise InputError(
            f"SequenceArray: `values` of dtype {values.dtype} came, but numbers are needed. "
            "Encode or convert them first."
        )
    if values.dtype in (np.float32, np.float64) and values.dtype.isnative:
        return values
    return values.astype(np.float64)
