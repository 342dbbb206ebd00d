"""Language models: what they learn from, how they read, and what they refuse."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from sksequence import (
    GRULanguageModel,
    LSTMLanguageModel,
    RNNLanguageModel,
    SequenceArray,
    SequenceTokenizer,
)
from sksequence.engine import Budget, Stream
from sksequence.engine.precision import computes_bfloat16
from sksequence.engine.seeds import generator_for
from sksequence.exceptions import InputError, ParameterError
from sksequence.modules import next_token

MODELS = (RNNLanguageModel, LSTMLanguageModel, GRULanguageModel)
SMALL = {"embedding_dim": 8, "hidden_size": 12, "bptt": 16, "lr": 0.02, "random_state": 0}
TEXTS = ["the cat sat on the mat. " * 6, "a dog ran to the cat! " * 9, "on and on ran the dog. " * 5, "x"]


@pytest.fixture(scope="module", params=MODELS, ids=lambda model: model.__name__)
def fitted(request):
    """A small model of characters, of each kind, with two layers."""
    return request.param(num_layers=2, max_epochs=20, **SMALL).fit(TEXTS)


# ---------------------------------------------------------------------- the loss
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_next_token_loss_and_gradients_are_those_of_cross_entropy(block, monkeypatch):
    monkeypatch.setattr(next_token, "_BLOCK_SCORES", block * 11)
    g = torch.Generator().manual_seed(0)
    states, weight, bias = (
        torch.randn(*size, generator=g, requires_grad=True) for size in ((3, 5, 4), (11, 4), (11,))
    )
    targets = torch.randint(11, (3, 5), generator=g)
    expected = torch.nn.functional.cross_entropy((states @ weight.T + bias).flatten(0, 1), targets.flatten())
    loss = next_token.next_token_loss(states, weight, bias, targets)
    torch.testing.assert_close(loss, expected)
    ours = torch.autograd.grad(3 * loss, (states, weight, bias))
    torch.testing.assert_close(ours, torch.autograd.grad(3 * expected, (states, weight, bias)))
    with torch.no_grad():
        torch.testing.assert_close(next_token.next_token_loss(states, weight, bias, targets), expected)


def test_next_token_loss_multiplies_in_the_format_of_autocast():
    g = torch.Generator().manual_seed(0)
    states, weight, bias = (
        torch.randn(*size, generator=g, requires_grad=True) for size in ((3, 50, 8), (31, 8), (31,))
    )
    targets = torch.randint(31, (3, 50), generator=g)
    exact = next_token.next_token_loss(states, weight, bias, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = next_token.next_token_loss(states, weight, bias, targets)
    assert rough != exact
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, rtol=2e-3, atol=0)
    slopes = (torch.autograd.grad(loss, (states, weight, bias)) for loss in (rough, exact))
    for mine, theirs in zip(*slopes, strict=True):
        assert mine.dtype == torch.float32
        assert (mine - theirs).norm() < 0.01 * theirs.norm()


# ---------------------------------------------------------------------- the stream
def test_stream_is_read_on_tracks_with_the_next_token_as_target():
    stream = Stream(np.arange(23), n_steps=4)
    pieces = list(stream.validation_batches(Budget(3, 1, None, 2)))
    read = torch.cat([inputs["values"] for inputs, _ in pieces], dim=1)
    assert read.tolist() == [list(range(0, 7)), list(range(7, 14)), list(range(14, 21))]
    assert [inputs["values"].shape[1] for inputs, _ in pieces] == [4, 3]
    for inputs, targets in pieces:
        assert (targets == (inputs["values"] + 1)).all()
    assert len({id(inputs["carry"]) for inputs, _ in pieces}) == 1


def test_passes_begin_elsewhere_and_read_round_the_end():
    stream = Stream(np.arange(24), n_steps=5)
    passes = stream.training_batches(Budget(2, 1, None, 3), torch.Generator().manual_seed(1))
    seen = []
    for _ in range(3):
        read = torch.cat([inputs["values"] for inputs, _ in passes], dim=1).flatten()
        assert sorted(read.tolist()) == list(range(24))
        assert ((read[1:] - read[:-1]) % 24 == 1).all()
        seen.append(int(read[0]))
    assert len(set(seen)) > 1


def test_latest_part_of_the_stream_is_held_back():
    train, valid = Stream(np.arange(25), n_steps=5).split(0.1)
    assert train.tokens.tolist() == list(range(22))
    assert valid.tokens.tolist() == [22, 23, 24]


@pytest.mark.parametrize("batch_size", [4, 1000])
def test_fewer_tokens_than_tracks_are_read_on_as_many_tracks_as_there_are(batch_size):
    model = LSTMLanguageModel(batch_size=batch_size, max_epochs=2, **SMALL).fit(["abcab"])
    assert model.batch_size_ == min(batch_size, 6)


def test_training_is_truncated_back_propagation_with_a_state_that_goes_on():
    """Two passes of plain gradient descent, beside the same written by hand."""
    tokens = np.random.default_rng(0).integers(5, size=41)
    settings = {**SMALL, "lr": 0.5, "lr_schedule": "constant", "gradient_clip": None, "batch_size": 2}
    settings |= {"net_params": {"optimizer": torch.optim.SGD}, "bptt": 7, "tie_embeddings": True}
    model = LSTMLanguageModel(max_epochs=2, **settings).fit(tokens)
    hand = LSTMLanguageModel(max_epochs=1, **(settings | {"lr": 1e-30})).fit(tokens).net_.module_.train()
    layer, order = hand.encoder.layers[0].ahead, generator_for("order", 0)
    stream = torch.tensor([5, *tokens])  # the boundary before the only text
    for _ in range(2):
        turned = stream.roll(-int(torch.randint(42, (), generator=order)))
        read, follows = turned.view(2, 21), turned.roll(-1).view(2, 21)
        state = None
        for first in (0, 7, 14):
            x = hand.encoder.inputs.table(read[:, first : first + 7])
            x, state = layer(x, state)
            state = tuple(part.detach() for part in state)
            scores = hand.projection(x) @ hand.encoder.inputs.table.weight[:6].T + hand.bias
            loss = torch.nn.functional.cross_entropy(
                scores.flatten(0, 1), follows[:, first : first + 7].flatten()
            )
            hand.zero_grad()
            loss.backward()
            with torch.no_grad():
                for weight in hand.parameters():
                    weight -= 0.5 * weight.grad
    for name, weight in model.net_.module_.state_dict().items():
        torch.testing.assert_close(weight, hand.state_dict()[name], rtol=1e-4, atol=1e-5)


# ---------------------------------------------------------------------- how texts are foretold
def test_log_proba_is_what_predict_proba_says_of_every_prefix(fitted):
    text = "the dog sat"
    prefixes = [text[:n] for n in range(len(text))]
    proba = fitted.predict_proba(prefixes)
    column = {token: i for i, token in enumerate(fitted.tokens_)}
    expected = [np.log(row[column[token]]) for row, token in zip(proba, text, strict=True)]
    np.testing.assert_allclose(fitted.log_proba(text)[0], expected, atol=1e-5)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert proba.shape == (len(text), fitted.n_tokens_)


def test_score_and_perplexity_count_all_tokens_alike(fitted):
    joined = np.concatenate(fitted.log_proba(TEXTS))
    assert len(joined) == sum(map(len, TEXTS))
    assert fitted.score(TEXTS) == pytest.approx(joined.mean() / np.log(2))
    assert fitted.perplexity(TEXTS) == pytest.approx(np.exp(-joined.mean()))
    assert fitted.perplexity(TEXTS) < 4 < len(fitted.tokens_)


def test_companions_and_order_change_nothing(fitted):
    alone = [fitted.log_proba(text)[0] for text in TEXTS]
    for texts, kept in ((TEXTS, alone), (TEXTS[::-1], alone[::-1]), (TEXTS * 30, alone * 30)):
        for ours, expected in zip(fitted.log_proba(texts), kept, strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-5)
    np.testing.assert_allclose(
        fitted.predict_proba(TEXTS), np.concatenate([fitted.predict_proba(text) for text in TEXTS]), atol=1e-5
    )


def test_long_texts_are_read_in_pieces_without_a_seam(fitted):
    text = "the cat ran on and on " * 40  # several pieces
    one = fitted.log_proba(text)[0]
    again = fitted.log_proba([text + "the dog", text[:300]])
    np.testing.assert_allclose(again[0][: len(one)], one, atol=1e-5)
    np.testing.assert_allclose(again[1], one[:300], atol=1e-5)


def test_what_comes_later_changes_nothing_before(fitted):
    ours, other = fitted.log_proba(["the cat sat", "the cat!!!!"])
    np.testing.assert_allclose(ours[:7], other[:7], atol=1e-6)


def test_predict_gives_the_likeliest_token(fitted):
    proba = fitted.predict_proba(["the ca", ""])
    assert fitted.predict(["the ca", ""]).tolist() == fitted.tokens_[proba.argmax(axis=1)].tolist()
    assert fitted.predict("the ca").tolist() == ["t"]


def test_boundary_ends_a_text_of_known_length():
    model = GRULanguageModel(max_epochs=60, **SMALL).fit(["abc"] * 40)
    assert model.predict(["abc", "ab"]).tolist() == ["[BOUNDARY]", "c"]
    assert model.predict_proba(["abc"])[0, -1] > 0.9


# ---------------------------------------------------------------------- forms of input
def test_forms_of_texts_give_one_model():
    pa = pytest.importorskip("pyarrow")
    settings = {**SMALL, "max_epochs": 2}
    expected = LSTMLanguageModel(**settings).fit(TEXTS).score(TEXTS)
    for form in (tuple(TEXTS), np.array(TEXTS), pd.Series(TEXTS, index=[9, 4, 2, 1]), pa.array(TEXTS)):
        model = LSTMLanguageModel(**settings).fit(form)
        assert model.score(form) == pytest.approx(expected)


def test_one_string_is_one_text():
    one, listed = (LSTMLanguageModel(max_epochs=2, **SMALL).fit(form) for form in (TEXTS[0], TEXTS[:1]))
    assert one.score(TEXTS[0]) == listed.score(TEXTS[:1])
    assert one.predict(TEXTS[0]).shape == (1,)


def test_ids_in_any_form_give_one_model():
    ids = [[0, 1, 2, 1], [2, 2, 0], [1, 0, 2, 2, 1, 1]]
    arrays = [np.array(item, dtype=np.int16) for item in ids]
    scores = {
        GRULanguageModel(max_epochs=3, **SMALL).fit(form).score(form)
        for form in (ids, arrays, SequenceArray.from_list(ids))
    }
    assert len(scores) == 1
    model = GRULanguageModel(max_epochs=3, **SMALL).fit(ids)
    assert model.tokens_.tolist() == [0, 1, 2, 3]
    assert model.tokenizer_ is None
    flat = GRULanguageModel(max_epochs=3, **SMALL).fit([0, 1, 2, 1])
    assert flat.predict_proba([2, 1]).shape == (1, 4)


def test_words_come_from_a_tokenizer_that_stays_unfitted():
    tokenizer = SequenceTokenizer(min_df=2)
    model = LSTMLanguageModel(tokenizer=tokenizer, max_epochs=3, **SMALL).fit(TEXTS)
    assert not hasattr(tokenizer, "vocabulary_")
    assert model.tokens_.tolist() == [*model.tokenizer_.get_feature_names_out(), "[BOUNDARY]"]
    assert model.predict(["the cat"])[0] in model.tokens_
    assert [len(each) for each in model.log_proba(["the cat", "never seen words!"])] == [2, 4]


def test_pipeline_of_tokenizer_and_model_is_the_model_with_that_tokenizer():
    tokenizer = SequenceTokenizer()
    pipe = make_pipeline(tokenizer, LSTMLanguageModel(max_epochs=3, **SMALL)).fit(TEXTS)
    model = LSTMLanguageModel(tokenizer=tokenizer, max_epochs=3, **SMALL).fit(TEXTS)
    assert pipe.score(TEXTS) == model.score(TEXTS)
    assert pipe.predict(["the"]).tolist() == model.predict(["the"]).tolist()


def test_configuration_of_table_outputs_does_not_reach_the_tokenizer():
    from sklearn import config_context

    with config_context(transform_output="pandas"):
        model = LSTMLanguageModel(max_epochs=2, **SMALL).fit(TEXTS)
        assert np.isfinite(model.score(TEXTS))


# ---------------------------------------------------------------------- training
def test_auto_values_are_visible_and_follow_the_stream():
    text = "to be or not to be, that is the question: " * 100
    model = GRULanguageModel(**(SMALL | {"max_epochs": 1, "bptt": 32})).fit(text)
    assert model.batch_size_ == (len(text) + 1) // (8 * 32)
    assert model._passes(Stream(np.zeros(10_000_000), 64)) == Budget(32, 1, None, 4883)
    assert GRULanguageModel()._passes(Stream(np.zeros(100), 64)) == Budget(4, 400, None, 400)
    assert GRULanguageModel()._passes(Stream(np.zeros(100_000), 64)) == Budget(32, 20, None, 980)
    assert GRULanguageModel()._passes(Stream(np.zeros(1_000_000), 64)) == Budget(32, 7, None, 3423)


def test_more_memory_is_not_needed_for_more_words():
    """No tensor of a training step holds the scores of all steps."""
    ids = np.random.default_rng(0).integers(20_000, size=4000)
    largest = 0

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            out = function(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor) and out.ndim and out.shape[-1] == 20_001:
                largest = max(largest, out.numel())
            return out

    model = RNNLanguageModel(
        n_tokens=20_000, max_epochs=1, batch_size=32, bptt=128, hidden_size=4, embedding_dim=4
    )
    with Watch():
        model.fit(ids)
    assert 0 < largest <= next_token._BLOCK_SCORES < 32 * 125 * 20_001


def test_early_stopping_watches_the_latest_part_and_returns_to_the_best():
    text = "abcd" * 150 + "dbca" * 10
    model = LSTMLanguageModel(max_epochs=30, early_stopping=True, n_iter_no_change=3, **SMALL).fit(text)
    history = model.history_
    assert model.n_iter_ < 30
    network = model.net_.module_.eval()
    tokens = torch.tensor(model.tokenizer_.transform([text[-65:]]).values[:, 0].astype(np.int64))
    held_back = network.log_proba(tokens[None, :-1], tokens[None, 1:], None)[0]
    assert history["valid_loss"].min() < history["valid_loss"].iloc[-1]
    assert len(held_back[0]) == 64


def test_partial_fit_goes_on_with_the_tokens_of_the_first_call():
    model = GRULanguageModel(max_epochs=5, **SMALL).fit(TEXTS[:1])
    before, tokens = model.score(TEXTS[:1]), model.tokens_
    for _ in range(5):
        model.partial_fit(["the mat sat on the cat. " * 8])
    assert model.n_iter_ == 10
    assert model.tokens_ is tokens
    assert model.score(["the mat sat on the cat. "]) > before


def test_warm_start_continues():
    model = LSTMLanguageModel(max_epochs=4, warm_start=True, **SMALL).fit(TEXTS)
    first = model.score(TEXTS)
    assert model.fit(TEXTS).n_iter_ == 8
    assert model.score(TEXTS) > first


@pytest.mark.parametrize("tied", [True, False])
def test_tied_weights_are_one_table(tied):
    model = LSTMLanguageModel(tie_embeddings=tied, max_epochs=1, **SMALL).fit(TEXTS)
    v = model.n_tokens_
    cell = 4 * 12 * (8 + 12 + 2)
    expected = (v + 1) * 8 + cell + ((12 * 8 + 8) + v if tied else 12 * v + v)
    assert model.n_parameters_ == expected
    same = LSTMLanguageModel(**(SMALL | {"embedding_dim": 12, "tie_embeddings": True, "max_epochs": 1}))
    assert same.fit(TEXTS).net_.module_.projection is None


def test_tied_vectors_begin_so_small_that_no_token_is_favoured():
    ids = [np.random.default_rng(0).integers(0, 300, 600)]
    options = SMALL | {"embedding_dim": 100, "lr": 1e-9, "max_epochs": 1}
    tied = LSTMLanguageModel(tie_embeddings=True, **options).fit(ids)
    assert tied.encoder_weights().vectors.std() == pytest.approx(0.1, rel=0.02)
    assert tied.perplexity(ids) == pytest.approx(301, rel=0.02)
    assert LSTMLanguageModel(**options).fit(ids).encoder_weights().vectors.std() == pytest.approx(1, rel=0.02)


def test_seeds_fix_the_model_and_the_global_states_stay():
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    settings = {**SMALL, "max_epochs": 3, "dropout": 0.3, "num_layers": 2}
    one, two = (LSTMLanguageModel(**settings).fit(TEXTS) for _ in range(2))
    other = LSTMLanguageModel(**(settings | {"random_state": 1})).fit(TEXTS)
    one.generate("the", random_state=3)
    assert one.score(TEXTS) == two.score(TEXTS) != other.score(TEXTS)
    assert torch.equal(states[0], torch.get_rng_state())
    assert (states[1] == np.random.get_state()[1]).all()  # noqa: NPY002


@pytest.mark.skipif(not computes_bfloat16("cpu"), reason="needs a CPU that computes in bfloat16")
def test_bfloat16_learns_much_the_same():
    exact, rough = (
        GRULanguageModel(max_epochs=10, precision=precision, **SMALL).fit(TEXTS)
        for precision in ("float32", "bfloat16")
    )
    assert exact.score(TEXTS) != rough.score(TEXTS)
    assert exact.score(TEXTS) == pytest.approx(rough.score(TEXTS), abs=0.05)


def test_callbacks_that_want_batches_take_the_same_steps():
    from skorch.callbacks import Callback

    class Watch(Callback):
        def on_batch_end(self, net, **kwargs):
            pass

    plain, watched = (
        LSTMLanguageModel(max_epochs=3, callbacks=callbacks, **SMALL).fit(TEXTS)
        for callbacks in (None, [Watch()])
    )
    assert plain.score(TEXTS) == watched.score(TEXTS)


def test_search_chooses_by_bits_a_token():
    texts = [f"the {animal} sat on the mat. " * 4 for animal in ("cat", "dog", "cow", "bat")]
    search = GridSearchCV(
        GRULanguageModel(max_epochs=15, **SMALL), {"lr": [1e-6, 0.02]}, cv=2, error_score="raise"
    ).fit(texts)
    assert search.best_params_ == {"lr": 0.02}
    assert search.score(texts) == pytest.approx(-np.log2(search.best_estimator_.perplexity(texts)))
    assert (search.cv_results_["mean_test_score"] < 0).all()


def test_saved_models_read_and_write_the_same(fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert loaded.score(TEXTS) == fitted.score(TEXTS)
    assert loaded.generate("the", random_state=0) == fitted.generate("the", random_state=0)
    assert b"the cat sat on the mat. the cat" not in (tmp_path / "model.joblib").read_bytes()


def test_clone_is_unfitted_and_has_the_parameters(fitted):
    twin = clone(fitted)
    assert not hasattr(twin, "net_")
    assert twin.get_params() == fitted.get_params()


# ---------------------------------------------------------------------- refusals
def test_data_of_another_kind_than_in_fit_are_refused():
    texts, ids = LSTMLanguageModel(max_epochs=1, **SMALL), LSTMLanguageModel(max_epochs=1, **SMALL)
    texts.fit(TEXTS)
    ids.fit([[0, 1, 2]])
    with pytest.raises(InputError, match=r"^LSTMLanguageModel.score: ids without a vocabulary came, but the"):
        texts.score([[0, 1]])
    with pytest.raises(
        InputError, match=r"^LSTMLanguageModel.score: texts came, but the model was fitted on"
    ):
        ids.score(TEXTS)
    with pytest.raises(
        InputError, match=r"log_proba: token id 3 came, but the model knows ids from 0 to 2\."
    ):
        ids.log_proba([[0, 3]])
    other = SequenceTokenizer().fit_transform(["some other words"])
    with pytest.raises(InputError, match=r"predict: ids of another vocabulary came, but the model was"):
        texts.predict(other)


def test_empty_texts_have_no_tokens(fitted):
    ours = fitted.log_proba(["", "the", ""])
    assert [len(each) for each in ours] == [0, 3, 0]
    assert [len(each) for each in fitted.log_proba("")] == [0]
    for method in (fitted.score, fitted.perplexity):
        with pytest.raises(InputError, match=rf"\.{method.__name__}: 2 empty text\(s\) came, but at least"):
            method(["", ""])


@pytest.mark.parametrize("method", ["score", "predict", "log_proba", "generate", "encoder_weights"])
def test_unfitted_models_say_so(method):
    with pytest.raises(NotFittedError, match="not fitted"):
        getattr(LSTMLanguageModel(), method)(*["a"][: method != "encoder_weights"])


def test_what_is_no_text_is_refused():
    with pytest.raises(InputError, match=r"^LSTMLanguageModel.fit: a list without strings came, but the tok"):
        LSTMLanguageModel(tokenizer=SequenceTokenizer(), **SMALL).fit([[0, 1]])
    for came in (None, 5, b"text", Path("text"), {"a": "text"}, {"text"}):
        with pytest.raises(InputError, match=r"^LSTMLanguageModel.fit: X = .* came, but texts or token ids"):
            LSTMLanguageModel(**SMALL).fit(came)
    with pytest.raises(InputError, match=r"^LSTMLanguageModel.fit: a table of shape \(4, 2\) came, but one"):
        LSTMLanguageModel(**SMALL).fit(pd.DataFrame({"text": ["a"] * 4, "more": ["b"] * 4}))
    with pytest.raises(InputError, match=r"^LSTMLanguageModel.fit: token id 7 came, but the model knows ids"):
        LSTMLanguageModel(n_tokens=5, **SMALL).fit([[0, 7]])
    with pytest.raises(InputError, match=r"^LSTMLanguageModel.fit: validation_fraction=0.9 of 3 tokens leav"):
        LSTMLanguageModel(early_stopping=True, validation_fraction=0.9, **SMALL).fit(["ab"])


def test_width_of_vectors_is_needed_or_that_of_the_embeddings():
    settings = {**SMALL, "embedding_dim": None, "max_epochs": 1}
    with pytest.raises(
        ParameterError, match=r"^The 'embedding_dim' parameter of LSTMLanguageModel must be an"
    ):
        LSTMLanguageModel(**settings).fit(TEXTS)
    vectors = {"a": [1.0, 2, 3], "t": [0.0, 1, 0], "q": [9.0, 9, 9]}
    model = LSTMLanguageModel(embeddings=vectors, freeze_embeddings=True, tie_embeddings=True, **settings)
    table = model.fit(TEXTS).net_.module_.encoder.inputs.table.weight
    for token, row in zip(model.tokens_, table.tolist(), strict=False):
        assert row == vectors.get(token, [0, 0, 0])


def test_the_width_of_vectors_is_that_of_what_they_begin_with():
    model = LSTMLanguageModel(max_epochs=1, random_state=0)
    assert model.fit(["ab"]).embedding_dim_ == 64
    begun = model.set_params(embeddings={"a": [1.0, 2, 3], "b": [0.0, 1, 0]}).fit(["ab"])
    assert begun.embedding_dim_ == 3
    assert LSTMLanguageModel(init_from=begun.encoder_weights(), max_epochs=1).fit(["ab"]).embedding_dim_ == 3


@pytest.mark.parametrize("option", ["dropout", "embedding_dropout", "input_dropout", "recurrent_dropout"])
def test_noise_of_training_changes_the_weights_and_no_answer(option):
    settings = {**SMALL, "max_epochs": 2, "num_layers": 2}
    noisy, plain = (LSTMLanguageModel(**settings, **{option: p}).fit(TEXTS) for p in (0.4, 0.0))
    assert noisy.score(TEXTS) != plain.score(TEXTS)
    assert noisy.score(TEXTS) == noisy.score(TEXTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bptt", 0),
        ("embedding_dim", 0),
        ("tokenizer", "char"),
        ("tokenizer", CountVectorizer()),
        ("tokenizer", SequenceTokenizer(add_start=True)),
        ("tokenizer", SequenceTokenizer(add_end=True)),
        ("tie_embeddings", 1),
        ("n_tokens", 0),
    ],
)
def test_values_that_are_not_allowed_are_refused(name, value):
    with pytest.raises(ParameterError, match=rf"^The '{name}' parameter of LSTMLanguageModel must be "):
        LSTMLanguageModel(**(SMALL | {name: value})).fit(TEXTS)


# Checks of scikit-learn that make sense for an estimator of texts: those that pass tables of numbers,
# or a target, do not.
CHECKS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("check", CHECKS)
def test_scikit_learn_contract(model, check):
    getattr(estimator_checks, check)(model.__name__, model())


def test_a_column_of_a_table_is_texts_like_a_list():
    model = LSTMLanguageModel(max_epochs=1, **SMALL).fit(pd.DataFrame({"text": TEXTS}))
    assert model.score(TEXTS) == LSTMLanguageModel(max_epochs=1, **SMALL).fit(TEXTS).score(TEXTS)


def test_what_the_tokenizer_refuses_is_refused_in_the_name_of_the_model():
    model = LSTMLanguageModel(tokenizer=SequenceTokenizer(min_df=3), **SMALL)
    with pytest.raises(InputError, match=r"^LSTMLanguageModel\.fit: 2 texts came in which no token is left"):
        model.fit(["ab", "cd"])
