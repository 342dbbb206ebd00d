"""SequenceTokenizer: texts to sequences of token ids."""

import pickle
import re
import sys
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import LSTMClassifier, SequenceArray, SequenceTokenizer, WordFeatures
from sksequence.exceptions import InputError, MissingDependencyError, ParameterError
from sksequence.preprocessing.vocabulary import count_tokens

TEXTS = [
    "A good film, a very good one!",
    "Not a good film.",
    "The café's owner didn't like it ... at all!!!",
    "Is it good? Is it bad?",
]


def ids(sequences):
    return [sequence.ravel().tolist() for sequence in sequences]


@pytest.fixture
def many(rng):
    """300 texts of 1 to 60 words out of 200, common and rare ones."""
    words = np.array([f"w{i}" for i in range(200)])
    return [" ".join(words[(200 * rng.random(n) ** 3).astype(int)]) for n in rng.integers(1, 61, size=300)]


# ---------------------------------------------------------------------- against CountVectorizer


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"lowercase": False},
        {"strip_accents": "unicode"},
        {"strip_accents": "ascii", "stop_words": "english"},
        {"stop_words": ["good", "a"]},
        {"token_pattern": r"\b\w\w+\b"},
        {"token_pattern": r"(\w)\w*"},
        {"preprocessor": str.upper},
        {"tokenizer": str.split, "token_pattern": None},
        {"min_df": 2},
        {"min_df": 0.5, "max_df": 0.75},
        {"max_df": 2},
    ],
    ids=str,
)
def test_tokens_and_their_counts_are_those_of_count_vectorizer(settings):
    ours = SequenceTokenizer(**{k: v for k, v in settings.items() if v is not None})
    counter = CountVectorizer(**({"token_pattern": SequenceTokenizer().token_pattern} | settings))
    expected = counter.fit_transform(TEXTS).toarray()
    tokens = ours.fit_transform(TEXTS)
    names = ours.get_feature_names_out()
    assert set(names[2:]) == set(counter.get_feature_names_out())
    counts = np.array([np.bincount(row, minlength=len(names)) for row in ids(tokens)])
    columns = [counter.vocabulary_[name] for name in names[2:]]
    np.testing.assert_array_equal(counts[:, 2:], expected[:, columns])


def test_ids_follow_the_frequency_then_the_alphabet(many):
    tokenizer = SequenceTokenizer().fit(many)
    words = " ".join(many).split()
    names = tokenizer.get_feature_names_out()[2:].tolist()
    assert names == sorted(set(words), key=lambda word: (-words.count(word), word))
    assert list(tokenizer.vocabulary_.values()) == list(range(tokenizer.n_tokens_))


def test_counts_by_blocks_are_those_of_the_whole(rng, monkeypatch):
    monkeypatch.setattr("sksequence.preprocessing.vocabulary._BLOCK_TOKENS", 50)
    lengths = rng.integers(1, 90, size=40)
    texts = [rng.integers(0, 30, size=n) for n in lengths]
    counts, text_counts = count_tokens(np.concatenate(texts).astype(np.int32), lengths, 31)
    for token in range(31):
        assert counts[token] == sum((text == token).sum() for text in texts)
        assert text_counts[token] == sum(token in text for text in texts)


def test_max_features_keeps_the_commonest(many):
    everything = SequenceTokenizer().fit(many).get_feature_names_out()
    kept = SequenceTokenizer(max_features=7).fit(many)
    assert kept.get_feature_names_out().tolist() == everything[:9].tolist()
    assert kept.n_tokens_ == 9


# ---------------------------------------------------------------------- what comes out


def test_fit_transform_is_fit_then_transform(many):
    settings = {"min_df": 3, "max_features": 60, "max_length": 20, "truncate": "middle", "add_end": True}
    once, twice = SequenceTokenizer(**settings), SequenceTokenizer(**settings).fit(many)
    tokens = once.fit_transform(many)
    assert ids(tokens) == ids(twice.transform(many))
    assert once.vocabulary_ == twice.vocabulary_
    assert tokens.dtype == np.int32


