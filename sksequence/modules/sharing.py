"""Torch's own recurrent layers on a CPU, the rows of a batch cut into pieces.

Pieces are computed side by side where threads are free, and each ends with the longest of its sequences.
Torch's own threads would serve, too, but on some processors they add up in another order; here each piece
is computed by one thread, and how a batch is cut depends on nothing but its sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sksequence.modules.masking import longest_of
from sksequence.modules.pieces import gradients_by_torch, learn, run_torch
from sksequence.modules.threads import share, threads_for

__all__ = ["torch_layer"]

# Rows and multiplications that a piece has at least. With 64 units, pieces of 32 rows take a few percent more
# time than the whole on one thread, and .55 of it on two.
_PIECE_ROWS = 32
_WORTH_A_PIECE = 1 << 24


class _Cut(NamedTuple):
    """How a batch is cut: rows and steps of each piece, and threads that compute them."""

    rows: list[slice]
    steps: list[int]
    n_threads: int

    @classmethod
    def of(cls, x: Tensor, lengths: Tensor | None, n_pieces: int, n_threads: int) -> _Cut:
        """A batch (T, B, F) in so many pieces."""
        n_steps, n_batch, _ = x.shape
        size = -(-n_batch // n_pieces)
        rows = [slice(first, min(first + size, n_batch)) for first in range(0, n_batch, size)]
        return cls(rows, longest_of(lengths, rows, n_steps), n_threads)

    def inputs(self, i: int, x: Tensor, *others: Tensor) -> list[Tensor]:
        """What the layer takes for piece `i` from what it takes for the batch."""
        weights, first = others[:4], others[4:]
        return [x[: self.steps[i], self.rows[i]], *weights, *(state[:, self.rows[i]] for state in first)]

    def share(self, compute: Callable[[int], Any]) -> list[Any]:
        """What a function gives for each piece."""
        found: list[Any] = [None] * len(self.rows)

        def one(i: int) -> None:
            found[i] = compute(i)

        share(one, len(found), self.n_threads)
        return found

    def joined(self, parts: Sequence[Tensor], n_steps: int) -> Tensor:
        """What each piece has for its steps as one tensor, (T, B, H), zeros beyond."""
        whole = parts[0].new_empty(n_steps, self.rows[-1].stop, parts[0].shape[2])
        for part, rows, n in zip(parts, self.rows, self.steps, strict=True):
            whole[:n, rows] = part
            if n < n_steps:
                whole[n:, rows] = 0.0
        return whole

    def results(self, found: Sequence[Sequence[Tensor]], n_steps: int) -> tuple[Tensor, ...]:
        """States and last states of the batch from those of the pieces."""
        states, *lasts = zip(*found, strict=True)
        return self.joined(states, n_steps), *(torch.cat(parts, dim=1) for parts in lasts)


class _InPieces(torch.autograd.Function):
    """What torch's layer gives, piece by piece, and its gradients; input and states (T, B, ...)."""

    @staticmethod
    def forward(ctx, mode, cut, *inputs):
        """Compute each piece as something that can be gone back."""
        ctx.mode, ctx.cut = mode, cut
        ctx.parts = _InPieces._parts(ctx, inputs)
        ctx.save_for_backward(*inputs)
        ctx.set_materialize_grads(False)
        return cut.results([part.results for part in ctx.parts], len(inputs[0]))

    @staticmethod
    def _parts(ctx, inputs: Sequence[Tensor]) -> list[Any]:
        wanted = ctx.needs_input_grad[2:]
        return ctx.cut.share(lambda i: learn(ctx.mode, wanted, *ctx.cut.inputs(i, *inputs)))

    @staticmethod
    def backward(ctx, by_states, *by_lasts):
        """Gradients by the inputs that want some; those by the weights are added up piece by piece."""
        inputs, wanted, cut = ctx.saved_tensors, ctx.needs_input_grad[2:], ctx.cut
        if torch.is_grad_enabled():
            return None, None, *gradients_by_torch(ctx.mode, wanted, inputs, [by_states, *by_lasts])
        # The next batch needs the memory. Who goes back twice over a graph that was retained waits longer.
        parts, ctx.parts = ctx.parts or _InPieces._parts(ctx, inputs), None

        def one(i: int) -> tuple[Tensor | None, ...]:
            rows, n = cut.rows[i], cut.steps[i]
            by_last = [None if by is None else by[:, rows] for by in by_lasts]
            return parts[i].back(None if by_states is None else by_states[:n, rows], *by_last)

        by_input, *others = zip(*cut.share(one), strict=True)
        by_weights = (
            sum(by[1:], by[0]) if want else None for by, want in zip(others, wanted[1:5], strict=False)
        )
        by_first = (
            torch.cat(by, dim=1) if want else None for by, want in zip(others[4:], wanted[5:], strict=True)
        )
        into = cut.joined(by_input, len(inputs[0])) if wanted[0] else None
        return None, None, into, *by_weights, *by_first


def torch_layer(mode: str, x: Tensor, *others: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
    """States (B, T, H) and last states of a layer.

    Parameters
    ----------
    mode : str
        As torch's layers call it: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
    x : Tensor of shape (B, T, F)
        What the layer reads.
    *others : Tensor
        Its four weights, and first states (1, B, H).
    lengths : Tensor of shape (B,) or None
        Steps of each row, if not all; what is given beyond them has no meaning.
    """
    inputs = x.transpose(0, 1), *others
    states, *lasts = _layer(mode, inputs, lengths)
    return states.transpose(0, 1), *lasts


def _layer(mode: str, inputs: tuple[Tensor, ...], lengths: Tensor | None) -> tuple[Tensor, ...]:
    """The same of input and states in the order of time."""
    x, w_ih, w_hh = inputs[:3]
    if x.device.type != "cpu" or x.dtype == torch.float64:
        return run_torch(mode, *inputs)
    learning = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs)
    work = x.shape[0] * x.shape[1] * (w_ih.numel() + w_hh.numel())
    n_most = min(x.shape[1] // _PIECE_ROWS, work // _WORTH_A_PIECE)
    n_threads = threads_for(work) if n_most > 1 and torch.get_num_threads() == 1 else 1
    # Where nothing is learned a row has the same bits in any company, so that threads may decide.
    n_pieces = n_most if learning else min(n_most, n_threads)
    if n_pieces < 2:
        return run_torch(mode, *inputs)
    cut = _Cut.of(x, lengths, n_pieces, n_threads)
    if learning:
        return _InPieces.apply(mode, cut, *inputs)
    return cut.results(cut.share(lambda i: run_torch(mode, *cut.inputs(i, *inputs))), len(x))
