"""Simple forecasters: what every network has to beat, as estimators."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from sksequence._params import integer, none, number, one_of, param
from sksequence.engine import guarded
from sksequence.forecasting.holdback import held_windows, rows_before_tail
from sksequence.forecasting.intervals import MOST_WINDOWS, ProbabilisticForecaster
from sksequence.forecasting.linear import fit_linear_mean, linear_forecasts, linear_windows
from sksequence.forecasting.predictive import Predictive
from sksequence.forecasting.rules import drift_forecasts, naive_forecasts, seasonal_naive_forecasts
from sksequence.forecasting.scaling import Scaling
from sksequence.forecasting.seasons import choose_seasons
from sksequence.forecasting.sizes import choose_sizes
from sksequence.forecasting.spread import window_spread
from sksequence.forecasting.task import Task
from sksequence.forecasting.transformed import TransformingForecaster
from sksequence.forecasting.windows import Windows

__all__ = ["DriftForecaster", "LinearForecaster", "NaiveForecaster", "SeasonalNaiveForecaster"]


# Drift reads a series from its first row on.
_ALL_ROWS = 1 << 40
# Fewer rows than this do not say how much a series moves.
_LEAST_ROWS = 32


class RuleForecaster(ProbabilisticForecaster):
    """Base of forecasters that apply a rule and learn no weights."""

    @guarded
    def fit(self, X, y=None):
        """Remember the series, and the errors that the rule made on their later half.

        Parameters
        ----------
        X : array-like
            Rows are time steps: (n_timesteps,), (n_timesteps, n_features), or a collection of series, in
            any form that :meth:`LSTMForecaster.fit` takes.
        y : array-like or None, default=None
            What is to be forecast, row by row of X; None forecasts columns of X.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        InputError
            If X is empty, not numeric, not finite, or has an index without a regular step.
        """
        self._check_parameters()
        caller = f"{type(self).__name__}.fit"
        panel = self._read(X, caller, y=y, reset=True)
        self._forget()
        self._learn(self._task(panel))
        longest = int(panel.lengths.max())
        if self._season > longest:
            warnings.warn(
                f"{caller}: season={self._season} came, but the longest series has {longest} time steps, "
                "none of them a season ago: its last value is repeated. Give longer series, or a shorter "
                "season.",
                UserWarning,
                stacklevel=3,
            )
        task = self._task(panel)
        n = task.targets.channels.lengths
        first = np.maximum(self._context_rows - 1, n // 2)
        past = task.windows(
            first, n - self.horizon, window=self._reach, horizon=self.horizon, most=MOST_WINDOWS, seed=0
        )
        if len(past):
            self._calibrate(self._predictive(task, past, caller), task, past)
        self._remember(panel, task)
        return self

    def _learn(self, task: Task) -> None:
        """Take what the rule needs from the training series."""

    def _rule(self, values: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    @property
    def _season(self) -> int:
        """Steps of a season."""
        return 1

    @property
    def _fill_season(self) -> int:
        return self._season

    @property
    def _reach(self) -> int:
        # Twice as far as a whole number of seasons ahead: the unit of errors is measured in there.
        return max(2 * self._season * -(-self.horizon // self._season), _LEAST_ROWS)

    @property
    def _context_rows(self) -> int:
        return self._season

    def _predictive(self, task: Task, windows: Windows, caller: str) -> Predictive:
        channels, starts, lengths = task.targets.channels, windows.inputs.starts, windows.inputs.lengths
        location = self._rule(channels.values, starts, lengths)
        seen = None if task.observed is None else task.observed.values[:, 0]
        column = windows.channel % task.targets.n_columns
        spread = window_spread(channels, starts, lengths, self._season, self.horizon, seen)
        spread = self._known_spread(spread, column)
        return Predictive(location, spread, spread, column, Scaling.identity(task.targets.n_columns))


class NaiveForecaster(RuleForecaster):
    """Forecast that nothing changes: the last value, repeated.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.forecasting.baselines import NaiveForecaster
    >>> NaiveForecaster(horizon=2).fit(np.array([1.0, 4.0, 2.0])).predict()
    array([2., 2.])
    """

    def _rule(self, values, starts, lengths):
        return naive_forecasts(values, starts, lengths, self.horizon)


class SeasonalNaiveForecaster(RuleForecaster):
    """Forecast a copy of the last season.

    Attributes
    ----------
    season_ : int
        Steps of the season used; 1 where none was found.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.forecasting.baselines import SeasonalNaiveForecaster
    >>> SeasonalNaiveForecaster(horizon=3, season=2).fit(np.array([1.0, 4.0, 2.0, 5.0])).predict()
    array([2., 5., 2.])
    """

    season: Any = param(
        default="auto",
        rule=integer(1) | one_of("auto"),
        doc="""Steps of a season. "auto" finds it from the step of the index and the data.""",
    )

    def _learn(self, task: Task) -> None:
        if self.season == "auto":
            line = task.targets.timelines[0]
            self.season_ = choose_seasons(list(task.targets.channels), line and line.step)[0]
        else:
            self.season_ = int(self.season)

    @property
    def _season(self) -> int:
        return getattr(self, "season_", 1)

    def _rule(self, values, starts, lengths):
        return seasonal_naive_forecasts(values, starts, lengths, self.horizon, season=self.season_)


class DriftForecaster(RuleForecaster):
    """Continue the straight line through the first and the last value.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.forecasting.baselines import DriftForecaster
    >>> DriftForecaster(horizon=2).fit(np.array([1.0, 4.0, 3.0])).predict()
    array([4., 5.])
    """

    @property
    def _reach(self) -> int:
        return _ALL_ROWS

    @property
    def _context_rows(self) -> int:
        return 2

    def _rule(self, values, starts, lengths):
        return drift_forecasts(values, starts, lengths, self.horizon)


class LinearForecaster(TransformingForecaster):
    """Forecast all steps by ridge regression on the last rows (Zeng et al. 2023).

    The mean of three regressions, on a season, on half the window and on the whole of it.

    Attributes
    ----------
    window_ : int
        Look-back, in time steps.
    season_ : int
        Steps of the season found; 1 for none.
    coef_ : ndarray of shape (window_, horizon)
        Weights of the window, after its last value is subtracted, for each step ahead.
    scaling_ : Scaling
        Constants that columns are scaled by.
    """

    window: Any = param(
        default="auto",
        rule=one_of("auto") | integer(1),
        doc='Look-back, in time steps; "auto" is that of :class:`LSTMForecaster`.',
    )
    alpha: float = param(
        default=1e-2, rule=number(0), doc="Ridge penalty, as a share of the mean variance of the inputs."
    )
    validation_fraction: Any = param(
        default=0.1,
        rule=none() | number(above=0, below=1),
        doc="Share of the latest rows held back to calibrate intervals on, as for :class:`LSTMForecaster`; "
        "None calibrates none.",
    )

    @guarded
    def fit(self, X, y=None):
        """Solve for the weights on all windows.

        Parameters
        ----------
        X : array-like
            Rows are time steps: (n_timesteps,), (n_timesteps, n_features), or a collection of series, in
            any form that :meth:`LSTMForecaster.fit` takes.
        y : array-like or None, default=None
            What is to be forecast, row by row of X; None forecasts columns of X.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        InputError
            If X is empty, not numeric, not finite, or has an index without a regular step.
        """
        self._check_parameters()
        caller = f"{type(self).__name__}.fit"
        panel = self._read(X, caller, y=y, reset=True)
        self._forget()
        line = panel.timelines[0]
        seasons = choose_seasons(list(self._task(panel).targets.channels), line and line.step)
        self.season_ = seasons[0]
        task = self._task(panel)
        targets = task.targets
        sizes = choose_sizes(targets.lengths, self.horizon, seasons)
        self.window_ = sizes.window if self.window == "auto" else self.window
        log = self._takes_logarithm(targets, caller)
        fraction = self.validation_fraction
        kept = None if fraction is None else rows_before_tail(targets.lengths, fraction, self.horizon)
        if kept is not None and task.head(kept).teaches(self.horizon):
            self._solve(task.head(kept), log, caller)
            held = held_windows(task, kept, window=self.window_, horizon=self.horizon, most=MOST_WINDOWS)
            self._calibrate(self._predictive(task, held, caller), task, held)
        self._solve(task, log, caller)
        self._remember(panel, task)
        return self

    def _solve(self, task: Task, log: bool, caller: str) -> None:
        """Learn scales and weights from these rows alone."""
        transformation = self._learned_transformation(task.targets, log, caller)
        self.scaling_ = Scaling.learn(
            task.targets, transformation=transformation, standardize=True, caller=caller
        )
        channels = self.scaling_.apply(task.targets, caller=caller)
        self.coef_ = fit_linear_mean(
            channels.values,
            channels.starts,
            channels.lengths,
            windows=linear_windows(self.window_, self.season_),
            horizon=self.horizon,
            alpha=self.alpha,
            scale=task.targets.n_series > 1,
        )

    @property
    def _reach(self) -> int:
        return self.window_

    @property
    def _fill_season(self) -> int:
        return getattr(self, "season_", 1)

    def _predictive(self, task: Task, windows: Windows, caller: str) -> Predictive:
        channels = self.scaling_.apply(task.targets, caller=caller)
        inputs = windows.over(channels).inputs
        location = linear_forecasts(channels.values, inputs.starts, inputs.lengths, self.coef_)
        seen = None if task.observed is None else task.observed.compact().values[:, 0]
        column = windows.channel % task.targets.n_columns
        spread = window_spread(channels, inputs.starts, inputs.lengths, self.season_, self.horizon, seen)
        spread = self._known_spread(spread, column)
        return Predictive(location, spread, spread, column, self.scaling_)
