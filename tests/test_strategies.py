"""Ways to forecast, to train and to test: recursion, members, pieces, warm starts, training anew."""

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from sksequence import (
    DriftForecaster,
    GRUForecaster,
    LinearForecaster,
    LSTMForecaster,
    NaiveForecaster,
    RNNForecaster,
    SeasonalNaiveForecaster,
)
from sksequence.exceptions import InputError, SequenceTooShortError
from sksequence.forecasting.outputs import OUTPUTS

pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")

HORIZON = 5
QUICK = {
    "horizon": HORIZON,
    "window": 12,
    "segment": 4,
    "hidden_size": 8,
    "max_epochs": 1,
    "validation_fraction": None,
    "random_state": 0,
}
RULES = (NaiveForecaster, SeasonalNaiveForecaster, DriftForecaster, LinearForecaster)


def quick(cell=LSTMForecaster, **options):
    return cell(**(QUICK | options))


def wave(n=100, *, seed=0):
    """A season of 12 and some noise around 10."""
    noise = np.random.default_rng(seed).normal(size=n)
    return 10 + 3 * np.sin(2 * np.pi * np.arange(n) / 12) + 0.3 * noise


def months(values, start="2001-01"):
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq="MS"), name="y")


def table(n=100):
    return pd.DataFrame({"a": wave(n), "b": 50 + 5 * wave(n, seed=1)}, index=months(wave(n)).index)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.net_.module_.parameters()])


# ---------------------------------------------------------------------- recursion
@pytest.mark.parametrize("cell", [RNNForecaster, LSTMForecaster, GRUForecaster])
@pytest.mark.parametrize(
    "options", [{"segment": 1}, {"segment": 3}, {"segment": 1, "normalization": "window"}]
)
def test_recursion_reads_its_own_forecasts(cell, options):
    """By hand: forecast a segment, append it, and so on."""
    X = wave()
    model = quick(cell, strategy="recursive", linear=0, **options).fit(X)
    n_ahead = options["segment"]
    assert model.net_.module_.horizon == n_ahead
    values = X.copy()
    while len(values) < len(X) + HORIZON:
        z = torch.from_numpy((values[-12:] - model.scaling_.mean) / model.scaling_.scale).float()
        with torch.no_grad():
            step = model.net_.module_.eval()(z[None, :, None], torch.tensor([12])).values[0].double().numpy()
        values = np.r_[values, step * model.scaling_.scale + model.scaling_.mean]
    np.testing.assert_allclose(model.predict(), values[len(X) :][:HORIZON], rtol=1e-5)


@pytest.mark.parametrize("horizon", [1, 4, 7, 30])
def test_recursion_goes_as_far_as_asked_for(horizon):
    X = wave(120)
    model = quick(strategy="recursive", horizon=horizon, linear=0).fit(X)
    assert model.predict().shape == (horizon,)
    longer = clone(model).set_params(horizon=2 * horizon)
    if horizon >= 4:  # the same network of 4 steps ahead, but for the windows that it learns from
        assert longer.fit(X).net_.module_.horizon == model.net_.module_.horizon == 4
    made = model.backtest(X)
    origin = made["origin"].iloc[-1]
    np.testing.assert_allclose(made["forecast"][-horizon:], model.predict(X[: origin + 1]), rtol=1e-5)


def test_recursion_from_a_short_start():
    X = wave()
    model = quick(strategy="recursive", segment=2, linear=0).fit(X)
    several = model.predict([X[:1], X[:3], X[:11], X])
    for x, forecast in zip([X[:1], X[:3], X[:11], X], several, strict=True):
        np.testing.assert_allclose(forecast, model.predict(x), rtol=1e-6)
        assert np.isfinite(forecast).all()


def test_recursion_learns():
    X = wave(160)
    made = quick(strategy="recursive", segment=3, horizon=12, linear=0, max_epochs=40, lr=0.01)
    model = made.set_params(validation_fraction=0.2).fit(X)
    assert model.skills_["naive"] > 0.5
    with_share = quick(strategy="recursive", segment=3, horizon=12, linear=1.0).fit(X)
    linear = quick(segment=3, horizon=12, linear=1.0).fit(X)
    np.testing.assert_allclose(with_share.predict(), linear.predict(), rtol=1e-6)


def test_a_later_row_is_not_read_by_recursion():
    X, cut = table(), 60
    model = quick(strategy="recursive", segment=2).fit(X)
    later = X.copy()
    later.iloc[cut:] *= 9
    one, other = model.backtest(X), model.backtest(later)
    before = (one["origin"] < X.index[cut]).to_numpy()
    np.testing.assert_array_equal(one["forecast"][before], other["forecast"][before])
    assert (one["forecast"] != other["forecast"])[~before].any()


