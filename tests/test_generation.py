"""What language models write: the step equals the kernel, the state is kept, and every argument counts."""

import itertools

import numpy as np
import pytest

from sksequence import GRULanguageModel, LSTMLanguageModel, RNNLanguageModel, SequenceTokenizer
from sksequence.exceptions import InputError, ParameterError
from sksequence.language.reading import last_states
from sksequence.language.sampling import Sampling
from sksequence.language.stepper import Stepper

SMALL = {"embedding_dim": 8, "hidden_size": 12, "bptt": 16, "lr": 0.02, "random_state": 0}
TEXT = "the cat sat on the mat. a dog ran to the cat! on and on ran the dog. " * 6
KINDS = [
    RNNLanguageModel(num_layers=2, max_epochs=10, **SMALL),
    RNNLanguageModel(nonlinearity="relu", max_epochs=10, **SMALL),
    LSTMLanguageModel(max_epochs=10, **SMALL),
    LSTMLanguageModel(num_layers=3, layer_norm=True, tie_embeddings=True, max_epochs=10, **SMALL),
    GRULanguageModel(num_layers=2, max_epochs=10, **SMALL),
    GRULanguageModel(tie_embeddings=True, max_epochs=10, **(SMALL | {"embedding_dim": 12})),
]
PROMPTS = ["the cat", "a", "", "on and on ran the", "dog"]


@pytest.fixture(scope="module", params=KINDS, ids=range(len(KINDS)))
def fitted(request):
    return request.param.fit(TEXT)


@pytest.fixture(scope="module")
def model():
    """The one for questions about arguments."""
    return LSTMLanguageModel(max_epochs=40, **(SMALL | {"hidden_size": 24})).fit(TEXT)


@pytest.fixture(scope="module")
def words():
    """A model of words, with unknown ones in its training text."""
    texts = [f"the {('cat', 'dog')[i % 2]} sat on a mat , and it {i} ." for i in range(40)]
    return LSTMLanguageModel(tokenizer=SequenceTokenizer(min_df=2), max_epochs=40, **SMALL).fit(texts)


# ---------------------------------------------------------------------- the state
@pytest.mark.parametrize("table_size", [0, 1 << 22])
def test_state_kept_equals_reading_again(fitted, table_size, monkeypatch):
    monkeypatch.setattr("sksequence.language.stepper._TABLE_SIZE", table_size)
    network = fitted._reader()
    scores, states = last_states(network, fitted._read(PROMPTS, "generate"))
    stepper, texts = Stepper(network, states), list(PROMPTS)
    np.testing.assert_allclose(stepper.scores(scores_input(fitted, states)), scores, atol=1e-5)
    for token in "at the":
        id_of_token = fitted.tokens_.tolist().index(token)
        scores = stepper.step(np.full(len(texts), id_of_token))
        texts = [text + token for text in texts]
        again, states = last_states(network, fitted._read(texts, "generate"))
        np.testing.assert_allclose(scores, again, atol=1e-5)
        for ours, expected in zip(stepper.states, states, strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-5)


def scores_input(fitted, states):
    """Output of the last layer from its state."""
    stepper = Stepper(fitted._reader(), states)
    return stepper.layers[-1].output(states[-1][0])


def test_texts_of_one_step_and_of_many_are_those_of_reading_again(fitted):
    for prompt in PROMPTS:
        text = prompt
        for _ in range(12):
            text += fitted.predict([text])[0]
        assert prompt + fitted.generate(prompt, max_tokens=12, temperature=0) == text


# ---------------------------------------------------------------------- seeds and prompts
def test_same_seed_same_text(fitted):
    one = fitted.generate("the", max_tokens=50, random_state=1)
    assert one == fitted.generate("the", max_tokens=50, random_state=1)
    assert one != fitted.generate("the", max_tokens=50, random_state=2)
    state = np.random.RandomState(7)
    assert fitted.generate("the", random_state=state) != fitted.generate("the", random_state=state)


def test_a_text_does_not_depend_on_prompts_after_it(fitted):
    several = fitted.generate(PROMPTS, max_tokens=30, random_state=0)
    for n in (1, 3):
        assert fitted.generate(PROMPTS[:n], max_tokens=30, random_state=0) == several[:n]
    assert fitted.generate(PROMPTS[0], max_tokens=30, random_state=0) == several[0]
    same = fitted.generate(["the"] * 8, max_tokens=30, random_state=0)
    assert len(set(same)) > 4


def test_streamed_pieces_are_the_generated_text(model, words):
    for each, prompt in ((model, "the c"), (words, "the cat")):
        whole = each.generate(prompt, max_tokens=40, random_state=5)
        pieces = list(each.stream(prompt, max_tokens=40, random_state=5))
        assert "".join(pieces) == whole
        assert len(pieces) > 3
    endless = model.stream("the", random_state=0)
    assert len("".join(itertools.islice(endless, 60))) == 60


