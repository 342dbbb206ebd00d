"""Token vectors from what stands near what, learned from texts without labels in a few seconds."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from sksequence._params import integer
from sksequence.exceptions import InputError, ParameterError
from sksequence.sequences import SequenceArray, as_sequences
from sksequence.sequences.layout import step_rows

__all__ = ["cooccurrence_vectors"]

# As Levy, Goldberg & Dagan (2015) advise: the frequencies of neighbours to this power, so that rare ones
# do not stand out.
_SMOOTHING = 0.75
# Of all numbers in the vectors; a classifier's own begin so.
_DEVIATION = 0.1


def _counts(sequences: SequenceArray, n_tokens: int, window: int) -> sparse.coo_matrix:
    """How much each token stands near each other one, one over the distance: (n_tokens, n_tokens)."""
    ids = sequences.values[step_rows(sequences.starts, sequences.lengths), 0].astype(np.int64)
    owner = np.repeat(np.arange(len(sequences)), sequences.lengths)
    counts = sparse.csr_matrix((n_tokens, n_tokens), dtype=np.float64)
    for distance in range(1, min(window, len(ids) - 1) + 1):
        together = owner[distance:] == owner[:-distance]
        pairs = ids[:-distance][together], ids[distance:][together]
        weight = np.full(len(pairs[0]), 1.0 / distance)
        counts = counts + sparse.coo_matrix((weight, pairs), shape=counts.shape).tocsr()
    return (counts + counts.T).tocoo()


def _information(counts: sparse.coo_matrix) -> sparse.csr_matrix:
    """Positive pointwise mutual information of each token and its neighbours."""
    total = np.asarray(counts.sum(axis=1)).ravel()
    context = total**_SMOOTHING
    values = np.log(counts.data / total[counts.row] / (context[counts.col] / context.sum()))
    telling = values > 0
    places = counts.row[telling], counts.col[telling]
    return sparse.csr_matrix((values[telling], places), shape=counts.shape)


def cooccurrence_vectors(X, width: int = 100, window: int = 5, *, random_state: int | None = None):
    """Vectors in which tokens that keep like company are alike.

    Labels are not needed: learn them from all the texts at hand, and let a classifier of the few that have
    labels begin with them, ``embeddings=cooccurrence_vectors(...)``. They are the singular vectors of the
    positive pointwise mutual information of tokens and their neighbours, which is what skip-gram vectors
    approximate, and as good for words of medium frequency, without passes over the texts.

    Parameters
    ----------
    X : sequences of token ids
        What SequenceTokenizer gives, or ids in any form that :func:`~sksequence.as_sequences` reads.
    width : int >= 1, default=100
        Width of the vectors.
    window : int >= 1, default=5
        Tokens up to so many steps apart are neighbours; they count one over their distance.
    random_state : int or None, default=None
        Of the randomised decomposition.

    Returns
    -------
    vectors : (tuple of str, ndarray of float32 of shape (n_words, width)) or ndarray (n_ids, width)
        The words that have neighbours, and their vectors, where X has a vocabulary; else a row for each id
        up to the largest, of zeros for one without neighbours. Their standard deviation is 0.1. Columns
        beyond the number of tokens are zero.

    Raises
    ------
    ParameterError
        If `width` or `window` is no int >= 1.
    InputError
        If X cannot be read, or no two tokens stand together more often than by chance.

    References
    ----------
    Levy & Goldberg (2014), "Neural word embedding as implicit matrix factorization"; Levy, Goldberg & Dagan
    (2015), "Improving distributional similarity with lessons learned from word embeddings"; Halko,
    Martinsson & Tropp (2011), "Finding structure with randomness".

    Examples
    --------
    >>> from sksequence import SequenceTokenizer
    >>> from sksequence.preprocessing import cooccurrence_vectors
    >>> texts = ["a good film", "a bad film", "a good book", "a bad book"]
    >>> words, vectors = cooccurrence_vectors(SequenceTokenizer().fit_transform(texts), 3, random_state=0)
    >>> words
    ('a', 'bad', 'book', 'film', 'good')
    >>> bad, good, film = vectors[[1, 4, 3]]
    >>> bool(abs(bad - good).max() < 1e-6), bool(abs(bad - film).max() > 0.1)
    (True, True)
    """
    at_least_one = integer(1)
    for name, value in (("width", width), ("window", window)):
        if not at_least_one.allows(value):
            raise ParameterError(
                f"The {name!r} parameter of cooccurrence_vectors must be {at_least_one.words}. Got {value!r} "
                "instead."
            )
    sequences = as_sequences(X, caller="cooccurrence_vectors", tokens=True)
    names = sequences.vocabulary
    n_tokens = int(sequences.compact().values.max()) + 1 if names is None else len(names)
    information = _information(_counts(sequences, n_tokens, window))
    found = np.diff(information.indptr) > 0
    if not found.any():
        raise InputError(
            f"cooccurrence_vectors: {len(sequences)} sequences came in which no two tokens stand together "
            "more often than by chance, but vectors are learned from these. Give longer sequences."
        )
    rank = min(width, n_tokens)
    with threadpool_limits(1):  # sums that are split over threads differ in the last bit
        left, singular, _ = randomized_svd(
            information, rank, n_iter=2, random_state=np.random.RandomState(random_state)
        )
    vectors = np.zeros((n_tokens, width), dtype=np.float32)
    vectors[:, :rank] = left * np.sqrt(singular)
    vectors[~found] = 0.0
    vectors *= _DEVIATION / vectors[found].std()
    if names is None:
        return vectors
    return tuple(names[i] for i in np.flatnonzero(found).tolist()), vectors[found]
