"""Peak memory of windowing: ``python tests/bench/memory.py``."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np

from sksequence import WindowTransformer


def main() -> None:
    """1,000,000 steps, windows of 168: milliseconds, and bytes beyond the series."""
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


if __name__ == "__main__":
    main()
