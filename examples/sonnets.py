"""A model of characters reads Shakespeare, says how likely lines are, and writes.

    python examples/sonnets.py [a text file]

By default it reads six sonnets, enough to see words and lines being learned, and far too little to write
well; a file of a megabyte is better, and takes some minutes.
"""

import sys
from pathlib import Path

from sksequence import LSTMLanguageModel

SONNETS = Path(__file__).with_name("sonnets.txt")


def main(path=SONNETS):
    text = Path(path).read_text(encoding="utf-8")
    small = len(text) < 100_000
    model = LSTMLanguageModel(
        hidden_size=128 if small else 256,
        max_epochs=60 if small else "auto",
        dropout=0.3 if small else 0.0,
        random_state=0,
    ).fit(text)
    losses = model.history_[["train_loss"]]
    print(losses.iloc[:: max(1, len(losses) // 6)].round(3).to_string())
    print(f"{len(text):,} characters, {model.n_parameters_:,} weights, {model.n_iter_} passes\n")

    for line in ("Shall I compare thee to a winter's day?", "Shall I thee to day winter's compare a?"):
        print(f"{-model.score(line):.2f} bits a character: {line}")

    for temperature in (0.3, 0.7, 1.0):
        print(f"\n--- temperature {temperature}")
        print("When" + model.generate("When", max_tokens=200, temperature=temperature, random_state=0))

    print("\n--- as it comes, until a full stop")
    for piece in model.stream("My love", random_state=1, temperature=0.7, max_tokens=300):
        print(piece, end="", flush=True)
        if piece == ".":
            break
    print()


if __name__ == "__main__":
    main(*sys.argv[1:2])
