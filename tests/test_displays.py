"""Pictures: the numbers drawn are those of the forecasts, in every form, and words say what they are."""

import sys
from itertools import pairwise

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import ConciseDateFormatter, date2num
from sklearn.base import BaseEstimator

from sksequence import LSTMForecaster, NaiveForecaster
from sksequence.exceptions import InputError, MissingDependencyError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.series import read_series
from sksequence.inspection import BacktestDisplay, ForecastDisplay, StepErrorDisplay

HORIZON = 4
AHEAD = np.arange(1, HORIZON + 1)


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


class Climber(BaseEstimator):
    """Forecasts that a series climbs by 1 a step, give or take twice the coverage."""

    def __init__(self, id=None, time=None):
        self.id = id
        self.time = time

    def fit(self, X):
        self.context_ = self._read(X)
        self.targets_ = self.context_.columns
        return self

    def _read(self, X):
        return read_series(X, caller="Climber", id=self.id, time=self.time)

    def _values(self, panel):
        last = np.array([panel.series(i)[-1] for i in range(panel.n_series)])
        return last[:, None, :] + AHEAD[:, None]

    def predict(self, X=None):
        panel = self.context_ if X is None else self._read(X)
        return panel.wrap(self._values(panel))

    def predict_interval(self, X=None, *, coverage=0.9):
        panel = self.context_ if X is None else self._read(X)
        values = self._values(panel)
        both = np.stack([values - 2 * coverage, values + 2 * coverage], axis=-1)
        return panel.wrap(both, labels=pd.Index(["lower", "upper"], name="bound"))


class Mute(Climber):
    """A forecaster that has no interval to give."""

    def predict_interval(self, X=None, *, coverage=0.9):
        raise InputError("Mute.predict_interval: nothing was held back.")


class Repeater(BaseEstimator):
    """Gives a table that was made before, whatever comes."""

    def __init__(self, table):
        self.table = table

    def fit(self, X):
        return self

    def backtest(self, X, *, stride=1, start=None, coverage=None):
        table = self.table[self.table["origin"] % stride == 0]
        return table if start is None else table[table["origin"] >= start]


def line(ax, label):
    """The numbers of the one line with this label."""
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return found


def band(ax):
    """Lower and upper bounds at each x that the one band of an axes runs through."""
    (found,) = ax.collections
    x, y = found.get_paths()[0].vertices.T
    return {place: (y[x == place].min(), y[x == place].max()) for place in np.unique(x)}


def backtest(values, *, index=None, stride=1, error=0.0, bounds=False):
    """The table of a forecaster that is off by `error` times the step."""
    rows = []
    for origin in range(0, len(values) - HORIZON, stride):
        for step in AHEAD:
            target = values[origin + step]
            row = {"origin": origin if index is None else index[origin], "step": step, "target": target}
            row["forecast"] = target + error * step
            rows.append(row | ({"lower": target - 1, "upper": target + 2} if bounds else {}))
    return pd.DataFrame(rows)


# ---------------------------------------------------------------------- forms of forecasts
DAYS = pd.date_range("2024-01-30", periods=30, freq="D", name="day")
WALK = np.cumsum(np.random.default_rng(0).normal(size=30))
LONG = pd.concat({name: pd.DataFrame({"load": k * WALK}, index=DAYS) for k, name in enumerate("ab", 1)})
LATER = LONG.set_axis(LONG.index.set_levels(DAYS + pd.Timedelta(days=30), level=1))
KEYED = LONG.rename_axis(["site", "day"]).reset_index()

# Input, options of the forecaster, and name of the series and columns: one for each picture.
FORMS = {
    "vector": (WALK, {}, [(0, 0)]),
    "matrix": (np.column_stack([WALK, -WALK]), {}, [(0, 0), (0, 1)]),
    "stack": (np.stack([WALK, -WALK])[:, :, None], {}, [(0, 0), (1, 0)]),
    "series": (pd.Series(WALK, DAYS, name="load"), {}, [(0, "load")]),
    "periods": (pd.Series(WALK, DAYS.to_period(), name="load"), {}, [(0, "load")]),
    "numbers": (pd.Series(WALK), {}, [(0, 0)]),
    "durations": (pd.Series(WALK, pd.timedelta_range(0, periods=30, freq="6h")), {}, [(0, 0)]),
    "zone": (pd.Series(WALK, DAYS.tz_localize("Asia/Tokyo"), name="load"), {}, [(0, "load")]),
    "frame": (pd.DataFrame({"load": WALK, "sun": -WALK}, DAYS), {}, [(0, "load"), (0, "sun")]),
    "list": ([pd.Series(WALK, DAYS), pd.Series(-WALK[:20], DAYS[:20])], {}, [(0, 0), (1, 0)]),
    "dict": ({"x": WALK, "y": -WALK}, {}, [("x", 0), ("y", 0)]),
    "long": (LONG, {}, [("a", "load"), ("b", "load")]),
    "keyed": (KEYED, {"id": "site", "time": "day"}, [("a", "load"), ("b", "load")]),
}


