"""From the states of all steps to one vector a sequence."""

from __future__ import annotations

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from sksequence.modules.cells import Generator, new_linear
from sksequence.modules.masking import valid_steps

__all__ = ["POOLINGS", "Pooling"]

POOLINGS = ("last", "mean", "max", "attention")


class _LastMeanMax(torch.autograd.Function):
    """Last, mean and maximum of the valid steps, with one gradient buffer for all three.

    Left to autograd, each summary fills a gradient as large as the states, and the maximum compares
    them all once more; together that is a fifth of a training step of a small LSTM.
    """

    @staticmethod
    def forward(ctx, states, lengths, valid, n_ahead):
        """(B, T, H), (B,), (B, T, 1) or None for equal lengths -> three of (B, H)."""
        top, where = (states if valid is None else states.masked_fill(~valid, float("-inf"))).max(dim=1)
        ctx.save_for_backward(lengths, where)
        ctx.valid, ctx.shape, ctx.n_ahead = valid, states.shape, n_ahead
        return _last(states, lengths, n_ahead), _mean(states, lengths, valid), top

    @staticmethod
    @once_differentiable
    def backward(ctx, last, mean, top):
        """Spread the three gradients over the steps they came from."""
        lengths, where = ctx.saved_tensors
        share = (mean / lengths.unsqueeze(1)).unsqueeze(1)  # (B, 1, H)
        states = share.expand(ctx.shape).clone() if ctx.valid is None else share * ctx.valid
        states.scatter_add_(1, where.unsqueeze(1), top.unsqueeze(1))
        rows = torch.arange(len(lengths), device=lengths.device)
        states[rows, lengths - 1, : ctx.n_ahead] += last[:, : ctx.n_ahead]
        states[:, 0, ctx.n_ahead :] += last[:, ctx.n_ahead :]
        return states, None, None, None


def _last(states: torch.Tensor, lengths: torch.Tensor, n_ahead: int) -> torch.Tensor:
    """Final state of each direction: the backward one, after the first `n_ahead` units, ends at step 0."""
    rows = torch.arange(len(states), device=states.device)
    ahead = states[rows, lengths - 1, :n_ahead]
    return ahead if n_ahead == states.shape[2] else torch.cat([ahead, states[:, 0, n_ahead:]], dim=1)


def _mean(states: torch.Tensor, lengths: torch.Tensor, valid: torch.Tensor | None) -> torch.Tensor:
    """Mean of the valid steps, as a product that needs no masked copy."""
    if valid is None:
        return states.mean(dim=1)
    shares = valid.to(states.dtype) / lengths.view(-1, 1, 1)  # (B, T, 1)
    return torch.bmm(shares.transpose(1, 2), states).squeeze(1)


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
        self.n_ahead = size // 2 if bidirectional else size
        self.output_size = size * len(self.kinds)
        self.score = new_linear(size, 1, generator=generator) if "attention" in self.kinds else None

    def forward(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Summarise the valid steps: (B, T, H), (B,) -> (B, H * number of kinds)."""
        n_steps = states.shape[1]
        equal = bool((lengths == n_steps).all())
        valid = None if equal else valid_steps(lengths, n_steps).unsqueeze(-1)  # (B, T, 1)
        if torch.is_grad_enabled() and {"mean", "max"} & set(self.kinds):
            summaries = _LastMeanMax.apply(states, lengths, valid, self.n_ahead)
            pooled = dict(zip(("last", "mean", "max"), summaries, strict=True))
        else:
            pooled = self._summaries(states, lengths, valid)
        if self.score is not None:
            pooled["attention"] = (self.attention_weights(states, valid) * states).sum(dim=1)
        return torch.cat([pooled[kind] for kind in self.kinds], dim=1)

    def _summaries(self, states: torch.Tensor, lengths: torch.Tensor, valid) -> dict[str, torch.Tensor]:
        """The kinds that need no weights, one by one: less work where no gradient is wanted."""
        pooled = {}
        if "last" in self.kinds:
            pooled["last"] = _last(states, lengths, self.n_ahead)
        if "mean" in self.kinds:
            pooled["mean"] = _mean(states, lengths, valid)
        if "max" in self.kinds:
            filled = states if valid is None else states.masked_fill(~valid, float("-inf"))
            pooled["max"] = filled.amax(dim=1)
        return pooled

    def attention_weights(self, states: torch.Tensor, valid: torch.Tensor | None) -> torch.Tensor:
        """How much each step counts: (B, T, H), (B, T, 1) or None -> (B, T, 1); valid steps sum to 1."""
        assert self.score is not None, "only a pooling with attention has attention weights"
        scores = self.score(states)
        return (scores if valid is None else scores.masked_fill(~valid, float("-inf"))).softmax(dim=1)
