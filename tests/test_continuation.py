"""Training that goes on: what it follows, and what it refuses since the network cannot be rebuilt."""

import pickle

import numpy as np
import pytest
import torch

from sksequence import (
    GRULanguageModel,
    GRUTagger,
    LSTMClassifier,
    LSTMForecaster,
    LSTMRegressor,
    RNNClassifier,
)
from sksequence.exceptions import InputError, ParameterError

SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
X = np.random.default_rng(0).normal(size=(24, 6, 2))
Y = np.arange(24) % 2
TOKENS = [np.arange(n) % 7 for n in range(3, 27)]
TEXTS = ["the cat sat on the mat. " * 6, "a dog ran after the cat. " * 6]
SERIES = np.sin(np.arange(80) / 3)
TAGS = [np.arange(6) % 2 for _ in X]

# Parameters of training, which may be set anew before it goes on.
TRAINING = {
    *(
        "lr",
        "embedding_lr",
        "max_epochs",
        "batch_size",
        "weight_decay",
        "lr_schedule",
        "warmup",
        "gradient_clip",
    ),
    *("early_stopping", "validation_fraction", "n_iter_no_change", "warm_start", "refit", "bptt"),
    *("precision", "device", "keep_memory", "callbacks", "net_params", "verbose", "random_state"),
    *("class_weight", "id", "time", "freq"),
}


def classifier(**params):
    return LSTMClassifier(warm_start=True, **SMALL | params)


def forecaster(**params):
    return LSTMForecaster(warm_start=True, window=8, horizon=2, validation_fraction=None, **SMALL | params)


@pytest.mark.parametrize(
    "estimator",
    [RNNClassifier(), LSTMRegressor(), GRUTagger(), GRULanguageModel(), LSTMForecaster()],
    ids=lambda e: type(e).__name__,
)
def test_every_parameter_is_one_of_training_or_fixed(estimator):
    fixed = set(estimator._fixed_parameters())
    assert fixed.isdisjoint(TRAINING)
    assert set(estimator.get_params(deep=False)) - fixed <= TRAINING


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 5),
        ("num_layers", 2),
        ("bidirectional", True),
        ("patch_size", 2),
        ("pooling", "max"),
        ("dropout", 0.1),
        ("missing", "mask"),
        ("layer_norm", True),
        ("embedding_dim", 3),
    ],
)
def test_a_network_is_not_rebuilt(name, value):
    model = classifier().fit(X, Y)
    old = model.get_params()[name]
    before = [weight.clone() for weight in model.net_.module_.parameters()]
    model.set_params(**{name: value})
    sentence = (
        f"{name}={value!r} came for a network that was built with {name}={old!r}, but training that goes on "
        f"cannot rebuild it. Set {name} back, or fit anew with warm_start=False."
    )
    with pytest.raises(ParameterError) as error:
        model.fit(X, Y)
    assert str(error.value) == f"LSTMClassifier.fit: {sentence}"
    with pytest.raises(ParameterError) as error:
        model.partial_fit(X, Y)
    assert str(error.value) == f"LSTMClassifier.partial_fit: {sentence}"
    assert all(map(torch.equal, before, model.net_.module_.parameters()))
    assert model.set_params(**{name: old}).fit(X, Y).n_iter_ == 2


def test_all_that_was_changed_is_named():
    model = classifier().fit(X, Y).set_params(hidden_size=5, num_layers=2)
    with pytest.raises(
        ParameterError, match=r"hidden_size=5, num_layers=2 came .* hidden_size and num_layers"
    ):
        model.fit(X, Y)


def test_fit_without_warm_start_builds_anew():
    model = classifier().fit(X, Y).set_params(hidden_size=5, warm_start=False).fit(X, Y)
    assert model.n_iter_ == 1
    # What it was built with is what counts from now on.
    assert model.set_params(warm_start=True).fit(X, Y).n_iter_ == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("horizon", 3), ("window", 9), ("segment", 2), ("seasons", 4), ("n_members", 2), ("loss", "normal")],
)
def test_forecasters_are_not_rebuilt(name, value):
    model = forecaster().fit(SERIES).set_params(**{name: value})
    with pytest.raises(ParameterError, match=rf"LSTMForecaster.fit: {name}={value!r} came for a network"):
        model.fit(SERIES)
    with pytest.raises(ParameterError, match=rf"LSTMForecaster.partial_fit: {name}="):
        model.partial_fit(SERIES)


def test_language_models_and_taggers_are_not_rebuilt():
    model = GRULanguageModel(warm_start=True, **SMALL).fit(TEXTS).set_params(tie_embeddings=True)
    with pytest.raises(ParameterError, match=r"GRULanguageModel.fit: tie_embeddings=True came"):
        model.fit(TEXTS)
    tagger = GRUTagger(warm_start=True, **SMALL).fit(X, TAGS).set_params(crf=True)
    with pytest.raises(ParameterError, match=r"GRUTagger.fit: crf=True came"):
        tagger.fit(X, TAGS)


@pytest.mark.parametrize(("model", "y"), [(LSTMClassifier(**SMALL), Y), (GRUTagger(**SMALL), TAGS)])
def test_classes_are_those_of_the_first_call(model, y):
    model.partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y).partial_fit(X, y, classes=(2, 1, 0))
    for classes in ([0, 1], [0, 1, 2, 3], ["a", "b", "c"]):
        with pytest.raises(InputError, match=r"partial_fit: classes=.* came, but .* built for \[0, 1, 2\]"):
            model.partial_fit(X, y, classes=classes)
    assert model.n_iter_ == 3


def test_arrays_are_compared_by_what_they_hold():
    vectors = np.random.default_rng(0).normal(size=(30, 3))
    model = classifier(embeddings=vectors).fit(TOKENS, Y)
    assert pickle.loads(pickle.dumps(model)).fit(TOKENS, Y).n_iter_ == 2
    assert model.set_params(embeddings=vectors.copy()).fit(TOKENS, Y).n_iter_ == 2
    with pytest.raises(ParameterError, match="embeddings=a ndarray came for a network"):
        model.set_params(embeddings=vectors + 1).fit(TOKENS, Y)


def test_moments_stay_with_their_weights_in_other_groups():
    model = classifier().fit(X, Y)
    old = model.net_.optimizer_
    moments = {weight: state["exp_avg"].clone() for weight, state in old.state.items()}
    model.set_params(net_params={"optimizer__param_groups": [("head*", {"lr": 1e-4})]})
    model._resume()
    new = model.net_.optimizer_
    assert [len(group["params"]) for group in new.param_groups] != [
        len(g["params"]) for g in old.param_groups
    ]
    assert all(torch.equal(new.state[weight]["exp_avg"], was) for weight, was in moments.items())
