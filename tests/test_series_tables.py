"""Tables of polars, Arrow and pandas whose keys are columns: in, and out in the same form."""

import pickle
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest

from sksequence.exceptions import InputError, InputTypeError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.series import read_series
from sksequence.forecasting.tables import has_index

DAYS = [date(2024, 2, day) for day in (26, 27, 28, 29)]
LABELS = pd.Index(["lower", "upper"], name="bound")


def read(X, **options) -> Panel:
    """Read X under a fixed name, and carry it to another process and back."""
    return pickle.loads(pickle.dumps(read_series(X, caller="F.fit", **options)))


def ahead(panel: Panel) -> np.ndarray:
    """Make forecasts that name their series, step and column: 100 i + 10 h + j."""
    i, h, j = np.ogrid[: panel.n_series, :2, : panel.n_columns]
    return 100.0 * i + 10.0 * h + j


def wrapped(panel: Panel, labels=None):
    """Wrap those forecasts, or with labels these and values 0.5 above them."""
    values = ahead(panel)
    return panel.wrap(values) if labels is None else panel.wrap(values[..., None] + [0, 0.5], labels=labels)


def same(one, two) -> bool:
    """Compare two polars or Arrow tables, dtypes and the order of columns included."""
    if isinstance(one, pa.Table) and isinstance(two, pa.Table):
        return one.equals(two)
    polars.testing.assert_frame_equal(one, two)
    return True


def test_polars_without_times_are_named_columns():
    X = pl.DataFrame({"a": [1, 2, 3], "b": [True, False, True]})
    panel = read(X)
    assert panel.columns == ("a", "b")
    assert panel.named
    assert panel.timelines == (None,)
    np.testing.assert_array_equal(panel.series(0), [[1, 1], [2, 0], [3, 1]])
    assert same(wrapped(panel), pl.DataFrame({"a": [0.0, 10.0], "b": [1.0, 11.0]}))
    assert wrapped(panel, LABELS).columns == ["a_lower", "a_upper", "b_lower", "b_upper"]
    assert wrapped(panel.select("b", caller="F.fit")).columns == ["b"]


def paris_days(first: int, last: int) -> pl.Series:
    """Give midnights of March 2024, when the clock was changed on the last day."""
    start = datetime(2024, 3, 1)
    ends = (start + timedelta(days=day - 1) for day in (first, last))
    return pl.datetime_range(*ends, "1d", time_zone="Europe/Paris", eager=True)


TIMES = {
    "date": (pl.Series(DAYS), [date(2024, 3, 1), date(2024, 3, 2)]),
    "datetime": (
        pl.Series([datetime(2024, 1, 1, h) for h in (0, 6, 12, 18)], dtype=pl.Datetime("ms")),
        [datetime(2024, 1, 2, h) for h in (0, 6)],
    ),
    "zone": (
        paris_days(28, 31),
        paris_days(32, 33),
    ),
    "months": (pl.Series([date(2024, m, 1) for m in (1, 2, 3, 4)]), [date(2024, 5, 1), date(2024, 6, 1)]),
    "duration": (
        pl.Series([timedelta(minutes=m) for m in (0, 15, 30, 45)]),
        [timedelta(minutes=60), timedelta(minutes=75)],
    ),
    "small ints": (pl.Series([1, 3, 5, 7], dtype=pl.Int16), [9, 11]),
    "floats": (pl.Series([0.0, 0.5, 1.0, 1.5]), [2.0, 2.5]),
}


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_times_in_a_column_are_continued(name, library):
    times, following = TIMES[name]
    X = pl.DataFrame({"v": [1.0, 2.0, 3.0, 4.0], "when": times, "w": [1.0, None, 3.0, 4.0]})
    expected = pl.DataFrame(
        {"when": pl.Series(following).cast(times.dtype), "v": [0.0, 10.0], "w": [1.0, 11.0]}
    )
    if library == "pyarrow":
        X, expected = X.to_arrow(), expected.to_arrow()
    panel = read(X, time="when", missing="mask")
    assert panel.columns == ("v", "w")
    np.testing.assert_array_equal(panel.series(0)[:, 1], [1, np.nan, 3, 4])
    assert same(wrapped(panel), expected)


