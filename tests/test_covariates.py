"""Columns that explain the target: known ahead, past only, constant, of the calendar, and targets as y."""

import numpy as np
import pandas as pd
import pytest

from sksequence import LSTMForecaster, SequenceArray
from sksequence.exceptions import InputError, SequenceTooShortError

pytestmark = pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")

HORIZON, N_ROWS = 4, 90
# Trained for an instant: what is tested here does not depend on being good.
QUICK = {
    "horizon": HORIZON,
    "window": 8,
    "segment": 4,
    "hidden_size": 8,
    "max_epochs": 1,
    "validation_fraction": None,
    "random_state": 0,
}
ROLES = {"target": "sales", "known_future": "promo"}


def quick(**options):
    return LSTMForecaster(**(QUICK | options))


def shop(n=N_ROWS, *, seed=0, start="2021-01-04"):
    """Daily sales, what is planned, and what is only known afterwards."""
    rng = np.random.default_rng(seed)
    promo = rng.integers(0, 2, n).astype(float)
    visits = rng.normal(5, 1, n)
    days = pd.date_range(start, periods=n, name="day")
    return pd.DataFrame(
        {"sales": 20 + 10 * promo + 0.3 * rng.normal(size=n), "promo": promo, "visits": visits}, index=days
    )


def coming(X, n=HORIZON, seed=9):
    """Plans for the rows that follow X."""
    days = pd.date_range(X.index[-1], periods=n + 1, name="day")[1:]
    return pd.DataFrame({"promo": np.random.default_rng(seed).integers(0, 2, n).astype(float)}, index=days)


def panel(n_series=3):
    """Shops of unlike length and size, with a constant each."""
    tables = {f"s{i}": shop(N_ROWS - 10 * i, seed=i).assign(size=float(i)) for i in range(n_series)}
    return pd.concat(tables, names=["shop", "day"])


def coming_of(long, n=HORIZON):
    return pd.concat(
        {key: coming(part.droplevel(0), n, seed=i) for i, (key, part) in enumerate(long.groupby(level=0))}
    )


# ---------------------------------------------------------------------- what is learned
def test_known_columns_are_learned_by_the_network_alone():
    X = shop(400)
    options = {"target": "sales", "linear": 0, "max_epochs": 40, "lr": 0.01, "hidden_size": 16}
    told = quick(known_future="promo", **options).fit(X[:300])
    blind = quick(**options).fit(X[:300])
    errors = [
        (table["target"] - table["forecast"]).abs().mean()
        for table in (told.backtest(X[300:]), blind.backtest(X[300:]))
    ]
    assert errors[0] < 1.0  # of an effect of 10
    assert errors[1] > 4.0
    # The plan alone decides what the same past is followed by.
    plans = coming(X[:300]).assign(promo=[0.0, 1.0, 0.0, 1.0])
    np.testing.assert_allclose(told.predict(future=plans)["sales"], [20, 30, 20, 30], atol=2)


def hours(n=24 * 21):
    """A daily rhythm below a promotion that is far stronger, and comes at any hour."""
    rng, t = np.random.default_rng(0), np.arange(n)
    promo = (rng.random(n) < 0.2).astype(float)
    sales = 50 + 10 * np.sin(2 * np.pi * t / 24) + 60 * promo + rng.normal(0, 3, n)
    index = pd.date_range("2024-01-01", periods=n, freq="h")
    return pd.DataFrame({"sales": sales, "promo": promo}, index=index)


def test_a_promotion_hides_no_season():
    X = hours()
    options = {"target": "sales", "window": "auto", "segment": "auto"}
    assert quick(**options).fit(X[["sales"]]).seasons_ == ()
    assert quick(known_future="promo", **options).fit(X).seasons_ == (24,)
    panel = {"a": X, "b": X[100:]}
    assert quick(known_future="promo", **options).fit(panel).seasons_ == (24,)
    holes = X.where(np.random.default_rng(1).random(X.shape) > 0.05)
    model = quick(known_future="promo", missing="mask", **options).fit(holes)
    assert model.seasons_[0] == model._fill_season == 24


def test_rows_without_a_promotion_do_not_speak_for_the_linear_share():
    rng = np.random.default_rng(0)
    X = shop(240)
    X["promo"] = 0.0
    # A network of an instant is no match for a regression on what is nearly a line.
    X["sales"] = np.arange(240) + rng.normal(0, 0.1, 240)
    options = ROLES | {"validation_fraction": 0.1}
    assert quick(**options).fit(X).linear_share_ == 0.5  # the column tells nothing
    X.loc[X.index[20:24], "promo"] = 1.0
    assert quick(**options).fit(X).linear_share_ == 0.0
    X.loc[X.index[-4:], "promo"] = 1.0
    assert quick(**options).fit(X).linear_share_ == 0.5


