"""How sure a forecast is: intervals, quantiles and whole paths, calibrated on held-back windows."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from sklearn.utils import check_random_state

from sksequence.exceptions import InputError
from sksequence.forecasting.base import Forecaster
from sksequence.forecasting.conformal import Calibration
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.predictive import Predictive
from sksequence.forecasting.reader import refuse_number
from sksequence.forecasting.task import Task, by_series
from sksequence.forecasting.window_counts import share_mirrored, windows_needed
from sksequence.forecasting.windows import Windows

__all__ = ["MOST_WINDOWS", "ProbabilisticForecaster"]

# More windows than this sharpen no quantile, and neighbouring ones are nearly the same.
MOST_WINDOWS = 20_000

# A window that moves less, as a share of the usual, is flat by chance, as before a rare demand, and no unit
# for errors; the series of a panel may differ more than that by themselves.
_QUIET = 0.1
_QUIET_OF_MANY = 1e-3


class ProbabilisticForecaster(Forecaster):
    """Base of forecasters that say how sure they are.

    Attributes
    ----------
    calibration_ : Calibration or None
        Errors on held-back windows, in units of the forecast's own spread; None where nothing was held
        back.
    """

    # ------------------------------------------------------------------ what is promised
    def predict_interval(self, X=None, coverage=0.9, *, future=None, simultaneous=False):
        """Intervals that hold the coming values with a given probability.

        Split-conformal (Vovk et al. 2005; Lei et al. 2018): the quantiles, step by step, of the errors made
        on held-back windows, in units of the spread of the window or of the network's own distribution.
        After :meth:`update`, the level follows the errors made since (Gibbs & Candès 2021).

        Parameters
        ----------
        X : array-like or None, default=None
            As in :meth:`predict`.
        coverage : float, default=0.9
            Share of the values that the intervals should hold.
        future : array-like or None, default=None
            As in :meth:`predict`.
        simultaneous : bool, default=False
            Whether whole paths should lie inside with that probability, rather than each step by itself.

        Returns
        -------
        intervals : ndarray, DataFrame, list or dict
            As :meth:`predict` gives them, with a last axis, or columns, "lower" and "upper":
            (horizon, 2) for a vector or Series, (horizon, n_targets, 2) for an array of two dimensions,
            columns (column, bound) for a DataFrame.

        Raises
        ------
        InputError
            If nothing was held back to calibrate on, and the network gives no distribution.
        """
        caller = f"{type(self).__name__}.predict_interval"
        refuse_number(X, caller, "Name the argument that was meant: coverage={X!r}.")
        task, predictive = self._ahead(X, future, "predict_interval")
        bounds = self._bounds(predictive, coverage, caller, simultaneous=simultaneous)
        return _wrapped(
            task, np.stack([bounds["lower"], bounds["upper"]], axis=-1), ["lower", "upper"], "bound"
        )

    def predict_quantiles(self, X=None, quantiles=(0.1, 0.5, 0.9), *, future=None):
        """Quantiles of the coming values, step by step.

        Parameters
        ----------
        X : array-like or None, default=None
            As in :meth:`predict`.
        quantiles : float or sequence of float, default=(0.1, 0.5, 0.9)
            Levels between 0 and 1.
        future : array-like or None, default=None
            As in :meth:`predict`.

        Returns
        -------
        quantiles : ndarray, DataFrame, list or dict
            As :meth:`predict` gives them, with a last axis, or columns, for the levels.

        Raises
        ------
        InputError
            If nothing was held back to calibrate on, and the network gives no distribution, or a list of
            levels came in place of X.
        """
        caller = f"{type(self).__name__}.predict_quantiles"
        levels = _read_levels(quantiles, caller)
        refuse_number(X, caller, "Name the argument that was meant: quantiles={X!r}.")
        if _are_levels(X):
            raise InputError(
                f"{caller}: X is {X!r}, a series of {len(X)} values that look like levels, but X is what "
                "comes before the forecast. Name the levels, quantiles=…, or pass a series as an array."
            )
        task, predictive = self._ahead(X, future, "predict_quantiles")
        return _wrapped(task, self._quantiles(predictive, levels, caller), levels, "quantile")

    def sample(self, X=None, n=100, *, future=None, random_state=None):
        """Draw whole paths of the coming values.

        A path follows, on the scale of the forecast, the errors of one held-back window, the same for all
        columns of a series, so that its steps and columns hang together as those of the data do. Series of
        a panel are drawn by themselves. Where nothing was held back, each step of a learned distribution is
        drawn by itself.

        Parameters
        ----------
        X : array-like or None, default=None
            As in :meth:`predict`.
        n : int, default=100
            Paths for each series and column.
        future : array-like or None, default=None
            As in :meth:`predict`.
        random_state : int, RandomState or None, default=None
            Which paths are drawn; None takes the forecaster's own `random_state`, where it has one.

        Returns
        -------
        paths : ndarray, DataFrame, list or dict
            As :meth:`predict` gives them, with a last axis, or columns, for the paths.

        Raises
        ------
        InputError
            If nothing was held back to calibrate on, and the network gives no distribution.
        """
        caller = f"{type(self).__name__}.sample"
        refuse_number(X, caller, "Name the argument that was meant: n={X!r}.")
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise InputError(f"{caller}: n={n!r} came, but an int >= 1 is needed. Pass a count.")
        task, predictive = self._ahead(X, future, "sample")
        source = getattr(self, "random_state", None) if random_state is None else random_state
        seed = (
            np.random.SeedSequence().entropy if source is None else check_random_state(source).randint(2**31)
        )
        generator = np.random.default_rng(seed)
        calibration = self._calibration(predictive, caller)
        series = np.arange(len(predictive.column)) // task.targets.n_columns
        if calibration is None:
            values = predictive.draw(int(n), generator)
        else:
            values = predictive.at(
                calibration.paths(int(n), predictive.column, generator, series).swapaxes(1, 2)
            )
        return _wrapped(task, values, range(n), "sample")

    # ------------------------------------------------------------------ how it is kept
    def _forget(self) -> None:
        """Drop what an earlier fit measured: this one may measure nothing, and fills what is missing anew."""
        self.calibration_: Calibration | None = None
        for name in ("skill_", "skills_", "season_", "_unit_season", "_usual_spread", "_least_spread"):
            self.__dict__.pop(name, None)

    def _calibration(self, predictive: Predictive, caller: str) -> Calibration | None:
        """What intervals rest on; None for the network's own distribution."""
        if self.calibration_ is None and predictive.own is None:
            remedy = f"Give series of more than {2 * self.horizon} rows whose latest values are not missing."
            if hasattr(self, "validation_fraction"):
                remedy = f"Set validation_fraction, for example to 0.1, and g{remedy[1:-1]}"
                remedy += ", or fit with loss='quantile' or a distribution." if hasattr(self, "loss") else "."
            raise InputError(
                f"{caller}: nothing was held back to learn the size of errors from, but intervals of a point "
                f"forecast rest on such errors. {remedy}"
            )
        return self.calibration_

    def _bounds(
        self, predictive: Predictive, coverage: float, caller: str, *, simultaneous: bool = False
    ) -> dict[str, np.ndarray]:
        _refuse_share(coverage, "coverage", caller)
        calibration = self._calibration(predictive, caller)
        if calibration is None:
            if simultaneous:
                raise InputError(
                    f"{caller}: simultaneous=True came, but nothing was held back, and the steps of the "
                    "network's "
                    "own distribution do not say how they hang together. Set validation_fraction, for "
                    "example to 0.1."
                )
            tails = predictive.quantiles(np.array([(1 - coverage) / 2, (1 + coverage) / 2]))
            return {"lower": tails[..., 0], "upper": tails[..., 1]}
        self._warn_of_few(calibration, coverage, simultaneous, f"coverage={coverage:g}", caller)
        lower, upper = calibration.band(coverage, predictive.column, simultaneous=simultaneous)
        return {"lower": predictive.at(lower), "upper": predictive.at(upper)}

    def _warn_of_few(
        self, calibration: Calibration, coverage: float, simultaneous: bool, what: str, caller: str
    ) -> None:
        """Say so if intervals can only be the range of the errors that were seen."""
        known, every = int(calibration.counts.min()), int(calibration.both_signs.counts.min())
        needed = windows_needed(coverage, simultaneous=simultaneous)
        if every < needed:
            # Those that count with both signs need fewer of their kind.
            needed = -(-needed * known // every) if every else needed
            warnings.warn(
                f"{caller}: {what} came, which needs the errors of {needed} held-back "
                "windows, but "
                f"{known} are known: the intervals are the range of these, and hold less than that. Give "
                "longer series, a larger validation_fraction or a shorter horizon.",
                UserWarning,
                stacklevel=4,
            )

    def _adaptive_bounds(
        self, windows: Windows, predictive: Predictive, targets: np.ndarray, coverage: float, caller: str
    ) -> dict[str, np.ndarray]:
        before = self._calibration(predictive, caller)
        if before is None:
            return self._bounds(predictive, coverage, caller)
        scores, column = predictive.scores(targets), predictive.column
        bounds = {name: np.empty_like(predictive.location, dtype=float) for name in ("lower", "upper")}
        turn = windows.turns
        try:
            for first in range(0, int(turn.max()) + 1, self.horizon):
                known = np.flatnonzero(turn + self.horizon <= first)
                self.calibration_ = before.extended(scores[known], column[known], turn[known])
                now = np.flatnonzero((turn >= first) & (turn < first + self.horizon))
                for name, bound in self._bounds(predictive.take(now), coverage, caller).items():
                    bounds[name][now] = bound
        finally:
            self.calibration_ = before
        return bounds

    def _quantiles(self, predictive: Predictive, levels: np.ndarray, caller: str) -> np.ndarray:
        calibration = self._calibration(predictive, caller)
        if calibration is None:
            return predictive.quantiles(levels)
        coverages = np.abs(2 * levels - 1)
        outermost = int(coverages.argmax())
        if coverages[outermost]:
            what = f"the quantile {levels[outermost]:g}"
            self._warn_of_few(calibration, float(coverages[outermost]), False, what, caller)
        return predictive.at(calibration.quantiles(levels, predictive.column))

    def _calibrate(self, predictive: Predictive, task: Task, windows: Windows) -> None:
        """Keep the errors of what was forecast after held-back windows, thinned where there are many."""
        n_columns, n_series = task.targets.n_columns, task.targets.n_series
        targets = task.actual(windows)
        if predictive.own is None:
            spreads = [predictive.below[predictive.column == j] for j in range(n_columns)]
            self._usual_spread = np.array([_mean(spread) for spread in spreads])
            self._least_spread = (_QUIET if n_series == 1 else _QUIET_OF_MANY) * self._usual_spread
            spread = self._known_spread(predictive.below, predictive.column)
            predictive = replace(predictive, below=spread, above=spread)
        every = -(-len(targets) // MOST_WINDOWS)
        scores = predictive.scores(targets)
        n_known = int((~np.isnan(scores)).any(axis=1).sum())
        mirrored = share_mirrored(n_known // n_columns, n_series, self.horizon)
        moment = windows.channel // n_columns * (windows.origin.max(initial=0) + 1) + windows.origin
        kept = scores[::every], predictive.column[::every], n_columns
        self.calibration_ = Calibration(*kept, mirrored=mirrored, moment=moment[::every]) if n_known else None

    def _change_units(self, before: Predictive, now: Predictive) -> None:
        """Errors that were kept in units of a network's own spreads, in those of the one that replaces it.

        A network that was trained anew is surer, or less sure, of itself: on the same windows, the two are
        compared. Spreads of windows are the same for both.
        """
        if before.own is not None and self.calibration_ is not None:
            units = before.spread_against(now, len(self.targets_))
            self.calibration_ = self.calibration_.rescaled(*units)

    def _known_spread(self, spread: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Spreads (n_windows, 1), those of windows that tell too little taken from the held-back ones."""
        if not hasattr(self, "_usual_spread"):
            return spread
        spread = np.where(np.isnan(spread), self._usual_spread[column][:, None], spread)
        return np.maximum(spread, self._least_spread[column][:, None])

    def _learn_from_errors(self, joined: Panel, known: np.ndarray, caller: str) -> None:
        """Extend the calibration by the windows that the new rows complete."""
        if self.calibration_ is None:
            return
        task: Task = self._task(joined)
        n, ends = task.targets.channels.lengths, np.repeat(known, task.targets.n_columns)
        # The last windows whose targets were not all known before, as far as their context still is.
        first = np.maximum(ends - self.horizon, np.minimum(self._context_rows, ends) - 1)
        windows: Windows = task.windows(first, n - self.horizon, window=self._reach, horizon=self.horizon)
        if len(windows):
            predictive = self._predictive(task, windows, caller)
            scores = predictive.scores(task.actual(windows))
            origin = windows.origin - ends[windows.channel]
            self.calibration_ = self.calibration_.extended(scores, predictive.column, origin)


def _mean(values: np.ndarray) -> float:
    """Mean of those that are not missing; 1 where there are none."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else 1.0


def _are_levels(X) -> bool:
    """Whether a list of rising numbers between 0 and 1 came, as nobody gives a series."""
    return (
        isinstance(X, (list, tuple))
        and all(isinstance(value, float) and 0 < value < 1 for value in X)
        and len(X) > 0
        and list(X) == sorted(set(X))
    )


def _read_levels(quantiles, caller: str) -> np.ndarray:
    levels = np.atleast_1d(np.asarray(quantiles))
    if levels.ndim > 1 or not len(levels):
        raise InputError(
            f"{caller}: quantiles={quantiles!r} came, but at least one level between 0 and 1 is needed, in "
            "one list. Pass such as (0.1, 0.9), or a single number."
        )
    for level in levels.tolist():
        _refuse_share(level, "quantiles", caller)
    return levels.astype(float)


def _refuse_share(value, name: str, caller: str) -> None:
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, float) or not 0 < value < 1:
        raise InputError(
            f"{caller}: {name}={value!r} came, but a number between 0 and 1 is needed, such as 0.9. Pass a "
            "share."
        )


def _wrapped(task: Task, values: np.ndarray, labels, name: str):
    """Values (n_channels, horizon, k) in the form of the input, with the k labels."""
    import pandas as pd

    return task.targets.wrap(by_series(values, task), labels=pd.Index(labels, name=name))