def test_default_pattern_keeps_signs_and_apostrophes():
    tokenizer = SequenceTokenizer()
    tokens = tokenizer.inverse_transform(tokenizer.fit_transform(["It's 5 o\u2019clock... NO!!! (don't)?"]))
    assert tokens == ["it's 5 o\u2019clock ... no !!! ( don't ) ?"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया", "।"]),
        ("বাংলা ভাষা", ["বাংলা", "ভাষা"]),
        ("தமிழ் மொழி.", ["தமிழ்", "மொழி", "."]),
        ("مَرْحَبًا שָׁלוֹם", ["مَرْحَبًا", "שָׁלוֹם"]),
        ("cafe\u0301 \u0645\u06cc\u200c\u062e", ["cafe\u0301", "\u0645\u06cc\u200c\u062e"]),
        ("\u2764\ufe0f \U0001f44d\U0001f3fd!!", ["\u2764\ufe0f", "\U0001f44d\U0001f3fd", "!!"]),
        ("\U0001f468\u200d\U0001f467\U0001f44d", ["\U0001f468\u200d\U0001f467", "\U0001f44d"]),
    ],
)
def test_default_pattern_keeps_marks_with_their_letters(text, words):
    pieces = SequenceTokenizer().fit([text])
    names = dict(map(reversed, pieces.vocabulary_.items()))
    assert [names[int(i)] for i in pieces.transform([text])[0].ravel()] == words


@pytest.mark.parametrize(
    ("truncate", "expected"), [("right", "a b c d"), ("left", "e f g h"), ("middle", "a b g h")]
)
def test_max_length_keeps_head_tail_or_both(truncate, expected):
    texts = ["a b c d e f g h", "a b"]
    tokenizer = SequenceTokenizer(max_length=4, truncate=truncate, vocabulary=list("abcdefgh"))
    assert tokenizer.inverse_transform(tokenizer.fit_transform(texts)) == [expected, "a b"]
    assert tokenizer.inverse_transform(tokenizer.transform(texts)) == [expected, "a b"]
    # What was cut away is not counted.
    assert set(SequenceTokenizer(max_length=4, truncate=truncate).fit(texts).vocabulary_) == {
        "[PAD]",
        "[UNK]",
        *expected.split(),
        *texts[1].split(),
    }


def test_start_and_end_count_as_steps():
    tokenizer = SequenceTokenizer(max_length=4, add_start=True, add_end=True)
    tokens = tokenizer.fit_transform(["b b a a a", ""])
    assert tokenizer.get_feature_names_out().tolist() == ["[PAD]", "[UNK]", "[START]", "[END]", "b"]
    assert ids(tokens) == [[2, 4, 4, 3], [2, 3]]
    assert tokenizer.inverse_transform(tokens) == ["b b", ""]
    with pytest.raises(ParameterError, match=r"must be an int > 2, since start and end count\. Got 2"):
        tokenizer.set_params(max_length=2).fit(["a"])


def test_unknown_and_empty_texts_become_unknown_tokens():
    tokenizer = SequenceTokenizer().fit(["a b"])
    assert ids(tokenizer.transform(["c a", "", "[PAD]"])) == [[1, 2], [1], [1, 1, 1]]
    words = SequenceTokenizer().fit([["a", "[PAD]", "[UNK]"]])
    assert words.vocabulary_ == {"[PAD]": 0, "[UNK]": 1, "[pad]": 2, "[unk]": 3, "a": 4}
    exact = SequenceTokenizer(lowercase=False).fit([["a", "[PAD]", "[UNK]"]])
    assert ids(exact.transform([["a", "[PAD]", "[UNK]"], []])) == [[2, 1, 1], [1]]
    assert ids(exact.fit_transform([["a", "[PAD]", "[UNK]"], []])) == [[2, 1, 1], [1]]


def test_characters_keep_white_space():
    tokenizer = SequenceTokenizer(analyzer="char", lowercase=False)
    tokens = tokenizer.fit_transform(["To be,\nor not", "No"])
    assert tokens.lengths.tolist() == [13, 2]
    assert tokenizer.inverse_transform(tokens) == ["To be,\nor not", "No"]


def test_function_as_analyzer_does_everything():
    tokenizer = SequenceTokenizer(analyzer=lambda text: reversed(text.split()))
    tokens = tokenizer.fit_transform(["A b", "b C b"])
    assert tokenizer.inverse_transform(tokens) == ["b A", "b C b"]