def test_a_known_promotion_is_no_reason_to_be_unsure():
    X = shop(400)
    options = {"target": "sales", "linear": 0, "max_epochs": 40, "lr": 0.01, "hidden_size": 16}
    model = quick(known_future="promo", validation_fraction=0.3, refit=False, **options).fit(X)
    quiet, loud = X[-12:].copy(), X[-12:].copy()
    quiet["promo"], loud["promo"] = 0.0, np.repeat([0.0, 1.0], [8, 4])
    for past in (quiet, loud):
        past["sales"] = 20 + 10 * past["promo"] + 0.3 * np.sin(2.0 * np.arange(12))
    widths = [
        np.ptp(model.predict_interval(past, future=coming(past)).to_numpy(), axis=1) for past in (quiet, loud)
    ]
    np.testing.assert_allclose(widths[0], widths[1], rtol=0.3)


def test_a_column_that_is_the_season_does_not_hide_it():
    X = hours().assign(phase=lambda X: np.sin(2 * np.pi * X.index.hour / 24))
    X["sales"] -= 60 * X.pop("promo")
    model = quick(target="sales", known_future="phase", window="auto", segment="auto").fit(X)
    assert model.seasons_ == (24,)


def test_past_columns_are_learned_by_the_network_alone():
    X = shop(400)
    X["sales"] = np.r_[0, 20 + 10 * X["promo"].to_numpy()[:-1]]  # what was planned yesterday
    X = X[["sales", "promo"]]
    model = quick(target="sales", horizon=1, linear=0, max_epochs=40, lr=0.01, segment=1).fit(X[:300])
    table = model.backtest(X[300:])
    assert (table["target"] - table["forecast"]).abs().mean() < 2.0


def test_static_columns_are_read():
    X = panel()
    model = quick(target="sales", known_future="promo", static="size", max_epochs=3).fit(X)
    assert model._roles.past == ("visits",)
    future = coming_of(X)
    expected = model.predict(X, future=future)
    other = X.copy()
    other.loc["s1", "size"] = 7.0
    moved = (model.predict(other, future=future) != expected)["sales"].groupby(level=0).any()
    assert moved.to_dict() == {"s0": False, "s1": True, "s2": False}


def test_static_columns_must_be_constant():
    X = panel()
    X.loc[("s1", X.loc["s1"].index[5]), "size"] = 9.0
    with pytest.raises(
        InputError,
        match=r"LSTMForecaster.fit: the static column 'size' varies within series 's1', but it must",
    ):
        quick(target="sales", static="size").fit(X)
    X = panel()
    model = quick(target="sales", static="size").fit(X)
    X.loc[("s2", X.loc["s2"].index[-1]), "size"] = 9.0
    with pytest.raises(InputError, match=r"LSTMForecaster.predict: the static column 'size' varies"):
        model.predict(X)
    X.loc["s2", "size"] = np.nan
    with pytest.raises(InputError, match="series 's2' has NaN"):
        model.predict(X)
    masked = quick(target="sales", static="size", missing="mask").fit(panel())
    with pytest.raises(
        InputError, match=r"the static column 'size' is missing from series 's2', but it must"
    ):
        masked.predict(X)


# ---------------------------------------------------------------------- what matters when
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_later_values_of_past_columns_change_nothing_before(strategy, calibrated):
    X, cut = shop(), 60
    later = X.copy()
    later.iloc[cut:, 2] += 50
    model = quick(**ROLES, strategy=strategy, validation_fraction=0.2 if calibrated else None).fit(X)
    options = {"coverage": 0.8} if calibrated else {}
    one, other = model.backtest(X, **options), model.backtest(later, **options)
    before = (one["origin"] < X.index[cut]).to_numpy()
    pd.testing.assert_frame_equal(one[before], other[before])
    assert (one["forecast"] != other["forecast"])[~before].any()
    # An edit behind the last origin is never read at all.
    tail = X.copy()
    tail.iloc[-HORIZON:, 2] = 1e6
    pd.testing.assert_frame_equal(one, model.backtest(tail, **options))
    assert model.score(X) == model.score(tail)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_values_of_past_columns_in_the_future_are_not_read(strategy):
    X = shop()
    model = quick(**ROLES, strategy=strategy).fit(X)
    future = coming(X)
    expected = model.predict(future=future)
    pd.testing.assert_frame_equal(model.predict(future=future.assign(visits=1e6, sales=-1e6)), expected)
    # They are not known, so that they may be missing there.
    pd.testing.assert_frame_equal(model.predict(future=future.assign(visits=np.nan, sales=np.nan)), expected)


