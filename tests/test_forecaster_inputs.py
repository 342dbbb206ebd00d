"""Missing values, gaps of the index, and everything that must not change a forecast."""

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone

from sksequence import (
    DriftForecaster,
    LinearForecaster,
    LSTMForecaster,
    NaiveForecaster,
    SeasonalNaiveForecaster,
)
from sksequence.exceptions import InputError, ParameterError, SequenceTooShortError

pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")

HORIZON = 4
QUICK = {
    "horizon": HORIZON,
    "window": 12,
    "segment": 4,
    "hidden_size": 8,
    "max_epochs": 1,
    "validation_fraction": None,
    "missing": "mask",
    "random_state": 0,
}
LOSSES = ("absolute_error", "squared_error", "quantile", "normal", "student_t")


def quick(**options):
    return LSTMForecaster(**(QUICK | options))


def wave(n=120, *, seed=0):
    """A season of 12 and some noise around 10."""
    noise = np.random.default_rng(seed).normal(size=n)
    return 10 + 3 * np.sin(2 * np.pi * np.arange(n) / 12) + 0.3 * noise


def days(values, start="2021-01-01"):
    return pd.Series(values, index=pd.date_range(start, periods=len(values), name="day"), name="y")


def with_holes(n=120, *, seed=0, share=0.15):
    X = days(wave(n, seed=seed))
    X[np.random.default_rng(seed + 1).random(n) < share] = np.nan
    return X


def table(n=120, *, seed=0):
    """Targets, a plan, something else and a constant."""
    X = days(wave(n, seed=seed)).to_frame("a")
    rng = np.random.default_rng(seed + 5)
    return X.assign(
        b=100 + 9 * wave(n, seed=seed + 1), plan=rng.normal(size=n), other=rng.normal(size=n), size=seed
    )


TABLE_ROLES = {"target": ["a", "b"], "known_future": "plan", "static": "size", "calendar": "auto"}


def after(X, n=HORIZON):
    index = pd.date_range(X.index[-1], periods=n + 1, name="day")[1:]
    return pd.DataFrame({"plan": np.linspace(-1, 1, n)}, index=index)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.net_.module_.parameters()])


# ---------------------------------------------------------------------- missing values
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("normalization", ["window", "series", None])
def test_missing_targets_are_lived_with(loss, normalization):
    X = with_holes()
    model = quick(loss=loss, normalization=normalization, validation_fraction=0.2).fit(X)
    assert torch.isfinite(weights(model)).all()
    assert np.isfinite(model.predict()).all()
    assert np.isfinite(model.skill_)
    assert np.isfinite(model.score(X))
    made = model.backtest(X)
    assert np.isfinite(made["forecast"]).all()
    np.testing.assert_array_equal(made["target"][:HORIZON], X[12 : 12 + HORIZON])


def test_missing_values_are_refused_unless_allowed():
    X = with_holes()
    row = int(X.isna().argmax())
    with pytest.raises(
        InputError, match=rf"LSTMForecaster.fit: X has NaN in row {row} .* or set missing='mask'"
    ):
        quick(missing="raise").fit(X)
    model = quick(missing="raise").fit(days(wave()))
    for method in (model.predict, model.backtest, model.score):
        with pytest.raises(InputError, match=f"X has NaN in row {row}"):
            method(X)
    with pytest.raises(InputError, match="has only NaN in column 'b'"):
        quick().fit(table().assign(b=np.nan))
    with pytest.raises(InputError, match="infinite"):
        quick().fit(days(np.r_[wave(), np.inf]))
    with pytest.raises(InputError, match=r"Make infinite values NaN, with replace\(.*\). Fill them first"):
        quick(missing="raise").fit(days(np.r_[wave(), np.inf]))


@pytest.mark.parametrize("n_leading", [1, 30, 100])
def test_leading_missing_values_teach_nothing(n_leading):
    X = wave(140)
    X[:n_leading] = np.nan
    model = quick(window=8).fit(X)
    assert np.isfinite(model.predict()).all()
    # No window ends before the first value that was observed.
    assert model.backtest(X)["origin"].min() == max(n_leading, 7)
    # A forecast depends on the rows that were observed, not on how many were missing before.
    cut = np.r_[np.full(3, np.nan), X[n_leading:]]
    np.testing.assert_allclose(model.predict(cut), model.predict(X), rtol=1e-6)


