"""Indexes of many series: each is read and continued as if its series came alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sksequence import NaiveForecaster, SeasonalNaiveForecaster
from sksequence.exceptions import InputError
from sksequence.forecasting.indexes import Parts, repeats
from sksequence.forecasting.series import read_series

DAYS = pd.date_range("2024-01-01", periods=40)
HOURS = pd.date_range("2024-01-01", periods=40, freq="h")


def long_table(indexes, names=None) -> pd.DataFrame:
    """Series of the given indexes as a table with the index (series, time)."""
    names = [f"s{9 - i}" for i in range(len(indexes))] if names is None else names
    rng = np.random.default_rng(0)
    parts = {
        name: pd.DataFrame({"y": rng.normal(size=len(index))}, index=index.rename("time"))
        for name, index in zip(names, indexes, strict=True)
    }
    return pd.concat(parts, names=["id"])


@pytest.mark.parametrize(
    "whole",
    [
        HOURS.append(HOURS),
        HOURS.tz_localize("Europe/Berlin").append(HOURS.tz_localize("Europe/Berlin")),
        pd.Index([*range(40), *range(40)]),
        pd.Index([*range(40), *range(40)], dtype=float),
        HOURS.to_period("h").append(HOURS.to_period("h")),
        pd.Index([str(i) for i in [*range(40), *range(40)]]),
    ],
    ids=["hours", "zone", "integers", "floats", "periods", "labels"],
)
@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((40, 40), (False, True)),
        ((20, 20, 20, 20), (False, False, False, False)),
        ((30, 10, 30, 10), (False, False, False, False)),
        ((39, 1, 40), (False, False, False)),
    ],
)
def test_parts_repeat_where_they_equal_the_one_before(whole, lengths, expected):
    parts = Parts(whole, np.array(lengths))
    assert tuple(parts.repeats()) == expected
    assert tuple(repeats(list(parts))) == expected


def test_parts_repeat_among_others():
    whole = HOURS[:5].append([HOURS[:5], HOURS[:7], HOURS[2:9], HOURS[2:9], HOURS[2:4]])
    parts = Parts(whole, np.array([5, 5, 7, 7, 7, 2]))
    assert tuple(parts.repeats()) == (False, True, False, False, True, False)
    assert [len(part) for part in parts] == [5, 5, 7, 7, 7, 2]
    assert tuple(repeats([None, HOURS, None, None, HOURS, HOURS])) == (False,) * 5 + (True,)


def test_repeats_tells_names_and_dtypes_apart():
    named = HOURS.rename("time")
    assert (
        tuple(repeats([HOURS, named, named.as_unit("s"), pd.RangeIndex(3), pd.Index([0.0, 1.0, 2.0])]))
        == (False,) * 5
    )


STAGGERED = [HOURS[:30], HOURS[:30], HOURS[4:34], HOURS[10:], HOURS[:25]]


@pytest.mark.parametrize("scale", ["h", "MS", "number"])
def test_long_table_continues_each_series_by_its_own_index(scale):
    indexes = STAGGERED
    if scale == "MS":
        months = pd.date_range("2020-01-01", periods=40, freq="MS")
        indexes = [months[HOURS.get_indexer(index)] for index in STAGGERED]
    elif scale == "number":
        indexes = [pd.Index(HOURS.get_indexer(index) * 3 + 7) for index in STAGGERED]
    table = long_table(indexes)
    model = SeasonalNaiveForecaster(horizon=3, season=4).fit(table)
    forecasts = model.predict()
    assert list(forecasts.index.get_level_values(0).unique()) == [f"s{9 - i}" for i in range(5)]
    for name in forecasts.index.get_level_values(0).unique():
        alone = SeasonalNaiveForecaster(horizon=3, season=4).fit(table.loc[name]).predict()
        pd.testing.assert_frame_equal(forecasts.loc[name], alone, check_freq=False)
    # Built from codes, it is the index that pandas builds from all rows.
    whole = pd.MultiIndex.from_arrays([forecasts.index.get_level_values(i) for i in (0, 1)])
    pd.testing.assert_index_equal(forecasts.index, whole, exact=True)
    for level, expected in zip(forecasts.index.levels, whole.levels, strict=True):
        pd.testing.assert_index_equal(level, expected)


def test_long_table_with_names_that_cannot_be_sorted():
    table = long_table([HOURS, HOURS], names=["a", 3])
    forecasts = SeasonalNaiveForecaster(horizon=2, season=4).fit(table).predict()
    assert list(forecasts.index.get_level_values(0)) == ["a", "a", 3, 3]


def test_long_table_without_a_name_is_refused():
    table = long_table([HOURS, HOURS])
    table.index = table.index.set_codes([-1] + [0] * 79, level=0)
    with pytest.raises(ValueError, match="80 rows, of which 1 miss the first index level"):
        read_series(table, caller="fit")


def test_series_that_are_alike_share_one_timeline():
    panel = read_series(long_table([HOURS, HOURS, HOURS[1:], HOURS[1:]]), caller="fit")
    first, second, third, fourth = panel.timelines
    assert first is second
    assert third is fourth
    assert first is not third
    tail = panel.tail(40).timelines
    assert tail[1] is first
    assert tail[3] is third


@pytest.mark.parametrize("method", ["update", "backtest", "score"])
@pytest.mark.parametrize("freq", ["h", "7D", "2D"])
def test_rows_that_go_on_by_another_step_are_refused(method, freq):
    model = NaiveForecaster(horizon=2).fit(
        pd.Series(np.arange(40.0), pd.date_range("2024-01-01", periods=40))
    )
    later = pd.Series(np.arange(30.0), pd.date_range("2024-02-10", periods=30, freq=freq))
    with pytest.raises(InputError, match=rf"{method}: X has a row at .* where 2024-02-11 .* is needed"):
        getattr(model, method)(later)


@pytest.mark.parametrize("start", [0.0, -12.1, 1.7e9])  # the second passes through zero
def test_rows_of_fractions_go_on_though_their_steps_are_rounded(start):
    step = 0.125 if start > 1e6 else 0.1  # a fraction that seconds since 1970 can hold
    x = pd.Series(np.arange(200.0), index=start + np.arange(200) * step)
    model = NaiveForecaster(horizon=2).fit(x[:120])
    assert len(model.backtest(x[120:])) == 79 * 2
    with pytest.raises(InputError, match=r"has a row at .* where .* is needed"):
        model.backtest(x[120::2])


def test_one_row_has_no_step_of_its_own():
    model = NaiveForecaster(horizon=2).fit(
        pd.Series(np.arange(40.0), pd.date_range("2024-01-01", periods=40))
    )
    model.update(pd.Series([7.0], pd.DatetimeIndex(["2024-02-10"])))
    assert model.predict().index[0] == pd.Timestamp("2024-02-11")


def test_business_days_and_month_ends_go_on_by_their_own_step():
    for freq in ("B", "ME", "QS", "7D"):
        index = pd.date_range("2024-01-01", periods=60, freq=freq)
        known = pd.Series(np.arange(40.0), index[:40])
        for later in (index[40:], pd.DatetimeIndex(list(index[40:]))):  # with a frequency, and without
            model = NaiveForecaster(horizon=2).fit(known)
            model.update(pd.Series(np.arange(20.0), later))
            assert model.predict().index[0] == index[-1] + index.freq


@pytest.mark.parametrize(
    ("months", "season"), [(1, 12), (3, 4), (12, 1)], ids=["monthly", "quarterly", "yearly"]
)
def test_calendar_steps_from_any_day_are_continued(months, season):
    step = pd.DateOffset(months=months)
    index = pd.date_range("2001-01-15", periods=60, freq=step)
    x = np.tile(np.arange(float(season)), 60)[:60]
    for given in (index, pd.DatetimeIndex(list(index))):
        model = SeasonalNaiveForecaster(horizon=3).fit(pd.Series(x, given))
        assert model.season_ == season
        forecast = model.predict()
        assert list(forecast.index) == [index[-1] + k * step for k in (1, 2, 3)]
        np.testing.assert_array_equal(forecast, np.resize(x[60 - season :], 3))
