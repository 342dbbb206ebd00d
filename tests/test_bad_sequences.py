"""Every bad input, and the sentence that it is answered with."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from sksequence.exceptions import InputError
from sksequence.preprocessing import make_windows
from sksequence.sequences import SequenceArray, as_sequences

FORMS = (
    " Pass an array (n_samples, n_timesteps, n_features), a table (n_samples, n_timesteps), a list of "
    "arrays (length_i, n_features), or a SequenceArray."
)
FILL = " Fill it (for example with PerTimestep(SimpleImputer())), or set missing='mask'. Padding goes last."

nan, inf = np.nan, np.inf


def with_value(value, shape, place):
    X = np.zeros(shape)
    X[place] = value
    return X


def long(**columns):
    table = {"id": ["a", "a", "b"], "t": [0, 1, 0], "x": [1.0, 2.0, 3.0]} | columns
    return pd.DataFrame({name: column for name, column in table.items() if column is not None})


def from_long(table, **names):
    return SequenceArray.from_long(table, **({"sequence": "id", "time": "t"} | names))


def tokens(X):
    return as_sequences(X, tokens=True)


frames = [pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.DataFrame({"a": [1.0], "c": [2.0]})]
holed = SequenceArray(with_value(nan, (8, 2), (5, 1)), [0, 4], [4, 4], feature_names=["u", "v"])

BAD = {
    "none": (
        lambda: as_sequences(None),
        "as_sequences: X = None came, but a collection of sequences is needed." + FORMS,
    ),
    "string": (
        lambda: as_sequences("abc"),
        "as_sequences: X = 'abc' came, but a collection of sequences is needed." + FORMS,
    ),
    "scalar": (
        lambda: as_sequences(3.5),
        "as_sequences: X = 3.5 came, but a collection of sequences is needed." + FORMS,
    ),
    "zero dimensions": (
        lambda: as_sequences(np.array(3.0)),
        "as_sequences: X = array(3.) came, but a collection of sequences is needed." + FORMS,
    ),
    "an object": (
        lambda: as_sequences(object()),
        "as_sequences: X of type object came, but a collection of sequences is needed." + FORMS,
    ),
    "one dimension": (
        lambda: as_sequences(np.arange(5.0)),
        "as_sequences: a 1-D array of shape (5,) came, but several sequences are needed. Reshape "
        "your data: [X] if it is one sequence, X.reshape(-1, 1) if it is one step of many.",
    ),
    "list of numbers": (
        lambda: as_sequences([1.0, 2.0]),
        "as_sequences: a 1-D array of shape (2,) came, but several sequences are needed. Reshape "
        "your data: [X] if it is one sequence, X.reshape(-1, 1) if it is one step of many.",
    ),
    "four dimensions": (
        lambda: as_sequences(np.zeros((2, 3, 4, 5))),
        "as_sequences: an array of 4 dimensions, shape (2, 3, 4, 5), came, but (n_samples, "
        "n_timesteps, n_features) is needed. Reshape it: X.reshape(n_samples, n_timesteps, -1) "
        "joins the last axes into features.",
    ),
    "complex": (
        lambda: as_sequences(np.zeros((2, 3), dtype=complex)),
        "as_sequences: X of dtype complex128 came, but real numbers are needed. Complex data not "
        "supported; pass real and imaginary parts as two features.",
    ),
    "complex sequence": (
        lambda: as_sequences([np.zeros(3), np.zeros(3, dtype=complex)]),
        "as_sequences: sequence 1 of dtype complex128 came, but real numbers are needed. Complex "
        "data not supported; pass real and imaginary parts as two features.",
    ),
    "strings": (
        lambda: as_sequences(np.array([["a", "b"]])),
        "as_sequences: X of dtype <U1 with strings came, but numbers are needed. Convert with "
        ".astype(float), or encode the strings as token ids.",
    ),
    "objects that are strings": (
        lambda: as_sequences(np.array([["a", 1.0]], dtype=object)),
        "as_sequences: X of dtype object with strings came, but numbers are needed. Convert with "
        ".astype(float), or encode the strings as token ids.",
    ),
    "objects that are dicts": (
        lambda: as_sequences(np.array([[{}, 1.0]], dtype=object)),
        "as_sequences: X of dtype object came, but numbers are needed (float() argument must be "
        "a string or a real number, not 'dict'). Convert it to float.",
    ),
    "dates": (
        lambda: as_sequences(np.zeros((2, 3), dtype="datetime64[D]")),
        "as_sequences: X of dtype datetime64[D] came, but numbers are needed. Dates are no "
        "values: drop them, or pass features made of them, such as the hour.",
    ),
    "sparse": (
        lambda: as_sequences(sp.csr_array(np.eye(3))),
        "as_sequences: a sparse csr_array of shape (3, 3) came, but dense data is required. Pass "
        "X.toarray().",
    ),
    "sparse dok": (
        lambda: as_sequences(sp.dok_array(np.eye(3))),
        "as_sequences: a sparse dok_array of shape (3, 3) came, but dense data is required. Pass "
        "X.toarray().",
    ),
    "dict": (
        lambda: as_sequences({"a": [1.0]}),
        "as_sequences: a dict of 1 items came, but sequences in a known order are needed. Pass "
        "list(X.values()), and the labels in the same order.",
    ),
    "generator": (
        lambda: as_sequences(np.zeros(3) for _ in range(2)),
        "as_sequences: a generator came, which can be read only once, but the sequences are read "
        "several times. Pass list(X).",
    ),
    "no samples": (
        lambda: as_sequences(np.zeros((0, 5, 1))),
        "as_sequences: 0 sample(s) came, but a minimum of 1 sequence is required. Check the "
        "filter or split that made X.",
    ),
    "empty list": (
        lambda: as_sequences([]),
        "as_sequences: 0 sample(s) came, but a minimum of 1 sequence is required. Check the "
        "filter or split that made X.",
    ),
    "no features": (
        lambda: as_sequences(np.zeros((15, 0))),
        "as_sequences: 0 feature(s) (shape=(15, 0)) while a minimum of 1 is required. Pass "
        "(n_samples, n_timesteps, n_features) with no axis of size 0.",
    ),
    "no time steps": (
        lambda: as_sequences(np.zeros((15, 0, 2))),
        "as_sequences: 0 step(s) (shape=(15, 0, 2)) while a minimum of 1 is required. Pass "
        "(n_samples, n_timesteps, n_features) with no axis of size 0.",
    ),
    "sequence without features": (
        lambda: as_sequences([np.zeros((3, 0))]),
        "as_sequences: sequence 0 has 0 feature(s) (shape=(3, 0)) while a minimum of 1 is "
        "required. Drop it, or give it values.",
    ),
    "empty sequence": (
        lambda: as_sequences([[1.0], [], [2.0], []]),
        "as_sequences: sequence 1 has no steps (2 of 4 sequences are empty or all NaN), but at "
        "least 1 step is needed. Drop these sequences and their labels.",
    ),
    "all NaN": (
        lambda: as_sequences(with_value(nan, (3, 4, 2), 1)),
        "as_sequences: sequence 1 has no steps (1 of 3 sequences are empty or all NaN), but at "
        "least 1 step is needed. Drop these sequences and their labels.",
    ),
    "empty view": (
        lambda: as_sequences(SequenceArray(np.zeros((3, 1)), [0, 1], [1, 0])),
        "as_sequences: sequence 1 has no steps (1 of 2 sequences are empty or all NaN), but at "
        "least 1 step is needed. Drop these sequences and their labels.",
    ),
    "other number of features": (
        lambda: as_sequences([np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 4))]),
        "as_sequences: sequence 2 has 4 features and sequence 0 has 2, but all need the same "
        "number. Select the same features for each; the axis order is (length, n_features).",
    ),
    "one and two dimensions": (
        lambda: as_sequences([np.zeros((3, 1)), np.zeros(3)]),
        "as_sequences: sequence 1 has shape (3,) and sequence 0 has shape (3, 1), but all must "
        "be (length, n_features) or all (length,). Reshape the 1-D ones with x.reshape(-1, 1).",
    ),
    "item of three dimensions": (
        lambda: as_sequences([np.zeros((1, 3, 1))]),
        "as_sequences: sequence 0 has shape (1, 3, 1), but (length, n_features) or (length,) is "
        "needed. Give one whole sequence there.",
    ),
    "number among sequences": (
        lambda: as_sequences([[1.0, 2.0], 3.0]),
        "as_sequences: sequence 1 has shape (), but (length, n_features) or (length,) is needed. "
        "Give one whole sequence there.",
    ),
    "none among sequences": (
        lambda: as_sequences([[1.0, 2.0], None]),
        "as_sequences: sequence 1 is a NoneType, but an array of shape (length, n_features) or "
        "(length,) is needed. Convert it to an array first.",
    ),
    "sparse among sequences": (
        lambda: as_sequences([sp.csr_array(np.eye(3))]),
        "as_sequences: sequence 0 is a sparse csr_array, but an array of shape (length, "
        "n_features) or (length,) is needed. Convert it to an array first.",
    ),
    "ragged steps": (
        lambda: as_sequences([[[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0, 3.0]]]),
        "as_sequences: sequence 1 is a list whose steps have different numbers of values, but "
        "each step needs the same number of features. Pad or drop the odd ones.",
    ),
    "frames of unlike columns": (
        lambda: as_sequences(frames),
        "as_sequences: sequence 1 has ['a', 'c'] and sequence 0 has ['a', 'b'], but all need the "
        "same columns in the same order. Select them: [frame[columns] for frame in X].",
    ),
    "frame among arrays": (
        lambda: as_sequences([np.zeros((1, 2)), frames[0]]),
        "as_sequences: sequence 1 has ['a', 'b'] and sequence 0 has no columns, but all need the "
        "same columns in the same order. Select them: [frame[columns] for frame in X].",
    ),
    "table of arrays": (
        lambda: as_sequences(pd.DataFrame({"a": [np.zeros(3)], "b": [np.zeros(3)]})),
        "as_sequences: a table of shape (1, 2) with an array in every cell came, but a cell must "
        "hold one number. Pass a list with one array (length_i, n_features) per row.",
    ),
    "NaN": (
        lambda: as_sequences(with_value(nan, (3, 4, 2), (1, 2, 0))),
        "as_sequences: NaN came at step 2 of sequence 1, feature 0 (1 step in all), but finite "
        "numbers are needed." + FILL,
    ),
    "NaN in a named feature": (
        lambda: as_sequences(holed),
        "as_sequences: NaN came at step 1 of sequence 1, feature 1 ('v') (1 step in all), but "
        "finite numbers are needed." + FILL,
    ),
    "NaN in several steps": (
        lambda: as_sequences([[1.0, nan, nan, 2.0], [nan, 1.0]]),
        "as_sequences: NaN came at step 1 of sequence 0, feature 0 (3 steps in all), but finite "
        "numbers are needed." + FILL,
    ),
    "inf": (
        lambda: as_sequences([[1.0, 2.0], [3.0, -inf]]),
        "as_sequences: infinity (inf) came at step 1 of sequence 1, feature 0 (1 step in all), "
        "but finite numbers are needed. Replace it, or drop the sequence.",
    ),
    "inf where NaN is masked": (
        lambda: as_sequences([[nan, 2.0], [3.0, inf]], missing="mask"),
        "as_sequences: infinity (inf) came at step 1 of sequence 1, feature 0 (1 step in all), "
        "but finite numbers are needed. Replace it, or drop the sequence.",
    ),
    "tokens that are floats": (
        lambda: tokens([[1.0, 2.0]]),
        "as_sequences: values of dtype float64 came, but token ids must be integers. Convert "
        "them with .astype(int), padded rows to a list of such arrays; estimators of numbers read them "
        "with embedding_dim=None.",
    ),
    "tokens with two features": (
        lambda: tokens([np.zeros((3, 2), dtype=int)]),
        "as_sequences: steps of 2 values came, but a step holds one token id. Pass sequences of "
        "shape (length,); estimators of numbers read them with embedding_dim=None.",
    ),
    "tokens that are bool": (
        lambda: tokens([[True, False]]),
        "as_sequences: values of dtype float64 came, but token ids must be integers. Convert "
        "them with .astype(int), padded rows to a list of such arrays; estimators of numbers read them "
        "with embedding_dim=None.",
    ),
    "negative token": (
        lambda: tokens([[0, 1], [2, -1, -1]]),
        "as_sequences: token -1 at step 1 of sequence 1 came (2 negative in all), but token ids "
        "must be >= 0. Number the vocabulary from 0.",
    ),
    "start outside": (
        lambda: SequenceArray(np.zeros((5, 1)), [0, 3], [2, 3]),
        "SequenceArray: sequence 1 starts at row 3 and has length 3, but `values` has 5 rows. "
        "Keep 0 <= start and start + length <= number of rows.",
    ),
    "negative start": (
        lambda: SequenceArray(np.zeros((5, 1)), [-1], [2]),
        "SequenceArray: sequence 0 starts at row -1 and has length 2, but `values` has 5 rows. "
        "Keep 0 <= start and start + length <= number of rows.",
    ),
    "starts that are floats": (
        lambda: SequenceArray(np.zeros((5, 1)), [0.5], [2]),
        "SequenceArray: `starts` of shape (1,) and dtype float64 came, but a 1-D array of ints "
        "is needed. Pass one number per sequence.",
    ),
    "unequal starts and lengths": (
        lambda: SequenceArray(np.zeros((5, 1)), [0, 1], [2]),
        "SequenceArray: 2 starts and 1 lengths came, but each sequence needs one of both. Pass "
        "arrays of equal length.",
    ),
    "values of three dimensions": (
        lambda: SequenceArray(np.zeros((5, 1, 1)), [0], [2]),
        "SequenceArray: `values` of shape (5, 1, 1) came, but (total_steps, n_features) with at "
        "least one feature is needed. Use from_padded for 3-D arrays and from_list for lists.",
    ),
    "values that are strings": (
        lambda: SequenceArray(np.array(["a"]), [0], [1]),
        "SequenceArray: `values` of dtype <U1 came, but numbers are needed. Encode or convert them first.",
    ),
    "too few names": (
        lambda: SequenceArray(np.zeros((5, 2)), [0], [2], feature_names=["a"]),
        "SequenceArray: 1 feature names came, but 2 are needed. Pass 2 or None.",
    ),
    "length beyond the array": (
        lambda: SequenceArray.from_padded(np.zeros((2, 3, 1)), [3, 4]),
        "SequenceArray.from_padded: length 4 came for sequence 1, but the array has 3 steps. "
        "Keep every length between 0 and 3.",
    ),
    "too few lengths": (
        lambda: SequenceArray.from_padded(np.zeros((2, 3, 1)), [3]),
        "SequenceArray.from_padded: lengths of shape (1,) came for 2 sequences, but one length "
        "per sequence is needed. Pass an array of shape (n_sequences,).",
    ),
    "NaN padding of tokens": (
        lambda: SequenceArray.from_list([[1], [1, 2]]).to_padded(),
        "SequenceArray.to_padded: padding with NaN came for tokens of dtype int64, but integers "
        "have no NaN. Pass value=0, or another id that no token has.",
    ),
    "long without keys": (
        lambda: SequenceArray.from_long(long()),
        "SequenceArray.from_long: a DataFrame without an index of two levels (sequence, time) "
        "came, but a key for each sequence is needed. Pass sequence= and time=, the names of its "
        "columns.",
    ),
    "long of no table": (
        lambda: from_long([1, 2]),
        "SequenceArray.from_long: a list came, but a DataFrame of pandas or polars or a pyarrow "
        "Table is needed. Convert it, or use from_list for a list of sequences.",
    ),
    "long without the column": (
        lambda: from_long(long(), time="when"),
        "SequenceArray.from_long: the column 'when' is asked for, but the table has ['id', 't', "
        "'x']. Pass names that it has as sequence=, time= and columns=.",
    ),
    "long without values": (
        lambda: from_long(long(x=None)),
        "SequenceArray.from_long: a table with only the key columns ['id', 't'] came, but at "
        "least 1 column of values is needed. Add it, or name it in columns=.",
    ),
    "long with text": (
        lambda: from_long(long(x=["u", "v", "w"])),
        "SequenceArray.from_long: the column 'x' of type String came, but values must be "
        "numbers. Name the numeric columns in columns=, or make it categorical, as "
        "table.astype({'x': 'category'}) of pandas does, for a network that reads it as ids.",
    ),
    "long with duplicates": (
        lambda: from_long(long(t=[1, 1, 0])),
        "SequenceArray.from_long: the row of sequence 'a', time 1 comes more than once (1 "
        "repeated rows in all), but each step needs one row. Aggregate or drop the duplicates.",
    ),
    "long with NaN as id": (
        lambda: from_long(long(id=["a", None, "b"])),
        "SequenceArray.from_long: the column 'id' is missing (NaN or null) in row 1 (1 in all), "
        "but every row needs its key. Drop or fill these rows.",
    ),
    "long with NaN as id in polars": (
        lambda: from_long(pl.from_pandas(long(id=[1.0, nan, 2.0]))),
        "SequenceArray.from_long: the column 'id' is missing (NaN or null) in row 1 (1 in all), "
        "but every row needs its key. Drop or fill these rows.",
    ),
    "long with unsortable times": (
        lambda: from_long(long(t=[pd.Timestamp(0), 1, 2])),
        "SequenceArray.from_long: the keys in ['id', 't'] cannot be sorted",
    ),
    "arrow numbers": (
        lambda: SequenceArray.from_arrow(pa.array([1.0])),
        "SequenceArray.from_arrow: an Arrow column of type double came, but a list type is "
        "needed. Pass a column of list<number>, list<struct> or list<list<number>>.",
    ),
    "arrow null": (
        lambda: SequenceArray.from_arrow(pa.array([[1.0], None])),
        "SequenceArray.from_arrow: row 1 of the column is null (1 in all), but every row must be "
        "a list. Drop these rows and their labels.",
    ),
    "arrow text": (
        lambda: SequenceArray.from_arrow(pa.array([["a"]])),
        "SequenceArray.from_arrow: lists of type string came, but lists of numbers are needed. "
        "Cast or encode them first.",
    ),
    "arrow ragged steps": (
        lambda: SequenceArray.from_arrow(pa.array([[[1.0], [1.0, 2.0]]])),
        "SequenceArray.from_arrow: step 1 of the column has 2 values and step 0 has 1, but each "
        "step needs the same number of features. Pad or drop the odd ones.",
    ),
    "windows of a panel": (
        lambda: make_windows(long().set_index(["id", "t"]), 1),
        "make_windows: a table with an index of 2 levels came, but one series is needed, for "
        "windows must not run from one series into the next. Call it once for each series.",
    ),
    "windows of a short series": (
        lambda: make_windows(np.zeros(5), 4, 2),
        "make_windows: a series of 5 steps came, but window + horizon = 4 + 2 = 6 are needed. "
        "Shorten the window or the horizon, or pass more steps.",
    ),
    "windows of an unknown target": (
        lambda: make_windows(long(id=None), 1, target="load"),
        "make_windows: target 'load' came, but the series has ['t', 'x']. Pass a name or "
        "position that it has.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_answered_with_this_sentence(name):
    make, sentence = BAD[name]
    with pytest.raises(InputError) as error:
        make()
    said = str(error.value)
    # pandas says in its own words why it cannot sort.
    assert said.startswith(sentence) if name == "long with unsortable times" else said == sentence


def test_the_caller_opens_the_sentence():
    with pytest.raises(InputError, match=r"^LSTMClassifier\.fit: NaN came at step 0 of sequence 1"):
        as_sequences([[1.0], [nan]], caller="LSTMClassifier.fit")


@pytest.mark.parametrize("name", ["sparse", "sparse dok", "objects that are dicts"])
def test_wrong_types_are_type_errors_too(name):
    with pytest.raises(TypeError):
        BAD[name][0]()


def test_nan_outside_the_chosen_sequences_does_no_harm():
    X = with_value(nan, (8, 1), 5)
    sequences = SequenceArray(X, [0, 6], [5, 2])
    assert as_sequences(sequences) is sequences


def test_nan_is_found_in_shuffled_overlapping_sequences():
    sequences = SequenceArray(with_value(nan, (100, 3), (60, 2)), [80, 58, 55, 0], [10, 4, 6, 20])
    with pytest.raises(InputError, match=r"step 2 of sequence 1, feature 2 \(1 step in all\)"):
        as_sequences(sequences)


def test_values_too_large_for_a_sum_are_finite():
    sequences = as_sequences(np.full((2, 3, 1), np.finfo(np.float32).max, dtype=np.float32))
    assert sequences.dtype == np.float32


def test_nan_may_stand_inside_where_it_is_masked():
    sequences = as_sequences([[1.0, nan, 3.0]], missing="mask")
    assert np.isnan(sequences[0][1, 0])


def test_lists_of_numbers_may_have_other_lengths_at_predict():
    from sksequence import LSTMClassifier

    model = LSTMClassifier(max_epochs=1, hidden_size=4, random_state=0)
    model.fit([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]] * 4, [0, 1] * 4)
    assert model.predict([[1.0, 2.0], [4.0, 5.0, 6.0]]).shape == (2,)
    assert model.predict([[1.0, 2.0, 3.0, 4.0]]).shape == (1,)
    with pytest.raises(InputError, match="X has 2 features"):
        model.predict(np.zeros((5, 2)))