def test_a_window_of_missing_values_is_forecast_all_the_same():
    model = quick().fit(with_holes())
    known = wave(60)
    for X in (np.r_[known, np.full(12, np.nan)], np.r_[known, np.full(40, np.nan)]):
        forecast = model.predict(X)
        assert np.isfinite(forecast).all()
        assert (np.abs(forecast - 10) < 8).all()
    nothing = model.predict(np.full(20, np.nan))
    assert (np.abs(nothing - 10) < 8).all()  # the mean of the training rows is all that is known
    rule = SeasonalNaiveForecaster(horizon=12, season=12, missing="mask").fit(wave())
    np.testing.assert_allclose(rule.predict(np.r_[known, np.full(12, np.nan)]), known[-12:])


def test_missing_targets_are_not_learned_from():
    """Rows of which nothing is known are worth nothing: only their neighbours teach."""
    X = wave(200)
    X[60:140] = np.nan
    model = quick(max_epochs=60, lr=0.01, linear=0).fit(X)
    # Were fillings learned from, a constant or a copy would be.
    fresh = wave(200, seed=3)
    made = model.backtest(fresh)
    assert (made["target"] - made["forecast"]).abs().mean() < 1.0


def test_a_missing_value_is_told_from_the_value_that_fills_it():
    X = days(wave())
    model = quick(hidden_size=32).fit(with_holes())
    assert model._fill_season == 12
    filled, holes = X.copy(), X.copy()
    filled.iloc[-3], holes.iloc[-3] = X.iloc[-15], np.nan
    assert (model.predict(holes) != model.predict(filled)).all()


@pytest.mark.parametrize("forecaster", [quick(), LinearForecaster(horizon=4, window=12, missing="mask")])
def test_forecasts_are_those_of_the_backtest_where_values_are_missing(forecaster):
    X = with_holes(share=0.3)
    X.iloc[70:88] = np.nan
    model = forecaster.fit(X[:60])
    made = model.backtest(X)
    for origin, rows in made.groupby("origin"):
        np.testing.assert_allclose(rows["forecast"], model.predict(X[:origin]), rtol=1e-5)
    np.testing.assert_allclose(made[made["origin"] == X.index[59]]["forecast"], model.predict(), rtol=1e-5)
    later = model.backtest(X[60:])
    pd.testing.assert_frame_equal(
        later, made[made["origin"] >= X.index[59]].reset_index(drop=True), check_exact=False, rtol=1e-5
    )
    for first, stop in ((60, 75), (75, 76), (76, 100)):
        model.update(X[first:stop])
        np.testing.assert_allclose(model.predict(), model.predict(X[:stop]), rtol=1e-5)


def test_missing_covariates_are_lived_with():
    X = table()
    rng = np.random.default_rng(0)
    for column in ("a", "b", "plan", "other"):
        X.loc[rng.random(len(X)) < 0.2, column] = np.nan
    model = quick(**TABLE_ROLES, validation_fraction=0.2).fit(X)
    future = after(X)
    assert np.isfinite(model.predict(future=future)).to_numpy().all()
    assert np.isfinite(model.score(X))
    made = model.backtest(X)
    assert np.isfinite(made["forecast"]).all()
    origin = X.index[60]
    alone = model.predict(X[:origin], future=X[origin:][1:])
    rows = made[made["origin"] == origin].pivot(index="step", columns="column", values="forecast")
    # Of plans missing ahead, the last one known holds.
    np.testing.assert_allclose(rows, alone, rtol=1e-5)


def test_no_later_value_fills_a_hole():
    X, cut = table(), 80
    X.iloc[cut - 3 : cut + 2, :4] = np.nan
    model = quick(**TABLE_ROLES).fit(X)
    later = X.copy()
    later.iloc[cut:, [0, 1, 3]] = 7 * later.iloc[cut:, [0, 1, 3]] + 50
    one, other = model.backtest(X), model.backtest(later)
    before = (one["origin"] < X.index[cut]).to_numpy()
    np.testing.assert_array_equal(one["forecast"][before], other["forecast"][before])
    assert (one["forecast"] != other["forecast"])[~before].any()


