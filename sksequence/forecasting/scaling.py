"""The scale on which a forecaster works: transformed values, of zero mean and unit variance by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sksequence.forecasting.panel import Panel
from sksequence.forecasting.transformation import Logarithm, Transformation
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


def channel_moments(
    channels: SequenceArray, transformed: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel.

    Parameters
    ----------
    channels : SequenceArray of n_channels univariate sequences
        None of them empty.
    transformed : callable or None, default=None
        What values (n,) of channels (n,) become before; None leaves them.

    Returns
    -------
    mean, deviation : ndarrays of float64 of shape (n_channels,)
    """
    mean, deviation = np.empty(len(channels)), np.empty(len(channels))
    for block, values, local in _blocks(channels):
        if transformed is not None:
            values = transformed(values, local + block.start)
        mean[block], deviation[block] = moments(values, local)
    return mean, deviation


def column_moments(
    panel: Panel, transformation: Transformation | None = None, caller: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column, (n_columns,), over all rows of all series."""

    def transformed(values, channel):
        assert transformation is not None
        return transformation.forward(values, channel % panel.n_columns, caller)

    each, deviations = channel_moments(panel.channels, None if transformation is None else transformed)
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
    transformation : Transformation or None
        What becomes of values first; None leaves them as they are.
    mean, scale : ndarray of shape (n_columns,)
        What is then subtracted from each column, and what it is divided by.
    """

    transformation: Transformation | None
    mean: np.ndarray
    scale: np.ndarray

    @property
    def log(self) -> bool:
        """Whether logarithms are taken first."""
        return isinstance(self.transformation, Logarithm)

    @classmethod
    def identity(cls, n_columns: int) -> Scaling:
        """The scaling that changes nothing."""
        return cls(None, np.zeros(n_columns), np.ones(n_columns))

    @classmethod
    def learn(
        cls, panel: Panel, *, transformation: Transformation | None, standardize: bool, caller: str
    ) -> Scaling:
        """Learn the constants from the training rows, all series together."""
        if not standardize:
            return replace(cls.identity(panel.n_columns), transformation=transformation)
        mean, deviation = column_moments(panel, transformation, caller)
        return cls(transformation, mean, np.where(deviation > _CONSTANT * np.abs(mean), deviation, 1.0))

    def apply(self, panel: Panel, *, caller: str) -> SequenceArray:
        """Channels of the panel on the network's scale, float32, one after the other.

        Raises
        ------
        InputError
            If a value cannot be transformed.
        """
        lengths = panel.channels.lengths
        starts = np.cumsum(lengths) - lengths
        result = np.empty((int(lengths.sum()), 1), dtype=np.float32)
        filled = 0
        for block, values, local in _blocks(panel.channels):
            column = (local + block.start) % panel.n_columns
            if self.transformation is not None:
                values = self.transformation.forward(values, column, caller)
            # Subtracted in float64: a large level would eat the digits of float32.
            result[filled : filled + len(values), 0] = (values - self.mean[column]) / self.scale[column]
            filled += len(values)
        return SequenceArray(result, starts, lengths)

    def forward(self, values: np.ndarray, column: np.ndarray, *, caller: str) -> np.ndarray:
        """To the scale of the network, what :meth:`invert` undoes; NaN stays NaN.

        Parameters
        ----------
        values : ndarray of shape (n, ...)
            In the units of the data.
        column : ndarray of int of shape (n,)
            Column of each row.
        caller : str
            Who asks, for the error.

        Raises
        ------
        InputError
            If a value cannot be transformed.
        """
        mean, scale = self._constants(column, values.ndim)
        if self.transformation is not None:
            each = np.broadcast_to(_beside(column, values.ndim), values.shape)
            made = self.transformation.forward(np.ravel(values), each.ravel(), caller)
            values = made.reshape(values.shape)
        return (values - mean) / scale

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
        mean, scale = self._constants(column, values.ndim)
        values = values * scale + mean
        if self.transformation is None:
            return values
        each = np.broadcast_to(_beside(column, values.ndim), values.shape)
        return self.transformation.inverse(values.ravel(), each.ravel()).reshape(values.shape)

    def _constants(self, column: np.ndarray, ndim: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean and scale of each row, as arrays of so many axes."""
        return _beside(self.mean[column], ndim), _beside(self.scale[column], ndim)


def _beside(values: np.ndarray, ndim: int) -> np.ndarray:
    """Values (n,) as an array (n, 1, ...) of so many axes."""
    return values.reshape((-1,) + (1,) * (ndim - 1))
