"""A recurrent layer computed step by step, so that gates, states and their gradients lie open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

__all__ = ["GATES", "KEEPING", "OPEN", "SHUT", "Trace", "Unrolled", "unroll"]

# In the order in which torch stacks their weights.
GATES = {"LSTM": ("input", "forget", "output"), "GRU": ("reset", "update"), "RNN_TANH": (), "RNN_RELU": ()}
# The gate that is the share of the old state kept from one step to the next.
KEEPING = {"LSTM": "forget", "GRU": "update"}
# A gate beyond these is saturated (Karpathy et al. 2015).
SHUT, OPEN = 0.1, 0.9


@dataclass(frozen=True)
class Trace:
    """What a layer went through over the steps of a batch, in the order in which it read them.

    Attributes
    ----------
    hidden : list of T Tensors of shape (B, H)
        States, as the kernel gives them.
    cell : list of T Tensors of shape (B, H)
        Cell states of an LSTM; empty otherwise.
    gates : dict of str to Tensor of shape (B, T, H)
        Values between 0 and 1, by the name of the gate.
    """

    hidden: list[torch.Tensor] = field(default_factory=list)
    cell: list[torch.Tensor] = field(default_factory=list)
    gates: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def carried(self) -> list[torch.Tensor]:
        """What carries the past from step to step: cell states where there are some, else states."""
        return self.cell or self.hidden


class Unrolled(nn.Module):
    """Stands in for a fused kernel: same weights, same results, and the trace of its last batch.

    What comes in is projected for all steps at once; only the recurrence itself is a loop. Equations as
    in :mod:`sksequence.modules.cells`.

    Parameters
    ----------
    kernel : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer in one direction, with ``batch_first=True``.
    """

    def __init__(self, kernel: nn.RNNBase):
        super().__init__()
        self.kernel = kernel
        self.trace = Trace()

    def forward(self, x: torch.Tensor, *_: Any) -> tuple[torch.Tensor, Any]:
        """States of every step and the last one, as the kernel gives them: (B, T, F) -> (B, T, H), ...

        All steps of all rows are computed, from a first state of zeros.
        """
        kernel: Any = self.kernel
        driven = nn.functional.linear(x, kernel.weight_ih_l0, kernel.bias_ih_l0)  # (B, T, G H)
        first = x.new_zeros(x.shape[0], kernel.hidden_size)
        if kernel.mode == "LSTM":
            self.trace = self._lstm(driven, first)
            last: Any = (self.trace.hidden[-1][None], self.trace.cell[-1][None])
        else:
            self.trace = self._gru(driven, first) if kernel.mode == "GRU" else self._elman(driven, first)
            last = self.trace.hidden[-1][None]
        return torch.stack(self.trace.hidden, dim=1), last

    def _recurrent(self, h: torch.Tensor) -> torch.Tensor:
        kernel: Any = self.kernel
        return nn.functional.linear(h, kernel.weight_hh_l0, kernel.bias_hh_l0)

    def _elman(self, driven: torch.Tensor, h: torch.Tensor) -> Trace:
        activation = torch.relu if self.kernel.mode == "RNN_RELU" else torch.tanh
        trace = Trace()
        for now in driven.unbind(1):
            h = activation(now + self._recurrent(h))
            trace.hidden.append(h)
        return trace

    def _lstm(self, driven: torch.Tensor, h: torch.Tensor) -> Trace:
        trace, c, gates = Trace(), h, []
        for now in driven.unbind(1):
            i, f, g, o = (now + self._recurrent(h)).chunk(4, dim=1)
            i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
            c = f * c + i * torch.tanh(g)
            h = o * torch.tanh(c)
            trace.hidden.append(h)
            trace.cell.append(c)
            gates.append((i, f, o))
        trace.gates.update(_stacked("LSTM", gates))
        return trace

    def _gru(self, driven: torch.Tensor, h: torch.Tensor) -> Trace:
        trace, gates = Trace(), []
        for now in driven.unbind(1):
            (r, z, n), (hr, hz, hn) = now.chunk(3, dim=1), self._recurrent(h).chunk(3, dim=1)
            r, z = torch.sigmoid(r + hr), torch.sigmoid(z + hz)
            h = (1 - z) * torch.tanh(n + r * hn) + z * h
            trace.hidden.append(h)
            gates.append((r, z))
        trace.gates.update(_stacked("GRU", gates))
        return trace


def _stacked(mode: str, gates: Sequence[tuple[torch.Tensor, ...]]) -> dict[str, torch.Tensor]:
    return {
        name: torch.stack(steps, dim=1).detach()
        for name, steps in zip(GATES[mode], zip(*gates, strict=True), strict=True)
    }


def unroll(module: nn.Module) -> dict[str, Unrolled]:
    """Put an :class:`Unrolled` in the place of every kernel of a network, and return them by their path.

    Parameters
    ----------
    module : torch.nn.Module
        Changed in place; its results stay what they were.

    Returns
    -------
    layers : dict of str to Unrolled
        In the order in which the network holds them.
    """
    kernels = {name: part for name, part in module.named_modules() if isinstance(part, nn.RNNBase)}
    layers = {name: Unrolled(kernel) for name, kernel in kernels.items()}
    for name, layer in layers.items():
        parent, _, child = name.rpartition(".")
        setattr(module.get_submodule(parent), child, layer)
    return layers
