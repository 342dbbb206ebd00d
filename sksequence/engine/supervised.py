"""One target a sequence: what classifiers and regressors share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from sksequence._params import boolean, integer, iterable_of, none, number, one_of, param
from sksequence.engine.batches import Examples
from sksequence.engine.estimator import RecurrentEstimator
from sksequence.engine.reporting import with_callbacks
from sksequence.engine.splits import hold_back
from sksequence.exceptions import InputError
from sksequence.modules import POOLINGS, Encoder, SequenceNetwork, Standardize, TokenEmbedding
from sksequence.sequences import SequenceArray, as_sequences, check_features

__all__ = ["SequencePredictor"]

# Longer sequences are read in patches, so that the network takes about this many steps.
_PATCHED_STEPS = 64
# Rows whose float64 copy is taken at a time when a feature's scale is learned.
_BLOCK_ROWS = 1 << 18


class SequencePredictor(RecurrentEstimator):
    """Base of the estimators that give one target a sequence.

    Subclasses say how targets are encoded (`_encode_targets`), what the loss is (`_criterion`) and
    what outputs mean (`_decode`).

    Attributes
    ----------
    patch_size_ : int
        Time steps read as one.
    memory_ : float or None
        Dependency range behind the initial weights, in time steps.
    """

    num_layers: int = param(1, integer(1), "Recurrent layers, one on top of the other.")
    memory: Any = param(
        "auto",
        one_of("auto") | number(1) | none(),
        """Dependency range expected, in time steps: sets the initial time scale of gates and states
        (chrono initialisation, Tallec & Ollivier 2018; for the Elman network the spectral radius of
        the recurrent weights). "auto" is the longest training sequence; None is torch's own
        initialisation, which rarely learns dependencies beyond a few dozen steps.""",
    )
    bidirectional: bool = param(
        False, boolean(), "Whether a second network reads every sequence from its end; doubles the time."
    )
    pooling: Any = param(
        ("last", "mean", "max"),
        one_of(*POOLINGS) | iterable_of(one_of(*POOLINGS), words=f"a tuple of these: {', '.join(POOLINGS)}"),
        "How the states of all steps become one vector; several are joined.",
    )
    patch_size: Any = param(
        "auto",
        one_of("auto") | integer(1),
        """Neighbouring time steps read as one. "auto" reads sequences of up to 64 steps singly and
        longer ones in patches of ``ceil(longest / 64)``; the outcome is in `patch_size_`. Tokens are
        always read singly.""",
    )
    layer_norm: bool = param(
        False, boolean(), "Whether each recurrent layer's states are normalised (Ba et al. 2016)."
    )
    standardize: bool = param(
        True, boolean(), "Whether each feature is scaled by the mean and deviation of the training steps."
    )
    augment: float = param(
        0.0,
        number(0),
        """Standard deviation of the random shift and scaling that each feature of each training
        sequence gets, anew in every batch, in units of standardised features (Um et al. 2017). It may
        make small data go further where levels mean nothing, and harms where they do. Tokens get none.""",
    )
    missing: str = param(
        "raise",
        one_of("raise", "mask"),
        """What NaN inside a sequence means: an error, or "not observed", in which case the network
        reads the feature's mean and an indicator.""",
    )
    embedding_dim: Any = param(
        None,
        none() | integer(1),
        """Width of learned token vectors. Set it to read X as token ids; ids beyond those of the training
        data share one vector of zeros.""",
    )

    # ------------------------------------------------------------------ what a task defines
    def _encode_targets(self, y: Any, *, reset: bool, classes: Any = None) -> np.ndarray:
        raise NotImplementedError

    def _criterion(self) -> torch.nn.Module:
        raise NotImplementedError

    def _decode(self, outputs: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _n_outputs(self) -> int:
        raise NotImplementedError

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
            Classifiers: labels of any dtype; a 2-D array of 0 and 1 is multi-label. Regressors: finite
            numbers of any scale; the loss is the squared error.
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

    def _fit(self, X, y, sample_weight, *, caller: str, fresh: bool, classes=None, epochs=None):
        self._check_parameters()
        fresh = fresh or not hasattr(self, "net_")
        sequences = self._read(X, caller, reset=fresh)
        if y is None:
            raise InputError(
                f"{caller}: y is None, but {type(self).__name__} requires y to be passed, but the target y "
                "is None. Pass one target for each sequence."
            )
        y = _in_order_of(sequences.ids, y)
        targets = self._encode_targets(y, reset=fresh, classes=classes)
        if len(targets) != len(sequences):
            raise InputError(
                f"{caller}: X has {len(sequences)} sequences and y has {len(targets)} targets, but each "
                "sequence needs one target. Pass X and y of equal length."
            )
        weights = self._weights(sample_weight, targets, caller)
        if fresh:
            self._set_sizes(sequences)
            self._begin(lambda g: self._network(sequences, g), self._criterion(), decode=self._decode)
        examples = Examples(sequences, targets, weights)
        if weights is not None and (weights > 0).any():
            # A sample of no weight must not even stand in a batch, whose moments it would shift.
            examples = examples.take(np.flatnonzero(weights > 0))
        train, valid = self._split(examples, caller)
        budget = self._plan(len(train))
        if epochs is not None:
            budget = budget.repeated(epochs)
        self._run(train, valid, budget=budget, reported=(sequences, y))
        return self

    def _read(self, X, method: str, *, reset: bool = False) -> SequenceArray:
        caller = method if "." in method else f"{type(self).__name__}.{method}"
        tokens = self.embedding_dim is not None
        sequences = as_sequences(X, caller=caller, missing=self.missing, tokens=tokens)
        check_features(self, sequences, reset=reset)
        return sequences

    def _weights(self, sample_weight, targets: np.ndarray, caller: str) -> np.ndarray | None:
        weights = self._target_weights(targets)
        if sample_weight is None:
            return weights
        given = _check_sample_weight(sample_weight, targets, dtype=np.float64)
        if (given < 0).any():
            raise InputError(
                f"{caller}: sample_weight holds {given.min():g} at position {int(given.argmin())}, but "
                "weights cannot be negative. Use 0 to leave a sample out."
            )
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

    # ------------------------------------------------------------------ the network
    def _set_sizes(self, sequences: SequenceArray) -> None:
        """Settle what "auto" means for these sequences."""
        longest = sequences.n_timesteps
        if self.embedding_dim is not None:
            self.patch_size_ = 1
        elif self.patch_size == "auto":
            self.patch_size_ = math.ceil(longest / _PATCHED_STEPS)
        else:
            self.patch_size_ = int(self.patch_size)
        self.memory_ = float(longest) if self.memory == "auto" else self.memory

    def _network(self, sequences: SequenceArray, generator: torch.Generator) -> torch.nn.Module:
        if self.embedding_dim is not None:
            n_tokens = int(sequences.compact().values.max()) + 1
            inputs: Any = TokenEmbedding(n_tokens, self.embedding_dim, generator=generator)
            width = self.embedding_dim
        else:
            inputs = self._scaling(sequences)
            width = inputs.output_size
        encoder = Encoder(
            self._cell,
            inputs,
            width,
            hidden_size=self.hidden_size,
            num_layers=self.num_layers,
            bidirectional=self.bidirectional,
            layer_norm=self.layer_norm,
            memory=self.memory_,
            patch_size=self.patch_size_,
            dropout=self.dropout,
            generator=generator,
            **self._kernel_options(),
        )
        pooling = (self.pooling,) if isinstance(self.pooling, str) else tuple(self.pooling)
        return SequenceNetwork(
            encoder,
            pooling=pooling,
            n_outputs=self._n_outputs(),
            dropout=self.dropout,
            generator=generator,
        )

    def _scaling(self, sequences: SequenceArray) -> Standardize:
        if self.standardize:
            mean, scale = map(torch.from_numpy, step_moments(sequences))
        else:
            mean, scale = torch.zeros(sequences.n_features), torch.ones(sequences.n_features)
        return Standardize(mean, scale, mask_missing=self.missing == "mask", augment=self.augment)

    # ------------------------------------------------------------------ predicting
    def _predict_outputs(self, X, method: str) -> np.ndarray:
        """Network outputs (n_samples, n_outputs) for any accepted X."""
        check_is_fitted(self, "net_")
        return self._outputs(Examples(self._read(X, method)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.non_deterministic = False
        return tags


def _in_order_of(ids: np.ndarray | None, y: Any) -> Any:
    """Targets of a long table, whose sequences are sorted by id, where y is indexed by just these ids."""
    index = getattr(y, "index", None)
    if ids is None or not hasattr(y, "loc") or index is None or len(index) != len(ids):
        return y
    return y.loc[ids] if index.is_unique and set(index) == set(ids.tolist()) else y


def step_moments(sequences: SequenceArray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature over the steps that the sequences cover.

    Missing values are left out; a feature that never varies gets a deviation of 1. Each step counts
    once, however many windows show it. Works in blocks, so that a memory map is not loaded whole.

    Parameters
    ----------
    sequences : SequenceArray
        Of numbers.

    Returns
    -------
    mean, deviation : ndarrays of float64 of shape (n_features,)
    """
    count = np.zeros(sequences.n_features)
    mean = np.zeros(sequences.n_features)
    squares = np.zeros(sequences.n_features)
    values = sequences.compact().values
    for first in range(0, len(values), _BLOCK_ROWS):
        block = np.asarray(values[first : first + _BLOCK_ROWS], dtype=np.float64)
        seen = ~np.isnan(block)
        n = seen.sum(axis=0)
        block_mean = np.where(seen, block, 0.0).sum(axis=0) / np.maximum(n, 1)
        block_squares = np.where(seen, (block - block_mean) ** 2, 0.0).sum(axis=0)
        # Chan et al. 1979: joining the moments of two sets without losing digits.
        both = np.maximum(count + n, 1)
        delta = block_mean - mean
        squares += block_squares + delta**2 * count * n / both
        mean += delta * n / both
        count += n
    deviation = np.sqrt(squares / np.maximum(count, 1))
    # Rounding makes the deviation of a constant column a little more than zero.
    constant = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    return mean, np.where(constant, 1.0, deviation)
