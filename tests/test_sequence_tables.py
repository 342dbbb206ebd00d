"""Long tables and Arrow columns, in and out."""

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from sksequence.exceptions import InputError
from sksequence.sequences import SequenceArray, as_sequences, targets_in_order

KEYS = {"sequence": "id", "time": "when"}


@pytest.fixture
def long():
    """Sorted rows of three sequences; the key columns stand among the values."""
    return pd.DataFrame(
        {
            "load": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
            "id": ["a", "a", "b", "c", "c", "c"],
            "count": [1, 2, 3, 4, 5, 6],
            "when": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-01", *["2020-01-05"] * 3])
            + pd.to_timedelta([0, 0, 0, 0, 1, 2], unit="h"),
            "open": [True, False, True, True, False, True],
            "small": np.arange(6, dtype=np.float32),
        }
    )


def polars_equal(a, b):
    return isinstance(a, pl.DataFrame) and a.schema == b.schema and a.equals(b)


def test_pandas_columns_come_back(long):
    sequences = SequenceArray.from_long(long, **KEYS)
    assert sequences.ids.tolist() == ["a", "b", "c"]
    assert sequences.lengths.tolist() == [2, 1, 3]
    assert sequences.feature_names == ("load", "count", "open", "small")
    assert_frame_equal(sequences.to_long(), long)


@pytest.mark.parametrize("names", [["id", "when"], [None, None], ["load", None]])
def test_a_pandas_index_comes_back(long, names):
    indexed = long.set_index(["id", "when"]).rename_axis(names)
    assert_frame_equal(SequenceArray.from_long(indexed).to_long(), indexed)
    assert_frame_equal(as_sequences(indexed).to_long(), indexed)


def test_a_series_with_two_levels_is_one_feature(long):
    series = long.set_index(["id", "when"])["load"]
    sequences = as_sequences(series)
    assert sequences.lengths.tolist() == [2, 1, 3]
    assert_frame_equal(sequences.to_long(), series.to_frame())


def test_columns_without_string_names_are_read():
    index = pd.MultiIndex.from_product([[1, 2], [0, 1]])
    sequences = as_sequences(pd.DataFrame(np.arange(8.0).reshape(4, 2), index=index))
    assert sequences.feature_names == ("0", "1")
    assert sequences.to_long().index.names == [None, None]


def test_polars_comes_back(long):
    table = pl.from_pandas(long).with_columns(
        pl.col("id").cast(pl.Categorical), pl.col("count").cast(pl.Int8)
    )
    assert polars_equal(SequenceArray.from_long(table, **KEYS).to_long(), table)


def test_pyarrow_comes_back(long):
    table = pa.table({name: long[name].to_list() for name in long})
    assert SequenceArray.from_long(table, **KEYS).to_long().equals(table)


def test_nullable_values_come_back(long):
    long["count"] = pd.array([1, None, 3, 4, None, 6], dtype="Int64")
    sequences = SequenceArray.from_long(long, **KEYS)
    assert np.isnan(sequences[0][1, 1])
    assert_frame_equal(sequences.to_long(), long)
    table = pl.from_pandas(long)
    assert polars_equal(SequenceArray.from_long(table, **KEYS).to_long(), table)
    arrow = table.to_arrow()
    assert SequenceArray.from_long(arrow, **KEYS).to_long().equals(arrow)


def test_time_zones_come_back(long):
    long["when"] = long["when"].dt.tz_localize("Europe/Berlin")
    assert_frame_equal(SequenceArray.from_long(long, **KEYS).to_long(), long)


def test_the_order_of_rows_means_nothing(long):
    mixed = long.sample(frac=1, random_state=3)
    assert mixed.index.tolist() != sorted(mixed.index)
    assert_frame_equal(SequenceArray.from_long(mixed, **KEYS).to_long(), long)
    interleaved = long.sort_values(["when", "id"], kind="stable")
    assert_frame_equal(SequenceArray.from_long(interleaved, **KEYS).to_long(), long)


