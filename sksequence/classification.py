"""Recurrent classifiers: one label, or one set of labels, a sequence."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d
from torch import nn

from sksequence._params import number, param
from sksequence.engine import (
    ClassWeight,
    GRUCell,
    LSTMCell,
    MatchedScore,
    Meaning,
    RNNCell,
    SequencePredictor,
)
from sksequence.exceptions import InputError, InputTypeError, ParameterError
from sksequence.modules import single_thread
from sksequence.sequences import missing_targets

__all__ = ["GRUClassifier", "LSTMClassifier", "RNNClassifier"]


class SequenceClassifier(MatchedScore, ClassifierMixin, ClassWeight, SequencePredictor):
    """Base of the classifiers: labels to codes, codes to labels, probabilities.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in the order of the columns of `predict_proba`.
    """

    dropout: float = param(
        default=0.5,
        rule=number(0, below=1),
        doc="Share of values dropped between layers and before the head.",
    )

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more pass over these sequences.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed at the first call if `y` does not hold them all. Later
            calls may leave them out, or pass the same.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence in the loss.

        Returns
        -------
        self : object
        """
        name = f"{type(self).__name__}.partial_fit"
        return self._fit(X, y, sample_weight, caller=name, fresh=False, classes=classes, epochs=1)

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.

        Returns
        -------
        proba : ndarray of float64 of shape (n_samples, n_classes)
            Columns in the order of `classes_`; rows sum to 1, except for multi-label targets, where
            each column is the probability of its label.
        """
        return self._probabilities(self._predict_outputs(X, "predict_proba"))

    def predict_log_proba(self, X):
        """Logarithm of :meth:`predict_proba`.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
        """
        return np.log(self.predict_proba(X))

    def predict(self, X):
        """Most probable label of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            In the dtype of the labels passed to `fit`.
        """
        codes = self._decode(self._predict_outputs(X, "predict"))
        return codes if self._multilabel else self.classes_[codes]

    # ------------------------------------------------------------------ the task
    def _aligned(self, y, sequences, caller):
        y = super()._aligned(y, sequences, caller)
        i, label = _first_bytes(y)
        if label is not None:
            raise InputTypeError(
                f"{caller}: y holds {label!r} at position {i}, of type bytes, but labels are strings or "
                "numbers. Decode them: [label.decode() for label in y]."
            )
        return y

    def _encode_targets(self, y, caller, *, reset, classes=None):
        if hasattr(y, "tocsr"):
            y = y.toarray()
        if getattr(getattr(y, "dtype", None), "kind", "") == "f":
            assert_all_finite(y, input_name="y")
        missing = missing_targets(y)
        if len(missing):
            raise InputError(
                f"{caller}: y holds no label at position {missing[0]} ({len(missing)} are missing), but "
                "every sequence needs one. Input y contains NaN or None: leave these sequences out, or give "
                "them a label of their own."
            )
        plain = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
        if plain is not None:
            # scikit-learn makes floats of pandas' nullable integers and booleans.
            y = y.to_numpy(dtype=plain)
        kind = self._kind_of_labels(y, caller)
        if reset:
            self._multilabel = kind == "multilabel-indicator"
        if self._multilabel:
            return self._encode_indicator(np.asarray(y), caller, reset=reset)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if reset:
            self.classes_ = np.unique(y if classes is None else np.asarray(classes))
        if len(self.classes_) < 2:
            raise InputError(
                f"{caller}: y holds 1 class ({self.classes_.tolist()[0]!r}), but a classifier needs samples "
                "of at least 2 classes. Check how y was selected."
            )
        codes = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[codes] != y
        if unknown.any():
            raise InputError(
                f"{caller}: y holds {y[unknown].tolist()[0]!r} at position {int(unknown.argmax())}, but the "
                f"classes are {self.classes_.tolist()}. Pass all of them as `classes` at the first "
                "partial_fit, or fit anew."
            )
        return codes.astype(np.int64)

    def _kind_of_labels(self, y, caller: str) -> str:
        """The type of target; several labels for a sequence are refused."""
        nested = _holds_rows(y)
        try:
            kind = type_of_target(y, input_name="y")
        except ValueError:
            if not nested:
                raise
            kind = "unknown"
        if kind == "multiclass-multioutput" or (nested and kind == "unknown"):
            raise InputError(
                f"{caller}: y holds several labels for a sequence, but a classifier needs one. "
                f"For a label at every step use {self._cell.upper()}Tagger; labels that may coincide are a "
                "2-D array of 0 and 1."
            )
        return kind

    def _encode_indicator(self, y: np.ndarray, caller: str, *, reset: bool) -> np.ndarray:
        if reset:
            self.classes_ = np.arange(y.shape[1])
        if y.ndim != 2 or y.shape[1] != len(self.classes_):
            raise InputError(
                f"{caller}: y of shape {y.shape} came, but {len(self.classes_)} label columns "
                "are expected. Pass the columns seen at fit time."
            )
        return y.astype(np.float32)

    def _target_weights(self, y):
        if self.class_weight is None:
            return None
        if self._multilabel:
            raise ParameterError(
                f"The 'class_weight' parameter of {type(self).__name__} must be None for multi-label "
                "targets. Weigh samples with sample_weight instead."
            )
        return self._class_weights(y)[y]

    def _strata(self, targets):
        return None if self._multilabel else targets

    def _n_outputs(self):
        # Two classes take two outputs like any other number; only labels that may coincide differ.
        return len(self.classes_)

    def _criterion(self, targets):
        return (
            nn.BCEWithLogitsLoss(reduction="none")
            if self._multilabel
            else nn.CrossEntropyLoss(reduction="none")
        )

    def _answer(self, outputs, lengths):
        # What is added to all of them changes no probability.
        return outputs if self._multilabel else outputs - outputs.mean(dim=1, keepdim=True)

    def _decode(self, outputs):
        if self._multilabel:
            return (outputs > 0).astype(int)
        return outputs.argmax(axis=1)

    def _meaning(self):
        n = len(self.classes_)
        # Of labels that may coincide each is a choice between 0 and 1.
        classes = [np.arange(2)] * n if self._multilabel else np.arange(n)
        return Meaning(self._decode, probabilities=self._probabilities, classes=classes)

    def _probabilities(self, outputs: np.ndarray) -> np.ndarray:
        logits = torch.from_numpy(outputs).double()
        with single_thread():
            proba = logits.sigmoid() if self._multilabel else logits.softmax(dim=1)
        return proba.numpy()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _holds_rows(y) -> bool:
    """Whether the items of a list, an array of one axis or a Series are themselves rows."""
    if not isinstance(y, (list, tuple, np.ndarray)) and not hasattr(y, "iloc"):
        return False
    if getattr(y, "ndim", 1) != 1 or len(y) == 0:
        return False
    return isinstance(getattr(y, "iloc", y)[0], (list, tuple, np.ndarray))


def _first_bytes(y) -> tuple[int, bytes | None]:
    """Position and value of the first label that is bytes; None where there is none."""
    kind = getattr(getattr(y, "dtype", None), "kind", "O")
    if kind not in "OS" or getattr(y, "ndim", 1) != 1 or not hasattr(y, "__iter__"):
        return 0, None
    return next(((i, bytes(label)) for i, label in enumerate(y) if isinstance(label, bytes)), (0, None))


class RNNClassifier(RNNCell, SequenceClassifier):
    """Classify sequences with an Elman network (Elman 1990), the plain recurrent network.

    The smallest and quickest of the three; it forgets soonest.
    """


class LSTMClassifier(LSTMCell, SequenceClassifier):
    """Classify sequences with long short-term memory (Hochreiter & Schmidhuber 1997).

    Keeps information over the longest spans, with four times the weights of an Elman network.
    """


class GRUClassifier(GRUCell, SequenceClassifier):
    """Classify sequences with gated recurrent units (Cho et al. 2014).

    About as able as the LSTM, with three quarters of its weights.
    """
