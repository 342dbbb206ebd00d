"""Missing values of series: filled from the past alone, and remembered as missing."""

from __future__ import annotations

import numpy as np

from sksequence.sequences import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["first_observed", "has_missing", "impute"]

_BLOCK = 1 << 20  # Values examined at a time.


def has_missing(channels: SequenceArray) -> bool:
    """Whether any value of any channel is NaN; nothing is copied.

    Parameters
    ----------
    channels : SequenceArray
        Rows of `values` that no channel covers do not count.
    """
    for start, stop in zip(*(edges.tolist() for edges in channels.spans()), strict=True):
        for first in range(start, stop, _BLOCK):
            # A minimum is NaN if any value is, and needs no array of flags.
            if np.isnan(channels.values[first : min(first + _BLOCK, stop)].min()):
                return True
    return False


def impute(channels: SequenceArray, season: int) -> tuple[SequenceArray, SequenceArray]:
    """Fill missing values, channel by channel, with what was known before.

    A missing value takes the value one season before, filled or not, if the first observed value is
    not later than that; else the last value before it. So a value depends on earlier rows of its
    channel only. The one exception are rows before the first observed value: they take that value,
    and no window may end there, see :func:`first_observed`.

    Parameters
    ----------
    channels : SequenceArray of n_channels univariate sequences, float64
        Missing values are NaN.
    season : int
        Steps of a season; 1 takes the last value before.

    Returns
    -------
    filled : SequenceArray of n_channels univariate sequences, float64
        `channels` itself where nothing is missing; else one channel after the other. A channel without
        any observed value stays NaN.
    observed : SequenceArray of n_channels univariate sequences, float32
        1 where a value came, 0 where it was filled; laid out as `filled`.
    """
    if not has_missing(channels):
        return channels, _over(np.ones(len(channels.values), dtype=np.float32), channels)
    lengths = channels.lengths
    values = channels.values[step_rows(channels.starts, lengths), 0]
    starts = np.cumsum(lengths) - lengths
    missing = np.isnan(values)
    observed = SequenceArray((~missing).astype(np.float32), starts, lengths)
    first = starts + first_observed(observed)
    values = values[_sources(missing, first, starts + lengths, lengths, max(1, season))]
    return SequenceArray(values, starts, lengths), observed


def _sources(missing: np.ndarray, first, ends, lengths, season: int) -> np.ndarray:
    """Row whose value each row takes: its own where it is observed."""
    source = np.arange(len(missing))
    rows = np.flatnonzero(missing)
    begin = np.repeat(first, lengths)[rows]
    season_before, row_before = rows - season, rows - 1
    leading = np.minimum(begin, np.repeat(ends, lengths)[rows] - 1)
    earlier = np.where(season_before >= begin, season_before, row_before)
    source[rows] = np.where(rows < begin, leading, earlier)
    # Steps of sources are taken two, four, eight at a time, until all lead to a value that came.
    while True:
        further = source[source[rows]]
        if (further == source[rows]).all():
            return source
        source[rows] = further


def first_observed(observed: SequenceArray) -> np.ndarray:
    """Position of the first observed value of each channel.

    Parameters
    ----------
    observed : SequenceArray of n_channels univariate sequences
        Above 0 where a value came, as :func:`impute` gives it.

    Returns
    -------
    position : ndarray of int of shape (n_channels,)
        The length of the channel where nothing was observed.
    """
    lengths = observed.lengths
    position = lengths.copy()
    inside = np.flatnonzero(lengths)
    begins = observed.values[observed.starts[inside], 0] > 0
    position[inside[begins]] = 0
    for channel in inside[~begins].tolist():
        seen = observed[channel][:, 0] > 0
        if seen.any():
            position[channel] = seen.argmax()
    return position


def _over(values: np.ndarray, channels: SequenceArray) -> SequenceArray:
    return SequenceArray(values, channels.starts, channels.lengths)
