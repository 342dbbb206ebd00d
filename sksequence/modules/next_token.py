"""What comes next: a linear map to all tokens and its cross-entropy, a block of steps at a time.

The scores of a vocabulary of 20,000 words at 64 × 70 steps are 360 MB, and their gradient as much again.
Here they live for one block of steps only: what the weights and the states learn from a block is added up
at once, in the forward pass.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sksequence.modules.kernels import tall_product

__all__ = ["next_token_log_proba", "next_token_loss"]

# Scores held at a time, over all steps of a block.
_BLOCK_SCORES = 1 << 22


def _log_proba(states: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Of all tokens, in float32 whatever the products are in: (N, H), (V, H), (V,) -> (N, V)."""
    return torch.log_softmax(torch.addmm(bias, states, weight.t()), dim=1, dtype=torch.float32)


def _blocks(n_steps: int, n_tokens: int) -> list[slice]:
    size = max(1, _BLOCK_SCORES // n_tokens)
    return [slice(first, first + size) for first in range(0, n_steps, size)]


class _MeanLoss(torch.autograd.Function):
    """The mean over all steps, with its gradients found on the way."""

    @staticmethod
    def forward(ctx, states, weight, bias, targets, dtype):
        """The loss, (), of states (N, H) and targets (N,), products taken in `dtype`; keeps the gradients."""
        loss, by_states = states.new_zeros(()), torch.empty_like(states)
        by_weight, by_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        factors = states.to(dtype), weight.to(dtype), bias.to(dtype)
        minus_one = states.new_full((1, 1), -1.0)
        for block in _blocks(len(states), len(weight)):
            here, wanted = factors[0][block], targets[block].unsqueeze(1)
            log_proba = _log_proba(here, *factors[1:])
            loss -= log_proba.gather(1, wanted).sum()
            slopes = log_proba.exp_().scatter_add_(1, wanted, minus_one.expand_as(wanted))
            by_bias += slopes.sum(0)
            slopes = slopes.to(dtype)
            by_states[block] = slopes @ factors[1]
            by_weight += tall_product(slopes, here)
        ctx.save_for_backward(by_states, by_weight, by_bias)
        ctx.share = 1.0 / len(states)
        return loss * ctx.share

    @staticmethod
    def backward(ctx, gradient):
        """The kept gradients (N, H), (V, H) and (V,), times that of the loss."""
        by_states, by_weight, by_bias = ctx.saved_tensors
        scale = gradient * ctx.share
        return by_states * scale, by_weight * scale, by_bias * scale, None, None


def next_token_loss(states: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Mean of minus the log-probability of the targets, in nats.

    Parameters
    ----------
    states : Tensor of shape (B, T, H)
        What is known before each target.
    weight, bias : Tensor of shape (V, H), (V,)
        The linear map to the scores of all tokens.
    targets : Tensor of int of shape (B, T)
        The tokens that came.

    Returns
    -------
    loss : Tensor of shape ()
    """
    if not torch.is_grad_enabled():
        return -next_token_log_proba(states, weight, bias, targets).mean()
    flat, wanted, device = states.flatten(0, 1).float(), targets.flatten(), states.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32
    with torch.autocast(device, enabled=False):
        return _MeanLoss.apply(flat, weight, bias, wanted, dtype)


def next_token_log_proba(states: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Log-probability of each target, in nats.

    Parameters
    ----------
    states, weight, bias, targets
        As in :func:`next_token_loss`.

    Returns
    -------
    log_proba : Tensor of shape (B, T)
    """
    flat, wanted = states.flatten(0, 1).float(), targets.reshape(-1, 1)
    with torch.autocast(states.device.type, enabled=False):
        each = [
            _log_proba(flat[block], weight, bias).gather(1, wanted[block])
            for block in _blocks(len(flat), len(weight))
        ]
    return torch.cat(each).view(targets.shape)
