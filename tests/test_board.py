"""What goes to TensorBoard: the history, gradients of all weights, and the gates that inspection finds."""

import numpy as np
import pytest
import torch

from sksequence import (
    GradientFlow,
    GRUForecaster,
    LSTMClassifier,
    LSTMLanguageModel,
    RNNClassifier,
    TrainingBoard,
)
from sksequence.engine.net import _wants_batches
from sksequence.inspection import gate_activity

SMALL = {"hidden_size": 4, "random_state": 0}


class Writer:
    """Keeps what is written."""

    def __init__(self):
        self.scalars, self.histograms, self.closed = {}, {}, False

    def add_scalar(self, tag, scalar_value, global_step):
        self.scalars.setdefault(tag, {})[global_step] = scalar_value

    def add_histogram(self, tag, values, global_step):
        self.histograms.setdefault(tag, {})[global_step] = torch.as_tensor(values).clone()

    def close(self):
        self.closed = True


@pytest.mark.parametrize(
    "options",
    [{}, {"num_layers": 2, "bidirectional": True}, {"patch_size": 3}],
    ids=["plain", "deep", "patches"],
)
def test_saturation_is_that_of_gate_activity(options, ragged):
    writer = Writer()
    watch = TrainingBoard(writer, n_sequences=7)
    model = LSTMClassifier(**SMALL, **options, max_epochs=2, callbacks=[watch]).fit(ragged, np.arange(12) % 2)
    table = gate_activity(model, ragged[:7])
    for (layer, direction, gate), row in table.iterrows():
        name = f"layer {layer}, {direction}, {gate}"
        for what in ("shut", "open"):
            assert writer.scalars[f"Saturation/{name}, {what}"][2] == pytest.approx(row[what], abs=1e-6)
        assert float(writer.histograms[f"Gates/{name}"][2].mean()) == pytest.approx(row["mean"], abs=1e-5)
    assert len([tag for tag in writer.histograms if tag.startswith("Gates/")]) == len(table)
    assert writer.closed


def test_history_and_gradients_are_written_every_epoch(ragged):
    writer = Writer()
    callbacks = [GradientFlow(), TrainingBoard(writer, keys_ignored="lr")]
    model = RNNClassifier(
        **SMALL, max_epochs=3, early_stopping=True, validation_fraction=0.3, callbacks=callbacks
    )
    history = model.fit(ragged, np.arange(12) % 2).history_
    for tag, column in {
        "Loss/train_loss": "train_loss",
        "Loss/valid_loss": "valid_loss",
        "Gradient norm/head": "gradient_norm_head",
        "Gradient norm/layers.0": "gradient_norm_layers.0",
    }.items():
        assert list(writer.scalars[tag].values()) == history[column].tolist()
    assert "lr" not in writer.scalars
    drawn = {tag for tag in writer.histograms if tag.startswith("Gradients/")}
    assert len(drawn) == len(list(model.net_.module_.parameters()))
    shape = model.net_.module_.head.weight.shape
    assert [values.shape for values in writer.histograms["Gradients/head.weight"].values()] == [shape] * 3
    assert not any(tag.startswith("Gates/") for tag in writer.histograms)  # an Elman network has none


def test_gradients_are_those_after_clipping(ragged):
    writer = Writer()
    options = {"batch_size": 12, "gradient_clip": 1e-3, "max_epochs": 1, "callbacks": [TrainingBoard(writer)]}
    LSTMClassifier(**SMALL, **options).fit(ragged, np.arange(12) % 2)
    squares = [v[1].square().sum() for tag, v in writer.histograms.items() if tag.startswith("Gradients/")]
    assert float(torch.stack(squares).sum().sqrt()) == pytest.approx(1e-3, rel=1e-2)


def test_writing_changes_no_weight_and_keeps_the_lean_loop(ragged):
    y = np.arange(12) % 3
    board = TrainingBoard(Writer())
    assert not _wants_batches(board)
    alone = LSTMClassifier(**SMALL, max_epochs=3).fit(ragged, y)
    watched = LSTMClassifier(**SMALL, max_epochs=3, callbacks=[board]).fit(ragged, y)
    np.testing.assert_array_equal(alone.predict_proba(ragged), watched.predict_proba(ragged))


def test_forecasters_and_language_models(season):
    writer = Writer()
    options = {"max_epochs": 1, "hidden_size": 4, "random_state": 0, "callbacks": [TrainingBoard(writer)]}
    with pytest.warns(UserWarning, match="skill"):
        GRUForecaster(window=20, n_members=2, refit=False, **options).fit(season)
    gates = {tag for tag in writer.histograms if tag.startswith("Gates/")}
    assert gates == {
        f"Gates/{member}layer 0, forward, {gate}"
        for member in ("", "member 1, ")
        for gate in ("reset", "update")
    }
    writer = Writer()
    options["callbacks"] = [TrainingBoard(writer)]
    LSTMLanguageModel(**options).fit(["to be or not to be", "that is the question"])
    assert "Gradients/head.bias" in writer.histograms
    assert not any(tag.startswith("Gates/") for tag in writer.histograms)
