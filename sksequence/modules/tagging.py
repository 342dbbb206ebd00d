"""The networks of taggers: scores of all labels at every step, alone or as a field."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sksequence.modules.cells import Generator, new_linear
from sksequence.modules.company import in_company
from sksequence.modules.crf import Chain
from sksequence.modules.masking import valid_steps
from sksequence.modules.network import Encoder
from sksequence.modules.noise import SeededDropout

__all__ = ["ChainNetwork", "StepLoss", "StepNetwork"]


class StepNetwork(nn.Module):
    """An encoder and a linear head: one output vector a step.

    Parameters
    ----------
    encoder : Encoder
        Gives the states; without patches.
    n_outputs : int
        Width of the output.
    dropout : float
        Share of each state dropped before the head.
    generator : torch.Generator or None
        Source of the initial weights.
    """

    def __init__(
        self, encoder: Encoder, *, n_outputs: int, dropout: float = 0.0, generator: Generator = None
    ):
        super().__init__()
        self.encoder = encoder
        self.dropout = SeededDropout(dropout)
        self.head = new_linear(encoder.output_size, n_outputs, generator=generator)

    # Whether predicting one sequence alone gives the bits that it gets among others.
    keeps_bits = True

    def forward(self, values: torch.Tensor, lengths: torch.Tensor) -> Any:
        """One output a step: (B, T, F) or tokens (B, T), (B,) -> (B, T, n_outputs) float32."""
        states, _ = self.encoder(values, lengths)
        return self._scores(self.dropout(states)).to(torch.float32)

    def _scores(self, states: torch.Tensor) -> torch.Tensor:
        if not torch.is_inference_mode_enabled():
            return self.head(states)
        return in_company(self.head, states.flatten(0, 1)).unflatten(0, states.shape[:2])


class ChainNetwork(StepNetwork):
    """The same, with scores of labels that follow each other; they begin at zero, knowing nothing."""

    keeps_bits = False

    def __init__(
        self, encoder: Encoder, *, n_outputs: int, dropout: float = 0.0, generator: Generator = None
    ):
        super().__init__(encoder, n_outputs=n_outputs, dropout=dropout, generator=generator)
        self.transitions = nn.Parameter(torch.zeros(n_outputs, n_outputs))
        self.first = nn.Parameter(torch.zeros(n_outputs))
        self.last = nn.Parameter(torch.zeros(n_outputs))

    def forward(self, values: torch.Tensor, lengths: torch.Tensor) -> Chain:
        """The field of each sequence: (B, T, F) or tokens (B, T), (B,) -> emissions (B, T, K) and more."""
        return Chain(super().forward(values, lengths), self.transitions, self.first, self.last)


class StepLoss(nn.Module):
    """Cross-entropy of every step, padding left out.

    Parameters
    ----------
    weight : Tensor of shape (K,) or None
        How much a step of each label counts.
    """

    weight: torch.Tensor | None

    def __init__(self, weight: torch.Tensor | None = None):
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(
        self, scores: torch.Tensor, labels: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum of the losses and of the weights of each sequence: (B, T, K), (B, T), (B,) -> (B,), (B,)."""
        losses = nn.functional.cross_entropy(
            scores.flatten(0, 1), labels.flatten(), weight=self.weight, reduction="none"
        ).view_as(labels)
        valid = valid_steps(lengths, labels.shape[1])
        counts = valid.to(losses.dtype) if self.weight is None else self.weight[labels] * valid
        return (losses * valid).sum(1), counts.sum(1)
