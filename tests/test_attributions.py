"""Shares of inputs in an output: they are finite differences, and add up to the change of the output."""

import builtins

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    GRUForecaster,
    LSTMClassifier,
    LSTMRegressor,
    LSTMTagger,
    PerTimestep,
    RNNClassifier,
)
from sksequence.exceptions import InputError, MissingDependencyError
from sksequence.inspection import input_attributions

SMALL = {"hidden_size": 5, "max_epochs": 2, "lr": 0.05, "random_state": 0}


def scores(model, sequence):
    """Outputs of the network for one standardised sequence; those of classifiers less their mean."""
    module = model.net_.module_.eval()
    inputs, module.encoder.inputs = module.encoder.inputs, torch.nn.Identity()
    try:
        with torch.no_grad():
            out = module(torch.as_tensor(sequence)[None].float(), torch.tensor([len(sequence)]))[0].numpy()
    finally:
        module.encoder.inputs = inputs
    return out - out.mean() if hasattr(model, "classes_") else out


def standardized(model, sequence):
    return model.net_.module_.encoder.inputs(torch.as_tensor(sequence)[None])[0].numpy()


@pytest.mark.parametrize("network", [LSTMClassifier, GRUClassifier, RNNClassifier])
def test_gradient_times_input_is_that_of_finite_differences(network, ragged):
    y = np.array(["a", "b", "c"])[np.arange(12) % 3]
    model = network(**SMALL, bidirectional=True).fit(ragged, y)
    found = input_attributions(model, ragged, output="b", method="gradient")
    for i in (0, 7):
        steps, eps = standardized(model, ragged[i]), 1e-2
        expected = np.zeros_like(steps)
        for place in np.ndindex(*steps.shape):
            move = np.zeros_like(steps)
            move[place] = eps
            slope = (scores(model, steps + move)[1] - scores(model, steps - move)[1]) / (2 * eps)
            expected[place] = slope * steps[place]
        np.testing.assert_allclose(found[i], expected, atol=2e-3)


@pytest.mark.parametrize("options", [{}, {"patch_size": 3, "num_layers": 2}])
def test_integrated_gradients_add_up_to_the_change_of_the_output(options, ragged):
    pytest.importorskip("captum")
    model = LSTMRegressor(**SMALL, **options).fit(ragged, np.arange(12.0))
    found = input_attributions(model, ragged, n_steps=64)
    for shares, sequence in zip(found, ragged, strict=True):
        steps = standardized(model, sequence)
        change = scores(model, steps)[0] - scores(model, np.zeros_like(steps))[0]
        assert shares.shape == sequence.shape
        assert shares.sum() == pytest.approx(change, abs=0.02)


def test_integrated_gradients_work_for_every_task(ragged, season):
    pytest.importorskip("captum")
    tokens = [np.arange(len(s)) % 5 for s in ragged]
    tagger = LSTMTagger(embedding_dim=3, **SMALL).fit(tokens, [t % 2 for t in tokens])
    assert [s.shape for s in input_attributions(tagger, tokens, n_steps=4)] == [(len(t), 1) for t in tokens]
    with pytest.warns(UserWarning, match="skill"):
        forecaster = GRUForecaster(window=20, horizon=4, linear=0, **SMALL).fit(season)
    found = input_attributions(forecaster, season[:60], output=2, n_steps=64)
    slopes = input_attributions(forecaster, season[:60], output=2, method="gradient")
    assert {s.shape for s in found[20:]} == {(20, 1)}
    assert np.corrcoef(found[-1][:, 0], slopes[-1][:, 0])[0, 1] > 0.5


def test_predicted_label_is_the_default(ragged):
    y = np.arange(12) % 3
    model = GRUClassifier(**SMALL).fit(ragged, y)
    default = input_attributions(model, ragged, method="gradient")
    for i, label in enumerate(model.predict(ragged)):
        (shares,) = input_attributions(model, ragged[i : i + 1], output=label, method="gradient")
        np.testing.assert_allclose(default[i], shares, atol=1e-6)


def test_missing_values_share_with_their_feature(ragged):
    holed = [sequence.copy() for sequence in ragged]
    for sequence in holed:
        sequence[::2, 1] = np.nan
    model = LSTMRegressor(**SMALL, missing="mask").fit(holed, np.arange(12.0))
    found = input_attributions(model, holed, method="gradient")
    assert [shares.shape for shares in found] == [sequence.shape for sequence in holed]
    # A missing value is the mean, and adds nothing but by its indicator, which does.
    assert all((shares[::2, 1] != 0).any() for shares in found)


def test_pipelines_are_looked_into_and_nothing_changes(ragged):
    y = np.arange(12) % 2
    pipe = make_pipeline(PerTimestep(StandardScaler()), RNNClassifier(**SMALL)).fit(ragged, y)
    before, drawn = pipe.predict_proba(ragged), torch.get_rng_state()
    found = input_attributions(pipe, ragged, method="gradient")
    scaled = input_attributions(pipe[-1], pipe[:-1].transform(ragged), method="gradient")
    for a, b in zip(found, scaled, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(pipe.predict_proba(ragged), before)
    assert torch.equal(torch.get_rng_state(), drawn)


def test_unknown_outputs_are_refused(ragged):
    model = GRUClassifier(**SMALL).fit(ragged, np.arange(12) % 3)
    with pytest.raises(InputError, match=r"output=7 came, but the labels are \[0, 1, 2\]. Name one"):
        input_attributions(model, ragged, output=7, method="gradient")
    model = LSTMRegressor(**SMALL).fit(ragged, np.arange(12.0))
    with pytest.raises(InputError, match="output=1 came, but there are 1 outputs, counted from 0"):
        input_attributions(model, ragged, output=1, method="gradient")


def test_without_captum_the_error_says_what_to_do(ragged, monkeypatch):
    model = LSTMRegressor(**SMALL).fit(ragged, np.arange(12.0))
    known = builtins.__import__

    def without(name, *arguments, **options):
        if name.partition(".")[0] == "captum":
            raise ImportError(name)
        return known(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r'sksequence\[captum\]", or pass method="gradient"'):
        input_attributions(model, ragged)