def test_lists_of_tokens_are_not_cut_again():
    sentences = [["New York", "is", "big"], np.array(["Is", "it"]), ("New York",)]
    tokenizer = SequenceTokenizer()
    tokens = tokenizer.fit_transform(sentences)
    assert tokens.lengths.tolist() == [3, 2, 1]
    assert tokenizer.inverse_transform(tokens) == [["new york", "is", "big"], ["is", "it"], ["new york"]]


@pytest.mark.parametrize("vocabulary", [["film", "good", "film"], {"good": 5, "film": 2}], ids=type)
def test_given_vocabulary_sets_the_order_of_ids(vocabulary):
    tokenizer = SequenceTokenizer(vocabulary=vocabulary)
    assert ids(tokenizer.fit_transform(["a good film"])) == [[1, 3, 2]]
    again = SequenceTokenizer(vocabulary=tokenizer.get_feature_names_out()).fit(["film"])
    assert again.vocabulary_ == tokenizer.vocabulary_


def test_a_set_as_vocabulary_is_sorted():
    words = [f"w{i:03}" for i in range(200)]
    for kind in (set, frozenset):
        assert list(SequenceTokenizer(vocabulary=kind(words)).fit(["w007"]).vocabulary_)[2:] == words
    numbers = {word: i for i, word in enumerate(reversed(words))}
    assert list(SequenceTokenizer(vocabulary=numbers.keys()).fit(["w007"]).vocabulary_)[2:] == words[::-1]


def test_a_vocabulary_of_none_of_the_tokens_is_told():
    sentence = (
        "SequenceTokenizer.fit_transform: all tokens of the texts, such as 'good', are unknown, since "
        "`vocabulary` holds none of them. Check that both are cut alike: analyzer, and lowercase."
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(sentence)}$"):
        SequenceTokenizer(vocabulary=["Good", "g"]).fit_transform(["good film"])
    SequenceTokenizer(vocabulary=["good"]).fit(["", " "])  # warnings are errors here
    with pytest.raises(
        ParameterError, match=r"must be None or a collection of at least one token\. Got \[\]"
    ):
        SequenceTokenizer(vocabulary=[]).fit(["a"])


def test_special_names_get_no_second_id():
    tokenizer = SequenceTokenizer(vocabulary=["[UNK]", "a"], add_start=True).fit(["a"])
    assert tokenizer.vocabulary_ == {"[PAD]": 0, "[UNK]": 1, "[START]": 2, "a": 3}


def test_sequences_carry_the_vocabulary():
    tokenizer = SequenceTokenizer()
    tokens = tokenizer.fit_transform(TEXTS)
    names = tuple(tokenizer.get_feature_names_out())
    shuffled = tokens[[2, 0]]
    for sequences in (tokens, shuffled, shuffled.compact(), pickle.loads(pickle.dumps(shuffled))):
        assert sequences.vocabulary == names
    assert tokens.astype(np.int64).vocabulary == names
    assert tokens.astype(np.float64).vocabulary is None
    assert tokens.with_values(tokens.values + 1).vocabulary is None
    assert SequenceArray([1, 2], [0], [2]).vocabulary is None


def test_pandas_output_is_a_long_table():
    tokenizer = SequenceTokenizer().set_output(transform="pandas")
    table = tokenizer.fit_transform(["a b", "a"])
    assert table.index.tolist() == [(0, 0), (0, 1), (1, 0)]
    assert table.iloc[:, 0].tolist() == ["a", "b", "a"]
    assert table.iloc[:, 0].cat.categories.tolist() == tokenizer.get_feature_names_out().tolist()
    assert tokenizer.inverse_transform(table) == ["a b", "a"]


# ---------------------------------------------------------------------- what goes in


def polars_series(texts, kind, *options):
    polars = pytest.importorskip("polars")
    return polars.Series(texts).cast(getattr(polars, kind)(*options))