@pytest.mark.parametrize(
    "other",
    [
        lambda X: X.astype("Float64"),
        lambda X: X.astype(object).where(X.notna(), None),
        lambda X: X.where(X.notna(), -np.nan),
    ],
    ids=["nullable", "None", "negative NaN"],
)
def test_what_stands_for_a_missing_value_does_not_matter(other):
    X = with_holes()
    one, two = quick(validation_fraction=0.2).fit(X), quick(validation_fraction=0.2).fit(other(X))
    assert torch.equal(weights(one), weights(two))
    assert one.skill_ == two.skill_
    np.testing.assert_array_equal(one.predict(), two.predict().astype(float))


# ---------------------------------------------------------------------- gaps of the index
def test_rows_missing_from_the_index_are_missing_values():
    X = with_holes()
    gaps = X.dropna()
    one, two = quick().fit(X), quick(freq="D").fit(gaps)
    assert torch.equal(weights(one), weights(two))
    pd.testing.assert_series_equal(one.predict(), two.predict(), check_freq=False)
    pd.testing.assert_frame_equal(one.backtest(X), two.backtest(gaps))
    with pytest.raises(InputError, match="is not regular"):
        quick().fit(gaps)
    # A step that all rows have changes nothing.
    pd.testing.assert_series_equal(quick(freq="D").fit(X).predict(), one.predict(), check_freq=False)


def test_gaps_are_filled_beside_covariates():
    X = table()
    gaps = X.drop(index=X.index[[20, 21, 77]])
    holes = X.copy()
    holes.iloc[[20, 21, 77], :4] = np.nan
    future = after(X)
    one = quick(**TABLE_ROLES).fit(holes)
    two = quick(**TABLE_ROLES, freq="D").fit(gaps)
    pd.testing.assert_frame_equal(one.predict(future=future), two.predict(future=future), check_freq=False)
    pd.testing.assert_frame_equal(one.backtest(holes), two.backtest(gaps))


def test_gaps_are_filled_beside_y():
    X = table()
    gaps = X.drop(index=X.index[[20, 21, 77]])
    columns = ["plan", "other"]
    one = quick(known_future="plan", freq="D").fit(gaps[columns], gaps["a"])
    two = quick(known_future="plan", freq="D", target="a").fit(gaps[[*columns, "a"]])
    pd.testing.assert_series_equal(one.predict(future=after(X)), two.predict(future=after(X))["a"])


def test_gaps_in_a_long_table():
    parts = {key: table(100 - 20 * i, seed=i) for i, key in enumerate("xy")}
    gaps = pd.concat(
        {key: part.drop(index=part.index[[30, 50]]) for key, part in parts.items()}, names=["shop"]
    )
    keyed = gaps.reset_index().sample(frac=1, random_state=0).sort_values("shop", kind="stable")
    future = pd.concat({key: after(part) for key, part in parts.items()}, names=["shop"])
    one = quick(**TABLE_ROLES, freq="D").fit(gaps)
    expected = one.predict(future=future)
    assert np.isfinite(expected).to_numpy().all()
    two = quick(**TABLE_ROLES, freq="D", id="shop", time="day").fit(keyed)
    forecast = two.predict(future=future.reset_index()).set_index(["shop", "day"])
    np.testing.assert_allclose(forecast[["a", "b"]], expected, rtol=1e-5)


# ---------------------------------------------------------------------- what must not matter
def panel(n_series=5):
    """Unlike lengths, with covariates and holes."""
    parts = {}
    for i in range(n_series):
        part = table(120 - 25 * i, seed=i)
        rng = np.random.default_rng(i)
        for column in ("a", "plan", "other"):
            part.loc[rng.random(len(part)) < 0.15, column] = np.nan
        parts[f"s{i}"] = part
    return parts


def futures(parts):
    return {key: after(part) for key, part in parts.items()}


@pytest.mark.parametrize(
    "options",
    [{}, {"strategy": "recursive"}, {"n_members": 2, "loss": "quantile"}, {"normalization": "series"}],
)
def test_companions_and_their_order_change_no_forecast(options):
    parts = panel()
    model = quick(**TABLE_ROLES, **options).fit(parts)
    ahead = futures(parts)
    together = model.predict(parts, future=ahead)
    turned = dict(reversed(parts.items()))
    backwards = model.predict(turned, future=futures(turned))
    for key, part in parts.items():
        alone = model.predict(part, future=ahead[key])
        np.testing.assert_allclose(together[key], alone, rtol=1e-6)
        np.testing.assert_allclose(backwards[key], alone, rtol=1e-6)
    beside_long = model.predict(
        {"x": table(2000, seed=9), "s4": parts["s4"]}, future={"x": after(table(2000)), "s4": ahead["s4"]}
    )
    np.testing.assert_allclose(beside_long["s4"], together["s4"], rtol=1e-6)


