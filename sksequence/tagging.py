"""Recurrent taggers: a label for every step of a sequence."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
import torch

from sksequence._params import boolean, integer, number, one_of, param
from sksequence.engine import (
    ClassWeight,
    Examples,
    GRUCell,
    LSTMCell,
    Meaning,
    RNNCell,
    SupervisedReader,
    read_weights,
    refuse_answer,
)
from sksequence.exceptions import InputError
from sksequence.metrics import token_accuracy
from sksequence.metrics.labels import StepLabels, read_labels
from sksequence.modules import (
    Chain,
    ChainLoss,
    ChainNetwork,
    StepLoss,
    StepNetwork,
    log_marginals,
    single_thread,
    viterbi,
)
from sksequence.sequences import RaggedList, SequenceArray

__all__ = ["GRUTagger", "LSTMTagger", "RNNTagger"]


class SequenceTagger(ClassWeight, SupervisedReader):
    """Base of the taggers: labels of steps to codes and back, probabilities, accuracy.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in the order of the columns of `predict_proba`.
    """

    bidirectional: bool = param(
        default=True,
        rule=boolean(),
        doc="""Whether a second network reads every sequence from its end. It is on because a label mostly
        depends on what follows the step as well as on what comes before. Switch it off where labels
        are wanted while a sequence still comes in: then no label depends on a later step.""",
    )
    dropout: float = param(
        default=0.5,
        rule=number(0, below=1),
        doc="Share of values dropped between layers and before the head.",
    )
    hidden_size: int = param(
        default=128,
        rule=integer(1),
        doc="""Width of the hidden state of each direction, in units: twice that of classifiers, whose pooling
        sums up many steps, for each step is labelled by its own state.""",
    )
    embedding_dropout: Any = param(
        default=0.2,
        rule=one_of("auto") | number(0, below=1),
        doc="""Share of the vocabulary dropped in each training batch: wherever a dropped token stands, its
        vector is zero (embedding dropout, Gal & Ghahramani 2016), so that a label is learned from the
        other steps, and the other columns of `token_features`, too. "auto" is 0.5 for 1,000 tokens or more,
        else 0.""",
    )
    crf: bool = param(
        default=False,
        fixed=True,
        rule=boolean(),
        doc="""Whether the labels of a sequence are scored together, by a linear-chain conditional random
        field (Lafferty et al. 2001) over the network's scores: `predict` is then the best label
        sequence, and `predict_proba` the marginal probability of each label. It helps where some
        labels can hardly follow others, as in BIO schemes. `class_weight` then weighs the log
        probability of each label given the one before it.""",
    )

    _per_step = True
    _min_passes = 8  # a rare word, which has to be met several times, comes once or twice in a pass

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more pass over these sequences.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.
        y : list of label sequences
            As in :meth:`fit`.
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

    def predict(self, X):
        """Most probable label of each step; with `crf`, the most probable label sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.

        Returns
        -------
        y : list of ndarray of shape (length_i,)
            In the dtype of the labels passed to `fit`.
        """
        sequences, codes = self._answers(X, "predict", _best_path if self._chained else _best)
        return RaggedList.split(self.classes_[codes], sequences.lengths)

    def predict_proba(self, X):
        """Probability of each label at each step; with `crf`, its marginal over all label sequences.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.

        Returns
        -------
        proba : list of ndarray of float64 of shape (length_i, n_classes)
            Columns in the order of `classes_`; rows sum to 1.
        """
        answer = log_marginals if self._chained else None
        sequences, scores = self._answers(X, "predict_proba", answer)
        return RaggedList.split(_probabilities(scores), sequences.lengths)

    def score(self, X, y, sample_weight=None):
        """Share of the steps whose label is right.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.
        y : list of label sequences
            As in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence, of each of its steps.

        Returns
        -------
        accuracy : float
            Over the steps of all sequences; padding is no step.
        """
        caller = f"{type(self).__name__}.score"
        self._check_fitted()
        sequences = self._read(X, caller)
        labels = self._aligned(y, sequences, caller)
        true = RaggedList.split(labels.values, labels.lengths)
        weights = None if sample_weight is None else read_weights(sample_weight, sequences, caller)
        return token_accuracy(true, self.predict(sequences), sample_weight=weights)

    # ------------------------------------------------------------------ the task
    def _aligned(self, y, sequences, caller) -> StepLabels:
        index = getattr(y, "index", None)
        if getattr(index, "nlevels", 1) == 1:
            y = super()._aligned(y, sequences, caller)
        return read_labels(y, caller).fitted(sequences.lengths, "X", caller, sequences.ids)

    def _encode_targets(self, y, caller, *, reset, classes=None) -> SequenceArray:
        found, codes = self._distinct(y, caller)
        if reset:
            self.classes_ = found if classes is None else np.unique(np.asarray(classes))
        if len(self.classes_) < 2:
            raise InputError(
                f"{caller}: y holds 1 class ({self.classes_.tolist()[0]!r}), but a tagger needs steps of at "
                "least 2 classes. Check how y was selected."
            )
        places, known = self._codes(found)
        if not known.all():
            row = int(known[codes].argmin())
            i, step = y.place(row)
            raise InputError(
                f"{caller}: y holds {y.values[[row]].tolist()[0]!r} at step {step} of sequence {i}, but the "
                f"classes are {self.classes_.tolist()}. Pass all of them as `classes` at the first "
                "partial_fit, or fit anew."
            )
        return SequenceArray(places[codes], y.starts, y.lengths)

    def _codes(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Position of each label among the classes, and whether it stands there."""
        kinds = [{"S": "U"}.get(a.dtype.kind, a.dtype.kind) for a in (labels, self.classes_)]
        if "O" not in kinds and (kinds[0] == "U") != (kinds[1] == "U"):
            return np.zeros(len(labels), dtype=np.int64), np.zeros(len(labels), dtype=bool)
        try:
            places = np.searchsorted(self.classes_, labels).clip(max=len(self.classes_) - 1)
        except TypeError:  # objects of other kinds
            return np.zeros(len(labels), dtype=np.int64), np.zeros(len(labels), dtype=bool)
        return places.astype(np.int64), self.classes_[places] == labels

    def _distinct(self, y: StepLabels, caller: str) -> tuple[np.ndarray, np.ndarray]:
        """The labels that occur, sorted, and the code of each step.

        Labels that are missing, fractions, or of kinds that have no order are refused.
        """
        missing = pd.isna(y.values)
        if missing.any():
            i, step = y.place(int(missing.argmax()))
            raise InputError(
                f"{caller}: y has no label at step {step} of sequence {i} ({int(missing.sum())} "
                "missing in all), but each step needs one. Fill them, or drop these steps from X and y."
            )
        fractions = y.values.dtype.kind == "f" and y.values != np.floor(y.values)
        if np.any(fractions):
            row = int(np.argmax(fractions))
            i, step = y.place(row)
            raise InputError(
                f"{caller}: y holds {y.values[row]:g} at step {step} of sequence {i}, but "
                "labels are classes, no fractions. Cut them into classes, for example with numpy.digitize."
            )
        try:
            return np.unique(y.values, return_inverse=True)
        except TypeError:
            kinds = " and ".join(sorted({type(label).__name__ for label in y.values.tolist()}))
            raise InputError(
                f"{caller}: y holds labels of type {kinds}, which have no order among them, but "
                "labels are strings or numbers, all of one kind. Convert them, for example with str."
            ) from None

    def _network(self, sequences, generator):
        return (ChainNetwork if self.crf else StepNetwork)(
            self._encoder(sequences, generator),
            n_outputs=len(self.classes_),
            dropout=self.dropout,
            generator=generator,
        )

    def _reading(self):
        return attrgetter("emissions") if self.crf else None

    def _criterion(self, targets):
        loss = ChainLoss if self.crf else StepLoss
        if self.class_weight is None:
            return loss()
        weights = self._class_weights(targets.values[:, 0])
        return loss(torch.from_numpy(weights).float())

    @property
    def _chained(self) -> bool:
        """Whether the fitted network is a field, whatever `crf` says now."""
        self._check_fitted()
        return isinstance(self.net_.module_, ChainNetwork)

    def _answers(self, X, method: str, answer) -> tuple[SequenceArray, np.ndarray]:
        """The sequences read, and an answer for each of their steps, end to end."""
        sequences = self._read(X, method)
        outputs = self._outputs(Examples(sequences), answer)
        refuse_answer(outputs, sequences, f"{type(self).__name__}.{method}")
        return sequences, outputs

    def _answer(self, outputs, lengths):
        # What is said at the last step; what is added to all scores changes no probability.
        rows = torch.arange(len(lengths), device=lengths.device)
        scores = (outputs.emissions if self._chained else outputs)[rows, lengths - 1]
        return scores - scores.mean(dim=1, keepdim=True)

    def _decode(self, outputs):
        return outputs.argmax(axis=1)

    def _meaning(self):
        if self.crf:  # scores of steps alone do not tell the probabilities
            return Meaning(self._decode)
        return Meaning(self._decode, probabilities=_probabilities, classes=np.arange(len(self.classes_)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def _best(scores: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Code of the most probable label, -1 where scores are lost: (B, T, K), (B,) -> (B, T)."""
    most, codes = scores.max(2)
    return codes.masked_fill(most.isnan(), -1)


def _best_path(chain: Chain, lengths: torch.Tensor) -> torch.Tensor:
    """Codes of the most probable label sequence, -1 where scores are lost: chain, (B,) -> (B, T)."""
    return viterbi(chain, lengths).masked_fill(chain.emissions.sum(2).isnan(), -1)


def _probabilities(scores: np.ndarray) -> np.ndarray:
    """Probability of each label from its score, both (n_steps, n_classes)."""
    with single_thread():
        return torch.from_numpy(scores).double().softmax(dim=1).numpy()


class RNNTagger(RNNCell, SequenceTagger):
    """Label the steps of sequences with an Elman network (Elman 1990), the plain recurrent network.

    The smallest and quickest of the three; it forgets soonest.
    """


class LSTMTagger(LSTMCell, SequenceTagger):
    """Label the steps of sequences with long short-term memory (Hochreiter & Schmidhuber 1997).

    Keeps information over the longest spans, with four times the weights of an Elman network.
    """


class GRUTagger(GRUCell, SequenceTagger):
    """Label the steps of sequences with gated recurrent units (Cho et al. 2014).

    About as able as the LSTM, with three quarters of its weights.
    """
