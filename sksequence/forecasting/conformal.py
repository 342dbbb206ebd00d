"""Conformal calibration: what the errors on held-back windows say about the coming ones.

A *score* is the signed error of one step of one window, in units of the forecast's own spread on that
side. Everything here is about scores alone: which quantiles, bounds and paths of them to expect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sksequence.forecasting.adaptive import adapted_level, shares_above
from sksequence.forecasting.order_statistics import RankedScores, ceil, floor
from sksequence.forecasting.stretching import StretchedBand

__all__ = ["Calibration"]

# Origins that are replayed; older ones count as scores, but no longer move a level.
_REPLAYED = 1_000
# Fewer complete windows than this tell little about how the steps hang together.
_ENOUGH = 20


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores of held-back windows, and of those that came later.

    The quantiles carry the correction of split conformal prediction for a finite number of scores n (Vovk
    et al. 2005; Lei et al. 2018): the upper quantile at level tau is the ``ceil((n + 1) tau)``-th smallest,
    a lower one the ``floor((n + 1) tau)``-th, the median lies between both. Were the scores exchangeable
    with the coming ones, an interval would then hold the next value with at least the probability asked
    for. Where n is too small for a level, the smallest or largest score stands in, and the coverage is
    less: :func:`~sksequence.forecasting.window_counts.windows_needed` says how many it takes, `counts` how
    many there are.

    Windows of a time series are not exchangeable. Those that overlap share most of their targets, so n
    windows are worth far fewer independent ones, about n / horizon, and the series of a panel that move
    together are worth little more than one. Coverage then scatters as if n were that small, and two tails
    fall short on average, as the mean error of the few independent windows is taken for a lasting one. So
    long as they are few, some or all of them count with both signs, see
    :func:`~sksequence.forecasting.window_counts.share_mirrored`: with all of them, intervals rest on absolute
    errors. Where the future differs from the held-back rows, only later scores can tell.

    Parameters
    ----------
    scores : ndarray of float of shape (n_windows, horizon)
        Signed errors in units of the spread; NaN where the target was missing.
    group : ndarray of int of shape (n_windows,)
        Column that each window belongs to, 0 to ``n_groups - 1``. The series of a panel are pooled.
    n_groups : int
        Number of columns.
    arrival : ndarray of int of shape (n_windows,) or None, default=None
        0 for held-back windows; 1, 2, … for those that came later, by :meth:`extended`, in the order of
        their origins, which windows of several series and columns share. None: all were held back.
    mirrored : float, default=0.0
        Share of the held-back windows that count a second time with their signs turned, evenly chosen and
        rounded up.
    moment : ndarray of int of shape (n_windows,) or None, default=None
        The same number for windows of several columns that were forecast at once. None: the first of each
        column were, the second, and so on.

    References
    ----------
    Vovk, Gammerman & Shafer (2005). Algorithmic Learning in a Random World.
    Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018). Distribution-free predictive inference for
    regression. JASA 113.
    Gibbs & Candès (2021). Adaptive conformal inference under distribution shift. NeurIPS 34.
    """

    scores: np.ndarray
    group: np.ndarray
    n_groups: int
    arrival: np.ndarray | None = None
    mirrored: float = 0.0
    moment: np.ndarray | None = None

    def __getstate__(self) -> dict:
        """What is stored: not the sorted copies, which are made again when asked for."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    @property
    def horizon(self) -> int:
        """Steps of a window."""
        return self.scores.shape[1]

    @cached_property
    def ranked(self) -> RankedScores:
        """The scores, to be asked for the k-th smallest of them."""
        return RankedScores(self.scores, self.group, self.n_groups)

    @property
    def counts(self) -> np.ndarray:
        """Scores known of each column and step, (n_groups, horizon), each once."""
        return self.ranked.counts

    @cached_property
    def both_signs(self) -> Calibration:
        """The same with the mirrored windows written out, as further held-back ones."""
        if not self.mirrored:
            return self
        moment, held = self._moment, self._arrival == 0
        moments = np.unique(moment[held])
        # One more wherever a share of another window is due: of a single one, that one, or its bounds would
        # lie on one side of the forecast, with no width. All columns of a moment are turned.
        chosen = moments[np.diff(ceil(np.arange(len(moments) + 1) * self.mirrored)) > 0]
        turned = np.flatnonzero(held & np.isin(moment, chosen))
        return Calibration(
            np.concatenate([self.scores, -self.scores[turned]]),
            np.concatenate([self.group, self.group[turned]]),
            self.n_groups,
            np.concatenate([self._arrival, np.zeros(len(turned), dtype=np.int64)]),
            moment=np.concatenate([moment, moment[turned] + moment.max(initial=0) + 1]),
        )

    # ------------------------------------------------------------------ what to expect
    def quantiles(self, levels, group: np.ndarray) -> np.ndarray:
        """Quantiles of the scores, step by step.

        Parameters
        ----------
        levels : array-like of float of shape (k,)
            Between 0 and 1.
        group : ndarray of int of shape (n,)
            Column of each window that is forecast.

        Returns
        -------
        quantiles : ndarray of shape (n, horizon, k)
            From all scores, those that came later too; NaN for a step without any.
        """
        return self.both_signs.ranked.quantiles(levels)[group]

    def band(
        self, coverage: float, group: np.ndarray, *, simultaneous: bool = False, adaptive: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the scores that hold a given share of them.

        Step by step, the bounds are quantiles with equal tails. Over the horizon as a whole, they are those
        quantiles stretched, away from the median, by the one factor with which `coverage` of the windows
        lie wholly inside: the conformal quantile of the factor that each window needs, its bounds taken
        from the others.

        Adaptive bounds follow the scores that came later, by adaptive conformal inference:
        ``alpha <- alpha + gamma * (target - missed)`` for each column and step, once for every origin,
        with `missed` the share of the series outside. The two tails have an alpha each, with half of
        ``1 - coverage`` as their target, so that a drift to one side moves that side only. An error at step
        h is known h rows after its origin: the replay uses it, for alpha and in the growing set of scores,
        from the h-th origin after it on; that of a whole window after `horizon`. gamma is
        ``0.002 / sqrt(h)``, because such errors overlap and come in runs. Alpha is kept between 0 and 1,
        since bounds beyond all scores are not on offer, so that no rate is promised against any shift
        whatever, as it is where bounds may be infinite.

        Parameters
        ----------
        coverage : float
            Share to hold, between 0 and 1.
        group : ndarray of int of shape (n,)
            Column of each window that is forecast.
        simultaneous : bool, default=False
            Whether `coverage` is the share of windows that lie inside at all of their steps.
        adaptive : bool, default=True
            Whether the scores that came later move the level; without any, it makes no difference.

        Returns
        -------
        lower, upper : ndarray of shape (n, horizon)
            NaN for a step without scores.
        """
        every, adaptive = self.both_signs, adaptive and bool(self._replayed.any())
        table = every._stretched(coverage, adaptive) if simultaneous else every._stepwise(coverage, adaptive)
        return table[0][group], table[1][group]

    def paths(
        self, n_samples: int, group: np.ndarray, generator: np.random.Generator, together=None
    ) -> np.ndarray:
        """Scores of whole windows, drawn with replacement, so that steps hang together as they did.

        So do columns: what is forecast together gets the scores of windows of one moment. Moments with
        missing steps are left out where there are at least 20 without. Otherwise each missing step is
        filled by a score of that step drawn from another window.

        Parameters
        ----------
        n_samples : int
            Paths for each window that is forecast.
        group : ndarray of int of shape (n,)
            Column of each of these.
        generator : numpy.random.Generator
            Where chance comes from.
        together : ndarray of int of shape (n,) or None, default=None
            The same number for windows of several columns that are forecast together; None: each by itself.

        Returns
        -------
        paths : ndarray of shape (n, n_samples, horizon)
            NaN at a step without scores.
        """
        group = np.asarray(group)
        together = np.arange(len(group)) if together is None else np.asarray(together)
        every = self.both_signs
        drawn = np.full((len(group), n_samples, self.horizon), np.nan)
        asked, which = np.unique(together, return_inverse=True)
        columns = [tuple(np.unique(group[which == i])) for i in range(len(asked))]
        for chosen in dict.fromkeys(columns):
            pool = every._moments(chosen)
            wanted = np.array([i for i, own in enumerate(columns) if own == chosen])
            if len(pool):
                found = pool[generator.integers(len(pool), size=(len(wanted), n_samples))]
                found = _filled(found, pool, generator).reshape(*found.shape[:2], len(chosen), self.horizon)
                for place, g in enumerate(chosen):
                    rows = np.flatnonzero(np.isin(which, wanted) & (group == g))
                    drawn[rows] = found[np.searchsorted(wanted, which[rows]), :, place]
        return drawn

    def _moments(self, columns: tuple) -> np.ndarray:
        """Scores of some columns at each moment that can be drawn, (n_moments, n_columns * horizon)."""
        own = np.flatnonzero(np.isin(self.group, columns))
        moments, row = np.unique(self._moment[own], return_inverse=True)
        table = np.full((len(moments), len(columns), self.horizon), np.nan)
        table[row, np.searchsorted(columns, self.group[own])] = self.scores[own]
        rows = table.reshape(len(moments), len(columns) * self.horizon)
        whole = RankedScores(rows, np.zeros(len(rows), dtype=np.int64), 1)
        return rows[whole.usable(0, _ENOUGH)]

    # ------------------------------------------------------------------ what came later
    def extended(
        self, scores: np.ndarray, group: np.ndarray, origin: np.ndarray | None = None
    ) -> Calibration:
        """A calibration that also knows the windows that came since.

        Parameters
        ----------
        scores : ndarray of float of shape (n_windows, horizon)
            Their scores. A window comes once all of its steps are past; what is NaN then stays unknown.
        group : ndarray of int of shape (n_windows,)
            Column of each.
        origin : ndarray of int of shape (n_windows,) or None, default=None
            Row after which each was forecast, from any row on; windows of several series with the same one
            count as one origin. None: those of one column follow each other in the order given.

        Returns
        -------
        calibration : Calibration
            Leaves this one as it is.
        """
        order = _occurrence(group) if origin is None else np.unique(origin, return_inverse=True)[1].ravel()
        known = self._arrival
        return replace(
            self,
            scores=np.concatenate([self.scores, scores]),
            group=np.concatenate([self.group, group]),
            arrival=np.concatenate([known, known.max(initial=0) + 1 + order]),
            moment=np.concatenate([self._moment, self._moment.max(initial=-1) + 1 + _moments(group, order)]),
        )

    @property
    def _moment(self) -> np.ndarray:
        return _occurrence(self.group) if self.moment is None else self.moment

    def rescaled(self, below: np.ndarray, above: np.ndarray) -> Calibration:
        """The same errors in other units.

        Parameters
        ----------
        below, above : ndarray of shape (n_groups, horizon)
            What scores under and over 0 are multiplied by, at each column and step.

        Returns
        -------
        calibration : Calibration
            Leaves this one as it is.
        """
        factor = np.where(self.scores < 0, below[self.group], above[self.group])
        return replace(self, scores=self.scores * factor)

    @property
    def _arrival(self) -> np.ndarray:
        return np.zeros(len(self.scores), dtype=np.int64) if self.arrival is None else self.arrival

    @cached_property
    def _replayed(self) -> np.ndarray:
        """Which windows move the level, (n_windows,)."""
        return self._arrival > max(0, self._arrival.max(initial=0) - _REPLAYED)

    def _shares(
        self, values: np.ndarray, known_after: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How far out the values (n_windows, n_values) of the windows replayed lay; their group and turn."""
        later = np.flatnonzero(self._replayed)
        later = later[np.argsort(self._arrival[later], kind="stable")]
        group, turn = self.group[later], np.unique(self._arrival[later], return_inverse=True)[1].ravel()
        shares = np.empty((len(later), values.shape[1]))
        for g in np.unique(group):
            own = group == g
            before = values[(self.group == g) & ~self._replayed]
            shares[own] = shares_above(before, values[later[own]], turn[own], known_after)
        return shares, group, turn

    @property
    def _known_after(self) -> np.ndarray:
        """Origins until the error of a step is known, in the lower tail and in the upper."""
        return np.tile(np.arange(1, self.horizon + 1), 2)

    @cached_property
    def _tail_shares(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`_shares` of the lower tail, as if it were an upper one, and of the upper tail."""
        return self._shares(np.concatenate([-self.scores, self.scores], axis=1), self._known_after)

    # ------------------------------------------------------------------ bounds of each column and step
    def _stepwise(self, coverage: float, adaptive: bool) -> tuple[np.ndarray, np.ndarray]:
        """Bounds (n_groups, horizon) of each step by itself."""
        tails = np.full((self.n_groups, 2 * self.horizon), (1 - coverage) / 2)
        if adaptive:
            # Beyond the middle, the bounds would change places.
            tails = np.minimum(adapted_level(*self._tail_shares, tails, self._known_after), 0.5)
        below, above = tails[:, : self.horizon], tails[:, self.horizon :]
        n, ranked = self.counts + 1, self.ranked
        return ranked.at(floor(n * below)), ranked.at(ceil(n * (1 - above)))

    def _stretched(self, coverage: float, adaptive: bool) -> tuple[np.ndarray, np.ndarray]:
        """Bounds (n_groups, horizon) of windows as a whole."""
        band = StretchedBand.of(self.ranked, coverage)
        level = np.full((self.n_groups, 1), 1 - coverage)
        if adaptive:
            known_after = np.array([self.horizon])
            level = adapted_level(*self._shares(band.factors, known_after), level, known_after)
        needed = RankedScores(band.factors, self.group, self.n_groups)
        return band.bounds(needed.at(ceil((needed.counts + 1) * (1 - level))))


def _occurrence(group: np.ndarray) -> np.ndarray:
    """How many earlier windows of its own column each window has."""
    order = np.argsort(group, kind="stable")
    ordered = np.asarray(group)[order]
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return found


def _moments(group: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Number of the moment of each window: one for the first of each column at an origin, and so on."""
    # Series of a panel share origins: the k-th window of a column there belongs to the k-th series.
    place = _occurrence(order * (int(group.max(initial=0)) + 1) + group)
    return order * (int(place.max(initial=0)) + 1) + place


def _filled(paths: np.ndarray, pool: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The paths (n, n_samples, horizon), their missing steps drawn from the pool (n_windows, horizon)."""
    for h in np.flatnonzero(np.isnan(paths).any(axis=(0, 1))):
        known, missing = pool[~np.isnan(pool[:, h]), h], np.isnan(paths[..., h])
        if len(known):
            paths[..., h][missing] = known[generator.integers(len(known), size=missing.sum())]
    return paths