def test_threads_change_no_forecast():
    parts = panel()
    model = quick(**TABLE_ROLES, validation_fraction=0.2).fit(parts)
    ahead = futures(parts)
    expected = {key: model.predict(part, future=ahead[key]) for key, part in parts.items()}
    made = Parallel(n_jobs=2, backend="threading")(
        delayed(model.predict)(part, future=ahead[key]) for key, part in parts.items()
    )
    for one, other in zip(made, expected.values(), strict=True):
        pd.testing.assert_frame_equal(one, other)
    fits = Parallel(n_jobs=2, backend="threading")(
        delayed(quick(**TABLE_ROLES, validation_fraction=0.2).fit)(parts) for _ in range(2)
    )
    for fitted in fits:
        assert torch.equal(weights(fitted), weights(model))
        assert fitted.skill_ == model.skill_


def test_a_series_is_not_written_out_for_an_error_that_does_not_come():
    class Silent(pd.Series):
        def __repr__(self):
            raise AssertionError("nobody reads it")

    model = quick().fit(wave())
    np.testing.assert_array_equal(model.predict(Silent(wave())), model.predict(wave()))


def test_number_of_threads_changes_no_forecast():
    parts = panel()
    expected = quick(**TABLE_ROLES).fit(parts).predict(future=futures(parts))
    n_threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        made = quick(**TABLE_ROLES).fit(parts).predict(future=futures(parts))
    finally:
        torch.set_num_threads(n_threads)
    for key in parts:
        np.testing.assert_allclose(made[key], expected[key], rtol=1e-5)


def test_rows_before_the_window_change_no_forecast():
    X = table()
    model = quick(**TABLE_ROLES, seasons=None).fit(X)
    far = X.copy()
    far.iloc[:60, :4] *= 1000
    pd.testing.assert_frame_equal(model.predict(far, future=after(X)), model.predict(X, future=after(X)))


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    X = table()
    model = quick(**TABLE_ROLES, n_members=2, validation_fraction=0.2, random_state=None).fit(X)
    model.predict_interval(future=after(X), coverage=0.5)
    model.sample(future=after(X))
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_the_order_of_columns_changes_little():
    """Roles are found by name."""
    X = table()
    one = quick(**TABLE_ROLES).fit(X)
    two = quick(**TABLE_ROLES).fit(X[["size", "other", "plan", "b", "a"]])
    assert two.targets_ == one.targets_ == ("a", "b")
    pd.testing.assert_frame_equal(one.predict(future=after(X)), two.predict(future=after(X)))
    by_position = quick(target=[0, 1], known_future=2, static=-1, calendar="auto").fit(X)
    pd.testing.assert_frame_equal(by_position.predict(future=after(X)), one.predict(future=after(X)))


# ---------------------------------------------------------------------- where little is observed
def gone(X, first, stop=None):
    X = X.copy()
    X.iloc[first:stop] = np.nan
    return X


FORECASTERS = {
    "network": quick(validation_fraction=0.2),
    "linear": LinearForecaster(horizon=HORIZON, missing="mask", validation_fraction=0.2),
    "naive": NaiveForecaster(horizon=HORIZON, missing="mask"),
    "seasonal naive": SeasonalNaiveForecaster(horizon=HORIZON, missing="mask"),
    "drift": DriftForecaster(horizon=HORIZON, missing="mask"),
}


@pytest.mark.parametrize("name", FORECASTERS)
def test_fits_do_not_depend_on_those_before(name):
    model = FORECASTERS[name]
    X = with_holes()
    first = model.fit(X)
    expected = first.predict(), first.calibration_.scores
    other = gone(days(wave(seed=3) + 5 * np.sin(np.arange(120) * 2 * np.pi / 7)), 20, 60)
    again = first.fit(other).fit(X)
    np.testing.assert_array_equal(again.predict(), expected[0])
    np.testing.assert_array_equal(again.calibration_.scores, expected[1])


