"""Whole recurrent layers as one differentiable function each, computed by the loops that numba compiles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from sksequence.modules import compiled
from sksequence.modules.lanes import LANES
from sksequence.modules.loops import candidate_first
from sksequence.modules.threads import threads_for

__all__ = ["FusedLayer"]

# Rows of a batch that go through all steps together, at most: their states, and the weights of sixteen
# units, lie in a core's nearest cache. Threads share whole groups, so that their number changes no bit.
_GROUP = 48
# Rows of a product that are computed together, on any processor.
_TILE = 12
# Rows whose share in the gradients by the weights is added at a time, at least.
_SPAN_ROWS = 64

_TORCH: dict[str, Any] = {
    "tanh": torch.rnn_tanh,
    "relu": torch.rnn_relu,
    "gru": torch.gru,
    "lstm": torch.lstm,
}
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


def _padded(bias: Tensor, n_maps: int, wide: int) -> Tensor:
    """Every map's numbers filled up with zeros: (n H,) -> (n wide,)."""
    size = len(bias) // n_maps
    return bias if size == wide else pad(bias.unflatten(0, (n_maps, size)), (0, wide - size)).flatten()


def _panels(weight: Tensor, n_maps: int, wide: int, height: int) -> Tensor:
    """Sixteen units together, (n H, K) -> (n wide / 16, height, 16): what multiplies K values, or zeros."""
    out = weight.new_empty(n_maps * wide // LANES, height, LANES)
    compiled.panels(weight.detach().contiguous().numpy(), n_maps, wide, False, out.numpy())
    return out


def _panels_back(weight: Tensor, n_maps: int, wide: int) -> Tensor:
    """Sixteen columns together, (n H, K) -> (ceil(K / 16), n wide, 16)."""
    out = weight.new_empty(-(-weight.shape[1] // LANES), n_maps * wide, LANES)
    compiled.panels(weight.detach().contiguous().numpy(), n_maps, wide, True, out.numpy())
    return out


def _groups(n_batch: int) -> list[range]:
    """Rows of the batch in groups of nearly the same size; they depend on nothing else."""
    n_groups = -(-n_batch // _GROUP)
    size = -(-n_batch // (n_groups * _TILE)) * _TILE
    return [range(first, min(first + size, n_batch)) for first in range(0, n_batch, size)]


def _share(compute: Callable[[int], None], n_parts: int, work: int) -> None:
    """Compute all parts, in as many threads as so many multiplications are worth."""
    n_threads = min(threads_for(work), n_parts)

    def some(first: int) -> None:
        for part in range(first, n_parts, n_threads):
            compute(part)

    others = [threading.Thread(target=some, args=(i,)) for i in range(1, n_threads)]
    for thread in others:
        thread.start()
    some(0)
    for thread in others:
        thread.join()


def _addresses(*tensors: Tensor) -> list[int]:
    return [tensor.data_ptr() for tensor in tensors]


def _bias(kind: str, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    """Biases of the sums; the GRU's as ``[n | r | z | U h + b of n]``."""
    if kind != "gru":
        return b_ih + b_hh
    size = len(b_ih) // 3
    return torch.cat([b_ih[2 * size :], b_ih[: 2 * size] + b_hh[: 2 * size], b_hh[2 * size :]])


def _run(
    kind: str, keep: bool, x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor, *first: Tensor
):
    """Input in the order of time, states and cells (T + 1, B, H'), and what to keep for the way back."""
    n_batch, n_steps, n_features = x.shape
    n_maps, wide = _N_MAPS[kind], _whole(w_hh.shape[1])
    rows = x.transpose(0, 1).contiguous()
    lines = []
    for state in first:
        line = x.new_empty(n_steps + 1, n_batch, wide)
        if wide > state.shape[1]:
            line[0].zero_()
        line[0, :, : state.shape[1]] = state
        lines.append(line)
    kept = x.new_empty(n_steps if keep else 1, n_batch, _N_SUMS[kind] * wide if n_maps > 1 else 0)
    w_x, w_h = _panels(w_ih, n_maps, wide, n_features), _panels(w_hh, n_maps, wide, wide)
    bias = _padded(_bias(kind, b_ih, b_hh), _N_SUMS[kind], wide)
    places = [int(kind == "relu")] if n_maps == 1 else []
    places += _addresses(rows, *lines)
    places += [kept.data_ptr(), n_batch if keep else 0] if n_maps > 1 else []
    places += _addresses(w_x, w_h, bias)
    groups, loop = _groups(n_batch), _LOOPS[kind][0]

    def compute(i: int) -> None:
        group = groups[i]
        loop(group.start, len(group), n_batch, n_steps, n_features, wide, *places)

    _share(compute, len(groups), w_hh.numel() * n_batch * n_steps)
    return rows, lines, kept


class FusedLayer(torch.autograd.Function):
    """States of every step, (B, T, H), and for an LSTM its last cells, (B, H).

    From the kind (a key of `_LOOPS`), input (B, T, F), the weights of torch's layer, and the first state
    and cells, (B, H).
    """

    @staticmethod
    def run(kind: str, *inputs: Tensor) -> Any:
        """The same, with nothing kept for gradients."""
        _, lines, _ = _run(kind, False, *inputs)
        return FusedLayer._results(lines, inputs[5].shape[1])

    @staticmethod
    def _results(lines: Sequence[Tensor], size: int) -> Any:
        states = lines[0][1:].transpose(0, 1)[..., :size]
        return states if len(lines) == 1 else (states, lines[1][-1, :, :size])

    @staticmethod
    def forward(ctx, kind, *inputs):
        """Compute, and keep what the way back needs."""
        rows, lines, kept = _run(kind, True, *inputs)
        ctx.save_for_backward(*inputs, rows, kept, *lines)
        ctx.kind, ctx.n_inputs = kind, len(inputs)
        return FusedLayer._results(lines, inputs[5].shape[1])

    @staticmethod
    def backward(ctx, *gradients):
        """Gradients by all inputs from those by states and last cells."""
        inputs, (rows, kept, *lines) = ctx.saved_tensors[: ctx.n_inputs], ctx.saved_tensors[ctx.n_inputs :]
        if torch.is_grad_enabled():
            return None, *_by_torch(ctx, inputs, gradients)
        kind = ctx.kind
        x, w_ih, w_hh = inputs[:3]
        n_batch, n_steps, n_features = x.shape
        size, n_maps, n_sums = w_hh.shape[1], _N_MAPS[kind], _N_SUMS[kind]
        wide = _whole(size)
        coming = gradients[0] if size == wide else pad(gradients[0], (0, wide - size))
        coming = coming if coming.stride(2) == 1 else coming.contiguous()
        later = [torch.zeros_like(line[0]) for line in lines]
        if len(lines) > 1:
            later[1][:, :size] = gradients[1]
        groups, loop = _groups(n_batch), _LOOPS[kind][1]
        span = min(n_steps, max(1, _SPAN_ROWS // n_batch)) if len(groups) == 1 else 1
        wide_x = _whole(n_features) if ctx.needs_input_grad[1] else 0
        w_back = _panels_back(w_hh, n_maps, wide)
        by_x = x.new_empty(n_steps, n_batch, wide_x)
        w_in = by_x
        if wide_x:
            w_in = _panels_back(candidate_first(w_ih) if kind == "gru" else w_ih, n_maps, wide)
        nothing = x.new_zeros(LANES)
        sums = x.new_empty(len(groups), span * len(groups[0]), n_sums * wide + compiled.GAP)
        by_input = x.new_zeros(len(groups), n_features, n_maps * wide)
        by_recurrent = x.new_zeros(len(groups), n_maps * wide, wide)
        by_bias = x.new_zeros(len(groups), n_sums * wide)
        places = [int(kind == "relu")] if n_maps == 1 else []
        places += [span, *_addresses(rows, *lines)]
        places += [kept.data_ptr()] if n_maps > 1 else []
        places += [coming.data_ptr(), *coming.stride()[:2], *_addresses(w_back, *later)]
        last = [w_in.data_ptr(), wide_x, by_x.data_ptr()]

        def compute(i: int) -> None:
            group = groups[i]
            own = _addresses(sums[i], nothing, by_input[i], by_recurrent[i], by_bias[i])
            loop(group.start, len(group), n_batch, n_steps, n_features, wide, *places, *own, *last)

        _share(compute, len(groups), 2 * w_hh.numel() * n_batch * n_steps)
        by_w = _cut(_total(by_input).t(), n_maps, size)
        by_u = _cut(_total(by_recurrent)[:, :size], n_maps, size)
        by_b = _cut(_total(by_bias), n_sums, size)
        bias = by_b, by_b
        if kind == "gru":
            by_w = torch.cat([by_w[size:], by_w[:size]])
            bias = torch.cat([by_b[size : 3 * size], by_b[:size]]), by_b[size:]
        into = by_x[..., :n_features].transpose(0, 1) if wide_x else None
        return None, into, by_w, by_u, *bias, *(line[:, :size] for line in later)


def _total(parts: Tensor) -> Tensor:
    """Sum over the groups: (n, ...) -> (...)."""
    return parts[0] if len(parts) == 1 else parts.sum(0)


def _cut(gradient: Tensor, n_maps: int, size: int) -> Tensor:
    """Without the rows that fill up every map."""
    if len(gradient) == n_maps * size:
        return gradient
    return gradient.unflatten(0, (n_maps, -1))[:, :size].flatten(0, 1)


def _by_torch(ctx: Any, inputs: Sequence[Tensor], gradients: Sequence[Tensor]) -> tuple:
    """Gradients that can be differentiated again: those of the same states by torch's own operators."""
    x, weights, first = inputs[0], list(inputs[1:5]), [state.unsqueeze(0) for state in inputs[5:]]
    states, *last = _TORCH[ctx.kind](
        x, first if len(first) > 1 else first[0], weights, True, 1, 0.0, False, False, True
    )
    found_from = [states] if len(first) == 1 else [states, last[1][0]]
    wanted = ctx.needs_input_grad[1:]
    needed = [tensor for tensor, is_wanted in zip(inputs, wanted, strict=True) if is_wanted]
    found = iter(torch.autograd.grad(found_from, needed, gradients, create_graph=True))
    return tuple(next(found) if is_wanted else None for is_wanted in wanted)
