"""SequencePadder: sequences of any length to one array."""

from __future__ import annotations

import numbers

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence._params import Parameters, Rule, integer, none, one_of, param
from sksequence.exceptions import InputError
from sksequence.preprocessing.transformer import SequenceTransformer
from sksequence.sequences import SequenceArray, as_sequences, check_features, in_vocabulary, names_ids

__all__ = ["SequencePadder"]

_NUMBER_OR_NAN = Rule(lambda v: isinstance(v, numbers.Real) and not isinstance(v, bool), "a number or NaN")


class SequencePadder(Parameters, SequenceTransformer, auto_wrap_output_keys=None):
    """Give all sequences one length, in an array of shape (n_samples, length, n_features).

    With the defaults the padding is NaN at the end, which every estimator of this package recognises
    as padding. Padding at the beginning, or with another value, is not recognised: it is for other
    libraries. Tokens stay whole numbers, and need one as `value`: 0 is "[PAD]" of SequenceTokenizer. With
    ``set_output(transform="pandas")`` a long DataFrame of `length` rows per sequence comes
    out.

    Attributes
    ----------
    length_ : int
        Number of steps of every output sequence.
    n_features_in_ : int
        Number of features of each step, or of columns of a table (n_samples, n_timesteps).
    feature_names_in_ : ndarray of str
        Their names, where known.

    Examples
    --------
    >>> from sksequence.preprocessing import SequencePadder
    >>> SequencePadder(value=0).fit_transform([[1.0, 2.0, 3.0], [4.0]])[:, :, 0]
    array([[1., 2., 3.],
           [4., 0., 0.]])
    """

    length: int | None = param(
        default=None,
        rule=integer(1) | none(),
        doc="Number of steps. None: that of the longest sequence seen in `fit`.",
    )
    padding: str = param(
        default="post", rule=one_of("post", "pre"), doc="Where short sequences are filled: after or before."
    )
    truncation: str = param(
        default="post",
        rule=one_of("post", "pre", "raise"),
        doc="Where long sequences lose steps: at the end or at the beginning. 'raise' refuses them.",
    )
    value: float = param(default=np.nan, rule=_NUMBER_OR_NAN, doc="What stands where a sequence has no step.")

    def fit(self, X, y=None):
        """Learn the length.

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
            If `X` cannot be read as sequences, or holds tokens and `value` is no id.
        """
        self._check_parameters()
        tokens = False if names_ids(X) else None
        sequences = as_sequences(X, caller=f"{type(self).__name__}.fit", missing="mask", tokens=tokens)
        self._is_tokens = sequences.is_tokens
        if self._is_tokens and not (self.value >= 0 and self.value == int(self.value)):
            raise InputError(
                f"{type(self).__name__}.fit: tokens came, but padding is {self.value}, and ids are whole "
                'numbers from 0 on. Set value=0, the id of "[PAD]".'
            )
        check_features(self, sequences, f"{type(self).__name__}.fit", reset=True)
        self._vocabulary = sequences.vocabulary
        self.length_ = sequences.n_timesteps if self.length is None else int(self.length)
        return self

    def transform(self, X):
        """Pad and truncate.

        Parameters
        ----------
        X : sequences

        Returns
        -------
        padded : ndarray of shape (n_samples, length_, n_features)
            A new array; a long DataFrame where `set_output` asks for it. NaN beyond a sequence's end is
            padding to estimators in an array, and a missing value in a table.

        Raises
        ------
        InputError
            If the features are not those of `fit`, or a sequence is too long under ``truncation="raise"``.
        """
        check_is_fitted(self)
        caller = f"{type(self).__name__}.transform"
        sequences = as_sequences(X, caller=caller, missing="mask", tokens=self._is_tokens)
        sequences = in_vocabulary(sequences, self._vocabulary, caller)
        check_features(self, sequences, f"{type(self).__name__}.transform", reset=False)
        padded = self._shorten(sequences).to_padded(
            self.length_, self.value, side="right" if self.padding == "post" else "left"
        )
        if self._wants_pandas():
            lengths = np.full(len(padded), self.length_)
            rows = SequenceArray.from_padded(padded, lengths, feature_names=self.get_feature_names_out())
            return rows._replace(_vocabulary=self._vocabulary).to_long()
        return padded

    def _shorten(self, sequences: SequenceArray) -> SequenceArray:
        excess = np.maximum(sequences.lengths - self.length_, 0)
        if self.truncation == "raise" and excess.any():
            i = int(excess.argmax())
            raise InputError(
                f"{type(self).__name__}.transform: sequence {i} has {sequences.lengths[i]} steps, but the "
                f"length is {self.length_}. Set length={sequences.n_timesteps}, or truncation='post' or "
                "'pre'."
            )
        if self.truncation == "pre" and excess.any():
            return SequenceArray(sequences.values, sequences.starts + excess, sequences.lengths - excess)
        return sequences

    def inverse_transform(self, X):
        """Take the padding away.

        Parameters
        ----------
        X : ndarray of shape (n_samples, length_, n_features)
            What `transform` gave. A step is padding if all its values are `value` and none but padding
            lies beyond it: a sequence that ends with such steps loses them.

        Returns
        -------
        sequences : SequenceArray
            Truncated steps do not come back.
        """
        check_is_fitted(self)
        X = np.asarray(X)
        if X.ndim != 3 or X.shape[1:] != (self.length_, self._n_values_in):
            raise InputError(
                f"{type(self).__name__}.inverse_transform: an array of shape {X.shape} came, but (n_samples, "
                f"{self.length_}, {self._n_values_in}) is needed. Pass what transform gave."
            )
        blank = np.isnan(X) if self.value != self.value else X == self.value
        there = ~blank.all(axis=2)  # (n, length)
        from_end = there if self.padding == "pre" else there[:, ::-1]
        n_blank = np.where(there.any(axis=1), from_end.argmax(axis=1), self.length_)
        starts = np.arange(len(X)) * self.length_ + (n_blank if self.padding == "pre" else 0)
        names = None if self._table_in else getattr(self, "feature_names_in_", None)
        return SequenceArray(
            X.reshape(-1, X.shape[2]),
            starts,
            self.length_ - n_blank,
            feature_names=names,
            vocabulary=self._vocabulary,
        )
