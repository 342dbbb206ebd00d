"""How sure a forecast is: intervals, quantiles and paths, and what they rest on."""

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from sksequence import (
    DriftForecaster,
    LinearForecaster,
    LSTMForecaster,
    NaiveForecaster,
    SeasonalNaiveForecaster,
    SequenceArray,
)
from sksequence.exceptions import InputError

pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")

HORIZON = 3
QUICK = {
    "horizon": HORIZON,
    "window": 8,
    "segment": 4,
    "hidden_size": 8,
    "max_epochs": 1,
    "validation_fraction": 0.3,
    "refit": False,
    "random_state": 0,
}
DISTRIBUTIONS = ("quantile", "normal", "student_t", "negative_binomial")
RULES = (NaiveForecaster, SeasonalNaiveForecaster, DriftForecaster, LinearForecaster)


def quick(**options):
    return LSTMForecaster(**(QUICK | options))


def noise(n=150, *, seed=0, spread=1.0):
    """Independent normal values around 20: nothing to learn but their spread."""
    return 20 + spread * np.random.default_rng(seed).normal(size=n)


def counts(n=150, seed=0):
    return np.random.default_rng(seed).poisson(4, n).astype(float)


def days(values, start="2021-01-01"):
    return pd.Series(values, index=pd.date_range(start, periods=len(values), name="day"), name="y")


def table():
    return pd.DataFrame({"a": noise(), "b": 100 * noise(seed=1)}, index=days(noise()).index)


# ---------------------------------------------------------------------- forms
@pytest.mark.parametrize(
    ("X", "shape"),
    [
        (noise(), (HORIZON,)),
        (table().to_numpy(), (HORIZON, 2)),
        (np.stack([table().to_numpy()] * 3), (3, HORIZON, 2)),
        (SequenceArray.from_list([table().to_numpy(), table().to_numpy()[:50]]), (2, HORIZON, 2)),
    ],
    ids=["vector", "matrix", "stack", "sequences"],
)
def test_arrays_get_a_last_axis(X, shape):
    model = quick().fit(X)
    assert model.predict_interval().shape == (*shape, 2)
    assert model.predict_quantiles(quantiles=[0.1, 0.3, 0.5, 0.9]).shape == (*shape, 4)
    assert model.sample(n=7).shape == (*shape, 7)
    assert model.predict_interval().dtype == np.float64


def test_what_is_asked_for_may_follow_the_series():
    X = noise()
    model = quick().fit(X)
    np.testing.assert_array_equal(model.predict_interval(X, 0.5), model.predict_interval(X, coverage=0.5))
    levels = [0.2, 0.8]
    given, named = model.predict_quantiles(X, levels), model.predict_quantiles(quantiles=levels)
    np.testing.assert_array_equal(given, named)
    assert model.sample(X, 6).shape == model.sample(X, n=6).shape == (HORIZON, 6)


def test_tables_get_columns():
    following = pd.date_range(days(noise()).index[-1], periods=HORIZON + 1, name="day")[1:]
    series = quick().fit(days(noise()))
    for made, name, labels in (
        (series.predict_interval(), "bound", ["lower", "upper"]),
        (series.predict_quantiles(), "quantile", [0.1, 0.5, 0.9]),
        (series.sample(n=4), "sample", [0, 1, 2, 3]),
    ):
        assert made.index.equals(following)
        assert made.columns.name == name
        assert list(made.columns) == labels
    frame = quick().fit(table())
    bounds = frame.predict_interval()
    assert bounds.columns.tolist() == [(c, b) for c in "ab" for b in ("lower", "upper")]
    assert bounds.index.equals(following)
    assert bounds.columns.names == [None, "bound"]
    assert (bounds["b"]["lower"] > 1000).all()
    assert (bounds["a"]["upper"] < 100).all()