# ---------------------------------------------------------------------- members
@pytest.mark.parametrize("loss", OUTPUTS)
def test_members_are_averaged(loss):
    X = np.round(wave())
    model = quick(n_members=3, loss=loss, linear=0, log=False).fit(X)
    members = model.net_.module_.members
    assert len(members) == 3
    z = torch.from_numpy((X[-12:] - model.scaling_.mean) / model.scaling_.scale).float()[None, :, None]
    outputs = []
    for member in members:
        with torch.no_grad():
            forecast = member.eval()(z, torch.tensor([12]))
        outputs.append(model._output.read(forecast).double().numpy())
    assert not np.allclose(outputs[0], outputs[1])
    assert not np.allclose(outputs[1], outputs[2])
    mean = model._output.point(np.mean(outputs, axis=0))[0]
    np.testing.assert_allclose(model.predict(), mean * model.scaling_.scale + model.scaling_.mean, rtol=1e-5)
    assert model.n_parameters_ == 3 * quick(loss=loss, log=False).fit(X).n_parameters_


@pytest.mark.parametrize("options", [{"strategy": "recursive", "segment": 2}, {"missing": "mask"}, {}])
def test_members_go_with_every_option(options):
    X = table()
    if "missing" in options:
        X.iloc[[5, 60, 98]] = np.nan
    model = quick(n_members=2, validation_fraction=0.2, **options).fit(X)
    assert np.isfinite(model.predict()).to_numpy().all()
    assert np.isfinite(model.predict_interval(coverage=0.5)).to_numpy().all()
    again = quick(n_members=2, validation_fraction=0.2, **options).fit(X)
    pd.testing.assert_frame_equal(model.predict(), again.predict())


def test_first_member_starts_like_a_network_alone():
    X = wave()
    rest = {"max_epochs": 1, "lr": 1e-12, "weight_decay": 0.0}
    alone, two = quick(**rest).fit(X), quick(n_members=2, **rest).fit(X)
    n = len(weights(alone))
    torch.testing.assert_close(weights(two)[:n], weights(alone))
    assert not torch.allclose(weights(two)[n:], weights(alone))


# ---------------------------------------------------------------------- pieces
def test_partial_fit_trains_on_one_piece_after_the_other():
    X = months(wave(140))
    model = quick(max_epochs=7)
    assert model.partial_fit(X[:80]) is model
    first = weights(model)
    scale, n_iter = model.scaling_, model.n_iter_
    assert n_iter == 1
    pd.testing.assert_series_equal(model.predict(), model.predict(X[:80]))
    model.partial_fit(X[80:140])
    assert not torch.equal(weights(model), first)
    assert model.n_iter_ == 2
    assert model.scaling_ is scale
    assert model.predict().index[0] == X.index[-1] + X.index.freq
    pd.testing.assert_series_equal(model.predict(), model.predict(X), rtol=1e-6)


def test_a_piece_that_continues_has_context():
    X = months(wave(140))
    model = quick().partial_fit(X[:100])
    # Too short by itself for a window and a horizon.
    model.partial_fit(X[100:104])
    assert model.predict().index[0] == X.index[104]
    pd.testing.assert_series_equal(model.predict(), model.predict(X[:104]), rtol=1e-6)
    with pytest.raises(
        SequenceTooShortError, match=r"LSTMForecaster.partial_fit: the longest series has 4 time"
    ):
        model.partial_fit(X[120:124])


def test_a_piece_that_does_not_continue_is_a_new_start():
    X = wave(140)
    model = quick().partial_fit(X[:80]).partial_fit(X[80:])
    np.testing.assert_allclose(model.predict(), model.predict(X[80:]), rtol=1e-6)


def test_partial_fit_goes_on_after_fit():
    X = months(wave(140))
    model = quick(validation_fraction=0.2).fit(X[:120])
    calibration, share = model.calibration_, model.linear_share_
    model.partial_fit(X[120:])
    assert model.calibration_ is calibration
    assert model.linear_share_ == share
    assert model.n_iter_ == 2
    with pytest.raises(InputError, match="partial_fit: X has 2 features, but LSTMForecaster is expecting 1"):
        model.partial_fit(table().to_numpy())


