"""From the states of all steps to one vector a sequence."""

from __future__ import annotations

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from sksequence.modules.cells import Generator, new_linear
from sksequence.modules.masking import has_padding, valid_steps

__all__ = ["POOLINGS", "Pooling"]

POOLINGS = ("last", "mean", "max", "attention")


class _Summaries(torch.autograd.Function):
    """Any of last, mean and maximum of the valid steps, joined, with one gradient buffer for all.

    Left to autograd, each summary fills a gradient as large as the states, and the maximum compares
    them all once more; together that is a fifth of a training step of a small LSTM.
    """

    @staticmethod
    def forward(ctx, states, lengths, valid, kinds, n_ahead):
        """(B, T, H), (B,), (B, T, 1) or None for equal lengths -> (B, number of kinds * H)."""
        ctx.valid, ctx.kinds, ctx.n_ahead = valid, kinds, n_ahead
        ctx.layout = states.shape, states.stride()
        parts, where = dict.fromkeys(kinds, states), None
        if "last" in kinds:
            parts["last"] = _last(states, lengths, valid, n_ahead)
        if "mean" in kinds:
            parts["mean"] = _mean(states, lengths, valid)
        if "max" in kinds:
            parts["max"], where = _max(_without_padding(states, valid))
        ctx.save_for_backward(lengths, where)
        return torch.cat(list(parts.values()), dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        """Spread what comes over the steps where it belongs."""
        lengths, where = ctx.saved_tensors
        parts = dict(zip(ctx.kinds, gradient.chunk(len(ctx.kinds), dim=1), strict=True))
        # Laid out as the states are, so that the layer below need not turn it round.
        states = gradient.new_empty_strided(*ctx.layout)
        if "mean" in parts:
            # Of equal lengths as one number, which costs less than a column of them.
            n_steps = states.shape[1] if ctx.valid is None else lengths.unsqueeze(1)
            share = (parts["mean"] / n_steps).unsqueeze(1)  # (B, 1, H)
            states.copy_(share if ctx.valid is None else share * ctx.valid)
        else:
            states.zero_()
        if "max" in parts:
            states.scatter_add_(1, where.unsqueeze(1), parts["max"].unsqueeze(1))
        if "last" in parts:
            ahead, back = parts["last"][:, : ctx.n_ahead], parts["last"][:, ctx.n_ahead :]
            if ctx.valid is None:
                states[:, -1, : ctx.n_ahead].add_(ahead)
            else:
                rows = torch.arange(len(lengths), device=lengths.device)
                states[rows, lengths - 1, : ctx.n_ahead] += ahead
            if back.shape[1]:
                states[:, 0, ctx.n_ahead :].add_(back)
        return states, None, None, None, None


def _without_padding(states: torch.Tensor, valid: torch.Tensor | None) -> torch.Tensor:
    """States that no maximum finds beyond the end of a sequence."""
    return states if valid is None else states.masked_fill(~valid, float("-inf"))


def _as_image(states: torch.Tensor) -> torch.Tensor:
    """States whose steps are the rows of an image one pixel wide: (B, T, H) -> (N, channels, T, 1), a view.

    Torch pools images many values at a time and adds them in the order of time. Its maximum with indices
    goes value by value, and takes up to twenty times as long; the order in which its mean adds depends on
    how many sequences there are.
    """
    n_batch, n_steps, size = states.shape
    wide = n_batch * size
    # Channels are what lies side by side: all units of a batch in the order of time, or those of a sequence.
    if states.stride() == (size, wide, 1):
        return states.as_strided((1, wide, n_steps, 1), (n_steps * wide, 1, wide, wide))
    return states.unsqueeze(2).permute(0, 3, 1, 2)


def _max(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Maximum over the steps, and where it first stands: (B, T, H) -> two of (B, H)."""
    if states.device.type != "cpu":
        return states.max(dim=1)
    n_batch, n_steps, size = states.shape
    window = (n_steps, 1)
    top, where = nn.functional.max_pool2d(_as_image(states), window, return_indices=True)
    return top.reshape(n_batch, size), where.reshape(n_batch, size)


def _last(
    states: torch.Tensor, lengths: torch.Tensor, valid: torch.Tensor | None, n_ahead: int
) -> torch.Tensor:
    """Final state of each direction: the backward one, after the first `n_ahead` units, ends at step 0."""
    if valid is None:
        final = states.select(1, -1)
    else:
        final = states[torch.arange(len(states), device=states.device), lengths - 1]
    if n_ahead == states.shape[2]:
        return final
    return torch.cat([final[:, :n_ahead], states[:, 0, n_ahead:]], dim=1)


def _mean(states: torch.Tensor, lengths: torch.Tensor, valid: torch.Tensor | None) -> torch.Tensor:
    """Mean of the valid steps, of unequal lengths as a product that needs no masked copy."""
    if valid is None and states.device.type == "cpu":
        n_batch, n_steps, size = states.shape
        return nn.functional.avg_pool2d(_as_image(states), (n_steps, 1)).reshape(n_batch, size)
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
        self.plain = tuple(kind for kind in kinds if kind != "attention")
        self.n_ahead = size // 2 if bidirectional else size
        self.output_size = size * len(self.kinds)
        self.score = new_linear(size, 1, generator=generator) if "attention" in self.kinds else None

    def forward(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Summarise the valid steps: (B, T, H), (B,) -> (B, H * number of kinds)."""
        n_steps = states.shape[1]
        padded = has_padding(lengths, n_steps)
        valid = valid_steps(lengths, n_steps).unsqueeze(-1) if padded else None  # (B, T, 1)
        if self.score is None:
            return self._summaries(states, lengths, valid)
        pooled = {"attention": (self.attention_weights(states, valid) * states).sum(dim=1)}
        if self.plain:
            summaries = self._summaries(states, lengths, valid).chunk(len(self.plain), dim=1)
            pooled |= zip(self.plain, summaries, strict=True)
        return torch.cat([pooled[kind] for kind in self.kinds], dim=1)

    def _summaries(self, states: torch.Tensor, lengths: torch.Tensor, valid) -> torch.Tensor:
        """The kinds that need no weights, joined; where no gradient is wanted with less work."""
        if torch.is_grad_enabled():
            return _Summaries.apply(states, lengths, valid, self.plain, self.n_ahead)
        parts = dict.fromkeys(self.plain, states)
        if "last" in parts:
            parts["last"] = _last(states, lengths, valid, self.n_ahead)
        if "mean" in parts:
            parts["mean"] = _mean(states, lengths, valid)
        if "max" in parts:
            parts["max"] = _without_padding(states, valid).amax(dim=1)
        return torch.cat(list(parts.values()), dim=1)

    def attention_weights(self, states: torch.Tensor, valid: torch.Tensor | None) -> torch.Tensor:
        """How much each step counts: (B, T, H), (B, T, 1) or None -> (B, T, 1); valid steps sum to 1."""
        assert self.score is not None, "only a pooling with attention has attention weights"
        scores = self.score(states)
        return (scores if valid is None else scores.masked_fill(~valid, float("-inf"))).softmax(dim=1)