@pytest.mark.parametrize("name", ["network", "linear"])
def test_nothing_is_measured_on_rows_that_are_missing(name):
    model = FORECASTERS[name].fit(gone(days(wave()), 80))  # a third of the rows are held back
    assert model.calibration_ is None
    assert not hasattr(model, "skill_")
    assert np.isfinite(model.predict()).all()
    with pytest.raises(InputError, match=r"nothing was held back .* whose latest values are not missing"):
        model.predict_interval()


@pytest.mark.parametrize("name", FORECASTERS)
@pytest.mark.parametrize("n_leading", [70, 112])
def test_series_that_begin_late_are_learned_from(name, n_leading):
    X = gone(days(wave()), 0, n_leading)
    model = FORECASTERS[name].fit(X)
    assert np.isfinite(model.predict()).all()
    if model.calibration_ is not None:
        bounds = model.predict_interval(coverage=0.3)
        assert (bounds["lower"] < bounds["upper"]).all()
        assert (np.abs(bounds - 10) < 25).to_numpy().all()


def test_too_few_observed_rows_are_refused():
    with pytest.raises(
        SequenceTooShortError, match=r"fit: no series has more than horizon = 4 time steps behind"
    ):
        quick().fit(gone(days(wave()), 0, 117))
    with pytest.raises(SequenceTooShortError, match=r"partial_fit: no series has more than horizon = 4"):
        quick().partial_fit(gone(days(wave()), 0, 117))
    with pytest.raises(SequenceTooShortError, match=r"fit: the first 96 time steps .* hold too few values"):
        quick(early_stopping=True, validation_fraction=0.2).fit(gone(days(wave()), 0, 94))


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_gap_before_the_forecast_does_not_make_it_sure(name):
    """Filled values do not move; how much the series moves is taken from those that came."""
    X = days(wave(400, seed=1))
    model = FORECASTERS[name].fit(X)
    widths = [
        np.diff(model.predict_interval(x, coverage=0.8)).mean() for x in (X, gone(X, 395), gone(X, 300))
    ]
    assert widths[1] > 0.5 * widths[0]
    assert widths[2] > 0.3 * widths[0]


@pytest.mark.parametrize(
    "model",
    [
        FORECASTERS["naive"],
        LinearForecaster(horizon=4, window=8, validation_fraction=0.5),
        quick(window=8, seasons=None, validation_fraction=0.5),
    ],
)
def test_flat_windows_give_errors_no_unit(model):
    """Rows of zeros with a rare jump: the error after a flat window is not a million times too large."""
    X = np.zeros(600)
    X[::41] = 5.0
    model = clone(model).fit(days(X))
    assert np.abs(model.predict_interval(wave(60), coverage=0.9)).max() < 1e3


def test_score_names_a_column_without_values():
    X = table()[["a", "b"]]
    model = quick().fit(X)
    later = X.copy()
    later.loc[later.index[12:], "b"] = np.nan
    with pytest.raises(
        InputError, match=r"LSTMForecaster.score: no value of column 'b' that follows an origin"
    ):
        model.score(later)
    with pytest.warns(UserWarning, match=r"have fewer than window_ .* context and a value in it included"):
        made = model.backtest(X.assign(b=np.nan))
    assert set(made["column"]) == {"a"}


def test_counts_may_stand_beside_other_numbers():
    X = table().assign(a=np.random.default_rng(0).poisson(3, 120))
    model = quick(target="a", known_future="plan", static="size", loss="negative_binomial").fit(X)
    assert (model.predict(future=after(X)) >= 0).to_numpy().all()
    # And positive targets beside negative covariates are forecast in logarithms.
    panel = [table(seed=i)[["a", "other"]] for i in range(2)]
    assert quick(target="a").fit(panel).scaling_.log
    assert LinearForecaster(horizon=4, window=8, target="a").fit(panel).scaling_.log


# ---------------------------------------------------------------------- steps of the index
@pytest.mark.parametrize("freq", ["15min", "4h", "2D", "7D", "2M"])
def test_periods_of_several_units_are_regular(freq):
    periods = pd.period_range("2024-01-01", periods=66, freq=freq)
    X = pd.Series(wave(66), index=periods)
    model = NaiveForecaster(horizon=HORIZON).fit(X[:60])
    pd.testing.assert_index_equal(model.predict().index, periods[60:64])
    pd.testing.assert_index_equal(model.update(X[60:62]).predict().index, periods[62:])
    with pytest.raises(InputError, match="is not regular: row 7 is"):
        model.fit(X.drop(periods[8]))


