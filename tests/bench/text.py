"""Sentiment of texts: recurrent classifiers beside TF-IDF and logistic regression, with CPU seconds.

python tests/bench/text.py --set imdb --seeds 3       # the third of IMDB at hand, its test part
python tests/bench/text.py --set mr                   # movie review sentences, ten folds
python tests/bench/text.py --set imdb --validate      # a validation part of other films; reads no test part
python tests/bench/text.py --set imdb --tokenize      # seconds and memory of the tokenizer alone
python tests/bench/text.py --set mr --validate --options hidden_size=32 embedding_dropout=0.4
python tests/bench/text.py --validate --labels 2000 --max-length 128 --company    # few labels, all texts read
"""

from __future__ import annotations

import argparse
import ast
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
from archive import loaders
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit, StratifiedKFold, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline

import sksequence
from sksequence import SequenceTokenizer, cooccurrence_vectors

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

TOKENIZER = {
    "imdb": {"min_df": 2, "max_length": 400, "truncate": "middle"},
    "mr": {"min_df": 2},
}
# Of long texts there are few, and what their words say is best learned slowly.
NETWORK = {"imdb": {"embedding_dim": 100, "embedding_lr": 2e-3}, "mr": {"embedding_dim": 100}}


def value(text: str):
    """A Python literal, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=["imdb", "mr"], default="imdb", dest="name")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--cell", default="LSTM", type=str.upper, choices=["RNN", "LSTM", "GRU"])
    parser.add_argument("--validate", action="store_true", help="hold out a part of the training texts")
    parser.add_argument("--tokenize", action="store_true", help="time the tokenizer alone")
    parser.add_argument("--labels", type=int, help="how many texts keep their label; None: all")
    parser.add_argument("--company", action="store_true", help="vectors by company in all training texts")
    parser.add_argument("--max-length", type=int, help="tokens of a text at most; None: as usual")
    parser.add_argument("--options", nargs="*", default=[], metavar="PARAM=VALUE")
    return parser.parse_args()


def imdb(root: str, *, test: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reviews without line breaks in HTML, their labels, and the films."""
    import pandas as pd

    table = pd.read_csv(f"{root}/text/imdb_third_{'test' if test else 'train'}.csv.gz")
    texts = table.text.str.replace("<br />", " ", regex=False)
    return texts.to_numpy(object), table.label.to_numpy(), table.movie.to_numpy()


def splits(name: str, *, validate: bool) -> Iterator[Split]:
    """Texts and labels to learn from, and to be scored on."""
    archive = loaders()
    if name == "imdb":
        X, y, film = imdb(archive.DATA, test=False)
        if not validate:
            X_test, y_test, _ = imdb(archive.DATA, test=True)
            yield X, y, X_test, y_test
            return
        folds = GroupShuffleSplit(1, test_size=0.25, random_state=0).split(X, y, film)
    else:
        import pandas as pd

        table = pd.read_csv(f"{archive.DATA}/text/mr_polarity.tsv.gz", sep="\t", quoting=3)
        X, y = table.text.to_numpy(object), table.label.to_numpy()
        folds = StratifiedKFold(10, shuffle=True, random_state=0).split(X, y)
        if validate:
            rows, _ = next(folds)
            X, y = X[rows], y[rows]
            folds = StratifiedShuffleSplit(2, test_size=0.15, random_state=1).split(X, y)
    for train, test in folds:
        yield X[train], y[train], X[test], y[test]


