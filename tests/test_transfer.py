"""A language model's weights begin other networks: the right ones, whatever the numbering of words."""

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sksequence import (
    GRUClassifier,
    GRULanguageModel,
    LSTMClassifier,
    LSTMLanguageModel,
    LSTMRegressor,
    LSTMTagger,
    RNNClassifier,
    RNNLanguageModel,
    SequenceTokenizer,
)
from sksequence.exceptions import ParameterError

TEXTS = [
    "a good film , good and long",
    "a bad film , bad and dull",
    "good good film",
    "a dull , dull film",
] * 3
LABELS = [1, 0, 1, 0] * 3
SIZES = {"hidden_size": 6, "random_state": 0}
# Next to no learning: the weights after fit are those before.
STILL = {"max_epochs": 1, "lr": 1e-12, "weight_decay": 0.0}
KINDS = {"rnn": (RNNLanguageModel, RNNClassifier), "lstm": (LSTMLanguageModel, LSTMClassifier)}
KINDS["gru"] = (GRULanguageModel, GRUClassifier)


def language_model(cell, **settings):
    tokenizer = SequenceTokenizer(vocabulary=["film", "good", "bad", "a", ",", "and", "plot"])
    settings = {**SIZES, "embedding_dim": 5, "bptt": 8, "max_epochs": 3, **settings}
    return KINDS[cell][0](tokenizer=tokenizer, **settings).fit(TEXTS)


def states_of(module, tokens):
    """States of all steps, (T, H), of one sequence of ids."""
    tokens = torch.tensor(np.ravel(tokens))[None].long()
    with torch.no_grad():
        return module.eval().encoder(tokens, torch.tensor([tokens.shape[1]]))[0][0]


@pytest.mark.parametrize("cell", KINDS)
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_forward_direction_begins_as_the_model_whatever_the_numbers_of_words(cell, num_layers, bidirectional):
    model = language_model(cell, num_layers=num_layers, layer_norm=not bidirectional)
    tokenizer = SequenceTokenizer(vocabulary=["dull", "and", ",", "bad", "good", "film"])
    tokens = tokenizer.fit_transform(TEXTS)
    classifier = KINDS[cell][1](
        init_from=model.encoder_weights(),
        num_layers=num_layers,
        layer_norm=not bidirectional,
        bidirectional=bidirectional,
        **SIZES,
        **STILL,
    ).fit(tokens, LABELS)
    text = ["good film , bad film and bad"]  # known to both, by other numbers
    ours, theirs = tokenizer.transform(text)[0], model.tokenizer_.transform(text)[0]
    assert ours.tolist() != theirs.tolist()
    states = states_of(classifier.net_.module_, ours)
    torch.testing.assert_close(states[:, :6], states_of(model.net_.module_, theirs), rtol=1e-5, atol=1e-6)
    assert states.shape[1] == (12 if bidirectional else 6)


def test_words_that_the_model_lacks_get_vectors_like_the_others():
    model = language_model("lstm")
    tokens = SequenceTokenizer().fit_transform(TEXTS)
    classifier = LSTMClassifier(init_from=model.encoder_weights(), **SIZES, **STILL).fit(tokens, LABELS)
    table = classifier.net_.module_.encoder.inputs.table.weight.detach().numpy()
    known = dict(zip(model.tokens_, model.net_.module_.encoder.inputs.table.weight.tolist(), strict=False))
    scale = 0.1 / model.encoder_weights().vectors.std()
    for word, vector in zip(tokens.vocabulary, table, strict=False):
        if word in known:
            np.testing.assert_allclose(vector, scale * np.array(known[word]), atol=1e-6)
        else:
            assert word in ("long", "dull")
            assert 0 < np.abs(vector).max() < 0.5


def rare_words(n, rng, n_words=2000, n_steps=30):
    """Texts of many words, of which one in ten says the label: 20 words say yes, 20 say no."""
    ids = (n_words * rng.random((n, n_steps)) ** 2).astype(int)
    labels = rng.integers(2, size=n)
    telling = rng.random(ids.shape) < 0.1
    ids[telling] = (
        n_words + rng.integers(20, size=telling.sum()) + 20 * np.repeat(labels, telling.sum(axis=1))
    )
    return ids, labels


