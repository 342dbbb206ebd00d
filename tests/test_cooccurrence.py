"""Token vectors from company: against brute force, whatever the form of the sequences."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sksequence import LSTMClassifier, SequenceTokenizer, cooccurrence_vectors
from sksequence.exceptions import InputError, ParameterError
from sksequence.sequences import SequenceArray, as_sequences

TEXTS = ["good film", "bad film", "a good one", "a bad one"] * 6


def information(texts, n_tokens, window):
    """Positive pointwise mutual information, pair by pair, as Levy, Goldberg & Dagan (2015) define it."""
    counts = np.zeros((n_tokens, n_tokens))
    for text in texts:
        for i, token in enumerate(text):
            for j, other in enumerate(text):
                if 0 < abs(i - j) <= window:
                    counts[token, other] += 1 / abs(i - j)
    total = counts.sum(axis=1)
    context = total**0.75 / (total**0.75).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(np.nan_to_num(np.log(counts / total[:, None] / context), neginf=0.0), 0.0)


@pytest.mark.parametrize("window", [1, 5, 50])
def test_vectors_are_the_root_of_the_mutual_information(window):
    rng = np.random.default_rng(0)
    texts = [rng.integers(1, 12, size=n) for n in (1, 9, 30, 2, 14)]
    expected = information(texts, 13, window)[:12, :12]
    vectors = cooccurrence_vectors(texts, 16, window, random_state=0)
    assert vectors.shape == (12, 16)
    assert vectors.dtype == np.float32
    assert not vectors[0].any()  # never seen
    seen = expected.any(axis=1)
    assert vectors[seen].std() == pytest.approx(0.1, rel=1e-4)
    alike = (vectors @ vectors.T).astype(float)
    squared, expected = alike @ alike, expected @ expected.T
    np.testing.assert_allclose(squared / squared.max(), expected / expected.max(), atol=1e-4)


def test_company_is_that_of_a_sequence_wherever_its_values_lie():
    values = np.array([5, 1, 2, 3, 1, 4, 2, 5, 3, 3])
    views = SequenceArray(values, [6, 0, 1], [4, 3, 4])
    apart = as_sequences([values[6:], values[:3], values[1:5]], tokens=True)
    one, other = (cooccurrence_vectors(given, 3, random_state=0) for given in (views, apart))
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-5)


def test_seed_fixes_the_vectors_and_the_global_state_stays():
    texts = np.random.default_rng(0).integers(0, 60, size=(20, 30))
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (cooccurrence_vectors(texts, 8, random_state=3) for _ in range(2))
    cooccurrence_vectors(texts, 8)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_classifier_knows_a_word_by_the_company_it_keeps_without_labels():
    rng = np.random.default_rng(0)
    kinds = [["good", "lovely", "witty", "superb"], ["bad", "dull", "clumsy", "awful"]]
    ends = ["we laughed", "we slept"]
    read = [f"it was {rng.choice(kinds[kind])} , {ends[kind]}" for kind in rng.integers(2, size=300)]
    tokenizer = SequenceTokenizer().fit(read)
    told = [f"it was {word}" for kind in kinds for word in kind[:2]] * 4
    labels = [0, 0, 1, 1] * 4
    asked = [f"it was {word}" for kind in kinds for word in kind[2:]]
    vectors = cooccurrence_vectors(tokenizer.transform(read), 8, random_state=0)
    settings = {"hidden_size": 8, "max_epochs": 20, "random_state": 0}
    tokenizer = SequenceTokenizer(vocabulary=tokenizer.vocabulary_)
    model = make_pipeline(tokenizer, LSTMClassifier(embeddings=vectors, **settings)).fit(told, labels)
    assert model.score(asked, [0, 0, 1, 1]) == 1.0


def test_words_without_company_are_left_out():
    tokens = SequenceTokenizer(vocabulary=["good", "bad", "never", "film", "a", "one"]).fit_transform(TEXTS)
    words, vectors = cooccurrence_vectors(tokens, 4, random_state=0)
    assert sorted(words) == ["a", "bad", "film", "good", "one"]
    alike = np.corrcoef(vectors)
    assert alike[words.index("good"), words.index("bad")] > 0.99
    assert alike[words.index("good"), words.index("film")] < 0.9


def test_what_teaches_nothing_is_refused():
    with pytest.raises(InputError, match=r"^cooccurrence_vectors: 3 sequences came in which no two tokens"):
        cooccurrence_vectors([[1], [2], [3]])
    with pytest.raises(
        ParameterError, match=r"^The 'width' parameter of cooccurrence_vectors must be .*Got 0"
    ):
        cooccurrence_vectors([[1, 2]], 0)
    with pytest.raises(ParameterError, match=r"^The 'window' parameter of cooccurrence_vectors must be"):
        cooccurrence_vectors([[1, 2]], window=0)
