"""The network of language models: the next token at every step, and a state that goes on."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sksequence.modules.cells import Generator, new_linear
from sksequence.modules.network import Encoder
from sksequence.modules.next_token import next_token_log_proba, next_token_loss
from sksequence.modules.noise import SeededDropout

__all__ = ["Carry", "GivenLoss", "LanguageNetwork"]


class Carry:
    """The states of all layers between one piece of a stream and the next.

    Parameters
    ----------
    n_tracks : int
        Rows of the pieces.
    """

    def __init__(self, n_tracks: int):
        self.n_tracks = n_tracks
        self.states: list[Any] | None = None

    def __len__(self) -> int:
        return self.n_tracks

    def to(self, device) -> Carry:
        """Itself: the states are where the network left them."""
        return self


def _detached(state: Any) -> Any:
    return tuple(map(_detached, state)) if isinstance(state, tuple) else state.detach()


class LanguageNetwork(nn.Module):
    """An encoder and a linear map from its states to the scores of all tokens.

    With `tied` weights the map is the transposed table of token vectors (Press & Wolf 2017; Inan et al.
    2017), after a linear projection where their widths differ.

    Parameters
    ----------
    encoder : Encoder
        Over tokens, in one direction.
    n_tokens : int
        Tokens to choose from.
    tied : bool
        Whether the table of token vectors serves the output too.
    dropout : float
        Share of the states dropped before the output.
    generator : torch.Generator or None
        Source of the initial weights.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        n_tokens: int,
        tied: bool = False,
        dropout: float = 0.0,
        generator: Generator = None,
    ):
        super().__init__()
        self.encoder = encoder
        self.n_tokens = n_tokens
        self.dropout = SeededDropout(dropout)
        self.projection: nn.Linear | None = None
        self.head: nn.Linear | None = None
        self.tied = tied
        if tied:
            width = self._table().shape[1]
            if width != encoder.output_size:
                self.projection = new_linear(encoder.output_size, width, generator=generator)
            self.bias = nn.Parameter(torch.zeros(n_tokens))
        else:
            self.head = new_linear(encoder.output_size, n_tokens, generator=generator)

    def output(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight (V, W) and bias (V,) of the linear map to the scores."""
        if self.head is not None:
            return self.head.weight, self.head.bias
        return self._table()[: self.n_tokens], self.bias

    def _table(self) -> torch.Tensor:
        """Vectors of all tokens, and of the unknown one."""
        inputs: Any = self.encoder.inputs
        return inputs.table.weight

    def _before_output(self, states: torch.Tensor) -> torch.Tensor:
        states = self.dropout(states)
        return states if self.projection is None else self.projection(states)

    def forward(self, values: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, carry: Carry):
        """Mean loss, in nats, of the tokens (B, T) that follow those of a piece (B, T); the state goes on."""
        states, after = self.encoder.carry(values, carry.states)
        carry.states = list(map(_detached, after))
        return next_token_loss(self._before_output(states), *self.output(), targets)

    def log_proba(self, values: torch.Tensor, targets: torch.Tensor, states: Any):
        """Log-probabilities (B, T) of the tokens that follow, and the states after the last step."""
        x, states = self.encoder.carry(values, states)
        return next_token_log_proba(self._before_output(x), *self.output(), targets), states

    def scores(self, top: torch.Tensor) -> torch.Tensor:
        """Scores of all tokens after states of the last layer: (N, H) -> (N, V)."""
        weight, bias = self.output()
        return torch.addmm(bias, self._before_output(top).float(), weight.t())


class GivenLoss(nn.Module):
    """For networks that give the loss themselves, so as not to hold the scores of all tokens at once."""

    def forward(self, losses: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The losses as they came; the network has seen the targets."""
        return losses