def test_times_in_a_column_of_pandas_stay_a_column():
    X = pd.DataFrame({"v": [1.0, 2.0, 3.0], "day": pd.date_range("2024", periods=3)}, index=[7, 3, 5])
    expected = pd.DataFrame({"day": pd.to_datetime(["2024-01-04", "2024-01-05"]), "v": [0.0, 10.0]})
    expected["day"] = expected["day"].astype(X["day"].dtype)
    pd.testing.assert_frame_equal(wrapped(read(X, time="day")), expected)
    labelled = wrapped(read(X, time="day"), LABELS)
    assert labelled.columns.tolist() == ["day", "v_lower", "v_upper"]
    indexed = X.set_index("day")
    pd.testing.assert_frame_equal(wrapped(read(indexed, time="day")), wrapped(read(indexed)))


def test_columns_of_polars_and_arrow_come_back():
    panel = read(pl.Series("load", [1.0, 2.0], dtype=pl.Float32))
    polars.testing.assert_series_equal(wrapped(panel), pl.Series("load", [0.0, 10.0], dtype=pl.Float32))
    assert wrapped(panel, LABELS).columns == ["load_lower", "load_upper"]
    assert wrapped(read(pl.Series([1, 2])), LABELS).columns == ["lower", "upper"]
    chunked = wrapped(read(pa.chunked_array([[1.0], [2.0, 3.0]])))
    assert isinstance(chunked, pa.ChunkedArray)
    assert chunked.to_pylist() == [0.0, 10.0]


def test_one_column_of_floats_is_not_copied():
    values = np.arange(5.0)
    assert np.shares_memory(read_series(pl.DataFrame({"v": values}), caller="F.fit").channels.values, values)


# Long tables -------------------------------------------------------------------------------------


def long_table() -> pl.DataFrame:
    """Make two series of unequal length, their rows in no order."""
    return pl.DataFrame(
        {
            "day": [DAYS[2], DAYS[1], DAYS[0], DAYS[3], DAYS[2], DAYS[1]],
            "shop": ["y", "x", "y", "x", "x", "y"],
            "v": [12.0, 1.0, 10.0, 3.0, 2.0, 11.0],
            "w": [2, 1, 0, 3, 2, 1],
        }
    )


def as_library(table: pl.DataFrame, library: str):
    """Convert a table."""
    if library == "pandas":
        columns = {name: table[name].to_list() for name in table.columns}
        frame = pd.DataFrame(columns)
        if "day" in frame:
            frame["day"] = pd.to_datetime(frame["day"])
        return frame
    return table.to_arrow() if library == "pyarrow" else table


@pytest.mark.parametrize("library", ["polars", "pyarrow", "pandas"])
def test_long_tables_come_back_series_by_series(library):
    panel = read(as_library(long_table(), library), id="shop", time="day")
    assert panel.labels.tolist() == ["y", "x"]  # in the order of their first rows
    np.testing.assert_array_equal(panel.series(0), [[10, 0], [11, 1], [12, 2]])
    np.testing.assert_array_equal(panel.series(1), [[1, 1], [2, 2], [3, 3]])
    assert panel.rows.tolist() == [2, 5, 0, 1, 4, 3]
    expected = pl.DataFrame(
        {
            "day": [DAYS[3], date(2024, 3, 1), date(2024, 3, 1), date(2024, 3, 2)],
            "shop": ["y", "y", "x", "x"],
            "v": [0.0, 10.0, 100.0, 110.0],
            "w": [1.0, 11.0, 101.0, 111.0],
        }
    )
    got = wrapped(panel)
    if library == "pandas":
        pd.testing.assert_frame_equal(got, as_library(expected, library), check_dtype=False)
    else:
        assert same(got, as_library(expected, library))
    assert list(getattr(wrapped(panel, LABELS), "column_names", wrapped(panel, LABELS).columns)) == [
        "day",
        "shop",
        "v_lower",
        "v_upper",
        "w_lower",
        "w_upper",
    ]


