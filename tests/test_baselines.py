"""Naive forecasts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sksequence.exceptions import InputError, ParameterError
from sksequence.forecasting.baselines import (
    DriftForecaster,
    NaiveForecaster,
    SeasonalNaiveForecaster,
    drift_forecasts,
    naive_forecasts,
    seasonal_naive_forecasts,
)

ALL = [NaiveForecaster, SeasonalNaiveForecaster, DriftForecaster]


def test_rules_forecast_every_window_at_once():
    values = np.array([[1.0], [5.0], [2.0], [4.0], [8.0]])
    starts, lengths = np.array([0, 1, 4]), np.array([3, 4, 1])
    np.testing.assert_array_equal(naive_forecasts(values, starts, lengths, 2), [[2, 2], [8, 8], [8, 8]])
    seasonal = seasonal_naive_forecasts(values, starts, lengths, 3, season=2)
    np.testing.assert_array_equal(seasonal, [[5, 2, 5], [4, 8, 4], [8, 8, 8]])
    drift = drift_forecasts(values, starts, lengths, 2)
    np.testing.assert_array_equal(drift, [[2.5, 3], [9, 10], [8, 8]])


def test_rules_ignore_what_lies_outside_the_window(rng):
    values = rng.normal(size=30)
    changed = values.copy()
    changed[20:] += 9.0
    changed[:5] += 9.0
    for rule in (naive_forecasts, drift_forecasts, lambda *a: seasonal_naive_forecasts(*a, season=4)):
        view = np.array([5]), np.array([15]), 6
        np.testing.assert_array_equal(rule(values, *view), rule(changed, *view))


@pytest.mark.parametrize("forecaster", ALL)
def test_baselines_give_back_the_form_that_came(forecaster, season):
    index = pd.period_range("2010-01", periods=120, freq="M")
    table = pd.DataFrame({"a": season, "b": -season}, index=index)
    wrapped = forecaster(horizon=4).fit(table).predict()
    assert wrapped.index.equals(pd.period_range("2020-01", periods=4, freq="M"))
    np.testing.assert_allclose(wrapped["a"], -wrapped["b"])
    array = forecaster(horizon=4).fit(table.to_numpy()).predict()
    np.testing.assert_array_equal(array, wrapped)
    one, two = forecaster(horizon=4).fit([season, season[:80]]).predict()
    np.testing.assert_allclose(one, wrapped["a"])
    assert two.shape == (4,)


@pytest.mark.parametrize("forecaster", ALL)
def test_baselines_continue_a_new_context(forecaster, season):
    fitted = forecaster(horizon=3).fit(season)
    np.testing.assert_array_equal(fitted.predict(season), fitted.predict())
    stack = np.stack([season, 2 * season])[:, :, None]
    np.testing.assert_allclose(fitted.predict(stack)[1], 2 * fitted.predict()[:, None])


def test_seasonal_naive_finds_its_season(season):
    fitted = SeasonalNaiveForecaster(horizon=12).fit(season)
    assert fitted.season_ == 12
    np.testing.assert_array_equal(fitted.predict(), season[-12:])
    assert SeasonalNaiveForecaster(season=7).fit(season).season_ == 7


@pytest.mark.parametrize("forecaster", ALL)
def test_baselines_refuse_what_they_cannot_use(forecaster, season):
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        forecaster().predict()
    with pytest.raises(ParameterError, match=r"'horizon'.*must be an int >= 1"):
        forecaster(horizon=0).fit(season)
    with pytest.raises(InputError, match="X has 2 features, but"):
        forecaster().fit(season).predict(np.zeros((5, 2)))
    with pytest.raises(InputError, match=f"^{forecaster.__name__}.fit: X has NaN in row 1"):
        forecaster().fit([1.0, np.nan])


@pytest.mark.parametrize("forecaster", ALL)
def test_baselines_are_cloned_without_what_they_learned(forecaster, season):
    copy = clone(forecaster(horizon=5).fit(season))
    assert copy.horizon == 5
    with pytest.raises(NotFittedError):
        copy.predict()


def test_seasons_longer_than_the_series_are_told():
    with pytest.warns(UserWarning, match="season=365 came, but the longest series has 200 time steps"):
        SeasonalNaiveForecaster(horizon=2, season=365).fit(np.arange(200.0))
    SeasonalNaiveForecaster(horizon=2, season=365).fit([np.arange(200.0), np.arange(365.0)])
