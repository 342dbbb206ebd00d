"""How far back does a network remember? The copy task, with and without the right initialisation.

    python examples/copy_task.py [number of seeds]

A sequence shows one of eight symbols, then 200 steps of noise; at the end the network must name the
symbol. All information stands in the first step. Takes about a minute a seed; writes outputs/copy_task.png.
"""

import sys
from math import log
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sksequence import GRUClassifier, LSTMClassifier, RNNClassifier

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
LAG, N_SYMBOLS = 200, 8
NETWORKS = {"LSTM": LSTMClassifier, "GRU": GRUClassifier, "RNN": RNNClassifier}
# memory="auto", the default: gates and states start with time scales up to the length of the sequences.
# memory=None: torch's own initialisation.
MEMORY = {"auto": "auto", "none": None}


def copy_task(n_samples, seed, lag=LAG):
    """Sequences (n_samples, 1 + lag, N_SYMBOLS + 1), and the symbol that each begins with.

    The symbol is marked in its own feature of the first step; the last feature is noise afterwards.
    """
    rng = np.random.default_rng(seed)
    y = rng.integers(N_SYMBOLS, size=n_samples)
    X = np.zeros((n_samples, 1 + lag, N_SYMBOLS + 1), dtype=np.float32)
    X[np.arange(n_samples), 0, y] = 1.0
    X[:, 1:, -1] = rng.normal(size=(n_samples, lag))
    return X, y


def main(n_seeds=1):
    X, y = copy_task(2000, seed=0)
    X_test, y_test = copy_task(500, seed=1)
    print(
        f"One of {N_SYMBOLS} symbols, then {LAG} steps of noise: which symbol was it? Guessing gives .125.\n"
    )
    print(f"{'network':8} {'memory':8} {'seed':>4} {'accuracy':>9} {'steps until loss < 0.1':>24}")
    curves = {}
    for seed in range(n_seeds):
        for name, network in NETWORKS.items():
            for label, memory in MEMORY.items():
                model = network(
                    hidden_size=32,
                    pooling="last",  # nothing but the last state reaches the output
                    patch_size=1,  # every step is read singly
                    dropout=0.0,
                    memory=memory,
                    lr=3e-3,
                    batch_size=64,
                    max_epochs=12,
                    random_state=seed,
                ).fit(X, y)
                loss = model.history_["train_loss"]
                steps = loss.index * int(np.ceil(len(y) / 64))
                solved = steps[loss < 0.1]
                curves[name, label, seed] = steps, loss
                first = f"{solved[0]}" if len(solved) else "not learned"
                print(
                    f"{name:8} {label:8} {seed:4d} {model.score(X_test, y_test):9.3f} {first:>24}", flush=True
                )
    draw(curves)


def draw(curves):
    """Loss by optimiser steps: one panel a network."""
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.3), sharey=True, layout="constrained")
    styles = {
        "auto": {"color": "#0072B2", "lw": 2.2},
        "none": {"color": "#D55E00", "lw": 1.5, "ls": (0, (3, 1.6))},
    }
    words = {"auto": 'memory="auto" (default)', "none": "memory=None (torch's initialisation)"}
    for ax, name in zip(axes, NETWORKS, strict=True):
        ax.axhline(log(N_SYMBOLS), color="#888888", lw=0.8, ls=":")
        for (network, label, seed), (steps, loss) in curves.items():
            if network == name:
                ax.plot(steps, loss, label=words[label] if seed == 0 else None, **styles[label])
        ax.set_title(name, loc="left", fontweight="bold")
        ax.set_xlabel("optimiser steps")
        ax.set_xlim(left=0)
        ax.grid(axis="y", color="#DDDDDD", lw=0.6)
    axes[0].set_yscale("log")
    axes[0].set_ylim(0.001, 4)
    axes[0].set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axes[0].minorticks_off()
    axes[0].set_ylabel("training loss")
    axes[-1].text(390, 1.7, "guessing", color="#666666", ha="right", va="top")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, frameon=False, handlelength=3)
    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "copy_task.png", dpi=110)
    plt.close(figure)
    print(f"\nPicture: {OUTPUTS.name}/copy_task.png")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
