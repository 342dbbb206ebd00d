"""Forecast the 414 hourly series of the M4 competition with one network, and stand beside its entrants.

    python examples/forecast_m4.py FOLDER
    python examples/forecast_m4.py FOLDER --validation

FOLDER holds Hourly-train.csv and Hourly-test.csv of the competition (repository Mcompetitions/M4-methods,
folder Dataset), packed or not; without it, the environment variable SKSEQUENCE_DATA names it. Nothing is
downloaded.

`--validation` never opens the test file: it forecasts the last 48 training rows from those before them.
Choose by these, and look at the test rows once. Takes some minutes of one core.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sksequence import LSTMForecaster, SeasonalNaiveForecaster
from sksequence.metrics import interval_coverage, mase, smape

HORIZON, SEASON = 48, 24
NAIVE2 = (18.383, 2.395)  # sMAPE and MASE that OWA divides by, on the test rows
# sMAPE in per cent, MASE and OWA on the test rows, from the organisers' sheet "Evaluation and Ranks".
PUBLISHED = {
    "Doornik et al., the best on hourly series": (8.913, 0.801, 0.410),
    "ES-RNN, Smyl, the winner": (9.328, 0.893, 0.440),
    "FFORMA, Montero-Manso et al., the second": (11.506, 0.819, 0.484),
    "seasonal naive": (13.912, 1.193, 0.627),
    "Theta": (18.138, 2.455, 1.006),
    "RNN of the organisers": (14.698, 3.048, 1.036),
}


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("SKSEQUENCE_DATA"))
    parser.add_argument("--validation", action="store_true", help="hold out the last 48 training rows")
    return parser.parse_args(arguments)


def find(folder, part):
    """The file of a part, "train" or "test"; None where it is not there."""
    found = [] if folder is None else sorted(Path(folder).rglob(f"*[Hh]ourly[-_]{part}.csv*"))
    return found[0] if found else None


def read(path):
    """Series by name; they differ in length, so that rows end with empty cells."""
    table = pd.read_csv(path, index_col=0)
    return {name: row.dropna().to_numpy(dtype=float) for name, row in table.iterrows()}


def load(folder, *, validation):
    """What is known and what came after it, by name of the series; None where the files are not there."""
    paths = [find(folder, part) for part in (("train",) if validation else ("train", "test"))]
    if None in paths:
        return None
    known = read(paths[0])
    if not validation:
        return known, read(paths[1])
    return (
        {name: series[:-HORIZON] for name, series in known.items()},
        {name: series[-HORIZON:] for name, series in known.items()},
    )


def errors(known, came, forecasts):
    """Means over series of sMAPE, in per cent, and MASE."""
    each = [
        (
            100 * smape(came[name], forecasts[name]),
            mase(came[name], forecasts[name], y_train=y, seasonality=SEASON),
        )
        for name, y in known.items()
    ]
    return np.mean(each, axis=0)


def main(arguments=None):
    options = parse(arguments)
    data = load(options.folder, validation=options.validation)
    if data is None:
        print(
            f"The files of M4 Hourly are not in {options.folder or 'any folder named here'}: pass the folder "
            "that holds them, or set SKSEQUENCE_DATA. Nothing was forecast."
        )
        return
    known, came = data
    lengths = sorted({len(series) for series in known.values()})
    print(f"{len(known)} series of {' or '.join(map(str, lengths))} hours, {HORIZON} to forecast")

    begin = time.perf_counter()
    forecaster = LSTMForecaster(horizon=HORIZON, random_state=0).fit(known)
    seconds = time.perf_counter() - begin
    print(
        f"one network of {forecaster.n_parameters_:,} weights, trained in {seconds:.0f} s: "
        f"window_ {forecaster.window_}, seasons_ {forecaster.seasons_}, skill_ {forecaster.skill_:.2f}"
    )
    naive = SeasonalNaiveForecaster(horizon=HORIZON, season=SEASON).fit(known)
    rows = {"LSTMForecaster": forecaster, "SeasonalNaiveForecaster(season=24)": naive}

    title = "the last 48 training rows" if options.validation else "the test rows"
    print(f"\n{title:44}  sMAPE   MASE" + ("" if options.validation else "    OWA"))
    for name, model in rows.items():
        found = errors(known, came, model.predict())
        owa = "" if options.validation else f"  {np.mean(found / NAIVE2):5.3f}"
        print(f"{name:44} {found[0]:6.3f}  {found[1]:5.3f}{owa}")
    if not options.validation:
        print("published:")
        for name, (percent, scaled, owa) in PUBLISHED.items():
            print(f"    {name:40} {percent:6.3f}  {scaled:5.3f}  {owa:5.3f}")

    bounds = forecaster.predict_interval(coverage=0.9)
    inside = [interval_coverage(came[name], *bounds[name].T) for name in known]
    print(f"\n{100 * np.mean(inside):.1f} % of the values lie in the 90 % intervals of LSTMForecaster")


if __name__ == "__main__":
    sys.exit(main())
