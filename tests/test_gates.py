"""Gates and states, computed step by step, are those of the fused kernels and of the equations."""

import copy

import numpy as np
import pytest
import torch

from sksequence import (
    GRUClassifier,
    GRUForecaster,
    LSTMClassifier,
    LSTMForecaster,
    RNNClassifier,
    RNNForecaster,
)
from sksequence.exceptions import InputError
from sksequence.inspection import GateDisplay, HiddenStateDisplay, gate_activity, hidden_states
from sksequence.modules import new_recurrence, unroll

CLASSIFIERS = (RNNClassifier, LSTMClassifier, GRUClassifier)
SMALL = {"hidden_size": 5, "max_epochs": 2, "lr": 0.05, "random_state": 0}
WIDE = {"num_layers": 2, "bidirectional": True, "layer_norm": True}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture
def plt():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")


@pytest.mark.parametrize("network", CLASSIFIERS)
@pytest.mark.parametrize("options", [{}, WIDE, {"patch_size": 3}])
def test_step_by_step_is_the_fused_kernel(network, options, ragged):
    model = network(**SMALL, **options).fit(ragged, np.arange(12) % 3)
    fused = model.net_.module_.eval()
    opened = copy.deepcopy(fused)
    layers = unroll(opened)
    assert len(layers) == options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    values, lengths = torch.randn(4, 11, 2), torch.tensor([3, 11, 5, 1])
    with torch.no_grad():
        torch.testing.assert_close(
            opened.encoder(values, lengths)[0], fused.encoder(values, lengths)[0], rtol=0, atol=1e-5
        )
        torch.testing.assert_close(opened(values, lengths), fused(values, lengths), rtol=0, atol=1e-5)


@pytest.mark.parametrize("network", [RNNForecaster, LSTMForecaster, GRUForecaster])
@pytest.mark.parametrize("n_members", [1, 2])
def test_forecasts_step_by_step_are_those_of_the_fused_kernel(network, n_members, season):
    with pytest.warns(UserWarning, match="skill"):
        model = network(n_members=n_members, window=20, max_epochs=1, hidden_size=6, random_state=0).fit(
            season
        )
    fused = model.net_.module_.eval()
    opened = copy.deepcopy(fused)
    assert len(unroll(opened)) == n_members
    values, lengths = torch.randn(4, 20, 1), torch.tensor([20, 11, 5, 1])
    with torch.no_grad():
        inputs = {"values": values, "lengths": lengths}
        torch.testing.assert_close(opened(**inputs).z, fused(**inputs).z, rtol=0, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"nonlinearity": "relu"}])
def test_both_nonlinearities_of_the_elman_network(options):
    kernel = new_recurrence("rnn", 2, 4, generator=torch.Generator().manual_seed(0), **options)
    holder = torch.nn.Sequential(kernel)
    x = torch.randn(3, 7, 2)
    with torch.no_grad():
        states, last = holder(x)
        unroll(holder)
        again, last_again = holder(x)
    torch.testing.assert_close(again, states, rtol=0, atol=1e-5)
    torch.testing.assert_close(last_again, last, rtol=0, atol=1e-5)


