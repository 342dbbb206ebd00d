"""What must never change a prediction, over every classifier and regressor."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import sksequence
from sksequence import SequenceArray

CELLS = ("RNN", "LSTM", "GRU")
TASKS = ("Classifier", "Regressor")
CASES = [(cell, task, both) for cell in CELLS for task in TASKS for both in (False, True)]
POOLING = ("last", "mean", "max", "attention")


def make(cell, task, **options):
    settings = {"max_epochs": 2, "hidden_size": 8, "pooling": POOLING, "random_state": 0}
    return getattr(sksequence, cell + task)(**(settings | options))


def predict(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@pytest.fixture(scope="module")
def ragged():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 3)) for n in rng.integers(1, 30, size=40)]


@pytest.fixture(scope="module")
def y(ragged):
    return np.array([int(x.mean() > 0) for x in ragged])


@pytest.fixture(params=CASES, ids=lambda c: f"{c[0]}{c[1]}{'-bidirectional' if c[2] else ''}")
def fitted(request, ragged, y):
    cell, task, bidirectional = request.param
    patch = 3 if bidirectional else 1
    return make(cell, task, bidirectional=bidirectional, patch_size=patch).fit(ragged, y)


def test_padding_changes_nothing(fitted, ragged):
    expected = predict(fitted, ragged)
    longest = max(map(len, ragged))
    for length in (longest, longest + 17):
        padded = np.full((len(ragged), length, 3), np.nan)
        for row, x in zip(padded, ragged, strict=True):
            row[: len(x)] = x
        np.testing.assert_allclose(predict(fitted, padded), expected, atol=1e-6)


def test_companions_order_and_batch_change_nothing(fitted, ragged, rng):
    expected = predict(fitted, ragged)
    alone = np.concatenate([predict(fitted, [x]) for x in ragged])
    np.testing.assert_allclose(alone, expected, atol=1e-6)
    order = rng.permutation(len(ragged))
    np.testing.assert_allclose(predict(fitted, [ragged[i] for i in order]), expected[order], atol=1e-6)
    others = [100 * rng.normal(size=(50, 3)) for _ in range(7)]
    np.testing.assert_allclose(predict(fitted, others + ragged)[7:], expected, atol=1e-6)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_one_of_equal_lengths_has_the_same_bits_alone_and_in_company(cell, both, ragged, y, rng):
    model = make(cell, "Classifier", bidirectional=both, pooling=("last", "mean", "max")).fit(ragged, y)
    for n_timesteps in (1, 12):
        X = rng.normal(size=(40, n_timesteps, 3)).astype(np.float32)
        expected = predict(model, X)[:12]
        for size in (1, 2, 3, 5, 7):
            parts = [predict(model, X[first : first + size]) for first in range(0, 12, size)]
            assert np.array_equal(np.concatenate(parts)[:12], expected), (n_timesteps, size)


def test_form_of_the_input_changes_nothing(fitted, rng):
    X = rng.normal(size=(9, 12, 3))
    expected = predict(fitted, X)
    forms = [list(X), SequenceArray.from_padded(X), np.asfortranarray(X), X.astype(np.float32)]
    for form in forms:
        np.testing.assert_allclose(predict(fitted, form), expected, atol=1e-5)


def test_thread_count_changes_nothing(fitted, ragged):
    expected = predict(fitted, ragged)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert np.array_equal(predict(fitted, ragged), expected)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_global_random_states_stay_untouched(ragged, y):
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 (that is the point)
    for cell in CELLS:
        for seed in (None, 0):
            make(cell, "Classifier", dropout=0.5, random_state=seed).fit(ragged, y).predict(ragged)
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.net_.module_.parameters()])


@pytest.mark.parametrize("cell", CELLS)
def test_one_seed_gives_the_same_bits_alone_and_in_every_search(cell, ragged, y):
    model = make(cell, "Classifier", dropout=0.3)
    expected = weights(clone(model).fit(ragged, y))
    grid = {"lr": [model.lr]}
    assert torch.equal(weights(GridSearchCV(model, grid, cv=2).fit(ragged, y).best_estimator_), expected)
    import joblib

    for backend in ("threading", "loky"):
        with joblib.parallel_config(backend, n_jobs=2), warnings.catch_warnings():
            # Starting a worker process may be reported as slow on a busy machine.
            warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
            parallel = joblib.Parallel()(joblib.delayed(clone(model).fit)(ragged, y) for _ in range(4))
        assert all(torch.equal(weights(m), expected) for m in parallel), backend
        with joblib.parallel_config(backend):
            search = GridSearchCV(model, grid, cv=2, n_jobs=2).fit(ragged, y)
        assert torch.equal(weights(search.best_estimator_), expected)


def test_another_seed_gives_other_weights(ragged, y):
    first, second = (make("LSTM", "Classifier", random_state=seed).fit(ragged, y) for seed in (0, 1))
    assert not torch.equal(weights(first), weights(second))


@pytest.mark.parametrize("cell", CELLS)
def test_scale_of_features_changes_nothing(cell, ragged, y):
    scaled = [x * [1.0, 1e6, 1e-6] + [0.0, 5e9, 3.0] for x in ragged]
    expected = make(cell, "Classifier").fit(ragged, y).predict_proba(ragged)
    np.testing.assert_allclose(
        make(cell, "Classifier").fit(scaled, y).predict_proba(scaled), expected, atol=1e-3
    )