def test_later_values_of_past_columns_change_no_model_trained_before():
    X, cut = shop(), 60
    later = X.copy()
    later.iloc[cut:, 2] += 50
    model = quick(**ROLES).fit(X)
    one, other = (model.backtest(table, start=X.index[cut - 9], stride=8, refit=True) for table in (X, later))
    before = (one["origin"] < X.index[cut]).to_numpy()
    assert before.sum() == 2 * HORIZON
    pd.testing.assert_frame_equal(one[before], other[before])
    assert (one["forecast"] != other["forecast"])[~before].any()


def test_an_edit_of_known_values_changes_what_they_are_read_for():
    X = shop()
    model = quick(**ROLES, linear=0, segment=1, strategy="direct").fit(X)
    future = coming(X)
    expected = model.predict(future=future)["sales"].to_numpy()
    for step in range(HORIZON):
        plans = future.copy()
        plans.iloc[step, 0] += 1
        moved = model.predict(future=plans)["sales"].to_numpy() != expected
        np.testing.assert_array_equal(moved, np.arange(HORIZON) == step)


def test_an_edit_of_known_values_of_a_segment_changes_no_other_segment():
    X = shop()
    model = quick(**ROLES, horizon=6, segment=4).fit(X)
    future = coming(X, 6)
    expected = model.predict(future=future)["sales"].to_numpy()
    plans = future.copy()
    plans.iloc[5, 0] += 1
    moved = model.predict(future=plans)["sales"].to_numpy() != expected
    np.testing.assert_array_equal(moved, [False] * 4 + [True] * 2)


def test_a_recursive_forecast_reads_a_plan_from_its_segment_on():
    X = shop()
    model = quick(**ROLES, horizon=6, segment=2, strategy="recursive").fit(X)
    future = coming(X, 6)
    expected = model.predict(future=future)["sales"].to_numpy()
    for step, first in ((0, 0), (3, 2), (5, 4)):
        plans = future.copy()
        plans.iloc[step, 0] += 1
        moved = model.predict(future=plans)["sales"].to_numpy() != expected
        np.testing.assert_array_equal(moved, np.arange(6) >= first)


@pytest.mark.parametrize("horizon", [1, 3, 7, 10])
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_horizon_may_have_any_ratio_to_the_segment(horizon, strategy):
    X = shop()
    model = quick(**ROLES, horizon=horizon, strategy=strategy).fit(X[:70])
    forecast = model.predict(future=X[70:])
    assert forecast.index.equals(X.index[70 : 70 + horizon])
    table = model.backtest(X[70:])
    np.testing.assert_allclose(table["forecast"][:horizon], forecast["sales"], rtol=1e-5)


def test_known_columns_of_a_backtest_come_from_its_own_rows():
    X = shop()
    model = quick(**ROLES, horizon=3).fit(X[:60])
    table = model.backtest(X[60:])
    for origin, rows in table.groupby("origin"):
        known, later = X[:origin], X[origin:][1:]
        alone = model.predict(known, future=later[["promo"]])["sales"]
        np.testing.assert_allclose(rows["forecast"], alone, rtol=1e-5)
        np.testing.assert_array_equal(rows["target"], later["sales"][:3])


def test_update_goes_on_with_all_columns():
    X, rows = shop(), slice(70, 75)
    model = quick(**ROLES).fit(X[:70])
    assert model.update(X[rows]) is model
    future = X[75:]
    pd.testing.assert_frame_equal(model.predict(future=future), model.predict(X[:75], future=future))
    other = X[rows].assign(visits=50.0)
    moved = quick(**ROLES).fit(X[:70]).update(other)
    assert (moved.predict(future=future) != model.predict(future=future)).to_numpy().all()


def test_all_roles_together():
    X = panel()
    X["second"] = 2 * X["sales"] + 1
    model = quick(
        target=["second", "sales"],
        known_future=["promo"],
        static=["size"],
        calendar=("weekday",),
        validation_fraction=0.2,
        max_epochs=2,
    ).fit(X)
    assert model._roles.past == ("visits",)
    assert model.targets_ == ("second", "sales")
    assert model.n_features_in_ == 5
    assert list(model.feature_names_in_) == ["sales", "promo", "visits", "size", "second"]
    forecast = model.predict(future=coming_of(X))
    assert list(forecast.columns) == ["second", "sales"]
    assert len(forecast) == 3 * HORIZON
    bounds = model.predict_interval(future=coming_of(X))
    assert bounds.columns.tolist() == [
        (column, bound) for column in ("second", "sales") for bound in ("lower", "upper")
    ]
    assert (bounds["sales"]["lower"] < bounds["sales"]["upper"]).all()
    table = model.backtest(X)
    one = table[(table["series"] == "s1") & (table["column"] == "sales")]
    part = X.loc[["s1"]]
    days = part.index.get_level_values(1)
    alone = model.predict(part[: 8 + 20], future=part[8 + 20 :][["promo"]])["sales"]
    made = one[one["origin"] == days[8 + 19]]["forecast"]
    np.testing.assert_allclose(made, alone, rtol=1e-5)