@pytest.mark.parametrize("given", [True, False], ids=["X", "context"])
@pytest.mark.parametrize("form", FORMS)
def test_forecast_picture_shows_the_numbers_of_every_form(form, given):
    X, options, pairs = FORMS[form]
    forecaster = Climber(**options).fit(X)
    panel = forecaster.context_
    display = ForecastDisplay.from_estimator(forecaster, X if given else None, coverage=0.5)
    assert list(display.forecast.groupby(["series", "column"], sort=False).groups) == pairs
    assert len(display.axes_) == len(pairs)
    for channel, ax in enumerate(display.axes_):
        values = panel.channels[channel][:, 0]
        history, forecast = line(ax, "history"), line(ax, "forecast")
        np.testing.assert_allclose(history.get_ydata(), values[-12:])
        # The forecast goes on from the last known value.
        np.testing.assert_allclose(forecast.get_ydata(), values[-1] + np.arange(HORIZON + 1))
        assert forecast.get_xdata()[0] == history.get_xdata()[-1]
        inside = list(band(ax).values())
        assert len(inside) == HORIZON + 1
        np.testing.assert_allclose(inside[0], values[-1])
        np.testing.assert_allclose(inside[1:], values[-1] + AHEAD[:, None] + [-1, 1])


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_forecast_picture_reads_tables_without_index(library):
    pytest.importorskip("pyarrow")
    native = pytest.importorskip(library)
    table = native.table(KEYED) if library == "pyarrow" else native.from_pandas(KEYED)
    display = ForecastDisplay.from_estimator(Climber(id="site", time="day").fit(table), table, coverage=0.5)
    known = ForecastDisplay.from_estimator(Climber().fit(LONG), LONG, coverage=0.5)
    pd.testing.assert_frame_equal(display.forecast, known.forecast, check_dtype=False)
    pd.testing.assert_frame_equal(display.history, known.history, check_dtype=False)
    timeless = table.drop_columns("day") if library == "pyarrow" else table.drop("day")
    display = ForecastDisplay.from_estimator(Climber(id="site").fit(timeless), timeless, history=2)
    assert display.history["time"].tolist() == [-1, 0, -1, 0]
    np.testing.assert_allclose(display.history["value"], [*WALK[-2:], *2 * WALK[-2:]])
    single = native.table({"load": WALK}) if library == "pyarrow" else native.DataFrame({"load": WALK})
    display = ForecastDisplay.from_estimator(Climber().fit(single))
    assert display.forecast["time"].tolist() == AHEAD.tolist()
    assert display.ax_.get_ylabel() == "load"


def test_forecast_picture_puts_dates_where_they_are():
    X = FORMS["series"][0]
    display = ForecastDisplay.from_estimator(Climber().fit(X))
    drawn = line(display.ax_, "forecast").get_xdata()
    np.testing.assert_array_equal(drawn, pd.date_range(DAYS[-1], periods=HORIZON + 1).to_numpy())
    assert isinstance(display.ax_.xaxis.get_major_formatter(), ConciseDateFormatter)
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("day", "load")
    # A period stands where it begins.
    display = ForecastDisplay.from_estimator(Climber().fit(FORMS["periods"][0]))
    np.testing.assert_array_equal(line(display.ax_, "forecast").get_xdata(), drawn)


def test_forecast_picture_reads_dates_in_their_own_zone():
    display = ForecastDisplay.from_estimator(Climber().fit(FORMS["zone"][0]))
    first = line(display.ax_, "forecast").get_xdata()[0]
    assert first == np.datetime64("2024-02-27T15:00")  # midnight in Tokyo, as UTC
    display.figure_.draw_without_rendering()
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert not any(":" in label for label in labels)  # days begin at midnight there