def linear():
    """What there is to beat."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        LogisticRegression(C=10, max_iter=1000),
    )


def measure(model, split: Split) -> tuple[np.ndarray, float]:
    """Probability of a positive text, and CPU seconds of `fit`."""
    X, y, X_test, _ = split
    begun = time.process_time()
    model.fit(X, y)
    return model.predict_proba(X_test)[:, 1], time.process_time() - begun


def few(split: Split, n_labels: int | None) -> Split:
    """The split with so many of its training texts, drawn at random; None for all."""
    X, y, X_test, y_test = split
    rows = np.random.default_rng(0).permutation(len(X))[:n_labels]
    return (X, y, X_test, y_test) if n_labels is None else (X[rows], y[rows], X_test, y_test)


def start(texts: np.ndarray, arguments: argparse.Namespace) -> tuple[SequenceTokenizer, dict]:
    """The tokenizer, and what the network begins with: vectors by company in these texts, if asked for."""
    settings = TOKENIZER[arguments.name]
    if arguments.max_length:
        settings = settings | {"max_length": arguments.max_length, "truncate": "middle"}
    if not arguments.company:
        return SequenceTokenizer(**settings), {}
    reader = SequenceTokenizer(min_df=settings["min_df"], max_features=20_000)
    vectors = cooccurrence_vectors(reader.fit_transform(texts), random_state=0)
    cut = {name: settings[name] for name in ("max_length", "truncate") if name in settings}
    dropout = {"embedding_dropout": 0.3, "input_dropout": 0.5}  # as from a random start
    return SequenceTokenizer(vocabulary=reader.vocabulary_, **cut), {"embeddings": vectors} | dropout


def report(rows: dict[str, list[tuple[float, float]]]) -> None:
    """Print mean and spread of the accuracy, and seconds, of each model."""
    print(f"{'':44} accuracy (spread)   CPU s a fit")
    for name, results in rows.items():
        accuracy, seconds = np.array(results).T
        print(f"{name:44} {accuracy.mean():.4f} ({accuracy.std():.4f})   {seconds.mean():9.1f}", flush=True)


def compare(arguments: argparse.Namespace) -> None:
    """Fit, score and print."""
    options = NETWORK[arguments.name] | {k: value(v) for k, v in (o.split("=", 1) for o in arguments.options)}
    network = getattr(sksequence, f"{arguments.cell}Classifier")
    rows: dict[str, list[tuple[float, float]]] = {}

    def note(name: str, proba: np.ndarray, seconds: float, y: np.ndarray) -> None:
        rows.setdefault(name, []).append((float(((proba > 0.5) == (y == 1)).mean()), seconds))

    for whole in splits(arguments.name, validate=arguments.validate):
        split, y = few(whole, arguments.labels), whole[3]
        began = time.process_time()
        tokenizer, given = start(whole[0], arguments)
        prepared = time.process_time() - began
        by_words, seconds = measure(linear(), split)
        note("TF-IDF of 1- and 2-grams, logistic regression", by_words, seconds, y)
        members, spent = [], 0.0
        for seed in range(arguments.seeds):
            settings = {"random_state": seed} | given | options
            proba, taken = measure(make_pipeline(clone(tokenizer), network(**settings)), split)
            taken += prepared
            note(f"{arguments.cell}, one network", proba, taken, y)
            members.append(proba)
            spent += taken
        mean = np.mean(members, axis=0)
        if arguments.seeds > 1:
            note(f"{arguments.cell}, mean of {arguments.seeds} seeds", mean, spent, y)
        note("mean of that and the linear model", (mean + by_words) / 2, spent + seconds, y)
    report(rows)


def tokenize(arguments: argparse.Namespace) -> None:
    """Time and weigh the tokenizer beside CountVectorizer with the same pattern."""
    texts = next(splits(arguments.name, validate=True))[0]
    if arguments.name == "imdb":
        texts = imdb(loaders().DATA, test=False)[0]
    pattern = SequenceTokenizer().token_pattern
    makers: dict[str, Callable] = {
        "SequenceTokenizer": SequenceTokenizer,
        "CountVectorizer": lambda: CountVectorizer(token_pattern=pattern),
    }
    for name, make in makers.items():
        seconds = []
        for _ in range(5):
            start = time.process_time()
            out = make().fit_transform(texts)
            seconds.append(time.process_time() - start)
        tracemalloc.start()
        out = make().fit_transform(texts)
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        size = out.values.nbytes if hasattr(out, "values") else out.data.nbytes + out.indices.nbytes
        print(
            f"{name:20} {len(texts):,} texts: {min(seconds):.2f} CPU s (least of 5); output "
            f"{size / 2**20:.1f} MiB, kept {kept / 2**20:.1f}, peak {peak / 2**20:.1f}"
        )


if __name__ == "__main__":
    given = parse()
    if given.tokenize:
        tokenize(given)
    else:
        compare(given)