# ---------------------------------------------------------------------- targets as y
def test_targets_as_y_are_those_of_the_joined_table():
    X = shop()
    joined = quick(target="sales", known_future="promo", max_epochs=2).fit(X[["promo", "visits", "sales"]])
    split = quick(known_future="promo", max_epochs=2).fit(X[["promo", "visits"]], X["sales"])
    expected = joined.predict(future=coming(X))["sales"]
    forecast = split.predict(future=coming(X))
    pd.testing.assert_series_equal(forecast, expected)
    assert split.targets_ == joined.targets_ == ("sales",)
    assert (split.n_features_in_, joined.n_features_in_) == (2, 3)
    assert list(split.feature_names_in_) == ["promo", "visits"]
    later = shop(30, seed=1, start=coming(X).index[0])
    covariates, target = later[["promo", "visits"]], later["sales"]
    pd.testing.assert_frame_equal(
        split.backtest(covariates, target), joined.backtest(later[["promo", "visits", "sales"]])
    )
    assert split.score(covariates, target) == joined.score(later[["promo", "visits", "sales"]])
    split.update(covariates[:9], target[:9])
    joined.update(later[["promo", "visits", "sales"]][:9])
    pd.testing.assert_series_equal(split.predict(future=later[9:]), joined.predict(future=later[9:])["sales"])


def test_form_of_y_is_kept():
    X = shop()
    covariates = X[["promo", "visits"]]
    future = coming(X)
    series = quick(known_future="promo").fit(covariates, X["sales"]).predict(future=future)
    assert isinstance(series, pd.Series)
    assert series.name == "sales"
    assert series.index.equals(future.index)
    frame = quick(known_future="promo").fit(covariates, X[["sales"]]).predict(future=future)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == ["sales"]
    arrays = quick(known_future=0).fit(covariates.to_numpy(), X["sales"].to_numpy())
    vector = arrays.predict(future=future.to_numpy())
    assert vector.shape == (HORIZON,)
    np.testing.assert_array_equal(vector, series)
    column = quick(known_future=0).fit(covariates.to_numpy(), X[["sales"]].to_numpy())
    assert column.predict(future=future.to_numpy()).shape == (HORIZON, 1)
    # A Series beside an array of covariates, and a vector beside a table.
    named = quick(known_future=0).fit(covariates.to_numpy(), X["sales"]).predict(future=future.to_numpy())
    assert named.name == "sales"
    assert named.index.equals(future.index)
    unnamed = quick(known_future="promo").fit(covariates, X["sales"].to_numpy()).predict(future=future)
    np.testing.assert_array_equal(unnamed, series)
    intervals = quick(known_future="promo", validation_fraction=0.2).fit(covariates, X["sales"])
    assert list(intervals.predict_interval(future=future).columns) == ["lower", "upper"]


def test_lists_of_tables_take_lists_of_targets():
    tables = [shop(seed=i) for i in range(2)]
    model = quick(known_future="promo").fit(
        [t[["promo", "visits"]] for t in tables], [t["sales"] for t in tables]
    )
    forecasts = model.predict(future=[coming(t) for t in tables])
    assert [type(f) for f in forecasts] == [pd.Series, pd.Series]
    long = pd.concat(dict(enumerate(tables)))
    other = quick(known_future="promo").fit(long[["promo", "visits"]], long["sales"])
    expected = other.predict(future=pd.concat({i: coming(t) for i, t in enumerate(tables)}))
    np.testing.assert_allclose(np.concatenate(forecasts), expected["sales"], rtol=1e-6)
    flat = quick(known_future="promo").fit(long[["promo", "visits"]], long["sales"].to_numpy())
    np.testing.assert_array_equal(
        flat.predict(future=pd.concat({i: coming(t) for i, t in enumerate(tables)})), expected
    )


def test_predict_takes_X_and_y_joined():
    X = shop()
    covariates = X[["promo", "visits"]]
    model = quick(known_future="promo").fit(covariates, X["sales"])
    new, future = shop(40, seed=3), coming(shop(40))
    joined = covariates.join(X["sales"])
    pd.testing.assert_series_equal(model.predict(joined, future=coming(X)), model.predict(future=coming(X)))
    one = model.predict(new[["promo", "visits", "sales"]], future=future)
    assert one.index.equals(future.index)
    array = model.predict(new[["promo", "visits", "sales"]].to_numpy(), future=future.to_numpy())
    np.testing.assert_allclose(array, one, rtol=1e-6)


