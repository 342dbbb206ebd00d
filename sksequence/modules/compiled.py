"""The loops of `loops.py` with everything between two products of a step in one pass, compiled by numba.

Products stay with torch, whose thread count a fit controls. Compiled once and cached on disk. Without
numba, the extra ``fast``, the functions are plain Python: right, but of no use, as `AVAILABLE` says.

``tanh`` is the rational function of Eigen's ``ptanh``, with its coefficients: exact to a few units of the
last place of float32, and, unlike the C library's, computed for 8 or 16 values at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

try:
    from numba import njit
except ImportError:
    njit = None

__all__ = ["AVAILABLE", "gru_steps", "gru_steps_back"]

AVAILABLE = njit is not None
_ONE, _HALF = np.float32(1.0), np.float32(0.5)
# From here on tanh is one to float32.
_MOST = np.float32(7.9)
_ODD = tuple(
    np.float32(c)
    for c in (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    )
)
_EVEN = tuple(
    np.float32(c)
    for c in (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
)
# A check for division by zero, as Python has it, would keep the loops from running on vectors.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz", "arcp"}, "nogil": True}


def _compiled(**options: Any) -> Callable[[Callable], Callable]:
    return njit(**_OPTIONS, **options) if AVAILABLE else lambda function: function


@_compiled(inline="always")
def _tanh(x):
    x = min(max(x, -_MOST), _MOST)
    y = x * x
    odd, even = _ODD[0], _EVEN[0]
    odd = ((((((odd * y + _ODD[1]) * y + _ODD[2]) * y + _ODD[3]) * y + _ODD[4]) * y) + _ODD[5]) * y + _ODD[6]
    even = ((even * y + _EVEN[1]) * y + _EVEN[2]) * y + _EVEN[3]
    return x * odd / even


@_compiled(inline="always")
def _sigmoid(x):
    return _HALF * _tanh(_HALF * x) + _HALF


@_compiled(cache=True)
def _sigmoids(sums):
    for j in range(sums.shape[0]):
        sums[j] = _sigmoid(sums[j])


@_compiled(cache=True)
def _new_state(n, r, z, kept, before, state):
    for j in range(state.shape[0]):
        n[j] = _tanh(n[j] + r[j] * kept[j])
        state[j] = n[j] + z[j] * (before[j] - n[j])


@_compiled(cache=True)
def _forward(sums, before, state):
    """One step of a batch: (B, 4 H), (B, H), (B, H)."""
    size = state.shape[1]
    for b in range(state.shape[0]):
        row = sums[b]
        _sigmoids(row[size : 3 * size])
        r, z, kept = row[size : 2 * size], row[2 * size : 3 * size], row[3 * size :]
        _new_state(row[:size], r, z, kept, before[b], state[b])


@_compiled(cache=True)
def _slopes(n, r, z, kept, before, coming, later, by_n, by_r, by_z, by_kept):
    for j in range(n.shape[0]):
        gradient = later[j] + coming[j]
        by_n[j] = gradient * (_ONE - z[j]) * (_ONE - n[j] * n[j])
        by_kept[j] = by_n[j] * r[j]
        by_r[j] = by_kept[j] * kept[j] * (_ONE - r[j])
        by_z[j] = gradient * (before[j] - n[j]) * z[j] * (_ONE - z[j])
        later[j] = gradient * z[j]


@_compiled(cache=True)
def _backward(gates, before, coming, later, sums):
    """One step of a batch, back: gradients by its sums, (B, 4 H), and what passes by them, in `later`."""
    size = before.shape[1]
    for b in range(before.shape[0]):
        g, s = gates[b], sums[b]
        n, r, z, kept = g[:size], g[size : 2 * size], g[2 * size : 3 * size], g[3 * size :]
        by_n, by_r, by_z = s[:size], s[size : 2 * size], s[2 * size : 3 * size]
        _slopes(n, r, z, kept, before[b], coming[b], later[b], by_n, by_r, by_z, s[3 * size :])


def gru_steps(sums: Tensor, states: Tensor, before: Tensor, recurrent: Tensor) -> Tensor:
    """As in `loops.py`."""
    from_state = sums[..., before.shape[1] :].unbind()
    rows, results = sums.numpy(), states.numpy()
    previous = before.detach().contiguous().numpy()
    for t, state in enumerate(states.unbind()):
        from_state[t].addmm_(before, recurrent)
        _forward(rows[t], previous, results[t])
        before, previous = state, results[t]
    return before


def gru_steps_back(gates: Tensor, before: Tensor, coming: Tensor, weight: Tensor, later: Tensor) -> Tensor:
    """As in `loops.py`."""
    sums = torch.empty_like(gates)
    from_state = sums[..., before.shape[2] :].unbind()
    rows, states, outside = gates.numpy(), before.numpy(), coming.contiguous().numpy()
    passing, found = later.numpy(), sums.numpy()
    for t in range(len(rows) - 1, -1, -1):
        _backward(rows[t], states[t], outside[t], passing, found[t])
        later.addmm_(from_state[t], weight)
    return sums
