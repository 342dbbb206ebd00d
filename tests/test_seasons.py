"""Season lengths from the calendar and from the data."""

import numpy as np
import pandas as pd
import pytest

from sksequence.forecasting.seasons import autocorrelation, calendar_seasons, choose_seasons, data_seasons

TO_OFFSET = pd.tseries.frequencies.to_offset


@pytest.mark.parametrize(
    ("step", "expected"),
    {
        **{"h": (24, 168), "30min": (48, 336), "15min": (96, 672), "min": (1440, 10080), "s": (60, 3600)},
        **{"D": (7,), "B": (5,), "W-SUN": (52,), "7D": (52,), "2W": (26,), "2D": ()},
        **{"MS": (12,), "ME": (12,), "3ME": (4,), "QE-MAR": (4,), "YE": (), "12MS": ()},
    }.items(),
)
def test_calendar_seasons_follow_the_step(step, expected):
    assert calendar_seasons(TO_OFFSET(step)) == expected


@pytest.mark.parametrize("step", [None, 1, 0.5])
def test_calendar_seasons_know_nothing_of_numbers(step):
    assert calendar_seasons(step) == ()


def test_autocorrelation_is_that_of_the_residuals_of_a_line(rng):
    series = rng.normal(size=60).cumsum()
    time = np.arange(60)
    residual = series - np.polyval(np.polyfit(time, series, 1), time)
    variance = residual @ residual / 60
    expected = [residual[lag:] @ residual[: 60 - lag] / (60 - lag) / variance for lag in range(11)]
    np.testing.assert_allclose(autocorrelation([series], 10), expected)
    # Neither level, slope nor unit matters.
    np.testing.assert_allclose(autocorrelation([5.0 + 3.0 * time - 7.0 * series], 10), expected)


def test_autocorrelation_of_a_straight_line_is_zero():
    assert autocorrelation([np.arange(20.0), np.ones(20)], 5).tolist() == [0.0] * 6


@pytest.mark.parametrize("period", [4, 7, 12, 52])
@pytest.mark.parametrize("trend", [0.0, 0.1])
def test_data_seasons_find_a_noisy_season(rng, period, trend):
    time = np.arange(8 * period)
    series = trend * time + np.sin(2 * np.pi * time / period) + 0.3 * rng.normal(size=len(time))
    assert data_seasons([series]) == pytest.approx((period,), abs=1)


def test_data_seasons_find_the_week_around_the_day(rng):
    time = np.arange(1500)
    day, week = np.sin(2 * np.pi * time / 24), (time // 24 % 7 < 5).astype(float)
    channels = [a * day + b * week + 0.1 * rng.normal(size=1500) for a, b in [(1, 0.5), (2, 1), (1, 1)]]
    assert data_seasons(channels) == (24, 168)
    assert data_seasons([day + 0.1 * rng.normal(size=1500)]) == (24,)


def test_data_seasons_find_none_in_noise_and_wandering(rng):
    for _ in range(10):
        assert data_seasons([rng.normal(size=400)]) == ()
        assert data_seasons([rng.normal(size=800).cumsum()]) == ()


def test_data_seasons_know_sunspots_without_an_index(data_root):
    table = pd.read_csv(data_root / "forecasting" / "sunspots_monthly.csv")
    (season,) = data_seasons([table.iloc[:, -1].to_numpy(float)])
    assert 120 <= season <= 140


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_choose_seasons_of_short_series_is_one(n):
    assert choose_seasons([np.arange(n, dtype=float)], TO_OFFSET("MS")) == (1,)


def test_choose_seasons_believe_the_data_more_than_the_calendar(rng):
    time = np.arange(240)
    monthly = np.sin(2 * np.pi * time / 12) + 0.2 * rng.normal(size=240)
    other = np.sin(2 * np.pi * time / 20) + 0.2 * rng.normal(size=240)
    noise = rng.normal(size=240)
    chosen = [choose_seasons([series], TO_OFFSET("MS")) for series in (monthly, other, noise)]
    assert chosen == [(12,), (20,), (1,)]
