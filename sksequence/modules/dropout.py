"""Dropout that draws from a generator of its own."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["SeededDropout", "seed_dropout"]


class SeededDropout(nn.Module):
    """Dropout (Srivastava et al. 2014) whose masks come from an own generator.

    ``torch.nn.Dropout`` draws from the process-wide generator, which makes fits in threads depend on
    each other. Here the generator is set by :func:`seed_dropout`; it is never saved with the module.

    Parameters
    ----------
    p : float
        Share of values set to zero in training; the others are scaled by ``1 / (1 - p)``.
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop in training, pass through otherwise; any shape."""
        if not self.training or self.p == 0.0:
            return x
        keep = 1.0 - self.p
        mask = torch.empty_like(x, memory_format=torch.contiguous_format)
        return x * mask.bernoulli_(keep, generator=self.generator).div_(keep)

    def extra_repr(self) -> str:
        """Show the rate in the module's repr."""
        return f"p={self.p}"

    def __getstate__(self):
        # A generator is a process's own; the next fit sets a new one.
        return {**self.__dict__, "generator": None}


def seed_dropout(module: nn.Module, generator: torch.Generator | None) -> None:
    """Let every dropout inside `module` draw from `generator`."""
    for part in module.modules():
        if isinstance(part, SeededDropout):
            part.generator = generator
