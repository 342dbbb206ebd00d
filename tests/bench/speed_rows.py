"""What is timed, one row of the table each: the package's way, and the way that it is measured against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import loops
import numpy as np

Pair = tuple[Callable[[], object], Callable[[], object]]


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    part : str
        Section of the command line that it belongs to.
    work, against : str
        What is done, and by whom else.
    make : callable
        Reads the data, trains what is needed beforehand, and gives two functions: the package's, the other's.
    asked : float or None
        The least ratio that was set as a goal before anything was measured.
    fast : bool
        Whether numba, the extra ``fast``, is there; it is kept from the other rows.
    threads : tuple of int
        Threads that torch is allowed, on either side; the package may take fewer.
    environment : dict
        Variables of the process.
    """

    part: str
    work: str
    against: str
    make: Callable[[], Pair]
    asked: float | None = None
    fast: bool = False
    threads: tuple[int, ...] = (1, 2)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A name for the file of results."""
        return f"{self.part}: {self.work} / {self.against}"


# ---------------------------------------------------------------------- data
@cache
def equal(n: int = 2000, n_steps: int = 100, n_features: int = 6):
    """Sequences of equal length and three labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_steps, n_features)).astype(np.float32)
    return X, rng.integers(0, 3, size=n)


@cache
def ragged(n: int = 2_000):
    """Sequences of 10 to 400 steps, log-uniform, and three labels."""
    rng = np.random.default_rng(0)
    lengths = np.exp(rng.uniform(np.log(10), np.log(400), size=n)).astype(int)
    return [rng.normal(size=(k, 6)).astype(np.float32) for k in lengths], rng.integers(0, 3, size=n)


# ---------------------------------------------------------------------- ours and theirs
def estimator(cell: str, **options):
    """A classifier that takes the same batches as the loops."""
    import sksequence

    settings = {"hidden_size": 64, "batch_size": 64, "max_epochs": 1, "patch_size": 1, "random_state": 0}
    return getattr(sksequence, f"{cell}Classifier")(**(settings | options))


def skorch_net(X, hidden: int, batch_size: int, epochs: int):
    """The loop's network in skorch: its DataLoader, its defaults."""
    sizes = {"n_features": X.shape[2], "hidden": hidden, "n_outputs": 3}
    return loops.skorch_classifier("LSTM", **sizes, batch_size=batch_size, epochs=epochs)


def training(cell: str, hidden: int = 64, n_steps: int = 100, batch_size: int = 64, epochs: int = 1):
    """Against a loop over index-sliced batches."""

    def make() -> Pair:
        X, y = equal(n_steps=n_steps)
        options = {"hidden": hidden, "batch_size": batch_size, "epochs": epochs}
        model = estimator(cell, hidden_size=hidden, batch_size=batch_size, max_epochs=epochs)
        return lambda: model.fit(X, y), lambda: loops.train_equal(cell, X, y, **options)

    return make


def allocator() -> Pair:
    """What keeping freed memory brings within a fit: the package with and without it."""
    X, y = equal(n_steps=96)
    kept = estimator("LSTM", batch_size=256, max_epochs=3)
    given_back = estimator("LSTM", batch_size=256, max_epochs=3, keep_memory=False)
    return lambda: kept.fit(X, y), lambda: given_back.fit(X, y)


def packed(cell: str, bidirectional: bool = False):
    """Against a loop with PackedSequence."""

    def make() -> Pair:
        X, y = ragged()
        options = {"hidden": 64, "batch_size": 64, "epochs": 1, "bidirectional": bidirectional}
        model = estimator(cell, bidirectional=bidirectional)
        return lambda: model.fit(X, y), lambda: loops.train_packed(cell, X, y, **options)

    return make


def against_skorch(hidden: int, n_steps: int, epochs: int = 1):
    """Training against skorch."""

    def make() -> Pair:
        X, y = equal(n_steps=n_steps)
        model = estimator("LSTM", hidden_size=hidden, max_epochs=epochs)
        theirs = skorch_net(X, hidden, 64, epochs)
        return lambda: model.fit(X, y), lambda: theirs.fit(X, y)

    return make


