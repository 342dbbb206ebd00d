"""Speed as ratios to hand-written loops in the same run: ``python -m pytest tests/bench``.

Each benchmark times the package with pytest-benchmark and the hand-written loop beside it, in turn, and
puts the ratio of the medians (above 1: the package is faster) into ``extra_info`` and on the screen.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV

sys.path.insert(0, str(Path(__file__).parent))
import loops

import sksequence

ROUNDS = 5


@pytest.fixture(autouse=True)
def one_thread():
    """Both sides on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def equal():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2000, 100, 6)).astype(np.float32), rng.integers(0, 3, size=2000)


@pytest.fixture(scope="module")
def ragged():
    rng = np.random.default_rng(0)
    lengths = np.exp(rng.uniform(np.log(10), np.log(400), size=2000)).astype(int)
    X = [rng.normal(size=(n, 6)).astype(np.float32) for n in lengths]
    return X, rng.integers(0, 3, size=2000)


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


def estimator(cell, **options):
    settings = {"hidden_size": 64, "batch_size": 64, "max_epochs": 2, "patch_size": 1, "random_state": 0}
    return getattr(sksequence, f"{cell}Classifier")(**(settings | options))


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "RNN"])
def test_equal_length(benchmark, capsys, equal, cell):
    X, y = equal
    compare(
        benchmark,
        capsys,
        lambda: estimator(cell).fit(X, y),
        lambda: loops.train_equal(cell, X, y, hidden=64, batch_size=64, epochs=2),
    )


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_ragged_against_packing(benchmark, capsys, ragged, cell, bidirectional):
    X, y = ragged
    options = {"hidden": 64, "batch_size": 64, "epochs": 1, "bidirectional": bidirectional}
    compare(
        benchmark,
        capsys,
        lambda: estimator(cell, max_epochs=1, bidirectional=bidirectional).fit(X, y),
        lambda: loops.train_packed(cell, X, y, **options),
        rounds=3,
    )


def test_tiny(benchmark, capsys, equal):
    X, y = equal
    X = np.ascontiguousarray(X[:, :50])
    compare(
        benchmark,
        capsys,
        lambda: estimator("LSTM", hidden_size=16, max_epochs=3).fit(X, y),
        lambda: loops.train_equal("LSTM", X, y, hidden=16, batch_size=64, epochs=3),
    )


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_large_batches(benchmark, capsys, equal, cell):
    """A forecaster's usual batch, whose buffers the C library gives back after every step."""
    X, y = equal
    X = np.ascontiguousarray(X[:, :96])
    compare(
        benchmark,
        capsys,
        lambda: estimator(cell, batch_size=256).fit(X, y),
        lambda: loops.train_equal(cell, X, y, hidden=64, batch_size=256, epochs=2),
    )


def test_tiny_against_skorch(benchmark, capsys, equal):
    X, y = equal
    X = np.ascontiguousarray(X[:, :50])
    sizes = {"n_features": 6, "hidden": 16, "n_outputs": 3, "batch_size": 64, "epochs": 3}
    compare(
        benchmark,
        capsys,
        lambda: estimator("LSTM", hidden_size=16, max_epochs=3).fit(X, y),
        lambda: loops.skorch_classifier("LSTM", **sizes).fit(X, y),
    )


def test_predict_many(benchmark, capsys, equal):
    X, y = equal
    many = np.tile(X, (10, 1, 1))
    model = estimator("LSTM", max_epochs=1).fit(X, y)
    network = loops.train_equal("LSTM", X, y, hidden=64, batch_size=64, epochs=1)
    compare(
        benchmark, capsys, lambda: model.predict_proba(many), lambda: loops.predict(network, many), rounds=3
    )


def test_predict_one_against_skorch(benchmark, capsys, equal):
    """Fifty calls for one sequence each."""
    X, y = equal
    model = estimator("LSTM", max_epochs=1).fit(X, y)
    sizes = {"n_features": 6, "hidden": 64, "n_outputs": 3, "batch_size": 64, "epochs": 1}
    theirs = loops.skorch_classifier("LSTM", **sizes).fit(X, y)
    single = [X[i : i + 1] for i in range(50)]
    compare(
        benchmark,
        capsys,
        lambda: [model.predict(x) for x in single],
        lambda: [theirs.predict(x) for x in single],
    )


@pytest.fixture
def small():
    rng = np.random.default_rng(0)
    return rng.normal(size=(600, 50, 3)).astype(np.float32), rng.integers(0, 3, size=600)


def search(model, width, n_jobs, data):
    """18 fits of ten epochs."""
    grid = {width: [8, 16, 32], "lr": [0.003, 0.01]}
    return GridSearchCV(model, grid, cv=3, n_jobs=n_jobs, refit=False).fit(*data)


def our_search(n_jobs, data):
    return search(estimator("LSTM", batch_size=32, max_epochs=10), "hidden_size", n_jobs, data)


def test_search_against_skorch(benchmark, capsys, small):
    """Two fits at a time; skorch's workers share the threads of torch as they come."""
    sizes = {"n_features": 3, "hidden": 8, "n_outputs": 3, "batch_size": 32, "epochs": 10}
    theirs = loops.skorch_classifier("LSTM", **sizes)
    our_search(2, small)  # starts the workers
    compare(
        benchmark,
        capsys,
        lambda: our_search(2, small),
        lambda: search(theirs, "module__hidden", 2, small),
        rounds=3,
    )


def test_search_with_two_jobs_against_one(benchmark, capsys, small):
    our_search(2, small)
    compare(benchmark, capsys, lambda: our_search(2, small), lambda: our_search(1, small), rounds=3)


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
