"""The k-th smallest score of a step, column by column: what conformal quantiles are read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

__all__ = ["LAST_BITS", "RankedScores", "ceil", "floor", "ranks"]

# Products such as 20 * (1 - 0.95) must not be rounded up because of the last bit.
LAST_BITS = 1e-9


def floor(values: np.ndarray) -> np.ndarray:
    """The next whole number below, whatever the last bits."""
    return np.floor(values + LAST_BITS).astype(np.int64)


def ceil(values: np.ndarray) -> np.ndarray:
    """The next whole number above, whatever the last bits."""
    return np.ceil(values - LAST_BITS).astype(np.int64)


def ranks(n: np.ndarray, levels) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ranks, from 1, of the scores between which each level lies, with the correction for n scores.

    Both are the outer one, except at the median, which lies between its neighbours.
    """
    found = []
    for level in np.asarray(levels, dtype=float):
        low, high = floor((n + 1) * level), ceil((n + 1) * level)
        found.append((low if level <= 0.5 else high, high if level >= 0.5 else low))
    return found


@dataclass(frozen=True, eq=False)
class RankedScores:
    """Scores of windows, each step of each column sorted when it is asked for.

    Attributes
    ----------
    scores : ndarray of float of shape (n_windows, horizon)
        NaN where one is not known.
    group : ndarray of int of shape (n_windows,)
        Column that each window belongs to, 0 to ``n_groups - 1``.
    n_groups : int
        Number of columns.
    """

    scores: np.ndarray
    group: np.ndarray
    n_groups: int

    @property
    def horizon(self) -> int:
        """Steps of a window."""
        return self.scores.shape[1]

    @cached_property
    def counts(self) -> np.ndarray:
        """Scores known of each column and step, (n_groups, horizon)."""
        counts = np.zeros((self.n_groups, self.horizon), dtype=np.int64)
        np.add.at(counts, self.group, ~np.isnan(self.scores))
        return counts

    def at(self, rank: np.ndarray) -> np.ndarray:
        """The rank-th smallest score of each column and step, both (n_groups, horizon).

        Ranks run from 1; what lies beyond the scores is the extreme one. NaN for a step without scores.
        """
        values, starts = self._sorted
        if not values.size:
            return np.full(self.counts.shape, np.nan)
        place = starts[:, None] + np.clip(rank, 1, np.maximum(self.counts, 1)) - 1
        found = values[np.arange(self.horizon), np.minimum(place, values.shape[1] - 1)]
        return np.where(self.counts > 0, found, np.nan)

    def quantiles(self, levels) -> np.ndarray:
        """Quantiles (n_groups, horizon, k) at levels (k,), with the correction for the number of scores."""
        return np.stack(
            [(self.at(low) + self.at(high)) / 2 for low, high in ranks(self.counts, levels)], axis=-1
        )

    def of_others(self, g: int, rank: np.ndarray) -> np.ndarray:
        """What each window of column `g` finds among the others: the rank-th smallest of each step.

        `rank` is of shape (horizon,), the result (n_windows_of_g, horizon).
        """
        scores, n = self.scores[self.group == g], self.counts[g]
        values, starts = self._sorted
        ordered = values[:, starts[g] : starts[g] + len(scores)].T

        def at(place):
            return np.take_along_axis(ordered, np.clip(place, 1, np.maximum(n, 1))[None] - 1, axis=0)

        rank = np.clip(rank, 1, np.maximum(n - 1, 1))
        # Taken out, a score that is no larger leaves its place to the next one.
        return np.where(scores <= at(rank), at(rank + 1), at(rank))

    def usable(self, g: int, enough: int) -> np.ndarray:
        """Windows without missing steps where a column has enough, else those with a step, (n_windows,)."""
        complete = self._n_known == self.horizon
        return complete if (complete & (self.group == g)).sum() >= enough else self._n_known > 0

    @cached_property
    def _n_known(self) -> np.ndarray:
        """Steps of each window that are not missing, (n_windows,)."""
        return (~np.isnan(self.scores)).sum(axis=1)

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores (horizon, n_windows), column by column, each sorted with NaN last; where each begins."""
        values = np.ascontiguousarray(self.scores[np.argsort(self.group, kind="stable")].T)
        starts = np.searchsorted(np.sort(self.group), np.arange(self.n_groups + 1))
        for start, stop in pairwise(starts):
            values[:, start:stop].sort(axis=1)
        return values, starts[:-1]
