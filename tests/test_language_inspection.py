"""Language models are looked into: what is told is what the network does."""

import numpy as np
import pytest
import torch

from sksequence import GRULanguageModel, LSTMLanguageModel, RNNLanguageModel, SequenceTokenizer, compare
from sksequence.exceptions import InputError
from sksequence.inspection import (
    GateDisplay,
    GradientFlowDisplay,
    HiddenStateDisplay,
    MemoryRangeDisplay,
    attention_weights,
    gate_activity,
    gradient_flow,
    hidden_states,
    input_attributions,
    memory_range,
    sequence_permutation_importance,
)

MODELS = (RNNLanguageModel, LSTMLanguageModel, GRULanguageModel)
SMALL = {"hidden_size": 6, "embedding_dim": 3, "max_epochs": 2, "bptt": 8, "random_state": 0}


@pytest.fixture(scope="module")
def texts():
    """Every letter is the one three before it, now and then another."""
    rng = np.random.default_rng(0)
    made = []
    for n in rng.integers(20, 40, size=60):
        letters = rng.choice(list("abcdefgh"), size=n)
        for t in range(3, n):
            letters[t] = letters[t - 3] if rng.random() < 0.95 else letters[t]
        made.append("".join(letters))
    return made


@pytest.fixture(scope="module", params=MODELS)
def model(request, texts):
    return request.param(**SMALL, num_layers=2, tie_embeddings=request.param is GRULanguageModel).fit(texts)


@pytest.fixture
def plt():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")


def test_states_are_those_that_predictions_are_made_of(model, texts):
    states = hidden_states(model, texts).states
    assert states.lengths.tolist() == [1 + len(text) for text in texts]
    network = model.net_.module_
    with torch.no_grad():
        last = torch.from_numpy(np.stack([state[-1] for state in states]))
        found = network.scores(last).double().softmax(1).numpy()
    np.testing.assert_allclose(found, model.predict_proba(texts), atol=1e-6)
    begun = hidden_states(model, [text[:5] for text in texts]).states
    for whole, part in zip(states, begun, strict=True):
        np.testing.assert_allclose(whole[:6], part, atol=1e-5)


def test_memory_is_where_the_answer_stands(texts):
    model = RNNLanguageModel(hidden_size=24, bptt=16, max_epochs=15, lr=0.01, random_state=0).fit(texts)
    for method in ("gradient", "jacobian", "occlusion"):
        measured = memory_range(model, texts, method=method)
        assert measured.curve.argmax() == 2, method
        assert measured.half_life == 2, method
    assert measured.n_sequences[0] == len(texts)


def test_gradient_at_the_last_state_is_that_of_the_last_token(texts):
    model = RNNLanguageModel(**SMALL).fit(texts)
    flow = gradient_flow(model, texts)
    weight = model.net_.module_.head.weight.detach().numpy().astype(float)
    proba = model.predict_proba([text[:-1] for text in texts])
    came = np.array([model.tokens_.tolist().index(text[-1]) for text in texts])
    proba[np.arange(len(texts)), came] -= 1
    norms = np.linalg.norm(proba @ weight, axis=1)
    assert flow.norms.iloc[0, 0] == pytest.approx(np.sqrt(np.mean(norms**2)), rel=1e-4)
    assert flow.n_sequences[0] == len(texts)
    losses = model._lesson(texts[:1], None, "test")
    ((_, inputs, targets),) = losses.lessons()
    assert float(losses.losses(inputs, targets).detach()) == pytest.approx(
        -model.log_proba(texts[:1])[0][-1], rel=1e-4
    )


def test_gradients_that_vanish_are_told(texts):
    model = RNNLanguageModel(**SMALL).fit(texts)
    flow = gradient_flow(model, texts)
    assert flow.vanishing
    assert "take an LSTM or a GRU" in flow.remedy


