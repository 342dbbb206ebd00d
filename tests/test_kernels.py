"""The short ways through recurrent layers: torch's results, torch's gradients, and when not to take them."""

import pytest
import torch
from torch import nn

from sksequence.modules import compiled, kernels, loops, new_recurrence
from sksequence.modules.kernels import ElmanLayer, GRULayer

LAYERS = {
    "tanh": (ElmanLayer, nn.RNN, {}),
    "relu": (ElmanLayer, nn.RNN, {"nonlinearity": "relu"}),
    "gru": (GRULayer, nn.GRU, {}),
}
SHAPES = [(1, 1, 1, 1), (5, 30, 6, 16), (3, 7, 20, 4), (64, 40, 2, 33)]


@pytest.fixture(params=["torch", "numba"])
def looped(request, monkeypatch):
    """The GRU's loops over time, one kind after the other."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="The extra 'fast' is not installed.")
        assert loops.gru_loops(torch.float32)[0] is not loops.gru_steps
    else:
        monkeypatch.setattr(loops, "_compiled_loops", lambda: None)
    return request.param


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def pair(kind, n_features, size, generator):
    """The layer and torch's, with the same weights."""
    ours, theirs, options = LAYERS[kind]
    layer = ours(n_features, size, batch_first=True, **options)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.uniform_(-1, 1, generator=generator).div_(size**0.5)
    twin = theirs(n_features, size, batch_first=True, **options)
    twin.load_state_dict(layer.state_dict())
    return layer, twin


def results(layer, x, h, weight):
    """States, last state, and the gradients of everything that goes in."""
    x, h = x.clone().requires_grad_(), h.clone().requires_grad_()
    states, last = layer(x, h)
    loss = (states * weight).sum() + last.square().sum()
    return [states, last, *torch.autograd.grad(loss, [x, h, *layer.parameters()])]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", LAYERS)
def test_states_and_gradients_equal_torch(kind, shape, generator, monkeypatch, looped):
    n_batch, n_steps, n_features, size = shape
    monkeypatch.setattr(kernels, "_BLOCK_VALUES", 4 * size * n_batch * 3)  # blocks of three steps
    layer, twin = pair(kind, n_features, size, generator)
    x = torch.randn(n_batch, n_steps, n_features, generator=generator)
    h = torch.randn(1, n_batch, size, generator=generator)
    weight = torch.randn(n_batch, n_steps, size, generator=generator) / n_steps
    assert layer._takes_short_way(x)
    for ours, theirs in zip(results(layer, x, h, weight), results(twin, x, h, weight), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_inference_equals_training_and_no_state_is_zero(kind, generator, looped):
    layer, twin = pair(kind, 3, 8, generator)
    x = torch.randn(4, 50, 3, generator=generator)
    states, last = layer(x)
    with torch.no_grad():
        quiet, quiet_last = layer(x)
    with torch.inference_mode():
        torch.testing.assert_close(twin(x)[0], layer(x)[0], atol=1e-6, rtol=1e-5)
    assert torch.equal(states, quiet)
    assert torch.equal(last, quiet_last)
    assert not quiet.requires_grad


@pytest.mark.parametrize("kind", LAYERS)
def test_input_keeps_its_values_and_frozen_weights_get_no_gradient(kind, generator, looped):
    layer, _ = pair(kind, 3, 4, generator)
    layer.weight_hh_l0.requires_grad_(False)
    x = torch.randn(2, 5, 3, generator=generator)
    before = x.clone()
    layer(x)[0].sum().backward()
    assert torch.equal(x, before)
    assert layer.weight_hh_l0.grad is None
    assert layer.weight_ih_l0.grad is not None


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_in_double_equal_differences_and_can_be_differentiated(kind, generator):
    layer, _ = pair(kind, 2, 3, generator)
    weights = [w.detach().double().requires_grad_() for w in layer.parameters()]
    x = torch.randn(2, 4, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    h = torch.randn(2, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    if kind == "gru":
        run = kernels._GRU.apply
    else:

        def run(*inputs):
            return kernels._Elman.apply(kind, *inputs)

    assert torch.autograd.gradcheck(run, (x, *weights, h))
    if kind != "relu":  # whose second derivative is nought, and has no difference at the kink
        assert torch.autograd.gradgradcheck(run, (x, *weights, h))


@pytest.mark.parametrize("kind", LAYERS)
def test_torch_computes_what_the_short_way_does_not(kind, generator):
    layer, twin = pair(kind, 2, 3, generator)
    x = torch.randn(2, 4, 2, generator=generator)
    assert not layer._takes_short_way(x.double())
    assert not layer._takes_short_way(x[0])
    assert not layer._takes_short_way(nn.utils.rnn.pack_sequence([x[0]]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not layer._takes_short_way(x)
    assert torch.equal(layer.double()(x.double())[0], twin.double()(x.double())[0])


def test_a_wide_layer_is_left_to_torch():
    layer = GRULayer(2, kernels._WIDEST + 1, batch_first=True)
    assert not layer._takes_short_way(torch.zeros(1, 2, 2))


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_two_backward_passes_over_one_graph_agree(cell, generator):
    layer = new_recurrence(cell, 2, 4, memory=5, generator=generator)
    x = torch.randn(3, 6, 2, generator=generator, requires_grad=True)
    total = layer(x)[0].sum()
    first = torch.autograd.grad(total, x, retain_graph=True)[0]
    layer(x)[0].sum().backward()
    assert torch.equal(first, torch.autograd.grad(total, x)[0])


def test_compiled_activations_hold_from_end_to_end():
    sums = torch.cat([torch.linspace(-30, 30, 4001), torch.tensor([0.0, -1e-6, 1e30, -1e30])])
    gates = torch.zeros(1, len(sums), 4)
    gates[0, :, 0], gates[0, :, 1], gates[0, :, 2] = sums, sums, -sums
    states = torch.empty(1, len(sums), 1)
    before, nothing = torch.ones(len(sums), 1), torch.zeros(1, 3)
    compiled.gru_steps(gates, states, before, nothing)
    n, r, z, _ = gates[0].double().unbind(1)
    exact = sums.double()
    torch.testing.assert_close(n, exact.tanh(), atol=3e-7, rtol=0)
    torch.testing.assert_close(r, exact.sigmoid(), atol=3e-7, rtol=0)
    torch.testing.assert_close(states[0, :, 0].double(), n + z * (1 - n), atol=3e-7, rtol=0)


def test_double_precision_is_never_compiled():
    assert loops.gru_loops(torch.float64) == (loops.gru_steps, loops.gru_steps_back)
