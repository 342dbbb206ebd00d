"""Token ids as input: vectors learned here or elsewhere, their noise, and ids beside numbers."""

import copy
import pickle
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    GRUTagger,
    LSTMClassifier,
    LSTMLanguageModel,
    LSTMRegressor,
    NaiveForecaster,
    RNNClassifier,
    SequenceTokenizer,
)
from sksequence.exceptions import InputError, ParameterError
from sksequence.inspection import sequence_permutation_importance
from sksequence.modules import (
    MixedInputs,
    RecurrentLayer,
    SeededDropout,
    Standardize,
    SteadyDropout,
    TokenEmbedding,
    seed_noise,
)
from sksequence.preprocessing import PerTimestep, SummaryFeatures, WordFeatures
from sksequence.sequences import SequenceArray, as_sequences

SMALL = {"hidden_size": 6, "max_epochs": 2, "random_state": 0}
TEXTS = ["good film", "bad film", "a good one", "a bad one"] * 6
LABELS = ["pos", "neg"] * 12
WORDS = ["film", "good", "elsewhere"]
VECTORS = np.arange(9.0).reshape(3, 3)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def table_of(model):
    return model.net_.module_.encoder.inputs.table.weight.detach().numpy()


@pytest.fixture
def tokens():
    return SequenceTokenizer().fit_transform(TEXTS)


# ---------------------------------------------------------------------- vectors learned elsewhere


def forms():
    yield "DataFrame", pd.DataFrame(VECTORS, index=WORDS)
    yield "dict", dict(zip(WORDS, VECTORS, strict=True))
    yield "dict of lists", dict(zip(WORDS, VECTORS.tolist(), strict=True))
    yield "dict of tensors", dict(zip(WORDS, torch.tensor(VECTORS, requires_grad=True), strict=True))
    yield "pair", (WORDS, VECTORS)
    yield "pair with a tensor", (WORDS, torch.tensor(VECTORS))
    yield "pair with lists", (WORDS, VECTORS.tolist())
    yield "KeyedVectors", SimpleNamespace(key_to_index={w: i for i, w in enumerate(WORDS)}, vectors=VECTORS)


@pytest.mark.parametrize("embeddings", [pytest.param(form, id=name) for name, form in forms()])
def test_vectors_are_looked_up_by_word(embeddings, tokens):
    model = LSTMClassifier(embeddings=embeddings, freeze_embeddings=True, **SMALL).fit(tokens, LABELS)
    table = table_of(model)
    assert table.shape == (len(tokens.vocabulary) + 1, 3)
    for i, word in enumerate(tokens.vocabulary):
        expected = VECTORS[WORDS.index(word)] if word in WORDS else np.zeros(3)
        np.testing.assert_array_equal(table[i], expected)


@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        np.ndarray.tolist,
        lambda v: tuple(map(tuple, v.tolist())),
        torch.tensor,
        lambda v: torch.nn.Embedding.from_pretrained(torch.tensor(v), freeze=False).weight,
        list,
    ],
    ids=["array", "lists", "tuples", "tensor", "weights of torch", "list of arrays"],
)
def test_array_of_vectors_goes_by_id(form):
    vectors = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    X = [[0, 1, 5], [2, 3], [3], [1, 2]]
    model = LSTMClassifier(embeddings=form(vectors), freeze_embeddings=True, **SMALL).fit(X, [0, 1, 0, 1])
    # Ids that the training part happens to lack have their vectors, too.
    np.testing.assert_array_equal(table_of(model)[:8], vectors)
    assert not table_of(model)[8:].any()


