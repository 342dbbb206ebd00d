"""Naive forecasts: what every network has to beat.

Three rules, each a function of many windows at once and an estimator of its own:

==============  ==========================================================================
naive           the last value, repeated
seasonal naive  the last season, repeated
drift           the straight line through the first and the last value, continued
==============  ==========================================================================

References
----------
Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice", 3rd edition, section 5.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from sksequence._params import Parameters, integer, one_of, param
from sksequence.exceptions import InputError
from sksequence.forecasting.seasons import choose_seasons
from sksequence.forecasting.series import Panel, read_series

__all__ = [
    "DriftForecaster",
    "NaiveForecaster",
    "SeasonalNaiveForecaster",
    "drift_forecasts",
    "naive_forecasts",
    "seasonal_naive_forecasts",
]


def naive_forecasts(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, horizon: int) -> np.ndarray:
    """Repeat the last value of each window.

    Parameters
    ----------
    values : ndarray of shape (total_steps, 1) or (total_steps,)
        Channels, one after the other.
    starts, lengths : ndarray of int of shape (n_windows,)
        Window ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``; at least 1 step.
    horizon : int
        Steps to forecast.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`.
    """
    return seasonal_naive_forecasts(values, starts, lengths, horizon, season=1)


def seasonal_naive_forecasts(
    values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, horizon: int, *, season: int
) -> np.ndarray:
    """Repeat the last season of each window; of windows shorter than a season, the last value.

    Parameters
    ----------
    values, starts, lengths, horizon
        As in :func:`naive_forecasts`.
    season : int
        Steps of a season.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`.
    """
    seasons = np.where(np.asarray(lengths) >= season, season, 1)[:, None]
    ends = (np.asarray(starts) + lengths)[:, None]
    return np.ravel(values)[ends - seasons + np.arange(horizon) % seasons]


def drift_forecasts(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray, horizon: int) -> np.ndarray:
    """Continue the line through the first and last value of each window.

    Parameters
    ----------
    values, starts, lengths, horizon
        As in :func:`naive_forecasts`.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        In the units of `values`. A window of one step has no slope.
    """
    values, starts, lengths = np.ravel(values), np.asarray(starts), np.asarray(lengths)
    first, last = values[starts], values[starts + lengths - 1]
    slope = (last - first) / np.maximum(lengths - 1, 1)
    return last[:, None] + slope[:, None] * np.arange(1, horizon + 1)


class _RuleForecaster(Parameters, BaseEstimator):
    """Base of forecasters that apply a rule and learn no weights."""

    horizon: int = param(1, integer(1), "Steps to forecast.")

    def fit(self, X, y=None):
        """Remember the series.

        Parameters
        ----------
        X : array, Series, DataFrame, SequenceArray or list of these
            Rows are time steps: (n_timesteps,), (n_timesteps, n_features), or a collection of series.
        y : None
            Ignored; present for scikit-learn's sake.

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
        panel = read_series(X, caller=f"{type(self).__name__}.fit")
        self._learn(panel)
        self.n_features_in_ = panel.n_columns
        if panel.named:
            self.feature_names_in_ = np.asarray(panel.columns, dtype=object)
        self._panel = panel
        return self

    def predict(self, X=None):
        """Forecast the steps after the end of a series.

        Parameters
        ----------
        X : same forms as in `fit`, default=None
            Series to continue, of any number and length; None continues the training series.

        Returns
        -------
        forecasts : ndarray, Series, DataFrame or list of these
            The next `horizon` steps, in the form and units of the series, the index continued.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            If X cannot be read, or has another number of columns than at fit.
        """
        if not hasattr(self, "_panel"):
            raise NotFittedError(
                f"{type(self).__name__}.predict: no series came yet, but one is needed. Call fit first."
            )
        panel = self._panel if X is None else read_series(X, caller=f"{type(self).__name__}.predict")
        if panel.n_columns != self.n_features_in_:
            raise InputError(
                f"{type(self).__name__}.predict: X has {panel.n_columns} columns, but {self.n_features_in_} "
                "were there at fit. Give the same columns."
            )
        channels = panel.channels
        forecasts = self._rule(channels.values, channels.starts, channels.lengths)
        return panel.wrap(forecasts.reshape(panel.n_series, panel.n_columns, self.horizon).swapaxes(1, 2))

    def _learn(self, panel: Panel) -> None:
        """Take what the rule needs from the training series."""

    def _rule(self, values: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_panel")


class NaiveForecaster(_RuleForecaster):
    """Forecast that nothing changes: the last value, repeated.

    Attributes
    ----------
    n_features_in_ : int
        Columns of the series.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had some.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.forecasting.baselines import NaiveForecaster
    >>> NaiveForecaster(horizon=2).fit(np.array([1.0, 4.0, 2.0])).predict()
    array([2., 2.])
    """

    def _rule(self, values, starts, lengths):
        return naive_forecasts(values, starts, lengths, self.horizon)


class SeasonalNaiveForecaster(_RuleForecaster):
    """Forecast a copy of the last season.

    Attributes
    ----------
    season_ : int
        Steps of the season used; 1 where none was found.
    n_features_in_ : int
        Columns of the series.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had some.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.forecasting.baselines import SeasonalNaiveForecaster
    >>> SeasonalNaiveForecaster(horizon=3, season=2).fit(np.array([1.0, 4.0, 2.0, 5.0])).predict()
    array([2., 5., 2.])
    """

    season: Any = param(
        "auto",
        integer(1) | one_of("auto"),
        """Steps of a season. "auto" finds it from the step of the index and the data.""",
    )

    def _learn(self, panel: Panel) -> None:
        if self.season == "auto":
            step = panel.timelines[0].step if panel.timelines[0] is not None else None
            self.season_ = choose_seasons(list(panel.channels), step)[0]
        else:
            self.season_ = int(self.season)

    def _rule(self, values, starts, lengths):
        return seasonal_naive_forecasts(values, starts, lengths, self.horizon, season=self.season_)


class DriftForecaster(_RuleForecaster):
    """Continue the straight line through the first and the last value.

    Attributes
    ----------
    n_features_in_ : int
        Columns of the series.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had some.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.forecasting.baselines import DriftForecaster
    >>> DriftForecaster(horizon=2).fit(np.array([1.0, 4.0, 3.0])).predict()
    array([4., 5.])
    """

    def _rule(self, values, starts, lengths):
        return drift_forecasts(values, starts, lengths, self.horizon)
