"""The last state of a recurrent layer over a few wide steps, where nothing is to be learned from it.

Torch's fused LSTM multiplies the first state as well, which is zero, and takes longer over its gates. Without
that, a forecast of seven segments of 128 units takes a tenth to a seventh less time. Over many narrow steps
the fused layer is the quicker one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["last_state", "quick_tanh"]

# Steps up to which, and units from which on, products outweigh the calls between them.
_MOST_STEPS = 32
_LEAST_UNITS = 32


def last_state(layer: Any, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """The state after the last step of `x`, read from a state of zeros.

    Parameters
    ----------
    layer : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer in one direction, batch first.
    x : Tensor of shape (T, B, F)
        Inputs in the order of time.

    Returns
    -------
    h : Tensor of shape (B, H)
        What the cell gives.
    c : Tensor of shape (B, H) or None
        What an LSTM remembers; None of other cells.
    """
    if _is_short(layer, x):
        return _lstm(x, layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0 + layer.bias_hh_l0)
    last = layer(x.transpose(0, 1))[1]
    # What stands in for an LSTM gives a pair as well.
    return (last[0][0], last[1][0]) if isinstance(last, tuple) else (last[0], None)


def _is_short(layer: Any, x: Tensor) -> bool:
    return (
        isinstance(layer, nn.LSTM)
        and not torch.is_grad_enabled()
        and len(x) <= _MOST_STEPS
        and layer.hidden_size >= _LEAST_UNITS
        and x.dtype == torch.float32
        and x.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
        and not (torch.jit.is_tracing() or torch.compiler.is_compiling())
    )


def _lstm(x: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """``c' = f c + i g``, ``h' = o tanh(c')``; tanh(x) as ``2 sigmoid(2 x) - 1``, a third of its time."""
    n_steps, n_batch, n_features = x.shape
    size = w_hh.shape[1]
    doubled = torch.ones(4 * size, 1)
    doubled[2 * size : 3 * size] = 2.0
    weight, recurrent, bias = (w_ih * doubled).t(), (w_hh * doubled).t(), bias * doubled[:, 0]
    sums = torch.addmm(bias, x.reshape(-1, n_features), weight).view(n_steps, n_batch, 4 * size)
    h = c = None
    for gates in sums.unbind():
        if h is not None:
            gates.addmm_(h, recurrent)
        i, f, g, o = gates.sigmoid_().chunk(4, -1)
        new = torch.addcmul(-i, i, g, value=2)
        c = new if c is None else new.addcmul_(c, f)
        h = torch.addcmul(-o, o, (2 * c).sigmoid_(), value=2)
    assert h is not None
    assert c is not None
    return h, c


def quick_tanh(x: Tensor) -> Tensor:
    """Tanh; where nothing is learned, by way of the logistic function, which takes a third of the time."""
    return torch.tanh(x) if torch.is_grad_enabled() else torch.sigmoid(2 * x).mul_(2).sub_(1)