def predict_many() -> Pair:
    """20,000 sequences, against torch in inference mode on what is standardised already."""
    X, y = equal()
    many = np.tile(X, (10, 1, 1))
    model = estimator("LSTM").fit(X, y)
    network = loops.train_equal("LSTM", X, y, hidden=64, batch_size=64, epochs=1)
    return lambda: model.predict_proba(many), lambda: loops.predict(network, many)


def predict_one() -> Pair:
    """200 calls for one sequence each, against skorch."""
    X, y = equal()
    model = estimator("LSTM").fit(X, y)
    theirs = skorch_net(X, 64, 64, 1).fit(X, y)
    single = [X[i : i + 1] for i in range(200)]
    return lambda: [model.predict(x) for x in single], lambda: [theirs.predict(x) for x in single]


def searching(model, width: str, n_jobs: int, backend: str = "loky"):
    """GridSearchCV of 18 fits of ten epochs."""
    import joblib
    from sklearn.model_selection import GridSearchCV

    X, y = equal(600, 50, 3)
    grid = {width: [8, 16, 32], "lr": [0.003, 0.01]}
    with joblib.parallel_config(backend=backend):
        return GridSearchCV(model, grid, cv=3, n_jobs=n_jobs, refit=False).fit(X, y)


def our_search(n_jobs: int, backend: str = "loky"):
    """With the package's classifier."""
    return searching(small(), "hidden_size", n_jobs, backend)


def search_against_skorch() -> Pair:
    """Two jobs on either side."""
    theirs = skorch_net(equal(600, 50, 3)[0], 8, 32, 10)
    return lambda: our_search(2), lambda: searching(theirs, "module__hidden", 2)


def search_of_two_jobs(backend: str):
    """Two jobs against one."""
    return lambda: (lambda: our_search(2, backend), lambda: our_search(1))


def small(**options):
    """The classifier of the searches."""
    return estimator("LSTM", batch_size=32, max_epochs=10, **options)


def one_by_one(models, folds):
    """What a search is made of: every fit by itself, and its score."""
    X, y = equal(600, 50, 3)
    return [
        model.fit(X[train], y[train]).score(X[test], y[test]) for model in models for train, test in folds
    ]


def search_against_fits() -> Pair:
    """GridSearchCV against its fits."""
    models = [small(hidden_size=n, lr=lr) for n in (8, 16, 32) for lr in (0.003, 0.01)]
    return lambda: our_search(1), lambda: one_by_one(models, folds_of(3))


def folds_of(n_folds: int):
    """What scikit-learn's functions make of ``cv=n_folds``."""
    from sklearn.model_selection import StratifiedKFold

    X, y = equal(600, 50, 3)
    return list(StratifiedKFold(n_folds).split(X, y))


def cross_validation_against_fits() -> Pair:
    """cross_val_score against its fits."""
    from sklearn.model_selection import cross_val_score

    model = small(hidden_size=16)
    data = equal(600, 50, 3)
    return lambda: cross_val_score(model, *data, cv=5), lambda: one_by_one([model], folds_of(5))


def learning_curve_against_fits() -> Pair:
    """learning_curve against its fits, each with the two scores that it takes."""
    from sklearn.model_selection import learning_curve

    model, (X, y), shares = small(hidden_size=16), equal(600, 50, 3), (0.25, 0.5, 1.0)

    def alone():
        for train, test in folds_of(5):
            for share in shares:
                some = train[: int(share * len(train))]
                model.fit(X[some], y[some])
                model.score(X[some], y[some])
                model.score(X[test], y[test])

    return lambda: learning_curve(model, X, y, cv=5, train_sizes=shares), alone


