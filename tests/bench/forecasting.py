"""Errors of the forecasters at their defaults on public series, and their CPU seconds.

python tests/bench/forecasting.py                              # all parts, on validation rows
python tests/bench/forecasting.py --parts ett --horizons 96    # one part of it
python tests/bench/forecasting.py --test                       # official test splits: once, at the end
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from archive import loaders

import sksequence
from sksequence.forecasting.baselines import seasonal_naive_forecasts

CLASSIC = {  # horizon and season, in rows
    "sunspots_monthly": (12, 1),
    "co2_weekly": (52, 52),
    "elnino_monthly": (12, 12),
    "airpassengers": (12, 12),
}
M4_HORIZON = 48
# sMAPE and MASE of Naive 2 on the test rows of M4 Hourly, as the competition published them.
NAIVE2 = (18.383, 2.395)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", default=["ett", "m4", "classic"])
    parser.add_argument("--cell", default="LSTM", type=str.upper)
    parser.add_argument("--horizons", nargs="+", type=int, default=[96, 192, 336, 720])
    parser.add_argument("--series", nargs="+", default=list(CLASSIC))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="official test rows, not validation rows")
    return parser.parse_args()


def fitted(arguments: argparse.Namespace, X, horizon: int, seed: int):
    """A forecaster at its defaults that has seen all rows of X once, and its CPU seconds."""
    begin = time.process_time()
    model = getattr(sksequence, f"{arguments.cell}Forecaster")(
        horizon=horizon, validation_fraction=None, random_state=seed
    )
    return model.fit(X), time.process_time() - begin


def row(*cells) -> None:
    """One line of a table."""
    print("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |", flush=True)


def ett(arguments: argparse.Namespace) -> None:
    """ETTh1, seven columns, z-scored by the training rows."""
    data = loaders().load_ltsf("ETTh1")
    first, stop = data["test" if arguments.test else "val"]
    row("ETTh1 horizon", "seed", "MSE", "MAE", "CPU s")
    print("|---" * 5 + "|")
    for horizon in arguments.horizons:
        for seed in range(arguments.seeds):
            model, seconds = fitted(arguments, data["values"][slice(*data["train"])], horizon, seed)
            table = model.backtest(data["values"][first - model.window_ : stop])
            error = table["forecast"] - table["target"]
            row(horizon, seed, float((error**2).mean()), float(error.abs().mean()), float(seconds))


def m4(arguments: argparse.Namespace) -> None:
    """M4 Hourly, all series in one model: OWA on test rows; on validation rows relative to plain naive."""
    archive = loaders()
    _, train, truth, season = archive.load_m4("hourly")
    if not arguments.test:
        truth = np.stack([x[-M4_HORIZON:] for x in train])
        train = [x[:-M4_HORIZON] for x in train]
    naive = np.stack([np.full(M4_HORIZON, x[-1]) for x in train])
    row("M4 Hourly seed", "sMAPE", "MASE", "OWA" if arguments.test else "relative to naive", "CPU s")
    print("|---" * 5 + "|")
    for seed in range(arguments.seeds):
        model, seconds = fitted(arguments, train, M4_HORIZON, seed)
        errors = [_m4_errors(archive, train, truth, f, season) for f in (np.stack(model.predict()), naive)]
        relative = float(np.mean(errors[0] / (NAIVE2 if arguments.test else errors[1])))
        row(seed, *map(float, errors[0]), relative, float(seconds))


def _m4_errors(archive, train, truth, forecasts, season) -> np.ndarray:
    """Means of sMAPE and MASE."""
    scaled = [archive.mase(*item, season) for item in zip(train, truth, forecasts, strict=True)]
    return np.array([archive.smape(truth, forecasts).mean(), np.mean(scaled)])


def classic(arguments: argparse.Namespace) -> None:
    """Single series: the last fifth, from every origin (with --test or without: they have no other split)."""
    row("series", "seed", "skill", "MASE", "MASE of seasonal naive", "CPU s")
    print("|---" * 6 + "|")
    for name in arguments.series:
        horizon, season = CLASSIC[name]
        x = loaders().load_series(name)
        x = np.interp(np.arange(len(x)), np.flatnonzero(~np.isnan(x)), x[~np.isnan(x)])
        n = int(0.8 * len(x))
        step = np.abs(x[season:n] - x[: n - season]).mean()
        for seed in range(arguments.seeds):
            model, seconds = fitted(arguments, x[:n], horizon, seed)
            table = model.backtest(x[n - model.window_ :])
            error = float((table["forecast"] - table["target"]).abs().mean() / step)
            origins = np.arange(n - 1, len(x) - horizon)
            copies = seasonal_naive_forecasts(
                x, np.zeros_like(origins), origins + 1, horizon, season=model.season_
            )
            reference = float(np.abs(copies.ravel() - table["target"]).mean() / step)
            row(name, seed, 1 - error / reference, error, reference, float(seconds))


def main() -> None:
    """Print the tables."""
    arguments = parse()
    warnings.simplefilter("ignore", sksequence.exceptions.NoSkillWarning)
    part = "official test rows" if arguments.test else "validation rows"
    print(f"{arguments.cell}Forecaster at defaults, {part}\n")
    for name in arguments.parts:
        {"ett": ett, "m4": m4, "classic": classic}[name](arguments)
        print()


if __name__ == "__main__":
    main()
