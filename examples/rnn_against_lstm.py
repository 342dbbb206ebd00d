"""RNN against LSTM: what is said of them, measured. Writes a page of tables and pictures.

    python examples/rnn_against_lstm.py             (half an hour of one core: docs/rnn_against_lstm.md)
    python examples/rnn_against_lstm.py --quick     (a minute: outputs/rnn_against_lstm.md)

Memory and gradients are measured on made sequences, the need for data on digits that come with the package,
scores and costs on real sets: set SKSEQUENCE_DATA to the folder that holds them, else they are left out.
"""

import argparse
import os
import platform
import sys
import warnings
from datetime import date
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
import torch
from sklearn.model_selection import StratifiedShuffleSplit

from sksequence import GRUClassifier, LSTMClassifier, RNNClassifier, compare
from sksequence.datasets import load_digit_columns
from sksequence.exceptions import NoSkillWarning
from sksequence.inspection import memory_range

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = ROOT / "outputs"
NETWORKS = {"RNN": RNNClassifier, "LSTM": LSTMClassifier, "GRU": GRUClassifier}
MEMORY = {'memory="auto"': "auto", "memory=None": None}
# As networks stand in textbooks: every step read singly, the last state answers, torch's own weights.
TEXTBOOK = {"patch_size": 1, "pooling": "last", "memory": None}
FULL = {
    "lags": (5, 10, 20, 50, 100, 200, 500, 1000),
    "seeds": 5,
    "n_samples": 2000,
    "epochs": 7,
    "solved": 0.02,  # loss from which on nothing more is learned
    "gradient_lag": 200,
    "sizes": (50, 150, 450, 1200),
    "splits": 5,
    "sets": ("ItalyPowerDemand", "JapaneseVowels", "GunPoint", "PickupGestureWiimoteZ"),
    "cv": 5,
}
QUICK = {
    "lags": (5, 20, 80),
    "seeds": 1,
    "n_samples": 640,
    "epochs": 5,
    "solved": 0.02,
    "gradient_lag": 50,
    "sizes": (50, 200),
    "splits": 1,
    "sets": ("ItalyPowerDemand",),
    "cv": 2,
}


def networks(**options):
    return {name: make(**options) for name, make in NETWORKS.items()}


# ---------------------------------------------------------------------- what is measured
def recall(lag, memory, make, seed, plan):
    """Accuracy on new sequences, steps taken, and the largest gradient of an epoch, at one lag."""
    from copy_task import copy_task

    X, y = copy_task(plan["n_samples"], seed, lag)
    model = make(
        hidden_size=32,
        pooling="last",  # nothing but the last state reaches the output
        patch_size=1,
        dropout=0.0,
        memory=memory,
        lr=3e-3,
        lr_schedule="constant",
        batch_size=32,
        random_state=seed,
    )
    for _ in range(plan["epochs"]):
        model.partial_fit(X, y)
        if model.history_["train_loss"].iloc[-1] < plan["solved"]:
            break
    accuracy = model.score(*copy_task(500, 1_000 + seed, lag))
    steps = model.n_iter_ * int(np.ceil(len(y) / 32))
    return {"accuracy": accuracy, "optimiser steps": steps, "gradient": model.history_["gradient_norm"].max()}


def measure_recall(plan):
    rows = []
    for lag in plan["lags"]:
        for label, memory in MEMORY.items():
            for name, make in NETWORKS.items():
                for seed in range(plan["seeds"]):
                    found = recall(lag, memory, make, seed, plan)
                    rows.append({"lag": lag, "memory": label, "network": name, "seed": seed} | found)
                print(f"lag {lag:5} {label:14} {name:5} accuracy {rows[-1]['accuracy']:.3f}", flush=True)
    return pd.DataFrame(rows)


def measure_gradients(plan):
    """Norm of the Jacobian of new networks by lag, as a share of that of the last step; mean of seeds."""
    from copy_task import copy_task

    X, y = copy_task(256, 0, plan["gradient_lag"])
    curves = {}
    for label, memory in MEMORY.items():
        for name, make in NETWORKS.items():
            squares = []
            for seed in range(plan["seeds"]):
                # A rate this small leaves the weights as they began.
                options = {"memory": memory, "lr": 1e-12, "max_epochs": 1, "random_state": seed}
                model = make(hidden_size=32, pooling="last", patch_size=1, dropout=0.0, **options).fit(X, y)
                curve = memory_range(model, X, method="jacobian", max_samples=64).curve
                squares.append((curve / curve[0]) ** 2)
            curves[name, label] = np.sqrt(np.mean(squares, axis=0))
    return pd.DataFrame(curves).rename_axis("lag")


def measure_data_needs(plan):
    """Accuracy on 500 digits, by the number of digits to learn from."""
    X, y = load_digit_columns(return_X_y=True)
    rows = []
    for n in plan["sizes"]:
        folds = StratifiedShuffleSplit(plan["splits"], train_size=n, test_size=500, random_state=0)
        for i, (train, test) in enumerate(folds.split(np.zeros(len(y)), y)):
            for name, model in networks(random_state=i).items():
                model.fit([X[j] for j in train], y[train])
                score = model.score([X[j] for j in test], y[test])
                rows.append({"digits": n, "split": i, "network": name, "accuracy": score})
    return pd.DataFrame(rows)


def real_set(name):
    """Training part of a real set, or None where it is not at hand."""
    folder = Path(os.environ.get("SKSEQUENCE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "loaders.py").exists():
        return None
    sys.path.insert(0, str(folder))
    import loaders

    return loaders.load_tsc(name, "TRAIN")[:2]


def measure_sets(plan):
    """Comparisons of networks at their defaults and as in textbooks, by set."""
    tables = {}
    for name in plan["sets"]:
        data = real_set(name)
        if data is None:
            continue
        models = networks(random_state=0)
        models |= {f"{k}, textbook": m for k, m in networks(random_state=0, **TEXTBOOK).items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoSkillWarning)  # the table shows it
            found = compare(models, *data, cv=plan["cv"], measure_memory=True, verbose=1)
        tables[name] = found
        print(found, flush=True)
    return tables


def machine():
    versions = (
        f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn {sklearn.__version__}"
    )
    return f"one core of {os.cpu_count()} ({platform.machine()}), {versions}"


def measure(plan):
    torch.set_num_threads(1)
    return {
        "recall": measure_recall(plan),
        "gradients": measure_gradients(plan),
        "digits": measure_data_needs(plan),
        "sets": measure_sets(plan),
        "date": date.today().isoformat(),
        "machine": machine(),
    }


def main(argv=None):
    from rnn_against_lstm_page import write

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small settings, in outputs/")
    quick = parser.parse_args(argv).quick
    plan, folder, images = (QUICK, OUTPUTS, ".") if quick else (FULL, ROOT / "docs", "images")
    measured = measure(plan)
    OUTPUTS.mkdir(exist_ok=True)
    joblib.dump((measured, plan), OUTPUTS / f"rnn_against_lstm{'_quick' * quick}.joblib")
    write(measured, plan, folder, images)


if __name__ == "__main__":
    main()