def test_predict_from_X_without_the_targets_says_that_their_past_is_missing():
    X = shop()
    covariates = X[["promo", "visits"]]
    model = quick(known_future="promo").fit(covariates, X["sales"])
    with pytest.warns(
        UserWarning, match=r"predict: X holds the 2 columns of X at fit time without \['sales'\]"
    ) as told:
        forecast = model.predict(covariates[:40], future=coming(covariates[:40]))
    assert told[0].filename == __file__
    assert np.isfinite(forecast).all()
    # Without a past, the mean is the best guess.
    assert abs(forecast.mean() - X["sales"].mean()) < 10
    with pytest.warns(UserWarning, match="their past counts as missing"):
        array = model.predict(covariates[:40].to_numpy(), future=coming(covariates[:40]).to_numpy())
    np.testing.assert_allclose(array, forecast, rtol=1e-6)
    with pytest.raises(InputError, match=r"predict: X has 2 features, but LSTMForecaster is expecting"):
        model.predict(covariates.rename(columns={"promo": "plan"}), future=coming(X))


def test_origins_need_the_targets():
    X = shop()
    model = quick(known_future="promo").fit(X[["promo", "visits"]], X["sales"])
    for method in (model.backtest, model.score, model.update):
        with pytest.raises(
            InputError, match=r"no y came, but the values of \['sales'\] are needed. Pass them as y"
        ):
            method(X[["promo", "visits"]])


@pytest.mark.parametrize("freq", ["h", "12h", "2D", "7D"])
def test_future_of_another_step_is_refused(freq):
    X = shop()
    model, future = quick(**ROLES).fit(X), coming(X, 40)
    plan = future.set_axis(pd.date_range(future.index[0], periods=40, freq=freq))
    with pytest.raises(InputError, match=r"`future` has a row at .* where .* is needed, the step"):
        model.predict(future=plan)


def test_future_of_arrays_beside_y():
    X = shop()
    model = quick(known_future="promo").fit(X[["promo", "visits"]], X["sales"])
    future = coming(X)
    expected = model.predict(future=future)
    for form in (future, future.assign(visits=np.nan), future.assign(visits=0.0, sales=0.0)):
        pd.testing.assert_series_equal(model.predict(future=form.to_numpy()), expected)


def test_missing_covariates_hold_the_value_before():
    X = shop()
    holes = X.copy()
    holes.iloc[[3, 40, 41, -1], 1:] = np.nan
    filled = holes.ffill()
    future, gap = coming(X), coming(X)
    future["promo"] = [1.0, 0.0, 0.0, 1.0]
    gap["promo"] = [np.nan, 0.0, np.nan, 1.0]
    future.iloc[0] = filled.iloc[-1]["promo"]
    model = quick(**ROLES, missing="mask").fit(holes)
    expected = model.predict(filled, future=future)
    pd.testing.assert_frame_equal(model.predict(holes, future=gap), expected)
    pd.testing.assert_frame_equal(model.predict(future=gap), expected)
    pd.testing.assert_frame_equal(model.backtest(holes), model.backtest(filled))
    with pytest.raises(InputError, match="fit: X has NaN in row 3"):
        quick(**ROLES).fit(holes)


def test_y_and_target_cannot_both_say_what_is_forecast():
    X = shop()
    with pytest.raises(InputError, match=r"fit: target='sales' and a y came, but only one of them"):
        quick(target="sales").fit(X[["promo"]], X["sales"])
    with pytest.raises(InputError, match=r"fit: y has the column 'sales', but X has one of that name"):
        quick().fit(X, X["sales"])
    with pytest.raises(InputError, match=r"fit: X has 90 rows and y has 89 rows, but y needs a row for each"):
        quick().fit(X[["promo"]].to_numpy(), X["sales"].to_numpy()[1:])
    with pytest.raises(InputError, match="but both need the same index"):
        quick().fit(X[["promo"]][1:], X["sales"][:-1])
    model = quick().fit(X[["promo"]], X["sales"])
    with pytest.raises(InputError, match=r"score: X has 2 features, but LSTMForecaster is expecting 1"):
        model.score(X[["promo", "visits"]], X["sales"])


# ---------------------------------------------------------------------- forms of the future
def test_future_of_one_series_in_all_forms():
    polars = pytest.importorskip("polars")
    X = shop()
    model = quick(**ROLES).fit(X)
    future = coming(X)
    expected = model.predict(future=future)
    wide = shop(N_ROWS + 20)
    wide.iloc[N_ROWS : N_ROWS + HORIZON, 1] = future["promo"]
    forms = {
        "Series": future["promo"],
        "more rows": wide["promo"][N_ROWS:],
        "earlier rows": wide["promo"][20:],
        "wider": wide[["visits", "promo"]][N_ROWS:],
        "all columns": wide[N_ROWS - 5 :],
        "array": future.to_numpy(),
        "vector": future["promo"].to_numpy(),
        "list": future["promo"].tolist(),
        "array of all columns": wide[N_ROWS:].to_numpy(),
        "without an index": future.reset_index(drop=True).to_numpy(),
        "polars": polars.DataFrame({"promo": future["promo"].to_numpy()}),
        "polars Series": polars.Series("promo", future["promo"].to_numpy()),
    }
    for name, form in forms.items():
        pd.testing.assert_frame_equal(model.predict(future=form), expected, obj=name)


