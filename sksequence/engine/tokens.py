"""The parameters of token input: every id gets a learned vector."""

from __future__ import annotations

from typing import Any

import torch

from sksequence._params import Parameters, integer, none, param
from sksequence.modules import TokenEmbedding
from sksequence.sequences import SequenceArray

__all__ = ["TokenInput"]


class TokenInput(Parameters):
    """How token ids become vectors."""

    embedding_dim: Any = param(
        None,
        none() | integer(1),
        """Width of learned token vectors. Set it to read X as token ids; ids beyond those of the training
        data share one vector of zeros.""",
    )

    def _embedding(self, sequences: SequenceArray, generator: torch.Generator) -> TokenEmbedding:
        """The table of vectors of the ids in these sequences."""
        n_tokens = int(sequences.compact().values.max()) + 1
        return TokenEmbedding(n_tokens, self.embedding_dim, generator=generator)