def test_a_slice_writes_its_rows_only(long):
    sequences = SequenceArray.from_long(long, **KEYS)
    expected = pd.concat([long[3:], long[:2]], ignore_index=True)
    assert_frame_equal(sequences[[2, 0]].to_long(), expected)
    assert_frame_equal(pickle.loads(pickle.dumps(sequences[[2, 0]])).to_long(), expected)
    indexed = long.set_index(["id", "when"])
    assert_frame_equal(SequenceArray.from_long(indexed)[1:].to_long(), indexed[2:])


def test_a_pickled_slice_of_a_long_table_is_small():
    n = 100_000
    table = pd.DataFrame(
        {"id": np.repeat(np.arange(1000), 100), "t": np.tile(np.arange(100), 1000), "x": 0.5}
    )
    sequences = SequenceArray.from_long(table, sequence="id", time="t")
    assert len(sequences) == 1000
    assert len(sequences.values) == n
    assert len(pickle.dumps(sequences[:2])) < 10_000


def test_other_values_drop_the_old_dtypes(long):
    sequences = SequenceArray.from_long(long.set_index(["id", "when"]), columns=["load", "count"])
    halves = sequences.with_values(sequences.values / 2, feature_names=["load", "count"]).to_long()
    assert halves["count"].tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert halves.index.names == ["id", "when"]


def test_chosen_columns_are_the_features(long):
    sequences = SequenceArray.from_long(long, **KEYS, columns=["count"])
    assert sequences.feature_names == ("count",)
    assert_frame_equal(sequences.to_long(), long[["id", "count", "when"]])


def test_without_time_rows_keep_their_order():
    table = pd.DataFrame({"id": ["b", "a", "b", "a"], "x": [1.0, 2.0, 0.0, 1.0]})
    sequences = SequenceArray.from_long(table, sequence="id")
    assert [s.ravel().tolist() for s in sequences] == [[2.0, 1.0], [1.0, 0.0]]
    assert sequences.to_long()["id"].tolist() == ["a", "a", "b", "b"]


def test_float32_columns_give_float32(long):
    assert SequenceArray.from_long(long, **KEYS, columns=["small"]).dtype == np.float32


def test_long_tokens_stay_integers(long):
    indexed = long.set_index(["id", "when"])[["count"]]
    assert as_sequences(indexed, tokens=True).is_tokens
    assert as_sequences(indexed).dtype == np.float64


def test_sequences_of_no_table_become_an_indexed_frame():
    table = as_sequences([[1.0, 2.0], [3.0]])[::-1].to_long()
    assert table.index.tolist() == [(0, 0), (1, 0), (1, 1)]
    assert table.index.names == ["sequence", "time"]
    assert table["x0"].tolist() == [3.0, 1.0, 2.0]
    assert [s.ravel().tolist() for s in as_sequences(table)] == [[3.0], [1.0, 2.0]]


def test_ids_become_the_index():
    sequences = SequenceArray(np.arange(3.0), [0, 1], [1, 2], ids=["u", "v"], feature_names=["load"])
    assert sequences.to_long().loc["v", "load"].tolist() == [1.0, 2.0]


LISTS = {
    "list": pa.list_(pa.float64()),
    "large list": pa.large_list(pa.float64()),
    "float32": pa.list_(pa.float32()),
}


@pytest.mark.parametrize("kind", LISTS)
def test_arrow_lists_of_numbers_are_viewed(kind):
    column = pa.array([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]], type=LISTS[kind])
    sequences = SequenceArray.from_arrow(column)
    assert [s.ravel().tolist() for s in sequences] == column.to_pylist()
    assert np.shares_memory(sequences.values, column.values.to_numpy())


def test_an_arrow_slice_and_chunks_are_read():
    column = pa.array([[1.0], [2.0, 3.0], [4.0]])
    assert [s.ravel().tolist() for s in SequenceArray.from_arrow(column[1:])] == [[2.0, 3.0], [4.0]]
    chunks = pa.chunked_array([column, column[:1]])
    assert [s.ravel().tolist() for s in SequenceArray.from_arrow(chunks)] == [[1.0], [2.0, 3.0], [4.0], [1.0]]
    fixed = pa.array([[1.0, 2.0], [3.0, 4.0]], type=pa.list_(pa.float64(), 2))
    assert [s.ravel().tolist() for s in SequenceArray.from_arrow(fixed[1:])] == [[3.0, 4.0]]