@pytest.mark.parametrize("n_rows", [6, 8])
def test_array_of_vectors_has_a_row_for_every_id(n_rows, tokens):
    sentence = (
        "The 'embeddings' parameter of LSTMClassifier must have a row for each of the 7 token ids. Got "
        f"{n_rows} rows: pass the vector of id i in row i, or a pair (words, array)."
    )
    with pytest.raises(ParameterError, match=f"^{re.escape(sentence)}$"):
        LSTMClassifier(embeddings=np.ones((n_rows, 2)), **SMALL).fit(tokens, LABELS)
    with pytest.raises(ParameterError, match=r"a row for each of the 9 token ids\. Got"):
        LSTMClassifier(embeddings=np.ones((n_rows, 2)), **SMALL).fit([[1, 8], [3]], [0, 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused_by_name(bad, tokens):
    with pytest.raises(
        ParameterError, match=r"NaN or infinity in the vector of 'film' \(1 such vectors\)\.$"
    ):
        LSTMClassifier(embeddings={"film": [bad, 1.0], "good": [0.0, 1.0]}, **SMALL).fit(tokens, LABELS)
    rows = np.ones((7, 2))
    rows[4, 1] = bad
    plain = SequenceArray(tokens.values, tokens.starts, tokens.lengths)
    with pytest.raises(ParameterError, match=r"NaN or infinity in the vector of id 4 \(1 such vectors\)\.$"):
        LSTMClassifier(embeddings=rows, **SMALL).fit(plain, LABELS)


def test_vectors_may_be_a_tensor_of_bfloat16():
    vectors = torch.arange(12).reshape(4, 3).to(torch.bfloat16)
    model = LSTMClassifier(embeddings=vectors, freeze_embeddings=True, **SMALL).fit([[0, 3], [2]], [0, 1])
    np.testing.assert_array_equal(table_of(model)[:4], vectors.float().numpy())


@pytest.mark.parametrize("bad", [[[1.0], [1.0, 2.0]], [["a", "b"]], torch.ones(3), [], np.ones((2, 2, 2))])
def test_what_makes_no_rows_of_numbers_is_refused(bad, tokens):
    with pytest.raises(
        ParameterError, match=r"^The 'embeddings' parameter of LSTMClassifier must be None or a"
    ):
        LSTMClassifier(embeddings=bad, **SMALL).fit(tokens, LABELS)


def test_a_frame_that_holds_no_vectors_is_not_printed(tokens):
    frame = pd.DataFrame({"word": WORDS, "x": 1.0})
    with pytest.raises(ParameterError, match=r"Got a DataFrame instead\.$"):
        LSTMClassifier(embeddings=frame, **SMALL).fit(tokens, LABELS)


def test_vectors_learn_on_unless_frozen(tokens):
    vectors = dict(zip(WORDS, VECTORS, strict=True))
    model = LSTMClassifier(embeddings=vectors, **SMALL).fit(tokens, LABELS)
    place = tokens.vocabulary.index("good")
    moved = np.abs(table_of(model)[place] - VECTORS[1])
    assert (moved > 1e-4).all()
    assert moved.max() < 0.5


def test_words_without_a_vector_look_like_the_others():
    table = TokenEmbedding(1000, 8, generator=generator())
    vectors = 3 + 0.1 * torch.randn(1000, 8, generator=generator(1))
    found = torch.arange(1000) < 500
    table.begin_with(vectors, found)
    others = table.table.weight[500:1000]
    assert torch.equal(table.table.weight[:500], vectors[:500])
    assert others.mean().item() == pytest.approx(3, abs=0.01)
    assert others.std().item() == pytest.approx(0.1, rel=0.05)
    assert not table.table.weight[1000].any()


def test_a_single_number_is_vector_enough(tokens):
    model = LSTMClassifier(embeddings={"good": [3.0]}, **SMALL).fit(tokens, LABELS)
    assert np.isfinite(model.predict_proba(tokens)).all()


def test_vectors_that_stand_still_may_have_a_rate(tokens):
    vectors = dict(zip(WORDS, VECTORS, strict=True))
    settings = {"embeddings": vectors, "freeze_embeddings": True, **SMALL}
    plain = LSTMClassifier(**settings).fit(tokens, LABELS)
    rated = LSTMClassifier(embedding_lr=1e-3, **settings).fit(tokens, LABELS)
    assert np.array_equal(rated.predict_proba(tokens), plain.predict_proba(tokens))


def test_vocabulary_says_how_many_ids_there_are(tokens):
    model = LSTMClassifier(embedding_dim=2, **SMALL).fit(tokens[:2], LABELS[:2])
    assert len(table_of(model)) == len(tokens.vocabulary) + 1


def test_ids_of_another_vocabulary_are_refused(tokens):
    model = LSTMClassifier(embedding_dim=2, **SMALL).fit(tokens, LABELS)
    with pytest.raises(InputError, match=r"LSTMClassifier\.predict: ids of another vocabulary"):
        model.predict(SequenceTokenizer().fit_transform(["something else"]))
    plain = SequenceArray(tokens.values, tokens.starts, tokens.lengths)
    assert (model.predict(plain) == model.predict(pickle.loads(pickle.dumps(tokens)))).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"embeddings": {"x": [1.0]}}, "holds none of the 7 tokens of X"),
        ({"embeddings": {"x": [1.0], "[PAD]": [0.0]}}, "holds none of the 7 tokens of X"),
        ({"embeddings": {"good": [1.0], "bad": [1.0, 2.0]}}, "must hold vectors of numbers, of one width"),
        ({"embeddings": {"good": 1.0}}, r"Got shape \(\) for 'good' where \(1,\) is needed\.$"),
        ({"embeddings": {"good": ["a"]}}, "must hold vectors of numbers"),
        ({"embeddings": (WORDS[:2], VECTORS)}, r"a row for every word\. Got 2 words and 3 rows\.$"),
        ({"embeddings": ("abc", VECTORS)}, "must be None or a dict of word to vector"),
        ({"embeddings": (["good", "bad", "good"], VECTORS)}, "Got 'good' more than once: keep one"),
        ({"embeddings": pd.DataFrame(VECTORS, ["film", "a", "film"])}, "Got 'film' more than once"),
        (
            {"embeddings": (WORDS, VECTORS), "embedding_dim": 4},
            'must be "auto" or the width of the embeddings',
        ),
        ({"embeddings": [1.0, 2.0]}, "must be None or a dict of word to vector"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(settings, sentence, tokens):
    with pytest.raises(ParameterError, match=sentence):
        LSTMClassifier(**settings, **SMALL).fit(tokens, LABELS)


def test_words_need_a_vocabulary():
    with pytest.raises(ParameterError, match="X is ids of unknown words"):
        LSTMClassifier(embeddings={"good": [1.0]}, **SMALL).fit([[1, 2], [2]], [0, 1])


def test_output_of_a_tokenizer_is_read_as_tokens_by_itself(tokens):
    model = LSTMClassifier(**SMALL).fit(tokens, LABELS)
    assert model.embedding_dim_ == 100
    assert table_of(model).shape == (len(tokens.vocabulary) + 1, 100)
    plain = SequenceArray(tokens.values, tokens.starts, tokens.lengths)
    assert (model.predict(plain) == model.predict(tokens)).all()
    for numbers in (
        LSTMClassifier(embedding_dim=None, **SMALL).fit(tokens, LABELS),
        LSTMClassifier(**SMALL).fit(plain, LABELS),
    ):
        assert not hasattr(numbers, "embedding_dim_")
        assert numbers.net_.module_.encoder.inputs.output_size == 1


@pytest.mark.parametrize(("n_words", "share", "features"), [(997, 0.0, 0.0), (998, 0.3, 0.5)])
def test_auto_drops_words_of_large_vocabularies(n_words, share, features):
    words = [[f"w{i}" for i in range(n_words)], ["w1"]]
    tokens = SequenceTokenizer().fit_transform(words)
    model = LSTMClassifier(**SMALL).fit(tokens, [0, 1])
    assert model.embedding_dropout_ == share
    assert model.net_.module_.encoder.inputs.words.strength == share
    assert model.input_dropout_ == model.net_.module_.encoder.entry.strength == features
    known = LSTMClassifier(embeddings={"w1": [1.0, 2.0]}, **SMALL).fit(tokens, [0, 1])
    assert known.embedding_dropout_ == known.input_dropout_ == 0.0


# ---------------------------------------------------------------------- noise


def test_embedding_dropout_drops_a_word_wherever_it_stands():
    table = TokenEmbedding(400, 3, dropout=0.25, generator=generator())
    seed_noise(table, generator())
    ids = torch.arange(400).repeat(2, 2)  # (2, 800): each id four times
    table.train()
    kept = (table(ids) / table.table(ids))[..., 0].view(4, 400)
    assert (kept == kept[0]).all()
    torch.testing.assert_close(kept[0], (kept[0] > 0).float() * 4 / 3)
    assert (kept[0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.07)
    assert torch.equal(table.eval()(ids), table.table(ids))


def test_input_dropout_is_the_same_at_every_step():
    noise = SteadyDropout(0.4)
    seed_noise(noise, generator())
    y = noise(torch.ones(50, 7, 20))
    assert (y == y[:, :1]).all()
    torch.testing.assert_close(y, (y > 0).float() / 0.6)
    assert len({tuple(row.tolist()) for row in y[:, 0]}) > 40


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_recurrent_dropout_is_a_layer_with_fewer_weights(cell, bidirectional):
    sizes = {"bidirectional": bidirectional, "memory": 9.0}
    layer = RecurrentLayer(cell, 4, 5, recurrent_dropout=0.5, generator=generator(), **sizes)
    seed_noise(layer, generator(3))
    x = torch.randn(3, 7, 4, generator=generator(1), requires_grad=True)
    lengths = torch.tensor([7, 2, 5])
    noisy = layer(x, lengths)

    # The same masks, drawn again, put on a copy's weights.
    plain = copy.deepcopy(layer).eval()
    drop = SeededDropout(0.5)
    seed_noise(drop, generator(3))
    masks = {}
    for name in ("ahead", "back")[: 1 + bidirectional]:
        weight = getattr(plain, name).weight_hh_l0
        masks[name] = drop(torch.ones_like(weight))
        assert set(masks[name].unique().tolist()) == {0.0, 2.0}
        with torch.no_grad():
            weight.mul_(masks[name])
    expected = plain(x, lengths)
    torch.testing.assert_close(noisy, expected)

    noisy.square().sum().backward()
    expected.square().sum().backward()
    for name, mask in masks.items():
        ours, theirs = getattr(layer, name).weight_hh_l0.grad, getattr(plain, name).weight_hh_l0.grad
        torch.testing.assert_close(ours, theirs * mask)
    layer.eval()
    assert torch.equal(layer(x, lengths), layer(x, lengths))


@pytest.mark.parametrize("leaf", [RNNClassifier, LSTMClassifier, GRUClassifier])
def test_noise_is_of_its_own_generators_and_repeats(leaf, tokens):
    noise = {"embedding_dropout": 0.2, "input_dropout": 0.2, "recurrent_dropout": 0.2}
    before = torch.random.get_rng_state()
    models = [leaf(embedding_dim=3, **noise, **SMALL).fit(tokens, LABELS) for _ in range(2)]
    assert torch.equal(torch.random.get_rng_state(), before)
    first, second = (model.predict_proba(tokens) for model in models)
    np.testing.assert_array_equal(first, second)
    quiet = leaf(embedding_dim=3, **SMALL).fit(tokens, LABELS).predict_proba(tokens)
    assert np.abs(first - quiet).max() > 1e-4


@pytest.mark.parametrize("name", ["embedding_dropout", "input_dropout", "recurrent_dropout"])
def test_each_noise_changes_the_training(name, tokens):
    quiet = LSTMClassifier(embedding_dim=3, **SMALL).fit(tokens, LABELS).predict_proba(tokens)
    noisy = LSTMClassifier(embedding_dim=3, **{name: 0.5}, **SMALL).fit(tokens, LABELS)
    assert np.abs(noisy.predict_proba(tokens) - quiet).max() > 1e-4
    with pytest.raises(ParameterError, match=f"The '{name}' parameter of LSTMClassifier must be .*a number"):
        LSTMClassifier(embedding_dim=3, **{name: 1.0}).fit(tokens, LABELS)


# ---------------------------------------------------------------------- ids beside numbers


def mixed(rng, n=60):
    """Steps of (id, number): the target is the sum of the numbers whose id is 2."""
    X = [
        np.column_stack([rng.integers(0, 4, size=length), rng.normal(size=length)])
        for length in rng.integers(1, 6, size=n)
    ]
    return X, np.array([x[x[:, 0] == 2, 1].sum() for x in X])


def test_mixed_steps_are_vectors_and_scaled_numbers_joined():
    values = torch.tensor([[[3.0, 2.0, 1.0, 16_777_215.0], [5.0, 0.0, 9.0, 16_777_214.0]]])
    few = TokenEmbedding(3, 2, generator=generator())
    many = TokenEmbedding(4, 3, generator=generator(1))
    numbers = Standardize(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 4.0]))
    inputs = MixedInputs({1: few, 3: many}, numbers)
    steps = inputs(values)
    assert steps.shape == (1, 2, inputs.output_size) == (1, 2, 7)
    torch.testing.assert_close(steps[0, 0, :2], few.table.weight[2])
    torch.testing.assert_close(steps[0, 1, :2], few.table.weight[0])
    assert not steps[..., 2:5].any()  # ids never seen
    torch.testing.assert_close(steps[0, :, 5:], torch.tensor([[1.0, -1.0], [2.0, 1.0]]))


