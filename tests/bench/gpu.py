"""Training and prediction on a GPU against plain torch with cuDNN: ``python tests/bench/gpu.py``.

    python tests/bench/gpu.py --write docs/performance.md
    python tests/bench/gpu.py --waits            # where a training step waits for the device

The loops (``loops.py``) keep all data on the device and slice batches by index there; ragged sequences are
padded batch by batch and packed. Both sides take the same batches in turn, warmed up with one round each;
the ratio is that of the medians, and above 1 the package is faster.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import loops
import numpy as np
import torch
from page import table, write_section
from speed_rows import equal, estimator, ragged

LOOP, PACKED = "a loop with cuDNN, all data on the device", "a loop with `PackedSequence`"


def settings(cell, hidden, batch_size, epochs, **options):
    """An estimator and a loop's options that mean the same."""
    model = estimator(
        cell, hidden_size=hidden, batch_size=batch_size, max_epochs=epochs, device="cuda", **options
    )
    same = {"hidden": hidden, "batch_size": batch_size, "epochs": epochs, "device": "cuda", **options}
    return model, same


def training(cell, n, n_steps, hidden, batch_size, epochs=3):
    """On sequences of equal length."""
    X, y = equal(n, n_steps)
    model, same = settings(cell, hidden, batch_size, epochs)
    return lambda: model.fit(X, y), lambda: loops.train_equal(cell, X, y, **same)


def packed(cell, bidirectional=False, epochs=2):
    """On sequences of 10 to 400 steps."""
    X, y = ragged()
    model, same = settings(cell, 64, 64, epochs, bidirectional=bidirectional)
    return lambda: model.fit(X, y), lambda: loops.train_packed(cell, X, y, **same)


def prediction(n):
    """So many sequences, which begin as one array in the computer's own memory."""
    X, y = equal()
    model, same = settings("LSTM", 64, 64, 1)
    model.fit(X, y)
    network = loops.train_equal("LSTM", X, y, **same)
    many = np.tile(X, (max(1, n // len(X)), 1, 1))[:n]
    return lambda: model.predict_proba(many), lambda: loops.predict(network, many, device="cuda")


# Cell, sequences, steps, units, batch.
SIZES = [
    ("LSTM", 2_000, 100, 64, 64),
    ("GRU", 2_000, 100, 64, 64),
    ("RNN", 2_000, 100, 64, 64),
    ("LSTM", 2_000, 50, 16, 64),
    ("LSTM", 20_000, 96, 64, 256),
    ("LSTM", 20_000, 96, 256, 1_024),
    ("GRU", 8_000, 200, 512, 256),
]
ROWS: list[tuple[str, str, Any, tuple]] = [
    (f"{cell}, {n:,} × {n_steps} × 6, hidden {hidden}, batch {batch}", LOOP, training, sizes)
    for sizes in SIZES
    for cell, n, n_steps, hidden, batch in [sizes]
]
ROWS += [
    ("LSTM, 2,000 of 10 to 400 steps, hidden 64", PACKED, packed, ("LSTM",)),
    ("LSTM, bidirectional, 2,000 of 10 to 400 steps", PACKED, packed, ("LSTM", True)),
    ("predict 20,000 × 100 × 6", "torch in inference mode, batches of 256", prediction, (20_000,)),
    ("predict one of 100 × 6", "the same", prediction, (1,)),
]


def seconds(side) -> float:
    """Of one call, the device's work included."""
    torch.cuda.synchronize()
    begin = time.perf_counter()
    side()
    torch.cuda.synchronize()
    return time.perf_counter() - begin


def measure(sides, rounds: int) -> tuple[float, float]:
    """Median seconds of both sides."""
    for side in sides:
        side()
    times = [[seconds(side) for side in sides] for _ in range(rounds)]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return ours, theirs


def waits() -> None:
    """Print which lines of a training wait for the device, and how often."""
    X, y = equal(2_000, 50)
    long, labels = ragged()
    for name, data, options in (
        ("equal lengths", (X, y), {}),
        ("ragged, bidirectional, in patches", (long, labels), {"bidirectional": True, "patch_size": 2}),
    ):
        model = estimator("LSTM", device="cuda", **options).fit(*data)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            model.fit(*data)
            torch.cuda.set_sync_debug_mode("default")
        places = Counter(
            f"{Path(w.filename).name}:{w.lineno}" for w in caught if "synchron" in str(w.message)
        )
        print(f"{name}, {len(model.history_)} pass of {-(-len(data[1]) // 64)} batches:")
        for place, count in places.most_common():
            print(f"  {count:5d} {place}")


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    parser.add_argument("--waits", action="store_true", help="where a training step waits, and no times")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("torch finds no CUDA device here.")
    if arguments.waits:
        waits()
        return
    rows = []
    for work, against, make, sizes in ROWS:
        ours, theirs = measure(make(*sizes), arguments.rounds)
        rows.append([work, against, f"{theirs / ours:.2f}", f"{ours:.3g}"])
        print(*rows[-1], sep=" | ", flush=True)
    card, version = torch.cuda.get_device_name(), torch.backends.cudnn.version()
    where = f"{card}, torch {torch.__version__}, cuDNN {version}. Medians of {arguments.rounds} rounds."
    lines = [where, "", *table(["work", "against", "ratio", "s"], rows)]
    print("\n".join(["", *lines]))
    if arguments.write:
        write_section(arguments.write, "gpu", lines)


if __name__ == "__main__":
    main()
