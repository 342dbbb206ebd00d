"""Speed and memory of sksequence beside neuralforecast and darts, as ratios of medians.

Each package runs in an environment of its own, made once:

    python -m venv nf && nf/bin/pip install neuralforecast
    python -m venv darts && darts/bin/pip install "u8darts[torch]"

Give all of them the same release of torch, installed first; what stands is printed with the table.

    python tests/bench/peers.py --python neuralforecast=nf/bin/python --python darts=darts/bin/python

What is like: the same rows of M4 Hourly (a synthetic likeness without the archive) in the same long table
of hourly time stamps; float32 on one thread; the same window and horizon; 256 windows a gradient step and
as many steps; one recurrent layer of 64 units; each window scaled by itself and put back; mean absolute
error; Adam at 0.001 without schedule, decay or clipping. "plain" is sksequence step by step under these
rules. "defaults" is sksequence as it comes (segments, seasons, 128 units, schedule, clipping), with the
same window, batches and steps. Both train once, as the others do: validation_fraction=None.

What is not: neuralforecast and darts map each of the encoder's last `horizon` states to one value with a
shared linear layer; sksequence makes one more recurrent step from the last state for every step of the
horizon, and its recurrent layer reads 32 features of each value where theirs reads the value. So "plain"
has over three times the weights and computes more: see the row of weights. neuralforecast draws the
windows of each step from 32 series, its default, and counts the windows whose targets are known in part;
darts and sksequence pass over all whole windows of all series. Windows are centred on their mean, and by
sksequence on their last value.

Every process is fresh. It takes the import; a training of FEW passes, the same again, and one of MANY,
each from the long table, so that the last two tell a step from what is constant; 2,000 windows continued;
2,000 origins backtested with the fitted model, in the way that each package documents for it (`backtest`;
`cross_validation` with use_fitted=True; `historical_forecasts` with retrain=False). These two are medians of
three calls. The way from the long table to what a package takes is part of them; "read before" leaves it
out, which matters to darts alone, whose series are objects of its own. Peak memory is that of the resident
set (ru_maxrss), torch included.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from archive import data_folder, loaders
from peers_data import BATCH_SIZE, Task, make_data, save, synthetic_series

CHILD = Path(__file__).resolve().with_name("peers_child.py")
PACKAGES = ("sksequence", "neuralforecast", "darts")
SUBJECTS = (
    ("sksequence", "plain"),
    ("sksequence", "defaults"),
    ("neuralforecast", "plain"),
    ("darts", "plain"),
)
# Rows of the table: what is shown, from which figures, times what, in which unit.
ROWS = (
    ("start-up (import)", "import", 1, "s"),
    ("start-up and first training, {few} steps", "first", 1, "s"),
    ("training, {many} steps", "fit", 1, "s"),
    ("one more gradient step", "step", 1e3, "ms"),
    ("constant cost of a training", "constant", 1, "s"),
    ("2,000 windows continued", "predict", 1, "s"),
    ("the same, read before", "bare_predict", 1, "s"),
    ("2,000 origins backtested", "backtest", 1, "s"),
    ("the same, read before", "bare_backtest", 1, "s"),
    ("peak memory", "memory", 1, "MiB"),
    ("peak memory beyond the import", "memory_beyond", 1, "MiB"),
)


def interpreter(text: str) -> tuple[str, str]:
    """``PACKAGE=PATH`` of the command line, the path made absolute."""
    package, _, path = text.partition("=")
    if package not in PACKAGES or not Path(path).is_file():
        raise argparse.ArgumentTypeError(
            f"{text!r} came, but PACKAGE=PATH is needed: one of {', '.join(PACKAGES)}, and an interpreter."
        )
    # Links are kept: an interpreter knows its environment by the path it was called by.
    return package, os.path.abspath(path)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--python",
        type=interpreter,
        action="append",
        default=[],
        metavar="PACKAGE=PATH",
        help="interpreter of a package; sksequence's is this one; packages without one are left out",
    )
    parser.add_argument("--cells", nargs="+", default=["LSTM", "GRU"], choices=["LSTM", "GRU"])
    parser.add_argument("--window", type=int, default=96)
    parser.add_argument(
        "--series", type=int, default=160, help="series of the panel; a fourth as many steps a pass"
    )
    parser.add_argument("--passes", type=int, nargs=2, default=(1, 2), metavar=("FEW", "MANY"))
    parser.add_argument("--repeats", type=int, default=3, help="fresh processes of each package, in turn")
    parser.add_argument("--data", choices=["m4", "synthetic"], default="m4" if data_folder() else "synthetic")
    parser.add_argument("--json", type=Path, help="file to append one line of JSON a process to")
    return parser.parse_args()


def hourly_series(data: str) -> np.ndarray:
    """Series of 700 hours, (n_series, 700)."""
    if data == "synthetic":
        return synthetic_series()
    _, train, _, _ = loaders().load_m4("hourly")
    return np.stack([series[-700:] for series in train])


def run(arguments: argparse.Namespace, python: str, subject: tuple[str, str], cell: str, data: Path) -> dict:
    """Figures of one fresh process."""
    command = [python, str(CHILD), *subject, f"--data={data}", f"--cell={cell}"]
    command += [f"--series={arguments.series}", f"--window={arguments.window}"]
    command += ["--passes", *map(str, arguments.passes)]
    quiet = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    quiet |= {"PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": ""}
    # Lightning writes into the folder that it runs in.
    done = subprocess.run(
        command, env=os.environ | quiet, cwd=data.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(subject)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    figures = json.loads(done.stdout.splitlines()[-1])
    for name in ("predict", "backtest"):
        figures[f"bare_{name}"] = figures[name] - figures[f"read_{name}"]
    figures["first"] = figures["import"] + figures["first_fit"]
    figures["memory_beyond"] = figures["memory"] - figures["memory_import"]
    return figures


def collect(arguments: argparse.Namespace, pythons: dict[str, str], cell: str, data: Path) -> dict:
    """Figures of every subject, one list entry a process, taken in turn."""
    results: dict = {subject: [] for subject in SUBJECTS if subject[0] in pythons}
    for _ in range(arguments.repeats):
        for subject, runs in results.items():
            runs.append(run(arguments, pythons[subject[0]], subject, cell, data))
            if arguments.json:
                record = {"package": subject[0], "variant": subject[1], "cell": cell, **runs[-1]}
                with arguments.json.open("a") as file:
                    file.write(json.dumps(record) + "\n")
    return results


def median(runs: list[dict], name: str) -> float:
    """Median over the processes of one subject."""
    return statistics.median(figures[name] for figures in runs)


def entry(value: float, reference: float | None, factor: float, unit: str) -> str:
    """A figure and its ratio to the reference; a difference lost in noise has none."""
    shown = f"{value:.0f}" if unit == "MiB" else f"{value * factor:.3g}"
    ratio = f" ({value / reference:.2f}x)" if reference and min(value, reference) > 0 else ""
    return f"{shown} {unit}{ratio}"


def line(words: str, cells) -> None:
    """One row of the table."""
    print(f"| {words} | {' | '.join(cells)} |", flush=True)


def print_table(arguments: argparse.Namespace, task: Task, cell: str, results: dict) -> None:
    """Medians, and their ratio to the plain network's (above 1: sksequence needs less)."""
    few, many = (passes * task.steps_a_pass for passes in arguments.passes)
    ours = results["sksequence", "plain"]
    print(f"\n### {cell}\n")
    line("", (f"{package} {variant}" if package == "sksequence" else package for package, variant in results))
    line("---", ["---"] * len(results))
    for words, name, factor, unit in ROWS:
        reference = median(ours, name)
        line(
            words.format(few=few, many=many),
            (
                entry(median(runs, name), None if runs is ours else reference, factor, unit)
                for runs in results.values()
            ),
        )
    line("weights", (f"{median(runs, 'n_parameters'):,.0f}" for runs in results.values()))
    line("error / seasonal naive", (f"{median(runs, 'relative_error'):.3f}" for runs in results.values()))


