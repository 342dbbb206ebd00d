"""Recurrent layers alone against torch's, forward and backward, one thread: ``python tests/bench/layers.py``.

Prints a table of ratios (above 1: ours is faster), of the least of several times on either side, and one of
what share of the processor's multiplications either side reaches: those of the layer's products by its time,
beside those of a large matrix product.
"""

from __future__ import annotations

import time

import torch
from torch import nn

from sksequence.modules import kernels
from sksequence.modules.kernels import ElmanLayer, GRULayer, LSTMLayer

CELLS = {"RNN": (ElmanLayer, nn.RNN), "LSTM": (LSTMLayer, nn.LSTM), "GRU": (GRULayer, nn.GRU)}
N_MAPS = {"RNN": 1, "LSTM": 4, "GRU": 3}
# Batch, steps, units.
SHAPES = [(64, 50, 16), (64, 100, 64), (256, 96, 64), (8, 100, 64), (64, 50, 128), (64, 25, 256)]
ALONE = [(1, 100, 16), (1, 100, 64), (1, 100, 256)]
FEATURES = 6
ROUNDS = 5


def least(function):
    """Seconds of the fastest of some calls, after one that does not count."""
    times = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times[1:])


def times(cell, shape, *, learn):
    """Seconds of our layer and of torch's; forward and backward, or inference."""
    n_batch, n_steps, size = shape
    x, weight = torch.randn(n_batch, n_steps, FEATURES), torch.randn(n_batch, n_steps, size)

    def run(layer):
        if learn:
            layer(x)[0].backward(weight)
        else:
            with torch.inference_mode():
                layer(x)

    ours, theirs = (kind(FEATURES, size, batch_first=True) for kind in CELLS[cell])
    return least(lambda: run(ours)), least(lambda: run(theirs))


def ratio(cell, shape, *, learn):
    """Time of torch's layer by that of ours."""
    ours, theirs = times(cell, shape, learn=learn)
    return theirs / ours


def most():
    """Multiplications of a large matrix product a second, on one thread."""
    n = 2048
    left, right = torch.randn(n, n), torch.randn(n, n)
    return n**3 / least(lambda: left @ right)


def shares(cell, shape, peak):
    """Share of `peak` that our layer and torch's reach, forward and backward."""
    n_batch, n_steps, size = shape
    # Products of the way ahead, and as many by states and weights each on the way back; inputs need none.
    rows = n_batch * n_steps * N_MAPS[cell] * size
    done = rows * (3 * size + 2 * FEATURES)
    return [done / seconds / peak for seconds in times(cell, shape, learn=True)]


def main():
    """Print a row for every shape."""
    torch.set_num_threads(1)
    compiled = kernels._fused() is not None
    cells = list(CELLS) if compiled else ["RNN", "GRU"]  # else our LSTM is torch's
    print("With numba." if compiled else "Without numba.", end="\n\n")
    print(f"| batch × steps, units | {' | '.join(cells)} |\n|---|{'---|' * len(cells)}")
    for shapes, learn in ((SHAPES, True), (ALONE, False)):
        for shape in shapes:
            ratios = " | ".join(f"{ratio(cell, shape, learn=learn):.1f}" for cell in cells)
            print(f"| {shape[0]} × {shape[1]}, {shape[2]}{'' if learn else ', inference'} | {ratios} |")
    peak = most()
    print(f"\nShare of {peak / 1e9:.0f} thousand million multiplications a second, ours and torch's:\n")
    print(f"| batch × steps, units | {' | '.join(cells)} |\n|---|{'---|' * len(cells)}")
    for shape in SHAPES:
        reached = (" and ".join(f"{share:.0%}" for share in shares(cell, shape, peak)) for cell in cells)
        print(f"| {shape[0]} × {shape[1]}, {shape[2]} | {' | '.join(reached)} |")


if __name__ == "__main__":
    main()
