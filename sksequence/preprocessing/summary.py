"""SummaryFeatures: one row of numbers a sequence, for models that read tables."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sksequence._params import Parameters, boolean, one_of, param
from sksequence.preprocessing.transformer import SequenceInput
from sksequence.sequences import SequenceArray, as_sequences, check_features, largest_tokens
from sksequence.sequences.layout import step_rows

__all__ = ["SummaryFeatures"]

_SUMMARIES = ("mean", "std", "min", "max", "first", "last", "slope")
# Values copied at a time.
_BLOCK_VALUES = 1 << 20


class SummaryFeatures(Parameters, SequenceInput, TransformerMixin, BaseEstimator):
    """Describe each sequence by a few numbers: what any model of tables can read.

    For each feature its mean, standard deviation, least, largest, first and last value, and the slope of the
    straight line through its steps, in units a step; beside them the length. Of the order of the steps no
    more than that is left, so a linear model on these numbers is what a network has to beat.

    Of tokens it counts how often each id comes, as a sparse matrix.

    Values that are missing (NaN) are left out. Where a sequence has none of a feature, its summaries are
    those of the training sequences on average.

    Attributes
    ----------
    n_tokens_ : int or None
        Columns of the counts: ids from there on are left out. None if X is no tokens.
    n_features_in_ : int
        Number of features of each step, or of columns of a table (n_samples, n_timesteps).
    feature_names_in_ : ndarray of str
        Their names, where known.

    Examples
    --------
    >>> from sksequence.preprocessing import SummaryFeatures
    >>> summary = SummaryFeatures().set_output(transform="pandas")
    >>> summary.fit_transform([[1.0, 3.0, 5.0], [4.0]])[["x0_mean", "x0_slope", "length"]]
       x0_mean  x0_slope  length
    0      3.0       2.0     3.0
    1      4.0       0.0     1.0
    """

    tokens: Any = param(
        default="auto",
        rule=boolean() | one_of("auto"),
        doc="""Whether X is token ids. "auto": where it has a vocabulary, as SequenceTokenizer gives it.""",
    )

    def fit(self, X, y=None):
        """Learn the features, and what stands where a sequence has no value.

        Parameters
        ----------
        X : sequences
            In any form that :func:`~sksequence.sequences.as_sequences` reads; NaN may stand inside.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If `X` cannot be read as sequences.
        """
        self._check_parameters()
        sequences = self._read(X, "fit", tokens=None if self.tokens == "auto" else bool(self.tokens))
        self._counts = sequences.is_tokens
        check_features(self, sequences, reset=True)
        self._vocabulary = sequences.vocabulary
        self.n_tokens_ = None
        if self._counts:
            known = 0 if self._vocabulary is None else len(self._vocabulary)
            self.n_tokens_ = max(known, int(largest_tokens(sequences)[0]) + 1)
            return self
        seen = ~np.isnan(summaries := _summaries(sequences))
        totals = np.where(seen, summaries, 0.0).sum(axis=0)
        self._fill = totals / np.maximum(seen.sum(axis=0), 1)
        return self

    def transform(self, X):
        """Describe the sequences.

        Parameters
        ----------
        X : sequences

        Returns
        -------
        rows : ndarray of shape (n_samples, 7 * n_features + 1), or CSR array (n_samples, n_tokens_)
            Floats. Columns as :meth:`get_feature_names_out` names them: all summaries of the first feature,
            then those of the next, and the length in steps last. Counts of tokens are sparse.

        Raises
        ------
        InputError
            If the features are not those of `fit`.
        """
        check_is_fitted(self)
        sequences = self._read(X, "transform", tokens=self._counts)
        check_features(self, sequences, reset=False)
        if self.n_tokens_ is not None:
            return _counts(sequences, self.n_tokens_)
        summaries = _summaries(sequences)
        return np.where(np.isnan(summaries), self._fill, summaries)

    def _read(self, X, method: str, *, tokens: bool | None) -> SequenceArray:
        return as_sequences(X, caller=f"{type(self).__name__}.{method}", missing="mask", tokens=tokens)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns: "temperature_mean", and "length"; of tokens what they stand for.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features_in_,), default=None
            Names of the input features. None: those seen in `fit`, or "x0", "x1", ...

        Returns
        -------
        names : ndarray of str objects of shape (n_columns,)
        """
        check_is_fitted(self)
        names = self._step_names(input_features)
        if not self._counts:
            described = [f"{name}_{summary}" for name in names for summary in _SUMMARIES]
            return np.asarray([*described, "length"], dtype=object)
        words: list = list(self._vocabulary or ())
        return np.asarray(
            words + [f"token_{i}" for i in range(len(words), self.n_tokens_ or 0)], dtype=object
        )


def _counts(sequences: SequenceArray, n_tokens: int):
    """How often each id comes, as a sparse (n_sequences, n_tokens)."""
    ids = sequences.values[step_rows(sequences.starts, sequences.lengths), 0]
    rows = np.repeat(np.arange(len(sequences)), sequences.lengths)
    known = ids < n_tokens
    shape = (len(sequences), n_tokens)
    return sparse.coo_array((np.ones(known.sum()), (rows[known], ids[known])), shape=shape).tocsr()


def _summaries(sequences: SequenceArray) -> np.ndarray:
    """All summaries, (n_sequences, 7 * n_features + 1); NaN where no value is known."""
    n, n_features = len(sequences), sequences.n_features
    rows = np.empty((n, len(_SUMMARIES) * n_features + 1))
    rows[:, -1] = sequences.lengths
    # As many sequences at a time as fill a block.
    block = np.cumsum(sequences.lengths) * n_features // _BLOCK_VALUES
    edges = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), n]
    for first, stop in pairwise(edges):
        each = _block_summaries(sequences[first:stop])
        rows[first:stop, :-1] = np.stack(each, axis=2).reshape(stop - first, -1)
    return rows


def _block_summaries(sequences: SequenceArray) -> tuple[np.ndarray, ...]:
    """The summaries in their order, each (n_sequences, n_features)."""
    lengths = sequences.lengths
    values = sequences.values[step_rows(sequences.starts, lengths)].astype(np.float64)
    known = ~np.isnan(values)
    begins = np.cumsum(lengths) - lengths
    step = np.arange(len(values)) - np.repeat(begins, lengths)
    steps = np.broadcast_to(step[:, None], values.shape)

    def total(terms: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.where(known, terms, 0.0), begins)

    def centred(terms: np.ndarray, mean: np.ndarray) -> np.ndarray:
        return terms - np.repeat(mean, lengths, axis=0)

    n = np.add.reduceat(known, begins, dtype=np.int64)
    some = n > 0
    at_least_one = np.maximum(n, 1)
    mean = total(values) / at_least_one
    deviation = centred(values, mean)
    time = centred(steps, total(steps) / at_least_one)
    spread = total(time**2)
    slope = total(time * deviation) / np.where(spread > 0, spread, 1.0)
    # The first and the last step with a value; any, where there is none.
    last_step = lengths[:, None] - 1
    first = np.minimum(np.minimum.reduceat(np.where(known, steps, len(values)), begins), last_step)
    last = np.maximum.reduceat(np.where(known, steps, 0), begins)
    ends = [np.take_along_axis(values, begins[:, None] + place, axis=0) for place in (first, last)]
    least = np.minimum.reduceat(np.where(known, values, np.inf), begins)
    largest = np.maximum.reduceat(np.where(known, values, -np.inf), begins)
    found = (mean, np.sqrt(total(deviation**2) / at_least_one), least, largest, *ends, slope)
    return tuple(np.where(some, each, np.nan) for each in found)