def test_arrow_structs_give_named_features():
    column = pa.array([[{"u": 1.0, "v": 2.0}], [{"u": 3.0, "v": 4.0}, {"u": 5.0, "v": 6.0}]])
    sequences = SequenceArray.from_arrow(column)
    assert sequences.feature_names == ("u", "v")
    assert [s.tolist() for s in sequences] == [[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]


@pytest.mark.parametrize("inner", [pa.list_(pa.float64()), pa.list_(pa.float64(), 2)])
def test_arrow_lists_of_lists_give_features(inner):
    lists = [[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0]]]
    column = pa.array(lists, type=pa.list_(inner))
    assert [s.tolist() for s in SequenceArray.from_arrow(column)] == lists
    assert [s.tolist() for s in SequenceArray.from_arrow(column[1:])] == lists[1:]


@pytest.mark.parametrize(
    "make", [pl.Series, lambda x: pd.Series(x, dtype=pd.ArrowDtype(pa.list_(pa.int64())))]
)
def test_list_columns_of_frames_are_read(make):
    sequences = SequenceArray.from_arrow(make([[1, 2], [3]]))
    assert sequences.is_tokens
    assert [s.ravel().tolist() for s in sequences] == [[1, 2], [3]]


@pytest.mark.parametrize(
    "make", [lambda t: t, lambda t: t.to_batches()[0], pl.from_arrow, pa.Table.to_pandas]
)
def test_list_columns_of_a_table_are_features(make):
    table = pa.table({"u": [[1.0, 2.0], [3.0]], "v": [[4, 5], [6]]})
    sequences = SequenceArray.from_arrow(make(table))
    assert sequences.feature_names == ("u", "v")
    assert [s.tolist() for s in sequences] == [[[1.0, 4.0], [2.0, 5.0]], [[3.0, 6.0]]]
    one = SequenceArray.from_arrow(make(table.select(["v"])))
    assert (one.feature_names, one.is_tokens) == (("v",), True)


def test_columns_that_are_no_features_of_one_sequence_are_named():
    table = pa.table({"u": [[1.0, 2.0], [3.0]], "v": [[4.0], [6.0]], "y": [0, 1]})
    with pytest.raises(
        InputError, match="row 0 has 1 steps in column 'v' and 2 in 'u', but columns that are"
    ):
        SequenceArray.from_arrow(table.select(["u", "v"]))
    with pytest.raises(
        InputError, match="column 'y': an Arrow column of type int64 came, but a list type is"
    ):
        SequenceArray.from_arrow(table)


def test_arrow_list_views_are_viewed():
    lists = pa.array([2, 0, 1], pa.int32()), pa.array([2, 3, 1], pa.int32()), pa.array([1.0, 2.0, 3.0, 4.0])
    column = pa.ListViewArray.from_arrays(*lists)
    sequences = SequenceArray.from_arrow(column)
    assert [s.ravel().tolist() for s in sequences] == [[3.0, 4.0], [1.0, 2.0, 3.0], [2.0]]
    assert np.shares_memory(sequences.values, lists[2].to_numpy())
    assert [s.ravel().tolist() for s in SequenceArray.from_arrow(column[1:])] == [[1.0, 2.0, 3.0], [2.0]]


# ---------------------------------------------------------------------- tokens, and sequences without ids


