"""Bounds that hold whole windows: those of single steps, stretched by one factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.forecasting.order_statistics import RankedScores, ranks
from sksequence.forecasting.window_counts import windows_needed

__all__ = ["StretchedBand"]

# Steps much narrower than the others would blow up a band that is stretched as a whole.
_NARROWEST = 0.01
# Width of a band where all errors were the same.
_NO_WIDTH = 1e-12


@dataclass(frozen=True, eq=False)
class StretchedBand:
    """The band of single steps around their medians, and what it takes to hold each window.

    Attributes
    ----------
    center, below, above : ndarray of shape (n_groups, horizon)
        Median of the scores of each column and step, and how far the bounds are from it.
    factors : ndarray of shape (n_windows, 1)
        How far the bounds that the other windows give must be stretched to hold each; NaN for a window
        with missing steps where there are enough without.
    """

    center: np.ndarray
    below: np.ndarray
    above: np.ndarray
    factors: np.ndarray

    @classmethod
    def of(cls, ranked: RankedScores, coverage: float) -> StretchedBand:
        """The band whose single steps hold a share `coverage` each."""
        low, center, high = (ranked.at(rank) for rank in _three_ranks(ranked.counts, coverage))
        below, above = center - low, high - center
        least = np.maximum(_NARROWEST * _mean(np.concatenate([below, above], axis=1)), _NO_WIDTH)
        factors = np.full((len(ranked.scores), 1), np.nan)
        for g in np.unique(ranked.group):
            factors[ranked.group == g, 0] = _factors(ranked, g, coverage, least[g])
        return cls(center, np.maximum(below, least), np.maximum(above, least), factors)

    def bounds(self, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds (n_groups, horizon), stretched by a factor (n_groups, 1)."""
        return self.center - factor * self.below, self.center + factor * self.above


def _three_ranks(n: np.ndarray, coverage: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ranks of the lower bound, the lower median and the upper bound of n scores."""
    (low, _), (middle, _), (_, high) = ranks(n, [(1 - coverage) / 2, 0.5, (1 + coverage) / 2])
    return low, middle, high


def _factors(ranked: RankedScores, g: int, coverage: float, least: np.ndarray) -> np.ndarray:
    """How far the windows of column `g` need the bounds stretched that the others give, (n,)."""
    own = ranked.group == g
    low, center, high = (ranked.of_others(g, r) for r in _three_ranks(ranked.counts[g] - 1, coverage))
    away = ranked.scores[own] - center
    below, above = np.maximum(center - low, least), np.maximum(high - center, least)
    needed = np.fmax.reduce(np.where(away < 0, -away / below, away / above), axis=1)
    usable = ranked.usable(g, windows_needed(coverage, simultaneous=True))[own]
    return np.where(usable, needed, np.nan)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean of each row without NaN, (n, 1); 0 for none."""
    seen = ~np.isnan(values)
    return (np.where(seen, values, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))[:, None]
