"""Token vectors from what stands near what, learned from the training sequences alone in a few seconds."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from sksequence.sequences import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["cooccurrence_vectors"]

# As Levy, Goldberg & Dagan (2015) advise: neighbours up to so many steps away, each counting one over its
# distance, and the frequencies of neighbours to this power, so that rare ones do not stand out.
_WINDOW = 5
_SMOOTHING = 0.75


def _counts(sequences: SequenceArray, n_tokens: int) -> sp.coo_matrix:
    """How much each token stands near each other one, (n_tokens, n_tokens), symmetric."""
    ids = sequences.values[step_rows(sequences.starts, sequences.lengths), 0].astype(np.int64)
    owner = np.repeat(np.arange(len(sequences)), sequences.lengths)
    counts = sp.csr_matrix((n_tokens, n_tokens), dtype=np.float64)
    for distance in range(1, _WINDOW + 1):
        together = owner[distance:] == owner[:-distance]
        pairs = ids[:-distance][together], ids[distance:][together]
        weight = np.full(len(pairs[0]), 1.0 / distance)
        counts = counts + sp.coo_matrix((weight, pairs), shape=counts.shape).tocsr()
    return (counts + counts.T).tocoo()


def cooccurrence_vectors(sequences: SequenceArray, n_tokens: int, width: int, *, seed: int) -> np.ndarray:
    """Vectors in which tokens that stand in like company are alike.

    The positive pointwise mutual information of each token and its neighbours, to the given rank: what
    skip-gram vectors approximate (Levy & Goldberg 2014), and as good (Levy, Goldberg & Dagan 2015), without
    passes over the text.

    Parameters
    ----------
    sequences : SequenceArray of shape (n,)
        Tokens, below `n_tokens`.
    n_tokens, width : int
        Shape of the result.
    seed : int
        Of the randomised decomposition (Halko et al. 2011).

    Returns
    -------
    vectors : ndarray of float32 of shape (n_tokens, width)
        Rows of zeros for tokens without neighbours, columns of zeros beyond the rank.
    """
    vectors = np.zeros((n_tokens, width), dtype=np.float32)
    counts = _counts(sequences, n_tokens)
    total = np.asarray(counts.sum(axis=1)).ravel()
    context = total**_SMOOTHING
    information = np.log(counts.data / total[counts.row] / (context[counts.col] / context.sum()))
    telling = information > 0
    if not telling.any():
        return vectors
    rows, columns = counts.row[telling], counts.col[telling]
    matrix = sp.csr_matrix((information[telling], (rows, columns)), shape=counts.shape)
    rank = min(width, n_tokens)
    with threadpool_limits(1):  # sums that are split over threads differ in the last bit
        left, singular, _ = randomized_svd(matrix, rank, n_iter=2, random_state=seed)
    vectors[:, :rank] = left * np.sqrt(singular)
    vectors[np.diff(matrix.indptr) == 0] = 0.0
    return vectors
