"""Speed as ratios to hand-written loops in the same run: ``python -m pytest tests/bench``.

Each benchmark times the package with pytest-benchmark and the hand-written loop beside it, in turn, and
puts the ratio of the medians (above 1: the package is faster) into ``extra_info`` and on the screen.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import sksequence
from sksequence.modules import kernels

sys.path.insert(0, str(Path(__file__).parent))
from speed_rows import ROWS

ROUNDS = 5


@pytest.fixture(autouse=True)
def one_thread():
    """Both sides on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def compare(benchmark, capsys, ours, theirs, *, rounds=ROUNDS):
    """Time both in turn; say the ratio of medians."""
    ours_times, their_times = [], []

    def timed(function, times):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)

    def both():
        timed(theirs, their_times)

    benchmark.pedantic(lambda: timed(ours, ours_times), setup=both, rounds=rounds, warmup_rounds=0)
    ratio = statistics.median(their_times) / statistics.median(ours_times)
    benchmark.extra_info["ratio"] = ratio
    with capsys.disabled():
        print(f"\n{benchmark.name}: {ratio:.2f} times as fast ({statistics.median(ours_times):.2f} s)")
    return ratio


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.work}, against {row.against}")
def test_against(benchmark, capsys, monkeypatch, row):
    """A row of the table in docs/performance.md."""
    compiled = importlib.util.find_spec("numba") is not None
    if row.fast and not compiled:
        pytest.skip("the extra 'fast' is not installed")
    if row.part == "search" and (row.environment or compiled != row.fast):
        pytest.skip("its workers need an environment of their own: tests/bench/speed.py makes it")
    if not row.fast:
        monkeypatch.setattr(kernels, "_fused", lambda: None)
    ours, theirs = row.make()
    ours()  # compiles, or starts the workers
    compare(benchmark, capsys, ours, theirs, rounds=3 if row.part in ("ragged", "search") else ROUNDS)


def test_windows_of_a_million_steps(benchmark):
    """Windows are positions only: 1,000,000 of width 168 in milliseconds."""
    series = np.zeros((1_000_000, 1), dtype=np.float32)
    benchmark(lambda: sksequence.WindowTransformer(168).fit(series).transform(series))


def test_import(benchmark, capsys):
    """Seconds that the import costs beyond torch and skorch."""
    import subprocess

    def seconds(modules):
        code = f"import {modules}"
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    before, after = [], []
    benchmark.pedantic(
        lambda: after.append(seconds("torch, skorch, sksequence")),
        setup=lambda: before.append(seconds("torch, skorch")),
        rounds=ROUNDS,
    )
    extra = statistics.median(after) - statistics.median(before)
    with capsys.disabled():
        print(f"\n{benchmark.name}: {extra:.2f} s beyond torch and skorch")