def test_token_features_learn_what_numbers_cannot(rng):
    X, y = mixed(rng, 300)
    settings = {"hidden_size": 16, "lr": 0.02, "max_epochs": 25, "batch_size": 32, "random_state": 0}
    reads = LSTMRegressor(token_features=[0], embedding_dim=4, **settings).fit(X[:200], y[:200])
    assert reads.score(X[200:], y[200:]) > 0.8
    # Renamed ids are other numbers and the same tokens.
    renamed = np.array([3, 0, 7, 1])
    Z = [np.column_stack([renamed[x[:, 0].astype(int)], x[:, 1]]) for x in X]
    again = LSTMRegressor(token_features=[0], embedding_dim=4, **settings).fit(Z[:200], y[:200])
    assert again.score(Z[200:], y[200:]) > 0.8


def test_token_features_have_names_and_other_columns_are_optional(rng):
    X, y = mixed(rng, 12)
    frames = [pd.DataFrame(x, columns=["code", "amount"]) for x in X]
    by_name = LSTMRegressor(token_features=["code"], embedding_dim=2, **SMALL).fit(frames, y)
    by_number = LSTMRegressor(token_features=(0,), embedding_dim=2, **SMALL).fit(X, y)
    np.testing.assert_array_equal(by_name.predict(frames), by_number.predict(X))
    only = LSTMRegressor(token_features=[0, 1], embedding_dim=2, **SMALL)
    ids = [np.abs(np.rint(x)) for x in X]
    assert only.fit(ids, y).predict(ids).shape == (12,)
    assert only.net_.module_.encoder.inputs.numbers is None