def columns():
    yield "list", lambda texts: texts
    yield "tuple", tuple
    yield "iterator", iter
    yield "array", np.array
    yield "column of an array", lambda texts: np.array(texts, dtype=object)[:, None]
    yield "Series", lambda texts: pd.Series(texts, index=range(7, 7 + len(texts)))
    yield "string Series", lambda texts: pd.Series(texts, dtype="string")
    yield "DataFrame", lambda texts: pd.DataFrame({"text": texts})
    yield "polars", lambda texts: pytest.importorskip("polars").Series(texts)
    yield "polars frame", lambda texts: pytest.importorskip("polars").DataFrame({"text": texts})
    yield "categories", lambda texts: pd.Series(texts, dtype="category")
    yield "categories of polars", lambda texts: polars_series(texts, "Categorical")
    yield "enumeration of polars", lambda texts: polars_series(texts, "Enum", sorted(set(texts)))
    yield "dictionary of Arrow", lambda texts: pytest.importorskip("pyarrow").array(texts).dictionary_encode()
    yield "Arrow", lambda texts: pytest.importorskip("pyarrow").array(texts)
    yield "chunks", lambda texts: pytest.importorskip("pyarrow").chunked_array([texts[:2], texts[2:]])
    yield "Arrow table", lambda texts: pytest.importorskip("pyarrow").table({"text": texts})


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in columns()])
def test_every_column_of_texts_is_read_alike(make):
    assert ids(SequenceTokenizer().fit_transform(make(TEXTS))) == ids(
        SequenceTokenizer().fit_transform(TEXTS)
    )


@pytest.mark.parametrize("reader", [SequenceTokenizer, WordFeatures])
@pytest.mark.parametrize("make", [pd.Series, "polars", "polars frame", "Arrow"])
def test_columns_of_words_are_read_as_lists_of_them(reader, make):
    words = [["good", "film"], ["bad"], ["bad", "film"]]
    each = [pd.Series(sentence) for sentence in words]
    assert np.array_equal(reader().fit_transform(each).values, reader().fit_transform(words).values)
    column = make(words) if callable(make) else dict(columns())[make](words)
    found, expected = reader().fit_transform(column), reader().fit_transform(words)
    assert np.array_equal(found.values, expected.values)
    assert found.lengths.tolist() == [2, 1, 2]


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        ("a text", "X of type str came, but a collection of texts is needed. Pass a list of strings: [text]"),
        ({"a": "b"}, "X of type dict came, but a collection of texts is needed."),
        (None, "X of type NoneType came, but a collection of texts is needed."),
        (
            ["a", None],
            "text 1 is None of type NoneType, but a string is needed. Fill what is missing with ''",
        ),
        (["a", np.nan], "text 1 is nan of type float, but a string is needed."),
        ([3, "a"], "text 0 is 3 of type int, but a string is needed."),
        (["a", ["b"]], "text 1 is ['b'] of type list, but a string is needed."),
        ([b"a"], "text 0 is b'a' of type bytes, but a string is needed. Decode it: text.decode()."),
        ([["a"], None], "text 1 is None of type NoneType, but a list of tokens is needed, as text 0 is."),
        ([["a"], ["b", None]], "token 1 of text 1 is None of type NoneType, but a string is needed."),
        (np.array([["a", "b"]]), "a table of shape (1, 2) came, but one column of texts is needed."),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "a table of shape (1, 2) came, but one column of texts"),
        ([], "0 texts came, but at least 1 is needed. Check how X was made."),
        ([" ", ""], "2 texts came in which no token is left for the vocabulary, but at least 1 is needed."),
    ],
    ids=str,
)
def test_what_is_no_text_is_refused(X, sentence):
    with pytest.raises(InputError, match=re.escape(f"SequenceTokenizer.fit: {sentence}")):
        SequenceTokenizer().fit(X)


def test_columns_with_missing_texts_are_refused():
    for column in (pd.Series(["a", None]), pd.Series(["a", None], dtype="string")):
        with pytest.raises(InputError, match=r"text 1 is .* but a string is needed"):
            SequenceTokenizer().fit(["a"]).transform(column)


def test_transform_of_no_text_is_empty():
    tokens = SequenceTokenizer().fit(["a"]).transform([])
    assert len(tokens) == 0
    assert tokens.is_tokens


def test_unfitted_and_foreign_ids_are_refused():
    with pytest.raises(NotFittedError):
        SequenceTokenizer().transform(["a"])
    tokenizer = SequenceTokenizer().fit(["a"])
    with pytest.raises(InputError, match="sequence 1 holds id 7, but the vocabulary has 3 ids"):
        tokenizer.inverse_transform([[1], [2, 7]])


