"""Recurrent regressors: one number, or several, a sequence."""

from __future__ import annotations

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array
from torch import nn

from sksequence.engine import GRUCell, LSTMCell, MatchedScore, Meaning, RNNCell, SequencePredictor
from sksequence.exceptions import InputError

__all__ = ["GRURegressor", "LSTMRegressor", "RNNRegressor"]


class SequenceRegressor(MatchedScore, RegressorMixin, SequencePredictor):
    """Base of the regressors: targets are learned at zero mean and unit variance.

    Attributes
    ----------
    n_outputs_ : int
        Number of targets.
    """

    _n_steps = 1000  # a number is learned to a finer grain than a class

    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more pass over these sequences.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        self : object
        """
        name = f"{type(self).__name__}.partial_fit"
        return self._fit(X, y, sample_weight, caller=name, fresh=False, epochs=1)

    def predict(self, X):
        """Target of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.

        Returns
        -------
        y : ndarray of float64 of shape (n_samples,) or (n_samples, n_outputs)
            In the units and the shape of the `y` passed to `fit`.
        """
        return self._decode(self._predict_outputs(X, "predict"))

    # ------------------------------------------------------------------ the task
    def _aligned(self, y, sequences, caller):
        y = super()._aligned(y, sequences, caller)
        lengths = {np.size(row) for row in y} if _holds_rows(y) else set()
        if len(lengths) > 1:
            raise InputError(
                f"{caller}: y holds rows of {min(lengths)} to {max(lengths)} numbers, but each sequence "
                "needs one number, or as many as the others. Sum up each row, for example by its mean; a "
                f"label for every step is what {self._cell.upper()}Tagger learns."
            )
        return y

    def _encode_targets(self, y, caller, *, reset, classes=None):
        if getattr(y, "ndim", 1) > 2:
            raise InputError(
                f"{caller}: y of shape {y.shape} came, but (n_samples,) or (n_samples, "
                "n_outputs) is needed. Use y.reshape(len(y), -1)."
            )
        self._refuse_labels(y, caller)
        y = check_array(
            y, ensure_2d=False, dtype=np.float64, ensure_all_finite=False, input_name="y", estimator=self
        )
        columns = y.reshape(len(y), -1)
        _refuse_gaps(columns, caller)
        if reset:
            self._single_output = y.ndim == 1
            self.n_outputs_ = columns.shape[1]
            self._y_mean = columns.mean(axis=0)
            with np.errstate(over="ignore", invalid="ignore"):
                deviation = columns.std(axis=0)
            if not np.isfinite(deviation).all():
                row = int(np.abs(columns).max(axis=1).argmax())
                raise InputError(
                    f"{caller}: y holds {np.abs(columns[row]).max():g} at position {row}, but values so "
                    "large overflow when they are scaled. Choose a larger unit, for example by a division."
                )
            self._y_scale = np.where(deviation > 0, deviation, 1.0)
        if columns.shape[1] != self.n_outputs_:
            raise InputError(
                f"{caller}: y has {columns.shape[1]} outputs, but {self.n_outputs_} are "
                "expected. Pass the outputs seen at fit time."
            )
        return ((columns - self._y_mean) / self._y_scale).astype(np.float32)

    def _refuse_labels(self, y, caller: str) -> None:
        kind = getattr(getattr(y, "dtype", None), "kind", "O")
        if kind in "biuf" or getattr(y, "ndim", 1) != 1:
            return
        for i, value in enumerate(y if hasattr(y, "__iter__") else ()):
            if isinstance(value, (str, bytes)) and not _is_number(value):
                plain = value.item() if isinstance(value, np.generic) else value
                raise InputError(
                    f"{caller}: y holds {plain!r} at position {i}, but a regressor needs "
                    f"numbers. For labels use {self._cell.upper()}Classifier; else convert y to float."
                )

    def _n_outputs(self):
        return self.n_outputs_

    def _criterion(self, targets):
        return nn.MSELoss(reduction="none")

    def _decode(self, outputs):
        y = outputs * self._y_scale + self._y_mean
        return y[:, 0] if self._single_output else y

    def _meaning(self):
        return Meaning(self._decode, targets=self._decode)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _holds_rows(y) -> bool:
    """Whether targets came in a list, an array of one axis or a Series, the first of them a row."""
    if getattr(y, "ndim", 1) != 1 or not hasattr(y, "__len__") or not len(y):
        return False
    return isinstance(next(iter(y)), (list, tuple, np.ndarray))


def _refuse_gaps(columns: np.ndarray, caller: str) -> None:
    """Refuse targets (n, n_outputs) that are no finite numbers."""
    bad = ~np.isfinite(columns).all(axis=1)
    if bad.any():
        i = int(bad.argmax())
        kind = "NaN" if np.isnan(columns[i]).any() else "infinity"
        raise InputError(
            f"{caller}: Input y contains {kind} at position {i}, and is not finite at {int(bad.sum())} of "
            f"{len(bad)} positions, but numbers are needed to learn from. Leave these sequences out."
        )


def _is_number(text: str | bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class RNNRegressor(RNNCell, SequenceRegressor):
    """Predict numbers from sequences with an Elman network (Elman 1990).

    The smallest and quickest of the three; it forgets soonest.
    """


class LSTMRegressor(LSTMCell, SequenceRegressor):
    """Predict numbers from sequences with long short-term memory (Hochreiter & Schmidhuber 1997).

    Keeps information over the longest spans, with four times the weights of an Elman network.
    """


class GRURegressor(GRUCell, SequenceRegressor):
    """Predict numbers from sequences with gated recurrent units (Cho et al. 2014).

    About as able as the LSTM, with three quarters of its weights.
    """
