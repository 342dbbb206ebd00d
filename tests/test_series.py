"""Tables in, forecasts of the same form out."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from sksequence.exceptions import InputError, InputTypeError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.series import read_series
from sksequence.sequences import SequenceArray

RNG = np.random.default_rng(0)


LABELS = pd.Index([0.1, 0.9], name="quantile")


def read(X, **options) -> Panel:
    """Read X under a fixed name."""
    return read_series(X, caller="F.fit", **options)


def ahead(panel: Panel, horizon=2) -> np.ndarray:
    """Make forecasts that name their series, step and column: 100 i + 10 h + j."""
    i, h, j = np.ogrid[: panel.n_series, :horizon, : panel.n_columns]
    return 100.0 * i + 10.0 * h + j


def frame(n=6, index=None, columns=("a", "b")):
    """Make a small table."""
    return pd.DataFrame(RNG.normal(size=(n, len(columns))), index=index, columns=list(columns))


def long_frame():
    """Make two series of unequal length, their rows interleaved."""
    index = pd.MultiIndex.from_tuples(
        [
            (key, pd.Period(f"2020-0{month}", "M"))
            for key, month in zip("yxxyx", [3, 1, 2, 4, 3], strict=True)
        ],
        names=["id", "month"],
    )
    return pd.DataFrame({"v": [10.0, 1.0, 2.0, 11.0, 3.0]}, index=index)


FORMS = {
    "vector": (np.arange(5.0), [[(0, 1, 2, 3, 4)]]),
    "numbers": ([1, 2, 3], [[(1, 2, 3)]]),
    "matrix": (np.array([[1.0, 2.0], [3.0, 4.0]]), [[(1, 3), (2, 4)]]),
    "stack": (np.arange(8.0).reshape(2, 2, 2), [[(0, 2), (1, 3)], [(4, 6), (5, 7)]]),
    "list": ([np.arange(2.0), np.arange(3.0)], [[(0, 1)], [(0, 1, 2)]]),
    "dict": ({"p": np.arange(2.0), "q": np.arange(3.0)}, [[(0, 1)], [(0, 1, 2)]]),
    "nested": ([[1, 2], [3, 4, 5]], [[(1, 2)], [(3, 4, 5)]]),
    "series": (pd.Series([1, 2, 3]), [[(1, 2, 3)]]),
    "frame": (pd.DataFrame({"a": [1, 2], "b": [3.5, 4.5]}), [[(1, 2), (3.5, 4.5)]]),
    "long": (long_frame(), [[(10, 11)], [(1, 2, 3)]]),
    "sequences": (
        SequenceArray(np.arange(8.0).reshape(4, 2), starts=[1, 0], lengths=[3, 2]),
        [[(2, 4, 6), (3, 5, 7)], [(0, 2), (1, 3)]],
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_read_series_gives_contiguous_channels(name):
    X, expected = FORMS[name]
    panel = read(X)
    assert panel.n_series == len(expected)
    channels = [tuple(channel.ravel()) for channel in panel.channels]
    assert channels == [channel for series in expected for channel in series]
    assert panel.channels.values.shape[1] == 1
    assert panel.channels.dtype == np.float64
    np.testing.assert_array_equal(panel.series(0), np.transpose(expected[0]))
    np.testing.assert_array_equal(panel.lengths, [len(series[0]) for series in expected])


def test_read_series_copies_nothing_that_fits():
    vector = np.arange(5.0)
    assert np.shares_memory(read(vector).channels.values, vector)
    sequences = SequenceArray(np.arange(6.0), starts=[0, 2], lengths=[4, 4])
    assert np.shares_memory(read(sequences).channels.values, sequences.values)
    stack = np.zeros((4, 5, 1))
    assert np.shares_memory(read(stack).channels.values, stack)


def test_read_series_checks_values_without_copies():
    stack = np.zeros((500, 1000, 1))  # 4 MB
    tracemalloc.start()
    read(stack)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.2 * stack.nbytes


def test_read_series_shares_the_timeline_of_like_indexes():
    index = pd.date_range("2020", periods=4, freq="h")
    lines = read([pd.Series(1.0, index), pd.Series(2.0, index), pd.Series(3.0, index + pd.Timedelta("1h"))])
    assert lines.timelines[0] is lines.timelines[1]
    assert lines.timelines[2].index[0] == index[1]
    first, second, _ = lines.tail(2).timelines
    assert first is second


@pytest.mark.parametrize("name", ["vector", "matrix", "stack", "list", "sequences"])
def test_wrap_gives_arrays_back(name):
    panel = read(FORMS[name][0])
    wrapped, expected = panel.wrap(ahead(panel)), ahead(panel)
    if name == "list":
        assert isinstance(wrapped, list)
        for one, two in zip(wrapped, expected, strict=True):
            np.testing.assert_array_equal(one, two[:, 0])
    else:
        shape = {"vector": (2,), "matrix": (2, 2)}.get(name, expected.shape)
        assert wrapped.shape == shape
        np.testing.assert_array_equal(wrapped, expected.reshape(shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, "Float64"])
def test_wrap_keeps_floating_dtypes(dtype):
    X = pd.Series([1, 2, 3], dtype=dtype)
    panel = read(X)
    assert panel.wrap(ahead(panel)).dtype == (np.float32 if dtype is np.float32 else np.float64)


INDEXES = [
    pd.RangeIndex(6),
    pd.RangeIndex(10, 22, 2, name="step"),
    pd.Index([3, 4, 5, 6, 7, 8], name="year"),
    pd.Index([0.0, 0.5, 1.0, 1.5, 2.0, 2.5]),
    pd.date_range("2020-01-30", periods=6, freq="D", name="day"),
    pd.date_range("2020-01-01", periods=6, freq="MS"),
    pd.date_range("2020-01-31", periods=6, freq="ME"),
    pd.date_range("2019-12-31", periods=6, freq="QE"),
    pd.date_range("2020-01-01", periods=6, freq="YS"),
    pd.date_range("2020-01-02", periods=6, freq="B"),
    pd.date_range("2020-01-05", periods=6, freq="W-SUN"),
    pd.date_range("2020-01-01", periods=6, freq="15min", unit="s"),
    pd.date_range("2020-10-24 22:00", periods=6, freq="h", tz="Europe/Paris"),
    pd.date_range("2020-10-19", periods=6, freq="D", tz="Europe/Paris"),
    pd.period_range("2020-01", periods=6, freq="M", name="month"),
    pd.timedelta_range("0s", periods=6, freq="10s"),
]


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: f"{type(index).__name__}-{index.dtype}")
@pytest.mark.parametrize("forget", [False, True])
def test_wrap_continues_the_index(index, forget):
    # The table holds the first part, so the rest of the index is what has to be found.
    known = index[:4]
    if forget and hasattr(known, "freq") and not isinstance(known, pd.PeriodIndex):
        known = type(known)(list(known), name=known.name).as_unit(known.unit)
        assert known.freq is None
    panel = read(frame(4, known))
    expected = pd.DataFrame(ahead(panel)[0], index=index[4:], columns=["a", "b"])
    pd.testing.assert_frame_equal(panel.wrap(ahead(panel)), expected, check_freq=False)


def test_wrap_keeps_names():
    series = pd.Series(np.arange(4.0), name="load", index=pd.RangeIndex(4, name="t"))
    wrapped = read(series).wrap(np.zeros((1, 2, 1)))
    assert wrapped.name == "load"
    assert wrapped.index.equals(pd.RangeIndex(4, 6))
    assert wrapped.index.name == "t"
    table = frame().rename_axis(columns="sensor")
    assert read(table).wrap(np.zeros((1, 2, 2))).columns.name == "sensor"


def test_wrap_continues_each_series_of_a_long_table():
    panel = read(long_frame())
    wrapped = panel.wrap(ahead(panel))
    months = [pd.Period(month, "M") for month in ("2020-05", "2020-06", "2020-04", "2020-05")]
    index = pd.MultiIndex.from_arrays([["y", "y", "x", "x"], pd.PeriodIndex(months)], names=["id", "month"])
    expected = pd.DataFrame({"v": [0.0, 10.0, 100.0, 110.0]}, index=index)
    pd.testing.assert_frame_equal(wrapped, expected)


def test_select_keeps_columns_in_the_order_asked():
    table = frame(columns=("a", "b", "c"))
    panel = read(table).select(["c", 0], caller="F.fit")
    np.testing.assert_array_equal(panel.series(0), table[["c", "a"]])
    assert panel.wrap(np.zeros((1, 1, 2))).columns.tolist() == ["c", "a"]
    with pytest.raises(
        InputError, match=r"F.fit: column 'd' was asked for, but X has the columns \['a', 'b'"
    ):
        read(frame()).select("d", caller="F.fit")


def test_tail_keeps_the_end_and_pickles_small():
    X = pd.Series(np.arange(10_000.0), index=pd.date_range("2020", periods=10_000, freq="h"))
    panel = read(X)
    tail = panel.tail(5)
    np.testing.assert_array_equal(tail.series(0)[:, 0], np.arange(9_995.0, 10_000.0))
    forecasts = ahead(panel)
    copy = pickle.loads(pickle.dumps(tail))
    pd.testing.assert_series_equal(copy.wrap(forecasts), panel.wrap(forecasts))
    assert len(pickle.dumps(tail)) < 5_000
    assert panel.tail(10**9).lengths.tolist() == [10_000]


def test_followed_by_joins_what_continues():
    X = frame(10, pd.date_range("2020", periods=10, freq="h"))
    first, rest = read(X[:6]), read(X[6:])
    assert rest.continues(first)
    assert not first.continues(rest)
    assert not read(X[7:]).continues(first)
    assert not read(X.to_numpy()).continues(read(X.to_numpy()))
    joined = first.followed_by(rest)
    np.testing.assert_array_equal(joined.series(0), X)
    assert joined.wrap(ahead(joined)).index[0] == X.index[-1] + pd.Timedelta("1h")


def gap(drop=3, freq="h"):
    """Make a table without row `drop`."""
    index = pd.date_range("2020-01-01", periods=8, freq=freq)
    return frame(8, index).drop(index=index[drop])


ERRORS = [
    (gap(), "the index of X is not regular: row 2 is 2020-01-01 02:00:00 and row 3 is 2020-01-01 04"),
    (gap(freq="MS"), "row 2 is 2020-03-01 00:00:00 and row 3 is 2020-05-01"),
    (frame(3, [0, 1, 3]), "row 1 is 1 and row 2 is 3"),
    (frame(3, [0, 1, 1]), "does not increase: row 1 is 1 and row 2 is 1.*Sort the rows"),
    (frame(2, pd.DatetimeIndex(["2020", "2021"])), "2 rows and no frequency, but at least 3"),
    (frame(2, ["p", "q"]), "labels such as 'p', but times or numbers are needed"),
    (frame(3, pd.PeriodIndex(["2020-01", "2020-02", "2020-04"], freq="M")), "row 1 is 2020-02 and row 2 is"),
    ([frame(4), gap()], "the index of series 1 is not regular"),
    (frame(3).assign(b=["x", "y", "z"]), "X holds values that are not numbers"),
    (
        frame(3).assign(b=[0.0, np.nan, np.nan]),
        r"X has NaN in row 1 \(1\), column 'b', the first of 2 values",
    ),
    ([np.zeros(3), np.array([0.0, np.inf])], "series 1 has inf in row 1, column 0"),
    (np.zeros((2, 2, 2, 2)), r"X has shape \(2, 2, 2, 2\), but"),
    (np.zeros((0, 2)), r"X came with 0 row\(s\) and 2 feature\(s\) \(shape=\(0, 2\)\)"),
    (np.zeros((2, 0, 2)), r"X has shape \(2, 0, 2\), but no axis"),
    ([], "0 row"),
    ([frame(3), frame(3, columns=("a", "z"))], r"series 1 has the columns \['a', 'z'\], but series 0 has"),
    (SequenceArray(np.zeros((3, 1)), [0, 0], [3, 0]), "lengths from 0 came"),
    (np.array(["a", "b"]), "not numbers"),
]


@pytest.mark.parametrize(("X", "message"), ERRORS, ids=range(len(ERRORS)))
def test_read_series_says_what_is_wrong(X, message):
    with pytest.raises(InputError, match=f"^F.fit: .*{message}"):
        read(X)


# Labels ------------------------------------------------------------------------------------------


def two_each(panel: Panel) -> np.ndarray:
    """Make two forecasts of each value, 0 and 0.5 above those of `ahead`."""
    return ahead(panel)[..., np.newaxis] + [0.0, 0.5]


@pytest.mark.parametrize(
    ("name", "shape"), [("vector", (2, 2)), ("matrix", (2, 2, 2)), ("stack", (2, 2, 2, 2))]
)
def test_wrap_puts_labels_on_the_last_axis_of_arrays(name, shape):
    panel = read(FORMS[name][0])
    wrapped = panel.wrap(two_each(panel), labels=LABELS)
    np.testing.assert_array_equal(wrapped, two_each(panel).reshape(shape))


def test_wrap_makes_labels_the_columns_of_a_series():
    index = pd.date_range("2020-10-24", periods=4, freq="D", tz="Europe/Paris", name="day")
    panel = read(pd.Series(np.arange(4.0, dtype=np.float32), index, name="load"))
    expected = pd.DataFrame(
        np.array([[0, 0.5], [10, 10.5]], dtype=np.float32),
        index=pd.date_range("2020-10-28", periods=2, freq="D", tz="Europe/Paris", name="day"),
        columns=LABELS,
    )
    pd.testing.assert_frame_equal(panel.wrap(two_each(panel), labels=LABELS), expected)


@pytest.mark.parametrize("columns", [["a"], ["a", "b"]])
def test_wrap_makes_labels_a_level_of_the_columns_of_a_frame(columns):
    panel = read(frame(4, columns=columns).rename_axis(columns="sensor"))
    wrapped = panel.wrap(two_each(panel), labels=LABELS)
    assert wrapped.columns.names == ["sensor", "quantile"]
    assert wrapped.columns.tolist() == [(column, q) for column in columns for q in (0.1, 0.9)]
    for j, column in enumerate(columns):
        assert wrapped[column].columns.equals(LABELS)
        np.testing.assert_array_equal(wrapped[column][0.9], [j + 0.5, j + 10.5])


def test_wrap_makes_labels_a_level_beside_levels():
    columns = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["site", "meter"])
    panel = read(pd.DataFrame(np.zeros((3, 2)), columns=columns))
    assert panel.wrap(ahead(panel)).columns.equals(columns)
    wrapped = panel.wrap(two_each(panel), labels=LABELS)
    assert wrapped.columns.names == [None, None, "quantile"]
    assert wrapped.columns.tolist() == [("a", 1, 0.1), ("a", 1, 0.9), ("a", 2, 0.1), ("a", 2, 0.9)]


def test_wrap_keeps_the_index_of_a_long_table_beside_labels():
    panel = read(long_frame())
    wrapped, plain = panel.wrap(two_each(panel), labels=LABELS), panel.wrap(ahead(panel))
    assert wrapped.index.equals(plain.index)
    assert wrapped.columns.tolist() == [("v", 0.1), ("v", 0.9)]
    np.testing.assert_array_equal(wrapped["v"][0.1], plain["v"])


# Dicts -------------------------------------------------------------------------------------------


def test_dict_comes_back_with_its_keys_each_in_its_own_form():
    X = {"north": pd.Series([1.0, 2.0], [5, 6], name="load"), ("south", 1): np.arange(3.0)}
    panel = read(X)
    assert panel.labels.tolist() == list(X)
    wrapped = panel.wrap(ahead(panel))
    assert list(wrapped) == list(X)
    pd.testing.assert_series_equal(wrapped["north"], pd.Series([0.0, 10.0], [7, 8], name="load"))
    np.testing.assert_array_equal(wrapped["south", 1], [100.0, 110.0])
    labelled = panel.wrap(two_each(panel), labels=LABELS)
    assert labelled["north"].columns.equals(LABELS)
    assert labelled["south", 1].shape == (2, 2)


def test_dict_continues_only_the_same_keys():
    early = {key: pd.Series([1.0, 2.0], [0, 1]) for key in "ab"}
    late = {key: pd.Series([3.0], [2]) for key in "ab"}
    assert read(late, step=1).continues(read(early))
    assert not read({"a": late["a"], "c": late["b"]}, step=1).continues(read(early))


# Missing values and gaps -------------------------------------------------------------------------


def test_missing_values_come_through_where_they_are_asked_for():
    X = frame(4)
    X.iloc[1, 0] = np.nan
    panel = read(X, missing="mask")
    np.testing.assert_array_equal(panel.series(0), X)
    assert panel.has_missing
    assert not panel.tail(2).has_missing
    assert not panel.select("b", caller="F.fit").has_missing
    stack = np.ones((2, 3, 2))
    stack[1, 0, 1] = np.nan
    assert read(stack, missing="mask").has_missing


EMPTY = [
    (np.array([[1.0, np.nan], [2.0, np.nan]]), "X has only NaN in column 1, in all of its 2 rows"),
    ([np.ones(2), np.full(3, np.nan)], "series 1 has only NaN in column 0, in all of its 3 rows"),
    ({"a": np.full(2, np.nan)}, "series 'a' has only NaN"),
]


@pytest.mark.parametrize(("X", "message"), EMPTY, ids=range(len(EMPTY)))
def test_missing_values_may_not_be_all(X, message):
    with pytest.raises(InputError, match=f"^F.fit: {message}"):
        read(X, missing="mask")
    assert read(X, missing="mask", whole=False).has_missing


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("missing", ["raise", "mask"])
def test_infinity_is_always_refused(value, missing):
    X = np.array([1.0, np.nan, value, 2.0]) if missing == "mask" else np.array([1.0, 2.0, value, 2.0])
    with pytest.raises(InputError, match=rf"F.fit: X has {value} in row 2, column 0, the first of 1 "):
        read(X, missing=missing)


def test_missing_values_are_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"X has NaN in row 1, .* or set missing='mask'\.$"):
        read(np.array([1.0, np.nan]))


WHOLE = [
    (pd.date_range("2020-01-01", periods=6, freq="h", tz="Europe/Paris", name="t"), "h"),
    (pd.date_range("2020-10-23", periods=6, freq="D", tz="Europe/Paris"), "D"),
    (pd.date_range("2020-01-01", periods=6, freq="MS"), "MS"),
    (pd.period_range("2020-01", periods=6, freq="M", name="month"), "M"),
    (pd.timedelta_range("0s", periods=6, freq="10s"), "10s"),
    (pd.RangeIndex(0, 12, 2, name="step"), 2),
    (pd.Index([0.0, 0.5, 1.0, 1.5, 2.0, 2.5]), 0.5),
]


@pytest.mark.parametrize(("index", "freq"), WHOLE, ids=lambda part: str(getattr(part, "dtype", part)))
def test_freq_inserts_missing_rows(index, freq):
    X = frame(6, index)
    panel = read(X.drop(index=index[[1, 4]]), freq=freq, missing="mask")
    expected = X.to_numpy().copy()
    expected[[1, 4]] = np.nan
    np.testing.assert_array_equal(panel.series(0), expected)
    assert panel.timelines[0].index.equals(index)
    assert panel.rows.tolist() == [0, -1, 1, 2, -1, 3]
    wrapped, plain = panel.wrap(ahead(panel)), read(X).wrap(ahead(panel))
    pd.testing.assert_frame_equal(wrapped, plain, check_freq=False)


def test_freq_leaves_whole_rows_alone():
    X = frame(6, pd.date_range("2020", periods=6, freq="h"))
    panel = read(X, freq="h")
    np.testing.assert_array_equal(panel.series(0), X)
    assert panel.rows is None


def test_freq_serves_each_series_of_a_panel_from_its_own_start():
    late = frame(5, pd.date_range("2021-03", periods=5, freq="MS")).drop(index=pd.Timestamp("2021-05-01"))
    panel = read(
        {"early": frame(3, pd.date_range("2020-01", periods=3, freq="MS")), "late": late},
        freq="MS",
        missing="mask",
    )
    assert panel.lengths.tolist() == [3, 5]
    np.testing.assert_array_equal(panel.series(1)[[0, 1, 3, 4]], late)
    assert np.isnan(panel.series(1)[2]).all()
    assert not np.isnan(panel.series(0)).any()


FREQ_ERRORS = [
    (gap(), "h", "no row for 2020-01-01 03:00:00, the first of 1 that are .* freq='h'.*missing='mask'"),
    ({"a": frame(4), "b": frame(4, [0, 1, 2, 4])}, 1, "the index of series 'b' has no row for 3"),
    (
        frame(3, pd.date_range("2020-01-02", periods=3, freq="MS")),
        "W",
        "has 2020-02-01 .* in row 0, but with freq='W'",
    ),
    (
        frame(3, pd.date_range("2020", periods=3, freq="D")),
        "2D",
        "has 2020-01-02 .* in row 1, but with freq='2D'",
    ),
    (frame(3), "h", "of int64 and freq='h' came, but they do not go together"),
    (frame(3), 0, "of int64 and freq=0 came, but they do not go together"),
    (frame(3, pd.date_range("2020", periods=3)), "no", "and freq='no' came, but they do not go together"),
    (frame(3, pd.period_range("2020", periods=3, freq="M")), "D", r"its periods are of M"),
    (frame(3, [0, 1, 1]), 1, "row 1 is 1 and row 2 is 1, the same twice"),
    (np.arange(3.0), "h", "freq='h' came, but X has neither named columns nor an index"),
    (np.zeros((2, 2, 2)), "h", "freq='h' came, but an array of three dimensions has neither"),
]


@pytest.mark.parametrize(("X", "freq", "message"), FREQ_ERRORS, ids=range(len(FREQ_ERRORS)))
def test_freq_says_what_is_wrong(X, freq, message):
    with pytest.raises(InputError, match=f"^F.fit: .*{message}"):
        read(X, freq=freq)


def test_gaps_are_explained_to_those_who_cross_validate():
    with pytest.raises(
        InputError, match=r"as KFold does, split in time, with TimeSeriesSplit or .*RollingOrigin"
    ):
        read(gap())


def test_repeated_times_are_named():
    index = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-02", "2020-01-03"])
    with pytest.raises(
        InputError, match=r"row 1 is 2020-01-02 .* and row 2 is 2020-01-02 .*, the same twice"
    ):
        read(frame(4, index))


def test_days_of_a_zone_are_days_of_its_clock():
    index = pd.date_range("2020-10-20", periods=10, freq="D", tz="Europe/Paris")
    parts = [frame(5, pd.DatetimeIndex(index[i : i + 5], freq=None)) for i in range(5)]
    panel = read(parts)
    assert all(line.step == pd.offsets.Day() for line in panel.timelines)
    assert panel.wrap(ahead(panel))[3].index[0] == index[8]
    hours = pd.date_range(index[3], periods=5, freq="24h")
    with pytest.raises(InputError, match="the index of series 1 is not regular"):
        read([parts[0], frame(5, pd.DatetimeIndex(hours, freq=None))])


def test_short_series_take_the_step_of_the_longest():
    index = pd.date_range("2020-01-31", periods=5, freq="ME")
    panel = read([frame(1, pd.DatetimeIndex(index[:1], freq=None)), frame(4, index[1:])])
    assert panel.wrap(ahead(panel))[0].index.tolist() == index[1:3].tolist()


@pytest.mark.parametrize("kind", ["dict", "long", "list"])
def test_choose_takes_series_with_their_names(kind):
    X = {name: frame(n, pd.RangeIndex(n, name="t")) for name, n in (("p", 3), ("q", 4), ("r", 2))}
    expected = {name: X[name] for name in "rp"}
    if kind == "long":
        X, expected = pd.concat(X, names=["id"]), pd.concat(expected, names=["id"])
    elif kind == "list":
        X, expected = list(X.values()), list(expected.values())
    chosen, other = read(X).choose(np.array([2, 0])), read(expected)
    assert chosen.labels.equals(other.labels)
    for i in range(2):
        np.testing.assert_array_equal(chosen.series(i), other.series(i))
        assert chosen.timelines[i].index.equals(other.timelines[i].index)
    assert str(chosen.wrap(ahead(chosen))) == str(other.wrap(ahead(other)))


def test_rows_that_go_with_others_need_no_index():
    # What follows a table with times may come as an array, in the order of its columns.
    options = {"id": "i", "time": "t", "freq": "h", "whole": False}
    for X in (np.arange(3.0), np.zeros((2, 3, 1)), [np.arange(3.0)], SequenceArray(np.zeros(3), [0], [3])):
        assert read(X, **options).timelines[0] is None
    with pytest.raises(InputError, match="time='t' came, but X has the columns"):
        read(frame(), time="t", whole=False)


@pytest.mark.parametrize(
    ("X", "what"),
    [
        (["1", "2"], "X"),
        (np.array(["1", "2"], dtype=object), "X"),
        (np.array([["1"], ["2"]])[None], "X"),
        (pd.Series(["1", None]), "X"),
        (pd.Series(["1", "2"], dtype="category"), "X"),
        (pd.DataFrame({"a": [1, 2], "b": ["1", "2"]}), "column 'b' of X"),
        ([[1.0, 2.0], ["1", "2"]], "series 1"),
    ],
)
def test_text_is_no_number_though_it_looks_like_one(X, what):
    with pytest.raises(InputTypeError, match=f"F.fit: {what} holds .* not numbers .text such as '1'"):
        read(X)


def test_numbers_without_a_dtype_of_their_own_are_read():
    np.testing.assert_array_equal(read(pd.Series([1, 2.5], dtype=object)).series(0), [[1], [2.5]])


def test_a_column_of_text_is_named():
    frame = pd.DataFrame({"sales": [1.0, 2.0], "shop": ["north", "south"]})
    with pytest.raises(InputTypeError, match="column 'shop' of X holds values that are not numbers"):
        read_series(frame, caller="Some.fit")