# ---------------------------------------------------------------------- when a text ends
def test_max_tokens_is_the_most(model):
    assert len(model.generate("the", max_tokens=1)) == 1
    assert max(map(len, model.generate(["the", "a"] * 20, max_tokens=25, random_state=0))) == 25


def test_texts_end_where_the_model_ends_them():
    model = GRULanguageModel(max_epochs=60, **SMALL).fit(["abc", "abcd"] * 40)
    texts = model.generate([""] * 200, max_tokens=10, random_state=0)
    ends = [text for text in texts if text in ("abc", "abcd")]
    assert len(ends) > 180
    assert set(ends) == {"abc", "abcd"}
    assert model.generate("abcd", temperature=0) == ""


def test_stop_ends_a_text_before_the_first_of_several(model):
    settings = {"max_tokens": 120, "random_state": 0}
    whole = model.generate("the", **settings)
    places = [whole.find(stop) for stop in (". ", "ran")]
    assert min(places) > 0
    assert model.generate("the", stop=". ", **settings) == whole[: places[0]]
    assert model.generate("the", stop=["ran", ". "], **settings) == whole[: min(places)]
    assert model.generate("the", stop="never", **settings) == whole
    several = model.generate(["the", "a dog", "on"], stop=["."], **settings)
    assert several == [t.split(".")[0] for t in model.generate(["the", "a dog", "on"], **settings)]


def test_streamed_pieces_end_before_a_stop_as_the_generated_text_does(model, words):
    for each, stop in ((model, "e"), (model, ["at", "ran to", "t "]), (words, "mat ,"), (words, "never")):
        for seed in range(5):
            settings = {"max_tokens": 60, "random_state": seed, "stop": stop}
            assert "".join(each.stream("the", **settings)) == each.generate("the", **settings)


def test_a_stream_holds_back_no_more_than_may_begin_a_stop(model):
    settings = {"max_tokens": 60, "random_state": 0}
    freely, held = (list(model.stream("the", **settings, **more)) for more in ({}, {"stop": "at?"}))
    assert "at" in "".join(freely)
    assert "".join(held) == "".join(freely)
    assert {len(piece) for piece in held} >= {1, 3}
    assert all(piece[0] == "a" for piece in held if len(piece) > 1)


def test_one_prompt_is_streamed(model, words):
    assert list(model.stream(["the"], max_tokens=9, random_state=0)) == list(
        model.stream("the", max_tokens=9, random_state=0)
    )
    for several in (["the", "a"], []):
        with pytest.raises(InputError, match=r"(2 prompts|0 sample\(s\)) came"):
            model.stream(several)


# ---------------------------------------------------------------------- words and ids
def test_words_are_joined_as_the_tokenizer_joins_them(words):
    text = words.generate("the", temperature=0, max_tokens=20)
    assert text.startswith(("cat sat on a mat ,", "dog sat on a mat ,"))
    assert words.generate("the", temperature=0, stop="mat") == text.split("mat")[0]


def test_what_stands_for_no_text_is_never_written(words):
    unknown = words.tokens_.tolist().index("[UNK]")
    assert words.predict_proba("the cat sat on a mat , and it")[0, unknown] > 0.5
    texts = words.generate(["the cat sat on a mat , and it"] * 50, random_state=0, max_tokens=3)
    assert not any("[" in text for text in texts)


def test_ids_are_written_as_ids():
    model = LSTMLanguageModel(max_epochs=40, **SMALL).fit([0, 1, 2, 3] * 40)
    assert model.generate([0, 1], max_tokens=5, temperature=0).tolist() == [2, 3, 0, 1, 2]
    both = model.generate([[0, 1], [3]], max_tokens=5, temperature=0, stop=1)
    assert [ids.tolist() for ids in both] == [[2, 3, 0], [0]]
    assert list(model.stream([0, 1], max_tokens=3, temperature=0)) == [2, 3, 0]
    assert list(model.stream([0, 1], max_tokens=9, temperature=0, stop=[1, 7])) == [2, 3, 0]


def test_without_a_prompt_ids_are_written_from_the_beginning():
    model = GRULanguageModel(max_epochs=2, **SMALL).fit([[3, 0, 2], [2, 0, 2, 1]])
    written = model.generate(max_tokens=5, random_state=0)
    assert written.dtype.kind == "i"
    assert model.generate("", max_tokens=5, random_state=0).tolist() == written.tolist()
    assert list(model.stream(max_tokens=5, random_state=0)) == written.tolist()
    with pytest.raises(InputError, match="fitted on token ids"):
        model.generate("a")