def test_padding_and_company_change_no_mixed_prediction(rng):
    X, y = mixed(rng, 24)
    model = LSTMRegressor(token_features=[0], embedding_dim=2, recurrent_dropout=0.1, **SMALL).fit(X, y)
    together = model.predict(X)
    alone = np.concatenate([model.predict([x]) for x in X])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)
    padded = SequenceArray.from_list(X).to_padded(length=9)
    np.testing.assert_array_equal(model.predict(padded), together)
    single = model.predict([x.astype(np.float32) for x in X])
    np.testing.assert_allclose(single, together, rtol=1e-4, atol=1e-5)


def test_numbers_beside_many_ids_are_not_dropped():
    X = [[[float(i), 1.0]] for i in range(1000)]
    model = LSTMRegressor(token_features=[0], embedding_dim=2, **SMALL).fit(X, np.arange(1000.0))
    assert (model.embedding_dropout_, model.input_dropout_) == (0.3, 0.0)


@pytest.mark.parametrize(
    ("value", "told"),
    [(1.5, r"1\.5"), (-1.0, r"-1\.0"), (np.nan, "nan")],
    ids=["half", "negative", "missing"],
)
def test_ids_among_numbers_are_whole(value, told, rng):
    X, y = mixed(rng, 12)
    X[4] = np.vstack([X[4], [value, 0.5]])
    sentence = (
        rf"LSTMRegressor\.fit: {told} came at step {len(X[4]) - 1} of sequence 4, feature 0 "
        r"\(1 such steps\), but token_features holds it, and token ids are whole numbers >= 0"
    )
    with pytest.raises(InputError, match=sentence):
        LSTMRegressor(token_features=[0], embedding_dim=2, missing="mask", **SMALL).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        (
            {"token_features": [0], "embedding_dim": None},
            ParameterError,
            "token_features came, but columns of ids need embedding_dim",
        ),
        (
            {"token_features": [2], "embedding_dim": 2},
            InputError,
            "token_features names 2, but the 2 features",
        ),
        ({"token_features": ["a"], "embedding_dim": 2}, InputError, "token_features names 'a', but the 2"),
        ({"token_features": [], "embedding_dim": 2}, ParameterError, "or a list of columns"),
    ],
    ids=str,
)
def test_token_features_that_are_not_there_are_refused(settings, error, sentence, rng):
    with pytest.raises(error, match=sentence):
        LSTMRegressor(**settings, **SMALL).fit(*mixed(rng, 12))


