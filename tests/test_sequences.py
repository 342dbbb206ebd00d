"""SequenceArray and every form that as_sequences reads."""

import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.utils import shuffle

from sksequence.exceptions import InputError, InputTypeError
from sksequence.sequences import SequenceArray, as_sequences, first_text, holds_texts


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def ragged(rng):
    return [rng.normal(size=(length, 2)) for length in (3, 7, 1, 5)]


@pytest.fixture
def sequences(ragged):
    return SequenceArray.from_list(ragged)


def same(sequences, arrays):
    return len(sequences) == len(arrays) and all(
        a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
        for a, b in zip(sequences, arrays, strict=True)
    )


def test_a_list_comes_back_as_views(sequences, ragged):
    assert same(sequences.to_list(), ragged)
    assert all(np.shares_memory(view, sequences.values) for view in sequences)
    assert sequences.shape == (4,)
    assert (sequences.n_features, sequences.n_timesteps) == (2, 7)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (slice(1, 3), [1, 2]),
        (slice(None, None, -1), [3, 2, 1, 0]),
        ([3, 0, 0], [3, 0, 0]),
        (np.array([-1, 1]), [3, 1]),
        (np.array([True, False, False, True]), [0, 3]),
        ([False, True, True, False], [1, 2]),
        (([2, 1], Ellipsis), [2, 1]),
        ([], []),
        (pd.Series([1, 2]), [1, 2]),
    ],
)
def test_indexing_chooses_sequences_and_copies_no_step(sequences, ragged, key, expected):
    chosen = sequences[key]
    assert isinstance(chosen, SequenceArray)
    assert same(chosen, [ragged[i] for i in expected])
    assert chosen.values is sequences.values


def test_indexing_keeps_names_ids_and_table(rng):
    s = as_sequences(pd.DataFrame(rng.normal(size=(4, 3)), columns=list("abc")))[[2, 0]]
    assert (s.table_columns, s.table_names) == (3, ("a", "b", "c"))
    s = SequenceArray(np.zeros((4, 1)), [0, 2], [2, 2], ids=["u", "v"], feature_names=["x"])[::-1]
    assert s.ids.tolist() == ["v", "u"]
    assert s.feature_names == ("x",)


@pytest.mark.parametrize("key", [4, -5])
def test_an_int_outside_is_an_index_error(sequences, key):
    with pytest.raises(IndexError):
        sequences[key]


@pytest.mark.parametrize("key", [[[0, 1]], "a", [0.5], [True]])
def test_other_keys_are_index_errors(sequences, key):
    with pytest.raises(IndexError):
        sequences[key]


def test_starts_and_lengths_cannot_be_written(sequences):
    for array in (sequences.starts, pickle.loads(pickle.dumps(sequences)).lengths):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        sequences.values = np.zeros((3, 1))


def test_repr_says_what_there_is(sequences):
    assert repr(sequences) == "SequenceArray(4 sequences of 1 to 7 steps, median 4, 2 features, float64)"
    tokens = SequenceArray.from_list([[1, 2, 3]])
    assert repr(tokens) == "SequenceArray(1 sequence of 3 steps, tokens, int64)"
    assert repr(tokens[:0]) == "SequenceArray(0 sequences, tokens, int64)"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8])
def test_values_are_not_copied(dtype):
    values = np.zeros((10, 1), dtype=dtype)
    sequences = SequenceArray(values, [0], [10])
    assert sequences.values is values
    assert sequences.is_tokens == (np.dtype(dtype).kind in "iu")


@pytest.mark.parametrize("dtype", [bool, np.float16, ">f8"])
def test_other_numbers_become_float64(dtype):
    assert SequenceArray(np.zeros((3, 1), dtype=dtype), [0], [3]).dtype == np.float64


def test_integers_of_several_features_become_float64():
    assert SequenceArray(np.zeros((3, 2), dtype=int), [0], [3]).dtype == np.float64