def test_lists_of_words_give_lists_of_words():
    sentences = [["the", "cat", "sat"], ["the", "dog", "sat"]] * 10
    model = GRULanguageModel(tokenizer=SequenceTokenizer(), max_epochs=40, **SMALL).fit(sentences)
    assert model.generate([["the", "cat"]], max_tokens=1, temperature=0) == [["sat"]]
    settings = {"max_tokens": 30, "random_state": 0}
    (whole,) = model.generate([["the"]], **settings)
    assert whole.index("sat") == 1
    for stop, n in (("sat", 1), (["sat", whole[0]], 0), ("s", len(whole))):
        assert model.generate([["the"]], stop=stop, **settings) == [whole[:n]]
        assert list(model.stream([["the"]], stop=stop, **settings)) == whole[:n]
    with pytest.raises(ParameterError, match="one or several words"):
        model.generate([["the"]], stop=3)


# ---------------------------------------------------------------------- sampling
def test_temperature_divides_the_scores(rng):
    scores = rng.normal(size=(3, 6))
    for temperature in (0.5, 1.0, 2.0):
        weights = Sampling(temperature).weights(scores)
        expected = np.exp(scores / temperature)
        np.testing.assert_allclose(
            weights / weights.sum(1, keepdims=True), expected / expected.sum(1, keepdims=True)
        )


def test_temperatures_near_zero_take_the_likeliest(rng):
    scores = rng.normal(size=(3, 6))
    for temperature in (1e-12, 1e-320):
        tokens = Sampling(temperature).draw(scores, rng.random(3))
        assert tokens.tolist() == scores.argmax(axis=1).tolist()


def test_a_generator_is_no_random_state(model):
    with pytest.raises(ParameterError, match=r"'random_state' argument must be None, an int >= 0"):
        model.generate("the", random_state=np.random.default_rng(0))


def test_top_k_leaves_the_k_likeliest(rng):
    scores = rng.normal(size=(5, 9))
    for k in (1, 4, 9, 20):
        weights = Sampling(top_k=k).weights(scores)
        for row, kept in zip(scores, weights > 0, strict=True):
            assert set(np.flatnonzero(kept)) == set(np.argsort(-row)[:k])


def test_top_p_leaves_the_fewest_that_reach_the_share(rng):
    scores = rng.normal(size=(20, 9))
    for share in (0.1, 0.5, 0.9):
        weights = Sampling(top_p=share).weights(scores)
        for row, kept in zip(scores, weights > 0, strict=True):
            p = np.exp(row) / np.exp(row).sum()
            ranked = np.argsort(-p)
            n = next(n for n in range(1, 10) if p[ranked[:n]].sum() >= share)
            assert set(np.flatnonzero(kept)) == set(ranked[:n])


def test_draws_have_the_probabilities_of_the_scores(rng):
    scores = np.tile([np.log(0.1), -np.inf, np.log(0.6), np.log(0.3)], (20_000, 1))
    tokens = Sampling().draw(scores, rng.random(20_000))
    shares = np.bincount(tokens, minlength=4) / 20_000
    np.testing.assert_allclose(shares, [0.1, 0, 0.6, 0.3], atol=0.015)
    assert Sampling().draw(scores[:2], np.array([0.0, 1 - 1e-16])).tolist() == [0, 3]


def test_generated_texts_follow_the_model(model):
    """Shares of first tokens among many texts are the probabilities that the model gives."""
    texts = model.generate(["the "] * 4000, max_tokens=1, random_state=0)
    proba = model.predict_proba(["the "])[0]
    for token, p in zip(model.tokens_[:-1], proba, strict=False):
        assert sum(text == token for text in texts) / 4000 == pytest.approx(p, abs=0.03)


@pytest.mark.parametrize(
    ("argument", "value", "needed"),
    [
        ("max_tokens", 0, "an int >= 1"),
        ("temperature", -1.0, "a finite number >= 0"),
        ("temperature", np.inf, "a finite number >= 0"),
        ("top_k", 0, "an int >= 1 or None"),
        ("top_p", 0.0, "a number > 0 and <= 1"),
        ("stop", "", "None or one or several strings that are not empty"),
        ("stop", [3], "None or one or several strings that are not empty"),
        ("stop", 3.5, "None or one or several strings that are not empty"),
    ],
)
def test_arguments_that_are_not_allowed_are_refused(model, argument, value, needed):
    sentence = f"The '{argument}' argument of LSTMLanguageModel.generate must be {needed}. Got"
    with pytest.raises(ParameterError) as caught:
        model.generate("the", **{argument: value})
    assert str(caught.value).startswith(sentence)