# ---------------------------------------------------------------------- how fast vectors learn
def rates(model, part):
    """Peak learning rates of the weights whose name holds `part`, and of all others."""
    net = model.net_
    of = {id(p): g["share"] * net.lr for g in net.optimizer_.param_groups for p in g["params"]}
    named = [(part in name, round(of[id(p)], 6)) for name, p in net.module_.named_parameters()]
    return {rate for inside, rate in named if inside}, {rate for inside, rate in named if not inside}


def test_vectors_learn_at_a_rate_of_their_own(tokens, rng):
    settings = {"lr": 0.1, "embedding_lr": 0.02, **SMALL}
    assert rates(LSTMClassifier(**settings).fit(tokens, LABELS), ".table.") == ({0.02}, {0.1})
    X, y = mixed(rng, 12)
    several = LSTMRegressor(token_features=[0], embedding_dim=2, **settings).fit(X, y)
    assert rates(several, ".tables.") == ({0.02}, {0.1})
    texts = LSTMLanguageModel(tie_embeddings=True, **settings).fit(["abcabcabc"])
    assert rates(texts, ".table.") == ({0.02}, {0.1})
    own = {"optimizer__param_groups": [("*table.weight", {"lr": 0.3})]}
    told = LSTMClassifier(net_params=own, **settings).fit(tokens, LABELS)
    assert rates(told, ".table.") == ({0.3}, {0.1})
    own = {"optimizer__param_groups": [("head*", {"lr": 0.3})]}
    beside = LSTMClassifier(net_params=own, **settings).fit(tokens, LABELS)
    assert rates(beside, ".table.") == ({0.02}, {0.1, 0.3})
    assert rates(told.set_params(embedding_lr=None, net_params=None).fit(tokens, LABELS), "") == (
        {0.1},
        set(),
    )


