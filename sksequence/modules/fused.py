"""Whole recurrent layers as one differentiable function each, computed by the loops that numba compiles.

Of a small layer these loops take less time than torch's calls around them; so there are few: numbers that
belong together lie in one tensor, and weights and gradients are turned round by compiled functions too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from sksequence.modules import compiled, layouts
from sksequence.modules.lanes import LANES
from sksequence.modules.masking import longest_of
from sksequence.modules.pieces import gradients_by_torch
from sksequence.modules.threads import share, threads_for

__all__ = ["FusedLayer"]

# Rows of a batch that go through all steps together, at most: their states, and the weights of sixteen
# units, lie in a core's nearest cache. Threads share whole groups, so that their number changes no bit.
_GROUP = 48
# Rows of a product that are computed together, on any processor.
_TILE = 12
# Rows whose share in the gradients by the weights is added at a time, at least.
_SPAN_ROWS = 64

_MODES = {"tanh": "RNN_TANH", "relu": "RNN_RELU", "gru": "GRU", "lstm": "LSTM"}
# Maps of torch's weights, and sums of a step.
_N_MAPS = {"tanh": 1, "relu": 1, "gru": 3, "lstm": 4}
_N_SUMS = _N_MAPS | {"gru": 4}
_LOOPS = {
    "tanh": (compiled.elman, compiled.elman_back),
    "relu": (compiled.elman, compiled.elman_back),
    "gru": (compiled.gru, compiled.gru_back),
    "lstm": (compiled.lstm, compiled.lstm_back),
}


def _whole(size: int) -> int:
    """The next multiple of a vector's length."""
    return -(-size // LANES) * LANES


class _Sizes(NamedTuple):
    """Of a layer and what it reads: maps of weights, sums of a step, rows, steps, features, units."""

    n_maps: int
    n_sums: int
    turn: int  # of the maps, see `layouts.py`
    n_batch: int
    n_steps: int
    n_x: int
    size: int
    wide: int

    @classmethod
    def of(cls, kind: str, x: Tensor, w_hh: Tensor) -> _Sizes:
        (n_batch, n_steps, n_x), size = x.shape, w_hh.shape[1]
        turn = int(kind == "gru")
        return cls(_N_MAPS[kind], _N_SUMS[kind], turn, n_batch, n_steps, n_x, size, _whole(size))

    @property
    def n_weights(self) -> tuple[int, int, int]:
        """Numbers of input weights, recurrent weights and biases, filled up."""
        row = self.n_maps * self.wide
        return row * self.n_x, row * self.wide, self.n_sums * self.wide


def _groups(n_batch: int) -> list[range]:
    """Rows of the batch in groups of nearly the same size; they depend on nothing else."""
    n_groups = -(-n_batch // _GROUP)
    size = -(-n_batch // (n_groups * _TILE)) * _TILE
    return [range(first, min(first + size, n_batch)) for first in range(0, n_batch, size)]


def _places(block: Tensor, *sizes: int) -> list[int]:
    """Addresses of parts of so many numbers, one behind the other."""
    places = [block.data_ptr()]
    for size in sizes:
        places.append(places[-1] + 4 * size)
    return places[:-1]


def _addresses(tensors: Sequence[Tensor]) -> list[int]:
    return [tensor.data_ptr() for tensor in tensors]


def _run(kind: str, keep: bool, lengths: Tensor | None, x: Tensor, *others: Any):
    """Input in the order of time, states and cells (n, T + 1, B, H'), and what to keep for the way back.

    Each group of rows ends with its longest sequence; states and cells beyond are zero.
    """
    weights, first = [weight.contiguous() for weight in others[:4]], others[4:]
    sizes = _Sizes.of(kind, x, weights[1])
    n_maps, n_sums, turn, n_batch, n_steps, n_x, size, wide = sizes
    rows = x.transpose(0, 1).contiguous()
    lines = x.new_empty(len(first), n_steps + 1, n_batch, wide)
    kept = x.new_empty(n_steps if keep else 1, n_batch, n_sums * wide if n_maps > 1 else 0)
    laid = x.new_empty(sum(sizes.n_weights))
    laid_at = _places(laid, *sizes.n_weights)
    layouts.lay_ahead(n_maps, n_sums, size, wide, n_x, turn, *_addresses(weights), *laid_at)
    lines_at = _places(lines, *[(n_steps + 1) * n_batch * wide] * len(first))
    for state, line in zip(first, lines_at, strict=True):
        state = None if state is None else state.contiguous()
        layouts.lay_first(n_batch, size, wide, 0 if state is None else state.data_ptr(), line)
    places = [int(kind == "relu")] if n_maps == 1 else []
    places += [rows.data_ptr(), *lines_at]
    places += [kept.data_ptr(), n_batch if keep else 0] if n_maps > 1 else []
    groups, loop = _groups(n_batch), _LOOPS[kind][0]
    steps = longest_of(lengths, groups, n_steps)

    def compute(i: int) -> None:
        group, n = groups[i], steps[i]
        loop(group.start, len(group), n_batch, n, n_x, wide, *places, *laid_at)
        if n < n_steps:
            lines[:, n + 1 :, group.start : group.stop] = 0.0

    share(compute, len(groups), threads_for(weights[1].numel() * n_batch * n_steps))
    return rows, lines, kept


def _run_back(
    kind: str,
    sizes: _Sizes,
    lengths: Tensor | None,
    wide_x: int,
    weights: Sequence[Tensor],
    rows: Tensor,
    lines: Tensor,
    kept: Tensor,
    coming: Tensor,
    later: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """Gradients by `wide_x` columns of the input, (T, B, F'), and weights; `later` becomes those by first."""
    n_maps, n_sums, turn, n_batch, n_steps, n_x, size, wide = sizes
    groups, loop = _groups(n_batch), _LOOPS[kind][1]
    span = min(n_steps, max(1, _SPAN_ROWS // n_batch)) if len(groups) == 1 else 1
    by_x = rows.new_empty(n_steps, n_batch, wide_x)
    # What only this function reads: weights laid out, and room for the sums of each group.
    n_back, n_in = n_maps * wide * wide, n_maps * wide * wide_x
    n_room = span * len(groups[0]) * (n_sums * wide + compiled.GAP)
    room = rows.new_empty(n_back + n_in + len(groups) * n_room)
    w_back, w_in, sums = _places(room, n_back, n_in, n_room)
    whole = [weight.contiguous() for weight in weights[:2]]
    layouts.lay_back(n_maps, size, wide, n_x, wide_x, turn, *_addresses(whole), w_back, w_in)
    # A vector of zeros, and what each group finds.
    n_found = sum(sizes.n_weights)
    found = rows.new_zeros(LANES + len(groups) * n_found)
    nothing, *found_at = _places(found, LANES, *sizes.n_weights)

    places = [int(kind == "relu")] if n_maps == 1 else []
    places += [span, rows.data_ptr(), *_places(lines, *[lines[0].numel()] * len(lines))]
    places += [kept.data_ptr()] if n_maps > 1 else []
    places += [coming.data_ptr(), *coming.stride()[:2], w_back]
    places += _places(later, *[n_batch * wide] * len(later))

    steps = longest_of(lengths, groups, n_steps)

    def compute(i: int) -> None:
        first, n = groups[i].start, len(groups[i])
        own = [sums + 4 * i * n_room, nothing, *(at + 4 * i * n_found for at in found_at)]
        loop(first, n, n_batch, steps[i], n_x, wide, *places, *own, w_in, wide_x, by_x.data_ptr())
        if wide_x and steps[i] < n_steps:
            by_x[steps[i] :, first : first + n] = 0.0

    share(compute, len(groups), threads_for(2 * weights[1].numel() * n_batch * n_steps))
    by_weights = [torch.empty(weight.shape) for weight in weights]
    layouts.take_gradients(
        len(groups), 4 * n_found, n_maps, n_sums, size, wide, n_x, turn, *found_at, *_addresses(by_weights)
    )  # fmt: skip
    return by_x, by_weights


class FusedLayer(torch.autograd.Function):
    """States of every step, (B, T, H), and for an LSTM its last cells, (B, H).

    From the kind (a key of `_LOOPS`), the lengths of the rows, (B,), or None if all have T steps, input
    (B, T, F), the weights of torch's layer, and the first state and cells, (B, H), or None for zeros.
    """

    @staticmethod
    def run(kind: str, lengths: Tensor | None, x: Tensor, w_ih: Tensor, w_hh: Tensor, *others: Any) -> Any:
        """The same, with nothing kept for gradients."""
        _, lines, _ = _run(kind, False, lengths, x, w_ih, w_hh, *others)
        return FusedLayer._results(lines, w_hh.shape[1])

    @staticmethod
    def _results(lines: Tensor, size: int) -> Any:
        n_lines, n_rows, n_batch, wide = lines.shape
        states = lines.as_strided((n_batch, n_rows - 1, size), (wide, n_batch * wide, 1), n_batch * wide)
        return states if n_lines == 1 else (states, lines[1, -1, :, :size])

    @staticmethod
    def forward(ctx, kind, lengths, *inputs):
        """Compute, and keep what the way back needs."""
        rows, lines, kept = _run(kind, True, lengths, *inputs)
        ctx.save_for_backward(*inputs, rows, lines, kept)
        ctx.set_materialize_grads(False)
        ctx.kind, ctx.lengths = kind, lengths
        return FusedLayer._results(lines, inputs[2].shape[1])

    @staticmethod
    def backward(ctx, *gradients):
        """Gradients by all inputs from those by states and last cells."""
        *inputs, rows, lines, kept = ctx.saved_tensors
        if torch.is_grad_enabled():
            return None, None, *_by_torch(ctx, inputs, gradients)
        x, *weights = inputs[:5]
        sizes = _Sizes.of(ctx.kind, x, weights[1])
        coming, later = _coming(sizes, lines, gradients)
        wide_x = _whole(sizes.n_x) if ctx.needs_input_grad[2] else 0
        by_x, by_weights = _run_back(
            ctx.kind, sizes, ctx.lengths, wide_x, weights, rows, lines, kept, coming, later
        )
        into = by_x[..., : sizes.n_x].transpose(0, 1) if wide_x else None
        by_first = [
            line[:, : sizes.size] if is_wanted else None
            for line, is_wanted in zip(later, ctx.needs_input_grad[7:], strict=True)
        ]
        return None, None, into, *by_weights, *by_first


def _coming(sizes: _Sizes, lines: Tensor, gradients: Sequence[Tensor | None]) -> tuple[Tensor, Tensor]:
    """Gradients by the states (B, T, H'), units side by side, and by what comes later (n, B, H')."""
    by_states, *by_cells = gradients
    more = sizes.wide - sizes.size
    later = lines.new_zeros(len(lines), sizes.n_batch, sizes.wide)
    if by_cells and by_cells[0] is not None:
        later[1, :, : sizes.size] = by_cells[0]
    if by_states is None:
        return later.new_zeros(1, 1, sizes.wide).expand(sizes.n_batch, sizes.n_steps, -1), later
    coming = pad(by_states, (0, more)) if more else by_states
    return coming if coming.stride(2) == 1 else coming.contiguous(), later


def _by_torch(ctx: Any, inputs: Sequence[Any], gradients: Sequence[Tensor | None]) -> tuple:
    """Gradients that can be differentiated again, by input, weights and first states."""
    x, *weights = inputs[:5]
    zeros = x.new_zeros(1, len(x), weights[1].shape[1])
    first = [zeros if state is None else state.unsqueeze(0) for state in inputs[5:]]
    by_states, *by_cells = gradients
    came = [None if by_states is None else by_states.transpose(0, 1), None]
    came += [None if by is None else by.unsqueeze(0) for by in by_cells]
    whole, wanted = [x.transpose(0, 1), *weights, *first], ctx.needs_input_grad[2:]
    by_x, *others = gradients_by_torch(_MODES[ctx.kind], wanted, whole, came)
    into = None if by_x is None else by_x.transpose(0, 1)
    return into, *others[:4], *(None if by is None else by.squeeze(0) for by in others[4:])
