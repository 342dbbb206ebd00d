"""Recurrent classifiers of other packages beside this one, on one core: seconds, and ratios.

Each package runs in an environment of its own, made once, and is left out without one:

    python -m venv KERAS && KERAS/bin/pip install torch keras jax tensorflow-cpu
    python -m venv TSAI && TSAI/bin/pip install torch tsai
    python -m venv SKTIME && SKTIME/bin/pip install torch sktime

    python tests/bench/peers_classifiers.py --write docs/performance.md \
        --python keras=KERAS/bin/python --python tsai=TSAI/bin/python --python sktime=SKTIME/bin/python

What is like: 2,000 float32 sequences of 100 steps and 6 features with three labels; one layer of 64 units
whose last state goes through a linear layer; AdamW at 0.005; 64 sequences a batch, one and three epochs,
each from a new network; probabilities of the 2,000 sequences, in batches of 256 where the package lets one
choose, and of one. Every process is fresh and may use one core. Keras is taken on each backend that its
environment has, with what it does by itself (the TensorFlow and JAX backends compile).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from page import conditions, table, write_section

CHILD = Path(__file__).resolve().with_name("peers_classifiers_child.py")
BACKENDS = ("tensorflow", "jax", "torch")
CELLS = {"sksequence": ("LSTM", "GRU"), "keras": ("LSTM", "GRU"), "tsai": ("LSTM", "GRU"), "sktime": ("GRU",)}
ROWS = (
    ("import", "import", "s"),
    ("import and first training", "first", "s"),
    ("training, three epochs", "fit", "s"),
    ("one more epoch", "epoch", "s"),
    ("2,000 predicted", "predict", "s"),
    ("one predicted", "one", "ms"),
)


def interpreter(text: str) -> tuple[str, str]:
    """``PACKAGE=PATH`` of the command line, the path made absolute."""
    package, _, path = text.partition("=")
    if package not in CELLS or not Path(path).is_file():
        raise argparse.ArgumentTypeError(
            f"{text!r} came, but PACKAGE=PATH is needed: one of {', '.join(CELLS)}, and an interpreter."
        )
    return package, os.path.abspath(path)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--python", type=interpreter, action="append", default=[], metavar="PACKAGE=PATH", help="interpreters"
    )
    parser.add_argument("--cells", nargs="+", default=["LSTM", "GRU"], choices=["LSTM", "GRU"])
    parser.add_argument("--repeats", type=int, default=3, help="fresh processes of each")
    parser.add_argument("--results", type=Path, help="file of JSON that keeps what was measured")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no process after so many")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    return parser.parse_args()


def subjects(pythons: dict[str, str], cell: str) -> list[tuple[str, str]]:
    """Packages, and the backend of Keras, that are there for a cell."""
    found = [
        (package, backend)
        for package in CELLS
        if package in pythons and cell in CELLS[package]
        for backend in (BACKENDS if package == "keras" else ("",))
    ]
    return [(p, b) for p, b in found if not b or _has(pythons[p], b)]


def _has(python: str, module: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def run(python: str, package: str, backend: str, cell: str) -> dict[str, float]:
    """Figures of one fresh process on one core."""
    quiet = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    quiet |= {"PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    if backend:
        quiet["KERAS_BACKEND"] = backend
    pin = {min(os.sched_getaffinity(0))}
    done = subprocess.run(
        [python, str(CHILD), package, cell],
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, pin),
    )
    if done.returncode:
        sys.exit(f"{package} {backend} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def collect(arguments: argparse.Namespace, pythons: dict[str, str]) -> dict[str, list[dict[str, float]]]:
    """Figures by cell, package and backend, one list entry a process."""
    path, begin = arguments.results, time.monotonic()
    results = json.loads(path.read_text()) if path and path.exists() else {}
    for repeat in range(arguments.repeats):
        for cell in arguments.cells:
            for package, backend in subjects(pythons, cell):
                runs = results.setdefault(f"{cell} {package} {backend}".strip(), [])
                if len(runs) > repeat or time.monotonic() - begin > arguments.seconds:
                    continue
                runs.append(run(pythons[package], package, backend, cell))
                print(cell, package, backend, runs[-1], flush=True)
                if path:
                    path.write_text(json.dumps(results, indent=1))
    return results


def lines_of(results: dict[str, list[dict[str, float]]], cell: str) -> list[str]:
    """The table of a cell: figures, and times what this package needs."""
    names = [name for name, runs in results.items() if name.startswith(f"{cell} ") and runs]

    def median(name: str, figure: str) -> float:
        return statistics.median(run[figure] for run in results[name])

    ours, rows = f"{cell} sksequence", []
    for words, figure, unit in ROWS:
        cells = []
        for name in names:
            value = median(name, figure)
            shown = f"{value * (1e3 if unit == 'ms' else 1):.3g} {unit}"
            cells.append(shown if name == ours else f"{shown} ({value / median(ours, figure):.1f}×)")
        rows.append([words, *cells])
    return table([cell, *(name.removeprefix(f"{cell} ") for name in names)], rows)


def main() -> None:
    """Measure, print, and write where asked."""
    arguments = parse()
    pythons = {"sksequence": sys.executable} | dict(arguments.python)
    results = collect(arguments, pythons)
    versions = {name.split()[1]: runs[0]["version"] for name, runs in results.items() if runs}
    others = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "sksequence")
    lines = [
        f"{conditions('torch')[:-1]}, {others}; one core, medians of {arguments.repeats} "
        "processes; in brackets: times what sksequence needs."
    ]
    for cell in arguments.cells:
        lines += ["", *lines_of(results, cell)]
    print("\n".join(["", *lines]))
    if arguments.write:
        write_section(arguments.write, "classifiers of other packages", lines)


if __name__ == "__main__":
    main()
