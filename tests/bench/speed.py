"""Speed as ratios to hand-written loops and to skorch, row by row: ``python tests/bench/speed.py``.

    python tests/bench/speed.py --write docs/performance.md
    python tests/bench/speed.py --parts training ragged --results speed.json --seconds 120

Each row runs in a fresh process, which warms both sides up with one round each and then times them in
turn; the ratio is that of the medians, and above 1 the package is faster. With ``--results`` what was
measured is kept in a file, and rows that it holds are not measured again: a measurement may be cut into
pieces (``--seconds``), each at a time at which the machine does nothing else.

What is like in "training" and "ragged": the same network (one recurrent layer; last, mean and greatest
state; batch normalisation, dropout, a linear layer), float32, standardised inputs, batches of the same
sizes in random order, as many epochs, AdamW, clipping. The loops are in ``loops.py``. "skorch as it
comes" is that network in NeuralNetClassifier with the same optimiser and sizes: its DataLoader and its
callbacks, but nothing printed and nothing held back, so that both train on all of the data. Predictions
begin with arrays; the package checks and standardises them, torch alone does not.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from page import conditions, table, write_section
from speed_rows import ROWS, Row

HERE = Path(__file__).resolve()
# Threads of every library are left to torch's own number, which a row sets.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PARTS = tuple(dict.fromkeys(row.part for row in ROWS))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, help="file of JSON that keeps what was measured")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no row after so many")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    parser.add_argument("--child", nargs=2, metavar=("ROW", "THREADS"), help=argparse.SUPPRESS)
    return parser.parse_args()


# ---------------------------------------------------------------------- one row, in a process of its own
def measure(row: Row, threads: int, rounds: int) -> dict[str, float]:
    """Median seconds of both sides."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    sides = row.make()
    for side in sides:
        side()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, seconds in zip(sides, times, strict=True):
            begin = time.perf_counter()
            side()
            seconds.append(time.perf_counter() - begin)
    return dict(zip(("ours", "theirs"), map(statistics.median, times), strict=True))


def start(row: Row, threads: int, rounds: int) -> dict[str, float]:
    """The same in a fresh process."""
    environment = {name: value for name, value in os.environ.items() if name not in THREADS} | row.environment
    command = [sys.executable, str(HERE), "--child", row.key, str(threads), "--rounds", str(rounds)]
    with tempfile.TemporaryDirectory() as folder:
        if not row.fast:  # hidden from the workers of a search too
            Path(folder, "numba.py").write_text("raise ImportError('hidden')")
            paths = (folder, environment.get("PYTHONPATH", ""))
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{row.key} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------------- all rows
def load(path: Path | None) -> dict[str, dict[str, dict[str, float]]]:
    """What was measured before, by row and number of threads."""
    return json.loads(path.read_text()) if path and path.exists() else {}


def collect(arguments: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Measure what is not known yet."""
    results, begin = load(arguments.results), time.monotonic()
    compiled = importlib.util.find_spec("numba") is not None
    # One thread and what has a goal first, so that a measurement that is cut short has these.
    pairs = [(threads, row) for row in ROWS for threads in row.threads]
    for threads, row in sorted(pairs, key=lambda pair: (pair[0] == 2, pair[1].asked is None)):
        known = results.setdefault(row.key, {})
        if row.part not in arguments.parts or (row.fast and not compiled) or str(threads) in known:
            continue
        if time.monotonic() - begin > arguments.seconds:
            break
        figures = known[str(threads)] = start(row, threads, arguments.rounds)
        ratio, named = figures["theirs"] / figures["ours"], threads or "any"
        print(f"{ratio:6.2f}  {row.key}, threads: {named} ({figures['ours']:.3f} s)", flush=True)
        if arguments.results:
            arguments.results.write_text(json.dumps(results, indent=1))
    return results


def entry(figures: dict[str, float] | None, asked: float | None) -> str:
    """A ratio, in bold where it falls short of what was asked."""
    if figures is None:
        return ""
    ratio = figures["theirs"] / figures["ours"]
    # To two digits, as it is shown.
    shown = f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"
    return f"**{shown}**" if asked is not None and float(shown) < asked else shown


def lines_of(results: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """The table of all rows measured."""
    rows = []
    for row in ROWS:
        figures = results.get(row.key)
        if not figures:
            continue
        asked = "" if row.asked is None else f"{row.asked:g}"
        ratios = [entry(figures.get(str(n), figures.get("0")), row.asked) for n in (1, 2)]
        if "0" in figures:
            ratios[1] = ""
        rows.append([row.work, row.against, asked, *ratios])
    return table(["work", "against", "asked", "1 thread", "2 threads"], rows)


def main() -> None:
    """Measure, print, and write where asked."""
    arguments = parse()
    if arguments.child:
        key, threads = arguments.child
        row = next(row for row in ROWS if row.key == key)
        print(json.dumps(measure(row, int(threads), arguments.rounds)))
        return
    results = collect(arguments)
    where = conditions("torch", "skorch", "scikit-learn", "numpy")
    lines = [f"{where} Medians of {arguments.rounds} rounds.", "", *lines_of(results)]
    print("\n".join(["", *lines]))
    if arguments.write:
        write_section(arguments.write, "speed", lines)


if __name__ == "__main__":
    main()
