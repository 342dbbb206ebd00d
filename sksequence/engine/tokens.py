"""The parameters of token input: every id gets a vector, learned here or elsewhere."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch

from sksequence._params import Parameters, boolean, integer, none, number, one_of, param
from sksequence.engine.encoder_weights import INIT_FROM, EncoderWeights, weights_of
from sksequence.engine.vectors import VECTORS, check_rows, plain_vectors, vectors_by_id
from sksequence.exceptions import ParameterError
from sksequence.modules import Encoder, TokenEmbedding
from sksequence.sequences import (
    SequenceArray,
    in_vocabulary,
    largest_tokens,
    names_of_ids,
    refuse_scattered,
)

__all__ = ["TokenInput"]

# What "auto" means: the share dropped of a vocabulary so large that most of its words are rare.
_DROPPED = 0.3
_LARGE = 1_000


class TokenInput(Parameters):
    """How token ids become vectors.

    Attributes
    ----------
    embedding_dim_ : int
        Width of the token vectors, where there are some.
    embedding_dropout_ : float
        Share of the vocabulary dropped in training, where there is one.
    """

    embedding_dim: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | none() | integer(1),
        doc="""Width of learned token vectors. "auto" is 100 where X comes from a SequenceTokenizer and 32 for
        each column of ids (`token_features`); else X is numbers, as with None. A width reads any integers as
        token ids. Ids beyond those of the training data, or of the tokenizer's vocabulary, share one vector
        of zeros.""",
    )
    embeddings: Any = param(
        default=None,
        fixed=True,
        rule=none() | VECTORS,
        doc="""Vectors to begin with: a dict of word to vector, gensim's KeyedVectors, a DataFrame indexed by
        words or a pair (words, array), looked up in the vocabulary that a SequenceTokenizer gives; or an
        array whose row i is the vector of id i, with a row for every id. A tensor or a list of rows will do
        for an array. X is then read as token ids, and
        `embedding_dim` is their width. A word without a vector gets a random one of the same mean and
        deviation.""",
    )
    freeze_embeddings: bool = param(
        default=False,
        fixed=True,
        rule=boolean(),
        doc="Whether `embeddings` stay as they came; a word that they do not hold is then a vector of zeros.",
    )
    embedding_lr: Any = param(
        default=None,
        rule=none() | number(above=0),
        doc="""Peak learning rate of the token vectors; None is `lr`. A lower one keeps more of what vectors
        learned elsewhere know: at all of `lr` a network soon tells its training texts by their words.""",
    )
    embedding_dropout: Any = param(
        default=0.0,
        fixed=True,
        rule=one_of("auto") | number(0, below=1),
        doc="""Share of the vocabulary dropped in each training batch: wherever a dropped token stands, its
        vector is zero (embedding dropout, Gal & Ghahramani 2016; Merity et al. 2018). "auto" is 0.3 where
        vectors begin at random for 1,000 tokens or more, since a network could know the training texts by
        their rare words, else 0; the outcome is in `embedding_dropout_`.""",
    )

    init_from: Any = param(
        default=None,
        fixed=True,
        rule=none() | INIT_FROM,
        doc="""A fitted language model, or rather its `encoder_weights()`, whose token vectors and recurrent
        layers this network begins with (Dai & Le 2015; Howard & Ruder 2018); a backward direction begins at
        random. Words are matched by name where both vocabularies are known, else ids. Cell, `hidden_size`,
        `num_layers` and `layer_norm` must be the model's; `memory` then sets nothing. A model itself will
        do where nothing clones this estimator, and within ``FrozenEstimator``.""",
    )

    _width = 100  # of vectors that begin at random
    _deviation = 1.0  # of the initial vectors
    _rescales = False  # whether vectors of `init_from` are brought to it
    _learns_many = False  # whether vectors of a large vocabulary begin at random

    def _net_arguments(self) -> dict[str, Any]:
        arguments = super()._net_arguments()  # type: ignore[misc]
        if self.embedding_lr is None:
            return arguments
        vectors = ("encoder.inputs.table*", {"lr": self.embedding_lr, "parameter": "embedding_lr"})
        # A weight is of the first group that names it: what net_params says of the vectors comes before.
        groups = arguments.get("optimizer__param_groups") or []
        return arguments | {"optimizer__param_groups": [*groups, vectors]}

    @property
    def _has_vectors(self) -> bool:
        """Whether ids become vectors, whatever X is."""
        chosen = self.embedding_dim not in (None, "auto")
        return chosen or self.embeddings is not None or self.init_from is not None

    def _with_vocabulary(self, sequences: SequenceArray, caller: str, *, reset: bool) -> SequenceArray:
        """The sequences, with ids that stand for what they stood for in training, which is remembered."""
        if reset:
            self._vocabulary = names_of_ids(sequences)
            return sequences
        return in_vocabulary(sequences, self._vocabulary, caller)

    def _embedding(self, sequences: SequenceArray, generator: torch.Generator) -> TokenEmbedding:
        """The table of vectors of the ids in these sequences."""
        names = sequences.vocabulary
        n_tokens = int(largest_tokens(sequences)[0]) + 1 if names is None else len(names)
        owner = type(self).__name__
        source, parameter = plain_vectors(self.embeddings), "embeddings"
        if self.init_from is not None:
            source, parameter = self._pretrained().embeddings_for(names), "init_from"
        if source is None:
            width = self._width if self.embedding_dim == "auto" else self.embedding_dim
            if names is None:
                refuse_scattered(sequences, n_tokens, width, owner)
            return self._table(n_tokens, width, generator)
        if parameter == "embeddings":
            expected = self._row_counts(n_tokens, names)
            check_rows(source, expected, owner)
            if names is None and isinstance(source, np.ndarray):
                n_tokens = max(n_tokens, len(source))  # ids that training happens to lack
        vectors, found = vectors_by_id(source, names, n_tokens, owner, parameter)
        width = vectors.shape[1]
        if self.embedding_dim not in (None, "auto", width):
            vectors_of = "embeddings" if self.init_from is None else "vectors of init_from"
            raise ParameterError(
                f"The 'embedding_dim' parameter of {owner} must be \"auto\" or the width of the "
                f"{vectors_of}, {width}. Got {self.embedding_dim} instead."
            )
        table = self._table(n_tokens, width, generator)
        table.begin_with(torch.from_numpy(vectors), torch.from_numpy(found), freeze=self.freeze_embeddings)
        return table

    def _row_counts(self, n_tokens: int, names: tuple[str, ...] | None) -> range:
        """How many rows an array of vectors by id may have."""
        return range(n_tokens, n_tokens + 1 if names is not None else sys.maxsize)

    def _pretrained(self) -> EncoderWeights:
        """What `init_from` holds."""
        owner = type(self).__name__
        if self.embeddings is not None:
            raise ParameterError(
                f"The 'embeddings' parameter of {owner} must be None where init_from brings token vectors. "
                f"Got a {type(self.embeddings).__name__} instead."
            )
        weights = weights_of(self.init_from, owner)
        return weights.at_deviation(self._deviation) if self._rescales else weights

    def _begin_with_weights(self, encoder: Encoder, cell: str, sizes: dict[str, Any]) -> None:
        """Let the recurrent layers begin as `init_from` says; `sizes` are those of this network."""
        if self.init_from is None:
            return
        weights, owner = self._pretrained(), type(self).__name__
        if weights.cell != cell:
            raise ParameterError(
                f"The 'init_from' parameter of {owner} must hold weights of its own recurrence, {cell!r}. "
                f"Got {weights!r} instead."
            )
        unlike = [f"{name}={value!r}" for name, value in weights.sizes.items() if sizes[name] != value]
        if unlike:
            raise ParameterError(
                f"The 'init_from' parameter of {owner} must hold weights of its own sizes. Got {weights!r} "
                f"instead: set {', '.join(unlike)}."
            )
        weights.put_into(encoder)

    def _table(self, n_tokens: int, width: int, generator: torch.Generator) -> TokenEmbedding:
        dropout = self.embedding_dropout
        at_random = self.embeddings is None and self.init_from is None
        self._learns_many = at_random and n_tokens >= _LARGE
        if dropout == "auto":
            dropout = _DROPPED if self._learns_many else 0.0
        self.embedding_dim_, self.embedding_dropout_ = width, dropout
        deviation = self._initial_deviation(width)
        return TokenEmbedding(n_tokens, width, deviation=deviation, dropout=dropout, generator=generator)

    def _initial_deviation(self, width: int) -> float:
        """Standard deviation of the initial vectors."""
        return self._deviation