def test_the_random_part_of_the_vectors_does_not_drown_the_labels():
    # A short training leaves the model's vectors where they began: at random, with deviation 1. A
    # classifier that began with these told 79 to 81 % right, one that begins at random 86 to 89 %.
    rng = np.random.default_rng(0)
    X, y = rare_words(300, rng)
    model = LSTMLanguageModel(
        embedding_dim=32, hidden_size=32, n_tokens=2040, max_epochs=1, random_state=0
    ).fit(X)
    assert model.encoder_weights().vectors.std() > 0.9
    classifier = LSTMClassifier(
        init_from=model.encoder_weights(), hidden_size=32, max_epochs=8, random_state=0
    ).fit(X, y)
    assert classifier.score(*rare_words(300, rng)) > 0.84


@pytest.mark.parametrize("cell", KINDS)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_vectors_of_another_deviation_are_the_same_network(cell, num_layers):
    model = language_model(cell, num_layers=num_layers)
    tokens = model.tokenizer_.transform(TEXTS[:1])[0]
    weights = model.encoder_weights().at_deviation(0.03)
    assert weights.vectors.std() == pytest.approx(0.03, rel=1e-4)
    module = model.net_.module_
    before = states_of(module, tokens)
    with torch.no_grad():
        module.encoder.inputs.table.weight[: len(weights.vectors)] = torch.tensor(weights.vectors)
    weights.put_into(module.encoder)
    torch.testing.assert_close(states_of(module, tokens), before, rtol=1e-5, atol=1e-6)


def test_ids_without_names_are_matched_by_number():
    ids = [[0, 1, 2, 1], [2, 2, 0], [1, 1, 0, 2]]
    model = GRULanguageModel(embedding_dim=4, max_epochs=2, bptt=4, **SIZES).fit(ids)
    classifier = GRUClassifier(init_from=model.encoder_weights(), **SIZES, **STILL).fit(ids, [0, 1, 0])
    torch.testing.assert_close(
        states_of(classifier.net_.module_, ids[0]),
        states_of(model.net_.module_, ids[0]),
        rtol=1e-5,
        atol=1e-6,
    )


def test_taggers_begin_as_the_model_too():
    model = language_model("lstm")
    tokenizer = SequenceTokenizer(vocabulary=["film", "dull", "good", "bad"])
    tokens = tokenizer.fit_transform(TEXTS)
    tags = [["N" if token == 2 else "X" for token in sequence.ravel()] for sequence in tokens]
    tagger = LSTMTagger(init_from=model.encoder_weights(), bidirectional=True, **SIZES, **STILL).fit(
        tokens, tags
    )
    text = ["good film bad"]
    states = states_of(tagger.net_.module_, tokenizer.transform(text)[0])[:, :6]
    expected = states_of(model.net_.module_, model.tokenizer_.transform(text)[0])
    torch.testing.assert_close(states, expected, rtol=1e-5, atol=1e-6)


def test_pipelines_clones_and_searches_keep_the_weights():
    weights = language_model("lstm").encoder_weights()
    pipe = make_pipeline(SequenceTokenizer(), LSTMClassifier(init_from=weights, **SIZES, max_epochs=2))
    assert clone(pipe)[-1].init_from is weights
    search = GridSearchCV(pipe, {"lstmclassifier__lr": [1e-3, 1e-2]}, cv=2, error_score="raise")
    assert search.fit(TEXTS, LABELS).best_score_ >= 0
    began = pipe.set_params(lstmclassifier__lr=1e-12, lstmclassifier__max_epochs=1).fit(TEXTS, LABELS)[-1]
    weight = began.net_.module_.encoder.layers[0].ahead.weight_hh_l0.detach().numpy()
    np.testing.assert_allclose(weight, weights.layers[0]["ahead.weight_hh_l0"], rtol=0.01, atol=1e-6)


