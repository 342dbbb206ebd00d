"""From the states of all steps to one vector a sequence."""

from __future__ import annotations

import torch
from torch import nn

from sksequence.modules.cells import Generator, new_linear
from sksequence.modules.masking import last_step, valid_steps

__all__ = ["POOLINGS", "Pooling"]

POOLINGS = ("last", "mean", "max", "attention")


class Pooling(nn.Module):
    """Join one or more summaries of the valid steps.

    Parameters
    ----------
    kinds : tuple of {"last", "mean", "max", "attention"}
        Which summaries to join, in this order.
    size : int
        Width of the states, both directions together.
    bidirectional : bool
        Whether the second half of the states runs backward; its final state then stands at step 0.
    generator : torch.Generator or None
        For the attention's weights.
    """

    def __init__(
        self,
        kinds: tuple[str, ...],
        size: int,
        *,
        bidirectional: bool = False,
        generator: Generator = None,
    ):
        super().__init__()
        self.kinds = tuple(kinds)
        self.bidirectional = bidirectional
        self.output_size = size * len(self.kinds)
        self.score = new_linear(size, 1, generator=generator) if "attention" in self.kinds else None

    def forward(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Summarise the valid steps: (B, T, H), (B,) -> (B, H * number of kinds)."""
        valid = valid_steps(lengths, states.shape[1]).unsqueeze(-1)  # (B, T, 1)
        pooled = [getattr(self, f"_{kind}")(states, lengths, valid) for kind in self.kinds]
        return pooled[0] if len(pooled) == 1 else torch.cat(pooled, dim=1)

    def attention_weights(self, states: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """How much each step counts: (B, T, H), (B, T, 1) -> (B, T, 1), summing to 1 over valid steps."""
        scores = self.score(states).masked_fill(~valid, float("-inf"))
        return scores.softmax(dim=1)

    def _last(self, states, lengths, valid):
        if not self.bidirectional:
            return last_step(states, lengths)
        ahead, back = states.chunk(2, dim=-1)
        return torch.cat([last_step(ahead, lengths), back[:, 0]], dim=1)

    def _mean(self, states, lengths, valid):
        return states.masked_fill(~valid, 0.0).sum(dim=1) / lengths.unsqueeze(1)

    def _max(self, states, lengths, valid):
        return states.masked_fill(~valid, float("-inf")).amax(dim=1)

    def _attention(self, states, lengths, valid):
        return (self.attention_weights(states, valid) * states).sum(dim=1)
