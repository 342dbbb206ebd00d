"""Language models: nats a character, perplexity of words, sentiment from a pretrained model, and speed.

python tests/bench/language.py characters                  # tiny Shakespeare, about 3 CPU minutes
python tests/bench/language.py characters --long           # a larger network, about 15
python tests/bench/language.py words --cells RNN LSTM      # its words, side by side
python tests/bench/language.py writing                     # 10,000 characters, at hidden 256
python tests/bench/language.py pretrain                    # a model of IMDB training texts, kept in outputs/
python tests/bench/language.py sentiment                   # classifiers that begin with it, or at --random
python tests/bench/language.py sentiment --both            # and others that read from the end
python tests/bench/language.py characters --validate --set lr=0.005

With --validate no test part is read: what is chosen is chosen so, on the last tenth of the training part, or
on reviews of other films. --set gives other values to the model.
"""

from __future__ import annotations

import argparse
import ast
import time
from typing import Any

import joblib
import numpy as np
from archive import ROOT, loaders
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from text import linear

import sksequence
from sksequence import SequenceArray, SequenceTokenizer

OUTPUTS = ROOT / "outputs"
CHARACTERS: dict[str, Any] = {}  # the defaults
LONG = {"hidden_size": 512, "dropout": 0.4, "max_epochs": 8}
WORDS = {"embedding_dim": 128, "tie_embeddings": True, "dropout": 0.4, "batch_size": 16, "max_epochs": 6}
# Every sign of punctuation and every line's end is a word, capitals stay, and what is not among the 10,000
# commonest of the training part is unknown, there and later.
WORD_TOKENS = {"lowercase": False, "max_features": 10_000, "token_pattern": r"\w+(?:'\w+)*|[^\w\s]|\n"}
REVIEW_TOKENS = {"max_features": 10_000}
REVIEWS = {
    "embedding_dim": 100,
    "tie_embeddings": True,
    "hidden_size": 256,
    "dropout": 0.2,
    "lr": 6e-3,
    "batch_size": 20,
    "bptt": 35,
    "max_epochs": 5,
    "precision": "bfloat16",
}
SENTIMENT_TOKENS = {"max_length": 400, "truncate": "middle"}
SENTIMENT = {"hidden_size": 256, "max_epochs": 3, "batch_size": 32, "precision": "bfloat16"}
# Beside the model: vectors that learn slowly, noise that it bears, and an adversary.
BEGUN = {"embedding_lr": 1e-3, "input_dropout": 0.2, "adversarial": 5.0}


def value(text: str) -> Any:
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
    parser.add_argument("what", choices=["characters", "words", "writing", "pretrain", "sentiment"])
    parser.add_argument("--cells", nargs="+", default=["LSTM"], type=str.upper)
    parser.add_argument("--long", action="store_true", help="a larger network")
    parser.add_argument("--validate", action="store_true", help="never read a test part")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--random", action="store_true", help="sentiment without the model, beside which to see it"
    )
    parser.add_argument("--backward", action="store_true", help="reviews are read from their end")
    parser.add_argument("--both", action="store_true", help="sentiment by the mean of forward and backward")
    parser.add_argument("--set", nargs="*", default=[], dest="options", metavar="PARAM=VALUE")
    return parser.parse_args()


def parts(text: str, *, validate: bool) -> tuple[str, str]:
    """The first nine tenths and the last; for validation, the same of the first nine tenths."""
    cut = int(0.9 * len(text))
    return parts(text[:cut], validate=False) if validate else (text[:cut], text[cut:])


def fitted(model: Any, *data: Any) -> tuple[Any, float]:
    """The model, and the CPU seconds of its fit."""
    start = time.process_time()
    return model.fit(*data), time.process_time() - start


def characters(arguments: argparse.Namespace, options: dict) -> None:
    """Nats a character."""
    text, later = parts(loaders().load_chars(), validate=arguments.validate)
    for cell in arguments.cells:
        settings = {"random_state": 0} | (LONG if arguments.long else CHARACTERS) | options
        model, seconds = fitted(getattr(sksequence, f"{cell}LanguageModel")(**settings), text)
        nats = -np.concatenate(model.log_proba(later)).mean()
        print(
            f"{cell} {settings}: {nats:.4f} nats a character ({nats / np.log(2):.4f} bits) on "
            f"{len(later):,}; {model.n_parameters_:,} weights, {model.n_iter_} passes, {seconds:.0f} CPU s",
            flush=True,
        )


def words(arguments: argparse.Namespace, options: dict) -> None:
    """Perplexity of words, and bits of the same text a character."""
    text, later = parts(loaders().load_chars(), validate=arguments.validate)
    for cell in arguments.cells:
        settings = {"random_state": 0} | WORDS | options
        tokenizer = SequenceTokenizer(**WORD_TOKENS)
        kind = getattr(sksequence, f"{cell}LanguageModel")
        model, seconds = fitted(kind(tokenizer=tokenizer, **settings), text)
        log_proba = np.concatenate(model.log_proba(later))
        ids = model.tokenizer_.transform([later]).values[:, 0]
        unknown = ids == model.tokens_.tolist().index("[UNK]")
        print(
            f"{cell} {settings}: perplexity {np.exp(-log_proba.mean()):.1f} on {len(ids):,} words, "
            f"{unknown.mean():.1%} unknown; {np.exp(-log_proba[~unknown].mean()):.1f} on the known ones; "
            f"{model.n_tokens_:,} tokens, {model.n_parameters_:,} weights, {seconds:.0f} CPU s",
            flush=True,
        )