def test_partial_fit_takes_missing_values_that_come_later():
    """What is missing from a later piece is no more learned than from the first."""
    X = months(wave(140))
    holes = X.copy()
    holes.iloc[100:120] = np.nan
    one, other = holes.copy(), holes.fillna(1e6)
    model = quick(missing="mask").partial_fit(X[:80])
    with_holes = quick(missing="mask").partial_fit(X[:80]).partial_fit(one[80:])
    assert np.isfinite(with_holes.predict()).all()
    assert np.abs(with_holes.predict() - model.predict(X[:140])).max() < 3
    assert not torch.equal(weights(with_holes), weights(quick().partial_fit(X[:80]).partial_fit(other[80:])))
    assert with_holes._n_inputs == model._n_inputs == 2


# ---------------------------------------------------------------------- warm starts
def test_warm_start_fits_the_linear_share_anew():
    X = wave(140)
    model = quick(warm_start=True).fit(X[:100])
    coef, share = model.linear_coef_, model.linear_share_
    assert share == 0.5
    before = weights(model)
    model.fit(X)
    assert model.linear_share_ == share
    assert not np.array_equal(model.linear_coef_, coef)
    assert not torch.equal(weights(model), before)
    np.testing.assert_allclose(model.predict(), model.predict(X), rtol=1e-6)
    measured = quick(warm_start=True, validation_fraction=0.2).fit(X[:100]).fit(X)
    np.testing.assert_allclose(
        measured.linear_coef_, quick(warm_start=True).fit(X[:100]).fit(X).linear_coef_, rtol=1e-3, atol=1e-4
    )


def test_warm_start_needs_the_columns_of_the_first_fit():
    model = quick(warm_start=True).fit(table())
    with pytest.raises(InputError, match=r"fit: X has 1 features, but LSTMForecaster is expecting 2"):
        model.fit(wave())
    model.fit(table())  # and goes on after that
    with pytest.raises(InputError, match=r"fit: X has the columns \['b', 'a'\], but \['a', 'b'\] were seen"):
        model.fit(table()[["b", "a"]])


# ---------------------------------------------------------------------- training anew at every origin
def test_refit_equals_fitting_by_hand():
    X = months(wave(80))
    model = quick().fit(X[:60])
    made = model.backtest(X, refit=True, start=60, stride=6)
    assert list(made["origin"].unique()) == list(X.index[[60, 66, 72]])
    for origin, rows in made.groupby("origin"):
        alone = quick().fit(X[:origin]).predict()
        np.testing.assert_allclose(rows["forecast"], alone, rtol=1e-6)
        np.testing.assert_array_equal(rows["target"], X[origin:][1 : HORIZON + 1])


def test_refit_with_bounds_equals_fitting_by_hand():
    X = months(wave(80))
    made = (
        quick(validation_fraction=0.2).fit(X[:60]).backtest(X, refit=True, start=70, stride=4, coverage=0.5)
    )
    assert len(made) == 2 * HORIZON
    for origin, rows in made.groupby("origin"):
        alone = quick(validation_fraction=0.2).fit(X[:origin]).predict_interval(coverage=0.5)
        np.testing.assert_allclose(rows[["lower", "upper"]], alone, rtol=1e-5)


def test_refit_of_a_panel_knows_no_series_beyond_the_origin():
    # The second begins a year later, the third ends earlier.
    X = {"x": months(wave(80)), "y": months(wave(60, seed=1), "2002-01"), "z": months(wave(60, seed=2))}
    model = quick(log=False).fit(X)
    made = model.backtest(X, refit=True, start="2001-12", stride=20)
    origins = made.groupby("series")["origin"].unique()
    for name, series in X.items():
        assert origins[name][0] == series.index[11]
    for origin, rows in made.groupby("origin"):
        known = {name: series[:origin] for name, series in X.items() if len(series[:origin])}
        alone = quick(log=False).fit(known).predict()
        for name, own in rows.groupby("series"):
            if X[name].index[-1] >= origin:
                np.testing.assert_allclose(own["forecast"], alone[name], rtol=1e-5)
    cut = pd.Timestamp("2004-08")
    edited = {name: series.where(series.index <= cut, 99.0) for name, series in X.items()}
    again = model.backtest(edited, refit=True, start="2001-12", stride=20)
    before = (made["origin"] <= cut).to_numpy()
    assert set(made["series"][before]) == set(X)
    np.testing.assert_array_equal(made["forecast"][before], again["forecast"][before])
    assert (made["forecast"] != again["forecast"])[~before].any()


def test_refit_learns_from_X_alone():
    """Also where X continues the rows remembered, which are but the last ones."""
    X = months(wave(120))
    made = quick().fit(X[:70]).backtest(X[70:], refit=True, start=30)
    origin = X.index[100]
    assert made["origin"].iloc[0] == origin
    np.testing.assert_allclose(made["forecast"][:HORIZON], quick().fit(X[70:101]).predict(), rtol=1e-6)


