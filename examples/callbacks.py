"""Watch a training: skorch's callbacks, and scikit-learn's own (1.9 and later).

    python examples/callbacks.py

Writes under outputs/. TensorBoard is optional; without it the example says so and goes on.
"""

from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split
from skorch.callbacks import Checkpoint, EpochScoring

from sksequence import GradientFlow, GRUClassifier, LSTMClassifier, TrainingBoard
from sksequence.datasets import load_digit_columns

try:  # experimental in scikit-learn, absent before 1.9
    from sklearn.callback import ProgressBar, ScoringMonitor
except ImportError:
    ProgressBar = ScoringMonitor = None

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"


def skorch_callbacks(X, y):
    """Whatever skorch can attach to a net, `callbacks=` takes; scores become columns of `history_`."""
    print("1. skorch's callbacks: a score an epoch, the best weights on disk, gradients layer by layer")
    callbacks = [
        EpochScoring("accuracy", name="valid_accuracy", lower_is_better=False),
        Checkpoint(monitor="valid_accuracy_best", dirname=OUTPUTS / "checkpoints"),
        GradientFlow(),
    ]
    if find_spec("tensorboard"):
        from torch.utils.tensorboard import SummaryWriter

        callbacks.append(TrainingBoard(SummaryWriter(OUTPUTS / "tensorboard")))
    model = LSTMClassifier(early_stopping=True, max_epochs=12, callbacks=callbacks, random_state=0).fit(X, y)
    columns = ["train_loss", "valid_loss", "valid_accuracy", "lr"]
    columns += [name for name in model.history_ if name.startswith("gradient_norm")]
    print(model.history_[columns].round(4).to_string())
    draw(model.history_)
    written = sorted(path.name for path in (OUTPUTS / "checkpoints").iterdir())
    print(f"{OUTPUTS.name}/checkpoints holds {', '.join(written)}")
    if find_spec("tensorboard"):
        print(f"See curves, gradients and gates with: tensorboard --logdir {OUTPUTS.name}/tensorboard")
    else:
        print("TensorBoard is not installed: with it, TrainingBoard writes these curves, and gates, too.")


def draw(history):
    """Learning curve: both losses by epoch, and the epoch whose weights are kept."""
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
    ax.plot(history.index, history["train_loss"], color="#0072B2", lw=2, marker="o", ms=4)
    ax.plot(history.index, history["valid_loss"], color="#D55E00", lw=2, ls=(0, (3, 1.6)), marker="s", ms=4)
    last = history.iloc[-1]
    for name, word, color in (("train_loss", "training", "#0072B2"), ("valid_loss", "validation", "#D55E00")):
        ax.text(history.index[-1], last[name] * 1.4, word, color=color, ha="right", va="bottom")
    best = history["valid_loss"].idxmin()
    ax.axvline(best, color="#888888", lw=0.9, ls=":")
    ax.text(best + 0.15, history.max()["train_loss"], "best weights, restored", color="#666666", va="top")
    ax.set_yscale("log")
    ax.set_xticks(history.index)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.grid(axis="y", color="#DDDDDD", lw=0.6)
    ax.set_title("Learning curve of an LSTM classifier", loc="left", fontweight="bold")
    figure.savefig(OUTPUTS / "learning_curve.png", dpi=110)
    plt.close(figure)
    print(f"Picture: {OUTPUTS.name}/learning_curve.png")


def scikit_learn_callbacks(X, y):
    """scikit-learn's callbacks see every epoch as a task of `fit`."""
    print("\n2. scikit-learn's callbacks: a progress bar, and a score after every epoch")
    if ScoringMonitor is None:
        print("They need scikit-learn 1.9 or later.")
        return
    monitor = ScoringMonitor(scoring="accuracy")
    callbacks = [monitor]
    if find_spec("rich"):
        callbacks.append(ProgressBar())
    else:
        print("The progress bar needs the package rich, which is not installed.")
    GRUClassifier(max_epochs=8, random_state=0).set_callbacks(*callbacks).fit(X, y)
    log = monitor.get_logs().data_as_pandas
    epochs = log[log["task_name"] == "epoch"]
    print("Training accuracy by epoch:", *epochs["accuracy"].round(3))


def main():
    OUTPUTS.mkdir(exist_ok=True)
    X, y = load_digit_columns(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, train_size=500, stratify=y, random_state=0)
    skorch_callbacks(X, y)
    scikit_learn_callbacks(X, y)


if __name__ == "__main__":
    main()
