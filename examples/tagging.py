"""Label every step: the hidden states of a machine, and names in short messages.

    python examples/tagging.py

Takes half a minute, needs no data, and writes outputs/tagging.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sksequence import LSTMTagger, WordFeatures
from sksequence.metrics import entity_report

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
STATES = ["idle", "working", "worn"]
# From each state (row) to each (column), in one step.
SWITCHES = np.array([[0.97, 0.03, 0.00], [0.02, 0.96, 0.02], [0.03, 0.00, 0.97]])
POWER = np.array([1.0, 3.0, 3.0])  # a worn machine draws no more power, but it trembles
TREMOR = np.array([0.2, 0.5, 0.9])


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def machines(n_machines, n_steps, seed):
    """Readings (n_machines, n_steps, 2) of power and vibration, and the state at every step."""
    rng = np.random.default_rng(seed)
    states = np.zeros((n_machines, n_steps), dtype=int)
    for t in range(1, n_steps):
        chances = SWITCHES[states[:, t - 1]].cumsum(axis=1)
        states[:, t] = (rng.random((n_machines, 1)) > chances).sum(axis=1)
    power = POWER[states] + rng.normal(size=states.shape)
    vibration = TREMOR[states] * rng.normal(size=states.shape)
    return np.stack([power, vibration], axis=2), np.array(STATES)[states]


def tag_machines():
    """Beside a logistic regression, which sees one step at a time."""
    heading("1. States of a machine, from noisy power and vibration")
    X, y = machines(150, 200, seed=0)
    X_new, y_new = machines(100, 200, seed=1)

    def each_step(X):
        return np.column_stack([X.reshape(-1, 2), X.reshape(-1, 2) ** 2])  # so that tremor shows

    alone = LogisticRegression(max_iter=1000).fit(each_step(X), y.ravel())
    print(f"logistic regression, step by step  {alone.score(each_step(X_new), y_new.ravel()):.3f}")
    taggers = {
        "one direction": LSTMTagger(hidden_size=32, bidirectional=False, random_state=0),
        "both directions": LSTMTagger(hidden_size=32, random_state=0),
        "both directions, crf": LSTMTagger(hidden_size=32, crf=True, random_state=0),
    }
    for name, tagger in taggers.items():
        print(f"LSTMTagger, {name:22} {tagger.fit(X, y).score(X_new, y_new):.3f}", flush=True)
    shown = next(i for i, states in enumerate(y_new) if len(set(states)) == len(STATES))
    said = {
        "logistic regression": alone.predict(each_step(X_new[[shown]])),
        "LSTMTagger": taggers["both directions"].predict(X_new[[shown]])[0],
        "what it did": y_new[shown],
    }
    draw(X_new[shown], said)


def draw(readings, said):
    """One machine: what was read, what was said of each step, and what it did."""
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9, 5), sharex=True, layout="constrained", height_ratios=(1, 1.2)
    )
    above.plot(readings, lw=0.8, label=["power", "vibration"])
    above.set_ylabel("reading")
    above.legend(loc="upper right", ncols=2, frameon=False)
    for place, labels in enumerate(said.values()):
        for state, colour in zip(STATES, ("0.8", "#56B4E9", "#D55E00"), strict=True):
            here = labels == state
            steps = np.arange(len(labels))[here]
            below.bar(
                steps, 0.7, width=1.0, bottom=place - 0.35, color=colour, label=state if not place else None
            )
    below.set_yticks(range(len(said)), said)
    below.set_xlabel("step")
    below.set_xlim(-0.5, len(readings) - 0.5)
    below.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3, frameon=False)
    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "tagging.png", dpi=110)
    plt.close(figure)
    print(f"Drawn in {OUTPUTS.name}/tagging.png")


FIRST = "Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Karla Leon Mia Noah Olga Paul".split()
LAST = "Adler Brandt Conrad Decker Engel Fischer Graf Hauser Iversen Jansen Keller Lindner".split()
TOWNS = "Berlin Oslo Lisbon Vienna Prague Dublin Warsaw Madrid Porto Geneva".split()
REGIONS = ["North", "South", "New", "Upper"]
MESSAGES = [
    "PER arrives in LOC on Monday .",
    "please send the papers to PER in LOC",
    "LOC was cold , wrote PER .",
    "is PER still in LOC ?",
    "the train from LOC to LOC is late",
    "PER and PER met near LOC",
    "no news today .",
    "call PER before noon , please",
]


def messages(n, seed):
    """Short messages in words, and the tags of persons and places (BIO)."""
    rng = np.random.default_rng(seed)
    sentences, tags = [], []
    for _ in range(n):
        words, labels = [], []
        for word in MESSAGES[rng.integers(len(MESSAGES))].split():
            if word == "PER":
                name = [rng.choice(FIRST)] + [rng.choice(LAST)] * rng.integers(2)
            elif word == "LOC":
                name = [rng.choice(REGIONS)] * int(rng.random() < 0.3) + [rng.choice(TOWNS)]
            else:
                words.append(word)
                labels.append("O")
                continue
            words += map(str, name)
            labels += [f"B-{word}"] + [f"I-{word}"] * (len(name) - 1)
        sentences.append(words)
        tags.append(labels)
    return sentences, tags


def tag_names():
    """A pipeline from words to entities."""
    heading("2. Persons and places in short messages")
    sentences, tags = messages(400, seed=0)
    new, came = messages(200, seed=1)
    pipe = make_pipeline(
        WordFeatures(),
        LSTMTagger(token_features="all", embedding_dim=16, hidden_size=32, crf=True, random_state=0),
    )
    pipe.fit(sentences, tags)
    print(entity_report(came, pipe.predict(new)).round(3).to_string())
    unseen = "Zora Jansen arrives in North Porto on Monday .".split()
    print(
        "\n" + "  ".join(f"{word}/{tag}" for word, tag in zip(unseen, pipe.predict([unseen])[0], strict=True))
    )


def main():
    """Run both."""
    tag_machines()
    tag_names()


if __name__ == "__main__":
    main()
