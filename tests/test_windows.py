"""Windows are positions: the right ones, and little memory, however many there are."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from sksequence.engine import Examples
from sksequence.engine.batches import Batches
from sksequence.forecasting.windows import windows_between
from sksequence.sequences import SequenceArray


def channels(lengths) -> SequenceArray:
    lengths = np.array(lengths)
    return SequenceArray(np.arange(lengths.sum(), dtype=np.float32), np.cumsum(lengths) - lengths, lengths)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("window", [4, 9])
def test_windows_end_at_their_origins(window, stride):
    series = channels([12, 5, 20])
    first, stop = np.array([2, 4, 8]), np.array([10, 4, 18])
    windows = windows_between(series, first, stop, window=window, horizon=2, stride=stride)
    expected = [(c, o) for c in range(3) for o in range(first[c], stop[c], stride)]
    assert list(zip(windows.channel.tolist(), windows.origin.tolist(), strict=True)) == expected
    for k, (c, o) in enumerate(expected):
        whole = series[c]
        np.testing.assert_array_equal(windows.inputs[k], whole[max(0, o + 1 - window) : o + 1])
        np.testing.assert_array_equal(windows.targets[k], whole[o + 1 : o + 3])
    chosen = windows.take(np.array([3, 0]))
    np.testing.assert_array_equal(chosen.inputs[1], windows.inputs[0])


def test_drawn_windows_are_some_of_all_each_once():
    series = channels([30, 40])
    known = {"window": 5, "horizon": 3}
    everything = windows_between(series, np.array([4, 4]), np.array([27, 37]), **known)
    drawn = windows_between(series, np.array([4, 4]), np.array([27, 37]), most=20, seed=1, **known)
    of_all = set(zip(everything.channel.tolist(), everything.origin.tolist(), strict=True))
    of_drawn = set(zip(drawn.channel.tolist(), drawn.origin.tolist(), strict=True))
    assert len(drawn) == len(of_drawn) == 20
    assert of_drawn < of_all
    np.testing.assert_array_equal(
        drawn.inputs.starts + drawn.inputs.lengths - 1, series.starts[drawn.channel] + drawn.origin
    )


def test_windows_of_equal_lengths_take_three_numbers_each():
    n = 200_000
    series = channels([n + 20])
    tracemalloc.start()
    windows = windows_between(series, np.array([9]), np.array([n + 9]), window=10, horizon=5)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(windows) == n
    assert held < 8 * n * 3.2
    assert peak < 8 * n * 5.2


def test_batches_take_lengths_that_are_one_number_in_memory():
    series = channels([40])
    windows = windows_between(series, np.array([9]), np.array([30]), window=10, horizon=2)
    assert windows.inputs.lengths.strides == (0,)
    backwards = windows.inputs[::-1]
    for inputs in (windows.inputs, backwards, SequenceArray(series.values, [3, 0], np.array([5, 4])[::-1])):
        batches = Batches(Examples(inputs), batch_size=4)
        rows = [batch for batch, _ in batches]
        assert sum(len(batch["values"]) for batch in rows) == len(inputs)
        first = rows[0]
        for k in range(len(first["lengths"])):
            length = int(first["lengths"][k])
            np.testing.assert_array_equal(first["values"][k, :length].numpy(), inputs[k])


def test_windows_and_what_follows_share_their_starts():
    series = SequenceArray(np.arange(60.0), np.array([0, 30]), np.array([30, 30]))
    windows = windows_between(series, np.array([4, 4]), np.array([28, 28]), window=5, horizon=2)
    assert np.shares_memory(windows.inputs.starts, windows.targets.starts)
    assert np.shares_memory(windows.targets.values, series.values)
    for before, after in zip(windows.inputs, windows.targets, strict=True):
        np.testing.assert_array_equal(after[:, 0], before[-1, 0] + [1, 2])