def processor() -> str:
    """Name of the CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


def print_conditions(arguments: argparse.Namespace, task: Task, results: dict, left_out: list[str]) -> None:
    """Versions, machine, date, data."""
    versions = {subject[0]: (runs[0]["version"], runs[0]["torch"]) for subject, runs in results.items()}
    named = ", ".join(f"{name} {version} (torch {torch})" for name, (version, torch) in versions.items())
    print(f"\n{named}.")
    print(f"{processor()}, one thread, Python {platform.python_version()}, {datetime.date.today()}.")
    print(
        f"{'M4 Hourly' if arguments.data == 'm4' else 'Synthetic hours'}: {task.n_series} series, "
        f"window {task.window}, horizon {task.horizon}, {BATCH_SIZE} windows a step; medians of "
        f"{arguments.repeats} processes; in brackets: times what sksequence plain needs."
    )
    if left_out:
        print(f"Not measured, for want of --python: {', '.join(left_out)}.")


def main() -> None:
    """Run every package and print the tables."""
    arguments = parse()
    few, many = arguments.passes
    if not 1 <= few < many or arguments.repeats < 1:
        sys.exit(
            f"--passes {few} {many} and --repeats {arguments.repeats} came, but 1 <= FEW < MANY and at "
            "least one repeat are needed."
        )
    task = Task(arguments.series, arguments.window)
    pythons = {"sksequence": sys.executable} | dict(arguments.python)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        save(data, make_data(hourly_series(arguments.data), task))
        for cell in arguments.cells:
            results = collect(arguments, pythons, cell, data)
            print_table(arguments, task, cell, results)
    print_conditions(arguments, task, results, [name for name in PACKAGES if name not in pythons])


if __name__ == "__main__":
    main()
