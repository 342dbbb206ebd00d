"""Splits in time and scorers of forecasters, alone and in scikit-learn's searches."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_score, cross_validate

from sksequence import (
    LSTMForecaster,
    LSTMRegressor,
    SeasonalNaiveForecaster,
    SequenceArray,
    make_windows,
    metrics,
)
from sksequence.exceptions import InputError, ParameterError, SequenceTooShortError
from sksequence.model_selection import RollingOriginSplit, forecast_scorer

HORIZON = 3
POINT_METRICS = ("mae", "rmse", "smape", "mase", "rmsse", "skill")
INTERVAL_METRICS = ("interval_score", "coverage", "pinball", "weighted_quantile_loss")
# A split and a score do not depend on being good.
QUICK = {
    "horizon": HORIZON,
    "hidden_size": 4,
    "max_epochs": 1,
    "validation_fraction": None,
    "random_state": 0,
}
HOURS = pd.date_range("2020-01-01", periods=60, freq="h", name="hour")


def quick(**options):
    return LSTMForecaster(**(QUICK | options))


def wave(n=60, seed=0):
    return 10 + 3 * np.sin(np.arange(n) * np.pi / 3) + 0.1 * np.random.default_rng(seed).normal(size=n)


def series():
    return pd.Series(wave(), index=HOURS, name="load")


def frame():
    return pd.DataFrame({"load": wave(), "sun": 5 * wave(seed=1)}, index=HOURS)


def panel(begins=(0, 0, 0), ends=(60, 60, 60)):
    """Long table; series may begin later or end earlier."""
    parts = {
        name: pd.Series(wave(seed=i), index=HOURS, name="load").iloc[first:stop]
        for i, (name, first, stop) in enumerate(zip("abc", begins, ends, strict=True))
    }
    return pd.concat(parts, names=["shop"]).to_frame()


def folds(splitter, X):
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X)]


# ---------------------------------------------------------------------- where the folds lie
@pytest.mark.parametrize("n", [11, 24, 60])
@pytest.mark.parametrize(
    "options", [{}, {"test_size": 2}, {"max_train_size": 3}, {"gap": 1, "test_size": 2}, {"n_splits": 2}]
)
def test_folds_are_those_of_time_series_split(n, options):
    options = {"n_splits": 4} | options
    assert folds(RollingOriginSplit(**options), np.zeros(n)) == folds(TimeSeriesSplit(**options), np.zeros(n))


def test_one_fold_is_enough():
    assert folds(RollingOriginSplit(1, test_size=4), np.zeros(10)) == [(list(range(6)), [6, 7, 8, 9])]


def test_test_folds_hold_one_horizon_by_default():
    split = RollingOriginSplit(5, horizon=12)
    tests = [test for _, test in split.split(np.zeros(80))]
    assert [len(test) for test in tests] == [13] * 5
    assert [len(test) for _, test in split.split(np.zeros(73))] == [12] * 5
    # A gap takes its rows from the test folds, not from what has to be learned from.
    trains = [train for train, _ in RollingOriginSplit(2, horizon=2, gap=10).split(np.zeros(30))]
    assert [len(train) for train in trains] == [4, 12]


@pytest.mark.parametrize("form", [series, frame, lambda: frame().to_numpy(), lambda: wave().tolist()])
def test_rows_of_one_series_are_time_steps(form):
    assert folds(RollingOriginSplit(2, horizon=6), form()) == folds(TimeSeriesSplit(2), np.zeros(60))


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_rows_of_a_table_without_keys_stand_in_order(library):
    module = pytest.importorskip(library)
    table = module.DataFrame({"a": wave()}) if library == "polars" else module.table({"a": wave()})
    assert folds(RollingOriginSplit(2), table) == folds(TimeSeriesSplit(2), np.zeros(60))


def test_table_rows_are_sorted_by_the_time_column():
    shuffled = series().reset_index().sample(frac=1, random_state=0)
    for train, test in RollingOriginSplit(3, horizon=2, time="hour").split(shuffled):
        assert shuffled["hour"].iloc[train].max() < shuffled["hour"].iloc[test].min()
        assert len(test) == 15


# ---------------------------------------------------------------------- many series
def test_panel_is_cut_at_the_same_times():
    X = panel()
    for train, test in RollingOriginSplit(3, horizon=5, max_train_size=20).split(X):
        times = X.index.get_level_values("hour")
        assert times[train].max() < times[test].min()
        assert X.iloc[train].groupby("shop").size().tolist() == [min(20, len(train) // 3)] * 3
        assert X.iloc[test].groupby("shop").size().tolist() == [15] * 3


def test_series_take_part_where_they_have_rows_on_both_sides():
    X = panel(begins=(0, 20, 0), ends=(60, 60, 42))
    shops = X.index.get_level_values("shop")
    split = RollingOriginSplit(3, horizon=4, test_size=10)  # tests begin at rows 30, 40, 50
    present = [
        ("".join(shops[train].unique()), "".join(shops[test].unique())) for train, test in split.split(X)
    ]
    # In the second fold two rows of c are left, less than a horizon.
    assert present == [("abc", "abc"), ("ab", "ab"), ("ab", "ab")]
    split = RollingOriginSplit(3, horizon=1, test_size=15)  # tests begin at rows 15, 30, 45
    present = ["".join(shops[test].unique()) for _, test in split.split(X)]
    assert present == ["ac", "abc", "ab"]


def test_rows_of_a_panel_may_stand_in_any_order():
    X = panel(begins=(0, 7, 0)).sample(frac=1, random_state=0)
    sorted_folds = RollingOriginSplit(3, horizon=2).split(X.sort_index())
    for (train, test), (a, b) in zip(RollingOriginSplit(3, horizon=2).split(X), sorted_folds, strict=True):
        assert X.iloc[train].sort_index().equals(X.sort_index().iloc[a])
        assert X.iloc[test].sort_index().equals(X.sort_index().iloc[b])


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_long_tables_name_their_keys(library):
    pytest.importorskip(library)
    X = panel(begins=(0, 20, 0), ends=(60, 60, 42))
    table = X.reset_index()
    if library == "polars":
        table = pytest.importorskip("polars").from_pandas(table)
    if library == "pyarrow":
        table = pytest.importorskip("pyarrow").Table.from_pandas(table)
    split = RollingOriginSplit(3, horizon=4, id="shop", time="hour")
    assert folds(split, table) == folds(RollingOriginSplit(3, horizon=4), X)


def test_long_table_without_times_is_counted_from_the_beginning_of_each_series():
    table = pd.DataFrame({"shop": list("aabbabab"), "load": np.arange(8.0)})
    assert folds(RollingOriginSplit(2, test_size=1, id="shop"), table) == [
        ([0, 1, 2, 3], [4, 5]),
        ([0, 1, 2, 3, 4, 5], [6, 7]),
    ]


# ---------------------------------------------------------------------- windows as rows
@pytest.mark.parametrize(("window", "horizon", "gap"), [(1, 1, 0), (6, 1, 0), (4, 3, 0), (4, 3, 2)])
def test_no_step_stands_in_windows_of_both_sides(window, horizon, gap):
    X, _, origins = make_windows(wave(), window, horizon)
    split = RollingOriginSplit(3, horizon=horizon, window=window, gap=gap)
    for train, test in split.split(X):
        last_of_training = origins[train].max() + horizon
        first_of_test = origins[test].min() - window + 1
        assert first_of_test == last_of_training + 1 + gap


def test_windows_may_have_any_form():
    X, y, _ = make_windows(wave(), 6, 2)
    split = RollingOriginSplit(2, horizon=2, window=6)
    expected = folds(split, X)
    for form in (list(X), X.to_padded(), X.to_padded()[:, :, 0], pd.DataFrame(X.to_padded()[:, :, 0])):
        assert folds(split, form) == expected
    model = LSTMRegressor(hidden_size=4, max_epochs=1, random_state=0)
    assert np.isfinite(cross_val_score(model, X, y[:, :, 0], cv=split)).all()
    scores = cross_val_score(Ridge(), X.to_padded()[:, :, 0], y[:, 0, 0], cv=split)
    assert (scores > 0.5).all()


def test_windows_that_are_longer_than_said_are_refused():
    X, _, _ = make_windows(wave(), 6, 2)
    for form in (X, X.to_padded()):
        with pytest.raises(InputError, match=r"windows of up to 6 steps, but window=4 came.*Pass window=6\."):
            folds(RollingOriginSplit(2, window=4), form)


# ---------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    "X",
    [
        [wave(), wave()],
        (series(), series()),
        SequenceArray.from_list([wave(), wave()]),
        np.zeros((4, 20, 1)),
        {"a": wave(), "b": wave()},
        np.array([wave(20), wave(30)], dtype=object),
    ],
    ids=["list", "tuple", "SequenceArray", "stack", "dict", "object"],
)
def test_whole_series_as_rows_are_refused(X):
    with pytest.raises(InputError, match=r"\w+ of \d series came, but rows of X must be time steps.*KFold"):
        folds(RollingOriginSplit(2), X)


@pytest.mark.parametrize(
    "options", [{"horizon": 13}, {"test_size": 20}, {"gap": 50, "test_size": 1, "horizon": 1}]
)
def test_series_too_short_for_the_folds_is_refused(options):
    with pytest.raises(
        SequenceTooShortError, match=r"X has 50 time steps, but \d+ are needed: \d+ to train on"
    ):
        folds(RollingOriginSplit(4, **options), np.zeros(50))
    with pytest.raises(SequenceTooShortError, match="X has 50 windows"):
        folds(RollingOriginSplit(4, window=47), np.zeros((50, 3)))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"n_splits": 0}, "'n_splits'.*int >= 1. Got 0"),
        ({"horizon": 0}, "'horizon'"),
        ({"gap": -1}, "'gap'"),
        ({"test_size": 0}, "'test_size'"),
        ({"horizon": 5, "test_size": 4}, "'test_size'.*one horizon of 5"),
        ({"horizon": 5, "max_train_size": 5}, "'max_train_size'.*more than the horizon of 5"),
        ({"id": 3}, "'id'"),
    ],
)
def test_parameters_are_checked_when_they_come(options, match):
    with pytest.raises(ParameterError, match=match):
        RollingOriginSplit(**options)


@pytest.mark.parametrize(
    ("X", "options", "match"),
    [
        (series().iloc[::-1], {}, "row 0 of X is at 2020-01-03 11:00:00 and row 1 at.*sort_index"),
        (pd.concat([series(), series()]), {}, r"row 59 of X is at .* index of \(series, time\)"),
        (panel(), {"id": "load"}, r"id='load' came, but the levels of the index of X are \['shop', 'hour'\]"),
        (panel().reset_index(), {"id": "store"}, "id='store' came, but X has the columns"),
        (panel().reset_index(), {"time": "when"}, "time='when' came, but X has the columns"),
        (None, {}, "X = None came, but the folds follow from the rows"),
        (wave(), {"time": "hour"}, "X is a ndarray, but time='hour' came"),
        (panel().set_index("load", append=True), {}, "an index of 3 levels"),
        (panel().rename(index={"b": None}), {}, "no series in row 60"),
        (
            panel().reset_index().replace({"hour": {HOURS[3]: pd.NaT}}),
            {"id": "shop", "time": "hour"},
            "in row 3",
        ),
        (
            panel(begins=(0, 30, 60), ends=(30, 60, 60)),
            {"n_splits": 1, "test_size": 30},
            "none of the 2 series",
        ),
    ],
)
def test_rows_without_a_time_or_out_of_order_are_refused(X, options, match):
    with pytest.raises(InputError, match=match):
        folds(RollingOriginSplit(**options), X)


def long(**columns):
    """Two shops, one below the other, with a column of times."""
    table = panel(ends=(60, 60, 0)).reset_index()
    return table.assign(**columns)


@pytest.mark.parametrize(
    ("X", "match"),
    [
        (
            long(),
            r"column 'hour' of X has 2020-01-03 11:00:00 in row 59 and 2020-01-01 00:00:00 in row 60.* id=",
        ),
        (long().sort_values("hour"), "column 'hour' of X has 2020-01-01 00:00:00 in row 0 and .* in row 1"),
        (long(shop=1), "column 'hour'"),
        (long(hour=np.tile(np.arange(60), 2)), "column 'shop' of X holds names.*Pass id= and time="),
        (long(hour=1, shop=pd.Categorical(list("ab") * 60)), "column 'shop' of X holds names"),
        (long(shop=1, hour=HOURS.to_period("h").append([HOURS.to_period("h")])), "column 'hour'"),
    ],
)
def test_long_tables_need_the_names_of_their_columns(X, match):
    with pytest.raises(InputError, match=match):
        folds(RollingOriginSplit(2), X)
    named = RollingOriginSplit(2, id="shop", time="hour")
    assert all(len(train) for train, _ in folds(named, long()))


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_long_tables_of_other_libraries_need_the_names_of_their_columns(library):
    module = pytest.importorskip(library)
    make = module.from_pandas if library == "polars" else module.Table.from_pandas
    with pytest.raises(InputError, match="column 'hour' of X has"):
        folds(RollingOriginSplit(2), make(long()))
    with pytest.raises(InputError, match="column 'shop' of X holds names"):
        folds(RollingOriginSplit(2), make(long(hour=0)))
    assert folds(RollingOriginSplit(2), make(long()[:60])) == folds(RollingOriginSplit(2), np.zeros(60))


def test_tables_of_one_series_need_no_names():
    """Whole numbers that restart, words beside an index of times, times in a column of their own."""
    numbers = pd.DataFrame({"load": wave(), "day": np.arange(60) % 7, "month": np.arange(60) // 30})
    words = numbers.assign(day=np.where(numbers["day"] > 4, "weekend", "weekday"))
    for X in (
        numbers,
        words.set_index(HOURS),
        words.assign(hour=HOURS),
        frame(),
        frame().assign(since=HOURS[0]),
    ):
        assert folds(RollingOriginSplit(2), X) == folds(RollingOriginSplit(2), np.zeros(60))


def test_groups_are_told_to_be_of_no_use():
    with pytest.warns(UserWarning, match="groups came, but folds in time have no use for them"):
        next(RollingOriginSplit(2).split(np.zeros(9), groups=np.zeros(9)))


def test_splitter_is_a_value():
    split = RollingOriginSplit(3, horizon=2, gap=1)
    assert split.get_n_splits() == 3
    assert "gap=1" in repr(split)
    assert "horizon=2" in repr(split)
    assert folds(pickle.loads(pickle.dumps(split)), wave()) == folds(split, wave())


# ---------------------------------------------------------------------- scores of a known backtest
def backtested(estimator=None, **bounds):
    """A forecaster whose backtest of two series with two columns is known; its context ends before it."""
    rows = [
        (shop, column, origin, step)
        for shop in "ab"
        for column in ("x", "y")
        for origin in range(3)
        for step in (1, 2)
    ]
    table = pd.DataFrame(rows, columns=["series", "column", "origin", "step"])
    table["target"] = (table["origin"] + table["step"]) ** 2.0 + (table["series"] == "b") * table["step"]
    table["forecast"] = table["target"] + np.where(table["column"] == "x", 1.0, 4.0) * np.where(
        table["step"] == 1, 1, -2
    )
    for coverage, width in bounds.items():
        table[coverage] = table["target"] + width
    return table


class Fake:
    """Only what scorers ask of a forecaster."""

    targets_ = ("x", "y")

    def __init__(self, table, widths=None, **attributes):
        self.table, self.widths, self.asked = table, widths or {}, []
        line = SimpleNamespace(index=pd.RangeIndex(-3, 1))
        channel = np.array([[9.0], [4.0], [1.0], [0.0]])
        self.context_ = SimpleNamespace(
            labels=pd.Index(list("ab")), columns=("x", "y"), timelines=(line, line), channels=[channel] * 4
        )
        self.__dict__.update(attributes)

    def backtest(self, X, y=None, *, stride=1, coverage=None):
        self.asked.append((stride, coverage))
        if coverage is None:
            return self.table
        below, above = self.widths[coverage]
        return self.table.assign(lower=self.table["target"] - below, upper=self.table["target"] + above)


def score(metric, estimator=None, **options):
    return forecast_scorer(metric, **options)(estimator or Fake(backtested()), wave())


def columns_of(table, *names):
    """Values of each column of the series, of all that came."""
    seen = table[table["target"].notna()]
    return [[part[name].to_numpy() for name in names] for _, part in seen.groupby("column")]


@pytest.mark.parametrize("missing", [False, True])
def test_point_scores_are_the_metrics_averaged_over_columns(missing):
    table = backtested()
    if missing:
        table.loc[[0, 5, 17], "target"] = np.nan
    pairs = columns_of(table, "target", "forecast")
    assert score("mae", Fake(table)) == pytest.approx(-np.mean([np.abs(t - f).mean() for t, f in pairs]))
    assert score("rmse", Fake(table)) == pytest.approx(
        -np.mean([((t - f) ** 2).mean() ** 0.5 for t, f in pairs])
    )
    assert score("smape", Fake(table)) == pytest.approx(-np.mean([metrics.smape(t, f) for t, f in pairs]))


@pytest.mark.parametrize("metric", ["mase", "rmsse"])
def test_scaled_scores_are_the_metrics_averaged_over_channels(metric, rng):
    table = backtested()
    trained = {key: rng.normal(size=20).cumsum() for key in (("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"))}
    steps = np.stack([train[4:] - train[:-4] for train in trained.values()]).reshape(2, 2, -1)
    known = {
        "naive_season_": 4,
        "naive_scale_": np.abs(steps).mean(-1),
        "naive_rms_scale_": (steps**2).mean(-1) ** 0.5,
    }
    each = [
        getattr(metrics, metric)(part["target"], part["forecast"], y_train=trained[key], seasonality=4)
        for key, part in table.groupby(["series", "column"])
    ]
    assert score(metric, Fake(table, **known)) == pytest.approx(-np.mean(each))
    assert score(metric, Fake(table, **known), season=4) == pytest.approx(-np.mean(each))
    # Whichever series and columns are tested, each meets its own scale.
    one = table[(table["series"] == "b") & (table["column"] == "y")]
    assert score(metric, Fake(one, **known)) == pytest.approx(-each[3])
    # What never changed has no scale.
    for attribute in ("naive_scale_", "naive_rms_scale_"):
        known[attribute] = known[attribute] * [[0, 1], [np.nan, 1]]
    assert score(metric, Fake(table, **known)) == pytest.approx(-np.mean([each[1], each[3]]))


def skill_by_hand(table, season, before):
    """One value after the other."""
    errors, naive_errors = [], []
    for _, part in table.groupby(["series", "column"]):
        known = dict(zip(part["origin"] + part["step"], part["target"], strict=True)) | before
        unit = np.nanstd([value for value in known.values()])
        pairs = []
        for origin, step, target, forecast in part[["origin", "step", "target", "forecast"]].to_numpy():
            source = known.get(origin + step - season * np.ceil(step / season), np.nan)
            pairs.append((abs(target - forecast), abs(target - source)))
        pairs = np.array(pairs)[~np.isnan([pair[1] for pair in pairs])] / unit
        errors.append(pairs[:, 0].mean())
        naive_errors.append(pairs[:, 1].mean())
    return 1 - np.mean(errors) / np.mean(naive_errors)


@pytest.mark.parametrize("season", [1, 2, 3])
def test_skill_compares_with_the_seasonal_naive_forecast(season):
    table = backtested()
    # Both steps of row 2 of series a, as it appears with two origins.
    table.loc[(table["series"] == "a") & (table["origin"] + table["step"] == 2), "target"] = np.nan
    before = {-3: 9.0, -2: 4.0, -1: 1.0, 0: 0.0}
    expected = skill_by_hand(table, season, before)
    assert score("skill", Fake(table), season=season) == pytest.approx(expected)
    assert score("skill", Fake(table, season_=season)) == pytest.approx(expected)
    # Rows that do not follow the training rows have nothing before them.
    later = table.assign(origin=table["origin"] + 50)
    assert score("skill", Fake(later), season=1) == pytest.approx(skill_by_hand(later, 1, {}))


def test_interval_scores_are_the_metrics():
    table = backtested()
    fake = Fake(table, {0.8: (1.0, 2.0), 0.9: (-1.0, 3.0)})
    assert score("interval_score", fake, coverage=0.8) == pytest.approx(-3.0)
    assert score("coverage", fake, coverage=0.8) == 1.0
    assert score("coverage", fake) == 0.0
    # A miss by 1 below costs 2 / 0.1.
    assert score("interval_score", fake) == pytest.approx(-(2 + 20))
    assert fake.asked == [(1, 0.8), (1, 0.8), (1, 0.9), (1, 0.9)]


@pytest.mark.parametrize("metric", ["pinball", "weighted_quantile_loss"])
def test_quantile_scores_take_the_bounds_of_central_intervals(metric):
    table = backtested()
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    fake = Fake(table, {0.8: (2.0, 3.0), 0.5: (-1.0, 1.0)})
    function = {"pinball": metrics.pinball_loss}.get(metric, metrics.weighted_quantile_loss)
    expected = [
        function(t, np.stack([t - 2, t + 1, f, t + 1, t + 3], axis=-1), levels)
        for t, f in columns_of(table, "target", "forecast")
    ]
    assert score(metric, fake, quantiles=list(levels), stride=2) == pytest.approx(-np.mean(expected))
    assert sorted(fake.asked) == [(2, 0.5), (2, 0.8)]  # each interval is asked for once


@pytest.mark.parametrize(
    ("metric", "options", "match"),
    [
        (
            "mape",
            {},
            "'metric' parameter of forecast_scorer must be 'mae' or .* such as 'r2'. Got 'mape' instead",
        ),
        ("accuracy", {}, "must be .*Got 'accuracy' instead"),
        ("rand_score", {}, "must be .*Got 'rand_score' instead"),
        ("roc_auc", {}, "must be .*Got 'roc_auc' instead"),
        ("r2", {"season": 12}, "'season' parameter of forecast_scorer has no meaning for 'r2'"),
        ("mae", {"season": 12}, "'season' parameter of forecast_scorer has no meaning for 'mae'"),
        ("skill", {"coverage": 0.8}, "'coverage' .* no meaning for 'skill'"),
        ("skill", {"season": 0}, "'season' .* must be an int >= 1"),
        ("coverage", {"coverage": 90}, "'coverage' .* must be a number > 0 and < 1"),
        ("pinball", {"quantiles": (0.5, 1.0)}, "'quantiles' .* must be a tuple of numbers"),
        ("mae", {"stride": 0}, "'stride' .* must be an int >= 1"),
    ],
)
def test_scorers_refuse_what_they_have_no_use_for(metric, options, match):
    with pytest.raises(ParameterError, match=match):
        forecast_scorer(metric, **options)


def test_scorers_say_what_they_miss():
    unseen = backtested().replace({"series": {"b": "c"}})
    known = {"naive_season_": 1, "naive_scale_": np.ones((2, 2))}
    with pytest.raises(InputError, match="a Ridge came, but an estimator with `backtest` is needed"):
        score("mae", Ridge())
    with pytest.raises(InputError, match=r"Fake has no `naive_scale_`.*Use 'mae' or 'skill'"):
        score("mase")
    with pytest.raises(InputError, match=r"season=7 came, but Fake keeps .* for season 1"):
        score("mase", Fake(backtested(), **known), season=7)
    with pytest.raises(InputError, match="series 'c' is none of the 2 training series"):
        score("mase", Fake(unseen, **known))
    with pytest.raises(InputError, match="X is none of the 2 training series"):
        score("mase", Fake(backtested().query("series == 'a'").drop(columns="series"), **known))
    with pytest.raises(InputError, match=r"Fake has found no season.*Pass season="):
        score("skill")
    with pytest.raises(InputError, match="none of the 4 series and columns changes"):
        score("skill", Fake(backtested().assign(origin=7)), season=50)
    with pytest.raises(InputError, match="the naive forecast with season 1 makes no error"):
        score("skill", Fake(backtested().query("origin < 1").assign(target=0.0)), season=1)
    with pytest.raises(InputError, match="none of the 12 windows of X has a value"):
        score("mae", Fake(backtested().assign(target=np.nan)))


def test_scorer_is_a_value():
    scorer = forecast_scorer("skill", season=12, stride=6)
    assert repr(scorer) == "forecast_scorer('skill', season=12, stride=6)"
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert scorer != forecast_scorer("skill", season=12)


# ---------------------------------------------------------------------- in scikit-learn
@pytest.mark.parametrize("form", [series, frame, panel])
def test_grid_search_chooses_a_forecaster(form):
    X = form()
    scoring = {name: forecast_scorer(name) for name in ("mae", "smape")}
    scoring["skill"] = forecast_scorer("skill", season=6)
    folds = RollingOriginSplit(2, horizon=HORIZON, test_size=6)
    search = GridSearchCV(quick(), {"window": [6, 12]}, cv=folds, scoring=scoring, refit="mae").fit(X)
    results = search.cv_results_
    assert search.best_params_["window"] == [6, 12][int(np.argmax(results["mean_test_mae"]))]
    # The same by hand: each fold goes on where its training rows end.
    train, test = next(folds.split(X))
    table = quick(window=6).fit(X.iloc[train]).backtest(X.iloc[test])
    n_channels = 1 if form is series else 2 if form is frame else 3
    assert len(table) == n_channels * (6 - HORIZON + 1) * HORIZON
    errors = (table["target"] - table["forecast"]).abs()
    by_column = errors.groupby(table["column"]).mean() if form is frame else errors
    assert results["split0_test_mae"][0] == pytest.approx(-by_column.mean())
    assert len(search.best_estimator_.predict()) == HORIZON * (3 if form is panel else 1)


@pytest.mark.parametrize("metric", ["mase", "rmsse"])
@pytest.mark.parametrize(
    "model", [quick(window=12, seasons=6), SeasonalNaiveForecaster(horizon=HORIZON, season=6)]
)
def test_scaled_scores_know_the_training_rows_of_each_fold(metric, model):
    X = pd.concat({"x": frame(), "y": 9 * frame().iloc[13:]}, names=["shop", "hour"])
    folds = RollingOriginSplit(2, horizon=HORIZON, test_size=6)
    scores = cross_val_score(model, X, cv=folds, scoring=forecast_scorer(metric), error_score="raise")
    for score, (train, test) in zip(scores, folds.split(X), strict=True):
        fitted = clone(model).fit(X.iloc[train])
        assert fitted.naive_season_ == 6
        each = [
            getattr(metrics, metric)(
                part["target"], part["forecast"], y_train=X.iloc[train].loc[shop, column], seasonality=6
            )
            for (shop, column), part in fitted.backtest(X.iloc[test]).groupby(["series", "column"])
        ]
        assert score == pytest.approx(-np.mean(each))


def test_scale_skips_values_that_were_not_observed():
    X = series()
    X.iloc[[5, 20, 21, 40]] = np.nan
    model = SeasonalNaiveForecaster(horizon=HORIZON, season=6, missing="mask").fit(X)
    changes = (X - X.shift(model.naive_season_)).dropna()
    assert model.naive_scale_ == pytest.approx(changes.abs().mean())
    assert model.naive_rms_scale_ == pytest.approx((changes**2).mean() ** 0.5)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("neg_mean_absolute_error", lambda t, f: -np.abs(t - f).mean()),
        ("neg_root_mean_squared_error", lambda t, f: -np.sqrt(((t - f) ** 2).mean())),
        ("r2", lambda t, f: 1 - ((t - f) ** 2).sum() / ((t - t.mean()) ** 2).sum()),
        ("neg_median_absolute_error", lambda t, f: -np.median(np.abs(t - f))),
    ],
)
def test_scores_of_scikit_learn_are_averaged_over_columns(name, same):
    table = backtested().dropna(subset="target")
    expected = [
        same(own["target"].to_numpy(), own["forecast"].to_numpy()) for _, own in table.groupby("column")
    ]
    assert score(name, Fake(backtested())) == pytest.approx(np.mean(expected))


def test_default_score_of_a_search_is_that_of_the_forecaster():
    X, folds = frame(), RollingOriginSplit(2, horizon=HORIZON, test_size=6)
    scores = cross_val_score(quick(window=6), X, cv=folds)
    train, test = list(folds.split(X))[1]
    table = quick(window=6).fit(X.iloc[train]).backtest(X.iloc[test])
    by_column = [r2_score(part["target"], part["forecast"]) for _, part in table.groupby("column")]
    assert scores[1] == pytest.approx(np.mean(by_column))


def test_search_over_a_panel_with_late_and_lost_series_scores_every_fold():
    X = panel(begins=(0, 20, 0), ends=(60, 60, 42))
    folds = RollingOriginSplit(3, horizon=HORIZON, test_size=10)
    scores = cross_val_score(
        quick(window=6), X, cv=folds, scoring=forecast_scorer("mae"), error_score="raise"
    )
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_long_tables_are_searched_by_the_names_of_their_keys(library):
    X, keys = panel(begins=(0, 20, 0)), {"id": "shop", "time": "hour"}
    table = X.reset_index()
    if library == "polars":
        table = pytest.importorskip("polars").from_pandas(table)
    scorer, split = forecast_scorer("mae"), {"n_splits": 2, "horizon": HORIZON, "test_size": 6}
    expected = cross_val_score(quick(window=6), X, cv=RollingOriginSplit(**split), scoring=scorer)
    model, folds = quick(window=6, **keys), RollingOriginSplit(**split, **keys)
    scores = cross_val_score(model, table, cv=folds, scoring=scorer, error_score="raise")
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_targets_that_come_as_y_are_scored():
    X, y = frame()[["sun"]], frame()["load"]
    folds = RollingOriginSplit(2, horizon=HORIZON, test_size=6)
    scores = cross_val_score(
        quick(window=6), X, y, cv=folds, scoring=forecast_scorer("mae"), error_score="raise"
    )
    train, test = next(folds.split(X))
    model = quick(window=6).fit(X.iloc[train], y.iloc[train])
    table = model.backtest(X.iloc[test], y.iloc[test])
    assert scores[0] == pytest.approx(-(table["target"] - table["forecast"]).abs().mean())


def test_arrays_need_their_context_in_every_test_fold():
    scorer = forecast_scorer("mae")
    short, long = (RollingOriginSplit(2, horizon=HORIZON, test_size=size) for size in (8, 9))
    with pytest.raises(
        SequenceTooShortError, match="Give more rows, or rows that continue the training index"
    ):
        cross_val_score(quick(window=6), wave(), cv=short, scoring=scorer, error_score="raise")
    assert np.isfinite(cross_val_score(quick(window=6), wave(), cv=long, scoring=scorer)).all()


def test_shuffled_folds_are_refused_where_an_index_shows_them():
    folds = KFold(3, shuffle=True, random_state=0)
    with pytest.raises(InputError, match="but one regular, increasing step is needed"):
        cross_val_score(quick(window=6), series(), cv=folds, error_score="raise")


def test_metadata_routing_finds_nothing_to_route():
    with sklearn.config_context(enable_metadata_routing=True):
        folds = RollingOriginSplit(2, horizon=HORIZON)
        scores = cross_validate(quick(window=6), series(), cv=folds, scoring={"mae": forecast_scorer("mae")})
    assert np.isfinite(scores["test_mae"]).all()
