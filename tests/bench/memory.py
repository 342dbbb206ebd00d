"""Peak memory of windowing, and of fitting a large panel: ``python tests/bench/memory.py``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import threading
import time
import tracemalloc

import numpy as np


def window_transformer() -> None:
    """1,000,000 steps, windows of 168: milliseconds, and bytes beyond the series."""
    from sksequence import WindowTransformer

    series = np.random.default_rng(0).normal(size=(1_000_000, 1)).astype(np.float32)
    transformer = WindowTransformer(168).fit(series)
    begin = time.perf_counter()
    windows = transformer.transform(series)
    milliseconds = 1e3 * (time.perf_counter() - begin)
    tracemalloc.start()
    transformer.transform(series)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    shared = np.shares_memory(windows.values, series)
    print(
        f"{len(windows):,} windows of {windows.n_timesteps}: "
        f"{milliseconds:.1f} ms, peak {peak:.1f} MiB beyond"
    )
    print(f"the series, whose memory {'is' if shared else 'is not'} shared")


def resident() -> float:
    """Memory that this process holds now, in MiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def stage(thread: int) -> str:
    """Functions of the package that a thread is in, the outermost first."""
    names, frame = [], sys._current_frames()[thread]
    while frame is not None:
        if f"{os.sep}sksequence{os.sep}" in frame.f_code.co_filename:
            names.append(frame.f_code.co_name)
        frame = frame.f_back
    return " > ".join(names[::-1])


def panel(n_series: int, n_timesteps: int) -> None:
    """Fit a panel in a process of its own: seconds to the first batch, and memory beyond the data."""
    from skorch.callbacks import Callback

    from sksequence import LSTMForecaster

    rng = np.random.default_rng(0)
    time_of_day = np.sin(np.arange(n_timesteps) * 2 * np.pi / 24)
    data = rng.uniform(1, 100, size=(n_series, 1, 1)) * (
        3 + time_of_day[:, None] + 0.3 * rng.normal(size=(n_series, n_timesteps, 1))
    )
    # What torch and the first fit of a process bring with them is not the panel's.
    LSTMForecaster(horizon=24, max_epochs=1).fit(data[:20])
    seen = {}

    class Begin(Callback):
        def on_epoch_begin(self, net, **kwargs):
            seen.setdefault("begin", time.perf_counter())

    held, peak, done = resident(), (0.0, ""), threading.Event()
    fitting = threading.get_ident()

    def watch():
        nonlocal peak
        while not done.wait(0.005):
            if (now := resident()) > peak[0]:
                peak = now, stage(fitting)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    LSTMForecaster(horizon=24, callbacks=[Begin()], random_state=0).fit(data)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    size = data.nbytes / 2**20
    print(
        f"{n_series:,} series x {n_timesteps} steps, {size:.0f} MiB: first batch after "
        f"{seen['begin'] - start:.2f} s, fitted in {seconds:.0f} s, peak {peak[0] - held:.0f} MiB beyond "
        f"the data ({(peak[0] - held) / size:.2f} times the data) in {peak[1]}"
    )


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=500)
    arguments = parser.parse_args()
    window_transformer()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=panel, args=(arguments.series, arguments.steps))
    process.start()
    process.join()


if __name__ == "__main__":
    main()
