"""Batch normalisation of pooled states, with moments that hold for batches of like length."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

__all__ = ["PooledNorm"]

# Batches whose moments wait side by side until somebody needs what they tell together.
_PAGE = 256


class PooledNorm(nn.BatchNorm1d):
    """Batch normalisation (Ioffe & Szegedy 2015) that also works for few steps and for one sequence.

    Batches hold sequences of like length, and pooled states depend on it: the moments kept for predictions
    are those of all sequences of many batches together, so that their variance holds what differs from batch
    to batch. They start as those of all batches, so that a short training has them right, and then move by
    `momentum` a batch; a batch of one sequence, which has no variance, is scaled by them.

    In training the moments of a batch are only noted. Those kept move when they are to be read: with
    ``eval``, ``state_dict`` and pickle.
    """

    momentum: float

    def __init__(self, size: int, *, momentum: float):
        super().__init__(size, momentum=momentum)
        self._page: torch.Tensor | None = None  # (_PAGE, 2, H): mean and variance
        self._n_noted = 0

    def forward(self, x: torch.Tensor, *, remember: bool = True) -> torch.Tensor:
        """Scale each column, and note the batch's moments if asked: (B, H) -> (B, H)."""
        if not self.training:
            return self._scale(x, self.running_mean, self.running_var)
        if len(x) == 1:
            self._settle()
            return self._scale(x, self.running_mean, self.running_var)
        mean, var = self._next_row(x).unbind() if remember else (None, None)
        return self._scale(x, mean, var, training=True, momentum=1.0)  # fills them in

    def _scale(self, x: torch.Tensor, mean: Any, var: Any, **options: Any) -> torch.Tensor:
        return nn.functional.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps, **options)

    def _next_row(self, x: torch.Tensor) -> torch.Tensor:
        """Where the moments (2, H) of the next batch are to stand."""
        if self._n_noted == _PAGE:
            self._settle()
        if self._page is None:
            self._page = x.new_zeros(_PAGE, 2, x.shape[1], dtype=self.weight.dtype)
        self._n_noted += 1
        return self._page[self._n_noted - 1]

    @torch.no_grad()
    def _settle(self) -> None:
        """Let the moments kept move over those noted, batch by batch, all at once.

        The variance of a mixture is the mean of its parts' variances and of their means' squared distances
        from its own mean; after every batch the shares are those that batch by batch would give (West 1979).
        """
        if self._page is None:
            return
        mean, var, count = self.running_mean, self.running_var, self.num_batches_tracked
        assert mean is not None, "made with running moments"
        assert var is not None
        assert count is not None
        seen = int(count)
        shares, left = [], 1.0
        for i in range(self._n_noted, 0, -1):
            share = max(self.momentum, 1.0 / (seen + i))
            shares.append(left * share)
            left *= 1.0 - share
        weights = mean.new_tensor([left, *reversed(shares)]).unsqueeze(1)
        means, variances = (
            torch.cat([kept.unsqueeze(0), noted])
            for kept, noted in zip((mean, var), self._page[: self._n_noted].unbind(1), strict=True)
        )
        mean.copy_((weights * means).sum(0))
        var.copy_((weights * (variances + (means - mean).square())).sum(0))
        count.add_(self._n_noted)
        self._page, self._n_noted = None, 0

    def train(self, mode: bool = True) -> PooledNorm:
        """Begin or end training."""
        if not mode:
            self._settle()
        return super().train(mode)

    def _save_to_state_dict(self, *args: Any, **options: Any) -> None:
        self._settle()
        super()._save_to_state_dict(*args, **options)

    def _load_from_state_dict(self, *args: Any, **options: Any) -> None:
        self._page, self._n_noted = None, 0
        super()._load_from_state_dict(*args, **options)

    def __getstate__(self):
        self._settle()
        return self.__dict__.copy()
