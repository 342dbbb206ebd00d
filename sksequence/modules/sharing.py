"""Torch's own recurrent layers on several threads, where that changes no bit.

Whether a layer's products are cut so that each number is still added up in one order depends on the
processor, on torch's build and on all sizes. So it is tried, once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sksequence.modules.threads import several_threads

__all__ = ["keeps_bits", "torch_layer"]

_TORCH: dict[str, Callable[..., Any]] = {
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
    "GRU": torch.gru,
    "LSTM": torch.lstm,
}

# What was found for a layer, its sizes, and a number of threads.
_kept: dict[tuple, bool] = {}


class _Shared(torch.autograd.Function):
    """What a function gives, by several threads, and its gradients by as many."""

    @staticmethod
    def forward(ctx, function, n_threads, *inputs):
        """Compute with a graph of its own, which is walked back when gradients come."""
        leaves = [
            tensor.detach().requires_grad_(needed)
            for tensor, needed in zip(inputs, ctx.needs_input_grad[2:], strict=True)
        ]
        with torch.enable_grad(), several_threads(n_threads):
            found = function(*leaves)
        ctx.n_threads, ctx.leaves, ctx.found = n_threads, leaves, found
        return tuple(tensor.detach() for tensor in found)

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients):
        """Gradients by the inputs that want some."""
        wanted = [leaf for leaf in ctx.leaves if leaf.requires_grad]
        with several_threads(ctx.n_threads):
            by = iter(torch.autograd.grad(ctx.found, wanted, gradients))
        return None, None, *(next(by) if leaf.requires_grad else None for leaf in ctx.leaves)


def _run(mode: str, x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """States and last states of torch's layer, from input, four weights, and first states."""
    weights, first = list(others[:4]), others[4:]
    hx: Any = first if mode == "LSTM" else first[0]
    return _TORCH[mode](x, hx, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)


def torch_layer(mode: str, n_threads: int | None, *inputs: Tensor) -> tuple[Tensor, ...]:
    """States (B, T, H) and last states of a layer.

    Parameters
    ----------
    mode : str
        As torch's layers call it: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
    n_threads : int or None
        Of torch's threads, for the gradients too; None for those that it has.
    *inputs : Tensor
        Input (B, T, F), the layer's four weights, and first states (1, B, H).
    """
    if n_threads is None:
        return _run(mode, *inputs)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs):
        return _Shared.apply(partial(_run, mode), n_threads, *inputs)
    with several_threads(n_threads):
        return _run(mode, *inputs)


def keeps_bits(layer: nn.RNNBase, x: Tensor, n_threads: int) -> bool:
    """Whether `n_threads` give the bits of one, both ways; lengths of the same order count as one.

    Parameters
    ----------
    layer : torch.nn.RNNBase
        One layer in one direction.
    x : Tensor of shape (B, T, F)
        What it reads.
    n_threads : int
        Threads to try.
    """
    n_batch, n_steps, n_features = x.shape
    learning, lower = torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")
    sizes = n_batch, n_steps.bit_length(), n_features, layer.hidden_size
    key = layer.mode, x.dtype, *sizes, n_threads, learning, lower
    if key not in _kept:
        found = [_trial(layer, x.shape, x.dtype, n, learning=learning) for n in (1, n_threads)]
        _kept[key] = all(map(torch.equal, *found))
    return _kept[key]


def _trial(layer: nn.RNNBase, shape: torch.Size, dtype: torch.dtype, n_threads: int, *, learning: bool):
    """Everything that a layer gives for numbers of no meaning, from weights of no meaning."""

    def some(*sizes: int) -> Tensor:
        return torch.arange(torch.Size(sizes).numel()).to(dtype).sin_().view(sizes)

    n_batch, n_steps, _ = shape
    first = [some(1, n_batch, layer.hidden_size)] * (2 if layer.mode == "LSTM" else 1)
    weights = [some(*weight.shape).div_(layer.hidden_size**0.5) for weight in layer.parameters()]
    inputs: Sequence[Tensor] = [
        tensor.requires_grad_(learning) for tensor in (some(*shape), *weights, *first)
    ]
    with several_threads(n_threads):
        found = _run(layer.mode, *inputs)
        if not learning:
            return found
        return [*found, *torch.autograd.grad(found[0], inputs, some(n_batch, n_steps, layer.hidden_size))]