def test_named_tokens_are_written_and_read_as_categories():
    tokens = SequenceArray(np.array([2, 0, 1, 2], np.int32), [0, 1], [1, 3], vocabulary=["a", "b", "c"])
    table = tokens.to_long()
    assert table["x0"].tolist() == ["c", "a", "b", "c"]
    for back in (SequenceArray.from_long(table), as_sequences(table, tokens=None)):
        assert back.vocabulary == tokens.vocabulary
        assert back.ids is None
        assert back.dtype == np.int32
        assert np.array_equal(back.values, tokens.values)
        assert_frame_equal(back.to_long(), table)


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["off", "on"]), "Arrow"])
def test_categories_of_other_libraries_say_how_to_become_tokens(kind):
    table = pl.DataFrame({"id": [0, 0, 1], "event": ["on", "off", "on"]})
    if kind == "Arrow":
        table = table.to_arrow()
        table = table.set_column(1, "event", table["event"].cast(pa.string()).dictionary_encode())
    else:
        table = table.with_columns(pl.col("event").cast(kind))
    with pytest.raises(InputError, match=r"Pass table\.to_pandas\(\), whose categories are read as tokens"):
        SequenceArray.from_long(table, sequence="id")
    events = SequenceArray.from_long(table.to_pandas(), sequence="id")
    assert [[events.vocabulary[i] for i in x.ravel()] for x in events] == [["on", "off"], ["on"]]


def test_categories_are_no_numbers_and_need_their_step():
    table = pd.DataFrame({"id": [0, 0, 1], "event": pd.Categorical(["on", "off", "on"])})
    events = SequenceArray.from_long(table, sequence="id")
    assert events.vocabulary == ("off", "on")
    assert [x.ravel().tolist() for x in events] == [[1, 0], [1]]
    assert_frame_equal(events[[1]].to_long(), table[2:].reset_index(drop=True))
    indexed = table.assign(t=[0, 1, 0]).set_index(["id", "t"])
    with pytest.raises(
        InputError, match="the column 'event' of type Categorical came, but values must be num"
    ):
        as_sequences(indexed)
    sentence = (
        "SequenceArray.from_long: the column 'event' is missing (NaN) in row 1 (1 in all), but every step "
        "needs its token. Drop these rows, or fill them with a category of its own."
    )
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        SequenceArray.from_long(table.assign(event=table["event"].where([True, False, True])), sequence="id")


def test_numbers_of_sequences_without_ids_are_no_ids():
    table = SequenceArray.from_list([[1.0, 2.0], [3.0], [4.0]]).to_long()
    assert as_sequences(table).ids is None
    y = pd.Series([10, 20, 30], index=[2, 0, 1])
    assert targets_in_order(y, as_sequences(table), "f") is y
    assert as_sequences(table.loc[[2, 0]]).ids.tolist() == [0, 2]


# ---------------------------------------------------------------------- targets indexed by ids


def of_ids(*ids):
    return SequenceArray(np.zeros(len(ids)), range(len(ids)), [1] * len(ids), ids=list(ids))


def test_targets_follow_the_ids_they_are_indexed_by():
    y = pd.Series([3, 1, 2], index=["c", "a", "b"])
    assert targets_in_order(y, of_ids("a", "b", "c"), "f").tolist() == [1, 2, 3]
    frame = targets_in_order(y.to_frame(), of_ids("b", "a", "c"), "f")
    assert frame[0].tolist() == [2, 1, 3]


@pytest.mark.parametrize("index", [[7, 8, 9], pd.RangeIndex(3), pd.Index(["x", "y", "z"])])
def test_targets_of_another_index_stay_in_place(index):
    y = pd.Series([3, 1, 2], index=index)
    assert targets_in_order(y, of_ids(1, 2, 3), "f") is y
    assert targets_in_order([3, 1, 2], of_ids(1, 2, 3), "f") == [3, 1, 2]


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (["a", "B", "c"], "f: y has no target for id 'b' (1 of 3 ids are missing), but y is indexed"),
        (["a", "b", "c", "d"], "f: X has no sequence of id 'd' (1 of 4 targets have none), but y is indexed"),
        (["a", "b", "b"], "f: y has more than one target for id 'b', but y is indexed by the ids of the seq"),
    ],
)
def test_targets_that_fit_the_ids_in_part_are_refused(index, sentence):
    y = pd.Series(range(len(index)), index=index)
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}"):
        targets_in_order(y, of_ids("a", "b", "c"), "f")


def test_targets_of_steps_are_refused():
    y = pd.Series(range(4), index=pd.MultiIndex.from_product([["a", "b"], [0, 1]]))
    with pytest.raises(InputError, match=r"^f: y is indexed by 2 levels, a row for each step, but one"):
        targets_in_order(y, of_ids("a", "b"), "f")
