"""The noise of training, drawn from generators of its own.

Torch's own dropout draws from the process-wide generator, which makes fits in threads depend on each
other. The modules here draw from a generator set by :func:`seed_noise`; it is never saved with them.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["RandomAffine", "SeededDropout", "SeededNoise", "SteadyDropout", "seed_noise"]


class SeededNoise(nn.Module):
    """Base of the modules that draw random numbers in training.

    Parameters
    ----------
    strength : float
        How much noise; at 0 the module does nothing.
    """

    def __init__(self, strength: float):
        super().__init__()
        self.strength = strength
        self.generator: torch.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add noise in training, pass through otherwise; any shape."""
        return self._disturb(x) if self.training and self.strength else x

    def _disturb(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """Show the strength in the module's repr."""
        return f"{self.strength}"

    def __getstate__(self):
        # A generator is a process's own; the next fit sets a new one.
        return {**self.__dict__, "generator": None}


class SeededDropout(SeededNoise):
    """Set a share of the values to zero and scale up the others (Srivastava et al. 2014)."""

    def _disturb(self, x: torch.Tensor) -> torch.Tensor:
        # Uniform numbers compared: torch draws them four times as fast as coins.
        drawn = torch.rand(x.shape, device=x.device, generator=self.generator)
        return x * drawn.ge_(self.strength).div_(1.0 - self.strength).to(x.dtype)


class SteadyDropout(SeededDropout):
    """Drop a share of the features of each sequence, the same ones at all its steps.

    Noise that changes from step to step averages out in a recurrence; this does not ("variational"
    dropout, Gal & Ghahramani 2016).
    """

    def _disturb(self, x: torch.Tensor) -> torch.Tensor:
        """Drop features: (B, T, F) -> (B, T, F)."""
        return x * super()._disturb(torch.ones_like(x[:, :1]))


class RandomAffine(SeededNoise):
    """Shift and scale every feature of every sequence by a little, anew in each batch.

    Whole sequences move, (B, T, F) by (B, 1, F), so that their shape stays: a network that sees this
    learns shapes rather than levels (the "scaling" of Um et al. 2017, "Data augmentation of wearable
    sensor data", and a shift beside it). `strength` is the standard deviation of both, in units of the
    standardised features.
    """

    def _disturb(self, x: torch.Tensor) -> torch.Tensor:
        noise = torch.empty(2, x.shape[0], 1, x.shape[2], dtype=x.dtype, device=x.device)
        shift, scale = noise.normal_(0.0, self.strength, generator=self.generator)
        return x * (1.0 + scale) + shift


def seed_noise(module: nn.Module, generator: torch.Generator | None) -> None:
    """Let all noise inside `module` draw from `generator`."""
    for part in module.modules():
        if isinstance(part, SeededNoise):
            part.generator = generator
