"""Training curves of precision="bfloat16" beside float32's, on two real sets, in one picture.

    python tests/bench/precision.py docs/images/precision.png --write docs/performance.md

LSTMClassifier on JapaneseVowels at its defaults (accuracy on the official test split), and LSTMForecaster on
the oil temperature of ETTh1 (a horizon of 24 from the last 96 rows; mean absolute error over the validation
rows, in deviations of the training rows). The lines are means over the seeds of the training loss of every
epoch, the bands reach from the least to the greatest.

A processor without bfloat16 computes it in software here, with the same roundings, by torch's plain
operators (its fused LSTM refuses), so that the curves are those of any hardware and the seconds are of no
use: none are given then.
"""

from __future__ import annotations

import argparse
import contextlib
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from archive import loaders
from page import conditions, table, write_section

import sksequence
from sksequence.engine.precision import computes_bfloat16
from sksequence.exceptions import NoSkillWarning

KINDS = ("float32", "bfloat16")
HORIZON, WINDOW = 24, 96


def classify(kind: str, seed: int, rows: int):
    """A fitted classifier, and its accuracy."""
    archive = loaders()
    model = sksequence.LSTMClassifier(precision=kind, random_state=seed)
    model.fit(*archive.load_tsc("JapaneseVowels", "TRAIN"))
    return model, model.score(*archive.load_tsc("JapaneseVowels", "TEST"))


def forecast(kind: str, seed: int, rows: int):
    """A fitted forecaster, and its mean absolute error."""
    data = loaders().load_ltsf("ETTh1")
    values = np.asarray(data["values"])[:, -1]
    first, stop = data["val"]
    model = sksequence.LSTMForecaster(
        window=WINDOW, horizon=HORIZON, precision=kind, random_state=seed, validation_fraction=None
    ).fit(values[max(0, first - rows) : first])
    table = model.backtest(values[first - WINDOW : stop])
    return model, float((table["target"] - table["forecast"]).abs().mean())


SETS = {
    "JapaneseVowels": (classify, "accuracy"),
    "ETTh1": (forecast, "mean absolute error"),
}


@contextlib.contextmanager
def in_software():
    """Let a processor without bfloat16 compute it all the same."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        for module in ("precision", "net"):
            stack.enter_context(
                mock.patch(f"sksequence.engine.{module}.computes_bfloat16", return_value=True)
            )
        yield


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=3_000, help="rows of ETTh1 that are trained on")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    return parser.parse_args()


def picture(curves: dict[str, dict[str, np.ndarray]], path: Path) -> None:
    """A panel a set: loss by epoch."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(curves), figsize=(9, 3.5), layout="constrained")
    for axis, (name, lines) in zip(axes, curves.items(), strict=True):
        for kind, losses in lines.items():
            epochs = np.arange(1, losses.shape[1] + 1)
            axis.plot(epochs, losses.mean(axis=0), "-" if kind == "float32" else "--", label=kind)
            axis.fill_between(epochs, losses.min(axis=0), losses.max(axis=0), alpha=0.2)
        axis.set(title=name, xlabel="epoch", ylabel="training loss", yscale="log")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    """Train, print, draw, and write where asked."""
    arguments = parse()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", NoSkillWarning)
    warnings.filterwarnings("ignore", message="TF32 acceleration")
    native = computes_bfloat16("cpu")
    curves: dict[str, dict[str, np.ndarray]] = {}
    rows = []
    for name, (train, measure) in SETS.items():
        curves[name] = {}
        for kind in KINDS:
            losses, results, seconds = [], [], []
            with contextlib.nullcontext() if native or kind == "float32" else in_software():
                for seed in range(arguments.seeds):
                    model, result = train(kind, seed, arguments.rows)
                    losses.append(model.history_["train_loss"].to_numpy())
                    results.append(result)
                    seconds.append(model.history_["seconds"].median())
            curves[name][kind] = np.array(losses)
            last = curves[name][kind][:, -1]
            time = f"{1e3 * np.median(seconds):.1f} ms" if native else ""
            shown = f"{np.mean(results):.4f} ± {np.std(results):.4f}"
            rows.append([name, kind, f"{last.mean():.4f} ± {last.std():.4f}", f"{measure} {shown}", time])
            print(rows[-1], flush=True)
    picture(curves, arguments.picture)
    how = "" if native else " This processor has no bfloat16: computed in software, without times."
    lines = [f"{conditions('torch')} Mean ± deviation of {arguments.seeds} seeds.{how}", ""]
    lines += table(["set", "precision", "loss of the last epoch", "result", "an epoch"], rows)
    print("\n".join(["", *lines]))
    if arguments.write:
        write_section(arguments.write, "precision", lines)


if __name__ == "__main__":
    main()