def test_the_token_that_is_predicted_is_divided(model, texts):
    found = input_attributions(model, texts[:4], method="gradient")
    for text, shares in zip(texts, found, strict=False):
        assert shares.shape == (1 + len(text), 1)
        token = model.predict([text])[0]
        (named,) = input_attributions(model, [text], output=token, method="gradient")
        np.testing.assert_allclose(shares, named, rtol=1e-3, atol=1e-6)
    with pytest.raises(InputError, match="output='%' came, but the labels are"):
        input_attributions(model, texts, output="%", method="gradient")


def test_gates_have_a_row_each(model, texts):
    if isinstance(model, RNNLanguageModel):
        with pytest.raises(InputError, match="an Elman network came, but it has no gates"):
            gate_activity(model, texts)
        return
    table = gate_activity(model, texts)
    gates = 3 if isinstance(model, LSTMLanguageModel) else 2
    assert len(table) == 2 * gates
    assert table["mean"].between(0, 1).all()


def test_looking_changes_nothing(model, texts):
    before = model.predict_proba(texts)
    slopes = [p.grad.clone() for p in model.net_.module_.parameters()]
    memory_range(model, texts)
    gradient_flow(model, texts)
    hidden_states(model, texts)
    assert np.array_equal(model.predict_proba(texts), before)
    for weight, slope in zip(model.net_.module_.parameters(), slopes, strict=True):
        assert weight.requires_grad
        assert torch.equal(weight.grad, slope)


def test_words_and_ids_are_looked_into():
    words = LSTMLanguageModel(tokenizer=SequenceTokenizer(), **SMALL)
    words.fit(["the clock struck one", "the mouse ran down"] * 4)
    assert hidden_states(words, ["the mouse ran"]).states.lengths.tolist() == [4]
    assert memory_range(words, ["the mouse ran"]).curve.shape == (4,)
    ids = GRULanguageModel(**SMALL).fit([[0, 1, 2, 0, 1, 2]] * 4)
    assert memory_range(ids, [[0, 1], [2]]).n_sequences.tolist() == [2, 2, 1]


def test_a_comparison_says_how_far_back_they_look(texts):
    table = compare({"GRU": GRULanguageModel(**SMALL)}, texts, cv=2, n_jobs=1).table
    assert np.isfinite(table["half_life_steps"]["GRU"])


def test_displays_show_them(model, texts, plt):
    curve = memory_range(model, texts).curve
    (line,) = MemoryRangeDisplay.from_estimator(model, texts).ax_.get_lines()[:1]
    assert len(line.get_xdata()) == len(curve)
    assert len(GradientFlowDisplay.from_estimator(model, texts).ax_.get_lines()) >= 2
    HiddenStateDisplay.from_estimator(model, texts, sequence=1)
    if not isinstance(model, RNNLanguageModel):
        GateDisplay.from_estimator(model, texts)


@pytest.mark.parametrize(
    ("look", "sentence"),
    [
        (
            attention_weights,
            'attention_weights: a network without pooling came, but only "attention" has weights. Fit a '
            'classifier or a regressor with pooling="attention", alone or with others.',
        ),
        (
            sequence_permutation_importance,
            "sequence_permutation_importance: a GRULanguageModel came, but its targets are the tokens of X "
            "itself, which would be exchanged, too. See memory_range for how far back it looks.",
        ),
        (
            lambda model, X: memory_range(model, [*X, "a" * 20_000]),
            "memory_range: text 60 has 20,000 tokens, but texts of at most 10,000 can be looked into. Cut "
            "it: [text[i : i + 200] for i in range(0, len(text), 200)].",
        ),
        (
            lambda model, X: gradient_flow(model, [*X, ""]),
            "gradient_flow: text 60 has no token, but one is needed to be foretold. Leave empty texts out.",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(texts, look, sentence):
    model = GRULanguageModel(**SMALL).fit(texts)
    with pytest.raises(InputError) as told:
        look(model, texts)
    assert str(told.value) == sentence
