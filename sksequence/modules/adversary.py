"""Adversarial training: every batch is read again where the network is weakest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from sksequence.modules.masking import valid_steps

__all__ = ["Adversary"]


class Adversary(nn.Module):
    """Push what the first layer reads in the direction in which the loss grows (Miyato et al. 2017).

    A training step reads a batch as it is and propagates the loss back; then, within :meth:`pushing`, it
    reads the batch again, each sequence pushed along the gradient of its own steps, all of them together
    by the same Euclidean length.

    Parameters
    ----------
    strength : float
        Length of the push, in root mean squares of what is read: deviations of standardised numbers, or
        of token vectors. At 0 the module does nothing.

    References
    ----------
    Goodfellow, Shlens and Szegedy (2015), "Explaining and harnessing adversarial examples". Miyato, Dai and
    Goodfellow (2017), "Adversarial training methods for semi-supervised text classification": of token
    vectors, not of tokens.
    """

    def __init__(self, strength: float):
        super().__init__()
        self.strength = strength
        self._came: tuple[torch.Tensor, torch.Tensor] | None = None  # what was read, and its scale
        self._push: torch.Tensor | None = None

    @property
    def pushes(self) -> bool:
        """Whether a batch is being read for the second time."""
        return self._push is not None

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Keep or push what is read: (B, T, F), (B,) -> (B, T, F)."""
        if not (self.training and self.strength):
            return x
        if self._push is not None:
            return x + self._push
        if not x.requires_grad:  # numbers, or frozen vectors
            x = x.detach().requires_grad_()
        x.retain_grad()
        with torch.no_grad():
            valid = valid_steps(lengths, x.shape[1]).unsqueeze(-1)
            scale = ((x * valid).square().sum() / (valid.sum() * x.shape[2])).sqrt()
        self._came = x, scale
        return x

    @contextmanager
    def pushing(self) -> Iterator[None]:
        """Push what is read next, along the gradient that the last reading left."""
        self._push = self._worst()
        try:
            yield
        finally:
            self._push = None

    @torch.no_grad()
    def _worst(self) -> torch.Tensor:
        """The push of each sequence: (B, T, F)."""
        assert self._came is not None, "a reading comes first"
        (x, scale), self._came = self._came, None
        gradient = x.grad
        assert gradient is not None, "a reading and its backward come first"
        length = torch.linalg.vector_norm(gradient, dim=(1, 2), keepdim=True)
        # A sequence whose loss has no slope, or whose weight is zero, stays where it is.
        direction = gradient / length.clamp_min(torch.finfo(gradient.dtype).tiny)
        return direction * (self.strength * scale)

    def extra_repr(self) -> str:
        """Show the strength in the module's repr."""
        return f"{self.strength}"

    def __getstate__(self):
        # What was read last stays with the training.
        return {**self.__dict__, "_came": None, "_push": None}