def test_forecast_picture_counts_durations_and_steps():
    display = ForecastDisplay.from_estimator(Climber().fit(FORMS["durations"][0]))
    np.testing.assert_allclose(line(display.ax_, "forecast").get_xdata(), (29 + np.arange(5)) / 4)
    assert display.ax_.get_xlabel() == "time in days"
    display = ForecastDisplay.from_estimator(Climber().fit(WALK))
    np.testing.assert_array_equal(line(display.ax_, "history").get_xdata(), np.arange(-11, 1))
    assert display.ax_.get_xlabel() == "steps after the last known row"


def test_forecast_picture_labels_do_not_overlap():
    values = np.column_stack([WALK] * 9)
    hours = pd.date_range("2023-12-31 07:00", periods=30, freq="h")
    display = ForecastDisplay.from_estimator(Climber().fit(pd.DataFrame(values, hours)))
    display.figure_.draw_without_rendering()
    n_labels = 0
    for ax in display.axes_:
        boxes = [t.get_window_extent() for t in ax.get_xticklabels() if t.get_visible() and t.get_text()]
        n_labels += len(boxes)
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert n_labels >= 9  # of the lowest three


# ---------------------------------------------------------------------- what is drawn beside forecasts
def test_forecast_picture_takes_as_much_history_as_asked():
    forecaster = Climber().fit(WALK)
    display = ForecastDisplay.from_estimator(forecaster, history=5)
    np.testing.assert_array_equal(display.history["value"], WALK[-5:])
    bare = ForecastDisplay.from_estimator(forecaster, history=0)
    assert bare.history is None
    np.testing.assert_allclose(line(bare.ax_, "forecast").get_ydata(), WALK[-1] + AHEAD)


def test_forecast_picture_finds_what_came_by_its_index():
    X = FORMS["frame"][0]
    forecaster = Climber().fit(X)
    # More columns, in another order, more rows before and fewer after.
    actual = pd.DataFrame(
        {"other": 0.0, "sun": np.arange(5.0), "load": 7.0}, pd.date_range(DAYS[-2], periods=5)
    )
    display = ForecastDisplay.from_estimator(forecaster, actual=actual)
    sun = line(display.axes_[1], "actual").get_ydata()
    np.testing.assert_array_equal(sun, [-WALK[-1], 2, 3, 4, np.nan])
    assert display.forecast["actual"].dropna().tolist() == [7.0, 7.0, 7.0, 2.0, 3.0, 4.0]


def test_forecast_picture_takes_rows_without_index_in_order():
    display = ForecastDisplay.from_estimator(Climber().fit(FORMS["series"][0]), actual=[3.0, 4.0])
    np.testing.assert_array_equal(display.forecast["actual"], [3, 4, np.nan, np.nan])
    long = ForecastDisplay.from_estimator(Climber().fit(WALK), actual=np.arange(10.0))
    np.testing.assert_array_equal(long.forecast["actual"], [0, 1, 2, 3])


def test_forecast_picture_finds_targets_among_the_columns_of_an_array():
    forecaster = Climber().fit(WALK)
    forecaster.targets_, forecaster.n_features_in_ = (1,), 3
    forecaster.predict = lambda X=None: WALK[-1] + AHEAD
    X = np.column_stack([0 * WALK, WALK, 9 + WALK])
    display = ForecastDisplay.from_estimator(forecaster, X, coverage=None)
    np.testing.assert_array_equal(display.history["value"], WALK[-12:])
    assert set(display.history["column"]) == {1}
    # Targets that came as y stand last; without them there is no history to show.
    forecaster.targets_, forecaster.n_features_in_ = (3,), 3
    joined = ForecastDisplay.from_estimator(forecaster, np.column_stack([X, -WALK]), coverage=None)
    np.testing.assert_array_equal(joined.history["value"], -WALK[-12:])
    assert ForecastDisplay.from_estimator(forecaster, X, coverage=None).history is None


def test_forecast_picture_hands_the_future_on():
    forecaster = Climber().fit(WALK)
    forecaster.predict = lambda X=None, *, future: np.asarray(future)
    forecaster.predict_interval = lambda X=None, *, future, coverage: np.stack([future - 1, future + 1], -1)
    display = ForecastDisplay.from_estimator(forecaster, future=10.0 * AHEAD)
    np.testing.assert_array_equal(display.forecast["forecast"], 10 * AHEAD)
    np.testing.assert_array_equal(display.forecast["upper"], 10 * AHEAD + 1)


