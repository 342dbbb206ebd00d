"""Recurrent layers over all steps of some rows of a batch, forward and backward, compiled by numba.

Nothing in here is in torch's hands: a step's product is computed for sixteen units at a time, with what
the inputs add, and its gates follow while its sums are in the cache; on the way back the gradients by the
weights are added up step by step. The callers' tensors come as addresses (`lanes.py`):

========== ================= ==============================================================================
x          (T, B, F)         what the layer reads
states     (T + 1, B, H)     the first ones, then those after every step; cells alike
kept       (T or 1, B, n H)  what a step computes before its state, of all steps (`kept_step` rows apart)
w_x, w_h   (n H / 16, F, 16) weights of inputs and states, and (.., H, 16), the columns of sixteen units
                             together; on the way back ``w_back`` (H / 16, n H, 16), ``w_in`` (F / 16, ...)
coming     (B, T, H)         gradient by the states, `coming_row` and `coming_step` numbers apart
later      (B, H)            gradient by the last state; becomes that by the first. `later_cell` alike
sums       (span, rows, n H) room for the gradients by the sums of a few steps, each row `_GAP` longer
by_*                         gradients that are added to: ``by_x`` (T, B, F), ``by_input`` (F, n H),
                             ``by_recurrent`` (n H, H), ``by_bias`` (n H)
========== ================= ==============================================================================

Units and features on the right side of a product are a multiple of sixteen. Compiled once and cached on
disk; the interpreter's lock is released.

``tanh`` is the rational function of Eigen's ``ptanh``, with its coefficients: exact to a few units of the
last place of float32.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sksequence.modules.lanes import (
    LANES,
    at_least,
    at_most,
    load,
    multiply_add,
    product,
    product_of_row,
    splat,
    store,
    where_positive,
)

__all__ = ["GAP", "elman", "elman_back", "gru", "gru_back", "lstm", "lstm_back"]

_ONE, _HALF, _ZERO = np.float32(1.0), np.float32(0.5), np.float32(0.0)
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
# Bytes of a vector. Rows of powers of two would share few places of the cache: these are one vector longer.
_VECTOR = 4 * LANES
GAP = LANES


@njit(nogil=True)
def _tanh(x):
    x = at_least(at_most(x, splat(_MOST)), splat(-_MOST))
    y = x * x
    odd, even = splat(_ODD[0]), splat(_EVEN[0])
    odd = multiply_add(odd, y, splat(_ODD[1]))
    odd = multiply_add(odd, y, splat(_ODD[2]))
    odd = multiply_add(odd, y, splat(_ODD[3]))
    odd = multiply_add(odd, y, splat(_ODD[4]))
    odd = multiply_add(odd, y, splat(_ODD[5]))
    odd = multiply_add(odd, y, splat(_ODD[6]))
    even = multiply_add(even, y, splat(_EVEN[1]))
    even = multiply_add(even, y, splat(_EVEN[2]))
    even = multiply_add(even, y, splat(_EVEN[3]))
    return x * odd / even


@njit(nogil=True)
def _sigmoid(x):
    half = splat(_HALF)
    return multiply_add(_tanh(x * half), half, half)


@njit(nogil=True)
def _add(place, value):
    store(place, load(place) + value)


@njit(nogil=True)
def _driven(n, out, out_row, bias, x, n_x, w_x, h, size, w_h):
    """``bias + x @ w_x + h @ w_h`` for sixteen units of n rows."""
    product(
        n, out, out_row, bias, 0, x, 4 * n_x, 4, n_x, w_x, _VECTOR, h, 4 * size, 4, size, w_h, _VECTOR
    )  # fmt: skip


@njit(nogil=True)
def _row_driven(n_panels, out, bias, x, n_x, w_x, h, size, w_h):
    """:func:`_driven` for all panels of one row."""
    product_of_row(
        n_panels, out, bias, x, 4, n_x, w_x, _VECTOR, n_x * _VECTOR, h, 4, size, w_h, _VECTOR, size * _VECTOR
    )  # fmt: skip


@njit(nogil=True)
def _times(n, out, out_row, first, first_row, a, a_row, a_step, n_a, b, b_step):
    """``first + a @ b`` for sixteen columns of n rows."""
    product(n, out, out_row, first, first_row, a, a_row, a_step, n_a, b, b_step, a, 0, 0, 0, b, 0)


@njit(nogil=True)
def _by_weights(n, size, n_x, sums, row, n_in, after, n_sums, before, x, by_input, by_recurrent):
    """Add n rows' share: the first `n_in` sums have inputs in them, those from `after` on states."""
    for j in range(n_in // LANES):
        place = by_input + j * _VECTOR
        _times(n_x, place, 4 * n_in, place, 4 * n_in, x, 4, 4 * n_x, n, sums + j * _VECTOR, row)
    for j in range(size // LANES):
        place = by_recurrent + j * _VECTOR
        _times(
            n_sums - after, place, 4 * size, place, 4 * size,
            sums + 4 * after, 4, row, n, before + j * _VECTOR, 4 * size,
        )  # fmt: skip


@njit(nogil=True)
def _by_inputs(n, wide, sums, row, n_in, nothing, w_in, by_x):
    for j in range(wide // LANES):
        panel = w_in + j * n_in * _VECTOR
        _times(n, by_x + j * _VECTOR, 4 * wide, nothing, 0, sums, row, 4, n_in, panel, _VECTOR)


@njit(nogil=True, cache=True)
def elman(first, n, n_batch, n_steps, n_x, size, relu, x, states, w_x, w_h, bias):
    """``h' = tanh(W x + U h + b)``, or relu in place of tanh."""
    h_row = 4 * size
    for t in range(n_steps):
        here = x + 4 * n_x * (t * n_batch + first)
        before = states + h_row * (t * n_batch + first)
        after = before + h_row * n_batch
        if n == 1:
            _row_driven(size // LANES, after, bias, here, n_x, w_x, before, size, w_h)
        for u in range(size // LANES):
            at, w, v = u * _VECTOR, w_x + u * n_x * _VECTOR, w_h + u * size * _VECTOR
            if n > 1:
                _driven(n, after + at, h_row, bias + at, here, n_x, w, before, size, v)
            for i in range(n):
                place = after + i * h_row + at
                store(place, at_least(load(place), splat(_ZERO)) if relu else _tanh(load(place)))


@njit(nogil=True, cache=True)
def elman_back(
    first, n, n_batch, n_steps, n_x, size, relu, span, x, states, coming, coming_row, coming_step, w_back,
    later, sums, nothing, by_input, by_recurrent, by_bias, w_in, wide, by_x,
):  # fmt: skip
    """Gradients of :func:`elman`."""
    h_row, row = 4 * size, 4 * (size + GAP)
    last, one = later + h_row * first, splat(_ONE)
    for stop in range(n_steps, 0, -span):
        start = max(stop - span, 0)
        for t in range(stop - 1, start - 1, -1):
            after = states + h_row * ((t + 1) * n_batch + first)
            outside = coming + 4 * (first * coming_row + t * coming_step)
            here = sums + row * n * (t - start)
            for u in range(size // LANES):
                at = u * _VECTOR
                total = splat(_ZERO)
                for i in range(n):
                    h = load(after + i * h_row + at)
                    gradient = load(last + i * h_row + at) + load(outside + 4 * i * coming_row + at)
                    gradient = where_positive(h, gradient) if relu else gradient * (one - h * h)
                    store(here + i * row + at, gradient)
                    total = total + gradient
                _add(by_bias + at, total)
            for u in range(size // LANES):
                at = u * _VECTOR
                _times(n, last + at, h_row, nothing, 0, here, row, 4, size, w_back + size * at, _VECTOR)
            if wide:
                place = by_x + 4 * wide * (t * n_batch + first)
                _by_inputs(n, wide, here, row, size, nothing, w_in, place)
        begin = start * n_batch + first
        _by_weights(
            n * (stop - start), size, n_x, sums, row, size, 0, size,
            states + h_row * begin, x + 4 * n_x * begin, by_input, by_recurrent,
        )  # fmt: skip


@njit(nogil=True, cache=True)
def gru(first, n, n_batch, n_steps, n_x, size, x, states, kept, kept_step, w_x, w_h, bias):
    """``r, z = sigmoid(W x + U h + b)``, ``n = tanh(W x + b + r (U h + b))``, ``h' = (1 - z) n + z h``.

    Keeps ``[n | r | z | U h + b of n]``, and has the bias in this order; weights as torch: r, z, n.
    """
    h_row, row = 4 * size, 16 * size
    units = size // LANES
    for t in range(n_steps):
        here = x + 4 * n_x * (t * n_batch + first)
        before = states + h_row * (t * n_batch + first)
        after = before + h_row * n_batch
        gates = kept + row * (t * kept_step + first)
        w_n, v_n = w_x + 2 * units * n_x * _VECTOR, w_h + 2 * units * size * _VECTOR
        if n == 1:
            _row_driven(2 * units, gates + h_row, bias + h_row, here, n_x, w_x, before, size, w_h)
            _row_driven(units, gates, bias, here, n_x, w_n, before, 0, v_n)
            _row_driven(units, gates + 3 * h_row, bias + 3 * h_row, here, 0, w_n, before, size, v_n)
        for u in range(units):
            at, b = gates + u * _VECTOR, bias + u * _VECTOR
            if n > 1:
                for gate in range(2):
                    j, place = gate * units + u, (1 + gate) * h_row
                    w, v = w_x + j * n_x * _VECTOR, w_h + j * size * _VECTOR
                    _driven(n, at + place, row, b + place, here, n_x, w, before, size, v)
                w, v = w_n + u * n_x * _VECTOR, v_n + u * size * _VECTOR
                _times(n, at, row, b, 0, here, 4 * n_x, 4, n_x, w, _VECTOR)
                _times(n, at + 3 * h_row, row, b + 3 * h_row, 0, before, h_row, 4, size, v, _VECTOR)
            for i in range(n):
                place, unit = at + i * row, i * h_row + u * _VECTOR
                r, z = _sigmoid(load(place + h_row)), _sigmoid(load(place + 2 * h_row))
                candidate = _tanh(multiply_add(r, load(place + 3 * h_row), load(place)))
                store(place, candidate)
                store(place + h_row, r)
                store(place + 2 * h_row, z)
                store(after + unit, multiply_add(z, load(before + unit) - candidate, candidate))


@njit(nogil=True, cache=True)
def gru_back(
    first, n, n_batch, n_steps, n_x, size, span, x, states, kept, coming, coming_row, coming_step, w_back,
    later, sums, nothing, by_input, by_recurrent, by_bias, w_in, wide, by_x,
):  # fmt: skip
    """Gradients of :func:`gru`; ``w_in`` in the order n, r, z, ``w_back`` as torch: r, z, n."""
    h_row, kept_row, row = 4 * size, 16 * size, 4 * (4 * size + GAP)
    last, one = later + h_row * first, splat(_ONE)
    for stop in range(n_steps, 0, -span):
        start = max(stop - span, 0)
        for t in range(stop - 1, start - 1, -1):
            before = states + h_row * (t * n_batch + first)
            gates = kept + kept_row * (t * n_batch + first)
            outside = coming + 4 * (first * coming_row + t * coming_step)
            here = sums + row * n * (t - start)
            for u in range(size // LANES):
                at = u * _VECTOR
                bias = by_bias + at
                total_n = total_r = total_z = total_kept = splat(_ZERO)
                for i in range(n):
                    gate, place, unit = gates + i * kept_row + at, here + i * row + at, i * h_row + at
                    candidate, r, z = load(gate), load(gate + h_row), load(gate + 2 * h_row)
                    gradient = load(last + unit) + load(outside + 4 * i * coming_row + at)
                    passed = gradient * z
                    by_n = (gradient - passed) * (one - candidate * candidate)
                    by_kept = by_n * r
                    by_r = by_kept * load(gate + 3 * h_row) * (one - r)
                    by_z = passed * (load(before + unit) - candidate) * (one - z)
                    store(last + unit, passed)
                    store(place, by_n)
                    store(place + h_row, by_r)
                    store(place + 2 * h_row, by_z)
                    store(place + 3 * h_row, by_kept)
                    total_n, total_r = total_n + by_n, total_r + by_r
                    total_z, total_kept = total_z + by_z, total_kept + by_kept
                _add(bias, total_n)
                _add(bias + h_row, total_r)
                _add(bias + 2 * h_row, total_z)
                _add(bias + 3 * h_row, total_kept)
            for u in range(size // LANES):
                place, panel = last + u * _VECTOR, w_back + 3 * size * u * _VECTOR
                _times(n, place, h_row, place, h_row, here + h_row, row, 4, 3 * size, panel, _VECTOR)
            if wide:
                place = by_x + 4 * wide * (t * n_batch + first)
                _by_inputs(n, wide, here, row, 3 * size, nothing, w_in, place)
        begin = start * n_batch + first
        _by_weights(
            n * (stop - start), size, n_x, sums, row, 3 * size, size, 4 * size,
            states + h_row * begin, x + 4 * n_x * begin, by_input, by_recurrent,
        )  # fmt: skip


@njit(nogil=True, cache=True)
def lstm(first, n, n_batch, n_steps, n_x, size, x, states, cells, kept, kept_step, w_x, w_h, bias):
    """``i, f, o = sigmoid(W x + U h + b)``, ``g = tanh(..)``, ``c' = f c + i g``, ``h' = o tanh(c')``.

    Keeps ``[i | f | g | o]``, torch's order.
    """
    h_row, row = 4 * size, 16 * size
    units = size // LANES
    for t in range(n_steps):
        here = x + 4 * n_x * (t * n_batch + first)
        old = h_row * (t * n_batch + first)
        new = old + h_row * n_batch
        gates = kept + row * (t * kept_step + first)
        if n == 1:
            _row_driven(4 * units, gates, bias, here, n_x, w_x, states + old, size, w_h)
        for u in range(units):
            at = u * _VECTOR
            for gate in range(4 if n > 1 else 0):
                j, place = gate * units + u, gate * h_row + at
                w, v = w_x + j * n_x * _VECTOR, w_h + j * size * _VECTOR
                _driven(n, gates + place, row, bias + place, here, n_x, w, states + old, size, v)
            for i in range(n):
                place, unit = gates + i * row + at, i * h_row + at
                let, forget = _sigmoid(load(place)), _sigmoid(load(place + h_row))
                new_value, out = _tanh(load(place + 2 * h_row)), _sigmoid(load(place + 3 * h_row))
                cell = multiply_add(forget, load(cells + old + unit), let * new_value)
                store(place, let)
                store(place + h_row, forget)
                store(place + 2 * h_row, new_value)
                store(place + 3 * h_row, out)
                store(cells + new + unit, cell)
                store(states + new + unit, out * _tanh(cell))


@njit(nogil=True, cache=True)
def lstm_back(
    first, n, n_batch, n_steps, n_x, size, span, x, states, cells, kept, coming, coming_row, coming_step,
    w_back, later, later_cell, sums, nothing, by_input, by_recurrent, by_bias, w_in, wide, by_x,
):  # fmt: skip
    """Gradients of :func:`lstm`."""
    h_row, kept_row, row = 4 * size, 16 * size, 4 * (4 * size + GAP)
    last, last_cell, one = later + h_row * first, later_cell + h_row * first, splat(_ONE)
    for stop in range(n_steps, 0, -span):
        start = max(stop - span, 0)
        for t in range(stop - 1, start - 1, -1):
            old = cells + h_row * (t * n_batch + first)
            new = old + h_row * n_batch
            gates = kept + kept_row * (t * n_batch + first)
            outside = coming + 4 * (first * coming_row + t * coming_step)
            here = sums + row * n * (t - start)
            for u in range(size // LANES):
                at = u * _VECTOR
                bias = by_bias + at
                total_i = total_f = total_g = total_o = splat(_ZERO)
                for i in range(n):
                    gate, place, unit = gates + i * kept_row + at, here + i * row + at, i * h_row + at
                    let, forget = load(gate), load(gate + h_row)
                    new_value, out = load(gate + 2 * h_row), load(gate + 3 * h_row)
                    bent = _tanh(load(new + unit))
                    gradient = load(last + unit) + load(outside + 4 * i * coming_row + at)
                    by_out = gradient * bent * (out * (one - out))
                    by_cell = multiply_add(gradient * out, one - bent * bent, load(last_cell + unit))
                    by_let = by_cell * new_value * (let * (one - let))
                    by_forget = by_cell * load(old + unit) * (forget * (one - forget))
                    by_value = by_cell * let * (one - new_value * new_value)
                    store(last_cell + unit, by_cell * forget)
                    store(place, by_let)
                    store(place + h_row, by_forget)
                    store(place + 2 * h_row, by_value)
                    store(place + 3 * h_row, by_out)
                    total_i, total_f = total_i + by_let, total_f + by_forget
                    total_g, total_o = total_g + by_value, total_o + by_out
                _add(bias, total_i)
                _add(bias + h_row, total_f)
                _add(bias + 2 * h_row, total_g)
                _add(bias + 3 * h_row, total_o)
            for u in range(size // LANES):
                panel = w_back + 4 * size * u * _VECTOR
                _times(n, last + u * _VECTOR, h_row, nothing, 0, here, row, 4, 4 * size, panel, _VECTOR)
            if wide:
                place = by_x + 4 * wide * (t * n_batch + first)
                _by_inputs(n, wide, here, row, 4 * size, nothing, w_in, place)
        begin = start * n_batch + first
        _by_weights(
            n * (stop - start), size, n_x, sums, row, 4 * size, 0, 4 * size,
            states + h_row * begin, x + 4 * n_x * begin, by_input, by_recurrent,
        )  # fmt: skip
