"""Whole recurrent layers on a CPU, faster than torch's own, with the same weights and results.

Torch computes an ``nn.LSTM`` with one fused kernel, but an ``nn.GRU`` and an ``nn.RNN`` operator by
operator: 93 calls a step for the GRU, most of them in the backward pass. Here a step of it is five calls
forward and four backward, since everything that does not wait for the state of the step before is done
for many steps at once: what the inputs add to the gates, and the derivatives of the states by the sums
inside the gates. With numba (the extra ``fast``) a layer of any cell is one call each way: `fused.py`.

The layers below are torch's modules, with torch's weights under torch's names; they take the shorter way
where it pays and is exact, and else torch's own (CUDA, double precision, other number formats, wide
layers, tracing, and second derivatives).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.modules.loops import candidate_first, gru_steps, gru_steps_back
from sksequence.modules.pieces import gradients_by_torch
from sksequence.modules.sharing import torch_layer

__all__ = ["ElmanLayer", "GRULayer", "LSTMLayer", "tall_product"]

# Values that are worked on at a time: as many as a core's cache holds.
_BLOCK_VALUES = 1 << 18
# Hidden units up to which a way is faster than torch's own. Ratios to torch's layers, forward and backward on
# one thread of a processor with AVX2, and for inference AVX-512, up to 100 steps of 6 features
# (tests/bench/layers.py):
#
# batch, units          64, 16   64, 64   256, 64   64, 128   64, 256   8, 256   1, 64   1, 64 (inference)
# operators, RNN                   2.5
# operators, GRU                   1.9
# compiled, RNN          5.0       3.9      2.9       2.5       1.6      2.4      7.9      8.0
# compiled, GRU          9.9       4.2      2.7       2.3       1.5      2.4     17.9      9.1
# compiled, LSTM         2.1       1.8      2.9       1.4       1.1      1.0      1.1      1.6
_WIDEST = {"RNN_TANH": 256, "RNN_RELU": 256, "GRU": 256, "LSTM": 0}
_WIDEST_FUSED = {"RNN_TANH": 256, "RNN_RELU": 256, "GRU": 256, "LSTM": 256}


@cache
def _fused() -> Any:
    """The layer that numba compiles, or None where there is no numba, or no folder for its cache."""
    try:
        from sksequence.modules import fused, lanes
    except (ImportError, RuntimeError):
        return None
    return fused.FusedLayer if lanes.FUSES else None


def _by_torch(mode: str, ctx: Any, inputs: Sequence[Tensor], gradient: Tensor) -> tuple:
    """Gradients that can be differentiated again, by input, weights and the first state (B, H)."""
    x, *others, h = inputs
    wanted = ctx.needs_input_grad[-len(inputs) :]
    whole, came = [x.transpose(0, 1), *others, h.unsqueeze(0)], [gradient.transpose(0, 1), None]
    by_x, *found, by_first = gradients_by_torch(mode, wanted, whole, came)
    into = None if by_x is None else by_x.transpose(0, 1)
    return into, *found, None if by_first is None else by_first.squeeze(0)


def _time_major(x: Tensor) -> Tensor:
    """Rows in the order of time: (B, T, F) -> (T * B, F)."""
    return x.transpose(0, 1).reshape(-1, x.shape[-1])


def tall_product(left: Tensor, right: Tensor) -> Tensor:
    """``left.T @ right`` of tall matrices; the wide one last, which is up to five times as fast."""
    return left.t() @ right if left.shape[1] <= right.shape[1] else (right.t() @ left).t()


class _Elman(torch.autograd.Function):
    """``h' = tanh(W x + U h + b)``, or relu in place of tanh."""

    @staticmethod
    def run(nonlinearity, x, w_ih, w_hh, b_ih, b_hh, h):
        """States in the order of time, (T, B, H)."""
        n_batch, n_steps, _ = x.shape
        states = torch.addmm(b_ih + b_hh, _time_major(x), w_ih.t()).view(n_steps, n_batch, -1)
        activate = torch.tanh_ if nonlinearity == "tanh" else torch.relu_
        recurrent = w_hh.t()
        for state in states.unbind():
            h = activate(state.addmm_(h, recurrent))
        return states

    @staticmethod
    def run_to_learn(x, w_ih, w_hh, b_ih, b_hh, h):
        """The same states by torch's sigmoid, which takes a third of the time of its tanh.

        As tanh(a) = 2 sigmoid(2 a) - 1, the loop goes over s = (h + 1) / 2, and 2 (U h + b) =
        4 U s + 2 (b - U 1). Not for predictions: the last few numbers of a sigmoid are computed one by one,
        with other bits than the rest, so that a row's would depend on the rows beside it.
        """
        n_batch, n_steps, _ = x.shape
        bias = 2.0 * (b_ih + b_hh - w_hh.sum(1))
        states = torch.addmm(bias, _time_major(x), w_ih.t(), alpha=2.0).view(n_steps, n_batch, -1)
        half, recurrent = (h + 1.0) / 2.0, 4.0 * w_hh.t()
        for state in states.unbind():
            half = state.addmm_(half, recurrent).sigmoid_()
        return states.mul_(2.0).sub_(1.0)

    @staticmethod
    def forward(ctx, nonlinearity, x, w_ih, w_hh, b_ih, b_hh, h):
        inputs = x, w_ih, w_hh, b_ih, b_hh, h
        is_tanh = nonlinearity == "tanh"
        states = _Elman.run_to_learn(*inputs) if is_tanh else _Elman.run(nonlinearity, *inputs)
        ctx.save_for_backward(x, w_ih, w_hh, b_ih, b_hh, h, states)
        ctx.nonlinearity = nonlinearity
        return states.transpose(0, 1)

    @staticmethod
    def backward(ctx, gradient):
        *inputs, states = ctx.saved_tensors
        if torch.is_grad_enabled():
            return None, *_by_torch(f"RNN_{ctx.nonlinearity.upper()}", ctx, inputs, gradient)
        x, w_ih, w_hh, _, _, h = inputs
        # Derivative of the state by the sum before the nonlinearity; becomes that of the loss by the sum.
        if ctx.nonlinearity == "tanh":
            sums = torch.addcmul(states.new_ones(()), states, states, value=-1.0)
        else:
            sums = (states > 0).to(x.dtype)
        later = torch.zeros_like(h)
        for here, coming in zip(sums.unbind()[::-1], gradient.unbind(1)[::-1], strict=True):
            torch.mm(here.mul_(later.add_(coming)), w_hh, out=later)
        flat = sums.flatten(0, 1)
        bias = flat.sum(0)
        into = None
        if ctx.needs_input_grad[1]:
            into = (flat @ w_ih).view(len(states), len(x), -1).transpose(0, 1)
        by_recurrent = tall_product(flat[len(h) :], states[:-1].flatten(0, 1)) + tall_product(sums[0], h)
        return None, into, tall_product(flat, _time_major(x)), by_recurrent, bias, bias, later