def test_a_memory_map_stays_one_and_pickles_what_is_used(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(50_000.0).reshape(-1, 1))
    values = np.load(tmp_path / "x.npy", mmap_mode="r")
    sequences = SequenceArray(values, [100, 200], [10, 10])
    assert isinstance(sequences.values, np.memmap)
    stored = pickle.dumps(sequences)
    assert len(stored) < 2_000
    assert same(pickle.loads(stored), list(sequences))


def test_pickle_of_windows_stores_each_step_once(rng):
    values = rng.normal(size=(10_000, 1))
    starts = rng.permutation(9_000)[:4_000]
    windows = SequenceArray(values, starts, np.full(4_000, 168))
    stored = pickle.dumps(windows)
    assert len(stored) < values.nbytes + 2 * windows.starts.nbytes + 2_000
    assert same(pickle.loads(stored), list(windows))


def test_compact_keeps_sequences_and_drops_the_rest(rng):
    values = rng.normal(size=(1000, 2))
    for _ in range(20):
        lengths = rng.integers(0, 30, size=8)
        scattered = SequenceArray(values, rng.integers(0, 970, size=8), lengths)
        compact = scattered.compact()
        assert same(compact, list(scattered))
        covered = {
            row for i in range(8) for row in range(scattered.starts[i], scattered.starts[i] + lengths[i])
        }
        assert len(compact.values) == len(covered)


def test_compact_of_what_is_full_is_the_same(sequences):
    assert sequences.compact() is sequences
    assert sequences[::-1].compact().values is sequences.values


def test_padded_and_back(sequences, ragged):
    padded = sequences.to_padded()
    assert padded.shape == (4, 7, 2)
    assert same(SequenceArray.from_padded(padded), ragged)
    assert np.array_equal(np.asarray(sequences), padded, equal_nan=True)
    filled = sequences.to_padded(value=-1.0)
    assert same(SequenceArray.from_padded(filled, sequences.lengths), ragged)


def test_padding_left_and_cut(sequences, ragged):
    padded = sequences.to_padded(4, 0.0, side="left")
    np.testing.assert_array_equal(padded[0, 1:], ragged[0])
    np.testing.assert_array_equal(padded[0, 0], 0)
    np.testing.assert_array_equal(padded[1], ragged[1][:4])


def test_tokens_are_padded_with_a_token():
    padded = SequenceArray.from_list([[5, 6], [7]]).to_padded(value=0)
    assert padded.dtype == np.int64
    assert padded[:, :, 0].tolist() == [[5, 6], [7, 0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4)])
def test_arrays_are_viewed(rng, shape, dtype):
    X = rng.normal(size=shape).astype(dtype)
    sequences = as_sequences(X)
    assert np.shares_memory(sequences.values, X)
    assert sequences.dtype == dtype
    assert same(sequences, X.reshape(5, 4, -1))
    assert sequences.table_columns == (4 if len(shape) == 2 else None)


def test_trailing_nan_is_padding_and_inner_nan_is_not():
    X = np.ones((3, 4, 2))
    X[0, 2:] = np.nan
    X[1, 3, 0] = np.nan
    X[2, 1] = np.nan
    assert as_sequences(X, missing="mask").lengths.tolist() == [2, 4, 4]
    assert as_sequences(X[:1]).lengths.tolist() == [2]
    assert as_sequences(np.array([[1, np.nan, 2, np.nan]]), missing="mask").lengths.tolist() == [3]


def test_a_sequence_array_passes_through(sequences):
    assert as_sequences(sequences) is sequences
    fold = sequences[[2, 0]]
    assert as_sequences(fold) is fold


