"""Accuracy of the classifiers at their defaults on six archive sets, mean and spread over seeds.

python tests/bench/classification.py                 # official test splits, five seeds
python tests/bench/classification.py --validate      # 3-fold cross-validation inside the training splits
python tests/bench/classification.py --set dropout=0.3 --cells lstm --validate
"""

from __future__ import annotations

import argparse
import ast
import time

import numpy as np
from archive import TSC, loaders
from sklearn.model_selection import StratifiedKFold, cross_val_score

import sksequence


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", nargs="+", default=["RNN", "LSTM", "GRU"], type=str.upper)
    parser.add_argument("--sets", nargs="+", default=list(TSC))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--validate", action="store_true", help="never read the test splits")
    parser.add_argument("--set", nargs="*", default=[], dest="options", metavar="PARAM=VALUE")
    return parser.parse_args()


def value(text: str):
    """A Python literal, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def scores(model_class, name: str, arguments: argparse.Namespace, options: dict) -> list[float]:
    """Accuracy by seed."""
    archive = loaders()
    X, y = archive.load_tsc(name, "TRAIN")
    result = []
    for seed in range(arguments.seeds):
        model = model_class(random_state=seed, **options)
        if arguments.validate:
            folds = StratifiedKFold(3, shuffle=True, random_state=seed)
            result.append(cross_val_score(model, X, y, cv=folds).mean())
        else:
            X_test, y_test = archive.load_tsc(name, "TEST")
            result.append(model.fit(X, y).score(X_test, y_test))
    return result


def main() -> None:
    """Print the table."""
    arguments = parse()
    options = {k: value(v) for k, v in (item.split("=", 1) for item in arguments.options)}
    part = "3-fold cross-validation in the training split" if arguments.validate else "official test split"
    print(f"accuracy, {part}, mean ± spread of {arguments.seeds} seeds; {options or 'defaults'}\n")
    print("| |" + "".join(f" {name} |" for name in arguments.sets) + " mean | CPU s |")
    print("|---" * (len(arguments.sets) + 3) + "|")
    for cell in arguments.cells:
        model_class = getattr(sksequence, f"{cell}Classifier")
        begin, means, row = time.process_time(), [], f"| {cell} |"
        for name in arguments.sets:
            each = scores(model_class, name, arguments, options)
            means.append(np.mean(each))
            row += f" {np.mean(each):.3f} ± {np.std(each):.3f} |"
        print(row + f" {np.mean(means):.3f} | {time.process_time() - begin:.0f} |", flush=True)


if __name__ == "__main__":
    main()
