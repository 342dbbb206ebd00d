"""Right-padded batches: masks, and reversal within each sequence's own length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["has_padding", "longest_of", "reverse", "valid_steps"]


def has_padding(lengths: torch.Tensor, n_steps: int) -> bool:
    """Whether some of the sequences, of lengths (B,), may end before the last of so many steps.

    Lengths that are one number in memory (``Tensor.expand``) are those of a batch without any. On a GPU
    nothing else is looked at: the answer would have to wait for all that the device has still to do.
    """
    if lengths.ndim and lengths.stride(0) == 0:
        return False
    return lengths.device.type != "cpu" or bool((lengths < n_steps).any())


def valid_steps(lengths: torch.Tensor, n_steps: int) -> torch.Tensor:
    """True where a step belongs to its sequence: (B,) -> (B, T)."""
    return torch.arange(n_steps, device=lengths.device) < lengths.unsqueeze(1)


def longest_of(lengths: torch.Tensor | None, parts: Sequence[Any], n_steps: int) -> list[int]:
    """Steps of the longest sequence in each part of a batch, given as slices or ranges of rows; else all."""
    if lengths is None:
        return [n_steps] * len(parts)
    return [int(lengths[part.start : part.stop].max()) for part in parts]


def reverse(x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Turn every sequence round within its own length, padding left in place: (B, T, F) -> (B, T, F)."""
    steps = torch.arange(x.shape[1], device=x.device).expand(x.shape[0], -1)  # (B, T)
    mirrored = lengths.unsqueeze(1) - 1 - steps
    index = torch.where(mirrored >= 0, mirrored, steps)
    return x.gather(1, index.unsqueeze(-1).expand_as(x))