FORMS = {
    "tuple": tuple,
    "object array": lambda arrays: np.array([*arrays, None], dtype=object)[:-1],
    "lists": lambda arrays: [a.tolist() for a in arrays],
    "tensors": lambda arrays: [torch.from_numpy(a).requires_grad_() for a in arrays],
    "frames": lambda arrays: [pd.DataFrame(a, columns=["u", "v"]) for a in arrays],
    "arrow tables": lambda arrays: [pa.table({"u": a[:, 0], "v": a[:, 1]}) for a in arrays],
    "polars frames": lambda arrays: [pl.DataFrame(a, schema=["u", "v"]) for a in arrays],
    "series of arrays": lambda arrays: pd.Series(arrays),
    "fortran order": lambda arrays: [np.asfortranarray(a) for a in arrays],
    "arrow": lambda arrays: pa.array([a.tolist() for a in arrays]),
    "polars": lambda arrays: pl.Series([a.tolist() for a in arrays]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_ragged_form_gives_the_same_sequences(ragged, form):
    sequences = as_sequences(FORMS[form](ragged))
    assert same(sequences, ragged)
    assert sequences.feature_names == (("u", "v") if "frames" in form or "tables" in form else None)


TABLES = {
    "pandas": lambda X: pd.DataFrame(X),
    "polars": lambda X: pl.DataFrame(X, schema=["a", "b", "c"]),
    "pyarrow": lambda X: pa.table(dict(zip("abc", X.T, strict=True))),
    "tensor": torch.from_numpy,
    "objects": lambda X: X.astype(object),
}


@pytest.mark.parametrize("form", TABLES)
def test_every_table_has_a_sequence_in_each_row(rng, form):
    X = rng.normal(size=(5, 3))
    sequences = as_sequences(TABLES[form](X))
    assert same(sequences, X[:, :, np.newaxis])
    assert sequences.table_columns == 3
    assert sequences.table_names == (("a", "b", "c") if form in ("polars", "pyarrow") else None)


HOLES = {
    "nullable frame": lambda X, there: pd.DataFrame(X).astype("Float64").where(there, pd.NA),
    "objects": lambda X, there: np.where(there, X.astype(object), None),
    "masked": lambda X, there: np.ma.masked_array(X, mask=~there),
}


@pytest.mark.parametrize("form", HOLES)
def test_what_is_missing_in_any_way_is_padding_at_the_end(rng, form):
    X, there = rng.normal(size=(4, 3)), np.arange(3) < np.array([[3], [1], [2], [3]])
    whole = HOLES[form](X, there)
    assert as_sequences(whole).lengths.tolist() == [3, 1, 2, 3]
    rows = [whole[i] for i in range(4)] if form != "nullable frame" else [whole.loc[i] for i in range(4)]
    with pytest.raises(InputError, match=r"NaN came at step 1 of sequence 1, feature 0 \(3 steps in all\)"):
        as_sequences(rows)


def test_a_mask_that_hides_nothing_changes_nothing(rng):
    X = rng.normal(size=(4, 3)).astype(np.float32)
    sequences = as_sequences(np.ma.masked_array(X, mask=np.zeros_like(X, bool)))
    assert type(sequences.values) is np.ndarray
    assert sequences.dtype == np.float32
    assert same(sequences, X[:, :, np.newaxis])


def test_series_of_a_list_are_univariate(rng):
    series = [pd.Series(rng.normal(size=n)) for n in (3, 5)]
    assert same(as_sequences(series), [s.to_numpy()[:, np.newaxis] for s in series])


@pytest.mark.parametrize("X", [[[1, 2], [3]], [np.array([1, 2]), np.array([3])], pa.array([[1, 2], [3]])])
def test_integers_are_tokens_only_where_asked(X):
    assert as_sequences(X).dtype == np.float64
    tokens = as_sequences(X, tokens=True)
    assert tokens.is_tokens
    assert [s.ravel().tolist() for s in tokens] == [[1, 2], [3]]


@pytest.mark.parametrize("X", [[3, 1, 2], np.array([3, 1, 2]), np.array([[3, 1, 2]])])
def test_a_flat_list_of_tokens_is_one_sequence(X):
    assert as_sequences(X, tokens=True)[0].ravel().tolist() == [3, 1, 2]


def test_float32_stays_in_lists():
    assert as_sequences([np.zeros(3, np.float32), np.zeros(2, np.float32)]).dtype == np.float32
    assert as_sequences([np.zeros(3, np.float32), np.zeros(2)]).dtype == np.float64


def test_a_hundred_thousand_lists_are_joined(rng):
    lengths = rng.integers(1, 5, size=100_000)
    sequences = as_sequences([np.full(length, 1.0) for length in lengths])
    np.testing.assert_array_equal(sequences.lengths, lengths)
    assert len(sequences.values) == lengths.sum()


def test_astype_converts_only_what_is_used(sequences):
    assert sequences.astype(np.float64) is sequences
    small = sequences[2:3].astype(np.float32)
    assert small.dtype == np.float32
    assert small.values.shape == (1, 2)


def test_with_values_keeps_the_sequences(sequences):
    doubled = sequences.with_values(np.hstack([sequences.values, sequences.values]), feature_names="abcd")
    assert doubled.n_features == 4
    assert doubled.feature_names == ("a", "b", "c", "d")
    np.testing.assert_array_equal(doubled[1][:, 2:], sequences[1])


def test_scikit_learn_splits_shuffles_and_cross_validates(sequences):
    X, y = sequences[[0, 1, 2, 3] * 5], np.tile([0, 1], 10)
    X_train, X_test, _, _ = train_test_split(X, y, random_state=0)
    assert X_train.values is X_test.values is sequences.values
    shuffled, labels = shuffle(X, np.arange(20), random_state=0)
    assert same(shuffled, [X[i] for i in labels])
    scores = cross_val_score(DummyClassifier(strategy="uniform", random_state=0), X, y, cv=KFold(4))
    assert scores.shape == (4,)


def test_narwhals_code_is_loaded_with_the_first_table():
    code = (
        "import sys, sksequence.sequences as s; s.as_sequences([[1.0, 2.0]]).to_padded();"
        "print('sksequence.sequences.tables' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"


TEXT_FORMS = {
    "list": lambda x: x,
    "object array": lambda x: np.array(x, dtype=object),
    "str array": np.array,
    "Series": lambda x: pd.Series(x, index=range(7, 7 + len(x))),
    "frame": lambda x: pd.DataFrame({"text": x}),
    "column": lambda x: np.array(x)[:, None],
    "polars": pl.Series,
    "polars frame": lambda x: pl.DataFrame({"text": x}),
    "Arrow": pa.array,
    "chunked": lambda x: pa.chunked_array([x]),
    "Arrow table": lambda x: pa.table({"text": x}),
}


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_texts_of_every_form_are_known_and_refused_as_numbers(form):
    texts = TEXT_FORMS[form](["good film", "bad"])
    assert first_text(texts) == "good film"
    sentence = (
        "f: texts came, such as 'good film', but numbers or token ids are needed. Make ids of them with "
        "SequenceTokenizer(), as the step of a Pipeline before the network or by its fit_transform."
    )
    with pytest.raises(InputTypeError, match=f"^{re.escape(sentence)}$"):
        as_sequences(texts, caller="f")


@pytest.mark.parametrize("form", ["list", "Series", "polars", "Arrow"])
def test_lists_of_words_are_known_and_refused_as_numbers(form):
    words = TEXT_FORMS[form]([["good", "film"], ["bad"]])
    assert first_text(words) == ["good", "film"]
    with pytest.raises(
        InputTypeError,
        match=r"^f: lists of words came, such as .* or WordFeatures\(\),",
    ):
        as_sequences(words, caller="f")


@pytest.mark.parametrize(
    "X", [[], [[]], [1.0], [[1]], np.zeros((2, 1)), np.array([["a", "b"]]), "a", iter(["a"]), None, {"a": 1}]
)
def test_what_holds_no_collection_of_texts(X):
    assert not holds_texts(X)