class _GRU(torch.autograd.Function):
    """``r, z = sigmoid(W x + U h + b)``, ``n = tanh(W x + b + r (U h + b))``, ``h' = (1 - z) n + z h``.

    The sums of a step stand side by side as ``[n | r | z | U h + b of n]``, so that the state's share
    is one product added in place.
    """

    @staticmethod
    def run(x, w_ih, w_hh, b_ih, b_hh, h, keep=False):
        """States in the order of time, (T, B, H), and gates, (T, B, 4 H): of all steps only if asked."""
        n_batch, n_steps, _ = x.shape
        size = h.shape[1]
        rows, weight, recurrent = x.transpose(0, 1), candidate_first(w_ih).t(), w_hh.t()
        bias = torch.cat([b_ih[2 * size :], b_ih[: 2 * size] + b_hh[: 2 * size]])
        blocks = _blocks(n_steps, n_batch * 4 * size)
        gates = x.new_empty(n_steps if keep else blocks[0].stop, n_batch, 4 * size)
        states = x.new_empty(n_steps, n_batch, size)
        before = h
        for block in blocks:
            sums = gates[block] if keep else gates[: block.stop - block.start]
            into = sums.flatten(0, 1)[:, : 3 * size]
            torch.addmm(bias, rows[block].reshape(-1, x.shape[2]), weight, out=into)
            sums[..., 3 * size :] = b_hh[2 * size :]
            before = gru_steps(sums, states[block], before, recurrent)
        return states, gates

    @staticmethod
    def forward(ctx, x, w_ih, w_hh, b_ih, b_hh, h):
        states, gates = _GRU.run(x, w_ih, w_hh, b_ih, b_hh, h, keep=True)
        ctx.save_for_backward(x, w_ih, w_hh, b_ih, b_hh, h, states, gates)
        return states.transpose(0, 1)

    @staticmethod
    def backward(ctx, gradient):
        *inputs, states, gates = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _by_torch("GRU", ctx, inputs, gradient)
        x, w_ih, w_hh, _, _, h = inputs
        n_steps, n_batch, size = states.shape
        rows, coming, weight = x.transpose(0, 1), gradient.transpose(0, 1), candidate_first(w_ih)
        into = x.new_empty(n_steps, n_batch, x.shape[2]) if ctx.needs_input_grad[0] else None
        by_weight, by_recurrent = torch.zeros_like(w_ih), torch.zeros_like(w_hh)
        by_bias, later = x.new_zeros(4 * size), torch.zeros_like(h)
        for block in reversed(_blocks(n_steps, n_batch * 4 * size)):
            first = block.start
            before = torch.cat(
                [states[first - 1 : first] if first else h[None], states[first : block.stop - 1]]
            )
            sums = gru_steps_back(gates[block], before, coming[block], w_hh, later)
            flat = sums.flatten(0, 1)
            by_input = flat[:, : 3 * size]
            by_weight += tall_product(by_input, rows[block].reshape(-1, x.shape[2]))
            by_recurrent += tall_product(flat[:, size:], before.flatten(0, 1))
            by_bias += flat.sum(0)
            if into is not None:
                torch.mm(by_input, weight, out=into[block].flatten(0, 1))
        return (
            None if into is None else into.transpose(0, 1),
            torch.cat([by_weight[size:], by_weight[:size]]),
            by_recurrent,
            torch.cat([by_bias[size : 3 * size], by_bias[:size]]),
            by_bias[size:],
            later,
        )