LOOP = "a loop over index-sliced batches, fused AdamW"
PACKED = "a loop with `PackedSequence`"
EQUAL = "2,000 × 100 × 6, hidden 64, batch 64"
RAGGED = "2,000 of 10 to 400 steps"
TINY = "LSTM, 2,000 × 50 × 6, hidden 16, batch 64"
LARGE = "2,000 × 96 × 6, hidden 64, batch 256"
SEARCH = "GridSearchCV, 18 fits of 10 epochs, 600 × 50 × 3, `n_jobs=2`"
FITS = "its fits and scores by themselves"
OMP = {"OMP_NUM_THREADS": "2"}
ROWS = (
    Row("training", f"LSTM, {EQUAL}", LOOP, training("LSTM"), 1.0),
    Row("training", f"GRU, {EQUAL}", LOOP, training("GRU"), 1.6),
    Row("training", f"GRU with `[fast]`, {EQUAL}", LOOP, training("GRU"), 3.5, fast=True),
    Row("training", f"RNN, {EQUAL}", LOOP, training("RNN"), 1.8),
    Row("training", f"LSTM with `[fast]`, {EQUAL}", LOOP, training("LSTM"), fast=True),
    Row("training", TINY, LOOP, training("LSTM", 16, 50, epochs=3), 0.95),
    Row("training", f"{TINY}, with `[fast]`", LOOP, training("LSTM", 16, 50, epochs=3), fast=True),
    Row("training", TINY, "skorch as it comes", against_skorch(16, 50, 3), 1.5),
    Row("training", f"{TINY}, with `[fast]`", "skorch as it comes", against_skorch(16, 50, 3), fast=True),
    Row("training", f"LSTM, {EQUAL}", "skorch as it comes", against_skorch(64, 100)),
    Row("training", f"LSTM, {LARGE}", LOOP, training("LSTM", 64, 96, 256, epochs=3), 1.7),
    Row("training", f"LSTM, {LARGE}", "itself with `keep_memory=False`", allocator),
    Row("training", f"LSTM with `[fast]`, {LARGE}", LOOP, training("LSTM", 64, 96, 256, epochs=3), fast=True),
    Row("training", f"GRU with `[fast]`, {LARGE}", LOOP, training("GRU", 64, 96, 256, epochs=3), fast=True),
    Row("ragged", f"LSTM, {RAGGED}, hidden 64", PACKED, packed("LSTM"), 14.0),
    Row("ragged", f"GRU with `[fast]`, {RAGGED}, hidden 64", PACKED, packed("GRU"), 14.0, fast=True),
    Row("ragged", f"LSTM with `[fast]`, {RAGGED}, hidden 64", PACKED, packed("LSTM"), fast=True),
    Row("ragged", f"LSTM, bidirectional, {RAGGED}", PACKED, packed("LSTM", True), 14.0),
    Row(
        "ragged", f"GRU with `[fast]`, bidirectional, {RAGGED}", PACKED, packed("GRU", True), 14.0, fast=True
    ),
    Row("predict", "one sequence of 100 × 6", "skorch's `predict`", predict_one, 2.0),
    Row("predict", "one sequence of 100 × 6, with `[fast]`", "skorch's `predict`", predict_one, fast=True),
    Row("predict", "20,000 × 100 × 6", "torch in inference mode, batches of 256", predict_many, 0.95),
    Row("search", SEARCH, "skorch, `n_jobs=2`", search_against_skorch, 2.0, threads=(0,)),
    Row(
        "search",
        f"{SEARCH}, with `[fast]`",
        "skorch, `n_jobs=2`",
        search_against_skorch,
        threads=(0,),
        fast=True,
    ),
    Row(
        "search",
        f"{SEARCH}, `OMP_NUM_THREADS=2`",
        "skorch, `n_jobs=2`",
        search_against_skorch,
        8.0,
        threads=(0,),
        environment=OMP,
    ),
    Row("search", SEARCH, "itself with `n_jobs=1`", search_of_two_jobs("loky"), 1.4, threads=(0,)),
    Row(
        "search",
        f"{SEARCH} in threads",
        "itself with `n_jobs=1`",
        search_of_two_jobs("threading"),
        threads=(0,),
    ),
    Row("search", "GridSearchCV, the same, `n_jobs=1`", FITS, search_against_fits, threads=(1,)),
    Row(
        "search", "cross_val_score, 5 fits, the same data", FITS, cross_validation_against_fits, threads=(1,)
    ),
    Row("search", "learning_curve, 15 fits, the same data", FITS, learning_curve_against_fits, threads=(1,)),
)
