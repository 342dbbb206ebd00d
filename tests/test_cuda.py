"""On a GPU everything works as on a CPU, with the same results to the accuracy of the device's arithmetic."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pandas as pd
import pytest
import torch

import sksequence
from sksequence import (
    GRUClassifier,
    LSTMClassifier,
    LSTMForecaster,
    LSTMLanguageModel,
    LSTMRegressor,
    LSTMTagger,
)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

# Without noise, so that both devices take the same steps.
PLAIN = {"hidden_size": 16, "max_epochs": 3, "dropout": 0.0, "random_state": 0}


@pytest.fixture(autouse=True)
def full_float32(monkeypatch):
    """Float32 arithmetic in full; cuDNN's default rounds what it multiplies to 10 bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 3)).astype(np.float32) for length in rng.integers(5, 40, size=120)]
    y = np.array(["up" if x[:, 0].sum() > 0 else "down" for x in X])
    return X, y


def on_both(make, fit, answer):
    """What the same estimator gives after a training on either device."""
    return [answer(fit(make(device=device))) for device in ("cpu", "cuda")]


@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bidirectional": True},
        {"num_layers": 2, "layer_norm": True},
        {"pooling": ("last", "attention")},
        {"patch_size": 3},
        {"batch_size": 16, "memory": 30},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_classifiers_learn_the_same(cell, options, sequences):
    X, y = sequences
    kind = getattr(sksequence, f"{cell}Classifier")
    cpu, cuda = on_both(
        lambda device: kind(device=device, **PLAIN, **options),
        lambda model: model.fit(X, y),
        lambda model: model.predict_proba(X),
    )
    np.testing.assert_allclose(cuda, cpu, atol=0.01)


def test_other_estimators_learn_the_same(sequences):
    X, _ = sequences
    target = np.array([x[:, 0].mean() for x in X])
    cpu, cuda = on_both(
        lambda device: LSTMRegressor(device=device, **PLAIN),
        lambda model: model.fit(X, target),
        lambda model: model.predict(X),
    )
    np.testing.assert_allclose(cuda, cpu, atol=0.01)
    states = [np.where(x[:, 0] > 0, "high", "low") for x in X]
    for crf in (False, True):
        cpu, cuda = on_both(
            lambda device: LSTMTagger(device=device, crf=crf, **PLAIN),  # noqa: B023
            lambda model: model.fit(X, states),
            lambda model: np.concatenate(model.predict_proba(X)),
        )
        np.testing.assert_allclose(cuda, cpu, atol=0.01)


def test_noise_is_reproducible_and_leaves_the_global_state(sequences):
    X, y = sequences
    before = torch.cuda.get_rng_state()
    settings = PLAIN | {"dropout": 0.3, "input_dropout": 0.1, "recurrent_dropout": 0.1, "device": "cuda"}
    one, other = (LSTMClassifier(**settings).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_neither_padding_nor_company_changes_a_prediction(sequences):
    X, y = sequences
    model = GRUClassifier(device="cuda", bidirectional=True, **PLAIN).fit(X, y)
    together = model.predict_proba(X)
    alone = np.concatenate([model.predict_proba([x]) for x in X[:20]])
    np.testing.assert_allclose(alone, together[:20], atol=1e-5)


def test_a_model_of_the_gpu_goes_on_elsewhere(sequences):
    X, y = sequences
    model = LSTMClassifier(device="cuda", **PLAIN).fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    again = joblib.load(file)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-5)
    model.partial_fit(X, y)
    again.partial_fit(X, y)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-3)


def test_tokens_and_bfloat16(sequences):
    rng = np.random.default_rng(0)
    X = [rng.integers(0, 50, size=length) for length in rng.integers(5, 30, size=200)]
    y = np.array([(x == 7).any() for x in X])
    model = LSTMClassifier(
        device="cuda", embedding_dim=8, precision="bfloat16", **PLAIN | {"max_epochs": 30, "lr": 0.02}
    ).fit(X, y)
    assert model.score(X, y) > 0.9


@pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
def test_forecasters_learn_the_same():
    t = np.arange(400)
    index = pd.date_range("2024-01-01", periods=400, freq="h")
    series = pd.Series(np.sin(t * 2 * np.pi / 24) + 0.01 * t, index=index)
    settings = PLAIN | {"horizon": 24, "window": 72}
    cpu, cuda = on_both(
        lambda device: LSTMForecaster(device=device, **settings),
        lambda model: model.fit(series),
        lambda model: model.predict(),
    )
    pd.testing.assert_index_equal(cuda.index, cpu.index)
    np.testing.assert_allclose(cuda, cpu, atol=0.05)


@pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
def test_probabilistic_forecasts():
    t = np.arange(400)
    rng = np.random.default_rng(0)
    series = pd.Series(np.sin(t * 2 * np.pi / 24) + rng.normal(scale=0.1, size=400))
    model = LSTMForecaster(horizon=12, loss="normal", device="cuda", **PLAIN).fit(series[:376])
    assert model.sample(n=5, random_state=0).shape == (12, 5)
    interval = model.predict_interval()
    assert np.isfinite(interval.to_numpy()).all()
    assert len(model.backtest(series, start=300, stride=10))
    assert len(model.update(series[376:]).predict()) == 12


def test_language_models_write():
    texts = ["the cat sat on the mat", "the dog sat on the log"] * 20
    model = LSTMLanguageModel(device="cuda", hidden_size=32, max_epochs=30, random_state=0).fit(texts)
    written = model.generate("the", max_tokens=5, random_state=0)
    assert written == model.generate("the", max_tokens=5, random_state=0)
    assert model.perplexity(texts) < 10.0
