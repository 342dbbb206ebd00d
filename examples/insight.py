"""Look inside fitted networks: what they remember, how they learned, and what their answers rest on.

    python examples/insight.py [folder]

The task: of 40 noisy numbers one is marked, 16 to 24 steps before the last, and the network must say which
number that was when all have been read. So the answers are known: what must be remembered, for how long, and
what does not matter. Takes half a minute; writes the pictures of docs/inspection.md to a folder, outputs/ if
none is named.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sksequence import (
    GateDisplay,
    GradientFlow,
    GradientFlowDisplay,
    GRURegressor,
    HiddenStateDisplay,
    ImportanceDisplay,
    LSTMRegressor,
    MemoryRangeDisplay,
    RNNRegressor,
    SequenceArray,
    TrainingCurveDisplay,
)
from sksequence.inspection import gate_activity, gradient_flow, memory_range, sequence_permutation_importance

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
N_TIMESTEPS, NEAREST, FARTHEST = 40, 16, 24


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def marked_numbers(n_samples, seed):
    """Noise with one mark beside it, and the number that is marked."""
    rng = np.random.default_rng(seed)
    X = np.zeros((n_samples, N_TIMESTEPS, 2), dtype=np.float32)
    X[:, :, 0] = rng.normal(size=(n_samples, N_TIMESTEPS))
    rows = np.arange(n_samples)
    steps = N_TIMESTEPS - 1 - rng.integers(NEAREST, FARTHEST + 1, n_samples)
    X[rows, steps, 1] = 1.0
    sequences = SequenceArray.from_padded(X, feature_names=("number", "mark"))
    return sequences, X[rows, steps, 0].astype(float)


def networks(**options):
    """The same network with different cells and initial time scales, unfitted."""
    same = {"pooling": "last", "lr": 0.01, "dropout": 0.0, "early_stopping": True, "random_state": 0}
    same |= {"hidden_size": 32, "max_epochs": 25} | options
    return {
        "RNN": RNNRegressor(**same),
        "LSTM": LSTMRegressor(**same, callbacks=[GradientFlow()]),
        "GRU": GRURegressor(**same),
        "LSTM, memory=None": LSTMRegressor(**same, memory=None),
    }


def memory_and_training(models, X, y):
    heading("1. How they learned, and how far back they look")
    for name, model in models.items():
        print(f"{name}: R² {model.score(X, y):.3f}, {memory_range(model, X)}")
    keep(TrainingCurveDisplay.from_estimators(models), "training")
    keep(MemoryRangeDisplay.from_estimators(models, X), "memory")


def gradients(models, X, y):
    heading("2. Do gradients reach the steps that matter?")
    for name in ("LSTM", "LSTM, memory=None"):
        print(f"{name}: {gradient_flow(models[name], X, y)}")
    keep(GradientFlowDisplay.from_estimators(models, X, y), "gradients")
    columns = [c for c in models["LSTM"].history_ if c.startswith("gradient_norm")]
    print("\nBy layer and epoch, from the callback GradientFlow:")
    print(models["LSTM"].history_[columns].iloc[::6].round(3).to_string())
    keep(TrainingCurveDisplay.from_estimator(models["LSTM"], show="gradients"), "layers")


def gates_and_states(model, X):
    heading("3. What gates and states of the LSTM do")
    print(gate_activity(model, X).round(2).to_string())
    keep(GateDisplay.from_estimator(model, X), "gates")
    keep(HiddenStateDisplay.from_estimator(model, X, kind="cell"), "states")


def importance(model, X, y):
    heading("4. Which steps and features the score rests on")
    found = sequence_permutation_importance(model, X, y, n_blocks=10, joint=True, random_state=0)
    print(found)
    keep(ImportanceDisplay(found).plot(), "importance")


def keep(display, name):
    OUTPUTS.mkdir(exist_ok=True)
    display.figure_.savefig(OUTPUTS / f"insight_{name}.png", dpi=110)
    plt.close(display.figure_)


def notebook(model):
    """What a notebook shows of a fitted network, as a page."""
    page = OUTPUTS / "insight.html"
    page.write_text(f'<meta charset="utf-8">{model._repr_html_()}', encoding="utf-8")
    print(f"\nPictures: insight_*.png in {OUTPUTS}; what a notebook shows of the LSTM: {page.name}")


def main():
    X, y = marked_numbers(1200, seed=0)
    X_test, y_test = marked_numbers(400, seed=1)
    models = {name: model.fit(X, y) for name, model in networks().items()}
    memory_and_training(models, X_test, y_test)
    gradients(models, X_test, y_test)
    gates_and_states(models["LSTM"], X_test)
    importance(models["LSTM"], X_test, y_test)
    notebook(models["LSTM"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        OUTPUTS = Path(sys.argv[1])
    main()
