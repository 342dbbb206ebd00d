"""Time one package in this process and print one line of JSON; peers.py starts it."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import logging
import resource
import statistics
import sys
import time
import warnings
from pathlib import Path

ROUNDS = 3


def peak_mib() -> float:
    """Most memory that this process has held, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def timed(function, *arguments):
    """What a call returns, and its seconds."""
    begin = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - begin


def timed_rounds(function, *arguments):
    """What a call returns, and its median seconds over a few calls."""
    pairs = [timed(function, *arguments) for _ in range(ROUNDS)]
    return pairs[-1][0], statistics.median(seconds for _, seconds in pairs)


def silence() -> None:
    """No log lines of Lightning among what is measured."""
    warnings.simplefilter("ignore")
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning.fabric", "lightning_fabric", "darts"):
        logging.getLogger(name).setLevel(logging.ERROR)


def train(subject, table, passes: int):
    """Read the table and train, and the seconds of both."""
    panel, reading = timed(subject.read, table)
    model, fitting = timed(subject.fit, panel, passes)
    expected = passes * subject.task.steps_a_pass
    if subject.steps(model) != expected:
        raise SystemExit(f"{subject.steps(model)} gradient steps were taken, but {expected} are compared.")
    return model, reading, reading + fitting


def measure_training(subject, table, few: int, many: int):
    """A trained model, and the seconds of a first, a short and a long training."""
    _, _, first = train(subject, table, few)
    _, _, short = train(subject, table, few)
    model, reading, long = train(subject, table, many)
    n_steps = subject.task.steps_a_pass
    step = (long - short) / ((many - few) * n_steps)
    seconds = {
        "read_panel": reading,
        "first_fit": first,
        "fit": long,
        "step": step,
        "constant": short - step * few * n_steps,
    }
    return model, seconds


def measure_forecasts(subject, model, name: str, table, n: int):
    """Forecasts (n, horizon) by the method of that name, with the seconds of reading and of all."""
    series, reading = timed_rounds(subject.read, table)
    output, running = timed_rounds(getattr(subject, name), model, series)
    forecasts = subject.forecasts(output)
    if forecasts.shape != (n, subject.task.horizon):
        raise SystemExit(f"{name}: {forecasts.shape} forecasts came, but {n} of a horizon each are compared.")
    return forecasts, {f"read_{name}": reading, name: reading + running}


def measure(arguments: argparse.Namespace) -> dict:
    """All figures of one subject: seconds, MiB, counts."""
    module, seconds_import = timed(importlib.import_module, f"peers_{arguments.package}")
    memory = {"memory_import": peak_mib()}
    import numpy as np
    import peers_data
    import torch

    torch.set_num_threads(1)
    silence()
    task = peers_data.Task(arguments.series, arguments.window)
    tables = peers_data.load(arguments.data)
    subject = module.subjects[arguments.variant](arguments.cell, task, peers_data.BATCH_SIZE)
    model, figures = measure_training(subject, tables["panel"], *arguments.passes)
    memory["memory_fit"] = peak_mib()
    continued, of_predict = measure_forecasts(subject, model, "predict", tables["windows"], task.n_windows)
    forecasts, of_backtest = measure_forecasts(subject, model, "backtest", tables["backtest"], task.n_origins)
    memory["memory"] = peak_mib()
    if not (np.isfinite(continued).all() and np.isfinite(forecasts).all()):
        raise SystemExit("Some forecasts are not finite, so nothing is compared.")
    series = tables["backtest"]["y"].to_numpy().reshape(4, -1)
    error = peers_data.relative_error(forecasts.reshape(4, -1, task.horizon), series, task)
    return {
        "version": module.version,
        "torch": torch.__version__,
        "n_parameters": subject.n_parameters(model),
        "relative_error": error,
        "import": seconds_import,
        **figures,
        **of_predict,
        **of_backtest,
        **memory,
    }


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", choices=["sksequence", "neuralforecast", "darts"])
    parser.add_argument("variant", choices=["plain", "defaults"])
    parser.add_argument("--data", type=Path, required=True, help="file of peers_data.make_data")
    parser.add_argument("--cell", default="LSTM", choices=["LSTM", "GRU"])
    parser.add_argument("--series", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    parser.add_argument("--passes", type=int, nargs=2, required=True)
    arguments = parser.parse_args()
    # Packages print as they train: standard output is for the figures alone.
    with contextlib.redirect_stdout(sys.stderr):
        figures = measure(arguments)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
