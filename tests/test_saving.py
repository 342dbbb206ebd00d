"""Saved models: equal in another process, small, and free of the device they were trained on."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
import torch
from skorch.exceptions import DeviceWarning

from sksequence import GradientFlow, GRUClassifier, LSTMClassifier, LSTMRegressor, SequenceArray


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(3, 20, size=60)]
    return X, np.array(["up" if x[:, 0].mean() > 0 else "down" for x in X])


@pytest.mark.parametrize("classifier", [LSTMClassifier, GRUClassifier])
def test_loaded_in_a_new_process_predictions_are_equal_bit_for_bit(classifier, data, tmp_path):
    X, y = data
    model = classifier(max_epochs=3, hidden_size=8, random_state=0).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    joblib.dump(X, tmp_path / "X.joblib")
    code = (
        "import joblib, numpy as np\n"
        "proba = joblib.load('model.joblib').predict_proba(joblib.load('X.joblib'))\n"
        "np.save('proba.npy', proba)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert np.array_equal(np.load(tmp_path / "proba.npy"), model.predict_proba(X))


def test_training_goes_on_after_loading_as_if_nothing_had_happened(data):
    X, y = data
    model = LSTMClassifier(hidden_size=8, dropout=0.3, random_state=0).partial_fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        copy.partial_fit(X, y).predict_proba(X), model.partial_fit(X, y).predict_proba(X)
    )


def test_a_net_answers_by_the_weights_and_moments_loaded_last(data):
    X, y = data
    first = LSTMClassifier(max_epochs=2, hidden_size=8, random_state=0).fit(X, y)
    second = LSTMClassifier(max_epochs=2, hidden_size=8, random_state=1).fit([5 * x + 3 for x in X], y)
    expected = second.predict_proba(X)
    assert not np.array_equal(first.predict_proba(X), expected)
    first.net_.module_.load_state_dict(second.net_.module_.state_dict())
    np.testing.assert_array_equal(first.predict_proba(X), expected)


def test_file_holds_no_training_data(tmp_path):
    rng = np.random.default_rng(0)
    n, steps = 100_000, 30
    values = rng.normal(size=(n * steps, 1)).astype(np.float32)
    X = SequenceArray(values, np.arange(n) * steps, np.full(n, steps))
    model = LSTMRegressor(max_epochs=1, batch_size=5000, hidden_size=8, random_state=0)
    model.fit(X, values.reshape(n, steps).mean(axis=1))
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    parameters = 4 * model.n_parameters_
    # Weights, two moments of the optimiser, and the code's own names.
    assert path.stat().st_size < 3 * parameters + 40_000
    assert values.nbytes > 100 * path.stat().st_size


def test_weights_are_kept_once_where_a_machine_without_the_device_finds_them(data):
    """Whatever lies on a device goes through skorch, which moves it; nothing beside that holds a tensor."""
    X, y = data
    model = LSTMClassifier(max_epochs=1, hidden_size=8, callbacks=[GradientFlow()], random_state=0).fit(X, y)
    state = model.net_.__getstate__()
    for name in (
        "__cuda_dependent_attributes__",
        "meaning",
    ):  # the second holds the estimator, and so the net, again
        state.pop(name)
    assert b"torch._utils" not in pickle.dumps(state)  # where tensors are put together again
    net = pickle.loads(pickle.dumps(model)).net_
    assert net.module is net.module_
    assert net.criterion is net.criterion_


def test_device_of_training_is_not_the_device_of_loading(data, monkeypatch):
    """A model trained on CUDA is stored so that a machine without CUDA reads it on the CPU."""
    X, y = data
    model = LSTMClassifier(max_epochs=1, hidden_size=8, device="cpu", random_state=0).fit(X, y)
    expected = model.predict_proba(X)
    model.net_.device = "cuda"  # as fit on such a machine leaves it
    stored = pickle.dumps(model)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.warns(DeviceWarning, match="(?i)cuda"):
        loaded = pickle.loads(stored)
    assert torch.device(loaded.net_.device).type == "cpu"
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
