"""Time one package's recurrent classifier in this process and print a line of JSON; its parent starts it."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import json
import statistics
import sys
import time

FEW, MANY, BATCH, HIDDEN = 1, 3, 64, 64
N, STEPS, FEATURES, CLASSES = 2000, 100, 6, 3
ROUNDS = 3


class Ours:
    """Last state, linear layer; scaled inputs, a schedule and clipping, which the others lack."""

    needs = ("sksequence",)

    def __init__(self, cell: str):
        import sksequence

        self.kind = getattr(sksequence, f"{cell}Classifier")

    def fit(self, X, y, epochs: int):
        """Train a new network."""
        plain = {"pooling": "last", "dropout": 0.0, "patch_size": 1, "random_state": 0}
        model = self.kind(hidden_size=HIDDEN, batch_size=BATCH, max_epochs=epochs, **plain)
        return model.fit(X, y)

    def predict(self, model, X):
        """Probabilities, (n, CLASSES)."""
        return model.predict_proba(X)


class Keras:
    """A layer and a Dense on any backend."""

    needs = ("keras",)

    def __init__(self, cell: str):
        import keras

        self.keras, self.layer = keras, getattr(keras.layers, "SimpleRNN" if cell == "RNN" else cell)

    def fit(self, X, y, epochs: int):
        """Build, compile, train."""
        layers = self.keras.layers
        model = self.keras.Sequential(
            [self.keras.Input((STEPS, FEATURES)), self.layer(HIDDEN), layers.Dense(CLASSES, "softmax")]
        )
        model.compile(self.keras.optimizers.AdamW(5e-3), "sparse_categorical_crossentropy")
        model.fit(X, y, batch_size=BATCH, epochs=epochs, verbose=0)
        return model

    def predict(self, model, X):
        """Probabilities, (n, CLASSES)."""
        return model.predict(X, batch_size=256, verbose=0)


class Tsai:
    """tsai's model of that name in a learner of fastai; one sequence is held back, for it wants some."""

    needs = ("tsai.basics", "tsai.models.RNN")

    def __init__(self, cell: str):
        import tsai.basics
        import tsai.models.RNN

        self.tsai, self.kind = tsai.basics, getattr(tsai.models.RNN, cell)

    def fit(self, X, y, epochs: int):
        """Data loaders, learner, training."""
        tsai = self.tsai
        splits = (list(range(len(X))), [0])
        sets = tsai.TSDatasets(X.transpose(0, 2, 1), y, tfms=[None, [tsai.Categorize()]], splits=splits)
        loaders = tsai.TSDataLoaders.from_dsets(sets.train, sets.valid, bs=[BATCH, 256], num_workers=0)
        learner = tsai.Learner(loaders, self.kind(FEATURES, CLASSES, hidden_size=HIDDEN))
        with learner.no_bar(), learner.no_logging():
            learner.fit(epochs, 5e-3)
        return learner

    def predict(self, model, X):
        """Probabilities, (n, CLASSES)."""
        with model.no_bar(), model.no_logging():
            return model.get_X_preds(X.transpose(0, 2, 1), bs=256)[0].numpy()


class Sktime:
    """sktime's GRUClassifier in torch; it has no LSTM classifier without convolutions."""

    needs = ("sktime.classification.deep_learning.gru",)

    def __init__(self, cell: str):
        from sktime.classification.deep_learning.gru import GRUClassifier

        if cell != "GRU":
            raise SystemExit("sktime is compared with its GRUClassifier alone.")
        self.kind = GRUClassifier

    def fit(self, X, y, epochs: int):
        """Train a new network."""
        sizes = {"hidden_dim": HIDDEN, "n_layers": 1, "batch_first": True, "lr": 5e-3, "optimizer": "AdamW"}
        model = self.kind(**sizes, num_epochs=epochs, batch_size=BATCH, random_state=0)
        return model.fit(X.transpose(0, 2, 1), y)

    def predict(self, model, X):
        """Probabilities, (n, CLASSES)."""
        return model.predict_proba(X.transpose(0, 2, 1))


SUBJECTS = {"sksequence": Ours, "keras": Keras, "tsai": Tsai, "sktime": Sktime}


def timed(function, *arguments):
    """What a call returns, and its seconds."""
    begin = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - begin


def measure(package: str, cell: str) -> dict:
    """All figures, in seconds."""
    kind = SUBJECTS[package]
    _, importing = timed(lambda: [importlib.import_module(name) for name in kind.needs])
    import numpy as np

    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, STEPS, FEATURES)).astype(np.float32)
    y = (X[:, -5:, 0].sum(axis=1) > 0).astype(np.int64) + (X[:, -1, 1] > 0)
    subject = kind(cell)
    _, first = timed(subject.fit, X, y, FEW)
    short = [timed(subject.fit, X, y, FEW)[1] for _ in range(ROUNDS)]
    runs = [timed(subject.fit, X, y, MANY) for _ in range(ROUNDS)]
    model = runs[-1][0]
    probabilities, _ = timed(subject.predict, model, X)
    assert probabilities.shape == (N, CLASSES), probabilities.shape
    many = [timed(subject.predict, model, X)[1] for _ in range(ROUNDS)]
    subject.predict(model, X[:1])
    one = [timed(subject.predict, model, X[i : i + 1])[1] for i in range(30)]
    long = statistics.median(seconds for _, seconds in runs)
    return {
        "version": importlib.metadata.version(package),
        "import": importing,
        "first": importing + first,
        "fit": long,
        "epoch": (long - statistics.median(short)) / (MANY - FEW),
        "predict": statistics.median(many),
        "one": statistics.median(one),
        "accuracy": float((probabilities.argmax(axis=1) == y).mean()),
    }


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", choices=SUBJECTS)
    parser.add_argument("cell", choices=["LSTM", "GRU"])
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        figures = measure(arguments.package, arguments.cell)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
