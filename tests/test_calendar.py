"""Calendar features: positions in their cycles, wall time, tables in and out, what "auto" takes, errors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from sksequence import CalendarFeatures
from sksequence.exceptions import InputError, ParameterError
from sksequence.preprocessing.calendar import CALENDAR, calendar_columns, calendar_features

# A Saturday noon, the 15th of 30 days, in the 24th ISO week and the second quarter of a leap year.
NOON = pd.DatetimeIndex(["2024-06-15 12:30:15"])


@pytest.mark.parametrize(
    "check",
    [
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_get_params_invariance",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_set_params",
        "check_valid_tag_types",
    ],
)
def test_scikit_learn_contract(check):
    # The other checks pass arrays, which have no times; scikit-learn skips them all by the tag.
    assert not CalendarFeatures().__sklearn_tags__().input_tags.two_d_array
    getattr(estimator_checks, check)("CalendarFeatures", CalendarFeatures())


@pytest.mark.parametrize(
    ("feature", "share"),
    [
        ("minute", (30 * 60 + 15) / 3600),
        ("hour", (12 * 3600 + 30 * 60 + 15) / 86_400),
        ("weekday", 5 / 7),
        ("day", 14 / 30),
        ("week", 23 * 7 / 365.2425),
        ("month", 5 / 12),
        ("quarter", 1 / 4),
        ("day_of_year", 166 / 365.2425),
    ],
)
def test_cycle_is_a_sine_and_a_cosine_of_the_share_gone_by(feature, share):
    values, names = calendar_columns(NOON, [feature])
    assert names == [f"{feature}_sin", f"{feature}_cos"]
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [[np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)]], atol=1e-6)


def test_weekend_is_saturday_and_sunday():
    values, names = calendar_columns(pd.date_range("2024-06-10", periods=7), ["weekend"])
    assert names == ["weekend"]
    assert values[:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("feature", [feature for feature in CALENDAR if feature != "weekend"])
def test_the_end_of_a_cycle_is_near_its_beginning(feature):
    # No step of the fastest row that a feature has moves it by more than a share of the circle.
    step, circle = {"minute": ("10s", 360), "hour": ("1min", 1440)}.get(feature, ("D", 365))
    index = pd.date_range("2023-12-01", periods=60_000 if step == "10s" else 3_000, freq=step)
    values, _ = calendar_columns(index, [feature])
    angle = np.unwrap(np.arctan2(values[:, 0], values[:, 1]).astype(float))
    coarse = {"weekday": 7, "day": 28, "week": 52, "month": 12, "quarter": 4}
    largest = 2 * np.pi / coarse.get(feature, circle)
    assert np.diff(angle).min() > -1e-3
    # A calendar year is 1.24 days, or 1.18 weeks, off the mean one at most.
    assert np.diff(angle).max() < 1.25 * largest


def test_harmonics_divide_the_cycle():
    values, names = calendar_columns(NOON, ["hour", "weekend"], harmonics=2)
    assert names == ["hour_sin", "hour_cos", "hour_sin2", "hour_cos2", "weekend"]
    angle = 2 * np.pi * (12 * 3600 + 30 * 60 + 15) / 86_400
    np.testing.assert_allclose(values[0, 2:4], [np.sin(2 * angle), np.cos(2 * angle)], atol=1e-6)
    assert list(CalendarFeatures(["hour", "weekend"], harmonics=2).fit(NOON).transform(NOON)) == names


def test_hours_are_those_of_the_clock_on_the_wall():
    # The night from 2 to 3 o'clock does not exist on this day.
    local = pd.date_range("2024-03-31", periods=4, freq="h", tz="Europe/Berlin")
    naive = pd.DatetimeIndex(["2024-03-31 00:00", "2024-03-31 01:00", "2024-03-31 03:00", "2024-03-31 04:00"])
    found, _ = calendar_columns(local, ["hour", "weekday"])
    np.testing.assert_array_equal(found, calendar_columns(naive, ["hour", "weekday"])[0])
    assert not np.allclose(found, calendar_columns(local.tz_convert("UTC"), ["hour", "weekday"])[0])


@pytest.mark.parametrize("freq", ["h", "D", "W", "M", "Q"])
def test_a_period_counts_by_its_first_moment(freq):
    periods = pd.period_range("2024-01-01", periods=30, freq=freq)
    found, _ = calendar_columns(periods, CALENDAR)
    np.testing.assert_array_equal(found, calendar_columns(periods.start_time, CALENDAR)[0])


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        ("30min", ("hour", "weekday", "day_of_year")),
        ("h", ("hour", "weekday", "day_of_year")),
        ("12h", ("hour", "weekday", "day_of_year")),
        ("D", ("weekday", "day_of_year")),
        ("B", ("weekday", "day_of_year")),
        ("W", ("day_of_year",)),
        ("MS", ("month",)),
        ("ME", ("month",)),
        ("QS", ("quarter",)),
        ("YS", ()),
    ],
)
def test_auto_follows_the_step(freq, expected):
    index = pd.date_range("2021-01-01", "2022-01-31", freq=freq)
    assert CalendarFeatures().fit(index).features_ == expected
    # Neither the zone, nor missing rows, nor several series, nor their unit change the step.
    assert calendar_features(index.tz_localize("America/Phoenix"), "auto", caller="f") == expected
    assert calendar_features(index.delete([1]), "auto", caller="f") == expected
    assert calendar_features(index.as_unit("s"), "auto", caller="f") == expected
    panel = pd.MultiIndex.from_product([["a", "b"], index])
    assert calendar_features(panel, "auto", caller="f") == expected


@pytest.mark.parametrize(
    ("freq", "n", "expected"),
    [
        ("h", 23, ()),
        ("h", 24, ("hour",)),
        ("h", 167, ("hour",)),
        ("h", 168, ("hour", "weekday")),
        ("h", 8735, ("hour", "weekday")),
        ("h", 8736, ("hour", "weekday", "day_of_year")),
        ("D", 6, ()),
        ("D", 363, ("weekday",)),
        ("D", 364, ("weekday", "day_of_year")),
        ("W", 51, ()),
        ("W", 52, ("day_of_year",)),
        ("MS", 11, ()),
        ("MS", 12, ("month",)),
        ("QS", 3, ()),
        ("QS", 4, ("quarter",)),
    ],
)
def test_auto_takes_cycles_that_the_rows_cover(freq, n, expected):
    index = pd.date_range("2023-01-01", periods=n, freq=freq)
    assert calendar_features(index, "auto", caller="f") == expected


def test_days_of_a_zone_stay_days_when_the_clock_is_changed():
    index = pd.date_range("2023-03-30", periods=367, tz="Europe/Berlin")
    assert calendar_features(index, "auto", caller="f") == ("weekday", "day_of_year")


def test_nothing_is_asked_for_without_features():
    assert calendar_features(pd.RangeIndex(5), None, caller="f") == ()
    assert calendar_features(None, None, caller="f") == ()
    assert calendar_columns(NOON, ())[0].shape == (1, 0)


def test_columns_of_a_table_stay_in_front():
    index = pd.date_range("2024-01-01", periods=48, freq="h")
    table = pd.DataFrame({"load": np.arange(48.0), "wind": 1}, index=index)
    before = table.copy()
    features = CalendarFeatures(("hour", "weekend"))
    out = features.fit_transform(table)
    assert (
        list(out)
        == ["load", "wind", "hour_sin", "hour_cos", "weekend"]
        == list(features.get_feature_names_out())
    )
    pd.testing.assert_frame_equal(out[["load", "wind"]], table)
    pd.testing.assert_frame_equal(table, before)
    assert out.index.freq == index.freq
    assert (features.n_features_in_, features.feature_names_in_.tolist()) == (2, ["load", "wind"])
    pd.testing.assert_frame_equal(features.fit_transform(table["load"]), out.drop(columns="wind"))


def test_an_index_alone_gives_the_new_columns_alone():
    index = pd.date_range("2024-01-01", periods=200, freq="h")
    load = pd.Series(np.arange(170.0), index=index[:170], name="load")
    features = CalendarFeatures().fit(load)
    whole = features.transform(index)
    assert list(whole) == ["hour_sin", "hour_cos", "weekday_sin", "weekday_cos"]
    pd.testing.assert_frame_equal(
        whole[:170], features.transform(load).drop(columns="load"), check_freq=False
    )


def test_panels_keep_their_index():
    index = pd.MultiIndex.from_product(
        [["a", "b"], pd.date_range("2024-01-01", periods=3)], names=["id", "day"]
    )
    out = CalendarFeatures(["weekday"]).fit_transform(pd.DataFrame({"load": np.arange(6.0)}, index=index))
    assert out.index.equals(index)
    np.testing.assert_array_equal(out["weekday_sin"][:3], out["weekday_sin"][3:])
    assert out["weekday_sin"].nunique() == 3


def test_calendar_features_stand_in_a_pipeline():
    index = pd.date_range("2023-01-01", periods=24 * 7 * 4, freq="h")
    X = pd.DataFrame({"wind": np.random.default_rng(0).normal(size=len(index))}, index=index)
    y = 3 * X["wind"] + np.cos(2 * np.pi * index.hour / 24) + 5 * (index.day_of_week >= 5)
    model = make_pipeline(CalendarFeatures(("hour", "weekend")), LinearRegression())
    model.set_output(transform="pandas").fit(X[:400], y[:400])
    assert model.score(X[400:], y[400:]) > 0.999999
    assert list(model[0].get_feature_names_out()) == list(model[1].feature_names_in_)
    assert clone(model[0]).get_params() == {"features": ("hour", "weekend"), "harmonics": 1}


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.zeros((5, 2)), "an object of type ndarray came"),
        (pd.Series(np.zeros(5)), "an index of int64"),
        (pd.timedelta_range("0h", periods=3, freq="h"), "an index of timedelta64"),
        (pd.DatetimeIndex(["2024-01-01", None]), "missing time in row 1"),
    ],
)
def test_rows_without_times_are_refused(X, says):
    with pytest.raises(InputError, match=f"CalendarFeatures.fit: .*{says}"):
        CalendarFeatures().fit(X)


def test_what_does_not_fit_is_refused():
    index = pd.date_range("2024-01-01", periods=3)
    table = pd.DataFrame({"a": [1.0, 2, 3], "weekday_sin": 0.0}, index=index)
    with pytest.raises(InputError, match=r"X has the columns \['weekday_sin'\] already"):
        CalendarFeatures(["weekday"]).fit_transform(table)
    features = CalendarFeatures().fit(table[["a"]])
    with pytest.raises(ValueError, match="X has 2 features, but CalendarFeatures is expecting 1"):
        CalendarFeatures().fit(table[["a"]].set_axis([0], axis=1)).transform(table.set_axis([0, 1], axis=1))
    with pytest.raises(ValueError, match="feature names should match"):
        features.transform(table[["a"]].rename(columns={"a": "b"}))
    with pytest.raises(InputError, match="is not equal to feature_names_in_"):
        features.get_feature_names_out(["b"])
    with pytest.raises(InputError, match=r"f: the calendar features \['moon'\] came"):
        calendar_features(index, ("hour", "moon"), caller="f")
    with pytest.raises(InputError, match="f: X has no index"):
        calendar_features(None, "auto", caller="f")
    with pytest.raises(
        ParameterError, match="'features' parameter of CalendarFeatures must be 'auto' or a list"
    ):
        CalendarFeatures("hour").fit(index)
    with pytest.raises(ParameterError, match="transform='polars' came"):
        CalendarFeatures().set_output(transform="polars")