def writing(arguments: argparse.Namespace, options: dict) -> None:
    """Seconds of 10,000 characters, one after the other."""
    text = loaders().load_chars()[:20_000]
    for cell in arguments.cells:
        settings = {"hidden_size": 256, "max_epochs": 1, "random_state": 0} | options
        model = getattr(sksequence, f"{cell}LanguageModel")(**settings).fit(text)
        for sampling in ({}, {"top_k": 20}, {"top_p": 0.9}):
            start = time.process_time()
            written = model.generate("ROMEO:", max_tokens=10_000, random_state=0, **sampling)
            seconds = time.process_time() - start
            print(f"{cell} {settings} {sampling}: {len(written):,} characters in {seconds:.2f} CPU s")


def reviews(*, test: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts, labels and films of a third of IMDB."""
    table = loaders().load_imdb("test" if test else "train")
    texts = table.text.str.replace("<br />", " ", regex=False)
    return texts.to_numpy(object), table.label.to_numpy(), table.movie.to_numpy()


def other_films(labels: np.ndarray, films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of training reviews to learn from, and of some of other films to choose on."""
    return next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(labels, labels, films))


def from_the_end(ids: SequenceArray) -> SequenceArray:
    """The same sequences, the last token first."""
    starts = len(ids.values) - ids.starts - ids.lengths
    return SequenceArray(ids.values[::-1].copy(), starts, ids.lengths, vocabulary=ids.vocabulary)


def reader(backward: bool, **settings: Any) -> Any:
    """From reviews to ids in the order in which they are read."""
    tokenizer = SequenceTokenizer(**settings)
    return make_pipeline(tokenizer, FunctionTransformer(from_the_end)) if backward else tokenizer


def pretrain(arguments: argparse.Namespace, options: dict) -> None:
    """Fit a language model on training reviews, without their labels, and keep it."""
    texts, labels, films = reviews()
    learned, held_back = other_films(labels, films)
    if not arguments.validate:
        learned = np.arange(len(texts))
    tokens = reader(arguments.backward, **REVIEW_TOKENS)
    settings = {"random_state": 0} | REVIEWS | options
    model, seconds = fitted(sksequence.LSTMLanguageModel(**settings), tokens.fit_transform(texts[learned]))
    place = kept(arguments, arguments.backward)
    OUTPUTS.mkdir(exist_ok=True)
    joblib.dump(model, place)
    told = ""
    if arguments.validate:
        told = f"perplexity {model.perplexity(tokens.transform(texts[held_back])):.1f} on other films, "
    print(f"LSTM {settings}: {told}{model.n_parameters_:,} weights, {seconds:.0f} CPU s; {place}")


def kept(arguments: argparse.Namespace, backward: bool) -> Any:
    """Where the model of reviews is kept: of those learned from for a choice, or of all."""
    part = "part" if arguments.validate else "all"
    return OUTPUTS / f"reviews-{part}{'-backward' if backward else ''}.joblib"


def sentiment(arguments: argparse.Namespace, options: dict) -> None:
    """Accuracy of classifiers that begin with the model of reviews."""
    texts, labels, films = reviews()
    if arguments.validate:
        learned, asked = other_films(labels, films)
        X, y, X_test, y_test = texts[learned], labels[learned], texts[asked], labels[asked]
    else:
        X, y = texts, labels
        X_test, y_test, _ = reviews(test=True)
    proba, begins = [], "random" if arguments.random else "pretrained"
    for backward in (False, True) if arguments.both else (arguments.backward,):
        weights = joblib.load(kept(arguments, backward)).encoder_weights()
        # Only words that the model has read: the vectors of others would be random.
        words = weights.vocabulary[:-1]  # the last is the boundary between texts
        start = {"embedding_dim": weights.width} if arguments.random else {"init_from": weights} | BEGUN
        for seed in range(arguments.seeds):
            settings = SENTIMENT | options
            classifier = sksequence.LSTMClassifier(**({"random_state": seed} | start | settings))
            tokens = reader(backward, vocabulary=words, **SENTIMENT_TOKENS)
            model, seconds = fitted(make_pipeline(tokens, classifier), X, y)
            proba.append(model.predict_proba(X_test)[:, 1])
            print(
                f"LSTM, {begins} start, {'backward, ' if backward else ''}{settings} seed {seed}: "
                f"accuracy {right(proba[-1:], y_test):.4f}, {seconds:.0f} CPU s",
                flush=True,
            )
    by_words, seconds = fitted(linear(), X, y)
    counted = by_words.predict_proba(X_test)[:, 1]
    print(
        f"mean of {len(proba)}: {right(proba, y_test):.4f}; TF-IDF and logistic regression: "
        f"{right([counted], y_test):.4f}, {seconds:.0f} CPU s; mean of these two: "
        f"{right([np.mean(proba, axis=0), counted], y_test):.4f}"
    )


def right(proba: list, labels: np.ndarray) -> float:
    """Share of the reviews that the mean of these probabilities tells right."""
    return float(((np.mean(proba, axis=0) > 0.5) == (labels == 1)).mean())


if __name__ == "__main__":
    given = parse()
    globals()[given.what](given, {k: value(v) for k, v in (o.split("=", 1) for o in given.options)})
