"""An epoch over a file of 4 GB, mapped into memory, beside one over a tenth of it in memory.

    python tests/bench/mapped.py FOLDER --write docs/performance.md

writes FOLDER/mapped.npy (131,072 sequences of 500 steps and 16 features, float32) unless it is there, and
then fits twice, each time in a fresh process on one thread: a tenth of the sequences read into memory, and
all of them in the file. The ratio is that of the seconds a sequence. The memory is the largest RssAnon of
/proc/self/status seen during `fit` (a look every 5 ms): pages of no file, which are what the process needs.
Pages of the file that the system keeps for it (RssFile) are left out, for it takes them back whenever they
are wanted elsewhere. "cold" tells the system to forget the file's pages beforehand (posix_fadvise).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
from page import conditions, table, write_section

SHARE = 10
SHAPE = (131_072, 500, 16)
KINDS = {
    "memory": f"a tenth, {SHAPE[0] // SHARE:,} sequences, in memory",
    "warm": "all in the file, its pages in the system's cache",
    "cold": "all in the file, not read before",
}


def write_file(path: Path, shape: tuple[int, int, int]) -> None:
    """Sequences of noise whose label is the sign of the first feature's mean."""
    values = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    rng = np.random.default_rng(0)
    for first in range(0, len(values), 1024):
        block = values[first : first + 1024]
        block[:] = rng.standard_normal(block.shape, dtype=np.float32)
        block[..., 0] += (np.arange(first, first + len(block)) % 2 * 0.2)[:, None]
    values.flush()


def memory(kind: str) -> int:
    """A kind of memory of this process, in MiB."""
    return int(re.search(rf"{kind}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024  # type: ignore[index]


def measure(path: Path, kind: str) -> dict[str, float]:
    """Seconds and MiB of one fit."""
    import torch

    from sksequence import LSTMClassifier

    torch.set_num_threads(1)
    if kind == "cold":
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    X = np.load(path, mmap_mode="r")
    y = np.arange(len(X)) % 2
    if kind == "memory":
        n = len(X) // SHARE
        X, y = np.array(X[:n]), y[:n]
    model = LSTMClassifier(hidden_size=32, batch_size=256, max_epochs=1, random_state=0)
    model.fit(np.array(X[:512]), y[:512])  # what a first fit brings with it
    peak, done = memory("RssAnon"), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, memory("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - begin
    done.set()
    watcher.join()
    return {
        "n": len(X),
        "fit": seconds,
        "epoch": float(model.history_["seconds"].iloc[0]),
        "peak": peak,
        "file": memory("RssFile"),
        "accuracy": float(model.score(np.array(X[:4096]), y[:4096])),
    }


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the file is, or is written")
    parser.add_argument("--sequences", type=int, default=SHAPE[0], help="fewer make a smaller file")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--results", type=Path, help="file of JSON that keeps what was measured")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    parser.add_argument("--child", choices=KINDS, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write where asked."""
    arguments = parse()
    path = arguments.folder / "mapped.npy"
    if arguments.child:
        print(json.dumps(measure(path, arguments.child)))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_file(path, (arguments.sequences, *SHAPE[1:]))
    known = arguments.results
    results = json.loads(known.read_text()) if known and known.exists() else {}
    for kind in arguments.kinds:
        command = [sys.executable, __file__, str(arguments.folder), "--child", kind]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        results[kind] = json.loads(done.stdout.splitlines()[-1])
        print(kind, results[kind], flush=True)
        if known:
            known.write_text(json.dumps(results, indent=1))
    if "memory" not in results:
        return
    base, rows = results["memory"], []
    for kind, words in KINDS.items():
        if kind not in results:
            continue
        of = results[kind]
        ratios = [(base[what] / base["n"]) / (of[what] / of["n"]) for what in ("epoch", "fit")]
        shown = [f"{of[what]:.1f} s ({r:.2f})" for what, r in zip(("epoch", "fit"), ratios, strict=True)]
        rows.append([words, *shown, f"{of['peak']:,} MiB"])
    size = path.stat().st_size / 1e9
    lines = [f"{conditions('torch', 'numpy')} One thread, a file of {size:.1f} GB.", ""]
    lines += table(["data", "an epoch", "`fit` as a whole", "memory"], rows)
    print("\n".join(["", *lines]))
    if arguments.write:
        write_section(arguments.write, "mapped", lines)


if __name__ == "__main__":
    main()
