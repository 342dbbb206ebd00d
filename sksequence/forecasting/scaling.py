"""The scale on which a forecaster works: logarithms, and zero mean and unit variance of each column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.sequences import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["Scaling", "moments"]

# A deviation below this share of the level is rounding.
_CONSTANT = 1e-12


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
    def learn(cls, panel: Panel, *, log: bool, standardize: bool) -> Scaling:
        """Learn the constants from the training rows, all series together."""
        if not standardize:
            return cls(log, np.zeros(panel.n_columns), np.ones(panel.n_columns))
        values, column = _steps(panel)
        mean, deviation = moments(np.log(values) if log else values, column)
        return cls(log, mean, np.where(deviation > 0, deviation, 1.0))

    def apply(self, panel: Panel, *, caller: str) -> SequenceArray:
        """Channels of the panel on the network's scale, float32, one after the other.

        Raises
        ------
        InputError
            If a value has no logarithm.
        """
        lengths = panel.channels.lengths
        values, column = _steps(panel)
        if self.log:
            if values.min() <= 0:
                raise InputError(
                    f"{caller}: X holds {values.min():g}, but the forecaster works on logarithms, which need "
                    "positive values. Fit with log=False."
                )
            values = np.log(values)
        # Subtracted in float64: a large level would eat the digits of float32.
        values = ((values - self.mean[column]) / self.scale[column]).astype(np.float32)
        return SequenceArray(values, np.cumsum(lengths) - lengths, lengths)

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


def _steps(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Every value of every channel, one channel after the other, and its column."""
    channels = panel.channels
    values = channels.values[step_rows(channels.starts, channels.lengths), 0]
    return values, np.repeat(np.arange(len(channels)) % panel.n_columns, channels.lengths)
