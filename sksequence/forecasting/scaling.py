"""The scale on which a forecaster works: logarithms, and zero mean and unit variance of each column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.sequences import SequenceArray

__all__ = ["Scaling"]


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
        n_columns = panel.n_columns
        mean, scale = np.zeros(n_columns), np.ones(n_columns)
        if standardize:
            for j in range(n_columns):
                column = np.concatenate([panel.channels[c] for c in range(j, len(panel.channels), n_columns)])
                column = np.log(column) if log else column
                mean[j] = column.mean()
                scale[j] = column.std() or 1.0
        return cls(log, mean, scale)

    def apply(self, panel: Panel, *, caller: str) -> SequenceArray:
        """Channels of the panel on the network's scale, float32, one after the other.

        Raises
        ------
        InputError
            If a value has no logarithm.
        """
        channels = panel.channels
        values = np.concatenate([channel[:, 0] for channel in channels])
        if self.log:
            if values.min() <= 0:
                raise InputError(
                    f"{caller}: X holds {values.min():g}, but the forecaster works on logarithms, which need "
                    "positive values. Fit with log=False."
                )
            values = np.log(values)
        column = np.repeat(np.arange(len(channels)) % panel.n_columns, channels.lengths)
        # Subtracted in float64: a large level would eat the digits of float32.
        values = ((values - self.mean[column]) / self.scale[column]).astype(np.float32)
        return SequenceArray(values, np.cumsum(channels.lengths) - channels.lengths, channels.lengths)

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