@pytest.mark.parametrize("library", ["polars", "pyarrow", "pandas"])
def test_long_tables_without_times_keep_the_order_of_rows(library):
    panel = read(as_library(long_table().drop("day"), library), id="shop")
    np.testing.assert_array_equal(panel.series(0)[:, 0], [12, 10, 11])
    assert panel.timelines == (None, None)
    got = wrapped(panel)
    assert list(getattr(got, "column_names", got.columns)) == ["shop", "v", "w"]


@pytest.mark.parametrize(
    "names", [pl.Series([3, 1, 3, 1, 1, 3], dtype=pl.Int8), pl.Series(list("yxyxxy"), dtype=pl.Categorical)]
)
def test_long_tables_keep_the_dtype_of_names(names):
    X = long_table().with_columns(names.alias("shop"))
    got = wrapped(read(X, id="shop", time="day"))
    assert got.schema["shop"] == X.schema["shop"]
    assert got["shop"].to_list() == [names[0], names[0], names[1], names[1]]


def test_long_tables_of_pandas_keep_categories_and_floats():
    X = as_library(long_table(), "pandas").astype({"shop": "category", "v": np.float32}).drop(columns="w")
    got = wrapped(read(X.set_axis([5, 5, 5, 0, 0, 0]), id="shop", time="day"))
    assert got["shop"].dtype == X["shop"].dtype
    assert got["v"].dtype == np.float32
    assert got.index.equals(pd.RangeIndex(4))


def test_long_tables_equal_those_with_an_index():
    X = as_library(long_table().sort("shop", "day"), "pandas")
    indexed = X.set_index(["shop", "day"])
    keyed = wrapped(read(X, id="shop", time="day"))
    pd.testing.assert_frame_equal(keyed.set_index(["shop", "day"]), wrapped(read(indexed)), check_freq=False)
    assert read(indexed, id="shop", time="day").labels.tolist() == ["x", "y"]


def test_long_tables_are_filled_by_freq():
    X = long_table().filter(~((pl.col("shop") == "x") & (pl.col("day") == DAYS[2])))
    with pytest.raises(InputError, match=r"series 'x' has no row for 2024-02-28"):
        read(X, id="shop", time="day", freq="D")
    panel = read(X, id="shop", time="day", freq="D", missing="mask")
    np.testing.assert_array_equal(panel.series(1), [[1, 1], [np.nan, np.nan], [3, 3]])
    np.testing.assert_array_equal(panel.series(0)[:, 0], [10, 11, 12])
    assert panel.rows.tolist() == [2, 4, 0, 1, -1, 3]


@pytest.mark.parametrize("library", ["polars", "pyarrow", "pandas"])
def test_long_tables_choose_series(library):
    X = as_library(long_table(), library)
    panel = read(X, id="shop", time="day").choose(np.array([1]))
    assert panel.labels.tolist() == ["x"]
    got = wrapped(panel)
    assert list(got["shop"].to_pylist() if library == "pyarrow" else got["shop"]) == ["x", "x"]
    assert list(got["v"].to_pylist() if library == "pyarrow" else got["v"]) == [0.0, 10.0]


def test_has_index_is_true_of_pandas_alone():
    series = pd.Series([1.0])
    assert all(map(has_index, (series, series.to_frame(), [series], {"a": series})))
    assert not any(map(has_index, (long_table(), np.zeros(2), [np.zeros(2)], [], {}, [1.0])))


def test_long_tables_continue_the_same_series():
    X = long_table()
    early, late = X.filter(pl.col("day") < DAYS[2]), X.filter(pl.col("day") >= DAYS[2])
    keys = {"id": "shop", "time": "day", "step": pd.offsets.Day()}
    first = read(early.sort("shop", descending=True), **keys)
    assert read(late, **keys).continues(first)
    assert not read(late.sort("shop"), **keys).continues(first)
    joined = first.followed_by(read(late, **keys))
    assert same(wrapped(joined), wrapped(read(X, **keys)))


