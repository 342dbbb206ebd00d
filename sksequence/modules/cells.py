"""The recurrent cells: one table row each, and how their weights begin.

======  =====================================================================  ==========================
cell    equations (one time step, bias terms inside each affine map)             time scale ``memory`` sets
======  =====================================================================  ==========================
rnn     h' = tanh(W x + U h)                                (Elman 1990)         spectral radius of U
lstm    i, f, o = sigmoid(W x + U h);  g = tanh(W x + U h)                       forget and input biases
        c' = f c + i g;  h' = o tanh(c')       (Hochreiter & Schmidhuber 1997)
gru     r, z = sigmoid(W x + U h);  n = tanh(W x + r (U h))                      update bias
        h' = (1 - z) n + z h                             (Cho et al. 2014)
======  =====================================================================  ==========================

Initialisation: input weights Glorot uniform per gate, recurrent weights orthogonal per gate
(Saxe et al. 2014), gate biases "chrono" (Tallec & Ollivier 2018, eq. 16): a unit whose forget gate
starts at sigmoid(log t) keeps its state for about t steps. They draw t uniformly from 1 to
``memory - 1``; here log t is uniform, so that short time scales keep their share of the units and
sequences without long dependencies are learned as quickly as from torch's initialisation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from sksequence.modules.kernels import ElmanLayer, GRULayer, LSTMLayer

__all__ = ["CELLS", "Cell", "new_embedding", "new_linear", "new_recurrence"]

Generator = torch.Generator | None


def _time_scales(size: int, memory: float, generator: Generator) -> torch.Tensor:
    """Log t for `size` units, uniform between 0 and log(memory - 1)."""
    return torch.rand(size, generator=generator) * math.log(max(memory - 1.0, 1.0))


def _spectral_radius(rnn: Any, memory: float, generator: Generator) -> None:
    """Let the state of an Elman network fade to 1/e of itself over `memory` steps."""
    rnn.weight_hh_l0.mul_(math.exp(-1.0 / max(memory, 1.0)))


def _chrono_lstm(rnn: Any, memory: float, generator: Generator) -> None:
    """Forget gates open for their time scale, input gates closed accordingly."""
    size = rnn.hidden_size
    scales = _time_scales(size, memory, generator)
    rnn.bias_ih_l0[size : 2 * size] = scales
    rnn.bias_ih_l0[:size] = -scales


def _chrono_gru(rnn: Any, memory: float, generator: Generator) -> None:
    """Update gates (torch's z keeps the old state) open for their time scale."""
    size = rnn.hidden_size
    rnn.bias_ih_l0[size : 2 * size] = _time_scales(size, memory, generator)


@dataclass(frozen=True)
class Cell:
    """One kind of recurrence.

    Attributes
    ----------
    kernel : type
        The module that computes a whole layer in one direction; torch's, or a quicker one with its weights.
    n_gates : int
        How many maps of size ``hidden_size`` the cell holds.
    remember : callable
        Sets the initial time scale, in steps, of a freshly initialised kernel.
    """

    kernel: type[nn.RNNBase]
    n_gates: int
    remember: Callable[[Any, float, Generator], None]


CELLS: dict[str, Cell] = {
    "rnn": Cell(ElmanLayer, 1, _spectral_radius),
    "lstm": Cell(LSTMLayer, 4, _chrono_lstm),
    "gru": Cell(GRULayer, 3, _chrono_gru),
}


def _blank(module: type[nn.Module], *sizes: int, **options: Any) -> Any:
    """A module with memory but no values yet: torch's constructors would draw from the global generator."""
    return module(*sizes, **options, device="meta").to_empty(device="cpu")


def new_recurrence(
    cell: str,
    input_size: int,
    hidden_size: int,
    *,
    memory: float | None = None,
    generator: Generator = None,
    **options: Any,
) -> nn.RNNBase:
    """One layer in one direction, initialised from `generator` alone.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        A key of `CELLS`.
    input_size, hidden_size : int
        Features per step coming in, and units.
    memory : float or None
        Dependency range expected, in the layer's own steps. None keeps torch's initialisation:
        everything uniform within ``1 / sqrt(hidden_size)``.
    generator : torch.Generator or None
        Source of every random number; torch's global one stays untouched when it is given.
    **options
        Passed to the kernel, for example ``nonlinearity="relu"`` of the Elman network.

    Returns
    -------
    rnn : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        With ``batch_first=True``.
    """
    kind = CELLS[cell]
    rnn = _blank(kind.kernel, input_size, hidden_size, batch_first=True, **options)
    with torch.no_grad():
        if memory is None:
            bound = 1.0 / math.sqrt(hidden_size)
            for weight in rnn.parameters():
                weight.uniform_(-bound, bound, generator=generator)
            return rnn
        for gate in range(kind.n_gates):
            rows = slice(gate * hidden_size, (gate + 1) * hidden_size)
            nn.init.xavier_uniform_(rnn.weight_ih_l0[rows], generator=generator)
            nn.init.orthogonal_(rnn.weight_hh_l0[rows], generator=generator)
        rnn.bias_ih_l0.zero_()
        rnn.bias_hh_l0.zero_()
        kind.remember(rnn, memory, generator)
    return rnn


def new_linear(input_size: int, output_size: int, *, generator: Generator = None) -> nn.Linear:
    """A linear map with bias, with torch's usual initialisation drawn from `generator` alone."""
    linear = _blank(nn.Linear, input_size, output_size)
    bound = 1.0 / math.sqrt(input_size)
    with torch.no_grad():
        for weight in linear.parameters():
            weight.uniform_(-bound, bound, generator=generator)
    return linear


def new_embedding(n_tokens: int, size: int, *, generator: Generator = None) -> nn.Embedding:
    """A table of token vectors, standard normal as in torch, drawn from `generator` alone."""
    table = _blank(nn.Embedding, n_tokens, size)
    with torch.no_grad():
        table.weight.normal_(generator=generator)
    return table