@pytest.mark.parametrize(("forecaster", "coverage"), [(Mute, 0.9), (Climber, None)])
def test_forecast_picture_without_interval_is_a_line(forecaster, coverage):
    display = ForecastDisplay.from_estimator(forecaster().fit(WALK), coverage=coverage)
    assert "lower" not in display.forecast
    assert display.coverage is None
    assert not display.ax_.collections
    labels = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert labels == ["history", "forecast"]


def test_forecast_picture_of_one_step_can_be_seen():
    forecaster = Climber().fit(WALK)
    forecaster.predict = lambda X=None: np.array([5.0])
    forecaster.predict_interval = lambda X=None, *, coverage: np.array([[4.0, 7.0]])
    display = ForecastDisplay.from_estimator(forecaster, history=0)
    drawn = line(display.ax_, "forecast")
    assert (drawn.get_marker(), drawn.get_ydata().tolist()) == ("o", [5.0])
    (bar,) = display.ax_.collections
    np.testing.assert_array_equal(bar.get_segments()[0][:, 1], [4, 7])


def test_forecast_picture_can_be_drawn_again_elsewhere():
    figure, axes = plt.subplots(2)
    display = ForecastDisplay.from_estimator(Climber().fit(FORMS["frame"][0]), ax=axes, color="red")
    assert list(display.axes_) == list(axes)
    assert display.ax_ is axes[0]
    assert display.figure_ is figure
    assert line(axes[0], "forecast").get_color() == "red"
    labels = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert labels == ["history", "forecast", "90 % interval"]
    first = line(axes[1], "forecast").get_ydata()
    again = display.plot()
    assert again is display
    assert display.figure_ is not figure
    np.testing.assert_array_equal(line(display.axes_[1], "forecast").get_ydata(), first)


# ---------------------------------------------------------------------- many pictures
def test_many_series_are_shown_in_part_and_the_picture_says_so():
    forecaster = Climber().fit([WALK + i for i in range(12)])
    display = ForecastDisplay.from_estimator(forecaster)
    assert (len(display.axes_), display.n_left_out) == (9, 3)
    assert display.figure_.get_supxlabel() == "9 of 12 shown; choose with series and columns"
    assert [ax.get_title("left") for ax in display.axes_] == [f"series {i}" for i in range(9)]
    chosen = ForecastDisplay.from_estimator(forecaster, series=[11, -2])
    assert chosen.forecast["series"].unique().tolist() == [11, 10]
    assert chosen.figure_.get_supxlabel() == ""
    with pytest.raises(InputError, match="series and columns ask for 10 pictures, but at most 9"):
        ForecastDisplay.from_estimator(forecaster, series=range(10))


def test_series_and_columns_are_chosen_by_name_or_position():
    forecaster = Climber().fit(FORMS["frame"][0])
    for columns in ("sun", 1, -1, ["sun"], ("sun",), pd.Index(["sun"])):
        display = ForecastDisplay.from_estimator(forecaster, columns=columns)
        assert display.forecast["column"].unique().tolist() == ["sun"]
        assert display.ax_.get_ylabel() == "sun"
    display = ForecastDisplay.from_estimator(Climber().fit(LONG), series="b")
    np.testing.assert_allclose(line(display.ax_, "forecast").get_ydata()[0], 2 * WALK[-1])


def test_pictures_share_their_times_only_where_these_meet():
    late = pd.Series(WALK, pd.date_range("2030-01-01", periods=30, freq="D"))
    apart = ForecastDisplay.from_estimator(Climber().fit([FORMS["series"][0], late]))
    assert apart.axes_[0].get_xlim()[1] < date2num(late.index[0])
    together = ForecastDisplay.from_estimator(Climber().fit(FORMS["frame"][0]))
    together.axes_[0].set_xlim(19_000, 19_100)
    assert together.axes_[1].get_xlim() == (19_000, 19_100)