# ---------------------------------------------------------------------- tokens in tables


def test_tokens_in_a_pandas_pipeline_stay_tokens(tokens):
    y = pd.Series(LABELS, index=np.random.default_rng(0).permutation(len(LABELS)))
    plain = make_pipeline(SequenceTokenizer(), LSTMClassifier(**SMALL)).fit(TEXTS, y)
    tables = clone(plain).set_output(transform="pandas").fit(TEXTS, y)
    assert np.array_equal(tables.predict_proba(TEXTS[::-1]), plain.predict_proba(TEXTS[::-1]))
    with config_context(transform_output="pandas"):
        configured = clone(plain).fit(TEXTS, y)
        assert np.array_equal(configured.predict_proba(TEXTS), plain.predict_proba(TEXTS))
    table = tokens.to_long()
    model = LSTMClassifier(**SMALL).fit(table, LABELS)
    assert np.array_equal(model.predict_proba(tokens), plain[-1].predict_proba(tokens))
    with pytest.raises(InputError, match=r"column 'x0' of type .* came, but values must be numbers"):
        LSTMClassifier(embedding_dim=None, **SMALL).fit(table, LABELS)


def test_summaries_count_tokens_in_tables(tokens):
    counts = SummaryFeatures().fit_transform(tokens)
    assert (SummaryFeatures().fit_transform(tokens.to_long()) != counts).nnz == 0