def test_future_of_a_polars_table_with_times():
    polars = pytest.importorskip("polars")
    X = shop()
    model = quick(**ROLES, time="day").fit(polars.from_pandas(X.reset_index()))
    forecast = model.predict(future=polars.from_pandas(shop(N_ROWS + 20).reset_index()))
    assert forecast.columns == ["day", "sales"]
    expected = quick(**ROLES).fit(X).predict(future=shop(N_ROWS + 20))
    np.testing.assert_allclose(forecast["sales"].to_numpy(), expected["sales"], rtol=1e-6)
    assert forecast["day"].to_list() == expected.index.to_list()


def test_future_of_a_long_panel_may_have_another_order():
    X = panel()
    model = quick(**ROLES).fit(X)
    future = coming_of(X)
    expected = model.predict(future=future)
    shuffled = pd.concat([future.loc[[key]] for key in ("s2", "s0", "s1")])
    pd.testing.assert_frame_equal(model.predict(future=shuffled), expected)
    assert list(expected.index.get_level_values(0).unique()) == ["s0", "s1", "s2"]
    keyed = quick(**ROLES, id="shop", time="day").fit(X.reset_index())
    forecast = keyed.predict(future=shuffled.rename_axis(["shop", "day"]).reset_index())
    np.testing.assert_allclose(
        forecast.set_index(["shop", "day"]).loc[expected.index, "sales"], expected["sales"], rtol=1e-6
    )


def test_future_of_collections():
    tables = [shop(N_ROWS - 10 * i, seed=i) for i in range(2)]
    futures = [coming(t, seed=i) for i, t in enumerate(tables)]
    model = quick(**ROLES).fit(tables)
    expected = model.predict(future=futures)
    for other in (tuple(futures), [f.to_numpy() for f in futures], [f["promo"] for f in futures]):
        for one, two in zip(model.predict(future=other), expected, strict=True):
            pd.testing.assert_frame_equal(one, two)
    stack = np.stack([f.to_numpy() for f in futures])
    for one, two in zip(model.predict(future=stack), expected, strict=True):
        pd.testing.assert_frame_equal(one, two)
    named = quick(**ROLES).fit(dict(zip("ab", tables, strict=True)))
    forecast = named.predict(future={"b": futures[1], "a": futures[0]})
    assert list(forecast) == ["a", "b"]
    for one, two in zip(forecast.values(), expected, strict=True):
        pd.testing.assert_frame_equal(one, two)
    with pytest.raises(InputError, match=r"column 'promo' of series 'b' of future is NaN 1 step"):
        named.predict(future={"b": futures[1].assign(promo=np.nan), "a": futures[0]})
    arrays = quick(target=0, known_future=1).fit(np.stack([t[:80].to_numpy() for t in tables]))
    assert arrays.predict(future=stack).shape == (2, HORIZON, 1)
    sequences = SequenceArray.from_list([t.to_numpy() for t in tables])
    assert quick(target=0, known_future=1).fit(sequences).predict(future=stack).shape == (2, HORIZON, 1)


def test_future_may_hold_more_series():
    X = panel()
    model = quick(**ROLES).fit(X)
    expected = model.predict(future=coming_of(X))
    some = model.predict(X.loc[["s2", "s1"]], future=coming_of(X))
    assert list(some.index.get_level_values(0).unique()) == list(
        X.loc[["s2", "s1"]].index.get_level_values(0).unique()
    )
    for key in ("s1", "s2"):
        np.testing.assert_allclose(some.loc[key], expected.loc[key], rtol=1e-6)