# ---------------------------------------------------------------------- backtests
def test_backtest_picture_shows_forecasts_at_the_time_they_speak_of():
    table = backtest(WALK, index=DAYS, error=0.1, bounds=True)
    display = BacktestDisplay.from_table(table, step=[1, 3], coverage=0.8)
    n = 30 - HORIZON
    for step, label in ((1, "1 step ahead"), (3, "3 steps ahead")):
        drawn = line(display.ax_, label)
        np.testing.assert_array_equal(drawn.get_xdata(), DAYS[step : step + n].to_numpy())
        np.testing.assert_allclose(drawn.get_ydata(), WALK[step : step + n] + 0.1 * step)
    came = line(display.ax_, "actual")
    np.testing.assert_array_equal(came.get_xdata(), DAYS[1 : 3 + n].to_numpy())
    np.testing.assert_array_equal(came.get_ydata(), WALK[1 : 3 + n])
    first, second = display.ax_.collections
    assert second.get_label() == "80 % interval"
    assert first.get_paths()[0].vertices[:, 1].max() == pytest.approx(WALK[1 : n + 1].max() + 2)
    assert list(display.table) == [
        "series", "column", "time", "step", "target", "forecast", "lower", "upper",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("index", "freq"),
    [
        (None, 1),
        (pd.RangeIndex(0, 60, 2), 2),
        (pd.date_range("2024-01-31", periods=30, freq="ME"), "ME"),
        (pd.date_range("2024-01-05", periods=30, freq="B"), "B"),
        (pd.date_range("2024-03-20", periods=30, freq="D", tz="Europe/Berlin"), "D"),
        (pd.period_range("2024-01", periods=30, freq="M"), None),
        (pd.timedelta_range(0, periods=30, freq="15min"), pd.Timedelta("15min")),
    ],
)
def test_backtest_picture_knows_the_rows_between_origins(index, freq):
    rows = pd.RangeIndex(30) if index is None else index
    dense = BacktestDisplay.from_table(backtest(WALK, index=index), step=HORIZON)
    assert list(dense.table["time"]) == list(rows[HORIZON:])
    sparse = BacktestDisplay.from_table(backtest(WALK, index=index, stride=5), step=HORIZON, freq=freq)
    assert list(sparse.table["time"]) == list(rows[HORIZON::5][:6])


def test_backtest_picture_refuses_to_guess_the_rows_between_origins():
    for index in (None, DAYS):
        with pytest.raises(
            InputError, match=r"the 6 origins of the table are no consecutive rows.*Pass freq"
        ):
            BacktestDisplay.from_table(backtest(WALK, index=index, stride=5))


@pytest.mark.parametrize("stride", [1, 3])
def test_backtest_picture_of_a_network_stands_where_it_was_tested(season, stride):
    index = pd.date_range("2020-01-01", periods=120, freq="MS")
    X = pd.DataFrame({"load": season, "sun": -season}, index)
    model = LSTMForecaster(
        window=12, horizon=HORIZON, hidden_size=4, max_epochs=1, validation_fraction=None, random_state=0
    ).fit(X[:80])
    display = BacktestDisplay.from_estimator(model, X[80:], step=2, stride=stride, columns="sun")
    table = model.backtest(X[80:], stride=stride)
    rows = table[(table["step"] == 2) & (table["column"] == "sun")]
    drawn = line(display.ax_, "2 steps ahead")
    np.testing.assert_array_equal(drawn.get_ydata(), rows["forecast"])
    came = pd.Series(line(display.ax_, "actual").get_ydata(), line(display.ax_, "actual").get_xdata())
    np.testing.assert_allclose(came, X["sun"].loc[came.index])
    assert len(came) == len(rows) > 5
    assert display.ax_.get_ylabel() == "sun"


@pytest.mark.parametrize("index", [DAYS, DAYS.to_period(), pd.RangeIndex(0, 60, 2), None])
@pytest.mark.parametrize("known", [DAYS, None])
def test_backtest_picture_reads_the_rows_from_what_is_at_hand(known, index):
    forecaster = Repeater(backtest(WALK, index=index, stride=5))
    forecaster.context_ = Climber().fit(WALK if known is None else pd.Series(WALK, known)).context_
    forecaster.backtest = lambda X, stride: forecaster.table
    X = WALK if index is None else pd.Series(WALK, index)
    display = BacktestDisplay.from_estimator(forecaster, X, step=2, stride=5)
    rows = pd.RangeIndex(30) if index is None else index
    assert list(display.table["time"]) == list(rows[2::5][:6])
    assert display.ax_.get_xlabel() == ("time step" if rows.dtype.kind in "iu" else "day")


