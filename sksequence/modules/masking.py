"""Right-padded batches: masks, and reversal within each sequence's own length."""

from __future__ import annotations

import torch

__all__ = ["reverse", "valid_steps"]


def valid_steps(lengths: torch.Tensor, n_steps: int) -> torch.Tensor:
    """True where a step belongs to its sequence: (B,) -> (B, T)."""
    return torch.arange(n_steps, device=lengths.device) < lengths.unsqueeze(1)


def reverse(x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Turn every sequence round within its own length, padding left in place: (B, T, F) -> (B, T, F)."""
    steps = torch.arange(x.shape[1], device=x.device).expand(x.shape[0], -1)  # (B, T)
    mirrored = lengths.unsqueeze(1) - 1 - steps
    index = torch.where(mirrored >= 0, mirrored, steps)
    return x.gather(1, index.unsqueeze(-1).expand_as(x))