def test_refit_of_arrays_and_of_y():
    X = wave(80)
    made = quick().fit(X).backtest(X, refit=True, start=70)
    np.testing.assert_allclose(made["forecast"][:HORIZON], quick().fit(X[:71]).predict(), rtol=1e-6)
    covariates, target = table(80)[["a"]], table(80)["b"]
    split = quick().fit(covariates, target).backtest(covariates, target, refit=True, start=72)
    alone = quick().fit(covariates[:73], target[:73]).predict()
    np.testing.assert_allclose(split["forecast"][:HORIZON], alone, rtol=1e-6)


# ---------------------------------------------------------------------- origins
@pytest.mark.parametrize("stride", [1, 7])
@pytest.mark.parametrize("start", [40, "2004-05", pd.Timestamp("2004-05-01"), "2004-04-10"])
def test_start_is_a_row_or_a_time(start, stride):
    X = months(wave(100))
    made = quick().fit(X).backtest(X, start=start, stride=stride)
    assert list(made["origin"].unique()) == list(X.index[40:95:stride])


def test_start_of_periods_and_numbers():
    periods = months(wave(100)).to_period()
    made = quick().fit(periods).backtest(periods, start="2004-05")
    assert made["origin"].iloc[0] == pd.Period("2004-05", "M")
    ticks = pd.Series(wave(100), index=np.arange(0, 1000, 10) / 10.0)
    made = quick().fit(ticks).backtest(ticks, start=40.0)
    assert made["origin"].iloc[0] == 40.0
    # A number of a row, not a label.
    assert quick().fit(ticks).backtest(ticks, start=40)["origin"].iloc[0] == 40.0
    numbers = pd.Series(wave(100), index=np.arange(500, 600))
    assert quick().fit(numbers).backtest(numbers, start=40)["origin"].iloc[0] == 540


def test_start_counts_the_rows_of_X_where_they_continue():
    X = months(wave(100))
    model = quick().fit(X[:70])
    assert model.backtest(X[70:])["origin"].iloc[0] == X.index[69]
    assert model.backtest(X[70:], start=4)["origin"].iloc[0] == X.index[74]
    assert model.backtest(X[70:], start="2007")["origin"].iloc[0] == pd.Timestamp("2007-01-01")
    early = model.backtest(X[70:], start="2002")["origin"].iloc[0]
    assert early == X.index[69]
    # An origin without a full context is none.
    assert quick().fit(X).backtest(X, start=3)["origin"].iloc[0] == X.index[11]


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("soon", r"backtest: start='soon' came, but the index runs from 2001-01-01"),
        (-3, r"backtest: start=-3 came, but a row of X, counted from 0, or a time is needed"),
        (3.5, r"backtest: start=3.5 came"),
        ([1], r"backtest: start=\[1\] came"),
    ],
)
def test_start_that_cannot_be_found_is_refused(start, message):
    X = months(wave(100))
    with pytest.raises(InputError, match=message):
        quick().fit(X).backtest(X, start=start)


def test_start_beyond_the_rows_is_refused():
    X = months(wave(100))
    for start in (99, "2030"):
        with pytest.raises(SequenceTooShortError, match=r"are needed after the first origin"):
            quick().fit(X).backtest(X, start=start)
    with pytest.raises(InputError, match=r"start='2004' came, but X has no index to find it in"):
        quick().fit(X).backtest(X.to_numpy(), start="2004")


# ---------------------------------------------------------------------- simple forecasters
@pytest.mark.parametrize("rule", RULES)
def test_simple_forecasters_predict_update_and_test_alike(rule):
    X = table()
    model = rule(horizon=HORIZON).fit(X[:80])
    updated = clone(model).fit(X[:80]).update(X[80:90])
    pd.testing.assert_frame_equal(updated.predict(), updated.predict(X[:90]))
    made = model.backtest(X[80:])
    # From the last training row on, not from rows before.
    assert list(made["origin"].unique()) == list(X.index[79:95])
    for origin in (X.index[79], X.index[88]):
        rows = made[made["origin"] == origin].pivot(index="step", columns="column", values="forecast")
        np.testing.assert_allclose(rows, model.predict(X[:origin]), rtol=1e-6)
    assert model.score(X[80:]) == pytest.approx(
        np.mean(
            [
                1
                - ((r["target"] - r["forecast"]) ** 2).sum() / ((r["target"] - r["target"].mean()) ** 2).sum()
                for _, r in made.groupby("column")
            ]
        )
    )
    bounds = model.backtest(X[80:], coverage=0.5)
    assert (bounds["lower"] < bounds["upper"]).all()
    hand = model.backtest(X, refit=True, start=90, stride=4)
    np.testing.assert_allclose(
        hand[hand["column"] == "a"]["forecast"][:HORIZON],
        clone(model).fit(X[:91]).predict()["a"],
        rtol=1e-6,
    )


