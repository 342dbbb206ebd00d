"""Errors and intervals of the forecasters at their defaults on public series, and their CPU seconds.

python tests/bench/forecasting.py                              # all parts, on validation rows
python tests/bench/forecasting.py --parts ett --horizons 96    # one part of it
python tests/bench/forecasting.py --test                       # official test splits: once, at the end
python tests/bench/forecasting.py --test --write docs/benchmarks.md    # and put the tables there
"""

from __future__ import annotations

import argparse
import datetime
import pathlib
import platform
import re
import time
import warnings

import numpy as np
import torch
from archive import loaders

import sksequence
from sksequence.datasets import load_nottingham
from sksequence.metrics import interval_coverage, interval_score

CLASSIC = {  # horizon, whether logarithms are forecast
    "sunspots_monthly": (12, False),
    "co2_weekly": (52, False),
    "elnino_monthly": (12, False),
    "airpassengers": (12, True),
    "sp500": (20, False),
}
# Horizon, rows known at each cut, rows forecast after it; whether logarithms are taken first.
CUTS = {
    "elnino_monthly": (12, (300, 400, 500, 600), 150, False),
    "nottingham": (12, (120, 150, 180), 60, False),
    "airpassengers": (12, (72, 96, 108), 36, True),
    "sunspots_yearly": (11, (120, 180, 220), 80, False),
    "lynx": (10, (50, 70, 84), 30, True),
    "co2_weekly": (52, (900, 1300, 1700, 1900), 400, False),
    "sunspots_monthly": (48, (900, 1300, 1700, 2100, 2400), 400, False),
    "sp500": (60, (1500, 2500, 3500, 4200), 800, True),
}
M4_HORIZON = 48
# sMAPE and MASE of Naive 2 on the test rows of M4 Hourly, as the competition published them.
NAIVE2 = (18.383, 2.395)
# MSE on ETTh1's test rows as published: DLinear, PatchTST/64 and SegRNN (look-back 720).
PUBLISHED = {96: (0.375, 0.370, 0.351), 192: (0.405, 0.413, 0.392), 336: (0.439, 0.422, 0.423)}
PUBLISHED[720] = (0.472, 0.447, 0.466)
COVERAGE = 0.9


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--cell", default="LSTM", type=str.upper)
    parser.add_argument("--horizons", nargs="+", type=int, default=[96, 192, 336, 720])
    parser.add_argument("--series", nargs="+", help="of classic and cuts; else all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="official test rows, not validation rows")
    parser.add_argument("--write", type=pathlib.Path, help="a page whose sections are replaced by these")
    return parser.parse_args()


class Report:
    """Lines that are printed as they come, and kept."""

    def __init__(self):
        self.lines: list[str] = []

    def line(self, text: str = "") -> None:
        """A line of text."""
        print(text, flush=True)
        self.lines.append(text)

    def row(self, *cells) -> None:
        """A line of a table."""
        self.line("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |")

    def header(self, *cells: str) -> None:
        """The head of a table."""
        self.row(*cells)
        self.line("|---" * len(cells) + "|")


def fitted(arguments: argparse.Namespace, X, horizon: int, seed: int, **options):
    """A forecaster at its defaults, and its CPU seconds."""
    begin = time.process_time()
    forecaster = getattr(sksequence, f"{arguments.cell}Forecaster")
    model = forecaster(horizon=horizon, random_state=seed, **options).fit(X)
    return model, time.process_time() - begin


def ett(arguments: argparse.Namespace, report: Report) -> None:
    """ETTh1, seven columns, z-scored by the training rows: every window of the rows tested."""
    data = loaders().load_ltsf("ETTh1")
    first, stop = data["test" if arguments.test else "val"]
    report.header("horizon", "seed", "MSE", "MAE", "CPU s", "DLinear", "PatchTST", "SegRNN")
    for horizon in arguments.horizons:
        errors = []
        for seed in range(arguments.seeds):
            model, seconds = fitted(arguments, data["values"][slice(*data["train"])], horizon, seed)
            table = model.backtest(data["values"][first - model.window_ : stop])
            error = (table["forecast"] - table["target"]).to_numpy()
            errors.append((float((error**2).mean()), float(np.abs(error).mean()), float(seconds)))
            report.row(horizon, seed, *errors[-1], *(("",) * 3))
        published = PUBLISHED[horizon] if arguments.test else ("",) * 3
        report.row(f"**{horizon}**", "mean", *map(float, np.mean(errors, axis=0)), *published)


def m4(arguments: argparse.Namespace, report: Report) -> None:
    """M4 Hourly, all 414 series in one model: OWA on test rows, else errors relative to plain naive."""
    archive = loaders()
    train, truth, season = _m4_rows(archive, test=arguments.test)
    naive = _m4_errors(archive, train, truth, np.repeat([x[-1] for x in train], M4_HORIZON), season)
    reference = NAIVE2 if arguments.test else naive
    report.header("seed", "sMAPE", "MASE", "OWA" if arguments.test else "relative to naive", "CPU s")
    members = []
    for seed in range(arguments.seeds):
        model, seconds = fitted(arguments, train, M4_HORIZON, seed)
        members.append(np.stack(model.predict()))
        errors = _m4_errors(archive, train, truth, members[-1], season)
        report.row(seed, *map(float, errors), float(np.mean(errors / reference)), float(seconds))
    if len(members) > 1:
        errors = _m4_errors(archive, train, truth, np.mean(members, axis=0), season)
        report.row("mean of forecasts", *map(float, errors), float(np.mean(errors / reference)), "")


def _m4_rows(archive, *, test: bool):
    """Training rows, what came after them, and the season."""
    _, train, truth, season = archive.load_m4("hourly")
    if test:
        return train, truth, season
    return [x[:-M4_HORIZON] for x in train], np.stack([x[-M4_HORIZON:] for x in train]), season


def _m4_errors(archive, train, truth, forecasts, season) -> np.ndarray:
    """Means of sMAPE and MASE."""
    forecasts = forecasts.reshape(truth.shape)
    scaled = [archive.mase(*item, season) for item in zip(train, truth, forecasts, strict=True)]
    return np.array([archive.smape(truth, forecasts).mean(), np.mean(scaled)])


def _classic(archive, name: str) -> np.ndarray:
    """One series, its gaps filled along straight lines."""
    if name == "sp500":
        return archive.load_prices("sp500")["Adj Close"].to_numpy(dtype=float)
    x = archive.load_series(name)
    return np.interp(np.arange(len(x)), np.flatnonzero(~np.isnan(x)), x[~np.isnan(x)])


def classic(arguments: argparse.Namespace, report: Report) -> None:
    """Single series: the last fifth, from every origin (with --test or without: they have no other split)."""
    archive = loaders()
    report.header(
        "series", "seed", "skill_ told by fit", "warned", "MAE", "of its strongest rival", "rival", "CPU s"
    )
    for name in arguments.series or CLASSIC:
        horizon, log = CLASSIC[name]
        x = _classic(archive, name)
        n = int(0.8 * len(x))
        for seed in range(arguments.seeds):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", sksequence.exceptions.NoSkillWarning)
                model, seconds = fitted(arguments, x[:n], horizon, seed, log=log)
            warned = any(issubclass(w.category, sksequence.exceptions.NoSkillWarning) for w in caught)
            errors = _rivals(x, n, horizon, log)
            error = _mean_error(model, x[n - model.window_ :], len(x) - n - horizon + 1)
            rival = min(errors, key=errors.__getitem__)
            told = (model.skill_, "yes" if warned else "no")
            report.row(name, seed, *told, error, errors[rival], rival, float(seconds))


def _rivals(x: np.ndarray, n: int, horizon: int, log: bool) -> dict[str, float]:
    """Mean absolute error of every simple forecaster from the same origins."""
    rivals = {
        "naive": sksequence.NaiveForecaster(horizon=horizon),
        "seasonal naive": sksequence.SeasonalNaiveForecaster(horizon=horizon),
        "drift": sksequence.DriftForecaster(horizon=horizon),
        "linear": sksequence.LinearForecaster(horizon=horizon, log=log),
    }
    return {name: _mean_error(r.fit(x[:n]), x, len(x) - n - horizon + 1) for name, r in rivals.items()}


def _mean_error(model, rows: np.ndarray, n_origins: int) -> float:
    """Mean absolute error from the last origins of the rows."""
    table = model.backtest(rows, start=len(rows) - model.horizon - n_origins)
    assert table["origin"].nunique() == n_origins
    return float((table["forecast"] - table["target"]).abs().mean())


def intervals(arguments: argparse.Namespace, report: Report) -> None:
    """Coverage and mean width of 90 % intervals, of the network and of the seasonal naive forecast."""
    archive = loaders()
    report.header(
        "data", "horizon", "forecaster", "coverage", "whole paths inside", "width to that of seasonal naive"
    )
    train, truth, _ = _m4_rows(archive, test=arguments.test)
    rival = sksequence.SeasonalNaiveForecaster(horizon=M4_HORIZON).fit(train)
    model, _ = fitted(arguments, train, M4_HORIZON, 0)
    base = None
    for name, forecaster in {"seasonal naive": rival, arguments.cell: model}.items():
        bounds = np.stack(forecaster.predict_interval(coverage=COVERAGE))  # (n_series, H, 2)
        whole = np.stack(forecaster.predict_interval(coverage=COVERAGE, simultaneous=True))
        base = _report_intervals(report, ("M4 Hourly", M4_HORIZON, name), truth, bounds, whole, base)
    data = loaders().load_ltsf("ETTh1")
    first, stop = data["test" if arguments.test else "val"]
    for horizon in arguments.horizons:
        _ett_intervals(arguments, report, data["values"], first, stop, horizon)


def _ett_intervals(arguments, report: Report, values, first: int, stop: int, horizon: int) -> None:
    """The tables know all rows before those tested."""
    rival = sksequence.SeasonalNaiveForecaster(horizon=horizon, season=24).fit(values[:first])
    model, _ = fitted(arguments, values[:first], horizon, 0)
    base = None
    for name, forecaster in {"seasonal naive": rival, arguments.cell: model}.items():
        start = min(first, max(getattr(forecaster, "window_", 0), 72))
        table = forecaster.backtest(values[first - start : stop], coverage=COVERAGE, start=start - 1)
        shape = (-1, horizon)
        truth, low, high = (table[c].to_numpy().reshape(shape) for c in ("target", "lower", "upper"))
        base = _report_intervals(
            report, ("ETTh1", horizon, name), truth, np.stack([low, high], -1), None, base
        )


def _report_intervals(report: Report, names: tuple, truth, bounds, whole, base):
    """One line; gives the widths that others are compared with."""
    inside = (bounds[..., 0] <= truth) & (truth <= bounds[..., 1])
    width = (bounds[..., 1] - bounds[..., 0]).mean(axis=1)
    base = width if base is None else base
    paths = (
        "" if whole is None else float(((whole[..., 0] <= truth) & (truth <= whole[..., 1])).all(1).mean())
    )
    # Of each series by itself, since they differ in size.
    relative = (
        float(np.exp(np.log(width / base).mean())) if len(width) < 1000 else float(width.mean() / base.mean())
    )
    report.row(*names, float(inside.mean()), paths, relative)
    return base


def cuts(arguments: argparse.Namespace, report: Report) -> None:
    """90 % intervals of single series cut at several places: every origin of the rows after each cut."""
    archive = loaders()
    report.header("series", "horizon", "coverage after each cut", "mean", "width", "interval score")
    for name in arguments.series or CUTS:
        horizon, known, ahead, log = CUTS[name]
        x = load_nottingham().to_numpy() if name == "nottingham" else _classic(archive, name)
        x = np.log(x) if log else x
        found = []
        for n in known:
            model, _ = fitted(arguments, x[:n], horizon, 0)
            table = model.backtest(x[: n + ahead], coverage=COVERAGE, start=n - 1)
            truth, low, high = (table[c].to_numpy() for c in ("target", "lower", "upper"))
            score = interval_score(truth, low, high, COVERAGE)
            found.append(
                (interval_coverage(truth, low, high), (high - low).mean() / x.std(), score / x.std())
            )
        shares = ", ".join(f"{coverage:.2f}" for coverage, *_ in found)
        report.row(name, horizon, shares, *map(float, np.mean(found, axis=0)))
    report.line()
    report.line("Widths and scores in deviations of the series.")


def origins(arguments: argparse.Namespace, report: Report) -> None:
    """A backtest of 2,000 origins beside one prediction of 2,000 windows; medians of 5."""
    rng = np.random.default_rng(0)
    x = np.sin(np.arange(6_000) * 2 * np.pi / 24) + 0.3 * rng.normal(size=6_000)
    model, _ = fitted(arguments, x[:3_500], 24, 0)
    n = model.window_
    rows = x[3_500 - n : 3_500 + 2_000 + 23]
    windows = np.lib.stride_tricks.sliding_window_view(rows[: n + 1_999], n)[:, :, None]
    report.header("work", "milliseconds", "to the first")
    first = None
    for name, work in {
        "predict 2,000 windows": lambda: model.predict(windows),
        "backtest 2,000 origins": lambda: model.backtest(rows),
    }.items():
        seconds = []
        for _ in range(6):
            begin = time.perf_counter()
            result = work()
            seconds.append(time.perf_counter() - begin)
        assert len(result) in (2_000, 48_000)
        milliseconds = 1e3 * float(np.median(seconds[1:]))
        first = first or milliseconds
        report.row(name, f"{milliseconds:.1f}", milliseconds / first)


PARTS = {"ett": ett, "m4": m4, "classic": classic, "intervals": intervals, "cuts": cuts, "origins": origins}


def write(page: pathlib.Path, name: str, title: str, lines: list[str]) -> None:
    """Replace, or append, a section of a page."""
    text = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks of forecasters\n"
    section = "\n".join([f"<!-- {name} -->", f"## {title}", "", *lines, f"<!-- end of {name} -->"])
    pattern = re.compile(f"<!-- {name} -->.*?<!-- end of {name} -->", re.DOTALL)
    text = pattern.sub(lambda _: section, text) if pattern.search(text) else f"{text}\n{section}\n"
    page.write_text(text, encoding="utf-8")


def main() -> None:
    """Print the tables, and write them where asked."""
    arguments = parse()
    warnings.simplefilter("ignore", sksequence.exceptions.NoSkillWarning)
    part = "official test rows" if arguments.test else "validation rows"
    for name in arguments.parts:
        title = (PARTS[name].__doc__ or "").rstrip(".")
        report = Report()
        print(f"\n{title}\n")
        PARTS[name](arguments, report)
        report.line()
        report.line(
            f"{arguments.cell}Forecaster at defaults, {part}; torch {torch.__version__}, "
            f"{platform.machine()}, Python {platform.python_version()}, {datetime.date.today()}."
        )
        if arguments.write:
            write(arguments.write, name, title, report.lines)


if __name__ == "__main__":
    main()
