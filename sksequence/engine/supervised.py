"""Learning from sequences and their targets: what classifiers, regressors and taggers share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from sksequence._params import integer, iterable_of, number, one_of, param, shown
from sksequence.engine.batches import Examples
from sksequence.engine.guarded import guarded
from sksequence.engine.overflow import refuse_answer
from sksequence.engine.probe import Probe
from sksequence.engine.reader import SequenceReader
from sksequence.engine.reporting import with_callbacks
from sksequence.engine.sample_weight import read_weights
from sksequence.engine.scored import Meaning
from sksequence.engine.splits import hold_back
from sksequence.exceptions import InputError
from sksequence.modules import POOLINGS, SequenceNetwork
from sksequence.sequences import SequenceArray, targets_in_order

__all__ = ["SequencePredictor", "SupervisedReader"]

# Moments of pooled states are those of the last ten to fifty batches: the weights have to be nearly still.
_MOMENTA = 0.02, 0.1
# Longer sequences are read in patches, so that the network takes about this many steps.
_PATCHED_STEPS = 64


class SupervisedReader(SequenceReader):
    """Base of the estimators that learn from sequences and a target for each.

    Subclasses say how targets are encoded (`_encode_targets`), which network gives the outputs
    (`_network`), what the loss is (`_criterion`) and what outputs mean (`_decode`).
    """

    # A word that comes once or twice moves its vector a little only. Where that began as large as others,
    # its sequence would be known by it; begun small, rare words whisper until they have been heard often.
    _deviation = 0.1
    _rescales = True

    # ------------------------------------------------------------------ what a task defines
    def _encode_targets(self, y: Any, caller: str, *, reset: bool, classes: Any = None) -> Any:
        raise NotImplementedError

    def _network(self, sequences: SequenceArray, generator: torch.Generator) -> torch.nn.Module:
        raise NotImplementedError

    def _criterion(self, targets: Any) -> torch.nn.Module:
        """The loss, which may depend on the encoded targets of the training data."""
        raise NotImplementedError

    def _decode(self, outputs: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _meaning(self) -> Meaning:
        """What outputs and encoded targets mean to scoring callbacks."""
        return Meaning(self._decode)

    def _reading(self) -> Callable[[Any], torch.Tensor] | None:
        """Maps what the network returns to one tensor, where it returns more."""
        return None

    def _aligned(self, y: Any, sequences: SequenceArray, caller: str) -> Any:
        """The targets in the order of the sequences."""
        return targets_in_order(y, sequences, caller)

    def _target_weights(self, y: np.ndarray) -> np.ndarray | None:
        """Weight of each example that follows from its target; None for equal weights."""
        return None

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Labels whose shares a validation split keeps."""
        return None

    # ------------------------------------------------------------------ fitting
    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Train on sequences and one target, or row of targets, for each.

        Parameters
        ----------
        X : array-like of sequences
            Any form that :func:`~sksequence.as_sequences` reads: (n_samples, n_timesteps, n_features),
            a table (n_samples, n_timesteps), a list of arrays of any length, a SequenceArray.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            A Series indexed by the ids of a long table is matched to them. Classifiers: labels of any
            dtype; a 2-D array of 0 and 1 is multi-label. Regressors: finite
            numbers of any scale; the loss is the squared error. Taggers: a list with a label sequence,
            one label a step, for each sequence.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence in the loss.

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If X or y cannot be read; the sentence says where and what to do.
        ParameterError
            If a parameter's value is not allowed.
        NonFiniteLossError
            If training diverged.
        """
        name = f"{type(self).__name__}.fit"
        return self._fit(X, y, sample_weight, caller=name, fresh=not self.warm_start)

    def _initialize(self, X, y, caller: str):
        """The network that `fit` would begin with, untrained."""
        return self._fit(X, y, None, caller=caller, fresh=True, epochs=0)

    @guarded
    def _fit(self, X, y, sample_weight, *, caller: str, fresh: bool, classes=None, epochs=None):
        self._check_parameters()
        fresh = self._begins(fresh, caller)
        sequences = self._read(X, caller, reset=fresh)
        if y is None:
            raise InputError(
                f"{caller}: y is None, but {type(self).__name__} requires y to be passed, but the target y "
                "is None. Pass one target for each sequence."
            )
        if classes is not None and not fresh:
            _refuse_other_classes(classes, self.classes_, caller)
        y = self._aligned(y, sequences, caller)
        try:
            targets = self._encode_targets(y, caller, reset=fresh, classes=classes)
        except InputError:
            raise
        except ValueError as error:
            # scikit-learn's checks do not say who asks.
            raise InputError(f"{caller}: {error}") from error
        _check_as_many(sequences, targets, caller)
        weights = self._weights(sample_weight, sequences, targets, caller)
        examples = Examples(sequences, targets, weights)
        if weights is not None and (weights > 0).any():
            # A sample of no weight must not shift the moments of the inputs, nor those of a batch.
            examples = examples.take(np.flatnonzero(weights > 0))
        criterion = self._criterion(examples.targets)
        if fresh:
            self._set_sizes(examples.sequences)
            self._begin(
                lambda g: self._network(examples.sequences, g),
                criterion,
                meaning=self._meaning(),
                read=self._reading(),
            )
        train, valid = self._split(examples, caller)
        budget = self._plan(len(train))
        if epochs is not None:
            budget = budget.repeated(epochs)
        self._run(train, valid, budget=budget, criterion=criterion, reported=(sequences, y))
        return self

    def _weights(
        self, sample_weight, sequences: SequenceArray, targets: np.ndarray, caller: str
    ) -> np.ndarray | None:
        weights = self._target_weights(targets)
        if sample_weight is None:
            return weights
        given = read_weights(sample_weight, sequences, caller)
        return given if weights is None else given * weights

    def _split(self, examples: Examples, caller: str) -> tuple[Examples, Examples | None]:
        if not self.early_stopping:
            return examples, None
        train, valid = hold_back(
            len(examples),
            self.validation_fraction,
            self._seed,
            labels=self._strata(examples.targets),
            caller=caller,
        )
        return examples.take(train), examples.take(valid)

    # ------------------------------------------------------------------ predicting
    def _predict_outputs(self, X, method: str) -> np.ndarray:
        """Network outputs (n_samples, n_outputs) for any accepted X."""
        self._check_fitted()
        sequences = self._read(X, method)
        outputs = self._outputs(Examples(sequences))
        refuse_answer(outputs, sequences, f"{type(self).__name__}.{method}")
        return outputs

    # ------------------------------------------------------------------ being asked about it
    def _probe(self, X, caller: str) -> Probe:
        """The network, to be asked about its answers to X."""
        return Probe(self.net_.module_, Examples(self._read(X, caller)), self._answer)

    def _lesson(self, X, y, caller: str) -> Probe:
        """The network, to be asked what it would learn from X and y."""
        sequences = self._read(X, caller)
        targets = self._encode_targets(self._aligned(y, sequences, caller), caller, reset=False)
        _check_as_many(sequences, targets, caller)
        examples = Examples(sequences, targets)
        return Probe(self.net_.module_, examples, self._answer, self.net_.example_losses)

    def _answer(self, outputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """The outputs (B, K) of each sequence that are asked about."""
        return outputs.flatten(1)


def _refuse_other_classes(classes: Any, known: np.ndarray, caller: str) -> None:
    given = np.unique(np.asarray(classes)).tolist()
    if given != known.tolist():
        raise InputError(
            f"{caller}: classes={shown(given)} came, but the network was built for {shown(known.tolist())}. "
            "Pass the same classes at every call, or none after the first; for others fit anew."
        )


def _check_as_many(sequences: SequenceArray, targets: Any, caller: str) -> None:
    if len(targets) != len(sequences):
        raise InputError(
            f"{caller}: X has {len(sequences)} sequences and y has {len(targets)} targets, but each "
            "sequence needs one target. Pass X and y of equal length."
        )


class SequencePredictor(SupervisedReader):
    """Base of the estimators that give one target a sequence: the states of all steps are pooled.

    Attributes
    ----------
    patch_size_ : int
        Time steps read as one.
    """

    pooling: Any = param(
        default=("last", "mean", "max"),
        fixed=True,
        rule=one_of(*POOLINGS)
        | iterable_of(one_of(*POOLINGS), words=f"a tuple of these: {', '.join(POOLINGS)}"),
        doc="How the states of all steps become one vector; several are joined.",
    )
    embedding_dropout: Any = param(
        default="auto",
        rule=one_of("auto") | number(0, below=1),
        doc="""Share of the vocabulary dropped in each training batch: wherever a dropped token stands, its
        vector is zero (embedding dropout, Gal & Ghahramani 2016; Merity et al. 2018). "auto" is 0.3 where
        vectors begin at random for 1,000 tokens or more, since a network could know the training texts by
        their rare words, else 0; the outcome is in `embedding_dropout_`.""",
    )
    input_dropout: Any = param(
        default="auto",
        rule=one_of("auto") | number(0, below=1),
        doc="""Share of the features that the first layer reads dropped, the same ones at every step of a
        sequence (variational dropout, Gal & Ghahramani 2016). "auto" is 0.5 where X is tokens and
        vectors of 1,000 or more begin at random, else 0; the outcome is in `input_dropout_`.""",
    )
    patch_size: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | integer(1),
        doc="""Neighbouring time steps read as one. "auto" reads sequences of up to 64 steps singly and
        longer ones in patches of ``ceil(longest / 64)``; the outcome is in `patch_size_`. Tokens are
        always read singly.""",
    )

    def _n_outputs(self) -> int:
        raise NotImplementedError

    def _set_sizes(self, sequences: SequenceArray) -> None:
        super()._set_sizes(sequences)
        if self._reads_tokens:
            self.patch_size_ = 1
        elif self.patch_size == "auto":
            self.patch_size_ = math.ceil(sequences.n_timesteps / _PATCHED_STEPS)
        else:
            self.patch_size_ = int(self.patch_size)

    def _network(self, sequences: SequenceArray, generator: torch.Generator) -> torch.nn.Module:
        return SequenceNetwork(
            self._encoder(sequences, generator, patch_size=self.patch_size_),
            pooling=(self.pooling,) if isinstance(self.pooling, str) else tuple(self.pooling),
            n_outputs=self._n_outputs(),
            dropout=self.dropout,
            momentum=self._momentum(len(sequences)),
            generator=generator,
        )

    def _momentum(self, n_samples: int) -> float:
        """How fast the moments of pooled states follow the batches: about a pass tells them."""
        return float(np.clip(self._plan(n_samples).batch_size / n_samples, *_MOMENTA))
