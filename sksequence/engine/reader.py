"""How sequences are read: their values or tokens, and the recurrent layers over them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch

from sksequence._params import boolean, instance_of, integer, iterable_of, none, number, one_of, param
from sksequence.engine.estimator import RecurrentEstimator
from sksequence.engine.moments import step_moments
from sksequence.engine.overflow import exceeds_float32, refuse_large
from sksequence.engine.stack import RecurrentStack
from sksequence.engine.tokens import TokenInput
from sksequence.exceptions import InputError, ParameterError
from sksequence.modules import Encoder, MixedInputs, Standardize
from sksequence.sequences import (
    SequenceArray,
    as_sequences,
    check_features,
    check_ids,
    find_columns,
    largest_tokens,
    names_ids,
    refuse_scattered,
)

__all__ = ["SequenceReader"]


# What input_dropout="auto" is where a large vocabulary is learned.
_INPUT_DROPPED = 0.5
# What embedding_dim="auto" is for each of several columns of ids.
_COLUMN_WIDTH = 32


class SequenceReader(RecurrentStack, TokenInput, RecurrentEstimator):
    """Base of the estimators whose network gives a state at every step of given sequences.

    Attributes
    ----------
    input_dropout_ : float
        Share of the features that the first layer reads dropped in training.
    """

    bidirectional: bool = param(
        default=False,
        fixed=True,
        rule=boolean(),
        doc="Whether a second network reads every sequence from its end; doubles the time.",
    )
    standardize: bool = param(
        default=True,
        fixed=True,
        rule=boolean(),
        doc="Whether each feature is scaled by the mean and deviation of the training steps.",
    )
    augment: float = param(
        default=0.0,
        fixed=True,
        rule=number(0),
        doc="""Standard deviation of the random shift and scaling that each feature of each training
        sequence gets, anew in every batch, in units of standardised features (Um et al. 2017). It may
        make small data go further where levels mean nothing, and harms where they do. Tokens get none.""",
    )
    adversarial: float = param(
        default=0.0,
        fixed=True,
        rule=number(0),
        doc="""Strength of adversarial training (Miyato et al. 2017): every batch is read a second time, each
        sequence pushed in the direction in which its loss grows most, and both losses are learned from.
        Strength is the Euclidean length of the push of all steps of a sequence together, in deviations of
        what the network reads; 5 is a value to begin with. Doubles the time of training.""",
    )
    missing: str = param(
        default="raise",
        fixed=True,
        rule=one_of("raise", "mask"),
        doc="""What NaN inside a sequence means: an error, or "not observed", in which case the network
        reads the feature's mean and an indicator.""",
    )
    token_features: Any = param(
        default=None,
        fixed=True,
        rule=none()
        | one_of("all")
        | iterable_of(integer(0) | instance_of(str, words="a name"), words="a list of columns of X"),
        doc="""Columns of X, by number or name, that hold token ids, where the others hold numbers: a code of
        what happened beside how much; "all" if there are no numbers. The output of WordFeatures, and
        categorical columns of a long table, need not be told. Each gets vectors of its own,
        of width `embedding_dim`, "auto" is 32.""",
    )

    _reads_tokens = False  # whether a step of the training data is one token id
    _cell: ClassVar[str]  # a RecurrentCell's, like the options

    def _kernel_options(self) -> dict[str, Any]:
        raise NotImplementedError

    def _read(self, X, method: str, *, reset: bool = False) -> SequenceArray:
        # A function that asks on behalf of someone else gives its own name.
        caller = f"{type(self).__name__}.{method}" if hasattr(self, method) else method
        named = names_ids(X)
        columns_of_ids = self.token_features is not None or named or getattr(X, "_holds_ids", False)
        tokens = (not columns_of_ids and self._wants_tokens) if reset else self._reads_tokens
        tokens = None if named else tokens
        sequences = as_sequences(X, caller=caller, missing=self.missing, tokens=tokens)
        if reset:
            self._reads_tokens = sequences.is_tokens
        check_features(self, sequences, caller, reset=reset)
        sequences = self._with_vocabulary(sequences, caller, reset=reset)
        if reset:
            self._token_columns = self._find_columns(sequences, caller)
        else:
            self._refuse_new_ids(sequences, caller)
        if self._token_columns:
            check_ids(sequences, self._token_columns, caller)
        return sequences

    @property
    def _wants_tokens(self) -> bool | None:
        """Whether X is to be read as token ids; None leaves that to X."""
        if self.embedding_dim == "auto" and not self._has_vectors:
            return None
        return self._has_vectors

    def _find_columns(self, sequences: SequenceArray, caller: str) -> list[int]:
        """Positions of the columns that hold token ids: `token_features`, or those that X says."""
        owner = type(self).__name__
        if self.token_features is None and not sequences._holds_ids:
            return []
        if self.embedding_dim is None or self.embeddings is not None or self.init_from is not None:
            came = "WordFeatures or categories as X" if self.token_features is None else "token_features"
            raise ParameterError(
                f"{caller}: {came} came, but columns of ids need embedding_dim, the width of their vectors, "
                f'and neither embeddings nor init_from. Set embedding_dim of {owner} to "auto" or an int.'
            )
        if isinstance(self.token_features, str):  # "all"
            return list(range(sequences.n_features))
        named = find_columns(sequences, self.token_features or (), caller, "token_features")
        return sorted({*named, *sequences._id_columns})

    def _refuse_new_ids(self, sequences: SequenceArray, caller: str) -> None:
        """Refuse ids where training had numbers."""
        new = [i for i in sequences._id_columns if i not in self._token_columns]
        if new:
            name = (sequences.feature_names or range(sequences.n_features))[new[0]]
            raise InputError(
                f"{caller}: ids came as feature {name!r}, which was numbers in fit. Pass numbers, or "
                "fit anew."
            )

    def _set_sizes(self, sequences: SequenceArray) -> None:
        """Settle what "auto" means for these sequences."""
        self._set_memory(sequences.n_timesteps)

    def _encoder(
        self, sequences: SequenceArray, generator: torch.Generator, *, patch_size: int = 1
    ) -> Encoder:
        """A new network up to the states of every (patched) step."""
        self._learns_many = False
        inputs = self._inputs(sequences, generator)
        self.input_dropout_ = self.input_dropout
        if self.input_dropout == "auto":
            # Numbers beside ids are few, and each may be all that counts.
            self.input_dropout_ = _INPUT_DROPPED if self._learns_many and self._reads_tokens else 0.0
        encoder = Encoder(
            self._cell,
            inputs,
            inputs.output_size,
            hidden_size=self.hidden_size,
            num_layers=self.num_layers,
            bidirectional=self.bidirectional,
            layer_norm=self.layer_norm,
            memory=self.memory_,
            patch_size=patch_size,
            dropout=self.dropout,
            input_dropout=self.input_dropout_,
            recurrent_dropout=self.recurrent_dropout,
            adversarial=self.adversarial,
            generator=generator,
            **self._kernel_options(),
        )
        self._begin_with_weights(encoder, self._cell, self.get_params(deep=False))
        return encoder

    def _inputs(self, sequences: SequenceArray, generator: torch.Generator) -> Any:
        """What makes steps of raw values."""
        if self._reads_tokens:
            return self._embedding(sequences, generator)
        if not self._token_columns:
            return self._scaling(sequences)
        largest = largest_tokens(sequences)
        width = _COLUMN_WIDTH if self.embedding_dim == "auto" else self.embedding_dim
        for i in self._token_columns:
            refuse_scattered(sequences, int(largest[i]) + 1, width, type(self).__name__)
        tables = {i: self._table(int(largest[i]) + 1, width, generator) for i in self._token_columns}
        rest = [i for i in range(sequences.n_features) if i not in tables]
        return MixedInputs(tables, self._scaling(sequences, rest) if rest else None)

    def _scaling(self, sequences: SequenceArray, columns: list[int] | None = None) -> Standardize:
        """What scales the features at `columns`, None for all."""
        n_features = sequences.n_features if columns is None else len(columns)
        caller, chosen = f"{type(self).__name__}.fit", slice(None) if columns is None else columns
        if self.standardize:
            moments = step_moments(sequences, columns)
            if not np.isfinite(moments).all():
                refuse_large(sequences, chosen, caller)
            mean, scale = map(torch.from_numpy, moments)
        else:
            if exceeds_float32(sequences, chosen):
                refuse_large(sequences, chosen, caller)
            mean, scale = torch.zeros(n_features), torch.ones(n_features)
        return Standardize(mean, scale, mask_missing=self.missing == "mask", augment=self.augment)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.non_deterministic = False
        return tags
