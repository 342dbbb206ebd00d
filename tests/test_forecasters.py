"""Recurrent forecasters: forms in and out, options, skill, leaks, continuation."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from skorch.callbacks import Callback

from sksequence import GRUForecaster, LSTMForecaster, RNNForecaster, SequenceArray, datasets
from sksequence.exceptions import InputError, NoSkillWarning, ParameterError, SequenceTooShortError
from sksequence.forecasting.baselines import seasonal_naive_forecasts
from sksequence.forecasting.holdback import rows_before_tail

CELLS = (RNNForecaster, LSTMForecaster, GRUForecaster)
HORIZON = 5
# Trained for an instant: what is tested here does not depend on being good.
QUICK = {
    "horizon": HORIZON,
    "hidden_size": 8,
    "max_epochs": 2,
    "validation_fraction": None,
    "random_state": 0,
}
# Whether there is skill is asserted where it matters.
pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
NORMALIZATIONS = ("window", "series", None)


def quick(cell=LSTMForecaster, **options):
    return cell(**(QUICK | options))


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.net_.module_.parameters()])


def wave(n=120, *, phase=0.0, noise=0.1, seed=0):
    """A season of 12 and some noise around 10."""
    rng = np.random.default_rng(seed)
    return 10 + 3 * np.sin(2 * np.pi * (np.arange(n) + phase) / 12) + noise * rng.normal(size=n)


def table(n=120):
    """Two columns of unlike size."""
    return pd.DataFrame({"load": wave(n), "sun": 1000 * wave(n, phase=4, seed=1)})


# ---------------------------------------------------------------------- forms
def test_array_of_one_dimension_gives_one():
    forecast = quick().fit(wave()).predict()
    assert isinstance(forecast, np.ndarray)
    assert forecast.shape == (HORIZON,)
    assert forecast.dtype == np.float64


def test_array_of_two_dimensions_gives_two():
    model = quick().fit(table().to_numpy())
    assert model.predict().shape == (HORIZON, 2)
    assert model.n_features_in_ == 2
    assert not hasattr(model, "feature_names_in_")


def assert_goes_on(index, expected):
    assert index.equals(expected)
    assert index.dtype == expected.dtype
    assert index.name == expected.name


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(3, 3 + 125),
        pd.Index(np.arange(0, 250, 2), name="tick"),
        pd.date_range("2020-01-01", periods=125, freq="h", name="hour"),
        pd.date_range("2020-01-01", periods=125, freq="MS"),
        pd.date_range("2020-01-31", periods=125, freq="ME"),
        pd.date_range("2020-03-20", periods=125, freq="h", tz="Europe/Paris"),
        pd.date_range("2020-03-20", periods=125, freq="D", tz="Europe/Paris"),
        pd.period_range("2001-01", periods=125, freq="M", name="month"),
    ],
    ids=lambda index: f"{type(index).__name__}-{getattr(index, 'freqstr', '')}",
)
@pytest.mark.parametrize("inferred", [False, True])
def test_index_goes_on(index, inferred):
    if inferred and isinstance(index, pd.DatetimeIndex):
        index = index._with_freq(None)
    series = pd.Series(wave(), index=index[:120], name="load")
    model = quick().fit(series)
    forecast = model.predict()
    assert_goes_on(forecast.index, index[120:])
    assert forecast.name == "load"
    np.testing.assert_allclose(forecast, quick().fit(wave()).predict())
    framed = quick().fit(series.to_frame()).predict()
    assert_goes_on(framed.index, index[120:])
    assert list(framed.columns) == ["load"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_dtype_is_that_of_the_data(dtype):
    expected = np.float32 if dtype is np.float32 else np.float64
    values = (100 * wave()).astype(dtype)
    assert quick().fit(values).predict().dtype == expected
    assert quick().fit(pd.Series(values)).predict().dtype == expected


def test_list_gives_each_series_in_its_own_form():
    months = pd.Series(wave(90, seed=1), index=pd.period_range("2020-01", periods=90, freq="M"), name="m")
    array, series = quick().fit([wave(), months]).predict()
    assert isinstance(array, np.ndarray)
    assert array.shape == (HORIZON,)
    assert list(series.index.astype(str)) == ["2027-07", "2027-08", "2027-09", "2027-10", "2027-11"]
    assert series.name == "m"


def test_list_of_tables_keeps_their_columns():
    tables = [table(), table(100).set_axis(pd.date_range("2020-01-01", periods=100), axis=0)]
    first, second = quick().fit(tables).predict()
    assert list(first.columns) == list(second.columns) == ["load", "sun"]
    assert first.index[0] == 120
    assert second.index[0] == pd.Timestamp("2020-04-10")
    assert (second["sun"] > 1000).all()
    assert (second["load"] < 1000).all()


def test_stack_and_sequences_give_a_stack():
    X = np.stack([wave(seed=i) for i in range(3)])[:, :, None]
    model = quick().fit(X)
    assert model.predict().shape == (3, HORIZON, 1)
    sequences = SequenceArray.from_padded(X)
    np.testing.assert_allclose(model.predict(sequences), model.predict())
    np.testing.assert_allclose(quick().fit(sequences).predict(), model.predict())
    np.testing.assert_allclose(np.stack(model.predict(list(X))), model.predict())


def test_long_table_gives_a_long_table():
    parts = {"b": wave(100), "a": wave(80, seed=1)}
    days = pd.date_range("2020-01-01", periods=100)
    long = pd.concat({k: pd.DataFrame({"y": v}, index=days[: len(v)]) for k, v in parts.items()})
    long.index.names = ["shop", "day"]
    forecast = quick().fit(long).predict()
    assert list(forecast.columns) == ["y"]
    assert list(forecast.index.names) == ["shop", "day"]
    assert list(forecast.index.get_level_values(0).unique()) == ["b", "a"]
    assert forecast.loc["a"].index[0] == days[80]
    expected = quick().fit(list(parts.values())).predict()
    np.testing.assert_allclose(forecast.loc["b"]["y"], expected[0])
    np.testing.assert_allclose(forecast.loc["a"]["y"], expected[1])


def test_new_series_of_any_number_form_and_length():
    model = quick(window=24).fit(wave())
    one = model.predict(wave(50, seed=3))
    several = model.predict([wave(50, seed=3), wave(7, seed=4), wave(1, seed=5)])
    assert [forecast.shape for forecast in several] == [(HORIZON,)] * 3
    np.testing.assert_allclose(several[0], one, rtol=1e-6)
    assert np.isfinite(np.concatenate(several)).all()
    # Rows before the window are not read.
    long = np.r_[np.full(1000, 1e9), wave(50, seed=3)]
    np.testing.assert_allclose(model.predict(long), one, rtol=1e-6)


def test_one_series_of_a_panel():
    model = quick().fit([wave(seed=i) for i in range(4)])
    np.testing.assert_allclose(model.predict(wave(seed=2)), model.predict()[2], rtol=1e-6)


# ---------------------------------------------------------------------- target
@pytest.mark.parametrize(
    ("target", "columns"), [("sun", ["sun"]), (-1, ["sun"]), (["sun", "load"], ["sun", "load"])]
)
def test_target_names_the_columns_forecast(target, columns):
    X = table()
    model = quick(target=target).fit(X)
    forecast = model.predict()
    assert list(forecast.columns) == columns
    assert model.targets_ == tuple(columns)
    assert model.n_features_in_ == 2
    assert list(model.feature_names_in_) == ["load", "sun"]
    assert model.predict(X.to_numpy()).shape == (HORIZON, len(columns))


def test_columns_beside_the_target_are_read_up_to_the_present():
    X = table()
    model = quick(target="load").fit(X)
    other = X.copy()
    other.loc[other.index[-3:], "sun"] += 1.0
    assert (model.predict(other) != model.predict(X)).to_numpy().all()
    # Scales are those of the target alone.
    np.testing.assert_allclose(model.scaling_.mean, X["load"].mean())


def test_unknown_target_is_refused():
    with pytest.raises(InputError, match=r"fit: column 'rain' was asked for, but X has the columns"):
        quick(target="rain").fit(table())
    with pytest.raises(InputError, match="no column was asked for"):
        quick(target=[]).fit(table())


# ---------------------------------------------------------------------- options
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("horizon", "segment"), [(1, 6), (5, 12), (17, 4), (30, 1)])
def test_horizon_and_segment_may_have_any_ratio(cell, horizon, segment):
    model = quick(cell, horizon=horizon, segment=segment, window=24).fit(wave())
    assert model.predict().shape == (horizon,)
    assert model.segment_ == segment
    assert model.net_.module_.segment == segment


def test_window_is_what_is_read():
    model = quick(window=20).fit(wave())
    assert model.window_ == 20
    X = wave(60, seed=1)
    expected = model.predict(X)
    earlier, inside = X.copy(), X.copy()
    earlier[-21] += 1
    inside[-20] += 1
    np.testing.assert_array_equal(model.predict(earlier), expected)
    assert not np.array_equal(model.predict(inside), expected)


def test_segment_is_never_longer_than_the_window():
    assert quick(window=6, segment=24).fit(wave()).segment_ == 6


@pytest.mark.filterwarnings("ignore:.*They are left out:UserWarning")
@pytest.mark.parametrize(
    ("given", "found"),
    [("auto", (12,)), (None, ()), (6, (6,)), ([6, 12], (6, 12)), (np.int64(12), (12,)), (300, ())],
)
def test_seasons(given, found):
    model = quick(seasons=given).fit(wave())
    assert model.seasons_ == found
    assert model.net_.module_.branch.seasons == found
    assert len(model.net_.module_.branch.gates) == len(found)


def test_seasons_come_from_the_index_where_the_data_show_them():
    hours = pd.date_range("2020-01-01", periods=600, freq="h")
    daily = pd.Series(np.sin(2 * np.pi * np.arange(600) / 24), index=hours)
    assert quick(max_epochs=1).fit(daily).seasons_[0] == 24


def test_hidden_size_is_that_of_the_network():
    small, large, auto = (quick(hidden_size=size).fit(wave()) for size in (8, 16, "auto"))
    assert (small.hidden_size_, large.hidden_size_, auto.hidden_size_) == (8, 16, 64)
    assert small.net_.module_.encoder.hidden_size == 8
    assert small.n_parameters_ < large.n_parameters_ < auto.n_parameters_


def test_normalization_auto_is_by_the_number_of_series():
    assert quick().fit(wave()).normalization_ == "series"
    assert quick().fit(table()).normalization_ == "series"
    assert quick().fit([wave(), wave()]).normalization_ == "window"


@pytest.mark.parametrize(
    ("normalization", "shift", "stretch"),
    [("window", True, True), ("series", True, False), (None, False, False)],
)
def test_normalization_is_what_a_forecast_does_not_depend_on(normalization, shift, stretch):
    """A new series on another level, or of another height, is forecast alike or not."""
    model = quick(normalization=normalization, window=24).fit(wave())
    assert model.normalization_ == normalization
    X = wave(48, seed=1)
    expected = model.predict(X)
    assert np.allclose(model.predict(X + 7) - 7, expected, atol=1e-3) == shift
    assert np.allclose(model.predict(10 + 5 * (X - 10)), 10 + 5 * (expected - 10), atol=1e-3) == stretch


def test_no_normalization_reads_the_values_as_they_are():
    model = quick(normalization=None).fit(1000 * wave())
    assert (model.scaling_.mean, model.scaling_.scale) == (0.0, 1.0)


def test_logarithms_turn_factors_into_shifts():
    growth = wave(120, noise=0.01) * 1.02 ** np.arange(120)
    model = quick(log=True, window=24).fit(growth)
    np.testing.assert_allclose(model.predict(100 * growth), 100 * model.predict(growth), rtol=1e-3)
    plain = quick(log=False, window=24).fit(growth)
    assert not np.allclose(plain.predict(100 * growth), 100 * plain.predict(growth), rtol=1e-3)
    with pytest.raises(InputError, match=r"LSTMForecaster.predict: X holds 0, .* Fit with log=False"):
        model.predict(np.r_[growth, 0.0])


def test_logarithms_are_taken_for_positive_panels_only():
    assert quick().fit([wave(), wave()]).scaling_.log
    assert not quick().fit(wave()).scaling_.log
    assert not quick().fit([wave(), wave() - 10]).scaling_.log
    # Whatever the held-back rows decide, fitting does not fail.
    late = wave()
    late[-1] = 0
    model = quick(validation_fraction=0.1)
    assert not model.fit([late, wave()]).scaling_.log


@pytest.mark.parametrize("n_series", [1, 2])
def test_scale_of_the_data_changes_nothing(n_series):
    X = [wave(seed=i) for i in range(n_series)]
    scaled = [1000 * x + 5e6 for x in X]
    expected = quick(log=False).fit(X).predict()
    forecasts = quick(log=False).fit(scaled).predict()
    for one, other in zip(expected, forecasts, strict=True):
        np.testing.assert_allclose((other - 5e6) / 1000, one, rtol=1e-3)


def test_series_of_unlike_size_share_a_panel():
    small, large = wave(), 1e6 * wave(seed=1)
    forecasts = quick(max_epochs=60).fit([small, large]).predict()
    assert (np.abs(forecasts[0] - 10) < 6).all()
    assert (np.abs(forecasts[1] / 1e6 - 10) < 6).all()
    np.testing.assert_allclose(
        quick(log=False).fit([small, small]).predict()[0],
        quick(log=False).fit([small, 10 * small]).predict()[0],
        rtol=1e-3,
    )


def test_columns_are_scaled_one_by_one():
    model = quick().fit(table())
    np.testing.assert_allclose(model.scaling_.mean, table().mean(), rtol=1e-12)
    np.testing.assert_allclose(model.scaling_.scale, table().std(ddof=0), rtol=1e-12)
    panel = quick(normalization="series").fit([table(), table(60)])
    joined = np.log(pd.concat([table(), table(60)]))
    np.testing.assert_allclose(panel.scaling_.mean, joined.mean(), rtol=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, -3.0, 1e9])
def test_what_never_moved_stays_where_it_is(level):
    still = np.full(100, level)
    for options in ({}, {"loss": "normal"}, {"strategy": "recursive"}):
        with pytest.warns(NoSkillWarning, match="is 1 times that of the naive forecast"):
            model = quick(max_epochs=2, validation_fraction=0.1, **options).fit(still)
        np.testing.assert_allclose(model.predict(), level, rtol=1e-6)
        np.testing.assert_allclose(model.predict_interval(), level, rtol=1e-6)
        assert model.skill_ == 0
    table = quick().fit(np.column_stack([still, wave(100)])).predict()
    np.testing.assert_allclose(table[:, 0], level, rtol=1e-6)
    panel = quick().fit([still, wave(100)]).predict()
    np.testing.assert_allclose(panel[0], level, rtol=1e-6)
    assert np.ptp(table[:, 1]) > 0.1
    assert np.ptp(panel[1]) > 0.1


# ---------------------------------------------------------------------- skill
@pytest.mark.parametrize("cell", CELLS)
def test_skill_on_temperatures(cell):
    temperature = datasets.load_nottingham()
    model = cell(horizon=12, random_state=0).fit(temperature.iloc[:-24])
    assert model.skills_["seasonal naive"] > 0.2
    assert set(model.skills_) == {"naive", "seasonal naive", "drift", "linear"}
    assert model.skill_ == min(model.skills_.values())
    assert min(model.skills_["naive"], model.skills_["drift"]) > 0.6
    assert (model.window_, model.segment_, model.seasons_) == (36, 12, (12,))
    assert model.score(temperature.iloc[-24:]) > 0.85


@pytest.mark.parametrize("panel", [False, True])
def test_skill_is_that_of_a_model_of_the_early_rows(panel):
    X = [wave(seed=i) * 10**i for i in range(3)] if panel else wave()
    options = {"window": 24, "max_epochs": 20, "linear": 0}
    model = quick(validation_fraction=0.2, **options).fit(X)
    series = X if panel else [X]
    held = 35 if panel else 40  # seven horizons of each of three series; a third of one
    early = quick(**options).fit([x[:-held] for x in X] if panel else X[:-held])
    network, naive = [], []
    for x in series:
        backtest = early.backtest(x[-held - 24 :])
        errors = (backtest["target"] - backtest["forecast"]).abs()
        network.append(errors.mean() / x[:-held].std())
        origins = np.arange(119 - held, 115)
        copies = seasonal_naive_forecasts(x, np.zeros_like(origins), origins + 1, HORIZON, season=12)
        targets = x[origins[:, None] + np.arange(1, HORIZON + 1)]
        naive.append(np.abs(copies - targets).mean() / x[:-held].std())
    assert model.skills_["seasonal naive"] == pytest.approx(1 - np.mean(network) / np.mean(naive), abs=1e-5)
    # And the model that stays is one of all rows.
    assert torch.equal(weights(model), weights(quick(**options).fit(X)))


def test_no_skill_is_said():
    exact = np.tile(np.random.default_rng(0).normal(size=12), 10)
    with pytest.warns(
        NoSkillWarning,
        match=r"on 36 held-back windows .* the seasonal naive forecast .* SeasonalNaiveForecaster",
    ) as caught:
        model = quick(validation_fraction=0.1).fit(exact)
    assert model.skill_ < 0
    assert caught[0].filename == __file__


def test_constant_channel_does_not_outweigh_the_others():
    steps = [np.r_[np.zeros(108), np.full(12, height)] for height in (1.0, 1e6)]
    skills = [quick(validation_fraction=0.1).fit([wave(), step]).skill_ for step in steps]
    assert skills[0] == skills[1]


def test_without_validation_there_is_no_skill():
    model = quick(validation_fraction=0.1, max_epochs=20).fit(wave())
    assert hasattr(model, "skill_")
    model.set_params(validation_fraction=None).fit(wave())
    assert not hasattr(model, "skill_")
    assert not hasattr(model, "skills_")


class CountFits(Callback):
    def __init__(self):
        self.n = 0

    def on_train_begin(self, net, **kwargs):
        self.n += 1


@pytest.mark.parametrize(
    ("options", "n"),
    [
        ({"validation_fraction": None}, 1),
        ({}, 2),
        ({"refit": False}, 1),
        ({"early_stopping": True}, 1),
    ],
)
def test_number_of_trainings(options, n):
    counter = CountFits()
    settings = {"validation_fraction": 0.1, "max_epochs": 20, "callbacks": [counter]} | options
    model = quick(**settings).fit(wave())
    assert counter.n == n
    assert len(model.history_) == model.n_iter_


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ([1000], [900]),  # a tenth
        ([400], [300]),  # 20 horizons of 5 steps
        ([120], [80]),  # no more than a third
        ([12], [7]),  # one horizon
        ([10], None),
        ([300] * 4, [270] * 4),
        ([200] * 4, [175] * 4),  # 20 horizons of all series together
        ([90] * 10, [70] * 10),  # four horizons of each
        ([60, 8], [40, 8]),
    ],
)
def test_held_back_rows_are_enough_for_twenty_horizons(lengths, kept):
    found = rows_before_tail(np.array(lengths), 0.1, 5)
    assert found is None if kept is None else found.tolist() == kept


@pytest.mark.parametrize(
    ("lengths", "kept"), [([1000], [900]), ([120], [96]), ([48], [32]), ([150] * 4, [130] * 4)]
)
def test_rows_that_do_not_come_back_are_enough_for_twenty_windows_and_four_horizons(lengths, kept):
    assert rows_before_tail(np.array(lengths), 0.1, 5, returned=False).tolist() == kept


def test_without_refit_the_model_is_that_of_the_early_rows():
    model = quick(validation_fraction=0.1, refit=False, max_epochs=20).fit(wave())
    early = quick(max_epochs=20).fit(wave()[:-24])  # as many as 20 windows of 5 steps take
    assert torch.equal(weights(model), weights(early))
    # Yet it forecasts from the end of all rows.
    np.testing.assert_allclose(model.predict(), early.predict(wave()), rtol=1e-6)


def test_early_stopping_watches_the_held_back_rows():
    options = {"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 3, "lr": 0.02}
    model = quick(max_epochs=200, **options).fit(wave(noise=1.0))
    assert "valid_loss" in model.history_
    assert model.n_iter_ == int(model.history_["valid_loss"].idxmin()) + 3
    assert model.n_iter_ < 200
    with pytest.raises(InputError, match=r"validation_fraction is None, but stopping early needs rows"):
        quick(early_stopping=True).fit(wave())
    with pytest.raises(
        SequenceTooShortError, match="10 time steps, but stopping early with horizon = 5 needs at least 11"
    ):
        quick(early_stopping=True, validation_fraction=0.1).fit(wave(10))


def test_interrupted_training_is_not_followed_by_another():
    class Interrupt(Callback):
        def on_batch_begin(self, net, **kwargs):
            if net.history[-1, "epoch"] == 10:
                raise KeyboardInterrupt

    counter = CountFits()
    model = quick(validation_fraction=0.1, max_epochs=30, callbacks=[Interrupt(), counter])
    with pytest.warns(UserWarning, match="interrupted|held-back windows") as caught:
        model.fit(wave())
    told = next(str(w.message) for w in caught if "interrupted" in str(w.message))
    assert "interrupted after 9 of 30 epochs; the estimator holds the best weights so far. The final" in told
    assert "training on all rows was left out" in told
    assert counter.n == 1
    assert model.predict().shape == (HORIZON,)


def test_warm_start_goes_on():
    cold = quick(max_epochs=4).fit(wave())
    model = quick(max_epochs=4, warm_start=True).fit(wave())
    assert torch.equal(weights(model), weights(cold))
    model.fit(wave())
    assert model.n_iter_ == 8
    assert model.history_["train_loss"].iloc[4] < model.history_["train_loss"].iloc[0]


def test_first_warm_start_trains_twice_anew_and_later_ones_once():
    counter = CountFits()
    model = quick(max_epochs=20, warm_start=True, validation_fraction=0.1, callbacks=[counter]).fit(wave())
    assert (model.n_iter_, counter.n) == (20, 2)
    assert torch.equal(weights(model), weights(quick(max_epochs=20).fit(wave())))
    skill = model.skill_
    model.fit(np.r_[wave(), wave(12)])
    # The network has seen the rows on which it would be measured.
    assert (model.n_iter_, counter.n, model.skill_) == (40, 3, skill)


# ---------------------------------------------------------------------- leaks
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("log", [False, True])
def test_the_future_changes_no_forecast_made_before(normalization, log):
    model = quick(normalization=normalization, log=log, window=24).fit(wave())
    X = wave(80, seed=1)
    edited = X.copy()
    edited[51:] *= 50
    before, after = model.backtest(X), model.backtest(edited)
    past = before["origin"] <= 50
    assert past.sum() == 28 * HORIZON
    np.testing.assert_allclose(after["forecast"][past], before["forecast"][past], rtol=1e-6)
    assert not np.allclose(after["forecast"][~past], before["forecast"][~past])


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("panel", [False, True])
def test_held_back_rows_teach_nothing(normalization, panel):
    X = [wave(200, seed=i) for i in range(2)]
    edited = [x.copy() for x in X]
    for x in edited:
        # Another size, and another season, in the last fifth.
        x[160:] = 500 + 90 * np.sin(2 * np.pi * np.arange(40) / 5)
    if not panel:
        X, edited = X[0], edited[0]
    options = {"normalization": normalization, "validation_fraction": 0.2, "refit": False}
    one, other = quick(**options).fit(X), quick(**options).fit(edited)
    assert torch.equal(weights(one), weights(other))
    for name in ("window_", "segment_", "seasons_", "season_", "hidden_size_", "normalization_"):
        assert getattr(one, name) == getattr(other, name), name
    np.testing.assert_array_equal(one.scaling_.mean, other.scaling_.mean)
    np.testing.assert_array_equal(one.scaling_.scale, other.scaling_.scale)
    assert one.skill_ != other.skill_
    assert not torch.equal(weights(one), weights(clone(one).set_params(refit=True).fit(X)))


# ---------------------------------------------------------------------- update
def test_update_equals_predicting_from_the_joined_rows():
    months = pd.date_range("2000-01-01", periods=120, freq="MS")
    series = pd.Series(wave(), index=months, name="y")
    for window in (12, 200):
        model = quick(window=window).fit(series[:100])
        for first, stop in ((100, 101), (101, 103), (103, 120)):
            model.update(series[first:stop])
            pd.testing.assert_series_equal(model.predict(), model.predict(series[:stop]), rtol=1e-6)


@pytest.mark.parametrize("step", ["h", "MS", "D"])
def test_update_by_single_rows_without_a_frequency(step):
    index = pd.date_range("2000-01-01", periods=120, freq=step)._with_freq(None)
    series = pd.Series(wave(), index=index)
    model = quick(window=24).fit(series[:100])
    for i in range(100, 103):
        model.update(series[i : i + 1])
    pd.testing.assert_series_equal(model.predict(), model.predict(series[:103]), check_freq=False)


def test_update_with_rows_that_have_no_index():
    series = pd.Series(wave(), index=pd.period_range("2000-01", periods=120, freq="M"))
    model = quick(window=24).fit(series[:100]).update(wave()[100:])
    pd.testing.assert_series_equal(model.predict(), model.predict(series))
    arrays = quick(window=24).fit(wave()[:100]).update(wave()[100:])
    np.testing.assert_allclose(arrays.predict(), model.predict())


def test_update_of_a_panel():
    parts = [wave(100, seed=1), wave(80, seed=2)]
    model = quick(window=24).fit([x[:70] for x in parts]).update([x[70:] for x in parts])
    for one, other in zip(model.predict(), model.predict(parts), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    with pytest.raises(InputError, match=r"update: X holds 1 series, but 2 are known"):
        model.update(wave())


@pytest.mark.parametrize("form", ["dict", "long"])
def test_update_finds_series_by_name(form):
    parts = {name: wave(80, seed=i) for i, name in enumerate("cab")}

    def of(rows, names="cab"):
        days = pd.date_range("2024-01-01", periods=80, freq="h")[rows]
        series = {name: pd.Series(parts[name][rows], days, name="y") for name in names}
        return series if form == "dict" else pd.concat(series, names=["id", "time"]).to_frame()

    known = of(slice(60))
    model = quick(window=24).fit(known)
    other = quick(window=24).fit(known).update(of(slice(60, 80)))
    model.update(of(slice(60, 80), "bca"))
    assert str(model.predict()) == str(other.predict())
    with pytest.raises(InputError, match="update: series 'b' is missing, but the next rows of each of the 3"):
        model.update(of(slice(60, 80), "ca"))
    parts["d"] = parts["a"]
    with pytest.raises(InputError, match="update: series 'd' is not known"):
        model.update(of(slice(60, 80), "cabd"))


def test_update_refuses_rows_that_do_not_follow():
    series = pd.Series(wave(), index=pd.date_range("2000-01-01", periods=120, freq="MS"))
    model = quick().fit(series[:100])
    for X in (series[101:], series[99:], series[:5]):
        with pytest.raises(
            InputError, match="does not continue the known rows, the next of which is 2008-05-01"
        ):
            model.update(X)


def test_what_happens_to_the_data_after_fit_does_not_matter():
    X = wave()
    model = quick().fit(X)
    expected = model.predict()
    X[:] = 0
    np.testing.assert_array_equal(model.predict(), expected)


# ---------------------------------------------------------------------- backtest and score
@pytest.mark.parametrize("stride", [1, 4])
def test_backtest_equals_predicting_origin_by_origin(stride):
    model = quick(window=24).fit(table())
    X = table(60).set_axis(pd.date_range("2020-01-01", periods=60), axis=0)
    backtest = model.backtest(X, stride=stride)
    assert list(backtest.columns) == ["column", "origin", "step", "target", "forecast"]
    assert len(backtest) == 2 * HORIZON * len(range(23, 60 - HORIZON, stride))
    for origin, rows in backtest.groupby("origin"):
        forecast = model.predict(X[:origin])
        for column, made in rows.groupby("column"):
            assert list(made["step"]) == [1, 2, 3, 4, 5]
            np.testing.assert_allclose(made["forecast"], forecast[column], rtol=1e-5)
            np.testing.assert_array_equal(made["target"], X.loc[forecast.index, column])


def test_backtest_of_a_panel_names_its_series():
    days = pd.date_range("2020-01-01", periods=60)
    long = pd.concat({k: pd.DataFrame({"y": wave(60, seed=s)}, index=days) for s, k in enumerate("vw")})
    model = quick(window=24).fit(long)
    backtest = model.backtest(long)
    assert list(backtest.columns) == ["series", "origin", "step", "target", "forecast"]
    assert list(backtest["series"].unique()) == ["v", "w"]
    assert backtest["origin"].min() == days[23]
    one = backtest[(backtest["series"] == "w") & (backtest["origin"] == days[30])]
    np.testing.assert_allclose(one["forecast"], model.predict(wave(31, seed=1)), rtol=1e-5)
    mixed = model.backtest([wave(60), pd.Series(wave(60))])
    assert set(mixed["origin"]) == set(range(23, 55))


@pytest.mark.parametrize("stride", [0, -1, 1.5])
def test_backtest_needs_a_stride(stride):
    with pytest.raises(InputError, match=r"stride=.* but an int >= 1 is needed"):
        quick().fit(wave()).backtest(wave(), stride=stride)


def test_rows_that_continue_the_index_have_the_remembered_tail_as_context():
    series = pd.Series(wave(), index=pd.date_range("2000-01-01", periods=120, freq="MS"))
    model = quick(window=24).fit(series[:100])
    backtest = model.backtest(series[100:])
    assert backtest["origin"].iloc[0] == series.index[99]
    pd.testing.assert_frame_equal(
        backtest, model.backtest(series[76:]).reset_index(drop=True), check_exact=False, rtol=1e-6
    )
    # A numbered index goes on too, whatever made it.
    numbered = quick(window=24).fit(pd.Series(wave())[:100])
    picked = pd.Series(wave()).iloc[np.arange(100, 120)]
    np.testing.assert_allclose(numbered.backtest(picked)["forecast"], backtest["forecast"], rtol=1e-5)


def test_arrays_begin_with_their_own_context():
    model = quick(window=24).fit(wave())
    backtest = model.backtest(wave(40, seed=1))
    assert list(backtest["origin"].unique()) == list(range(23, 35))
    with pytest.raises(SequenceTooShortError, match=r"window_ \+ horizon = 24 \+ 5 are needed"):
        model.score(wave(28))


def test_score_is_r2_of_the_backtest():
    model = quick(window=24).fit(table())
    X = table(70)
    each = [r2_score(rows["target"], rows["forecast"]) for _, rows in model.backtest(X).groupby("column")]
    assert model.score(X) == pytest.approx(np.mean(each))


# ---------------------------------------------------------------------- data that cannot be used
@pytest.mark.parametrize("n", [1, 4, 5])
def test_series_that_are_too_short_are_refused(n):
    with pytest.raises(
        SequenceTooShortError, match=rf"^LSTMForecaster.fit: the longest series has {n} time step\(s\)"
    ):
        quick().fit([wave(n), wave(1)])


@pytest.mark.parametrize("n", [6, 7, 10, 11, 16, 23])
def test_short_series_are_forecast_all_the_same(n):
    model = quick(validation_fraction=0.1).fit(wave(n))
    assert np.isfinite(model.predict()).all()
    assert hasattr(model, "skill_") == (n > 2 * HORIZON)


@pytest.mark.parametrize("window", ["auto", 48])
def test_panel_of_very_unequal_lengths(window):
    X = [wave(n, seed=n) for n in (200, 60, 20, 5, 1)]
    forecasts = quick(window=window, horizon=12, validation_fraction=0.1).fit(X).predict()
    assert [f.shape for f in forecasts] == [(12,)] * 5
    assert np.isfinite(np.concatenate(forecasts)).all()


def test_faults_are_named():
    model = quick().fit(table())
    holes = table()
    holes.loc[7, "sun"] = np.nan
    with pytest.raises(InputError, match=r"fit: X has NaN in row 7 \(7\), column 'sun'"):
        quick().fit(holes)
    with pytest.raises(InputError, match="predict: X has 1 features, but LSTMForecaster is expecting 2"):
        model.predict(wave())
    with pytest.raises(InputError, match=r"the columns \['sun', 'load'\], but \['load', 'sun'\] were seen"):
        model.predict(table()[["sun", "load"]])
    with pytest.raises(InputError, match=r"is not regular: row 9 is 9 and row 10 is 11"):
        quick().fit(table().drop(index=10))
    with pytest.raises(ParameterError, match="'horizon' parameter of LSTMForecaster must be an int >= 1"):
        quick(horizon=0).fit(wave())
    with pytest.raises(ParameterError, match="'normalization' parameter"):
        quick(normalization="batch").fit(wave())


# ---------------------------------------------------------------------- scikit-learn and the outside world
def test_grid_search_over_a_series():
    series = pd.Series(wave(), index=pd.date_range("2000-01-01", periods=120, freq="MS")._with_freq(None))
    folds = TimeSeriesSplit(2, test_size=15)
    search = GridSearchCV(
        quick(), {"window": [12, 24], "seasons": [None, 12]}, cv=folds, error_score="raise"
    ).fit(series)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    train, test = next(folds.split(series))
    first = quick(window=12, seasons=None).fit(series.iloc[train]).score(series.iloc[test])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(first)
    assert search.predict(series[:60]).index[0] == series.index[60]


def test_grid_search_over_an_array():
    folds = TimeSeriesSplit(2, test_size=40)
    search = GridSearchCV(quick(), {"window": [12, 24]}, cv=folds, error_score="raise").fit(
        table().to_numpy()
    )
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("cell", CELLS)
def test_clone_and_parameters(cell):
    model = quick(cell, window=24, target=["load"], seasons=(12,)).fit(table())
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "net_")
    assert torch.equal(weights(twin.fit(table())), weights(model))


@pytest.mark.parametrize("cell", CELLS)
def test_saved_forecasters_go_on(cell, tmp_path):
    months = pd.period_range("2000-01", periods=120, freq="M")
    model = quick(cell).fit(table().set_axis(months, axis=0))
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    pd.testing.assert_frame_equal(loaded.predict(), model.predict())
    new = table(12).set_axis(pd.period_range("2010-01", periods=12, freq="M"), axis=0)
    pd.testing.assert_frame_equal(loaded.update(new).predict(), model.update(new).predict())


def test_file_holds_only_the_tail():
    series = pd.Series(
        np.sin(np.arange(100_000) / 4),
        index=pd.date_range("1990-01-01", periods=100_000, freq="h")._with_freq(None),
    )
    model = quick(window=20, seasons=None, max_epochs=1, batch_size=10_000).fit(series)
    size = len(pickle.dumps(model))
    assert size < 3 * 4 * model.n_parameters_ + 40_000
    assert series.to_numpy().nbytes > 10 * size
    # A window, and a horizon more, of which the next rows will tell how good the forecasts were.
    assert len(model.context_.channels.values) == 20 + HORIZON


def test_history_tells_each_epoch():
    model = quick(max_epochs=7).fit(wave())
    assert list(model.history_.index) == [1, 2, 3, 4, 5, 6, 7]
    assert {"train_loss", "lr", "gradient_norm", "seconds"} <= set(model.history_.columns)
    assert model.history_["train_loss"].iloc[-1] < model.history_["train_loss"].iloc[0]
    assert model.n_iter_ == 7
    assert model.n_parameters_ == len(weights(model))


@pytest.mark.parametrize("cell", CELLS)
def test_one_seed_gives_the_same_bits_and_touches_no_global_state(cell):
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 (that is the point)
    threads = torch.get_num_threads()
    one, same, other = (quick(cell, random_state=seed).fit(wave()) for seed in (0, 0, 1))
    assert torch.equal(weights(one), weights(same))
    assert not torch.equal(weights(one), weights(other))
    one.predict()
    one.backtest(wave())
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002
    assert torch.get_num_threads() == threads


def test_thread_count_is_restored():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        expected = quick().fit(wave())
        expected.predict()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert torch.equal(weights(expected), weights(quick().fit(wave())))


@pytest.mark.parametrize("cell", CELLS)
def test_companions_change_no_forecast(cell):
    model = quick(cell, window=24).fit([wave(seed=i) for i in range(3)])
    X = [wave(n, seed=n) for n in (3, 24, 50, 80)]
    alone = [model.predict(x) for x in X]
    for one, other in zip(alone, model.predict(X), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    backwards = model.predict(X[::-1])[::-1]
    for one, other in zip(alone, backwards, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_callbacks_of_scikit_learn_see_one_training(capsys):
    callback = pytest.importorskip("sklearn.callback")
    for options in ({}, {"refit": False}, {"early_stopping": True}, {"validation_fraction": None}):
        model = quick(**({"validation_fraction": 0.1} | options)).set_callbacks(callback.ProgressBar())
        model.fit(wave())
    assert capsys.readouterr().out.count("LSTMForecaster - fit") == 4


def test_seasons_that_were_asked_for_lengthen_the_window():
    series = wave(200)
    model = quick(seasons=(12, 60)).fit(series)
    assert (model.seasons_, model.window_) == ((12, 60), 60)
    with pytest.warns(UserWarning, match=r"seasons \[60\] came, but the window is 24 steps"):
        model = quick(seasons=(12, 60), window=24).fit(series)
    assert model.seasons_ == (12,)


def test_backtest_says_which_series_it_leaves_out():
    model = quick(window=20).fit([wave(), wave(seed=1)])
    with pytest.warns(UserWarning, match=r"1 of 2 series have fewer than .* left out: \[1\]"):
        table = model.backtest([wave(), wave(22)])
    assert set(table["series"]) == {0}


def test_covariates_may_not_be_missing_at_predict():
    frame = pd.DataFrame({"a": wave(), "b": wave(seed=1)})
    model = quick(target="b").fit(frame)
    with pytest.raises(InputError, match="X has 1 features, but LSTMForecaster is expecting 2 features"):
        model.predict(frame[["b"]])


@pytest.mark.parametrize(
    "column", [pd.date_range("2020", periods=120), pd.to_timedelta(np.arange(120), unit="D")]
)
def test_a_column_of_times_is_refused(column):
    with pytest.raises(InputError, match=r"column 'when' of X holds times, .* X.set_index\('when'\)"):
        quick().fit(pd.DataFrame({"when": column, "sales": wave()}))


def test_an_index_that_runs_backwards_is_refused():
    series = pd.Series(wave(), index=pd.date_range("2020", periods=120, freq="D"))
    with pytest.raises(InputError, match="runs backwards, from 2020-04-29"):
        quick().fit(series[::-1])


def test_skill_compares_with_the_strongest_season():
    hours = np.arange(24 * 7 * 12)
    weekly = np.where(hours // 24 % 7 < 5, 3.0, 1.0) * (2 + np.sin(2 * np.pi * hours / 24))
    series = pd.Series(weekly, index=pd.date_range("2020", periods=len(hours), freq="h"))
    model = quick(horizon=24, validation_fraction=0.1).fit(
        series + np.random.default_rng(0).normal(0, 0.01, len(hours))
    )
    assert model.season_ == 168
