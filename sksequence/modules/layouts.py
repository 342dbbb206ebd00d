"""Torch's weights as the compiled loops read them, and gradients as torch has them: compiled by numba.

Maps of `size` rows become maps of `wide` rows, a multiple of sixteen, with zeros where torch has nothing.
The sums of a step stand in torch's order of maps, turned by `turn`: by one for the GRU, whose candidate comes
first there. What states add to that candidate is a sum of its own, the last one. Tensors come as addresses,
and lie as `compiled.py` says.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sksequence.modules.lanes import LANES, load_one, splat, store, store_one

__all__ = ["lay_ahead", "lay_back", "lay_first", "take_gradients"]

_ZERO = np.float32(0.0)
_VECTOR = 4 * LANES


@njit(nogil=True)
def _clear(place, n):
    for i in range(n // LANES):
        store(place + i * _VECTOR, splat(_ZERO))


@njit(nogil=True)
def _row(i, n_maps, size, wide, turn):
    """Where torch's row `i` of a matrix or vector stands."""
    return (i // size + turn) % n_maps * wide + i % size


@njit(nogil=True)
def _by_units(n_maps, size, wide, n_columns, height, weight, out):
    """Sixteen units together: (n H, K) -> (n wide / 16, height, 16)."""
    _clear(out, n_maps * wide * height)
    for i in range(n_maps * size):
        row = _row(i, n_maps, size, wide, 0)
        place = out + 4 * (row // LANES * height * LANES + row % LANES)
        for j in range(n_columns):
            store_one(place + j * _VECTOR, load_one(weight + 4 * (i * n_columns + j)))


@njit(nogil=True)
def _by_columns(n_maps, size, wide, n_columns, width, turn, weight, out):
    """Sixteen columns together: (n H, K) -> (width / 16, n wide, 16)."""
    _clear(out, n_maps * wide * width)
    for i in range(n_maps * size):
        place = out + _row(i, n_maps, size, wide, turn) * _VECTOR
        for j in range(n_columns):
            here = place + 4 * (j // LANES * n_maps * wide * LANES + j % LANES)
            store_one(here, load_one(weight + 4 * (i * n_columns + j)))


@njit(nogil=True, cache=True)
def lay_ahead(n_maps, n_sums, size, wide, n_x, turn, w_ih, w_hh, b_ih, b_hh, w_x, w_h, bias):
    """Weights for the way ahead, and the biases of all sums."""
    _by_units(n_maps, size, wide, n_x, n_x, w_ih, w_x)
    _by_units(n_maps, size, wide, size, wide, w_hh, w_h)
    _clear(bias, n_sums * wide)
    for i in range(n_maps * size):
        place = bias + 4 * _row(i, n_maps, size, wide, turn)
        store_one(place, load_one(b_ih + 4 * i))
    for i in range(n_maps * size):
        place = bias + 4 * _row(i, n_sums, size, wide, turn)
        store_one(place, load_one(place) + load_one(b_hh + 4 * i))


@njit(nogil=True, cache=True)
def lay_back(n_maps, size, wide, n_x, wide_x, turn, w_ih, w_hh, w_back, w_in):
    """Weights for the way back; those of the inputs only if `wide_x` columns of them are wanted."""
    _by_columns(n_maps, size, wide, size, wide, 0, w_hh, w_back)
    if wide_x:
        _by_columns(n_maps, size, wide, n_x, wide_x, turn, w_ih, w_in)


@njit(nogil=True, cache=True)
def lay_first(n_batch, size, wide, state, line):
    """The first states (B, H), or zeros if their address is 0, as rows of `wide` numbers."""
    _clear(line, n_batch * wide)
    if state:
        for i in range(n_batch):
            for j in range(size):
                store_one(line + 4 * (i * wide + j), load_one(state + 4 * (i * size + j)))


@njit(nogil=True)
def _sum(place, step, n):
    total = load_one(place)
    for i in range(1, n):
        total += load_one(place + i * step)
    return total


@njit(nogil=True, cache=True)
def take_gradients(
    n_groups, step, n_maps, n_sums, size, wide, n_x, turn, by_input, by_recurrent, by_bias,
    w_ih, w_hh, b_ih, b_hh,
):  # fmt: skip
    """Add up what groups of rows, `step` bytes apart, have found, into gradients as torch has them."""
    for i in range(n_maps * size):
        row = _row(i, n_maps, size, wide, turn)
        for j in range(n_x):
            place = by_input + 4 * (j * n_maps * wide + row)
            store_one(w_ih + 4 * (i * n_x + j), _sum(place, step, n_groups))
        store_one(b_ih + 4 * i, _sum(by_bias + 4 * row, step, n_groups))
        place = by_bias + 4 * _row(i, n_sums, size, wide, turn)
        store_one(b_hh + 4 * i, _sum(place, step, n_groups))
        row = _row(i, n_maps, size, wide, 0)
        for j in range(size):
            place = by_recurrent + 4 * (row * wide + j)
            store_one(w_hh + 4 * (i * size + j), _sum(place, step, n_groups))
