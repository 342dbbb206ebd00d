"""Classifiers on every kind of label and input."""

import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    PerTimestep,
    RNNClassifier,
    SequenceArray,
    SequencePadder,
)
from sksequence.exceptions import InputError, ParameterError

SMALL = {"hidden_size": 12, "random_state": 0}
CLASSIFIERS = (RNNClassifier, LSTMClassifier, GRUClassifier)


@pytest.fixture(scope="module")
def data():
    """Ragged sequences of three kinds: rising, falling, flat."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, size=90)
    X = [
        np.linspace(0, (-2.0, 0.0, 2.0)[k], n)[:, None] + 0.1 * rng.normal(size=(n, 1))
        for k, n in zip(kinds, rng.integers(4, 25, size=90), strict=True)
    ]
    return X, kinds


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize(
    "labels",
    [
        np.array(["low", "flat", "high"]),
        np.array([-5, 0, 7]),
        np.array([0.5, 1.5, 2.5]),
        np.array(["a", "b", "c"], dtype=object),
    ],
    ids=["str", "int", "float", "object"],
)
def test_labels_of_any_dtype_come_back(classifier, labels, data):
    X, kinds = data
    if labels.dtype.kind == "f":
        labels = labels.astype(int).astype(float)
    y = labels[kinds]
    model = classifier(**SMALL).fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == y.dtype
    assert (predicted == y).mean() > 0.95
    assert list(model.classes_) == sorted(labels)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(model.classes_[proba.argmax(axis=1)], predicted)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), proba)


def test_booleans_and_two_classes(data):
    X, kinds = data
    y = kinds > 0
    model = LSTMClassifier(**SMALL).fit(X, y)
    assert model.predict(X).dtype == bool
    assert model.score(X, y) > 0.95
    assert model.predict_proba(X).shape == (90, 2)


def test_multilabel_learns_labels_that_coincide(data):
    X, kinds = data
    y = np.column_stack([kinds == 0, kinds >= 1, kinds == 2]).astype(int)
    model = GRUClassifier(**SMALL).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.9
    proba = model.predict_proba(X)
    assert proba.shape == y.shape
    assert (proba.sum(axis=1) > 1.5).any()
    with pytest.raises(ParameterError, match="must be None for multi-label targets"):
        GRUClassifier(class_weight="balanced", **SMALL).fit(X, y)


def test_pipeline_search_and_scaling_on_ragged_input(data):
    X, y = data
    pipe = make_pipeline(PerTimestep(StandardScaler()), LSTMClassifier(**SMALL))
    candidates = [c(max_epochs=12, **SMALL) for c in CLASSIFIERS]
    search = GridSearchCV(pipe, {"lstmclassifier": candidates}, cv=3).fit(X, y)
    assert search.best_score_ > 0.8
    assert len(search.cv_results_["params"]) == 3


def test_padded_pipeline_equals_ragged(data):
    X, y = data
    ragged = LSTMClassifier(max_epochs=3, **SMALL).fit(X, y)
    padded = make_pipeline(SequencePadder(), LSTMClassifier(max_epochs=3, **SMALL)).fit(X, y)
    np.testing.assert_allclose(padded.predict_proba(X), ragged.predict_proba(X), atol=1e-6)


def test_meta_estimators_take_ragged_input(data):
    X, y = data
    quick = {"max_epochs": 15, **SMALL}
    pair = [("rnn", RNNClassifier(**quick)), ("lstm", LSTMClassifier(**quick))]
    array = SequenceArray.from_list(X)
    for meta in (
        VotingClassifier(pair, voting="soft"),
        StackingClassifier(pair, LogisticRegression(), cv=3),
        CalibratedClassifierCV(LSTMClassifier(**quick), cv=3),
        OneVsRestClassifier(GRUClassifier(**quick)),
    ):
        assert meta.fit(array, y).score(array, y) > 0.8, meta
    assert cross_val_predict(LSTMClassifier(**quick), array, y, cv=3).shape == y.shape


def test_tokens_are_embedded(rng):
    X = [rng.integers(0, 20, size=n).tolist() for n in rng.integers(3, 15, size=120)]
    y = np.array([int(7 in x) for x in X])
    model = LSTMClassifier(embedding_dim=8, lr=0.02, **SMALL).fit(X, y)
    assert model.score(X, y) > 0.9
    assert np.isfinite(model.predict_proba([[3, 999], [7]])).all()
    with pytest.raises(InputError, match="token ids must be integers"):
        model.predict([[0.5, 1.5]])


def test_missing_values_are_masked_on_request(data, rng):
    X, y = data
    holed = [x.copy() for x in X]
    for x in holed:
        x[rng.integers(0, len(x) - 1)] = np.nan
    with pytest.raises(InputError, match=r"LSTMClassifier.fit: NaN came at step \d+ of sequence 0"):
        LSTMClassifier(**SMALL).fit(holed, y)
    assert LSTMClassifier(missing="mask", **SMALL).fit(holed, y).score(holed, y) > 0.9


def test_dataframe_rows_are_sequences_and_names_are_checked():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(40, 6)), columns=[f"t{i}" for i in range(6)])
    y = (X.mean(axis=1) > 0).to_numpy()
    model = LSTMClassifier(**SMALL).fit(X, y)
    assert model.n_features_in_ == 6
    assert list(model.feature_names_in_) == list(X.columns)
    np.testing.assert_array_equal(model.predict(X), model.predict(X.to_numpy()))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X.rename(columns={"t0": "u0"}))


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (np.zeros(90), "y holds 1 class (0.0), but a classifier needs samples of at least 2 classes"),
        (np.zeros(89).astype(int) + (np.arange(89) % 2), "X has 90 sequences and y has 89 targets"),
    ],
    ids=["none", "one class", "length"],
)
def test_bad_labels_are_named(data, y, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        LSTMClassifier(**SMALL).fit(data[0], y)


@pytest.mark.parametrize("bad", [[0.5, 0.1], [0.0, np.nan], 1])
def test_errors_of_scikit_learn_about_labels_say_who_asks(bad):
    models = (LSTMClassifier(), GRURegressor()) if np.isnan(bad).any() else (LSTMClassifier(),)
    for model in models:
        with pytest.raises(InputError, match=rf"^{type(model).__name__}\.fit: "):
            model.fit([[1.0, 2.0], [3.0]], bad)


@pytest.mark.parametrize("form", [np.array, list, pd.Series, lambda y: np.array(y, dtype=object)])
def test_labels_of_type_bytes_are_refused(data, form):
    X, y = data
    labels = form([str(label).encode() for label in y])
    told = re.escape(
        f"y holds {str(y[0]).encode()!r} at position 0, of type bytes, but labels are strings or"
    )
    model = LSTMClassifier(max_epochs=1, **SMALL).fit(X, y)
    for method in (LSTMClassifier(**SMALL).fit, model.partial_fit, model.score):
        for error in (InputError, TypeError):
            with pytest.raises(error, match=rf"^LSTMClassifier\.{method.__name__}: {told}"):
                method(X, labels)
    with pytest.raises(
        InputError, match=r"^GRURegressor\.fit: y holds b'a' at position 0, but a regressor needs"
    ):
        GRURegressor().fit(X, form([b"a"] * len(X)))


@pytest.mark.parametrize(("dtype", "kind"), [("Int64", "i"), ("boolean", "b"), ("bool[pyarrow]", "b")])
def test_nullable_labels_keep_their_kind(data, dtype, kind):
    X, y = data
    labels = pd.Series(np.asarray(y) == y[0]).astype(dtype)
    model = LSTMClassifier(max_epochs=1, **SMALL).fit(X, labels)
    assert model.classes_.dtype.kind == model.predict(X).dtype.kind == kind


def test_sparse_indicators_are_labels_that_may_coincide(data):
    indicator = np.random.default_rng(0).integers(0, 2, size=(len(data[0]), 3))
    models = [LSTMClassifier(max_epochs=1, **SMALL) for _ in range(2)]
    given = (indicator, scipy.sparse.csr_array(indicator))
    one, two = (model.fit(data[0], y).predict_proba(data[0]) for model, y in zip(models, given, strict=True))
    np.testing.assert_array_equal(one, two)


def test_prediction_refuses_other_features(data):
    X, y = data
    model = LSTMClassifier(max_epochs=1, **SMALL).fit(X, y)
    with pytest.raises(
        InputError,
        match=r"^LSTMClassifier.predict: X has 2 features, but LSTMClassifier is expecting 1 features",
    ):
        model.predict([np.zeros((4, 2))])


def test_targets_of_a_long_table_are_matched_by_id(data):
    X, y = data
    ids = [f"s{i:02d}" for i in np.random.default_rng(0).permutation(len(X))]
    long = pd.concat(
        {i: pd.DataFrame({"x": x[:, 0]}) for i, x in zip(ids, X, strict=True)}, names=["sequence", "time"]
    )
    labels = pd.Series(y, index=ids)
    model = LSTMClassifier(**SMALL).fit(long, labels)
    assert (model.predict(long) == labels.sort_index()).mean() > 0.95
    assert model.score(long, labels) == model.score(long, labels.sort_index()) > 0.95
    with pytest.raises(InputError, match=r"^LSTMClassifier\.score: y has no target for id 's00' \(1 of"):
        model.score(long, labels.rename({"s00": "s000"}))


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (-1.0, "holds -1 at position 3, but weights cannot be negative. Use 0 to leave a sequence out."),
        (np.nan, "holds nan at position 3, but weights must be finite. Use 0 to leave a sequence out."),
        (np.inf, "holds inf at position 3, but weights must be finite. Use 0 to leave a sequence out."),
        (None, "holds nan at position 3, but weights must be finite. Use 0 to leave a sequence out."),
        (pd.NA, "holds nan at position 3, but weights must be finite. Use 0 to leave a sequence out."),
        (
            "much",
            "holds 'much' at position 3, but weights are numbers. Convert them, for example with "
            "numpy.asarray(weights, dtype=float).",
        ),
        (
            1j,
            "holds 1j at position 3, but weights are numbers. Convert them, for example with "
            "numpy.asarray(weights, dtype=float).",
        ),
    ],
)
def test_odd_weights_are_refused(data, odd, told):
    X, y = data
    weights = [1.0] * len(X)
    weights[3] = odd
    as_objects = np.empty(len(X), dtype=object)
    as_objects[:] = weights
    model = LSTMClassifier(max_epochs=1, **SMALL).fit(X, y)
    for method in (LSTMClassifier(**SMALL).fit, model.score, model.partial_fit):
        for given in (weights, as_objects, pd.Series(as_objects)):
            with pytest.raises(InputError) as error:
                method(X, y, sample_weight=given)
            assert str(error.value) == f"LSTMClassifier.{method.__name__}: sample_weight {told}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda n: np.array(["1.0"] * n), "holds '1.0' at position 0, but weights are numbers."),
        (lambda n: np.full(n, np.datetime64("2020-01-01", "ns")), "holds '2020-01-01T00:00:00.0"),
        (lambda n: np.ones(n - 1), r"of shape \(89,\) came for 90 sequences, but one weight for each"),
        (lambda n: np.ones((n, 1)), r"of shape \(90, 1\) came for 90 sequences, but one weight for each"),
        (lambda n: "balanced", "holds 'balanced' at position 0, but weights are numbers."),
    ],
)
def test_weights_of_other_kinds_and_numbers_are_refused(data, given, told):
    X, y = data
    with pytest.raises(InputError, match=f"^GRURegressor.fit: sample_weight {told}"):
        GRURegressor(**SMALL).fit(X, np.arange(len(y)), sample_weight=given(len(X)))


def test_weights_that_are_all_zero_are_refused(data):
    X, y = data
    with pytest.raises(
        InputError, match=r"^LSTMClassifier.fit: all weights are zero, but some sequence has to"
    ):
        LSTMClassifier(**SMALL).fit(X, y, sample_weight=np.zeros(len(X)))


def test_weights_of_any_number_type_are_read(data):
    X, y = data
    fits = [
        LSTMClassifier(max_epochs=1, **SMALL).fit(X, y, sample_weight=given).predict_proba(X)
        for given in (
            None,
            1,
            [True] * len(X),
            np.ones(len(X), np.int8),
            pd.Series([1] * len(X), dtype="Int64"),
        )
    ]
    assert all(np.array_equal(fits[0], each) for each in fits[1:])


def test_an_unknown_device_is_refused(data):
    with pytest.raises(
        ParameterError, match=r"The 'device' parameter of LSTMClassifier must be .* Got 'gpu'"
    ):
        LSTMClassifier(device="gpu", **SMALL).fit(*data)


@pytest.mark.parametrize(
    "labels",
    [
        [["a", "b"], ["a"]],
        [["a", "b"], ["a", "c"]],
        [np.array([0, 1]), np.array([1])],
        np.array([[0, 1, 2], [2, 1, 0]]),
        pd.Series([["a", "b"], ["a"]]),
    ],
)
def test_labels_for_every_step_are_a_taggers(labels):
    sentence = (
        "GRUClassifier.fit: y holds several labels for a sequence, but a classifier needs one. For a label "
        "at every step use GRUTagger; labels that may coincide are a 2-D array of 0 and 1."
    )
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        GRUClassifier(**SMALL).fit([[1.0, 2.0], [3.0, 4.0]], labels)


@pytest.mark.parametrize(
    "missing",
    [
        ["a", None, "b"],
        ["a", np.nan, "b"],
        [0, None, 1],
        pd.Series(["a", None, "b"]),
        pd.Series(["a", None, "b"], dtype="category"),
        pd.Series([0, None, 1], dtype="Int64"),
        np.array(["a", None, "b"], dtype=object),
    ],
    ids=str,
)
def test_missing_labels_are_no_class(missing):
    X = [np.ones((2, 1)), np.zeros((3, 1)), np.ones((1, 1))]
    with pytest.raises(
        InputError, match=r"^LSTMClassifier\.fit: y holds no label at position 1 \(1 are missing\)"
    ):
        LSTMClassifier(max_epochs=1).fit(X, missing)
