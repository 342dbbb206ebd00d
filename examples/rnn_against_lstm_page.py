"""The page on RNN against LSTM: verdicts, tables and pictures of what rnn_against_lstm.py measured last.

    python examples/rnn_against_lstm_page.py

Writes docs/rnn_against_lstm.md anew, and measures nothing.
"""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from sksequence import GRUClassifier, LSTMClassifier, RNNClassifier

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = ROOT / "outputs"
NETWORKS = {"RNN": RNNClassifier, "LSTM": LSTMClassifier, "GRU": GRUClassifier}
# The two starts: time scales up to the length of the sequences, and torch's own weights.
MEMORY = ('memory="auto"', "memory=None")
SETS = {
    "ItalyPowerDemand": "24 steps",
    "JapaneseVowels": "7 to 29 steps",
    "GunPoint": "150 steps",
    "PickupGestureWiimoteZ": "29 to 361 steps",
}
# Accuracy from which on a symbol counts as remembered; guessing gives .125.
REMEMBERED = 0.9
COLOURS = {"RNN": ("#0072B2", "o"), "LSTM": ("#D55E00", "s"), "GRU": ("#009E73", "^")}
# What a page has room for.
COLUMNS = ["accuracy", "p", "fit, s", "predict, ms", "parameters", "size", "peak memory", "half-life, steps"]


# ---------------------------------------------------------------------- what holds of what is said
def reaches(recalled, name):
    """The longest lag up to which every seed remembers, by the way weights began."""
    found = {}
    for label in MEMORY:
        one = recalled[(recalled["network"] == name) & (recalled["memory"] == label)]
        worst = one.groupby("lag")["accuracy"].min()
        kept = worst.index[np.logical_and.accumulate(worst >= REMEMBERED)]
        found[label] = int(kept.max()) if len(kept) else 0
    return found


def on_memory(recalled):
    auto, torchs = MEMORY
    rnn, lstm = reaches(recalled, "RNN"), reaches(recalled, "LSTM")
    more = "holds, and more with the right start"
    words = "every seed learned lags up to {:,} steps from torch's weights and {:,} with " + auto
    yield (
        "An RNN remembers 5 to 10 steps",
        "does not" if not 5 <= rnn[torchs] <= 10 else more if rnn[auto] > 10 else "holds",
        words.format(rnn[torchs], rnn[auto]),
    )
    yield (
        "An LSTM remembers 100 steps and more",
        "holds" if lstm[torchs] >= 100 else "with the right start" if lstm[auto] >= 100 else "does not",
        words.format(lstm[torchs], lstm[auto]) + f", of {recalled['lag'].max():,} tried",
    )


def on_gradients(gradients, recalled):
    auto, torchs = MEMORY
    last = gradients.iloc[-1]
    shares = {n: f"{n} {last[n, torchs]:.0e} and {last[n, auto]:.0e}" for n in NETWORKS}
    yield (
        "Gradients vanish in an RNN and not in an LSTM",
        "holds" if last["RNN", torchs] < 1e-3 < last["LSTM", torchs] else "depends on the start",
        f"{len(gradients) - 1} steps back they are, as a share of those of the last step, from torch's "
        f"weights and with {auto}: {'; '.join(shares.values())}",
    )
    largest = recalled.groupby("network")["gradient"].max()
    yield (
        "Gradients explode in an RNN",
        "holds" if largest["RNN"] > 100 else "not here",
        "largest norm, mean of an epoch before clipping, at any lag: "
        + ", ".join(f"{name} {largest[name]:.2g}" for name in NETWORKS),
    )


def on_costs(tables):
    steps = np.zeros((4, 2, 8))
    fitted = [make(max_epochs=1).fit(steps, [0, 1, 0, 1]) for make in NETWORKS.values()]
    rnn, lstm, gru = (model.n_parameters_ for model in fitted)
    yield (
        "An LSTM has four times the parameters",
        "of its recurrent layer",
        f"{lstm / rnn:.2f} times in all (GRU {gru / rnn:.2f}), with 8 features, 64 units and two classes",
    )
    for words, column in {
        "An LSTM trains more slowly": "fit_time_s",
        "An LSTM answers more slowly": "predict_p50_ms",
        "An LSTM needs more memory to train": "peak_memory_bytes",
        "An LSTM takes more room on disk": "size_bytes",
    }.items():
        ratios = [t.table.loc["LSTM", column] / t.table.loc["RNN", column] for t in tables.values()]
        if ratios:
            mean = float(np.exp(np.mean(np.log(ratios))))
            holds = "holds" if min(ratios) > 1.1 else "hardly" if mean > 1.1 else "does not"
            figures = (
                f"{mean:.2f} times the RNN's ({min(ratios):.2f} to {max(ratios):.2f}), over the sets below"
            )
            yield words, holds, figures


