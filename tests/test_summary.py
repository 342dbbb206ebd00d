"""SummaryFeatures: the numbers are those of NumPy, whatever the form, the order and what is missing."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from sksequence import SequenceArray, SequenceTokenizer
from sksequence.exceptions import InputError
from sksequence.preprocessing import SummaryFeatures, WordFeatures
from sksequence.preprocessing import summary as module


def described(values):
    """The summaries of one feature of one sequence, from their definitions."""
    steps = np.flatnonzero(~np.isnan(values))
    known = values[steps]
    slope = np.polyfit(steps, known, 1)[0] if len(known) > 1 else 0.0
    return [known.mean(), known.std(), known.min(), known.max(), known[0], known[-1], slope]


def by_hand(sequences):
    return np.array([[*np.concatenate([described(x) for x in s.T]), len(s)] for s in sequences])


def with_gaps(ragged, rng):
    """The sequences with some values missing, never a whole feature."""
    gone = [np.where(rng.random(s.shape) < 0.4, np.nan, s) for s in ragged]
    return [np.where(np.isnan(g).all(axis=0), s, g) for g, s in zip(gone, ragged, strict=True)]


@pytest.mark.parametrize("gaps", [False, True])
def test_summaries_are_those_of_numpy(ragged, rng, gaps):
    sequences = with_gaps(ragged, rng) if gaps else ragged
    found = SummaryFeatures().fit_transform(sequences)
    np.testing.assert_allclose(found, by_hand(sequences), atol=1e-6)


def test_summaries_do_not_depend_on_how_many_are_read_at_a_time(ragged, monkeypatch):
    whole = SummaryFeatures().fit_transform(ragged)
    for size in (1, 7, 40):
        monkeypatch.setattr(module, "_BLOCK_VALUES", size)
        assert np.array_equal(SummaryFeatures().fit_transform(ragged), whole)


def test_windows_that_overlap_are_summarised_each(rng):
    values = rng.normal(size=(20, 2))
    windows = SequenceArray(values, starts=[9, 0, 3], lengths=[5, 8, 17])
    np.testing.assert_allclose(
        SummaryFeatures().fit_transform(windows), by_hand([values[9:14], values[:8], values[3:]]), atol=1e-9
    )


def test_feature_never_seen_in_a_sequence_is_that_of_training_on_average():
    X = [np.array([[1.0, np.nan], [3.0, np.nan]]), np.array([[5.0, 2.0]]), np.array([[5.0, 4.0]])]
    found = SummaryFeatures().fit(X).transform(X)
    assert found[0, 7:14].tolist() == [3.0, 0.0, 3.0, 3.0, 3.0, 3.0, 0.0]


def test_columns_are_named_after_features(ragged):
    sequences = SequenceArray.from_list(ragged, feature_names=["heat", "wind"])
    names = SummaryFeatures().fit(sequences).get_feature_names_out()
    assert names[[0, 6, 7, -1]].tolist() == ["heat_mean", "heat_slope", "wind_mean", "length"]


def test_tokens_are_counted_as_scikit_learn_counts_them():
    texts = ["the cat and the dog", "a dog", "the end of the cat"]
    ids = SequenceTokenizer().fit(texts).transform(texts)
    summary = SummaryFeatures().fit(ids)
    counts = summary.transform(ids)
    assert sparse.issparse(counts)
    assert counts.format == "csr"
    theirs = CountVectorizer(token_pattern=r"\b\w+\b").fit(texts)
    words = theirs.get_feature_names_out()
    columns = {name: j for j, name in enumerate(summary.get_feature_names_out())}
    ours = counts.toarray()[:, [columns[word] for word in words]]
    assert np.array_equal(ours, theirs.transform(texts).toarray())


def test_ids_beyond_those_of_fit_are_left_out():
    summary = SummaryFeatures(tokens=True).fit([[0, 2], [1]])
    assert summary.transform([[2, 2, 7]]).toarray().tolist() == [[0.0, 0.0, 2.0]]


def test_tokens_are_named_in_a_pipeline():
    pipe = make_pipeline(SequenceTokenizer(), SummaryFeatures()).fit(["a b", "b"])
    assert pipe.get_feature_names_out().tolist() == ["[PAD]", "[UNK]", "b", "a"]


def test_columns_of_ids_are_counted():
    sentences = [["The", "cat"], ["the", "the", "dog"]]
    pipe = make_pipeline(WordFeatures(prefixes=(1,), suffixes=None, min_count=1), SummaryFeatures())
    names = pipe.fit(sentences).get_feature_names_out().tolist()
    assert names == [
        *("word=[UNK]", "word=cat", "word=dog", "word=the"),
        *("prefix1=[UNK]", "prefix1=c", "prefix1=d", "prefix1=t"),
        *("shape=[UNK]", "shape=Xx", "shape=x"),
    ]
    counts = pipe.transform([["the", "The", "bee"]])
    assert sparse.issparse(counts)
    assert counts.toarray().tolist() == [[1, 0, 0, 2, 1, 0, 0, 2, 0, 1, 2]]
    tables = clone(pipe)
    tables[0].set_output(transform="pandas")
    assert (tables.fit(sentences).transform(sentences) != pipe.transform(sentences)).nnz == 0


def test_ids_beside_numbers_are_counted_and_the_numbers_described():
    X = SequenceArray.from_list(
        [np.array([[2, 0.5], [2, 1.5]]), np.array([[1, 3.0]])], feature_names=["code", "much"]
    )
    for tokens in ([0], ["code"]):
        summary = SummaryFeatures(tokens=tokens).fit(X)
        names = summary.get_feature_names_out().tolist()
        assert names[7:] == ["length", "code=0", "code=1", "code=2"]
        rows = summary.transform(X).toarray()
        assert np.array_equal(rows[:, :8], SummaryFeatures().fit_transform(X)[:, 7:])
        assert rows[:, 8:].tolist() == [[0, 0, 2], [0, 1, 0]]
        assert summary.transform([np.array([[5, 1.0]])]).toarray()[0, 8:].tolist() == [0, 0, 0]
    with pytest.raises(InputError, match=r"SummaryFeatures\.fit: tokens names 'x', but the 2 features"):
        SummaryFeatures(tokens=["x"]).fit(X)
    with pytest.raises(
        InputError, match=r"0\.5 came at step 0 of sequence 0, feature 1 .* but tokens holds it"
    ):
        SummaryFeatures(tokens="all").fit(X)


def test_ids_of_another_vocabulary_are_not_counted():
    summary = SummaryFeatures().fit(SequenceTokenizer().fit_transform(["a b"]))
    with pytest.raises(InputError, match=r"transform: ids of another vocabulary \(3 tokens\) than in fit"):
        summary.transform(SequenceTokenizer().fit_transform(["c"]))


def test_other_number_of_features_is_refused(ragged):
    with pytest.raises(InputError, match="X has 1 features, but SummaryFeatures is expecting 2 features"):
        SummaryFeatures().fit(ragged).transform([np.zeros((3, 1))])