@pytest.mark.parametrize("rule", RULES)
def test_simple_forecasters_are_saved_cloned_and_searched(rule, tmp_path):
    X = months(wave())
    model = rule(horizon=3).fit(X)
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    pd.testing.assert_series_equal(loaded.predict(), model.predict())
    pd.testing.assert_frame_equal(loaded.predict_interval(coverage=0.5), model.predict_interval(coverage=0.5))
    assert not hasattr(clone(model), "context_")
    search = GridSearchCV(
        rule(), {"horizon": [1, 3]}, cv=TimeSeriesSplit(2, test_size=12), error_score="raise"
    ).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.predict(X)) == search.best_params_["horizon"]


@pytest.mark.parametrize("rule", RULES)
def test_simple_forecasters_take_series_shorter_than_a_season(rule):
    X = [wave(), wave(30, seed=1), wave(7, seed=2), wave(1, seed=3)]
    options = {"season": 12} if rule is SeasonalNaiveForecaster else {}
    model = rule(horizon=HORIZON, **options).fit(X)
    forecasts = model.predict()
    assert [f.shape for f in forecasts] == [(HORIZON,)] * 4
    assert np.isfinite(np.concatenate(forecasts)).all()
    np.testing.assert_allclose(
        forecasts[3], np.full(HORIZON, X[3]), rtol=1e-6
    )  # of one row, that row is all there is
    if rule is SeasonalNaiveForecaster:
        np.testing.assert_array_equal(forecasts[2], np.full(HORIZON, X[2][-1]))
    for x, forecast in zip(X, forecasts, strict=True):
        np.testing.assert_allclose(model.predict(x), forecast, rtol=1e-6)
    bounds = model.predict_interval(coverage=0.5)
    assert np.isfinite(np.concatenate(bounds)).all()


@pytest.mark.parametrize("rule", RULES)
def test_simple_forecasters_take_missing_values(rule):
    X = table()
    X.iloc[[3, 40, 41, 42, 99], 0] = np.nan
    model = rule(horizon=HORIZON, missing="mask").fit(X)
    assert np.isfinite(model.predict()).to_numpy().all()
    assert np.isfinite(model.predict_interval(coverage=0.5)).to_numpy().all()
    made = model.backtest(X, coverage=0.5)
    assert np.isfinite(made[["forecast", "lower", "upper"]]).to_numpy().all()
    assert made["target"].isna().any()
    assert np.isfinite(model.score(X))
    with pytest.raises(InputError, match=r"fit: X has NaN in row 3"):
        rule(horizon=HORIZON).fit(X)


@pytest.mark.parametrize("rule", RULES)
def test_simple_forecasters_take_y_and_target(rule):
    X = table()
    by_name = rule(horizon=HORIZON, target="b").fit(X)
    split = rule(horizon=HORIZON).fit(X[["a"]], X["b"])
    pd.testing.assert_series_equal(split.predict(), by_name.predict()["b"])
    assert split.score(X[["a"]], X["b"]) == by_name.score(X)
    alone = rule(horizon=HORIZON).fit(X[["b"]])
    pd.testing.assert_frame_equal(by_name.predict(), alone.predict())
    # Columns that are not read may be left out.
    pd.testing.assert_frame_equal(by_name.predict(X[["b"]]), by_name.predict(X))
    with pytest.raises(InputError, match=r"predict: X holds the 1 columns of X at fit time and no y came"):
        split.predict(X[["a"]])
    with pytest.raises(InputError, match=r"predict: `future` came, but no column is known ahead"):
        split.predict(future=X)


def test_linear_forecaster_keeps_to_its_parameters():
    X = wave()
    free, tied = (
        LinearForecaster(horizon=3, window=12, alpha=0.0),
        LinearForecaster(horizon=3, window=12, alpha=1e9),
    )
    assert np.abs(free.fit(X).coef_).max() > 1e-2
    np.testing.assert_allclose(tied.fit(X).predict(), X[-1], rtol=1e-3)
    assert LinearForecaster(horizon=3, validation_fraction=None).fit(X).calibration_ is None
    growth = np.exp(0.05 * np.arange(100)) * wave()
    logged = LinearForecaster(horizon=3, window=12, log=True).fit(growth)
    np.testing.assert_allclose(logged.predict(100 * growth), 100 * logged.predict(growth), rtol=1e-4)
    assert (logged.predict_interval(coverage=0.5) > 0).all()
