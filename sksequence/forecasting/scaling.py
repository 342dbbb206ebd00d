"""The scale on which a forecaster works: logarithms, and zero mean and unit variance of each column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.sequences import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["Scaling", "channel_moments", "column_moments", "moments"]

# A deviation below this share of the level is rounding.
_CONSTANT = 1e-12
# Steps worked on at a time: no temporary as long as the data.
_BLOCK = 1 << 18


def moments(values: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each group of values; a deviation of 0 where they are constant.

    Parameters
    ----------
    values : ndarray of shape (n,)
        In any units.
    group : ndarray of int of shape (n,)
        Group of each value: 0, 1, ..., none of them empty.

    Returns
    -------
    mean, deviation : ndarrays of float64 of shape (n_groups,)
    """
    count = np.bincount(group)
    # Sums of differences from any one member: exact for constants, and a large level eats no digits.
    member = np.empty(len(count))
    member[group] = values
    mean = member + np.bincount(group, values - member[group]) / count
    deviation = np.sqrt(np.bincount(group, (values - mean[group]) ** 2) / count)
    return mean, np.where(deviation > _CONSTANT * np.abs(mean), deviation, 0.0)


def channel_moments(channels: SequenceArray, *, log: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, or of its logarithms.

    Parameters
    ----------
    channels : SequenceArray of n_channels univariate sequences
        None of them empty.
    log : bool
        Whether logarithms are taken first.

    Returns
    -------
    mean, deviation : ndarrays of float64 of shape (n_channels,)
    """
    mean, deviation = np.empty(len(channels)), np.empty(len(channels))
    for block, values, local in _blocks(channels):
        mean[block], deviation[block] = moments(np.log(values) if log else values, local)
    return mean, deviation


def column_moments(panel: Panel, *, log: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column, (n_columns,), over all rows of all series."""
    each, deviations = channel_moments(panel.channels, log=log)
    shape = (panel.n_series, panel.n_columns)
    count, each, deviations = panel.lengths[:, None], each.reshape(shape), deviations.reshape(shape)
    # Differences from any one series: exact where all are alike.
    mean = each[0] + (count * (each - each[0])).sum(axis=0) / count.sum()
    variance = (count * (deviations**2 + (each - mean) ** 2)).sum(axis=0) / count.sum()
    return mean, np.sqrt(variance)


def _blocks(channels: SequenceArray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Some channels at a time: which, their values one after the other, and each value's place among them."""
    ends = np.cumsum(channels.lengths)
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        stop = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, side="right")))
        block = slice(first, stop)
        lengths = channels.lengths[block]
        values = channels.values[step_rows(channels.starts[block], lengths), 0]
        yield block, values, np.repeat(np.arange(stop - first), lengths)
        first = stop


@dataclass(frozen=True, eq=False)
class Scaling:
    """Invertible map from the units of the data to the network's.

    Attributes
    ----------
    log : bool
        Whether logarithms are taken first.
    mean, scale : ndarray of shape (n_columns,)
        What is then subtracted from each column, and what it is divided by.
    """

    log: bool
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def identity(cls, n_columns: int) -> Scaling:
        """The scaling that changes nothing."""
        return cls(False, np.zeros(n_columns), np.ones(n_columns))

    @classmethod
    def learn(cls, panel: Panel, *, log: bool, standardize: bool) -> Scaling:
        """Learn the constants from the training rows, all series together."""
        if not standardize:
            return replace(cls.identity(panel.n_columns), log=log)
        mean, deviation = column_moments(panel, log=log)
        return cls(log, mean, np.where(deviation > _CONSTANT * np.abs(mean), deviation, 1.0))

    def apply(self, panel: Panel, *, caller: str) -> SequenceArray:
        """Channels of the panel on the network's scale, float32, one after the other.

        Raises
        ------
        InputError
            If a value has no logarithm.
        """
        lengths = panel.channels.lengths
        starts = np.cumsum(lengths) - lengths
        result = np.empty((int(lengths.sum()), 1), dtype=np.float32)
        filled = 0
        for block, values, local in _blocks(panel.channels):
            if self.log:
                if values.min() <= 0:
                    raise InputError(
                        f"{caller}: X holds {values.min():g}, but the forecaster works on logarithms, which "
                        "need positive values. Fit with log=False."
                    )
                values = np.log(values)
            column = (local + block.start) % panel.n_columns
            # Subtracted in float64: a large level would eat the digits of float32.
            result[filled : filled + len(values), 0] = (values - self.mean[column]) / self.scale[column]
            filled += len(values)
        return SequenceArray(result, starts, lengths)

    def forward(self, values: np.ndarray, column: np.ndarray) -> np.ndarray:
        """To the scale of the network: what :meth:`invert` undoes; NaN where there is no logarithm."""
        shape = (-1,) + (1,) * (values.ndim - 1)
        if self.log:
            values = np.log(np.where(values > 0, values, np.nan))
        return (values - self.mean[column].reshape(shape)) / self.scale[column].reshape(shape)

    def invert(self, values: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Back to the units of the data.

        Parameters
        ----------
        values : ndarray of shape (n, ...)
            On the network's scale.
        column : ndarray of int of shape (n,)
            Column of each row.

        Returns
        -------
        values : ndarray of float64 of shape (n, ...)
        """
        shape = (-1,) + (1,) * (values.ndim - 1)
        values = values * self.scale[column].reshape(shape) + self.mean[column].reshape(shape)
        return np.exp(values) if self.log else values