def test_backtest_picture_hands_its_options_on():
    seen = {}

    class Listener(Repeater):
        def backtest(self, X, **options):
            seen.update(options)
            return self.table

    table = backtest(WALK, bounds=True)
    BacktestDisplay.from_estimator(Listener(table), WALK, WALK, start=3, stride=2, coverage=0.8)
    assert seen.pop("y") is WALK
    assert seen == {"start": 3, "stride": 2, "coverage": 0.8}
    seen.clear()
    BacktestDisplay.from_estimator(Listener(table), WALK)
    assert seen == {"stride": 1}


@pytest.mark.parametrize("step", [1, [1, 4], [1, 2, 3, 4]])
def test_backtest_picture_has_a_legend_that_fits(step):
    display = BacktestDisplay.from_table(backtest(WALK, bounds=True), step=step, coverage=0.95)
    display.figure_.draw_without_rendering()
    (legend,) = display.figure_.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert len(set(labels)) == len(labels) == np.size(step) + 2
    box = legend.get_window_extent()
    assert display.figure_.bbox.x0 <= box.x0 < box.x1 <= display.figure_.bbox.x1
    assert box.y0 > display.ax_.get_window_extent().y1


def test_backtest_picture_keeps_series_apart():
    table = pd.concat({name: backtest(k * WALK) for k, name in enumerate("xy")}, names=["series"])
    table = table.reset_index("series").reset_index(drop=True)
    display = BacktestDisplay.from_table(table)
    assert [ax.get_title("left") for ax in display.axes_] == ["x", "y"]
    n = 30 - HORIZON
    np.testing.assert_array_equal(line(display.axes_[0], "actual").get_ydata(), np.zeros(n))
    np.testing.assert_array_equal(line(display.axes_[1], "actual").get_ydata(), WALK[1 : n + 1])


# ---------------------------------------------------------------------- errors by step
def test_step_errors_are_means_over_origins():
    values = np.array([1.0, 2.0, 4.0])
    table = pd.DataFrame({"origin": [0, 0, 1, 1], "step": [1, 2, 1, 2], "target": [0.0, 0, 0, np.nan]})
    table["forecast"] = [values[0], values[1], -values[2], 5.0]
    mae = StepErrorDisplay.from_tables({"net": table})
    assert mae.errors_["net"].to_dict() == {1: 2.5, 2: 2.0}
    rmse = StepErrorDisplay.from_tables(table, metric="rmse")
    assert rmse.errors_["forecast"].tolist() == pytest.approx([np.sqrt(8.5), 2.0])
    assert mae.ax_.get_ylabel() == "mean absolute error"
    assert rmse.ax_.get_ylabel() == "root mean squared error"


def test_step_errors_compare_on_the_origins_that_all_share():
    short = backtest(WALK, error=1.0)
    late = backtest(WALK, error=-0.5)
    short.loc[short["origin"] < 20, "forecast"] += 100.0  # the other cannot forecast these
    late = late[(late["origin"] >= 20) & (late["step"] <= 3)]
    display = StepErrorDisplay.from_estimator({"a": Repeater(short), "b": Repeater(late)}, WALK)
    np.testing.assert_allclose(display.errors_["a"], AHEAD)
    np.testing.assert_allclose(display.errors_["b"], [0.5, 1.0, 1.5, np.nan])
    np.testing.assert_allclose(line(display.ax_, "a").get_ydata(), AHEAD)
    assert line(display.ax_, "a").get_xdata().tolist() == AHEAD.tolist()
    assert display.ax_.get_ylim()[0] == 0
    # The legend stands in the order of the lines, and they differ without colour.
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["a", "b"]
    lines = display.ax_.get_lines()
    assert len({(one.get_linestyle(), one.get_marker()) for one in lines}) == 2
    with pytest.raises(InputError, match=r"\['a', 'b'\] share no origin"):
        StepErrorDisplay.from_tables({"a": short[short["origin"] < 20], "b": late})


def test_step_errors_of_one_forecaster_bear_its_name_and_column():
    X = pd.Series(WALK, name="load")
    display = StepErrorDisplay.from_estimator(Repeater(backtest(WALK, error=2.0)), X, color="k", stride=2)
    assert display.errors_.columns.tolist() == ["Repeater"]
    assert display.errors_["Repeater"].tolist() == pytest.approx(2.0 * AHEAD)
    assert display.ax_.get_ylabel() == "mean absolute error of load"
    assert line(display.ax_, "Repeater").get_color() == "k"
    assert display.ax_.get_legend() is None


