"""A language model reads much text without labels, and a classifier that begins with it needs few labels.

The texts are made here: short reviews whose parts agree with each other. Labels are given for a few that
praise or blame with four words only; what is asked about uses other words, which stand in the unlabelled
texts alone. A classifier that begins at random cannot know them, one that begins with the model does.

    python examples/transfer.py
"""

import numpy as np
from sklearn.pipeline import make_pipeline

from sksequence import GRUClassifier, GRULanguageModel, SequenceTokenizer

PRAISE = ["good", "lovely", "splendid", "superb", "witty", "touching"]
BLAME = ["bad", "dull", "dreadful", "awful", "clumsy", "tedious"]
AFTER_PRAISE = ["we laughed till the end", "i will see it again", "my friends loved it", "go and see it"]
AFTER_BLAME = ["we left before the end", "i want my money back", "my friends slept", "stay at home"]
PARTS = ["plot", "music", "cast", "film", "story", "ending", "camera", "dialogue"]


def reviews(n, rng):
    """Unlabelled texts: two parts of a film in words of one kind, and what came of it."""
    texts = []
    for _ in range(n):
        words, ends = (PRAISE, AFTER_PRAISE) if rng.random() < 0.5 else (BLAME, AFTER_BLAME)
        first, second = rng.choice(PARTS, 2, replace=False)
        clauses = [f"the {part} was {rng.choice(words)}" for part in (first, second)]
        texts.append(" , ".join([*clauses, rng.choice(ends)]) + " .")
    return texts


def labelled(n, rng, place):
    """Texts of one clause with their labels, in the words that stand at `place` in the lists."""
    y = rng.integers(2, size=n)
    words = np.array([BLAME, PRAISE])[:, place]
    texts = [f"the {rng.choice(PARTS)} was {rng.choice(words[label])} ." for label in y]
    return texts, y


def main():
    rng = np.random.default_rng(0)
    model = GRULanguageModel(
        tokenizer=SequenceTokenizer(), embedding_dim=16, hidden_size=32, bptt=20, random_state=0
    ).fit(reviews(2000, rng))
    print(f"perplexity of new reviews: {model.perplexity(reviews(200, rng)):.2f}")
    print("it writes:", model.generate("the cast was splendid", random_state=1))

    X, y = labelled(40, rng, slice(0, 2))
    X_test, y_test = labelled(200, rng, slice(2, 6))
    tokenizer = SequenceTokenizer(vocabulary=model.tokenizer_.vocabulary_)  # knows the other words, too
    settings = {"hidden_size": 32, "max_epochs": 20, "lr": 1e-3, "random_state": 0}
    for name, start in (
        ("begins at random", {"embedding_dim": 16}),
        ("begins with the language model", {"init_from": model.encoder_weights()}),
    ):
        classifier = make_pipeline(tokenizer, GRUClassifier(**start, **settings)).fit(X, y)
        right = classifier.score(X_test, y_test)
        print(f"{name}: {right:.2f} of the texts in words without labels are told right")


if __name__ == "__main__":
    main()
