"""What torch's layers compute for some rows of a batch, and how the gradients come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

__all__ = ["gradients_by_torch", "learn", "run_torch"]

_TORCH: dict[str, Callable[..., Any]] = {
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
    "GRU": torch.gru,
    "LSTM": torch.lstm,
}
# Torch's number for an LSTM, and how many arguments its two operators have where they are called below.
_LSTM, _N_AHEAD, _N_BACK = 2, 16, 23


def run_torch(mode: str, x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """States (T, B, H) and last states of torch's layer.

    Parameters
    ----------
    mode : str
        As torch's layers call it: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
    x : Tensor of shape (T, B, F)
        What the layer reads.
    *others : Tensor
        Its four weights, and first states (1, B, H).
    """
    weights, first = list(others[:4]), others[4:]
    hx: Any = first if mode == "LSTM" else first[0]
    return _TORCH[mode](x, hx, weights, True, 1, 0.0, torch.is_grad_enabled(), False, False)


def _gradients(
    found: Sequence[Tensor],
    came: Sequence[Tensor | None],
    inputs: Sequence[Tensor],
    wanted: Sequence[bool],
    *,
    create_graph: bool = False,
) -> tuple[Tensor | None, ...]:
    """Gradients by the inputs that want one, from those that came by what was found."""
    known = [pair for pair in zip(found, came, strict=True) if pair[1] is not None]
    results, gradients = zip(*known, strict=True)
    needed = [tensor for tensor, is_wanted in zip(inputs, wanted, strict=True) if is_wanted]
    by = iter(torch.autograd.grad(results, needed, gradients, create_graph=create_graph))
    return tuple(next(by) if is_wanted else None for is_wanted in wanted)


def gradients_by_torch(
    mode: str, wanted: Sequence[bool], inputs: Sequence[Tensor], came: Sequence[Tensor | None]
) -> tuple[Tensor | None, ...]:
    """Gradients that can be differentiated again, those of the same states by torch's own operators.

    Parameters
    ----------
    mode : str
        As for :func:`run_torch`.
    wanted : sequence of bool
        Which of the inputs want one.
    inputs : sequence of Tensor
        Those of :func:`run_torch`.
    came : sequence of Tensor or None
        Gradients by the states and by each of the last states.
    """
    return _gradients(run_torch(mode, *inputs), came, inputs, wanted, create_graph=True)


class _Graph:
    """A layer by torch's function, with a graph that is walked back when gradients come."""

    def __init__(self, mode: str, wanted: Sequence[bool], *inputs: Tensor):
        pairs = zip(inputs, wanted, strict=True)
        self.leaves = [tensor.detach().requires_grad_(is_wanted) for tensor, is_wanted in pairs]
        self.wanted = wanted
        with torch.enable_grad():
            self.found = run_torch(mode, *self.leaves)
        self.results = [tensor.detach() for tensor in self.found]

    def back(self, *came: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients by the inputs from those by states and last states."""
        return _gradients(self.found, came, self.leaves, self.wanted)


class _Kernel:
    """An LSTM by the kernel that torch's function ends in, without the graph around it."""

    def __init__(self, x: Tensor, *others: Tensor):
        self.inputs = x.contiguous(), *(tensor.detach() for tensor in others)
        self.options = others[1].shape[1], 1, True  # units, layers, has biases
        # The kernel keeps what the way back needs only where gradients are recorded.
        with torch.enable_grad():
            found = torch.ops.aten.mkldnn_rnn_layer(
                *self.inputs, False, [], _LSTM, *self.options, False, False, True
            )
        *self.results, self.kept = found

    def back(self, *came: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients by the inputs from those by states and last states."""
        return torch.ops.aten.mkldnn_rnn_layer_backward(
            *self.inputs, *self.results, *came, False, _LSTM, *self.options, True, False, [], False, self.kept
        )


@cache
def _has_kernel() -> bool:
    """Whether this build of torch has the LSTM's kernel in the form that is called here."""
    try:
        ahead, back = torch.ops.aten.mkldnn_rnn_layer, torch.ops.aten.mkldnn_rnn_layer_backward
    except AttributeError:
        return False
    n_arguments = [len(one.default._schema.arguments) for one in (ahead, back)]
    return torch.backends.mkldnn.is_available() and n_arguments == [_N_AHEAD, _N_BACK]


def learn(mode: str, wanted: Sequence[bool], *inputs: Tensor) -> _Graph | _Kernel:
    """Compute a layer in `results`, states (T, B, H) and last states (1, B, H), to be gone `back`.

    Parameters
    ----------
    mode : str
        As for :func:`run_torch`.
    wanted : sequence of bool
        Which of the inputs want a gradient; others may get one.
    *inputs : Tensor
        Those of :func:`run_torch`.
    """
    by_kernel = (
        mode == "LSTM"
        and inputs[0].dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkldnn.enabled
        and _has_kernel()
    )
    return _Kernel(*inputs) if by_kernel else _Graph(mode, wanted, *inputs)