def test_future_that_does_not_serve_is_refused():
    X = shop()
    model = quick(**ROLES).fit(X)
    future = coming(X)
    with pytest.raises(
        InputError,
        match=r"predict: no `future` came, but \['promo'\] are known ahead and read for the 4 rows",
    ):
        model.predict()
    with pytest.raises(
        SequenceTooShortError,
        match=r"predict: `future` has 3 rows that follow the known ones, but horizon = 4",
    ):
        model.predict(future=future[:3])
    with pytest.raises(SequenceTooShortError, match=r"`future` has 1 rows that follow"):
        model.predict(X[:-1], future=X)
    with pytest.raises(
        InputError, match=r"`future` runs from 2021-04-05 .* but the first row needed is 2021-04-04"
    ):
        model.predict(future=future[1:])
    with pytest.raises(
        InputError,
        match=r"`future` has the columns \['plan'\], but \['promo'\] are needed, which known_future",
    ):
        model.predict(future=future.rename(columns={"promo": "plan"}))
    with pytest.raises(InputError, match=r"column 'promo' of future is NaN 2 step\(s\) ahead"):
        model.predict(future=future.assign(promo=[0, np.nan, 1, 0]))
    with pytest.raises(InputError, match=r"`future` holds 2 series, but 1 are to be continued"):
        model.predict(future=[future, future])
    for other, dtype in (
        (future.tz_localize("UTC"), "UTC"),
        (future.to_period("D"), "period"),
        (X[:9].reset_index(drop=True), "int64"),
    ):
        with pytest.raises(
            InputError, match=rf"`future` has an index of .*{dtype}.*, but that of the known rows"
        ):
            model.predict(future=other)
    long = quick(**ROLES).fit(panel())
    with pytest.raises(InputError, match=r"`future` does not hold series 's2', which is to be continued"):
        long.predict(future=coming_of(panel()).rename({"s2": "s9"}))
    with pytest.raises(
        InputError,
        match=r"predict: `future` came, but no column is known ahead. Name some with `known_future`",
    ):
        quick(target="sales").fit(X).predict(future=future)
    for method in ("predict_interval", "predict_quantiles", "sample"):
        with pytest.raises(InputError, match=rf"LSTMForecaster.{method}: no `future` came"):
            getattr(model, method)()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"target": "sales", "known_future": "rain"},
            r"fit: column 'rain' was asked for, but X has the columns",
        ),
        ({"target": "sales", "static": "rain"}, r"fit: column 'rain' was asked for"),
        ({"target": "sales", "known_future": "sales"}, r"fit: column 'sales' is named twice among target"),
        ({"known_future": "promo", "static": "promo"}, r"fit: column 'promo' is named twice"),
        (
            {"known_future": ["sales", "promo", "visits"]},
            r"fit: every column is named in known_future or static",
        ),
        ({"target": "sales", "known_future": []}, r"fit: no column was asked for"),
    ],
)
def test_roles_that_contradict_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        quick(**options).fit(shop())


def test_without_target_what_has_no_other_role_is_forecast():
    model = quick(known_future="promo").fit(shop())
    assert model.targets_ == ("sales", "visits")
    assert list(model.predict(future=coming(shop())).columns) == ["sales", "visits"]


# ---------------------------------------------------------------------- the calendar
@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2021-01-01", periods=N_ROWS, freq="h"),
        pd.date_range("2021-03-01", periods=N_ROWS, freq="h", tz="Europe/Paris"),
        pd.date_range("2021-01-01", periods=N_ROWS, freq="D"),
        pd.period_range("2001-01", periods=N_ROWS, freq="M"),
    ],
    ids=["hours", "zone", "days", "months"],
)
def test_calendar_follows_the_index(index):
    X = pd.Series(np.random.default_rng(0).normal(size=N_ROWS), index=index)
    model = quick(calendar="auto", linear=0).fit(X)
    forecast = model.predict()
    # The same values at other times are forecast differently.
    shifted = X.set_axis(index.shift(5))
    assert (model.predict(shifted).to_numpy() != forecast.to_numpy()).all()
    np.testing.assert_allclose(model.predict(X), forecast)
    table = model.backtest(X)
    origin = index[40]
    made = table[table["origin"] == origin]["forecast"]
    np.testing.assert_allclose(made, model.predict(X[:origin]), rtol=1e-5)


def test_calendar_of_a_panel_is_that_of_each_series():
    X = panel()[["sales"]]
    model = quick(calendar="auto", linear=0).fit(X)
    forecast = model.predict()["sales"]
    part = X.loc[["s1"]]
    np.testing.assert_allclose(model.predict(part)["sales"], forecast.loc["s1"], rtol=1e-6)
    moved = part.set_index(part.index.set_levels(part.index.levels[1] + pd.Timedelta(days=3), level=1))
    assert (model.predict(moved)["sales"].to_numpy() != forecast.loc["s1"].to_numpy()).any()


def test_weekdays_are_learned_by_the_network_alone():
    days = pd.date_range("2021-01-01", periods=300)
    X = pd.Series(10.0 * (days.day_of_week == 2), index=days) + 0.1 * np.random.default_rng(0).normal(
        size=300
    )
    options = {
        "linear": 0,
        "seasons": None,
        "window": 3,
        "segment": 1,
        "max_epochs": 40,
        "lr": 0.02,
        "horizon": 7,
    }
    told, blind = (quick(calendar=c, **options).fit(X[:230]) for c in (("weekday",), None))
    errors = [
        (t["target"] - t["forecast"]).abs().mean() for t in (told.backtest(X[230:]), blind.backtest(X[230:]))
    ]
    assert errors[0] < 0.7
    assert errors[0] < errors[1]