ERRORS = [
    (long_table(), {"id": "store"}, r"id='store' came, but X has the columns \['day', 'shop', 'v', 'w'\]"),
    (long_table().to_arrow(), {"time": "hour"}, r"time='hour' came, but X has the columns \['day', 'shop'"),
    (long_table(), {"time": "shop"}, "the column 'shop' of X holds String labels such as 'y'"),
    (long_table(), {"time": "day"}, r"column 'shop' of X holds values that are not numbers \(String\)"),
    (long_table(), {"id": "shop"}, "column 'day' of X holds times, .* Name it with time='day'"),
    (
        long_table().drop("v", "w"),
        {"id": "shop", "time": "day"},
        r"X has only the columns \['day', 'shop'\], but",
    ),
    (long_table()[:0], {"id": "shop", "time": "day"}, "X has 0 rows"),
    (
        pl.concat([long_table()] * 2),
        {"id": "shop", "time": "day"},
        "series 'y' .*2024-02-26.*, the same twice",
    ),
    (
        long_table().with_columns(shop=pl.Series(["y", None, "y", "x", "x", "y"])),
        {"id": "shop", "time": "day"},
        "X has 6 rows, of which 1 have no 'shop'",
    ),
    (
        long_table().with_columns(day=pl.Series([None, *DAYS, DAYS[0]])),
        {"id": "shop", "time": "day"},
        "the column 'day' of X is missing in row 0",
    ),
    (
        as_library(long_table(), "pandas").assign(day=pd.NaT),
        {"id": "shop", "time": "day"},
        "the column 'day' of X has a missing time in row 0",
    ),
    (
        as_library(long_table(), "pandas").set_index(["shop", "day"]),
        {"id": "v"},
        "but the levels of the index",
    ),
    (pd.Series([1.0, 2.0]), {"time": "t"}, "time='t' came, but X is a Series without named columns"),
    (np.arange(3.0), {"time": "t"}, "time='t' came, but X is a ndarray without named columns"),
    ([np.arange(3.0)], {"id": "t"}, "id='t' came, but it names the column of one long table"),
    (np.zeros((2, 2, 2)), {"id": "t"}, "id='t' came, but an array of three dimensions"),
    (long_table().lazy(), {}, r"a lazy table came, .* X.collect\(\)"),
    ({}, {}, "an empty dict came"),
]


@pytest.mark.parametrize(("X", "options", "message"), ERRORS, ids=range(len(ERRORS)))
def test_tables_say_what_is_wrong(X, options, message):
    with pytest.raises(InputError, match=f"^F.fit: .*{message}"):
        read(X, **options)


def test_values_that_are_no_numbers_are_of_the_wrong_type():
    with pytest.raises(InputTypeError, match="not numbers"):
        read(pl.DataFrame({"a": ["x"]}))


def test_times_in_the_index_of_a_long_table_are_not_lost():
    days = pd.date_range("2024-01-01", periods=4).append(pd.date_range("2024-01-01", periods=4))
    table = pd.DataFrame({"shop": list("aaaabbbb"), "sales": np.arange(8.0)}, index=days)
    with pytest.raises(InputError, match=r"in its index, .* Pass X.reset_index\(\)"):
        read_series(table, caller="Some.fit", id="shop")


def test_swapped_levels_and_unnamed_keys_are_told():
    long = long_table().to_pandas()
    swapped = long.set_index(["day", "shop"])
    with pytest.raises(InputError, match=r"levels of the index of X are \(time, series\), .* X.swaplevel"):
        read_series(swapped, caller="F.fit")
    with pytest.raises(InputError, match="or name it with time='day'"):
        read_series(long, caller="F.fit", id="shop")
    with pytest.raises(InputError, match="names of series in a column that `id` names"):
        read_series(long.drop(columns="day"), caller="F.fit")


@pytest.mark.parametrize(
    ("library", "advice"), [("polars", r"fill_null\(strategy="), ("pyarrow", "fill_null_forward")]
)
def test_missing_values_come_with_advice_of_their_library(library, advice):
    values = [1.0, None, 3.0, 4.0]
    table = {"load": values, "shop": ["a"] * 4}
    X = pl.DataFrame(table) if library == "polars" else pa.table(table)
    column = X["load"]
    for data, options in (
        (X.select(["load"]), {}),
        (X, {"id": "shop"}),
        (column, {}),
        ([column, column], {}),
    ):
        with pytest.raises(InputError, match=rf"has null or NaN in row 1.*{advice}"):
            read_series(data, caller="f", **options)
    with pytest.raises(InputError, match=r"has NaN in row 1.*DataFrame\.interpolate"):
        read_series(pd.Series(values), caller="f")
