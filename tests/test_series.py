"""Tables in, forecasts of the same form out."""

import pickle

import numpy as np
import pandas as pd
import pytest

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.series import read_series
from sksequence.sequences import SequenceArray

RNG = np.random.default_rng(0)


def read(X) -> Panel:
    """Read X under a fixed name."""
    return read_series(X, caller="F.fit")


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
