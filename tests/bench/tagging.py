"""Accuracy of part-of-speech tags (UD English EWT, 17 universal tags), mean and spread over seeds.

python tests/bench/tagging.py --validate             # the development split: for choosing
python tests/bench/tagging.py                        # the official test split
python tests/bench/tagging.py --cells lstm gru --set hidden_size=64 crf=True --validate

Words become ids of the word, its first and last letters and its shape; nothing is pretrained.
"""

from __future__ import annotations

import argparse
import ast
import time
from collections import Counter, defaultdict

import numpy as np
from archive import loaders
from sklearn.pipeline import make_pipeline

import sksequence
from sksequence import WordFeatures
from sksequence.metrics import token_accuracy


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", nargs="+", default=["LSTM"], type=str.upper)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--validate", action="store_true", help="never read the test split")
    parser.add_argument("--set", nargs="*", default=[], dest="options", metavar="PARAM=VALUE")
    return parser.parse_args()


def value(text: str):
    """A Python literal, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def sentences(part: str) -> tuple[list, list]:
    """Words and tags of each sentence."""
    words, tags = zip(*loaders().load_conllu(part), strict=True)
    return list(words), list(tags)


def most_frequent(words: list, tags: list, new: list) -> list:
    """The commonest tag of each word in training, and the commonest of all for words that are new."""
    seen: dict[str, Counter] = defaultdict(Counter)
    for sentence, labels in zip(words, tags, strict=True):
        for word, label in zip(sentence, labels, strict=True):
            seen[word][label] += 1
    commonest = sum(seen.values(), Counter()).most_common(1)[0][0]
    best = {word: counts.most_common(1)[0][0] for word, counts in seen.items()}
    return [[best.get(word, commonest) for word in sentence] for sentence in new]


def unseen(words: list, new: list) -> np.ndarray:
    """Whether each word of the new sentences never stood in training."""
    known = {word for sentence in words for word in sentence}
    return np.array([word not in known for sentence in new for word in sentence])


def main() -> None:
    """Print the table."""
    arguments = parse()
    options = {k: value(v) for k, v in (item.split("=", 1) for item in arguments.options)}
    options = {"token_features": "all", "embedding_dim": 32} | options
    words, tags = sentences("train")
    new, came = sentences("dev" if arguments.validate else "test")
    fresh, truth = unseen(words, new), np.concatenate(came)
    print(f"accuracy on the {'development' if arguments.validate else 'test'} split; {options}\n")
    print(
        "| | all words | words not in training | CPU s, one fit | CPU s, prediction |\n|---|---|---|---|---|"
    )
    guess = most_frequent(words, tags, new)
    right = np.concatenate(guess) == truth
    print(f"| most frequent tag | {token_accuracy(came, guess):.4f} | {right[fresh].mean():.4f} | | |")
    for cell in arguments.cells:
        scores, begin, asked = [], time.process_time(), 0.0
        for seed in range(arguments.seeds):
            tagger = getattr(sksequence, f"{cell}Tagger")(random_state=seed, **options)
            pipe = make_pipeline(WordFeatures(), tagger).fit(words, tags)
            asking = time.process_time()
            right = np.concatenate(pipe.predict(new)) == truth
            asked += time.process_time() - asking
            scores.append((right.mean(), right[fresh].mean()))
        taken = time.process_time() - begin - asked
        each, spread = np.mean(scores, axis=0), np.std(scores, axis=0)
        print(
            f"| {cell}Tagger | {each[0]:.4f} ± {spread[0]:.4f} | {each[1]:.4f} ± {spread[1]:.4f} "
            f"| {taken / arguments.seeds:.0f} | {asked / arguments.seeds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
