"""Series, and what is to be forecast of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.forecasting.missing import first_observed
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.windows import Windows, first_training_origins, windows_between
from sksequence.sequences import SequenceArray

__all__ = ["Task", "by_series", "naive_scales"]


@dataclass(frozen=True, eq=False)
class Task:
    """Series, and what is to be forecast of them.

    Attributes
    ----------
    panel : Panel
        All columns that came.
    targets : Panel
        Those to forecast, missing values filled from their own past.
    observed : SequenceArray or None
        1 where a value of a target came, 0 where it was filled; None where nothing is missing.
    future : Panel or None
        Rows of the columns known ahead that follow those of `panel`.
    """

    panel: Panel
    targets: Panel
    observed: SequenceArray | None = None
    future: Panel | None = None

    def head(self, n_rows: np.ndarray) -> Task:
        """The first `n_rows[i]` rows of series `i`, on the same values."""
        kept = np.repeat(n_rows, self.targets.n_columns)
        observed = self.observed
        if observed is not None:
            observed = SequenceArray(observed.values, observed.starts, kept)
        return Task(self.panel.head(n_rows), self.targets.head(n_rows), observed)

    def windows(self, first: np.ndarray, stop: np.ndarray, **options) -> Windows:
        """Windows of the targets, none of which ends before the first value that was observed.

        Parameters
        ----------
        first, stop, **options
            As in :func:`~sksequence.forecasting.windows.windows_between`.
        """
        if self.observed is not None:
            first = np.maximum(first, first_observed(self.observed))
        return windows_between(self.targets.channels, first, stop, **options)

    def training_windows(self, *, window: int, horizon: int, **options) -> Windows:
        """All windows to learn from."""
        n = self.targets.channels.lengths
        first = first_training_origins(n, window=window, horizon=horizon)
        return self.windows(first, n - horizon, window=window, horizon=horizon, **options)

    def teaches(self, horizon: int) -> bool:
        """Whether more than a horizon follows the first value that was observed, in any channel."""
        first = 0 if self.observed is None else first_observed(self.observed)
        return bool((first < self.targets.channels.lengths - horizon).any())

    def actual(self, windows: Windows) -> np.ndarray:
        """What came after each window, (n_windows, horizon); NaN where it is missing."""
        values = windows.targets.to_padded()[:, :, 0]
        if self.observed is None:
            return values
        seen = windows.over(self.observed).targets.to_padded()[:, :, 0]
        return np.where(seen > 0, values, np.nan)


def by_series(values: np.ndarray, task: Task) -> np.ndarray:
    """One forecast for each channel, (n_channels, horizon[, k]), as (n_series, horizon, n_columns[, k])."""
    panel = task.targets
    return values.reshape(panel.n_series, panel.n_columns, *values.shape[1:]).swapaxes(1, 2)


def naive_scales(task: Task, season: int) -> tuple[np.ndarray, np.ndarray]:
    """How much the targets change from one season to the next: what scaled errors are divided by.

    Parameters
    ----------
    task : Task
        The training rows.
    season : int
        Steps of a season.

    Returns
    -------
    mean_absolute, root_mean_square : ndarrays of shape (n_series, n_columns)
        Of the differences between observed values one season apart, in the units of the data; NaN for
        series that are not longer than a season.
    """
    channels, observed = task.targets.channels, task.observed
    absolute, square = np.full((2, len(channels)), np.nan)
    for i, channel in enumerate(channels):
        values = channel[:, 0] if observed is None else np.where(observed[i][:, 0] > 0, channel[:, 0], np.nan)
        changes = values[season:] - values[:-season]
        if observed is not None:
            changes = changes[~np.isnan(changes)]
        if len(changes):
            absolute[i], square[i] = np.abs(changes).mean(), np.square(changes).mean()
    shape = (task.targets.n_series, task.targets.n_columns)
    return absolute.reshape(shape), np.sqrt(square).reshape(shape)
