"""Networks head to head, on your data: scores, times, sizes, and how far back they look.

    python examples/comparison.py

RNN, LSTM and GRU beside the models that they have to beat: on handwritten digits read column by column, then
as forecasters of monthly temperatures. Takes a minute; writes outputs/comparison.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from sksequence import compare
from sksequence.datasets import load_digit_columns, load_nottingham

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def digits(n_digits, **options):
    """A comparison of classifiers."""
    X, y = load_digit_columns(return_X_y=True)
    return compare(None, X[:n_digits], y[:n_digits], random_state=0, **options)


def temperatures(**options):
    """A comparison of forecasters, a year ahead; errors are in units of those of the seasonal naive one."""
    return compare(None, load_nottingham(), horizon=12, scoring="mase", random_state=0, **options)


def picture(found):
    figure, ax = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
    found.plot(ax=ax)
    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "comparison.png", dpi=110)
    plt.close(figure)


def main():
    heading("1. Digits, column by column")
    found = digits(600, cv=5, verbose=1)
    print(found)
    print(f"\nLSTM against RNN: p = {found.test('LSTM', 'RNN'):.2f}")
    picture(found)
    heading("2. Temperatures, a year ahead")
    print(temperatures(cv=3, verbose=1))
    print(f"\nPicture: {OUTPUTS.name}/comparison.png")


if __name__ == "__main__":
    main()
