"""SummaryFeatures: one row of numbers a sequence, for models that read tables."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sksequence._params import Parameters, boolean, instance_of, integer, iterable_of, one_of, param
from sksequence.preprocessing.transformer import SequenceInput
from sksequence.sequences import (
    SequenceArray,
    as_sequences,
    check_features,
    check_ids,
    find_columns,
    in_vocabulary,
    largest_tokens,
    names_ids,
    names_of_ids,
)
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

    Of tokens it counts how often each id comes, as a sparse matrix; so it does of every column of ids, such
    as those of WordFeatures, and of the columns that `tokens` names. The other columns are described.

    Values that are missing (NaN) are left out. Where a sequence has none of a feature, its summaries are
    those of the training sequences on average.

    Attributes
    ----------
    n_tokens_ : int or None
        Columns of the counts: ids that training did not hold are left out. None if nothing is counted.
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
        rule=boolean()
        | one_of("auto", "all")
        | iterable_of(integer(0) | instance_of(str, words="a name"), words="a list of columns of X"),
        doc="""Whether X is token ids. "auto": where it has a vocabulary, as SequenceTokenizer and
        WordFeatures give it. Or columns of X, by number or name, that hold ids beside numbers; "all" if there
        are no numbers, as `token_features` of a network.""",
    )

    _is_tokens = False  # whether a step of the training data is one token id

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
        sequences = self._read(X, "fit", reset=True)
        check_features(self, sequences, f"{type(self).__name__}.fit", reset=True)
        self._counted = self._find_columns(sequences)
        self._check_ids(sequences, "fit")
        self._vocabulary = names_of_ids(sequences)
        self._vocabularies = _vocabularies(self._vocabulary, self._counted)
        self.n_tokens_ = None
        if self._counted:
            largest = largest_tokens(sequences)[self._counted].astype(np.int64)
            known = map(len, self._vocabularies)
            self._n_ids = [max(n, top + 1) for n, top in zip(known, largest.tolist(), strict=True)]
            self.n_tokens_ = sum(self._n_ids)
        rest = self._described(sequences)
        if rest is not None:
            seen = ~np.isnan(summaries := _summaries(rest))
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
        rows : ndarray of shape (n_samples, 7 * n_features + 1), or CSR array
            Floats. Columns as :meth:`get_feature_names_out` names them: all summaries of the first feature,
            then those of the next, and the length in steps. Where ids are counted it is sparse, the
            `n_tokens_` counts stand last, and there is no length if all features are ids.

        Raises
        ------
        InputError
            If the features, or what ids stand for, are not those of `fit`.
        """
        check_is_fitted(self)
        sequences = self._read(X, "transform")
        sequences = in_vocabulary(sequences, self._vocabulary, f"{type(self).__name__}.transform")
        check_features(self, sequences, f"{type(self).__name__}.transform", reset=False)
        self._check_ids(sequences, "transform")
        rest = self._described(sequences)
        if rest is None:
            return _counts(sequences, self._counted, self._n_ids)
        summaries = _summaries(rest)
        rows = np.where(np.isnan(summaries), self._fill, summaries)
        if not self._counted:
            return rows
        counts = _counts(sequences, self._counted, self._n_ids)
        return sparse.hstack([sparse.csr_array(rows), counts], format="csr")

    def _read(self, X, method: str, *, reset: bool = False) -> SequenceArray:
        tokens: bool | None = self._is_tokens if not reset else None
        if reset and self.tokens != "auto":
            tokens = self.tokens is True
        sequences = as_sequences(
            X,
            caller=f"{type(self).__name__}.{method}",
            missing="mask",
            tokens=None if names_ids(X) else tokens,
        )
        if reset:
            self._is_tokens = sequences.is_tokens
        return sequences

    def _find_columns(self, sequences: SequenceArray) -> list[int]:
        """Positions of the columns whose ids are counted."""
        if self._is_tokens or self.tokens == "all":
            return list(range(sequences.n_features))
        if isinstance(self.tokens, (bool, str)):
            return list(sequences._id_columns) if self.tokens == "auto" else []
        named = find_columns(sequences, self.tokens, f"{type(self).__name__}.fit", "tokens")
        return sorted({*named, *sequences._id_columns})

    def _check_ids(self, sequences: SequenceArray, method: str) -> None:
        if self._counted and not self._is_tokens:
            check_ids(sequences, self._counted, f"{type(self).__name__}.{method}", "tokens")

    def _described(self, sequences: SequenceArray) -> SequenceArray | None:
        """The columns of numbers; None where there are none."""
        if not self._counted:
            return sequences
        rest = [i for i in range(sequences.n_features) if i not in self._counted]
        return SequenceArray(sequences.values[:, rest], sequences.starts, sequences.lengths) if rest else None

    def get_feature_names_out(self, input_features=None):
        """Names of the columns: "temperature_mean", and "length"; of ids what they stand for.

        Where X is tokens, columns are named by the vocabulary alone; "code=a" is the count of a in a column.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features_in_,), default=None
            Names of the input features. None: those seen in `fit`, or "x0", "x1", ... Of tokens ignored.

        Returns
        -------
        names : ndarray of str objects of shape (n_columns,)
        """
        check_is_fitted(self)
        if self._is_tokens:  # there are no names but those of the tokens, which a tokenizer before this gives
            return np.asarray(self._words(0, "token_"), dtype=object)
        names = self._step_names(input_features)
        rest = [name for i, name in enumerate(names) if i not in self._counted]
        found = [f"{name}_{summary}" for name in rest for summary in _SUMMARIES]
        found += ["length"] if rest else []
        for i, column in enumerate(self._counted):
            found += [f"{names[column]}={word}" for word in self._words(i)]
        return np.asarray(found, dtype=object)

    def _words(self, i: int, start: str = "") -> list[str]:
        """What the ids of a counted column stand for; where nobody knows, their numbers after a start."""
        words = list(self._vocabularies[i])
        return words + [f"{start}{id_}" for id_ in range(len(words), self._n_ids[i])]


def _vocabularies(vocabulary: tuple | None, columns: list[int]) -> list[tuple]:
    """Names of the ids of each column that is counted; none where they have none."""
    if vocabulary is None:
        return [()] * len(columns)
    nested = bool(vocabulary) and isinstance(vocabulary[0], tuple)
    return [vocabulary[column] for column in columns] if nested else [vocabulary] * len(columns)


def _counts(sequences: SequenceArray, columns: list[int], n_ids: list[int]):
    """How often each id of each column comes, as a sparse (n_sequences, sum of n_ids)."""
    steps = step_rows(sequences.starts, sequences.lengths)
    owners = np.repeat(np.arange(len(sequences)), sequences.lengths)
    counts = []
    for column, n in zip(columns, n_ids, strict=True):
        ids = sequences.values[steps, column].astype(np.int64, copy=False)
        known = ids < n
        places = (owners[known], ids[known])
        counts.append(sparse.coo_array((np.ones(len(places[0])), places), shape=(len(sequences), n)))
    return sparse.hstack(counts, format="csr") if len(counts) > 1 else counts[0].tocsr()


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