def test_calendar_needs_times():
    with pytest.raises(InputError, match=r"LSTMForecaster.fit: .*times"):
        quick(calendar="auto").fit(np.arange(90.0))
    X = pd.Series(np.arange(90.0), index=pd.date_range("2021-01-01", periods=90))
    model = quick(calendar="auto").fit(X)
    with pytest.raises(InputError, match=r"LSTMForecaster.predict: .*times"):
        model.predict(X.to_numpy())


# ---------------------------------------------------------------------- nothing else matters
def test_companions_change_no_forecast():
    X = panel()
    model = quick(**ROLES, static="size", calendar="auto", max_epochs=2).fit(X)
    future = coming_of(X)
    together = model.predict(X, future=future)["sales"]
    for key in ("s0", "s1", "s2"):
        alone = model.predict(X.loc[[key]], future=future.loc[[key]])["sales"]
        np.testing.assert_allclose(together.loc[[key]], alone, rtol=1e-6)
    # A short one is padded beside the others.
    short = X.loc[["s2"]][-3:]
    beside = pd.concat([X.loc[["s0"]], short])
    alone = model.predict(short, future=future.loc[["s2"]])["sales"]
    mixed = model.predict(beside, future=future.loc[["s0", "s2"]])["sales"]
    np.testing.assert_allclose(mixed.loc[["s2"]], alone, rtol=1e-6)
    np.testing.assert_allclose(mixed.loc[["s0"]], together.loc[["s0"]], rtol=1e-6)


def test_units_of_covariates_change_nothing():
    X = shop()
    other = X.assign(promo=1000 * X["promo"] + 7, visits=X["visits"] / 1000 - 3)
    future = coming(X)
    one = quick(**ROLES).fit(X).predict(future=future)
    two = quick(**ROLES).fit(other).predict(future=1000 * future + 7)
    np.testing.assert_allclose(one, two, rtol=1e-4)


@pytest.mark.parametrize("column", ["promo", "visits"])
def test_constant_covariates_are_harmless(column):
    X = shop().assign(**{column: 3.0})
    assert np.isfinite(quick(**ROLES).fit(X).predict(future=coming(X))).to_numpy().all()


# ---------------------------------------------------------------------- what is easily mistaken
def test_a_plan_in_place_of_the_past_is_refused():
    X = shop()
    model = quick(**ROLES).fit(X[["sales", "promo"]])
    with pytest.raises(InputError, match=r"X holds only \['promo'\], known ahead.* Pass it as future="):
        model.predict(coming(X))


@pytest.mark.parametrize(
    "named", [{"target": ["sales", "sales"]}, {"target": ["sales", 0]}, {"known_future": ["promo", "promo"]}]
)
def test_a_column_is_named_once(named):
    with pytest.raises(InputError, match="stands twice in"):
        quick(**(ROLES | named)).fit(shop())


def test_missing_values_of_y_are_found_in_y():
    X = shop()
    y = X.pop("sales")
    y.iloc[5] = np.nan
    with pytest.raises(InputError, match=r"y has NaN in row 5 \(2021-01-09"):
        quick(known_future="promo").fit(X, y)
    with pytest.raises(InputError, match="series 1 of y has NaN in row 5"):
        quick(known_future="promo").fit([X, X], [y.ffill(), y])


def test_calendar_says_what_is_read():
    y = shop()["sales"]
    assert quick(calendar="auto").fit(y).calendar_ == ("weekday",)
    assert quick(calendar=("weekend",)).fit(y).calendar_ == ("weekend",)
    assert quick().fit(y).calendar_ == ()


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_a_future_of_times_alone_is_told_which_columns_are_needed(library):
    times = pd.date_range("2024-01-01", periods=64)
    X = pd.DataFrame({"day": times, "y": np.sin(np.arange(64) / 3), "plan": np.arange(64) % 5})
    future = X[["day"]][60:]
    if library == "polars":
        polars = pytest.importorskip("polars")
        X, future = polars.from_pandas(X), polars.from_pandas(future)
    options = {"horizon": 4, "window": 8, "hidden_size": 4, "max_epochs": 1, "validation_fraction": None}
    model = LSTMForecaster(known_future="plan", time="day", **options).fit(X[:60])
    with pytest.raises(
        InputError, match=r"only the columns \['day'\], but \['plan'\] are needed, which known_"
    ):
        model.predict(future=future)
    if library == "pandas":
        model = LSTMForecaster(known_future="plan", **options).fit({"a": X[:60].set_index("day")})
        with pytest.raises(InputError, match=r"an index, but no columns, but \['plan'\] are needed"):
            model.predict(future={"a": future.set_index("day")})