def at(freq, n=60, *, start="2024-01-01", keeps_freq=False):
    index = pd.date_range(start, periods=n, freq=freq)
    return pd.Series(wave(n), index=index if keeps_freq else pd.DatetimeIndex(index.values))


@pytest.mark.parametrize("keeps_freq", [False, True])
@pytest.mark.parametrize(
    ("known", "other"),
    [("D", "h"), ("h", "D"), ("D", "B"), ("B", "D"), ("D", "2D"), ("MS", "4W"), ("MS", "QS")],
)
def test_another_step_than_that_of_training_is_refused(known, other, keeps_freq):
    model = NaiveForecaster(horizon=HORIZON).fit(at(known, keeps_freq=keeps_freq))
    X = at(other, start="2031-01-01", keeps_freq=keeps_freq)
    words = rf"the index of X goes by '{other}.*', but that of training rows by '{known}'"
    for method in (model.predict, model.predict_interval, model.backtest, model.score):
        with pytest.raises(InputError, match=words):
            method(X)


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("MS", "ME"),
        ("YS", "YE"),
        ("QS", "QE"),
        ("W-WED", "W-MON"),
        ("7D", "W-FRI"),
        ("MS", "30D"),
        ("B", "B"),
    ],
)
def test_steps_that_are_as_long_go_together(known, other):
    model = NaiveForecaster(horizon=HORIZON).fit(at(known))
    assert len(model.predict(at(other, start="2031-01-01"))) == HORIZON


def test_rows_that_do_not_show_another_step_go_through():
    model = NaiveForecaster(horizon=HORIZON).fit(at("D"))
    for X in (at("h", 1, keeps_freq=True), at("B", 5, keeps_freq=True), wave(9), pd.Series(wave(9))):
        assert len(model.predict(X)) == HORIZON
    gaps = at("D").drop(at("D").index[20:25])
    masked = NaiveForecaster(horizon=HORIZON, freq="D", missing="mask").fit(gaps)
    assert len(masked.predict(gaps.iloc[::2])) == HORIZON


def test_a_step_of_some_of_the_training_series_is_known():
    days, hours = at("D"), at("h")
    model = NaiveForecaster(horizon=HORIZON).fit([days, hours])
    assert len(model.predict(hours)) == HORIZON
    with pytest.raises(InputError, match="series 1 goes by 'W-MON', but that of training rows by 'D'"):
        model.predict([days, at("W-MON")])


@pytest.mark.parametrize("horizon", [1, HORIZON])
@pytest.mark.parametrize(
    "freq",
    [
        "D",
        "2D",
        "W-WED",
        "2W-MON",
        "B",
        "h",
        "MS",
        "ME",
        "2MS",
        "QS-FEB",
        "QE-DEC",
        "BQE-NOV",
        "YS-JUL",
        "YE",
    ],
)
def test_forecasts_have_the_frequency_that_pandas_infers(freq, horizon):
    X = at(freq, 64)
    forecast = NaiveForecaster(horizon=horizon).fit(X[:60]).predict()
    assert forecast.index.equals(X.index[60 : 60 + horizon])
    assert forecast.index.freq == pd.tseries.frequencies.to_offset(freq)


def test_forecasts_keep_the_frequency_that_came():
    X = at("12MS", keeps_freq=True)
    assert NaiveForecaster(horizon=HORIZON).fit(X).predict().index.freqstr == "12MS"


# ---------------------------------------------------------------------- changed after fitting
@pytest.mark.parametrize(
    "model", [quick(), LinearForecaster(horizon=HORIZON), NaiveForecaster(horizon=HORIZON)]
)
@pytest.mark.parametrize("method", ["predict", "predict_interval", "sample", "update", "backtest", "score"])
def test_another_horizon_after_fitting_is_refused(model, method):
    X = days(wave())
    model = clone(model).fit(X[:80]).set_params(horizon=HORIZON + 1)
    arguments = (X[80:],) if method in ("update", "backtest", "score") else ()
    with pytest.raises(ParameterError, match=rf"\.{method}: fitted with horizon=4, but horizon is 5 now"):
        getattr(model, method)(*arguments)
    assert len(model.set_params(horizon=HORIZON).predict()) == HORIZON