def _blocks(n_steps: int, values: int) -> list[slice]:
    """Runs of steps of so many values each that a processor's cache holds one run."""
    size = max(1, _BLOCK_VALUES // values)
    return [slice(first, min(first + size, n_steps)) for first in range(0, n_steps, size)]


class _ShortWay(nn.RNNBase):
    """A layer in one direction that takes the short way where it can."""

    def _states(self, *inputs: Tensor, learning: bool) -> Tensor:
        """States of every step, (B, T, H), from input, weights and first state, in torch's operators."""
        raise NotImplementedError

    def _is_plain(self, x: Any) -> bool:
        """Whether this is a batch of float32 on a CPU, computed here and now."""
        return (
            isinstance(x, Tensor)
            and x.ndim == 3
            and x.numel() > 0
            and x.shape[2] == self.input_size
            and all(t.dtype == torch.float32 and t.device.type == "cpu" for t in (x, *self._weights()))
            and not torch.is_autocast_enabled("cpu")
            and not (torch.jit.is_tracing() or torch.compiler.is_compiling())
        )

    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0

    def _takes_short_way(self, x: Any) -> bool:
        return self.hidden_size <= _WIDEST[self.mode] and self._is_plain(x)

    def _takes_fused_way(self, x: Any) -> bool:
        return self.hidden_size <= _WIDEST_FUSED[self.mode] and _fused() is not None and self._is_plain(x)

    def _first(self, x: Tensor, hx: Any) -> Sequence[Tensor]:
        """First states, (1, B, H): those that came, or zeros."""
        shape = 1, len(x), self.hidden_size
        if hx is None:
            return [x.new_zeros(shape)] * (2 if self.mode == "LSTM" else 1)
        states = hx if isinstance(hx, tuple) else (hx,)
        # Nobody below looks at them, torch's kernels neither.
        for state in states:
            fits = state.shape == shape and state.device == x.device
            if not (fits and (state.dtype == x.dtype or torch.is_autocast_enabled(x.device.type))):
                raise RuntimeError(
                    f"{type(self).__name__}: a first state of shape {tuple(state.shape)}, {state.dtype}, on "
                    f"{state.device} came, but {shape}, {x.dtype}, on {x.device} is needed. None is zeros."
                )
        return states

    def _torch_way(self, x: Any, hx: Any, lengths: Tensor | None) -> Any:
        """What torch's layer gives, by as many threads as pay."""
        plain = isinstance(x, Tensor) and x.ndim == 3 and x.shape[2] == self.input_size
        if not plain or torch.jit.is_tracing() or torch.compiler.is_compiling():
            return super().forward(x, hx)
        # Without the checks of torch's module, which cost a third of a small layer.
        inputs = x, *self._weights(), *self._first(x, hx)
        states, *last = torch_layer(self.mode, *inputs, lengths=lengths)
        return states, tuple(last) if self.mode == "LSTM" else last[0]

    def forward(self, input, hx=None, lengths=None):
        """As torch's layer: (B, T, F), first state or None -> (B, T, H), last state, all batch first.

        With lengths, (B,) on the CPU, steps beyond them need not be computed; states there have no meaning,
        nor has the last one.
        """
        fused = self._takes_fused_way(input)
        if not (fused or self._takes_short_way(input)):
            return self._torch_way(input, hx, lengths)
        if fused and hx is None:  # zeros that need not be made
            first: list[Any] = [None] * (2 if self.mode == "LSTM" else 1)
        else:
            first = [state[0] for state in self._first(input, hx)]
        inputs = (input, *self._weights(), *first)
        learning = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in inputs)
        if not fused:
            states = self._states(*inputs, learning=learning)
            return states, states[:, -1].unsqueeze(0)
        kind = self.mode.removeprefix("RNN_").lower()
        layer = _fused()
        found = (layer.apply if learning else layer.run)(kind, lengths, *inputs)
        if self.mode != "LSTM":
            return found, found[:, -1].unsqueeze(0)
        states, cells = found
        return states, (states[:, -1].unsqueeze(0), cells.unsqueeze(0))


class ElmanLayer(_ShortWay, nn.RNN):
    """``nn.RNN`` of one layer and one direction, batch first."""

    def _states(self, *inputs: Tensor, learning: bool) -> Tensor:
        if learning:
            return _Elman.apply(self.nonlinearity, *inputs)
        return _Elman.run(self.nonlinearity, *inputs).transpose(0, 1)


class GRULayer(_ShortWay, nn.GRU):
    """``nn.GRU`` of one layer and one direction, batch first."""

    def _states(self, *inputs: Tensor, learning: bool) -> Tensor:
        return _GRU.apply(*inputs) if learning else _GRU.run(*inputs)[0].transpose(0, 1)


class LSTMLayer(_ShortWay, nn.LSTM):
    """``nn.LSTM`` of one layer and one direction, batch first; faster only if compiled."""