@pytest.mark.parametrize(
    ("name", "value"),
    [("analyzer", "words"), ("token_pattern", "("), ("token_pattern", "(a)(b)"), ("min_df", 1.5)],
)
def test_bad_parameters_are_named(name, value):
    with pytest.raises(ParameterError, match=f"The '{name}' parameter of SequenceTokenizer must be"):
        SequenceTokenizer(**{name: value}).fit(["a"])


@pytest.mark.parametrize(
    ("name", "function", "sentence"),
    [
        ("analyzer", lambda text: None, "gives the tokens, strings, of a text. Got None for 'A b' instead."),
        (
            "analyzer",
            lambda text: [1, 2],
            "gives the tokens, strings, of a text. Got [1, 2] for 'A b' instead.",
        ),
        ("tokenizer", len, "gives the tokens, strings, of a text. Got 3 for 'a b' instead."),
        ("preprocessor", lambda text: None, "gives a text. Got None for 'A b' instead."),
        ("strip_accents", str.encode, "gives a text. Got b'a b' for 'A b' instead."),
    ],
    ids=str,
)
def test_what_functions_give_is_looked_at(name, function, sentence):
    start = f"The '{name}' parameter of SequenceTokenizer must be a function that {sentence}"
    with pytest.raises(ParameterError, match=f"^{re.escape(start)}$"):
        SequenceTokenizer(**{name: function}).fit(["A b"])


# ---------------------------------------------------------------------- subwords


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_subwords_give_the_text_back(kind, many):
    pytest.importorskip("tokenizers")
    texts = [*many, "unbelievable, believable!"] * 3
    tokenizer = SequenceTokenizer(analyzer=kind, max_features=80, add_end=True)
    tokens = tokenizer.fit_transform(texts)
    assert tokenizer.n_tokens_ <= 83
    assert tokenizer.inverse_transform(tokens) == texts
    twin = pickle.loads(pickle.dumps(tokenizer))
    assert ids(twin.transform(texts)) == ids(tokens)
    assert ids(tokenizer.transform(["\u4e16"]))[0][-2] == 1


def test_a_unigram_model_needs_room_for_all_characters(many):
    pytest.importorskip("tokenizers")
    with pytest.raises(
        ParameterError, match=r"'max_features' .* number of characters .* 'unigram'\. Got 3 inst"
    ):
        SequenceTokenizer(analyzer="unigram", max_features=3).fit(many)


def test_subwords_cut_texts_only():
    pytest.importorskip("tokenizers")
    with pytest.raises(InputError, match="lists of tokens came, but analyzer='bpe' cuts texts"):
        SequenceTokenizer(analyzer="bpe").fit([["a"]])


def test_subwords_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingDependencyError, match=re.escape('pip install "sksequence[text]"')):
        SequenceTokenizer(analyzer="bpe").fit(["a"])


# ---------------------------------------------------------------------- among scikit-learn's own


with warnings.catch_warnings():
    # As for CountVectorizer, scikit-learn has no texts to call `fit` with; the other checks it yields.
    warnings.simplefilter("ignore", SkipTestWarning)
    contract = parametrize_with_checks([SequenceTokenizer()])


@contract
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_tokenizer_stands_in_a_search():
    texts = ["good film", "bad film", "a good one", "a bad one"] * 6
    y = ["pos", "neg"] * 12
    pipe = make_pipeline(
        SequenceTokenizer(), LSTMClassifier(embedding_dim=4, hidden_size=4, max_epochs=30, random_state=0)
    )
    search = GridSearchCV(pipe, {"sequencetokenizer__analyzer": ["word", "char"]}, cv=2, error_score="raise")
    search.fit(pd.Series(texts), y)
    assert search.score(texts, y) == 1
    assert clone(search.best_estimator_).get_params()["sequencetokenizer__max_df"] == 1.0


def test_reading_takes_no_more_than_twice_the_memory_of_the_ids(rng):
    words = np.array([f"w{i}" for i in range(2000)])
    texts = [" ".join(words[rng.integers(0, 2000, size=400)]) for _ in range(2000)]
    tokenizer = SequenceTokenizer()
    tracemalloc.start()
    tokens = tokenizer.fit_transform(texts)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1.5 * tokens.values.nbytes
    assert peak < 2 * tokens.values.nbytes
