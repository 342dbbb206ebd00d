"""How the seconds of a fit grow with the data, the length, the width and the candidates, in one picture.

    python tests/bench/growth.py docs/images/growth.png --write docs/performance.md

On one thread, one pass over the data at `patch_size=1` (every step read singly), batches of 64, hidden 32,
500 sequences of 50 steps and 6 features unless the panel says otherwise; a point is the median of three
fits, and no point is begun whose curve has come to --cap seconds. Beside it stands the same epoch of the
hand-written loop of `loops.py`. The last panel is a GridSearchCV over so many candidates (3 folds of 600
sequences of 50 steps and 3 features, 3 epochs, hidden 16, one job) beside the sum of its fits as scikit-learn
times them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import loops
import numpy as np
from page import conditions, table, write_section

CELLS = ("LSTM", "GRU", "RNN")
PANELS = {
    "sequences": (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000),
    "time steps": (10, 30, 100, 300, 1_000, 3_000),
    "hidden units": (8, 16, 32, 64, 128, 256),
}
CANDIDATES = (1, 2, 5, 10, 20, 50)
USUAL = {"sequences": 500, "time steps": 50, "hidden units": 32}
# What a curve may cost before its next point is left out.
CAP = 4.0


def data(n: int, n_steps: int, n_features: int = 6):
    """Noise with three labels."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, n_steps, n_features), dtype=np.float32), rng.integers(0, 3, size=n)


def seconds(function: Callable[[], object]) -> float:
    """Median of three calls, of one where it takes long."""
    times: list[float] = []
    while len(times) < 3 and sum(times) < CAP:
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def fits(cell: str, sizes: dict[str, int]) -> tuple[Callable[[], object], Callable[[], object]]:
    """An epoch of the package's and of the loop."""
    import sksequence

    X, y = data(sizes["sequences"], sizes["time steps"])
    hidden = sizes["hidden units"]
    usual = {"batch_size": 64, "max_epochs": 1, "patch_size": 1, "random_state": 0}
    model = getattr(sksequence, f"{cell}Classifier")(hidden_size=hidden, **usual)
    loop = {"hidden": hidden, "batch_size": 64, "epochs": 1}
    return lambda: model.fit(X, y), lambda: loops.train_equal(cell, X, y, **loop)


def curve(panel: str, cell: str, which: int, cap: float) -> list[tuple[int, float]]:
    """Points of one line: size, seconds."""
    points: list[tuple[int, float]] = []
    fits(cell, USUAL | {"sequences": 128})[which]()
    for size in PANELS[panel]:
        if points and points[-1][1] > cap:
            break
        points.append((size, seconds(fits(cell, USUAL | {panel: size})[which])))
    return points


def searches(cap: float) -> dict[str, list[tuple[int, float]]]:
    """Seconds of a search, and of its fits."""
    from sklearn.model_selection import GridSearchCV

    from sksequence import LSTMClassifier

    X, y = data(600, 50, 3)
    model = LSTMClassifier(hidden_size=16, batch_size=32, max_epochs=3, random_state=0)
    model.fit(X, y)
    whole, sums = [], []
    for n in CANDIDATES:
        if whole and whole[-1][1] * n / whole[-1][0] > cap:
            break
        grid = {"lr": list(np.geomspace(1e-3, 1e-2, n))}
        begin = time.perf_counter()
        search = GridSearchCV(model, grid, cv=3, refit=False).fit(X, y)
        whole.append((n, time.perf_counter() - begin))
        sums.append((n, float(search.cv_results_["mean_fit_time"].sum() * 3)))
    return {"GridSearchCV": whole, "its fits": sums}


def picture(results: dict[str, dict[str, list[tuple[int, float]]]], path: Path) -> None:
    """Four panels, both axes logarithmic."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    colours = dict(zip(CELLS, ("tab:blue", "tab:orange", "tab:green"), strict=True))
    figure, axes = pyplot.subplots(2, 2, figsize=(9, 7), layout="constrained")
    for axis, (panel, curves) in zip(axes.flat, results.items(), strict=True):
        for name, points in curves.items():
            cell, _, kind = name.partition(" ")
            dashed = kind == "loop" or name == "its fits"
            style = {"linestyle": "--" if dashed else "-", "marker": None if dashed else "o", "markersize": 4}
            label = {"loop": f"{cell}, hand-written loop", "": f"{cell}"}.get(kind, name)
            axis.loglog(*zip(*points, strict=True), color=colours.get(cell), label=label, **style)
        sizes = sorted({size for points in curves.values() for size, _ in points})
        axis.set(xlabel=panel, ylabel="seconds")
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes], fontsize=8)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def slopes(results: dict[str, dict[str, list[tuple[int, float]]]]) -> list[str]:
    """Seconds at the ends of each of the package's curves."""
    rows = []
    for panel, curves in results.items():
        for name, points in curves.items():
            if name.endswith(" loop") or name == "its fits":
                continue
            other = dict(curves.get(f"{name} loop", curves.get("its fits", [])))
            both = [(other[size] / value) for size, value in points if size in other]
            (first, low), (last, high) = points[0], points[-1]
            ratio = f"{min(both):.2f} to {max(both):.2f}"
            rows.append([panel, name, f"{first:,}: {low:.3g} s", f"{last:,}: {high:.3g} s", ratio])
    return table(["grows", "", "smallest", "largest", "the dashed line, times this"], rows)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("--cells", nargs="+", default=["LSTM", "GRU"], choices=CELLS)
    parser.add_argument("--panels", nargs="+", default=[*PANELS, "candidates"])
    parser.add_argument("--cap", type=float, default=CAP, help="seconds after which a curve ends")
    parser.add_argument("--results", type=Path, help="file of JSON that keeps what was measured")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    return parser.parse_args()


def main() -> None:
    """Measure, draw, and write where asked."""
    arguments = parse()
    import torch

    torch.set_num_threads(1)
    path = arguments.results
    results = json.loads(path.read_text()) if path and path.exists() else {}
    for panel in arguments.panels:
        curves = results.setdefault(panel, {})
        wanted = [f"{cell}{loop}" for cell in arguments.cells for loop in ("", " loop")]
        for name in ["GridSearchCV"] if panel == "candidates" else wanted:
            if name in curves:
                continue
            if panel == "candidates":
                curves |= searches(5 * arguments.cap)
            else:
                cell, _, loop = name.partition(" ")
                curves[name] = curve(panel, cell, int(bool(loop)), arguments.cap)
            print(panel, name, [[size, round(value, 4)] for size, value in curves[name]], flush=True)
            if path:
                path.write_text(json.dumps(results, indent=1))
    if set(results) != {*PANELS, "candidates"}:
        sys.exit("Some panels are not measured yet; nothing is drawn.")
    picture(results, arguments.picture)
    lines = [f"{conditions('torch', 'scikit-learn')} One thread, no curve beyond {arguments.cap:g} s.", ""]
    lines += slopes(results)
    print("\n".join(["", *lines]))
    if arguments.write:
        write_section(arguments.write, "growth", lines)


if __name__ == "__main__":
    main()