def on_data(digits):
    wide = digits.pivot_table(index=["digits", "split"], columns="network", values="accuracy")
    lead = (wide["RNN"] - wide["LSTM"]).groupby("digits").agg(["mean", "sem"])
    least = lead.loc[lead.index.min()]
    words = [f"{row['mean']:+.3f} ± {row['sem']:.3f} with {n:,}" for n, row in lead.iterrows()]
    holds = "holds" if least["mean"] > 2 * least["sem"] else "does not"
    yield "An LSTM needs more data", holds, f"the RNN leads by {', '.join(words)} digits to learn from"


def verdicts(measured):
    """One row a claim: whether it holds here, and the figures."""
    rows = [
        *on_memory(measured["recall"]),
        *on_gradients(measured["gradients"], measured["recall"]),
        *on_costs(measured["sets"]),
        *on_data(measured["digits"]),
    ]
    return pd.DataFrame(rows, columns=["", "here", "measured"]).set_index("")


# ---------------------------------------------------------------------- pictures and page
def draw(folder, file, ylabel, xlabel, curves):
    """Two panels, one a start; `curves` gives y and a band by network and start."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(9.6, 3.5), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, label in zip(axes, MEMORY, strict=True):
        for name, (color, marker) in COLOURS.items():
            y, low, high = curves(name, label)
            ax.plot(y.index, y, label=name, color=color, marker=marker, markevery=-(-len(y) // 8))
            ax.fill_between(y.index, low, high, color=color, alpha=0.15, lw=0)
        ax.set_title(label if label == MEMORY[0] else f"{label}: torch's weights", loc="left")
        ax.set_xlabel(xlabel)
        ax.grid(axis="y", color="#DDDDDD", lw=0.6)
    axes[0].set_ylabel(ylabel)
    axes[1].legend(loc="best", frameon=False)
    return figure, axes, folder / f"rnn_against_lstm_{file}.png"


def draw_recall(recalled, folder):
    def curves(name, label):
        one = recalled[(recalled["network"] == name) & (recalled["memory"] == label)]
        each = one.groupby("lag")["accuracy"].agg(["median", "min", "max"])
        return each["median"], each["min"], each["max"]

    xlabel = "steps between the symbol and the end"
    figure, axes, path = draw(folder, "memory", "accuracy: median, range", xlabel, curves)
    lags = sorted(recalled["lag"].unique())
    for ax in axes:
        ax.axhline(0.125, color="#888888", lw=0.8, ls=":")
        ax.set(xscale="log", ylim=(0, 1.05))
        ax.set_xticks(lags, map(str, lags))
        ax.minorticks_off()
    figure.savefig(path, dpi=110)


def draw_gradients(gradients, folder):
    def curves(name, label):
        curve = gradients[name, label].clip(lower=1e-12)
        return curve, curve, curve

    ylabel = "gradient, share of the last step's"
    figure, axes, path = draw(folder, "gradients", ylabel, "steps before the last", curves)
    axes[0].set(yscale="log", ylim=(1e-12, 3))
    figure.savefig(path, dpi=110)


def markdown(table):
    """A table in Markdown, its index as the first column."""
    rows = [[str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    lines = ["| " + " | ".join(row) + " |" for row in [["", *map(str, table.columns)], *rows]]
    return "\n".join([lines[0], "|" + "---|" * (len(table.columns) + 1), *lines[1:]])


def recall_table(recalled):
    each = recalled.groupby(["memory", "network", "lag"])["accuracy"].agg(["mean", "min"])
    words = each.apply(lambda row: f"{row['mean']:.2f} ({row['min']:.2f})", axis=1)
    table = words.unstack("lag").reindex([(label, name) for label in MEMORY for name in NETWORKS])
    table.index = [f"{name}, `{label}`" for label, name in table.index]
    return table


def gradient_table(gradients):
    lags = [lag for lag in (1, 10, 50, 100, 200) if lag < len(gradients)]
    shares = gradients.loc[lags].T.map("{:.1e}".format)
    shares.index = [f"{name}, `{label}`" for name, label in shares.index]
    return shares


def digits_table(digits):
    each = digits.groupby(["network", "digits"])["accuracy"].agg(["mean", "std"])
    words = each.apply(lambda row: f"{row['mean']:.3f} ± {row['std']:.3f}", axis=1)
    return words.unstack("digits").reindex(list(NETWORKS))


def on_set(found):
    """What a comparison says of LSTM and RNN, at their defaults and as in textbooks."""
    leads = []
    for kind, words in (("", "at the defaults"), (", textbook", "as in textbooks")):
        lstm, rnn = f"LSTM{kind}", f"RNN{kind}"
        lead = found.table.loc[lstm, "score"] - found.table.loc[rnn, "score"]
        lead = round(lead, 3) + 0.0  # no minus before nought
        leads.append(f"{lead:+.3f} {words} (p = {found.test(lstm, rnn):.2f})")
    return f"LSTM less RNN: {leads[0]}, {leads[1]}. {len(found.scores)} folds."


def page(measured, plan, images):
    updates = plan["epochs"] * -(-plan["n_samples"] // 32)
    parts = [
        "# RNN against LSTM, measured",
        "Much is said of the two. Here it is tested; one command writes this page, figures and verdicts:",
        "    python examples/rnn_against_lstm.py",
        f"Measured on {measured['date']}: {measured['machine']}.",
        "## What is said, and what holds",
        markdown(verdicts(measured)),
        "## How far back: recall of the first symbol",
        f"One of eight symbols, then noise; the class is the symbol, and the last state answers. 32 units, "
        f"{plan['n_samples']:,} sequences, {updates:,} optimiser steps or until the loss is below "
        f"{plan['solved']}, {plan['seeds']} seeds. Accuracy on 500 new sequences by lag: mean of the seeds, "
        "in brackets the worst; guessing gives .125. It is what was learned in these steps: more of them may "
        "teach more.",
        markdown(recall_table(measured["recall"])),
        f"![Accuracy by lag, for each cell and start]({images}/rnn_against_lstm_memory.png)",
        "## Gradients of networks that have not learned",
        "Norm of the Jacobian of the outputs with respect to earlier steps, as a share of that of the last "
        "step.",
        markdown(gradient_table(measured["gradients"])),
        f"![Gradient by lag, for each cell and start]({images}/rnn_against_lstm_gradients.png)",
        "## How much data",
        f"Digits read column by column, 2 to 8 steps. Accuracy on 500 others by how many there were to learn "
        f"from, mean and deviation of {plan['splits']} splits.",
        markdown(digits_table(measured["digits"])),
    ]
    if measured["sets"]:
        parts += [
            "## Short, medium and long",
            "[`compare`](comparing.md) on the training parts of real sets. In a textbook every step is read "
            "singly, the last state answers, and weights begin as torch's own; at the defaults neighbouring "
            "steps of long sequences are read as one, and last, mean and largest states answer.",
        ]
    for name, found in measured["sets"].items():
        parts += [f"### {name}: {SETS[name]}", on_set(found), markdown(found._readable()[COLUMNS])]
    return "\n\n".join(parts) + "\n"


def write(measured, plan, folder, images):
    """Write the page into a folder, and its pictures into another, named as the page sees it."""
    (folder / images).mkdir(parents=True, exist_ok=True)
    draw_recall(measured["recall"], folder / images)
    draw_gradients(measured["gradients"], folder / images)
    (folder / "rnn_against_lstm.md").write_text(page(measured, plan, images), encoding="utf-8")
    print(f"\nPage: {folder.name}/rnn_against_lstm.md")


if __name__ == "__main__":
    write(*joblib.load(OUTPUTS / "rnn_against_lstm.joblib"), ROOT / "docs", "images")
