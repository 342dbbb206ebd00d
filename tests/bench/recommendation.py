"""How good `recommend` is: its choice beside the three classifiers at their defaults, on six archive sets.

    python tests/bench/recommendation.py

3-fold cross-validation in the training parts; the test splits are never read. Folds that are recommended for
are not trained on apart: the recommendation has seen the whole training part, targets included, as a user's
would. One standard error is that of the best candidate's accuracy over all sequences, sqrt(p (1 - p) / n).
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from archive import TSC, loaders
from sklearn.model_selection import StratifiedKFold, cross_val_score

from sksequence import GRUClassifier, LSTMClassifier, RNNClassifier, recommend

COLUMNS = (
    "set",
    "choice",
    "accuracy",
    "RNN",
    "LSTM",
    "GRU",
    "standard error",
    "within one",
    "CPU s to recommend",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=list(TSC))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    archive, seed = loaders(), arguments.seed
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    begin, hits = time.process_time(), 0
    for name in arguments.sets:
        X, y = archive.load_tsc(name, "TRAIN")
        start = time.process_time()
        found = recommend(X, y, random_state=seed)
        took = time.process_time() - start
        folds = StratifiedKFold(3, shuffle=True, random_state=seed)
        models = [
            found.estimator,
            *(c(random_state=seed) for c in (RNNClassifier, LSTMClassifier, GRUClassifier)),
        ]
        chosen, *others = (cross_val_score(model, X, y, cv=folds).mean() for model in models)
        best = max(others)
        error = np.sqrt(best * (1 - best) / len(y))
        within = chosen >= best - error - 1e-12
        hits += within
        table = found.table["value"]
        told = f"{table['cell']}, reach {table['dependency range']}, memory {table['memory']}"
        told += ", pooling last" * (table["pooling"] == "last")
        figures = " | ".join(f"{value:.3f}" for value in (chosen, *others, error))
        print(f"| {name} | {told} | {figures} | {'yes' if within else 'no'} | {took:.1f} |", flush=True)
    spent = time.process_time() - begin
    print(f"\n{hits} of {len(arguments.sets)} within one standard error; {spent:.0f} CPU s")


if __name__ == "__main__":
    main()
