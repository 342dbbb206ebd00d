"""PerTimestep: any transformer of rows, applied to the steps of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sksequence._params import REQUIRED, Parameters, Rule, param
from sksequence.exceptions import InputError
from sksequence.preprocessing.transformer import SequenceTransformer
from sksequence.sequences import SequenceArray, as_sequences, carries_ids, check_features

__all__ = ["PerTimestep"]

_TRANSFORMER = Rule(
    lambda v: hasattr(v, "fit") and hasattr(v, "transform") and not isinstance(v, type),
    "a transformer with fit and transform",
)


def _inner_can_invert(self) -> bool:
    return hasattr(getattr(self, "transformer_", self.transformer), "inverse_transform")


class PerTimestep(Parameters, SequenceTransformer, auto_wrap_output_keys=None):
    """Apply a scikit-learn transformer to every step of every sequence.

    The steps of all sequences are stacked into one array of shape (n_steps, n_features), padding left
    out, and a step that several windows share is passed once. Where the features have names, the
    transformer gets a DataFrame. It gets no `y`, for that has one entry per sequence. Token ids, as those
    of SequenceTokenizer, are for transformers of categories, such as OneHotEncoder: others are refused.

    A SequenceArray comes out whatever the form of `X`, or a long DataFrame with
    ``set_output(transform="pandas")``.

    Attributes
    ----------
    transformer_ : estimator
        The fitted clone of `transformer`.
    n_features_in_ : int
        Number of features of each step, or of columns of a table (n_samples, n_timesteps).
    feature_names_in_ : ndarray of str
        Their names, where known.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sksequence.preprocessing import PerTimestep
    >>> scaled = PerTimestep(StandardScaler()).fit_transform([[1.0, 3.0], [5.0, 7.0, 9.0]])
    >>> scaled.values.mean().round(6), scaled.lengths
    (np.float64(0.0), array([2, 3]))
    """

    transformer: Any = param(
        default=REQUIRED,
        rule=_TRANSFORMER,
        doc="What is applied to the steps, such as StandardScaler().",
        kw_only=False,
    )

    def fit(self, X, y=None):
        """Fit a clone of the transformer to all steps.

        Parameters
        ----------
        X : sequences
            In any form that :func:`~sksequence.sequences.as_sequences` reads. NaN may stand inside if the
            transformer allows it.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If `X` cannot be read as sequences, or holds token ids where the transformer reads numbers.
        """
        self._check_parameters()
        sequences = self._read(X, "fit")
        check_features(self, sequences, f"{type(self).__name__}.fit", reset=True)
        self.transformer_ = clone(self.transformer).fit(self._rows(sequences.compact()))
        return self

    def transform(self, X):
        """Transform all steps.

        Parameters
        ----------
        X : sequences

        Returns
        -------
        sequences : SequenceArray
            Of the same lengths, with the features that the transformer gives.

        Raises
        ------
        InputError
            If the features are not those of `fit`.
        """
        check_is_fitted(self)
        sequences = self._read(X, "transform")
        check_features(self, sequences, f"{type(self).__name__}.transform", reset=False)
        # Where the features had no names, the inner transformer's x0, x1 say nothing.
        named = self._named() or sequences.feature_names is not None
        names = (
            self.get_feature_names_out()
            if named and hasattr(self.transformer_, "get_feature_names_out")
            else None
        )
        return self._apply(self.transformer_.transform, sequences, names)

    @available_if(_inner_can_invert)
    def inverse_transform(self, X):
        """Transform all steps back.

        Parameters
        ----------
        X : sequences

        Returns
        -------
        sequences : SequenceArray
        """
        check_is_fitted(self)
        sequences = as_sequences(X, caller=f"{type(self).__name__}.inverse_transform", missing="mask")
        names = self.feature_names_in_ if self._named() else None
        return self._apply(self.transformer_.inverse_transform, sequences, names, raw=True)

    def _read(self, X, method: str) -> SequenceArray:
        caller, takes = f"{type(self).__name__}.{method}", get_tags(self.transformer).input_tags
        # A ColumnTransformer says which columns are what.
        if carries_ids(X) and not (takes.categorical or isinstance(self.transformer, ColumnTransformer)):
            raise InputError(
                f"{caller}: token ids came, but {type(self.transformer).__name__} reads numbers, and ids "
                "only stand for tokens. Give them to a network as they are, or use OneHotEncoder()."
            )
        return as_sequences(X, caller=caller, missing="mask" if takes.allow_nan else "raise")

    def _named(self) -> bool:
        return hasattr(self, "feature_names_in_") and not self._table_in

    def _rows(self, sequences: SequenceArray):
        """The steps as the inner transformer wants them: named where `fit` had names."""
        if not self._named():
            return sequences.values
        import pandas as pd

        return pd.DataFrame(sequences.values, columns=self.feature_names_in_, copy=False)

    def _apply(self, function, sequences: SequenceArray, names, *, raw: bool = False):
        kept = sequences.compact()
        rows = function(kept.values if raw else self._rows(kept))
        rows = np.asarray(rows.toarray() if hasattr(rows, "tocsr") else rows)
        if len(rows) != len(kept.values):
            raise InputError(
                f"{type(self).__name__}: {type(self.transformer_).__name__} gave {len(rows)} rows for "
                f"{len(kept.values)} steps, but one row per step is needed. Use a transformer that keeps "
                "the number of rows."
            )
        return self._as_output(kept.with_values(rows, feature_names=names))

    def get_feature_names_out(self, input_features=None):
        """Names that the transformer gives to the values of each step.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features_in_,), default=None
            Names of the input features. None: those seen in `fit`, or "x0", "x1", ...

        Returns
        -------
        names : ndarray of str objects of shape (n_features_out,)
        """
        check_is_fitted(self)
        return self.transformer_.get_feature_names_out(self._step_names(input_features))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.transformer_tags.preserves_dtype = inner.transformer_tags.preserves_dtype
        tags.requires_fit = inner.requires_fit
        return tags
