"""What is forecast of every step: a location and two spreads on the network's scale, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sksequence.forecasting.scaling import Scaling

__all__ = ["Predictive"]


@dataclass(frozen=True, eq=False)
class Predictive:
    """Forecasts of many windows, before they are put into units.

    A *score* is an error in units of the spread on its side of the location. Scores of held-back
    windows, put back here, are calibrated quantiles, bounds and paths.

    Attributes
    ----------
    location : ndarray of shape (n_windows, horizon)
        Median, or mean under a squared error, on the scale of the network.
    below, above : ndarray of shape (n_windows, horizon) or (n_windows, 1)
        Spread on either side, positive.
    column : ndarray of int of shape (n_windows,)
        Column that each window belongs to.
    scaling : Scaling
        The way back to the units of the data.
    own : callable or None
        Maps levels, (k,) or (n_windows, horizon, k), to quantiles (n_windows, horizon, k) on the scale of
        the network, where the network gives a distribution of its own.
    counts : bool
        Whether values are counts: what is given is whole, and not below 0.
    """

    location: np.ndarray
    below: np.ndarray
    above: np.ndarray
    column: np.ndarray
    scaling: Scaling
    own: Callable[[np.ndarray], np.ndarray] | None = None
    counts: bool = False

    def take(self, index: np.ndarray) -> Predictive:
        """What is forecast of the chosen windows, without a distribution of their own."""
        location, column = self.location[index], self.column[index]
        below, above = self.below[index], self.above[index]
        return replace(self, location=location, below=below, above=above, column=column, own=None)

    def point(self) -> np.ndarray:
        """Forecasts in the units of the data, (n_windows, horizon)."""
        return self._units(self.location)

    def scores(self, targets: np.ndarray) -> np.ndarray:
        """Signed errors of `targets` (n_windows, horizon), in units of the spreads; NaN stays NaN."""
        # Rows that were read have all been transformed before.
        error = self.scaling.forward(targets, self.column, caller="scores") - self.location
        return error / np.where(error < 0, self.below, self.above)

    def spread_against(self, other: Predictive, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
        """How many times wider spreads are than another forecaster's for the same windows.

        Parameters
        ----------
        other : Predictive
            Of the same windows, maybe on another scale.
        n_columns : int
            Columns that the windows belong to.

        Returns
        -------
        below, above : ndarray of shape (n_columns, horizon)
            Geometric means over the windows of each column; 1 where there is none.
        """
        scale = np.log(self.scaling.scale / other.scaling.scale)
        ratios = []
        for own, others in ((self.below, other.below), (self.above, other.above)):
            ratio = np.broadcast_to(np.log(own) - np.log(others), self.location.shape)
            rows = [self.column == j for j in range(n_columns)]
            ratios.append([ratio[row].mean(axis=0) if row.any() else ratio[0] * 0 for row in rows])
        below, above = np.exp(np.array(ratios) + scale[:, None])
        return below, above

    def at(self, scores: np.ndarray) -> np.ndarray:
        """Values in the units of the data that have these scores, (n_windows, horizon[, k])."""
        location, below, above = self.location, self.below, self.above
        if scores.ndim > location.ndim:
            location, below, above = location[..., None], below[..., None], above[..., None]
        return self._units(location + np.where(scores < 0, below, above) * scores)

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Quantiles (n_windows, horizon, k) of the network's own distribution, in the units of the data."""
        assert self.own is not None
        return self._units(self.own(np.asarray(levels)))

    def draw(self, n_samples: int, generator: np.random.Generator) -> np.ndarray:
        """Draws (n_windows, horizon, n_samples) from that distribution, each step by itself."""
        return self.quantiles(generator.random((*self.location.shape, n_samples)))

    def _units(self, values: np.ndarray) -> np.ndarray:
        values = self.scaling.invert(values, self.column)
        # The nearest count: none that lay inside bounds comes to lie outside.
        return np.rint(np.maximum(values, 0.0)) if self.counts else values