def test_step_errors_of_chosen_columns_alone():
    table = pd.concat([backtest(WALK, error=k).assign(column=name) for k, name in enumerate("xy", 1)])
    assert StepErrorDisplay.from_tables(table).errors_["forecast"].tolist() == pytest.approx(1.5 * AHEAD)
    display = StepErrorDisplay.from_tables(table, columns="y")
    assert display.errors_["forecast"].tolist() == pytest.approx(2.0 * AHEAD)


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coverage": 90}, "coverage=90 came, but a number between 0 and 1 is needed"),
        ({"history": -1}, "history=-1 came, but an int >= 0 is needed"),
        ({"series": "z"}, r"series='z' came, but there are \['a', 'b'\]"),
        ({"columns": []}, r"columns=\[\] chooses none"),
        ({"actual": LATER.loc[["a"]]}, "actual holds no series 'b'"),
        (
            {"actual": LONG},
            r"actual runs from 2024-01-30 .* to 2024-02-28 .*, but the forecast from 2024-02-29",
        ),
        ({"actual": LONG.assign(more=0.0).rename(columns={"load": "x"})}, r"actual has the columns \['x', "),
        ({"ax": [None]}, "1 axes came for 2 pictures"),
    ],
)
def test_forecast_picture_refuses_what_it_cannot_draw(options, message):
    with pytest.raises(InputError, match=rf"^ForecastDisplay.\w+: {message}"):
        ForecastDisplay.from_estimator(Climber().fit(LONG), **options)


def test_other_pictures_refuse_what_they_cannot_draw():
    table = backtest(WALK)
    with pytest.raises(InputError, match="step=9 came, but the backtest has the steps 1 to 4"):
        BacktestDisplay.from_table(table, step=9)
    with pytest.raises(InputError, match="freq='h' came, but the origins are int64, such as 0"):
        BacktestDisplay.from_table(table, freq="h")
    with pytest.raises(InputError, match="freq=1 came, but the origins are datetime64"):
        BacktestDisplay.from_table(backtest(WALK, index=DAYS), freq=1)
    with pytest.raises(InputError, match="metric='mse' came"):
        StepErrorDisplay.from_tables(table, metric="mse")
    with pytest.raises(InputError, match="no forecaster came"):
        StepErrorDisplay.from_tables({})


def test_pictures_name_what_is_not_installed(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    table = backtest(WALK)
    for draw in (
        lambda: ForecastDisplay.from_estimator(Climber().fit(WALK)),
        lambda: BacktestDisplay.from_table(table),
        lambda: BacktestDisplay.from_estimator(Repeater(table), WALK),
        lambda: StepErrorDisplay.from_tables(table),
        lambda: StepErrorDisplay.from_estimator(Repeater(table), WALK),
        lambda: StepErrorDisplay(pd.DataFrame({"a": [1.0]}, index=[1])).plot(),
    ):
        with pytest.raises(MissingDependencyError, match=r"Display\.\w+: .* pip install .sksequence\[plot\]"):
            draw()


def test_stand_in_reads_as_forecasters_do():
    assert isinstance(Climber().fit(WALK).context_, Panel)


def test_names_of_series_are_no_name_of_the_axis():
    days = pd.date_range("2024-01-01", periods=60)
    named = {name: pd.Series(np.arange(60.0), days, name=name) for name in ("North", "South")}
    display = ForecastDisplay.from_estimator(NaiveForecaster(horizon=3).fit(named))
    assert [ax.get_ylabel() for ax in display.axes_] == ["", ""]
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["North", "South"]
    alike = {name: series.rename("sales") for name, series in named.items()}
    display = ForecastDisplay.from_estimator(NaiveForecaster(horizon=3).fit(alike))
    assert display.ax_.get_ylabel() == "sales"


def test_what_is_no_forecaster_and_no_backtest_is_told():
    series = pd.Series(np.arange(60.0), name="a")
    with pytest.raises(InputError, match=r"ForecastDisplay.from_estimator: a Series came, but a fitted"):
        ForecastDisplay.from_estimator(series)
    for display in (BacktestDisplay.from_table, StepErrorDisplay.from_tables):
        with pytest.raises(InputError, match=r"without \['origin', 'step', 'target', 'forecast'\] came"):
            display(series.to_frame())
