"""What the transformers of sequences share: names of features, and long tables as output."""

from __future__ import annotations

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sksequence.exceptions import InputError, ParameterError
from sksequence.sequences import SequenceArray

__all__ = ["SequenceInput", "SequenceTransformer"]


class SequenceInput:
    """What transformers that read sequences share: names of the values of each step, and tags."""

    n_features_in_: int
    _n_values_in: int
    _table_in: bool

    def _step_names(self, input_features) -> list[str]:
        seen = getattr(self, "feature_names_in_", None)
        if input_features is not None:
            if seen is not None and list(seen) != list(input_features):
                raise InputError("input_features is not equal to feature_names_in_")
            if len(input_features) != self.n_features_in_:
                raise InputError(
                    f"input_features should have length equal to number of features ({self.n_features_in_}), "
                    f"got {len(input_features)}"
                )
        names = seen if input_features is None else input_features
        # The columns of a table are time steps: each step has one value.
        if names is None or self._table_in:
            return [f"x{i}" for i in range(self._n_values_in)]
        return list(names)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


# scikit-learn's own wrapping makes wide tables, which sequences do not fit into.
class SequenceTransformer(  # type: ignore[call-arg]
    SequenceInput, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Base of the transformers whose output is sequences."""

    def set_output(self, *, transform=None):
        """Choose what `transform` and `fit_transform` return.

        Parameters
        ----------
        transform : {"default", "pandas"} or None, default=None
            "pandas" gives a long DataFrame with an index of two levels, (sequence, time), which every
            estimator of this package reads; tokens are a categorical column. None changes nothing.
            Polars has no index that could say which sequence a row belongs to:
            ``transform(X).to_long()`` gives back polars where polars came in.

        Returns
        -------
        self : object

        Raises
        ------
        ParameterError
            If `transform` is anything else.
        """
        if transform not in (None, "default", "pandas"):
            raise ParameterError(
                f"{type(self).__name__}.set_output: transform={transform!r} came, but sequences are given as "
                "'default' or 'pandas'. Use one of these."
            )
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def _wants_pandas(self) -> bool:
        chosen = getattr(self, "_sklearn_output_config", {})
        return chosen.get("transform", get_config()["transform_output"]) == "pandas"

    def _as_output(self, sequences: SequenceArray):
        if not self._wants_pandas():
            return sequences
        origin, ids = sequences._origin, sequences.ids
        if ids is None or not (ids[1:] > ids[:-1]).all():
            # Whoever reads a table sorts it by id: numbers keep the sequences in their order.
            return sequences._replace(_origin=None, _ids=None).to_long()
        # A table with its keys in columns, or of another library, has no index to give back.
        indexed = origin is not None and origin.index_names is not None
        return (sequences if indexed else sequences._replace(_origin=None)).to_long()

    def get_feature_names_out(self, input_features=None):
        """Names of the values of each step.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features_in_,), default=None
            Names of the input features. None: those seen in `fit`, or "x0", "x1", ...

        Returns
        -------
        names : ndarray of str objects of shape (n_features_out,)
        """
        check_is_fitted(self)
        return np.asarray(self._step_names(input_features), dtype=object)