def test_collections_get_columns_in_each():
    parts = {"x": days(noise()), "y": days(noise(80, seed=1))}
    model = quick().fit(parts)
    bounds = model.predict_interval()
    assert list(bounds) == ["x", "y"]
    assert list(bounds["y"].columns) == ["lower", "upper"]
    listed = quick().fit(list(parts.values())).predict_interval()
    pd.testing.assert_frame_equal(listed[1], bounds["y"])
    long = quick().fit(pd.concat(parts, names=["shop"]).to_frame()).predict_interval()
    assert long.index.names == ["shop", "day"]
    np.testing.assert_allclose(long.loc["y"].to_numpy(), bounds["y"].to_numpy())
    polars = pytest.importorskip("polars")
    made = quick().fit(polars.DataFrame({"a": noise(), "b": noise(seed=1)})).predict_interval()
    assert made.columns == ["a_lower", "a_upper", "b_lower", "b_upper"]


@pytest.mark.parametrize("rule", RULES)
def test_simple_forecasters_say_how_sure_they_are(rule):
    model = rule(horizon=HORIZON).fit(table())
    bounds = model.predict_interval(coverage=0.8)
    point = model.predict()
    for column in "ab":
        assert (bounds[column]["lower"] < point[column]).all()
        assert (bounds[column]["upper"] > point[column]).all()
    assert list(model.predict_quantiles()["a"].columns) == [0.1, 0.5, 0.9]
    one, two = (model.sample(n=5, random_state=0) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


# ---------------------------------------------------------------------- what they promise
def covered(bounds, later):
    return ((bounds["lower"] <= later) & (later <= bounds["upper"])).mean()


def test_errors_keep_their_unit_where_all_rows_show_another_season():
    index = pd.date_range("2012-01-01", periods=48, freq="MS")
    noise = np.random.default_rng(0).normal(0, 0.1, 48)
    series = pd.Series(10 + np.sin(2 * np.pi * index.month / 12) + noise, index=index)
    model = LSTMForecaster(horizon=6, random_state=0)
    early = clone(model).set_params(refit=False).fit(series[:36])
    assert (early.seasons_, model.fit(series[:36]).seasons_) == ((), (12,))  # 24 rows are too few to tell
    with pytest.warns(UserWarning, match="needs the errors of"):
        made = model.backtest(series[36:], coverage=0.9)
    assert ((made["lower"] <= made["target"]) & (made["target"] <= made["upper"])).mean() > 0.8


def test_levels_in_place_of_a_series_are_refused():
    with pytest.raises(InputError, match="a series of 3 values that look like levels"):
        quick().fit(noise()).predict_quantiles([0.1, 0.5, 0.9])


@pytest.mark.parametrize(
    ("method", "number", "meant"),
    [
        ("predict_interval", 0.8, "coverage=0.8"),
        ("predict_quantiles", 0.5, "quantiles=0.5"),
        ("sample", 100, "n=100"),
    ],
)
def test_a_number_in_place_of_a_series_is_refused(method, number, meant):
    with pytest.raises(InputError, match=f"{method}: X is {number}, a single number.*{meant}"):
        getattr(quick().fit(noise()), method)(number)


@pytest.mark.parametrize("model", [quick(), NaiveForecaster(horizon=HORIZON)])
def test_a_horizon_in_place_of_a_series_is_refused(model):
    name = type(model).__name__
    match = rf"{name}.predict: X is 24, a single number.*{name}\(horizon=24\); predict\(\) without X"
    with pytest.raises(InputError, match=match):
        model.fit(noise()).predict(24)


@pytest.mark.parametrize(
    ("value", "shown"), [(3, "3"), (None, "None"), ("load", "'load'"), (np.array(2.5), "2.5")]
)
@pytest.mark.parametrize("method", ["fit", "update", "backtest", "score"])
def test_a_single_value_is_no_series(method, value, shown):
    match = f"NaiveForecaster.{method}: X is {shown}, a single value, but a series is needed"
    with pytest.raises(InputError, match=match):
        getattr(NaiveForecaster(horizon=HORIZON).fit(noise()), method)(value)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(
    "model", [quick(validation_fraction=0.5), LinearForecaster(horizon=HORIZON, window=8)]
)
def test_coverage_of_one_series_is_that_asked_for(model, coverage):
    X = noise(4000)
    made = model.set_params(validation_fraction=0.5).fit(X[:2000]).backtest(X[2000:], coverage=coverage)
    inside = (made["lower"] <= made["target"]) & (made["target"] <= made["upper"])
    assert inside.mean() == pytest.approx(coverage, abs=0.035)
    for _, rows in made.groupby("step"):
        assert inside[rows.index].mean() == pytest.approx(coverage, abs=0.045)


def test_coverage_of_a_panel_is_that_asked_for():
    # Spreads of unlike size: errors count in units of the window's own.
    X = [noise(60, seed=i, spread=10.0 ** (i % 3 - 1)) for i in range(120)]
    model = quick(validation_fraction=0.4, log=False).fit([x[:-HORIZON] for x in X])
    bounds = np.stack(model.predict_interval(coverage=0.8))
    later = np.stack([x[-HORIZON:] for x in X])
    inside = (bounds[..., 0] <= later) & (later <= bounds[..., 1])
    assert inside.mean() == pytest.approx(0.8, abs=0.07)
    for i in range(3):
        assert inside[i::3].mean() == pytest.approx(0.8, abs=0.12)
    joint = np.stack(model.predict_interval(coverage=0.8, simultaneous=True))
    whole = ((joint[..., 0] <= later) & (later <= joint[..., 1])).all(axis=1)
    assert whole.mean() == pytest.approx(0.8, abs=0.12)
    assert inside.all(axis=1).mean() < whole.mean()


def test_simultaneous_intervals_are_wider():
    model = quick().fit(noise(400))
    alone, whole = (model.predict_interval(simultaneous=s) for s in (False, True))
    assert (whole[:, 0] <= alone[:, 0]).all()
    assert (whole[:, 1] >= alone[:, 1]).all()
    assert (np.diff(whole) > np.diff(alone)).all()


def test_wider_coverage_makes_wider_intervals():
    model = quick().fit(noise(400))
    narrow, wide = (model.predict_interval(coverage=c) for c in (0.5, 0.9))
    assert (wide[:, 0] < narrow[:, 0]).all()
    assert (wide[:, 1] > narrow[:, 1]).all()
    # An interval is made of two quantiles.
    np.testing.assert_allclose(model.predict_quantiles(quantiles=[0.05, 0.95]), wide)


@pytest.mark.parametrize("loss", ["absolute_error", *DISTRIBUTIONS])
@pytest.mark.parametrize("fraction", [0.3, None])
def test_quantiles_rise_with_their_level(loss, fraction):
    if loss == "absolute_error" and fraction is None:
        pytest.skip("A point forecast has no quantiles of its own.")
    model = quick(loss=loss, validation_fraction=fraction).fit(counts())
    levels = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
    made = model.predict_quantiles(quantiles=levels)
    assert (np.diff(made, axis=1) >= 0).all()
    assert (made[:, -1] > made[:, 0]).all()
    # In whatever order they are asked for.
    np.testing.assert_array_equal(model.predict_quantiles(quantiles=levels[::-1]), made[:, ::-1])
    np.testing.assert_array_equal(model.predict_quantiles(quantiles=0.9)[:, 0], made[:, 5])


# ---------------------------------------------------------------------- without calibration
@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_a_distribution_needs_no_calibration(loss):
    X = counts(600)
    model = quick(loss=loss, validation_fraction=None, max_epochs=15, lr=0.01, hidden_size=8).fit(X[:400])
    assert model.calibration_ is None
    made = model.backtest(X[400:], coverage=0.8)
    # Whole numbers on a bound are inside, so that more can be.
    assert 0.7 < covered(made, made["target"]) < 0.97
    np.testing.assert_allclose(
        model.predict_quantiles(quantiles=[0.1, 0.9]), model.predict_interval(coverage=0.8)
    )
    paths = model.sample(n=4000, random_state=0)
    np.testing.assert_allclose(
        np.quantile(paths, [0.25, 0.75], axis=1).T, model.predict_quantiles(quantiles=[0.25, 0.75]), atol=0.35
    )
    with pytest.raises(
        InputError, match=r"predict_interval: simultaneous=True came, but nothing was held back"
    ):
        model.predict_interval(simultaneous=True)


@pytest.mark.parametrize("loss", ["absolute_error", "squared_error"])
def test_points_need_calibration(loss):
    model = quick(loss=loss, validation_fraction=None).fit(noise())
    for method in ("predict_interval", "predict_quantiles", "sample"):
        with pytest.raises(
            InputError, match=rf"LSTMForecaster.{method}: nothing was held back .* Set validation_fraction"
        ):
            getattr(model, method)()
    with pytest.raises(InputError, match=r"LSTMForecaster.backtest: nothing was held back"):
        model.backtest(noise(), coverage=0.8)
    short = quick(loss=loss, horizon=10).fit(noise(20))
    with pytest.raises(InputError, match="give series of more than 20 rows"):
        short.predict_interval()


@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_calibration_corrects_a_distribution(loss):
    """A distribution that was hardly trained covers what is asked for all the same."""
    X = counts(3000)
    model = quick(loss=loss, validation_fraction=0.5).fit(X[:1500])
    made = model.backtest(X[1500:], coverage=0.8)
    # Whole numbers on a bound are inside, so that more can be.
    assert 0.76 < covered(made, made["target"]) < 0.95


@pytest.mark.parametrize(
    ("quantiles", "came"),
    [
        ([], r"quantiles=\[\] came, but at least one level"),
        ([[0.1, 0.9]], r"quantiles=\[\[0.1, 0.9\]\] came, but at least one level"),
        ([0.1, 1.5], "quantiles=1.5 came"),
        (np.array([1.5]), "quantiles=1.5 came"),
        (["a"], "quantiles='a' came"),
    ],
)
def test_levels_that_are_none_are_told_as_they_came(quantiles, came):
    model = NaiveForecaster(horizon=HORIZON).fit(noise())
    with pytest.raises(InputError, match=rf"predict_quantiles: {came}"):
        model.predict_quantiles(quantiles=quantiles)
    with pytest.raises(InputError, match=r"predict_interval: coverage=1\.5 came"):
        model.predict_interval(coverage=np.float64(1.5))


@pytest.mark.parametrize("bad", [0, 1, 1.0, 0.0, -0.1, 95, "0.9", None, np.nan])
def test_shares_are_between_0_and_1(bad):
    model = quick().fit(noise())
    with pytest.raises(
        InputError, match=r"predict_interval: coverage=.* but a number between 0 and 1 is needed"
    ):
        model.predict_interval(coverage=bad)
    with pytest.raises(InputError, match=r"predict_quantiles: quantiles=.* but a number between 0 and 1"):
        model.predict_quantiles(quantiles=[0.5, 1.0 if isinstance(bad, str) or bad is None else bad])
    with pytest.raises(InputError, match=r"backtest: coverage=.* but a number between 0 and 1"):
        model.backtest(noise(), coverage="0.9" if bad is None else bad)


@pytest.mark.parametrize("bad", [0, -1, 2.5, "10"])
def test_samples_are_counted(bad):
    with pytest.raises(InputError, match=r"sample: n=.* but an int >= 1 is needed"):
        quick().fit(noise()).sample(n=bad)


# ---------------------------------------------------------------------- paths
@pytest.mark.parametrize("fraction", [0.3, None])
def test_paths_are_reproducible(fraction):
    model = quick(loss="normal", validation_fraction=fraction).fit(noise())
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    one = model.sample(n=5, random_state=3)
    np.testing.assert_array_equal(one, model.sample(n=5, random_state=3))
    np.testing.assert_array_equal(
        model.sample(n=5, random_state=np.random.RandomState(3)),
        model.sample(n=5, random_state=np.random.RandomState(3)),
    )
    assert not np.array_equal(one, model.sample(n=5, random_state=4))
    # The forecaster's own seed stands in.
    np.testing.assert_array_equal(model.sample(n=5), model.sample(n=5, random_state=0))
    free = quick(loss="normal", validation_fraction=fraction, random_state=None).fit(noise())
    assert not np.array_equal(free.sample(n=5), free.sample(n=5))
    rule = NaiveForecaster(horizon=2).fit(noise())
    assert not np.array_equal(rule.sample(n=5), rule.sample(n=5))
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_steps_of_a_path_hang_together():
    """Errors of a naive forecast of a random walk grow along a path; shuffled steps would be unrelated."""
    walk = np.cumsum(np.random.default_rng(0).normal(size=2000))
    model = NaiveForecaster(horizon=6).fit(walk)
    paths = model.sample(n=3000, random_state=0)
    together = np.corrcoef(paths)
    assert together[0, 1] == pytest.approx(np.sqrt(1 / 2), abs=0.1)
    assert together[2, 5] == pytest.approx(np.sqrt(3 / 6), abs=0.1)
    # And step by step they are as wide as the intervals.
    np.testing.assert_allclose(
        np.quantile(paths, [0.1, 0.9], axis=1).T, model.predict_quantiles(quantiles=[0.1, 0.9]), atol=0.6
    )


# ---------------------------------------------------------------------- later errors
def test_update_makes_intervals_follow_a_shift():
    X = days(np.r_[noise(600), noise(900, seed=1, spread=4.0)])
    # The unit of errors is the window's own spread, which would follow by itself: take the rule's scores.
    model = LinearForecaster(horizon=1, window=8, validation_fraction=0.5).fit(X[:600])
    known = model.calibration_
    model.update(X[600:650])
    assert len(model.calibration_.scores) == len(known.scores) + 50
    for i in range(650, 900, 50):
        model.update(X[i : i + 50])
    assert len(model.calibration_.scores) == len(known.scores) + 300
    made = model.backtest(X[900:], coverage=0.8)
    assert covered(made, made["target"]) == pytest.approx(0.8, abs=0.06)


def test_update_learns_from_errors_that_grow_beyond_the_spread():
    """Steps that were mostly small beside their mean size, and then are not."""
    steps = np.random.default_rng(0).normal(size=1500)
    X = days(np.cumsum(np.r_[steps[:500] ** 5, steps[500:]]))
    model, column = NaiveForecaster(horizon=1).fit(X[:500]), np.array([0])
    before = np.diff(model.calibration_.band(0.5, column), axis=0).item()
    known = model.backtest(X[1100:], coverage=0.5)
    assert covered(known, known["target"]) < 0.1
    model.update(X[500:1100])
    after = np.diff(model.calibration_.band(0.5, column), axis=0).item()
    plain = np.diff(model.calibration_.band(0.5, column, adaptive=False), axis=0).item()
    assert after > plain > 3 * before
    made = model.backtest(X[1100:], coverage=0.5)
    assert covered(made, made["target"]) == pytest.approx(0.5, abs=0.08)


def test_update_in_pieces_calibrates_as_at_once():
    X = days(noise(200))
    whole, parts = quick().fit(X[:150]), quick().fit(X[:150])
    whole.update(X[150:])
    for first, stop in ((150, 151), (151, 153), (153, 180), (180, 200)):
        parts.update(X[first:stop])
    np.testing.assert_allclose(parts.calibration_.scores, whole.calibration_.scores, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(parts.predict_interval(), whole.predict_interval(), rtol=1e-5)
    # What was forecast before the update, and came in it.
    n = len(quick().fit(X[:150]).calibration_.scores)
    expected = quick().fit(X[:150]).backtest(X[150 - HORIZON + 1 - 8 :])
    error = (expected["target"] - expected["forecast"]).to_numpy().reshape(-1, HORIZON)
    assert len(whole.calibration_.scores) - n == len(error)
    assert (np.sign(whole.calibration_.scores[n:]) == np.sign(error)).all()


def test_calibration_is_saved(tmp_path):
    X = days(noise(200))
    model = quick().fit(X[:150]).update(X[150:170])
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    pd.testing.assert_frame_equal(loaded.predict_interval(), model.predict_interval())
    pd.testing.assert_frame_equal(
        loaded.update(X[170:]).predict_interval(simultaneous=True),
        model.update(X[170:]).predict_interval(simultaneous=True),
    )


def test_backtest_gives_the_bounds_of_predict_interval():
    X = days(noise(200))
    model = quick().fit(X[:150])
    made = model.backtest(X[150:], coverage=0.8)
    origin = X.index[165]
    rows = made[made["origin"] == origin]
    alone = model.predict_interval(X[:origin], coverage=0.8)
    np.testing.assert_allclose(rows[["lower", "upper"]], alone, rtol=1e-5)
    assert "lower" not in model.backtest(X[150:])


# ---------------------------------------------------------------------- scales and counts
def test_logarithms_keep_bounds_positive():
    X = np.exp(np.random.default_rng(0).normal(0, 1.5, 300))
    model = quick(log=True).fit(X)
    assert (model.predict_interval(coverage=0.95) > 0).all()
    assert (model.sample(n=200) > 0).all()
    assert (quick(log=False).fit(X).predict_interval(coverage=0.95)[:, 0] < 0).any()


def test_counts_are_needed_for_a_negative_binomial():
    for X, message in ((noise(), "counts"), (counts() - 3, "counts")):
        with pytest.raises(InputError, match=rf"LSTMForecaster.fit: .*{message}"):
            quick(loss="negative_binomial").fit(X)


@pytest.mark.parametrize("fraction", [0.3, None])
def test_negative_binomial_is_never_negative(fraction):
    rare = np.random.default_rng(0).poisson(0.4, 200).astype(float)
    model = quick(loss="negative_binomial", validation_fraction=fraction).fit(rare)
    made = model.predict_quantiles(quantiles=[0.02, 0.05, 0.5, 0.98])
    assert (made >= 0).all()
    assert (model.sample(n=100) >= 0).all()
    assert (model.predict() >= 0).all()
    assert model.predict_interval(coverage=0.95)[:, 0].min() >= 0


# ---------------------------------------------------------------------- missing values
@pytest.mark.parametrize("loss", ["absolute_error", "normal"])
def test_missing_targets_poison_nothing(loss):
    X = noise(300)
    X[np.random.default_rng(1).choice(300, 60, replace=False)] = np.nan
    model = quick(missing="mask", loss=loss).fit(X)
    assert np.isfinite(model.skill_)
    assert all(np.isfinite(skill) for skill in model.skills_.values())
    assert np.isnan(model.calibration_.scores).any()
    assert np.isfinite(model.predict_interval()).all()
    assert np.isfinite(model.predict_interval(simultaneous=True)).all()
    assert np.isfinite(model.sample(n=20)).all()
    assert np.isfinite(model.score(X))
    model.update(np.r_[np.full(9, np.nan), noise(5)])
    assert np.isfinite(model.predict_interval()).all()


def test_errors_that_are_not_known_do_not_count():
    holes = noise(300)
    holes[250:254] = np.nan
    model = quick(missing="mask").fit(holes)
    assert np.isnan(model.calibration_.scores).sum() == 4 * HORIZON
    assert np.isfinite(model.predict_interval()).all()
    # Windows in which nothing tells how much the series moves take the usual.
    holes[250:260] = np.nan
    model = quick(missing="mask").fit(holes)
    assert np.isnan(model.calibration_.scores).sum() == 10 * HORIZON


def test_adaptive_backtest_learns_from_errors_that_are_known_and_from_no_others():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=700) * np.where(np.arange(700) < 420, 0.2, 1.0)
    x = 10 + np.sin(np.arange(700) * np.pi / 6) + noise
    # A width that was learned when there was little noise.
    options = {"hidden_size": 8, "max_epochs": 10, "window": 24, "seasons": (12,), "loss": "normal"}
    model = LSTMForecaster(horizon=6, random_state=0, **options).fit(x[:400])
    before = model.calibration_
    tables = [model.backtest(x[376:], coverage=0.8, adaptive=adaptive) for adaptive in (False, True)]
    late = tables[0]["origin"] > 150
    inside = [((t["lower"] <= t["target"]) & (t["target"] <= t["upper"]))[late].mean() for t in tables]
    assert inside[0] < 0.6
    assert abs(inside[1] - 0.8) < 0.1
    assert model.calibration_ is before
    # Rows after an origin change nothing there.
    edited = x[376:].copy()
    edited[200:] += 50
    other = model.backtest(edited, coverage=0.8, adaptive=True)
    early = tables[1]["origin"] < 200
    columns = ["forecast", "lower", "upper"]
    np.testing.assert_array_equal(other.loc[early, columns], tables[1].loc[early, columns])
    assert (other.loc[~early, "upper"] != tables[1].loc[~early, "upper"]).any()


def weekly(n_rows, seed):
    rng = np.random.default_rng(seed)
    return 50 + 10 * np.sin(2 * np.pi * np.arange(n_rows) / 7) + rng.normal(size=n_rows)


@pytest.mark.parametrize("loss", ["normal", "student_t", "quantile"])
def test_errors_come_along_to_the_network_that_learns_from_all_rows(loss):
    # A second network that has made more steps is surer of itself than the one whose errors were measured.
    inside = []
    for i in range(8):
        X = weekly(207, seed=100 + i)
        model = LSTMForecaster(horizon=7, loss=loss, max_epochs=8, random_state=i).fit(X[:200])
        low, high = model.predict_interval(coverage=0.9).T
        inside.append((low <= X[200:]) & (X[200:] <= high))
    assert np.mean(inside) > 0.82


@pytest.mark.parametrize("continued", ["partial_fit", "warm_start"])
def test_errors_come_along_where_training_goes_on(continued):
    def widths():
        _, own = model._ahead(None, None, "predict")
        return own.below.mean(), np.diff(model.predict_interval(), axis=1).mean()

    X = weekly(200, seed=0)
    model = LSTMForecaster(horizon=7, loss="normal", max_epochs=4, random_state=0).fit(X)
    own, calibrated = widths()
    if continued == "warm_start":
        model.set_params(warm_start=True, max_epochs=20).fit(X)
    else:
        for _ in range(20):
            model.partial_fit(X)
    surer, still = widths()
    assert surer < 0.5 * own
    assert still == pytest.approx(calibrated, rel=0.1)


@pytest.mark.parametrize(
    "model",
    [
        quick(),
        quick(loss="normal"),
        LinearForecaster(horizon=HORIZON),
        NaiveForecaster(horizon=HORIZON),
    ],
)
def test_columns_of_a_path_err_together(model):
    x = noise(300)
    X = np.column_stack([x, 3 - 2 * x])  # one tells the other
    model = clone(model).fit(X)
    errors = model.sample(n=400, random_state=0) - model.predict()[..., None]
    assert np.corrcoef(errors[0])[0, 1] < -0.8
    panel = clone(model).fit([x, x[::-1]])
    paths = panel.sample(n=400, random_state=0)
    both = [s - p[:, None] for s, p in zip(paths, panel.predict(), strict=True)]
    assert abs(np.corrcoef(both[0][0], both[1][0])[0, 1]) < 0.3


def test_quantiles_beyond_the_errors_seen_are_told_as_intervals_are():
    model = quick().fit(noise())
    with pytest.warns(UserWarning, match=r"the quantile 0.001 came, which needs the errors of \d+ held-back"):
        model.predict_quantiles(quantiles=(0.001, 0.5))
    model.predict_quantiles(quantiles=0.5)  # of which nothing is asked


def test_learning_from_errors_needs_a_coverage():
    X = noise()
    with pytest.raises(InputError, match="backtest: adaptive=True came without a coverage"):
        quick().fit(X).backtest(X, adaptive=True)
