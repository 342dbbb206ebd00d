"""Gradients by layer and epoch, and by time step: they are those of finite differences and of autograd."""

import copy
import pickle

import numpy as np
import pytest
import torch

from sksequence import (
    GradientFlow,
    GradientFlowDisplay,
    GRUClassifier,
    GRUForecaster,
    LSTMClassifier,
    LSTMRegressor,
    LSTMTagger,
    RNNClassifier,
    RNNRegressor,
)
from sksequence.exceptions import InputError
from sksequence.inspection import StateGradients, gradient_flow
from sksequence.modules import Unrolled

SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}


@pytest.fixture
def plt():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")


class Nudged(torch.nn.Module):
    """One layer in one direction, step by step, whose state is moved after one of the steps."""

    def __init__(self, kernel):
        super().__init__()
        self.cell = {"LSTM": torch.nn.LSTMCell, "GRU": torch.nn.GRUCell, "RNN_TANH": torch.nn.RNNCell}[
            kernel.mode
        ](kernel.input_size, kernel.hidden_size)
        weights = {name.removesuffix("_l0"): w for name, w in kernel.state_dict().items()}
        self.cell.load_state_dict(weights)
        self.double()
        self.is_lstm = kernel.mode == "LSTM"
        self.nudge = None  # (step, by)

    def forward(self, x):
        h = c = x.new_zeros(len(x), self.cell.hidden_size)
        states = []
        for step, now in enumerate(x.unbind(1)):
            if self.is_lstm:
                gates = (
                    now @ self.cell.weight_ih.T
                    + self.cell.bias_ih
                    + h @ self.cell.weight_hh.T
                    + self.cell.bias_hh
                )
                i, f, g, o = gates.chunk(4, dim=1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                if self.nudge is not None and self.nudge[0] == step:
                    c = c + self.nudge[1]
                h = o.sigmoid() * c.tanh()
            else:
                h = self.cell(now, h)
                if self.nudge is not None and self.nudge[0] == step:
                    h = h + self.nudge[1]
            states.append(h)
        return torch.stack(states, dim=1), None


def finite_differences(model, sequence, target, layer, path, eps=1e-6):
    """Norm of the derivative of a sequence's loss by the state after each step, moved unit by unit."""
    module = copy.deepcopy(model.net_.module_).eval().double()
    module.encoder.inputs.register_forward_hook(lambda part, given, steps: steps.double())
    kernel = module.get_submodule(path)
    parent, _, child = path.rpartition(".")
    nudged = Nudged(kernel)
    setattr(module.get_submodule(parent), child, nudged)
    values, lengths = torch.from_numpy(sequence[None].astype(float)), torch.tensor([len(sequence)])

    def loss(step, by):
        nudged.nudge = (step, by)
        with torch.no_grad():
            return float(model.net_.example_losses(module(values, lengths), target, lengths).double())

    norms = []
    for step in range(len(sequence)):
        moves = torch.eye(kernel.hidden_size, dtype=torch.float64) * eps
        norms.append(np.linalg.norm([(loss(step, m) - loss(step, -m)) / (2 * eps) for m in moves]))
    return np.array(norms)


@pytest.mark.parametrize("network", [RNNClassifier, LSTMClassifier, GRUClassifier])
@pytest.mark.parametrize("options", [{"pooling": "last"}, {"num_layers": 2, "bidirectional": True}])
def test_gradients_are_finite_differences(network, options, ragged):
    y = np.arange(12) % 3
    model = network(**SMALL, **options).fit(ragged, y)
    chosen = [0, 5]
    measured = gradient_flow(model, [ragged[i] for i in chosen], y[chosen])
    directions = {"forward": "ahead", "backward": "back"}
    assert measured.norms.shape[1] == (4 if "num_layers" in options else 1)
    for layer, direction in measured.norms.columns:
        path = f"encoder.layers.{layer}.{directions[direction]}"
        squares, count = np.zeros(len(measured.norms)), np.zeros(len(measured.norms))
        for i in chosen:
            norms = finite_differences(model, ragged[i], torch.tensor([y[i]]), layer, path)
            # A layer was nudged in the order in which it reads.
            squares[: len(norms)] += norms[::-1] ** 2
            count[: len(norms)] += 1
        assert measured.n_sequences.tolist() == count.tolist()
        np.testing.assert_allclose(
            measured.norms[layer, direction], np.sqrt(squares / count), rtol=2e-3, atol=1e-6
        )


def test_batch_composition_changes_nothing(ragged):
    y = np.arange(12.0)
    model = LSTMRegressor(**SMALL, patch_size=2).fit(ragged, y)
    together = gradient_flow(model, ragged, y)
    squares, count = np.zeros(len(together.norms)), np.zeros(len(together.norms))
    for i in reversed(range(12)):
        alone = gradient_flow(model, ragged[i : i + 1], y[i : i + 1])
        squares[: len(alone.norms)] += alone.norms.to_numpy()[:, 0] ** 2
        count[: len(alone.norms)] += 1
    assert together.step_size == 2
    assert len(together.norms) == -(-max(map(len, ragged)) // 2)
    np.testing.assert_allclose(together.norms.to_numpy()[:, 0], np.sqrt(squares / count), rtol=1e-4)


def test_the_estimator_and_global_randomness_stay_as_they_were(ragged):
    model = LSTMClassifier(**SMALL).fit(ragged, np.arange(12) % 2)
    before = pickle.dumps(model.net_.module_.state_dict()), torch.get_rng_state(), model.predict_proba(ragged)
    gradient_flow(model, ragged, np.arange(12) % 2)
    assert pickle.dumps(model.net_.module_.state_dict()) == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    np.testing.assert_array_equal(model.predict_proba(ragged), before[2])
    assert not any(isinstance(part, Unrolled) for part in model.net_.module_.modules())


def long_noise():
    X = np.random.default_rng(0).normal(size=(60, 60, 1))
    return X, X[:, -1, 0]


def test_vanishing_gradients_are_found_and_a_remedy_is_one():
    X, y = long_noise()
    fit = {"pooling": "last", "max_epochs": 2, "hidden_size": 16, "random_state": 0}
    lost = gradient_flow(LSTMRegressor(memory=None, **fit).fit(X, y), X, y)
    assert lost.vanishing
    assert not lost.exploding
    assert lost.ratio.item() < 1e-3
    assert "set memory=60" in lost.remedy
    assert "LSTM" not in lost.remedy
    assert lost.remedy in repr(lost)
    kept = gradient_flow(LSTMRegressor(memory=60, **fit).fit(X, y), X, y)
    assert not kept.vanishing
    assert kept.remedy == ""
    assert "Neither" in repr(kept)
    assert "take an LSTM or a GRU" in gradient_flow(RNNRegressor(memory=None, **fit).fit(X, y), X, y).remedy


def test_exploding_gradients_are_found():
    X, y = long_noise()
    model = RNNRegressor(pooling="last", gradient_clip=None, **SMALL, nonlinearity="relu").fit(X, y)
    with torch.no_grad():
        model.net_.module_.encoder.layers[0].ahead.weight_hh_l0.copy_(1.5 * torch.eye(4))
    found = gradient_flow(model, X, y)
    assert found.exploding
    assert not found.vanishing
    assert "set gradient_clip=1.0" in found.remedy
    assert 'nonlinearity="tanh"' in found.remedy


def test_threshold_says_what_has_vanished():
    X, y = long_noise()
    model = RNNRegressor(pooling="last", **SMALL).fit(X, y)
    ratio = gradient_flow(model, X, y).ratio.item()
    assert 0 < ratio < 1
    assert gradient_flow(model, X, y, threshold=ratio * 1.1).vanishing
    assert not gradient_flow(model, X, y, threshold=ratio * 0.9).vanishing
    with pytest.raises(InputError, match=r"gradient_flow: threshold=2 came, but a share between 0 and 1"):
        gradient_flow(model, X, y, threshold=2)


def test_tagger_teaches_at_every_step(ragged):
    y = [(sequence[:, 0] > 0).astype(int) for sequence in ragged]
    for crf in (False, True):
        model = LSTMTagger(crf=crf, **SMALL).fit(ragged, y)
        measured = gradient_flow(model, ragged, y)
        assert (measured.norms.to_numpy() > 0).all()
        assert not measured.vanishing


def test_forecaster_finds_its_targets_in_the_series(season):
    with pytest.warns(UserWarning, match="skill"):
        model = GRUForecaster(window=20, segment=4, n_members=2, **SMALL).fit(season)
    measured = gradient_flow(model, season)
    assert measured.step_size == 4
    assert measured.norms.shape == (5, 2)
    assert measured.norms.columns.names == ["member", "layer", "direction"]
    # One training window for each row from the first full window on that has a horizon behind it.
    assert measured.n_sequences[0] == min(256, len(season) - 20 - model.horizon + 1)


def test_what_teaches_nothing_is_refused(ragged):
    model = LSTMClassifier(**SMALL).fit(ragged, np.arange(12) % 2)
    with pytest.raises(InputError, match="gradient_flow: X has 12 sequences and y has 2 targets"):
        gradient_flow(model, ragged, [0, 1])


def test_display_shows_every_layer(ragged, plt):
    y = np.arange(12) % 3
    deep = LSTMClassifier(num_layers=2, **SMALL).fit(ragged, y)
    display = GradientFlowDisplay.from_estimators(
        {"deep": deep, "flat": RNNClassifier(**SMALL).fit(ragged, y)}, ragged, y
    )
    assert [line.get_label().split(":")[0] for line in display.ax_.lines] == [
        "deep, layer 0",
        "deep, layer 1",
        "flat",
    ]
    norms = display.gradients_["deep"].norms[1, "forward"]
    np.testing.assert_allclose(display.ax_.lines[1].get_ydata(), norms / norms[0])
    assert isinstance(display.gradients_["flat"], StateGradients)
    assert GradientFlowDisplay.from_estimator(deep, ragged, y).ax_ is not display.ax_


# ---------------------------------------------------------------------- the callback
def test_norms_by_layer_are_those_of_a_hand_written_step(ragged):
    """One batch an epoch, no learning: the gradient of the training loss at the initial weights."""
    y = np.arange(12) % 3
    watch = GradientFlow()
    still = {"lr": 1e-12, "weight_decay": 0.0, "dropout": 0.0}
    options = {"num_layers": 2, "batch_size": 12, "gradient_clip": 0.01, "callbacks": [watch]}
    model = LSTMClassifier(**SMALL, **still, **options).fit(ragged, y)
    module = copy.deepcopy(model.net_.module_).train()
    lengths = torch.tensor([len(sequence) for sequence in ragged])
    values = torch.from_numpy(np.stack([np.resize(s, (max(lengths), 2)) for s in ragged])).float()
    torch.nn.functional.cross_entropy(module(values, lengths), torch.from_numpy(y)).backward()
    for name, part in {"layers.1": module.encoder.layers[1], "head": module.head}.items():
        norm = float(torch.stack([p.grad.square().sum() for p in part.parameters()]).sum().sqrt())
        assert model.history_[f"gradient_norm_{name}"].item() == pytest.approx(norm, rel=1e-3)


@pytest.mark.parametrize("by", ["layer", "parameter"])
@pytest.mark.parametrize("clip", [None, 0.05])
def test_parts_add_up_to_the_whole_before_clipping(by, clip, ragged):
    model = GRUClassifier(
        **SMALL | {"max_epochs": 3}, batch_size=12, gradient_clip=clip, callbacks=[GradientFlow(by)]
    )
    history = model.fit(ragged, np.arange(12) % 3).history_
    parts = history.filter(like="gradient_norm_").to_numpy()
    assert parts.shape == (3, 3 if by == "layer" else len(list(model.net_.module_.parameters())))
    np.testing.assert_allclose(np.sqrt((parts**2).sum(axis=1)), history["gradient_norm"], rtol=1e-3)


def test_looking_on_changes_no_weight(ragged):
    y = np.arange(12) % 3
    options = SMALL | {"max_epochs": 4}
    alone = LSTMClassifier(**options).fit(ragged, y)
    watched = LSTMClassifier(**options, callbacks=[GradientFlow()]).fit(ragged, y)
    np.testing.assert_array_equal(alone.predict_proba(ragged), watched.predict_proba(ragged))


def test_training_goes_on_and_is_saved(ragged):
    y = np.arange(12) % 3
    model = LSTMClassifier(**SMALL, warm_start=True, callbacks=[GradientFlow()]).fit(ragged, y)
    again = pickle.loads(pickle.dumps(model))
    for one in (model, again):
        one.fit(ragged, y)
        assert one.history_["gradient_norm_head"].notna().tolist() == [True, True]
    np.testing.assert_array_equal(model.history_["gradient_norm_head"], again.history_["gradient_norm_head"])


def test_unknown_parts_are_refused(ragged):
    with pytest.raises(ValueError, match="by='unit' came"):
        LSTMClassifier(**SMALL, callbacks=[GradientFlow(by="unit")]).fit(ragged, np.arange(12) % 3)
