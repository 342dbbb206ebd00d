"""The future never leaks into the past: editing later rows changes nothing that was said before them."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    DriftForecaster,
    GRUForecaster,
    LSTMForecaster,
    LSTMRegressor,
    NaiveForecaster,
    PerTimestep,
    RNNForecaster,
    SeasonalNaiveForecaster,
    SequencePadder,
    WindowTransformer,
    make_windows,
)
from sksequence.exceptions import InputError
from sksequence.forecasting.baselines import LinearForecaster
from sksequence.forecasting.holdback import rows_before_tail
from sksequence.model_selection import RollingOriginSplit

pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")

HORIZON, CUT, N_ROWS = 4, 60, 96
QUICK = {"horizon": HORIZON, "hidden_size": 4, "max_epochs": 1, "random_state": 0, "log": False}
HOURS = pd.date_range("2021-03-01", periods=N_ROWS, freq="h")
FORECASTERS = {
    "window": {"normalization": "window"},
    "series": {"normalization": "series"},
    "unscaled": {"normalization": None},
    "logarithm": {"log": True},
    "logarithm of windows": {"log": True, "normalization": "window"},
    "seasons": {"seasons": (12, 24), "window": 30},
    "no seasons": {"seasons": None},
    "step by step": {"segment": 1, "window": 8},
    "no linear share": {"linear": 0},
    "recursive": {"strategy": "recursive", "segment": 2, "window": 8},
    "ensemble": {"n_members": 2},
    "calendar": {"calendar": "auto"},
    "squared error": {"loss": "squared_error"},
    "quantile": {"loss": "quantile"},
    "normal": {"loss": "normal"},
    "student t": {"loss": "student_t"},
    "negative binomial": {"loss": "negative_binomial"},
}
EXPLAINED = {
    "known ahead": {"target": "a", "known_future": "b"},
    "known so far": {"target": "a"},
}
RULES = (NaiveForecaster, SeasonalNaiveForecaster, DriftForecaster, LinearForecaster)


def counts(seed=0):
    """Whole positive numbers, so that every loss can learn from them, with a season of 12."""
    steps = np.arange(N_ROWS)
    noise = np.random.default_rng(seed).integers(0, 10, N_ROWS)
    return 50 + np.round(20 * np.sin(2 * np.pi * steps / 12)) + noise


def table():
    return pd.DataFrame({"a": counts(), "b": 3 * counts(1)}, index=HOURS)


def edited(X, row, stop=None):
    """The same with other values from a row on."""
    later = X.copy()
    later.iloc[row:stop] = 7 * later.iloc[row:stop] + 1000
    return later


def quick(cell=LSTMForecaster, **options):
    return cell(**(QUICK | {"validation_fraction": None} | options))


def state(model):
    """Everything that training settles, as one vector."""
    weights = [p.detach().double().flatten().numpy() for p in model.net_.module_.parameters()]
    coef = [] if model.linear_coef_ is None else [model.linear_coef_.ravel()]
    sizes = np.array([model.window_, model.segment_, *model.seasons_, model.linear_share_])
    return np.concatenate([*weights, *coef, sizes, model.scaling_.mean, model.scaling_.scale])


def assert_past_is_unmoved(before, after, last_origin):
    """Forecasts up to an origin are the same, bit by bit; those after it are not, or nothing was tested."""
    past = (before["origin"] <= last_origin).to_numpy()
    said = before.columns.intersection(["forecast", "lower", "upper"])
    assert 0 < past.sum() < len(past)
    for name in said:
        np.testing.assert_array_equal(before[name][past], after[name][past], err_msg=name)
        assert (before[name][~past].to_numpy() != after[name][~past].to_numpy()).any()


# ---------------------------------------------------------------------- forecasts
@pytest.mark.parametrize("variant", FORECASTERS)
def test_no_later_row_changes_a_forecast(variant):
    model = quick(**FORECASTERS[variant], validation_fraction=0.2).fit(table())
    before, after = model.backtest(table(), coverage=0.8), model.backtest(edited(table(), CUT), coverage=0.8)
    assert_past_is_unmoved(before, after, HOURS[CUT - 1])
    # A forecast made in one pass is that made when nothing later was there.
    alone = model.predict(table().iloc[:CUT])
    made = before[before["origin"] == HOURS[CUT - 1]].pivot(index="step", columns="column", values="forecast")
    np.testing.assert_allclose(made.to_numpy(), alone.to_numpy(), rtol=1e-5)


@pytest.mark.parametrize("cell", [RNNForecaster, LSTMForecaster, GRUForecaster])
def test_no_later_row_changes_a_forecast_of_any_cell(cell):
    model = quick(cell).fit(table())
    assert_past_is_unmoved(model.backtest(table()), model.backtest(edited(table(), CUT)), HOURS[CUT - 1])


@pytest.mark.parametrize("rule", RULES)
def test_no_later_row_changes_a_simple_forecast(rule):
    model = rule(horizon=HORIZON).fit(table())
    assert_past_is_unmoved(model.backtest(table()), model.backtest(edited(table(), CUT)), HOURS[CUT - 1])


def test_no_later_row_of_another_series_changes_a_forecast():
    long = pd.concat({"x": table(), "y": table() + 5}, names=["shop", "hour"])
    later = pd.concat({"x": table(), "y": edited(table() + 5, CUT)}, names=["shop", "hour"])
    model = quick().fit(long)
    before, after = model.backtest(long), model.backtest(later)
    assert_past_is_unmoved(before, after, HOURS[CUT - 1])
    other = (before["series"] == "x").to_numpy()
    np.testing.assert_array_equal(before["forecast"][other], after["forecast"][other])


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("normalization", ["window", "series", None])
@pytest.mark.parametrize(("role", "seen_ahead"), [("past", 0), ("known", HORIZON)])
def test_no_later_row_of_a_covariate_changes_a_forecast(role, seen_ahead, normalization, strategy):
    roles = {"target": "a"} | ({"known_future": "b"} if role == "known" else {})
    model = quick(**roles, linear=0, normalization=normalization, strategy=strategy).fit(table())
    later = table()
    later["b"] = edited(table(), CUT + seen_ahead)["b"]
    assert_past_is_unmoved(model.backtest(table()), model.backtest(later), HOURS[CUT - 1])


@pytest.mark.parametrize("normalization", ["window", "series", None])
def test_no_later_row_of_the_target_changes_a_forecast_that_knows_plans(normalization):
    options = {"target": "a", "known_future": "b", "normalization": normalization, "calendar": ("hour",)}
    model = quick(**options).fit(table())
    later = table()
    later["a"] = edited(table(), CUT)["a"]
    assert_past_is_unmoved(model.backtest(table()), model.backtest(later), HOURS[CUT - 1])


def test_no_later_row_changes_what_fills_a_hole():
    holes = table()
    holes.iloc[[20, 21, 50, CUT - 1]] = np.nan
    model = quick(missing="mask").fit(holes)
    before, after = model.backtest(holes), model.backtest(edited(holes, CUT))
    assert_past_is_unmoved(before, after, HOURS[CUT - 1])


def test_no_later_row_changes_a_forecast_of_a_model_trained_anew_at_each_origin():
    options = {"refit": True, "start": CUT - 8, "stride": 7}
    model = quick().fit(table())
    before, after = model.backtest(table(), **options), model.backtest(edited(table(), CUT), **options)
    assert_past_is_unmoved(before, after, HOURS[CUT - 1])


# ---------------------------------------------------------------------- training
@pytest.mark.parametrize("variant", FORECASTERS | EXPLAINED)
def test_rows_held_back_train_nothing(variant):
    held = N_ROWS - int(rows_before_tail(np.array([N_ROWS]), 0.2, HORIZON, returned=False)[0])
    options = {"refit": False, "validation_fraction": 0.2, "linear": 0.5} | (FORECASTERS | EXPLAINED)[variant]
    one = quick(**options).fit(table())
    same = quick(**options).fit(edited(table(), N_ROWS - held))
    other = quick(**options).fit(edited(table(), N_ROWS - held - 2, N_ROWS - held))
    np.testing.assert_array_equal(state(one), state(same))
    assert not np.array_equal(state(one), state(other))
    assert one.skill_ != same.skill_


def test_rows_held_back_choose_no_size():
    quiet = pd.Series(np.random.default_rng(0).integers(0, 9, N_ROWS) + 20.0, index=HOURS)
    seasonal = quiet.copy()
    seasonal.iloc[-40:] += 100 * np.sin(np.arange(40) * np.pi / 6)
    options = {"refit": False, "validation_fraction": 0.4, "hidden_size": "auto"}
    one, other = quick(**options).fit(quiet), quick(**options).fit(seasonal)
    np.testing.assert_array_equal(state(one), state(other))


@pytest.mark.parametrize("split", [RollingOriginSplit(3, horizon=HORIZON), TimeSeriesSplit(3)])
def test_rows_of_test_folds_train_nothing(split):
    X, folds = table(), list(split.split(table()))
    fitted = cross_validate(quick(), X, cv=split, return_estimator=True)
    for k, (train, test) in enumerate(folds):
        again = cross_validate(quick(), edited(X, test[0]), cv=folds[k : k + 1], return_estimator=True)
        np.testing.assert_array_equal(state(fitted["estimator"][k]), state(again["estimator"][0]))
        assert again["test_score"][0] != fitted["test_score"][k]
        moved = cross_validate(quick(), edited(X, train[-1]), cv=folds[k : k + 1], return_estimator=True)
        assert not np.array_equal(state(fitted["estimator"][k]), state(moved["estimator"][0]))


def test_rows_of_test_folds_of_a_panel_train_nothing():
    X = pd.concat({"x": table(), "y": table().iloc[10:] + 5}, names=["shop", "hour"])
    split = RollingOriginSplit(2, horizon=HORIZON)
    fitted = cross_validate(quick(), X, cv=split, return_estimator=True)
    for k, (train, test) in enumerate(split.split(X)):
        later = X.copy()
        later.iloc[np.setdiff1d(np.arange(len(X)), train)] += 1000.0
        again = cross_validate(quick(), later, cv=[(train, test)], return_estimator=True)
        np.testing.assert_array_equal(state(fitted["estimator"][k]), state(again["estimator"][0]))
        assert again["test_score"][0] != fitted["test_score"][k]


# ---------------------------------------------------------------------- windows as rows
def trained_on_windows(series, split, fold):
    """Weights of a pipeline trained on the windows of one training fold, and the mean that it scales by."""
    X, y, _ = make_windows(series, window=6, horizon=2)
    pipe = make_pipeline(
        PerTimestep(StandardScaler()),
        LSTMRegressor(hidden_size=2, max_epochs=1, standardize=False, random_state=0),
    )
    train, _ = list(split.split(X))[fold]
    pipe.fit(X[train], y[train, :, 0])
    weights = torch.cat([p.detach().flatten() for p in pipe[-1].net_.module_.parameters()])
    return [*weights.tolist(), *pipe[0].transformer_.mean_]


@pytest.mark.parametrize("fold", [0, 1])
def test_steps_of_test_windows_train_nothing(fold):
    series = pd.Series(counts())
    split = RollingOriginSplit(2, horizon=2, window=6)
    _, _, origins = make_windows(series, window=6, horizon=2)
    first = origins[list(split.split(origins))[fold][1]].min() - 5  # first step of the first test window
    trained = trained_on_windows(series, split, fold)
    assert trained_on_windows(edited(series, first), split, fold) == trained
    assert trained_on_windows(edited(series, first - 1, first), split, fold) != trained
    # Without the gap the same rows would be learned from.
    bare = TimeSeriesSplit(2)
    assert trained_on_windows(edited(series, first), bare, fold) != trained_on_windows(series, bare, fold)


# ---------------------------------------------------------------------- transformers
def test_window_transformer_and_make_windows_look_back_only():
    series, later = pd.Series(counts()), edited(pd.Series(counts()), CUT)
    transformer = WindowTransformer(8).fit(series)
    before, after = transformer.transform(series), transformer.transform(later)
    same = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same == [True] * CUT + [False] * (N_ROWS - CUT)
    (X, y, origins), (X_later, y_later, _) = make_windows(series, 8, 3), make_windows(later, 8, 3)
    same = np.array([np.array_equal(a, b) for a, b in zip(X, X_later, strict=True)])
    np.testing.assert_array_equal(same, origins < CUT)
    np.testing.assert_array_equal((y == y_later).all(axis=(1, 2)), origins + 3 < CUT)


@pytest.mark.parametrize("transformer", [PerTimestep(StandardScaler()), SequencePadder()])
def test_transformers_give_each_step_by_itself_once_they_are_fitted(transformer, ragged):
    train, test = ragged[:8], ragged[8:]
    fitted = transformer.fit(train)
    expected = [np.asarray(x) for x in fitted.transform(test)]
    for i in range(len(test)):
        for step in range(1, len(test[i])):
            later = [x.copy() for x in test]
            later[i][step:] += 100.0
            given = [np.asarray(x) for x in fitted.transform(later)]
            moved = [
                np.flatnonzero((a != b).any(axis=1) & ~np.isnan(a[:, 0]))
                for a, b in zip(expected, given, strict=True)
            ]
            last = min(len(test[i]), len(expected[i]))
            assert [len(rows) > 0 for rows in moved] == [k == i and step < last for k in range(len(test))]
            assert moved[i].tolist() == list(range(step, last))


def test_transformers_in_a_pipeline_learn_from_training_folds_only(ragged):
    y = np.arange(len(ragged)) % 2
    folds = [(np.arange(8), np.arange(8, 12))]
    pipe = make_pipeline(
        PerTimestep(StandardScaler()),
        SequencePadder(),
        LSTMRegressor(hidden_size=2, max_epochs=1, random_state=0),
    )
    later = [*ragged[:8], *(np.concatenate([x, 100 + x]) for x in ragged[8:])]
    one, other = (
        cross_validate(pipe, X, y, cv=folds, return_estimator=True)["estimator"][0] for X in (ragged, later)
    )
    np.testing.assert_array_equal(one[0].transformer_.mean_, other[0].transformer_.mean_)
    assert one[1].length_ == other[1].length_ == max(map(len, ragged[:8]))
    for a, b in zip(one[2].net_.module_.parameters(), other[2].net_.module_.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("order", [slice(None, None, -1), [0, 1, 3, 2, 4, 5, 6, 7]])
def test_windows_of_times_that_run_backwards_are_refused(order):
    times = pd.date_range("2024-01-01", periods=8)
    words = r"make_windows: the index of X runs backwards, with .*sort_index"
    for index in (times, times.to_period("D"), times - times[0]):
        with pytest.raises(InputError, match=words):
            make_windows(pd.Series(np.arange(8.0), index=index).iloc[order], window=3, horizon=2)


def test_windows_of_numbered_rows_are_refused_only_if_all_run_backwards():
    X = pd.Series(np.arange(8.0))
    with pytest.raises(InputError, match="with 7 in row 0 and 6 in row 1"):
        make_windows(X[::-1], window=3)
    parts = pd.concat([X[:4], X[:4]])  # joined without new numbers
    assert len(make_windows(parts, window=3)[0]) == 5