def test_several_ids_a_word_stay_ids_in_tables():
    X = [text.split() for text in TEXTS]
    y = [[word in ("good", "bad") for word in words] for words in X]
    plain = make_pipeline(
        WordFeatures(), GRUTagger(token_features="all", embedding_dim=3, crf=True, **SMALL)
    ).fit(X, y)
    tables = clone(plain).set_output(transform="pandas").fit(X, y)
    for mine, theirs in zip(tables.predict_proba(X), plain.predict_proba(X), strict=True):
        assert np.array_equal(mine, theirs)


def test_tables_between_steps_keep_the_order_of_folds():
    X = SequenceArray(np.arange(6.0), range(6), [1] * 6, ids=list("abcdef"))[[4, 0, 2]]
    out = PerTimestep(StandardScaler()).set_output(transform="pandas").fit_transform(X)
    assert out["x0"].rank().tolist() == [3.0, 1.0, 2.0]
    assert as_sequences(out).values[:, 0].tolist() == out["x0"].tolist()


def coded(codes, categories):
    """A long table of one categorical column, two steps a sequence."""
    index = pd.MultiIndex.from_product([range(len(codes) // 2), range(2)])
    return pd.DataFrame({"code": pd.Categorical(list(codes), categories=list(categories))}, index=index)


def test_categories_of_a_table_are_looked_up_by_name():
    codes = "abbaacbbcaabccab"
    model = LSTMClassifier(**SMALL).fit(coded(codes, "abc"), [0, 1] * 4)
    expected = model.predict_proba(coded(codes, "abc"))
    assert np.array_equal(model.predict_proba(coded(codes, "cbaz")), expected)
    assert np.array_equal(model.predict_proba(coded("abba", "ab")), expected[:2])
    new = model.predict_proba(coded("zaab", "abz"))
    beyond = model.predict_proba([[99, 0], [0, 1]])
    assert np.array_equal(new, beyond)


def test_several_categorical_columns_are_looked_up_by_name():
    first, second = coded("abbaacbbcaabccab", "abc"), coded("xyxxyyxyxyxxyyxy", "xy")
    model = GRUClassifier(**SMALL).fit(first.assign(kind=second["code"]), [0, 1] * 4)
    other = coded("abbaacbbcaabccab", "qcba").assign(kind=coded("xyxxyyxyxyxxyyxy", "yx")["code"])
    assert np.array_equal(model.predict_proba(other), model.predict_proba(first.assign(kind=second["code"])))
    counts = SummaryFeatures().fit(first.assign(kind=second["code"]))
    assert (counts.transform(other) != counts.transform(first.assign(kind=second["code"]))).nnz == 0


def test_ids_that_are_no_numbering_are_refused():
    customers = [[10_000_000_000, 3], [7]] * 4
    with pytest.raises(InputError, match=r"^LSTMClassifier: ids up to 10,000,000,000 came in 12 steps, but"):
        LSTMClassifier(embedding_dim=4, **SMALL).fit(customers, [0, 1] * 4)
    events = [np.array([[10_000_000_000, 0.5], [1, 0.1]]), np.array([[2, 0.3]])] * 4
    with pytest.raises(InputError, match=r"which would take 4,768 GiB\. Number those that occur"):
        LSTMRegressor(token_features=[0], **SMALL).fit(events, np.arange(8.0))


def test_tokens_become_no_array_unasked(tokens):
    with pytest.raises(InputError, match=r"Put the tokenizer into the estimator, as in BaggingClassifier\("):
        np.asarray(tokens)
    assert np.asarray(tokens[:2]).shape == (2, 2, 1)


def test_categories_among_numbers_are_ids(rng):
    codes, much = "abbaacbbcaabccab", rng.normal(size=16)
    table = coded(codes, "abc").assign(much=much)
    numbered = table.assign(code=table["code"].cat.codes)
    settings = {"embedding_dim": 3, **SMALL}
    model = LSTMRegressor(**settings).fit(table, np.arange(8.0))
    told = LSTMRegressor(token_features=["code"], **settings).fit(numbered, np.arange(8.0))
    assert np.array_equal(model.predict(table), told.predict(numbered))
    other = coded(codes, "qcba").assign(much=much)
    assert np.array_equal(model.predict(other), model.predict(table))
    assert LSTMRegressor(**SMALL).fit(table, np.arange(8.0)).embedding_dim_ == 32
    both = LSTMRegressor(token_features=["sort"], **settings).fit(table.assign(sort=1), np.arange(8.0))
    assert both._token_columns == [0, 2]
    with pytest.raises(
        ParameterError, match="WordFeatures or categories as X came, but columns of ids need embedding_dim"
    ):
        LSTMRegressor(embedding_dim=None, **SMALL).fit(table, np.arange(8.0))


def test_categories_among_numbers_come_back(rng):
    table = coded("abbaacbb", "abc").assign(much=rng.normal(size=8)).rename_axis(["id", "t"])
    sequences = SequenceArray.from_long(table)
    pd.testing.assert_frame_equal(sequences.to_long(), table)
    assert sequences[[2, 0]].to_long()["code"].tolist() == list("acab")
    names = SummaryFeatures().fit(table).get_feature_names_out().tolist()
    assert names[-4:] == ["length", "code=a", "code=b", "code=c"]
    assert SummaryFeatures().fit_transform(table).toarray()[:, -3:].tolist() == [
        [1, 1, 0],
        [1, 1, 0],
        [1, 0, 1],
        [0, 2, 0],
    ]
    with pytest.raises(InputError, match=r"values must be numbers\. Only networks and SummaryFeatures read"):
        PerTimestep(StandardScaler()).fit(table)


def test_ids_are_refused_where_training_had_numbers(rng):
    table = coded("abbaacbb", "abc").assign(much=rng.normal(size=8))
    numbers = table.assign(code=table["code"].cat.codes)
    model = LSTMRegressor(**SMALL).fit(numbers, np.arange(4.0))
    with pytest.raises(InputError, match=r"predict: ids came as feature 'code', which was numbers in fit\."):
        model.predict(table)


def test_categories_are_exchanged_as_a_feature(rng):
    table = coded("abbaacbb" * 4, "abc").assign(much=rng.normal(size=32))
    y = np.repeat([0.0, 1.0], 8)
    model = LSTMRegressor(**SMALL).fit(table, y)
    found = sequence_permutation_importance(model, table, y, n_blocks=2, n_repeats=1, random_state=0)
    assert found.channels.index.tolist() == ["code", "much"]
    assert found.baseline == pytest.approx(model.score(table, y))


def test_texts_beside_numbers_are_told_what_to_become():
    table = coded("ab" * 8, "ab").assign(code=["a", "b"] * 8, much=0.5)
    with pytest.raises(
        InputError, match=r"make it categorical, as table\.astype\(\{'code': 'category'\}\) of"
    ):
        LSTMRegressor(**SMALL).fit(table, np.arange(8.0))
    LSTMRegressor(**SMALL).fit(table.astype({"code": "category"}), np.arange(8.0))


def test_forecasters_read_no_tokens(tokens):
    several = WordFeatures(min_count=1).fit_transform([text.split() for text in TEXTS])
    for X in (tokens, several):
        with pytest.raises(InputError, match=r"\.fit: tokens came, but a forecaster reads numbers"):
            NaiveForecaster().fit(X)
