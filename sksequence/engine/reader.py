"""How sequences are read: their values or tokens, and the recurrent layers over them."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from sksequence._params import boolean, number, one_of, param
from sksequence.engine.estimator import RecurrentEstimator
from sksequence.engine.moments import step_moments
from sksequence.engine.stack import RecurrentStack
from sksequence.engine.tokens import TokenInput
from sksequence.modules import Encoder, Standardize
from sksequence.sequences import SequenceArray, as_sequences, check_features

__all__ = ["SequenceReader"]


class SequenceReader(RecurrentStack, TokenInput, RecurrentEstimator):
    """Base of the estimators whose network gives a state at every step of given sequences."""

    bidirectional: bool = param(
        False, boolean(), "Whether a second network reads every sequence from its end; doubles the time."
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

    _cell: ClassVar[str]  # a RecurrentCell's, like the options

    def _kernel_options(self) -> dict[str, Any]:
        raise NotImplementedError

    def _read(self, X, method: str, *, reset: bool = False) -> SequenceArray:
        caller = method if "." in method else f"{type(self).__name__}.{method}"
        tokens = self.embedding_dim is not None
        sequences = as_sequences(X, caller=caller, missing=self.missing, tokens=tokens)
        check_features(self, sequences, reset=reset)
        return sequences

    def _set_sizes(self, sequences: SequenceArray) -> None:
        """Settle what "auto" means for these sequences."""
        self._set_memory(sequences.n_timesteps)

    def _encoder(
        self, sequences: SequenceArray, generator: torch.Generator, *, patch_size: int = 1
    ) -> Encoder:
        """A new network up to the states of every (patched) step."""
        if self.embedding_dim is not None:
            inputs: Any = self._embedding(sequences, generator)
            width = self.embedding_dim
        else:
            inputs = self._scaling(sequences)
            width = inputs.output_size
        return Encoder(
            self._cell,
            inputs,
            width,
            hidden_size=self.hidden_size,
            num_layers=self.num_layers,
            bidirectional=self.bidirectional,
            layer_norm=self.layer_norm,
            memory=self.memory_,
            patch_size=patch_size,
            dropout=self.dropout,
            generator=generator,
            **self._kernel_options(),
        )

    def _scaling(self, sequences: SequenceArray) -> Standardize:
        if self.standardize:
            mean, scale = map(torch.from_numpy, step_moments(sequences))
        else:
            mean, scale = torch.zeros(sequences.n_features), torch.ones(sequences.n_features)
        return Standardize(mean, scale, mask_missing=self.missing == "mask", augment=self.augment)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.non_deterministic = False
        return tags