def numpy_gates(model, sequence):
    """Gates of the first layer from the equations, with NumPy, in float64."""
    module = model.net_.module_
    kernel = module.encoder.layers[0].ahead
    weights = [w.detach().double().numpy() for w in kernel.parameters()]
    w, u, b, d = weights
    scaling = module.encoder.inputs
    z = (sequence - scaling.mean.numpy()) / scaling.scale.numpy()
    h = c = np.zeros(kernel.hidden_size)
    gates = []
    for x in z:
        driven, recurrent = np.split(w @ x + b, len(w) // len(h)), np.split(u @ h + d, len(w) // len(h))
        if kernel.mode == "LSTM":
            i, f, g, o = (p + q for p, q in zip(driven, recurrent, strict=True))
            i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
            c = f * c + i * np.tanh(g)
            h = o * np.tanh(c)
            gates.append({"input": i, "forget": f, "output": o})
        else:
            r, z_, n = driven
            r, z_ = sigmoid(r + recurrent[0]), sigmoid(z_ + recurrent[1])
            h = (1 - z_) * np.tanh(n + r * recurrent[2]) + z_ * h
            gates.append({"reset": r, "update": z_})
    return {name: np.stack([step[name] for step in gates]) for name in gates[0]}


@pytest.mark.parametrize(("network", "keeps"), [(LSTMClassifier, "forget"), (GRUClassifier, "update")])
def test_gate_table_is_that_of_the_equations(network, keeps, ragged):
    model = network(**SMALL).fit(ragged, np.arange(12) % 3)
    parts = [numpy_gates(model, sequence) for sequence in ragged]
    gates = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table = gate_activity(model, ragged)
    units = gate_activity(model, ragged, by="unit")
    assert table.index.get_level_values("gate").tolist() == sorted(gates)
    for name, values in gates.items():
        row, rows = table.loc[0, "forward", name], units.loc[0, "forward", name]
        assert row["mean"] == pytest.approx(values.mean(), abs=1e-5)
        assert row["shut"] == pytest.approx((values < 0.1).mean(), abs=1e-9)
        assert row["open"] == pytest.approx((values > 0.9).mean(), abs=1e-9)
        np.testing.assert_allclose(rows["open"], (values > 0.9).mean(axis=0))
        scales = -1 / np.log(values).mean(axis=0)
        if name == keeps:
            np.testing.assert_allclose(rows["time_scale"], scales, rtol=1e-4)
            assert row["time_scale"] == pytest.approx(np.median(scales), rel=1e-4)
        else:
            assert rows["time_scale"].isna().all()


def test_time_scales_begin_as_memory_says():
    X = np.random.default_rng(0).normal(size=(20, 30, 1))
    frozen = {"lr": 1e-12, "max_epochs": 1, "hidden_size": 200, "random_state": 0}
    for network in (LSTMClassifier, GRUClassifier):
        model = network(memory=100, **frozen).fit(X, X[:, 0, 0] > 0)
        row = gate_activity(model, X).xs(
            {LSTMClassifier: "forget", GRUClassifier: "update"}[network], level=2
        )
        assert 7 < row["time_scale"].item() < 14, "the median of log-uniform times between 1 and 99 is 10"
        assert row["time_scale_90"].item() < 100


def test_time_scales_count_time_steps_of_a_patch():
    X = np.random.default_rng(0).normal(size=(20, 40, 1))
    frozen = {"lr": 1e-12, "max_epochs": 1, "hidden_size": 100, "memory": 100, "random_state": 0}
    scales = [
        gate_activity(LSTMClassifier(patch_size=size, **frozen).fit(X, X[:, 0, 0] > 0), X)
        .xs("forget", level="gate")["time_scale_90"]
        .item()
        for size in (1, 4)
    ]
    assert scales[1] == pytest.approx(scales[0], rel=0.35)


def test_saturated_units_are_told(ragged):
    model = LSTMClassifier(**SMALL).fit(ragged, np.arange(12) % 3)
    with torch.no_grad():
        bias = model.net_.module_.encoder.layers[0].ahead.bias_ih_l0
        bias[5:7], bias[7] = 50.0, -50.0  # forget gates of three of five units
    row = gate_activity(model, ragged).loc[0, "forward", "forget"]
    assert (row["units_open"], row["units_shut"]) == (pytest.approx(0.4), pytest.approx(0.2))
    assert np.isinf(row["time_scale_90"]) or row["time_scale_90"] > 1e6


@pytest.mark.parametrize("network", CLASSIFIERS)
def test_hidden_states_are_those_of_each_sequence_alone(network, ragged):
    model = network(**SMALL, num_layers=2, bidirectional=True).fit(ragged, np.arange(12) % 3)
    encoder = model.net_.module_.eval().encoder
    told = hidden_states(model, ragged)
    assert told.layer == 1
    for sequence, states in zip(ragged, told.states, strict=True):
        with torch.no_grad():
            alone, _ = encoder(torch.from_numpy(sequence)[None], torch.tensor([len(sequence)]))
        np.testing.assert_allclose(states, alone[0].numpy(), atol=1e-5)
    first = hidden_states(model, ragged, layer=0)
    assert first.states.feature_names[4:6] == ("forward 4", "backward 0")
    assert not np.allclose(first.states[0], told.states[0])


def test_cell_states_are_those_behind_the_hidden_ones(ragged):
    model = LSTMClassifier(**SMALL).fit(ragged, np.arange(12) % 3)
    cell, hidden = (hidden_states(model, ragged, kind=kind).states[3] for kind in ("cell", "hidden"))
    outputs = numpy_gates(model, ragged[3])["output"]
    np.testing.assert_allclose(outputs * np.tanh(cell), hidden, atol=1e-5)


def test_dead_units_are_found(ragged):
    model = RNNClassifier(**SMALL, nonlinearity="relu").fit(ragged, np.arange(12) % 3)
    with torch.no_grad():
        model.net_.module_.encoder.layers[0].ahead.bias_ih_l0[[1, 4]] = -1e3
    told = hidden_states(model, ragged)
    assert {1, 4} <= set(told.dead_units().tolist())
    assert not told.states.values[:, [1, 4]].any()
    assert f"{len(told.dead_units())} dead" in repr(told)


def test_states_of_windows_and_members(season):
    with pytest.warns(UserWarning, match="skill"):
        model = GRUForecaster(
            n_members=2, window=20, segment=4, max_epochs=1, hidden_size=6, calendar=None, random_state=0
        ).fit(season)
    told = [hidden_states(model, season[:30], member=i) for i in (0, 1)]
    assert told[0].states.lengths.tolist() == [5] * 11
    assert told[0].step_size == 4
    assert not np.allclose(told[0].states[0], told[1].states[0])
    assert gate_activity(model, season[:30]).index.names == ["member", "layer", "direction", "gate"]


def test_refusals(ragged):
    y = np.arange(12) % 3
    model = RNNClassifier(**SMALL).fit(ragged, y)
    with pytest.raises(InputError, match=r"^gate_activity: an Elman network came, but it has no gates\."):
        gate_activity(model, ragged)
    with pytest.raises(
        InputError, match=r"^hidden_states: layer=1 came, but the network has 1, counted from 0"
    ):
        hidden_states(model, ragged, layer=1)
    with pytest.raises(InputError, match="only an LSTM has cell states"):
        hidden_states(model, ragged, kind="cell")
    with pytest.raises(InputError, match=r"^gate_activity: by='layer' came"):
        gate_activity(model, ragged, by="layer")
    with pytest.raises(InputError, match=r"^HiddenStateDisplay: sequence=12 came, but there are 12\."):
        HiddenStateDisplay(hidden_states(model, ragged), sequence=12)


def test_looking_changes_nothing(ragged):
    model = GRUClassifier(**SMALL).fit(ragged, np.arange(12) % 3)
    before, state = model.predict_proba(ragged), torch.get_rng_state()
    parts = str(model.net_.module_)
    hidden_states(model, ragged)
    gate_activity(model, ragged)
    assert str(model.net_.module_) == parts
    assert model.net_.module_.encoder.layers[0].ahead.weight_hh_l0.requires_grad
    np.testing.assert_array_equal(model.predict_proba(ragged), before)
    assert torch.equal(torch.get_rng_state(), state)


def test_gate_display_draws_shares_and_time_scales(plt, ragged):
    model = LSTMClassifier(**SMALL, num_layers=2).fit(ragged, np.arange(12) % 3)
    table = gate_activity(model, ragged)
    display = GateDisplay.from_estimator(model, ragged)
    assert [label.get_text() for label in display.ax_.get_yticklabels()][:2] == [
        "layer 0, forget",
        "layer 0, input",
    ]
    shut, between, opened = display.ax_.containers
    np.testing.assert_allclose([bar.get_width() for bar in shut], table["shut"])
    np.testing.assert_allclose([bar.get_width() for bar in opened], table["open"], atol=1e-12)
    assert {bar.get_hatch() for bars in (shut, between, opened) for bar in bars} == {"///", "", "..."}
    _, ax = plt.subplots()
    assert display.plot(ax=ax, show="time_scale").ax_ is ax
    curves = [line for line in ax.get_lines() if "forget" in line.get_label()]
    for layer, line in enumerate(curves):
        scales = gate_activity(model, ragged, by="unit").loc[layer, "forward", "forget"]["time_scale"]
        np.testing.assert_allclose(line.get_xdata(), np.sort(scales))
    with pytest.raises(InputError, match=r"^GateDisplay.plot: show='all' came"):
        display.plot(show="all")


def test_state_display_draws_the_states_of_a_sequence(plt, ragged):
    model = LSTMClassifier(**SMALL, patch_size=2).fit(ragged, np.arange(12) % 3)
    longest = int(np.argmax([len(sequence) for sequence in ragged]))
    display = HiddenStateDisplay.from_estimator(model, ragged, sequence=longest)
    (mesh,) = [c for c in display.ax_.collections if hasattr(c, "get_coordinates")]
    states = display.states_.states[longest]
    np.testing.assert_allclose(mesh.get_array().data.reshape(5, 6), states[:, display.order_].T)
    assert mesh.get_coordinates()[0, -1, 0] == 11.5, "six patches of two steps are twelve time steps"
    _, ax = plt.subplots()
    assert display.states_.plot(0, ax=ax).ax_ is ax
