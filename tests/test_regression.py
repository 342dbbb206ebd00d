"""Regressors: scale, shape, several outputs."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score

from sksequence import GRURegressor, LSTMRegressor, RNNRegressor
from sksequence.exceptions import InputError

SMALL = {"hidden_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(4, 20, size=150)]
    return X, np.array([1e4 + 300 * x[:, 0].mean() - 100 * x[-1, 1] for x in X])


@pytest.mark.parametrize("regressor", [RNNRegressor, LSTMRegressor, GRURegressor])
def test_targets_of_any_scale_are_learned(regressor, data):
    X, y = data
    assert cross_val_score(regressor(**SMALL), X, y, cv=3).mean() > 0.85


def test_prediction_keeps_the_shape_of_y(data):
    X, y = data
    for target in (y, y[:, None], np.column_stack([y, -y, y / 1e4])):
        model = LSTMRegressor(max_epochs=2, **SMALL).fit(X, target)
        assert model.predict(X).shape == target.shape


def test_several_outputs_are_learned_together(data):
    X, y = data
    both = np.column_stack([y, [x[0, 1] for x in X]])
    model = GRURegressor(**SMALL).fit(X[:100], both[:100])
    assert model.n_outputs_ == 2
    assert model.score(X[100:], both[100:]) > 0.8


def test_constant_target_is_predicted_exactly(data):
    X, _ = data
    model = RNNRegressor(max_epochs=3, **SMALL).fit(X, np.full(len(X), 7.0))
    np.testing.assert_allclose(model.predict(X), 7.0, atol=0.5)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (
            np.r_[0.0, np.nan, np.zeros(148)],
            "contains NaN at position 1, and is not finite at 1 of 150",
        ),
        (np.r_[np.zeros((149, 2)), [[0, -np.inf]]], "Input y contains infinity at position 149"),
        (np.zeros((150, 2, 2)), "Use y.reshape(len(y), -1)."),
        (np.zeros(149), "X has 150 sequences and y has 149 targets"),
    ],
    ids=["nan", "inf", "3-D", "length"],
)
def test_bad_targets_are_named(data, y, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        LSTMRegressor(**SMALL).fit(data[0], y)


def test_partial_fit_refuses_another_number_of_outputs(data):
    X, y = data
    model = LSTMRegressor(**SMALL).partial_fit(X, y)
    with pytest.raises(InputError, match="y has 2 outputs, but 1 are expected"):
        model.partial_fit(X, np.column_stack([y, y]))


def test_score_matches_targets_by_id():
    X = [np.full(3, float(i % 5)) for i in range(20)]
    ids = np.random.default_rng(0).permutation(20) + 100
    long = pd.concat({i: pd.DataFrame({"x": x}) for i, x in zip(ids, X, strict=True)})
    y = pd.Series([x[0] for x in X], index=ids)
    model = GRURegressor(max_epochs=20, random_state=0).fit(long, y)
    assert model.score(long, y) == model.score(long, y.sort_index().to_numpy()) > 0.5


@pytest.mark.parametrize("make", [list, np.array, pd.Series])
def test_labels_are_a_classifiers(make):
    sentence = (
        "LSTMRegressor.fit: y holds 'up' at position 1, but a regressor needs numbers. For labels use "
        "LSTMClassifier; else convert y to float."
    )
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        LSTMRegressor().fit([[1.0], [2.0]], make(["1.5", "up"]))


@pytest.mark.parametrize("form", [list, pd.Series, lambda y: [row.tolist() for row in y]])
def test_rows_of_unlike_lengths_are_told(form):
    X = [np.arange(n, dtype=float) for n in (3, 5, 4)] * 4
    model = GRURegressor(hidden_size=2, max_epochs=1, random_state=0)
    sentence = (
        "y holds rows of 3 to 5 numbers, but each sequence needs one number, or as many as the others. Sum "
        "up each row, for example by its mean; a label for every step is what GRUTagger learns."
    )
    with pytest.raises(InputError, match=f"^{re.escape('GRURegressor.fit: ' + sentence)}$"):
        model.fit(X, form(X))
    model.fit(X, [x[:2] for x in X])
    assert model.n_outputs_ == 2
    with pytest.raises(InputError, match=f"^{re.escape('GRURegressor.score: ' + sentence)}$"):
        model.score(X, form(X))