def test_fitted_and_frozen_models_are_taken_as_their_weights():
    frozen = pytest.importorskip("sklearn.frozen").FrozenEstimator
    model = language_model("gru")
    tokens = SequenceTokenizer().fit_transform(TEXTS)
    outcomes = [
        estimator.fit(tokens, LABELS).predict_proba(tokens)
        for estimator in (
            GRUClassifier(init_from=model.encoder_weights(), max_epochs=2, **SIZES),
            GRUClassifier(init_from=model, max_epochs=2, **SIZES),
            clone(GRUClassifier(init_from=frozen(model), max_epochs=2, **SIZES)),
        )
    ]
    for outcome in outcomes[1:]:
        np.testing.assert_array_equal(outcome, outcomes[0])


def test_model_and_weights_stay_as_they_were():
    model = language_model("lstm")
    score, weights = model.score(TEXTS), model.encoder_weights()
    kept = weights.vectors.copy()
    tokens = SequenceTokenizer().fit_transform(TEXTS)
    LSTMRegressor(init_from=weights, max_epochs=3, **SIZES).fit(tokens, np.arange(12.0))
    assert model.score(TEXTS) == score
    model.partial_fit(TEXTS)
    np.testing.assert_array_equal(weights.vectors, kept)
    with pytest.raises(ValueError, match="read-only"):
        weights.vectors[0] = 0


def test_a_language_model_begins_with_another_of_other_words():
    first = language_model("lstm")
    settings = {**SIZES, **STILL, "tokenizer": SequenceTokenizer(), "embedding_dim": None}
    begun = LSTMLanguageModel(init_from=first.encoder_weights(), **settings).fit([*TEXTS, "the plot is long"])
    text = ["good film , bad film and bad"]
    ours, theirs = begun.tokenizer_.transform(text)[0], first.tokenizer_.transform(text)[0]
    assert ours.tolist() != theirs.tolist()
    states = [states_of(model.net_.module_, ids) for model, ids in ((begun, ours), (first, theirs))]
    torch.testing.assert_close(*states, rtol=1e-5, atol=1e-6)


def test_transferred_estimators_are_saved_whole(tmp_path):
    tokens = SequenceTokenizer().fit_transform(TEXTS)
    classifier = GRUClassifier(init_from=language_model("gru").encoder_weights(), max_epochs=2, **SIZES)
    joblib.dump(classifier.fit(tokens, LABELS), tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(tokens), classifier.predict_proba(tokens))
    assert repr(loaded.init_from) == "EncoderWeights(gru, 1 x 6 units, 10 tokens of width 5)"


def test_what_does_not_fit_is_refused_in_one_sentence():
    weights = language_model("lstm").encoder_weights()
    tokens = SequenceTokenizer().fit_transform(TEXTS)

    def refused(match, kind=LSTMClassifier, **settings):
        with pytest.raises(ParameterError, match=match):
            kind(**({**SIZES, **STILL, "init_from": weights} | settings)).fit(tokens, LABELS)

    name = "'init_from' parameter of LSTMClassifier"
    refused(
        rf"^The {name} must hold .* instead: set hidden_size=6, num_layers=1\.$", hidden_size=8, num_layers=2
    )
    refused(rf"^The {name} must hold .* set layer_norm=False\.$", layer_norm=True)
    refused(
        r"must hold weights of its own recurrence, 'gru'\. Got EncoderWeights\(lstm, 1 x 6", GRUClassifier
    )
    refused(r"^The 'embedding_dim' .* or the width of the vectors of init_from, 5\.", embedding_dim=7)
    refused(r"^The 'embeddings' parameter .* must be None where init_from brings", embeddings={"a": [1.0]})
    refused(rf"^The {name} is a LSTMLanguageModel that is not fitted; clone", init_from=LSTMLanguageModel())
    refused(rf"^The {name} must be None or a fitted language model or its", init_from="model.joblib")
    strange = SequenceTokenizer(vocabulary=["never"])
    other = LSTMLanguageModel(tokenizer=strange, embedding_dim=5, max_epochs=1, **SIZES).fit(["never never"])
    assert other.encoder_weights().vocabulary[2:] == ("never", "[BOUNDARY]")


def test_a_model_of_none_of_the_words_is_refused():
    start = GRUClassifier(init_from=language_model("gru").encoder_weights(), **SIZES)
    tokens = SequenceTokenizer().fit_transform(["x y", "z"])
    with pytest.raises(
        ParameterError, match=r"^The 'init_from' parameter of GRUClassifier holds none of the 5"
    ):
        start.fit(tokens, [0, 1])
