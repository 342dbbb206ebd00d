"""The short ways through recurrent layers: torch's results, torch's gradients, and when not to take them."""

import pytest
import torch
from torch import nn

from sksequence.modules import kernels
from sksequence.modules.kernels import ElmanLayer, GRULayer, LSTMLayer

LAYERS = {
    "tanh": (ElmanLayer, nn.RNN, {}),
    "relu": (ElmanLayer, nn.RNN, {"nonlinearity": "relu"}),
    "gru": (GRULayer, nn.GRU, {}),
    "lstm": (LSTMLayer, nn.LSTM, {}),
}
SHAPES = [(1, 1, 1, 1), (5, 30, 6, 16), (3, 7, 20, 4), (64, 40, 2, 33), (130, 5, 40, 48)]


@pytest.fixture(params=["torch", "numba"])
def way(request, monkeypatch):
    """Layers in torch's operators, and those that numba compiles."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="The extra 'fast' is not installed.")
        assert kernels._fused() is not None
    else:
        monkeypatch.setattr(kernels, "_fused", lambda: None)
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


def first_state(kind, n_batch, size, generator):
    """State before the first step, and the cells of an LSTM, as torch's layers take them."""
    parts = torch.randn(2, 1, n_batch, size, generator=generator)
    return tuple(parts) if kind == "lstm" else parts[0]


def results(layer, x, first, weight):
    """States, last state, and the gradients of everything that goes in."""
    x = x.clone().requires_grad_()
    parts = [part.clone().requires_grad_() for part in (first if isinstance(first, tuple) else (first,))]
    states, last = layer(x, tuple(parts) if isinstance(first, tuple) else parts[0])
    lasts = last if isinstance(last, tuple) else (last,)
    loss = (states * weight).sum() + sum((i + 1) * part.square().sum() for i, part in enumerate(lasts))
    return [states, *lasts, *torch.autograd.grad(loss, [x, *parts, *layer.parameters()])]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", LAYERS)
def test_states_and_gradients_equal_torch(kind, shape, generator, monkeypatch, way):
    n_batch, n_steps, n_features, size = shape
    monkeypatch.setattr(kernels, "_BLOCK_VALUES", 4 * size * n_batch * 3)  # blocks of three steps
    layer, twin = pair(kind, n_features, size, generator)
    x = torch.randn(n_batch, n_steps, n_features, generator=generator)
    first = first_state(kind, n_batch, size, generator)
    weight = torch.randn(n_batch, n_steps, size, generator=generator) / n_steps
    assert layer._takes_short_way(x) or kind == "lstm"
    assert layer._takes_fused_way(x) == (way == "numba")
    for ours, theirs in zip(results(layer, x, first, weight), results(twin, x, first, weight), strict=True):
        scale = max(1.0, float(theirs.detach().abs().max()))  # sums over many rows are not exact in torch
        torch.testing.assert_close(ours, theirs, atol=1e-5 * scale, rtol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_inference_equals_training_and_no_state_is_zero(kind, generator, way):
    layer, twin = pair(kind, 3, 8, generator)
    x = torch.randn(4, 50, 3, generator=generator)
    states, last = layer(x)
    with torch.no_grad():
        quiet, quiet_last = layer(x)
    with torch.inference_mode():
        torch.testing.assert_close(twin(x)[0], layer(x)[0], atol=1e-6, rtol=1e-5)
    # In torch's operators an LSTM and a tanh are computed in two ways.
    tolerance = 1e-6 if kind in ("lstm", "tanh") and way == "torch" else 0.0
    torch.testing.assert_close(states, quiet, atol=tolerance, rtol=0.0)
    for one, other in zip(last, quiet_last, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=0.0)
    assert not quiet.requires_grad


@pytest.mark.parametrize("kind", LAYERS)
def test_input_keeps_its_values_and_frozen_weights_get_no_gradient(kind, generator, way):
    layer, _ = pair(kind, 3, 4, generator)
    layer.weight_hh_l0.requires_grad_(False)
    x = torch.randn(2, 5, 3, generator=generator)
    before = x.clone()
    layer(x)[0].sum().backward()
    assert torch.equal(x, before)
    assert layer.weight_hh_l0.grad is None
    assert layer.weight_ih_l0.grad is not None


@pytest.mark.parametrize("kind", ["tanh", "relu", "gru"])
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
def test_second_derivatives_equal_torch(kind, generator, way):
    layer, twin = pair(kind, 2, 3, generator)
    x = torch.randn(2, 4, 2, generator=generator)
    found = []
    for one in (layer, twin):
        states, last = one(x)
        total = states.square().sum() + (last[1].square().sum() if kind == "lstm" else 0.0)
        slopes = torch.autograd.grad(total, one.parameters(), create_graph=True)
        found.append(
            torch.autograd.grad(
                sum(slope.square().sum() for slope in slopes), one.parameters(), materialize_grads=True
            )
        )
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", LAYERS)
def test_torch_computes_what_the_short_ways_do_not(kind, generator):
    layer, twin = pair(kind, 2, 3, generator)
    x = torch.randn(2, 4, 2, generator=generator)
    for way in (layer._takes_short_way, layer._takes_fused_way):
        assert not way(x.double())
        assert not way(x[0])
        assert not way(x[:0])
        assert not way(x[..., :1])
        assert not way(nn.utils.rnn.pack_sequence([x[0]]))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert not way(x)
    assert torch.equal(layer.double()(x.double())[0], twin.double()(x.double())[0])
    assert not layer._takes_fused_way(x)  # its weights are doubles now
    with pytest.raises(RuntimeError, match="input_size"):
        layer(x.double()[..., :1])


def test_a_wide_layer_is_left_to_torch():
    layer = GRULayer(2, max(kernels._WIDEST["GRU"], kernels._WIDEST_FUSED["GRU"]) + 1, batch_first=True)
    assert not layer._takes_short_way(torch.zeros(1, 2, 2))
    assert not layer._takes_fused_way(torch.zeros(1, 2, 2))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_first_state_that_does_not_fit_is_refused(kind, generator, way):
    layer, _ = pair(kind, 2, 4, generator)
    for first in (first_state(kind, 2, 4, generator), first_state(kind, 3, 5, generator)):
        with pytest.raises(RuntimeError, match=r"\(1, 3, 4\)"):
            layer(torch.zeros(3, 6, 2), first)


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_of_the_last_state_alone_equal_torch(kind, generator, way):
    layer, twin = pair(kind, 2, 4, generator)
    x = torch.randn(3, 6, 2, generator=generator)
    found = []
    for one in (layer, twin):
        last = one(x)[1]
        last = last[1] if kind == "lstm" else last
        found.append(torch.autograd.grad(last.square().sum(), one.parameters()))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_two_backward_passes_over_one_graph_agree(kind, generator, way):
    layer, _ = pair(kind, 2, 4, generator)
    x = torch.randn(3, 6, 2, generator=generator, requires_grad=True)
    total = layer(x)[0].sum()
    first = torch.autograd.grad(total, x, retain_graph=True)[0]
    layer(x)[0].sum().backward()
    assert torch.equal(first, torch.autograd.grad(total, x)[0])


@pytest.fixture
def fused():
    """What numba compiles."""
    pytest.importorskip("numba", reason="The extra 'fast' is not installed.")
    from sksequence.modules import fused

    return fused


@pytest.mark.parametrize("size", [20, 70])  # one group of columns, and one with some left over
@pytest.mark.parametrize("kind", LAYERS)
def test_compiled_rows_have_the_same_bits_alone_and_in_company(kind, size, fused, generator):
    layer, _ = pair(kind, 3, size, generator)
    x = torch.randn(131, 9, 3, generator=generator)
    with torch.no_grad():
        together = layer(x)[0]
        for some in (slice(0, 1), slice(5, 7), slice(50, 57), slice(100, 131)):
            assert torch.equal(layer(x[some])[0], together[some])
        assert torch.equal(layer(x[:, :4])[0], together[:, :4])


@pytest.mark.parametrize("kind", LAYERS)
def test_compiled_layers_have_the_same_bits_on_any_number_of_threads(kind, fused, generator):
    layer, _ = pair(kind, 3, 20, generator)
    x = torch.randn(131, 9, 3, generator=generator)
    first, weight = first_state(kind, 131, 20, generator), torch.randn(131, 9, 20, generator=generator)
    threads, before, found = [], torch.get_num_threads(), []
    try:
        for n_threads in (1, 2, 5):
            torch.set_num_threads(n_threads)
            found.append(results(layer, x, first, weight))
            threads.append(n_threads)
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            assert torch.equal(one, other)


@pytest.mark.parametrize("kind", LAYERS)
def test_compiled_groups_end_with_their_longest_row(kind, fused, generator):
    layer, _ = pair(kind, 3, 20, generator)
    lengths = torch.randint(1, 12, (131,), generator=generator).sort().values
    valid = (torch.arange(12) < lengths.unsqueeze(1)).unsqueeze(-1)
    x = torch.randn(131, 12, 3, generator=generator).requires_grad_()
    first = first_state(kind, 131, 20, generator)
    weight = torch.randn(131, 12, 20, generator=generator) * valid
    inputs, found = [x, *layer.parameters()], []
    for known in (None, lengths):
        states = layer(x, first, known)[0]
        found.append([states * valid, *torch.autograd.grad(states, inputs, weight)])
        with torch.no_grad():
            assert torch.equal(layer(x, first, known)[0], states)
    group = fused._groups(131)[0]
    assert (states[group.start : group.stop, int(lengths[group[-1]]) :] == 0).all()
    for whole, ended in zip(*found, strict=True):
        torch.testing.assert_close(ended, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_compiled_layers_read_any_layout_of_input_and_gradient(kind, fused, generator):
    layer, twin = pair(kind, 4, 16, generator)
    plain = torch.randn(6, 5, 4, generator=generator)
    strided = torch.randn(6, 10, 8, generator=generator)[:, ::2, ::2].copy_(plain)
    weight = torch.randn(5, 16, 6, generator=generator).permute(2, 0, 1)  # no step's units side by side
    for x in (plain, strided, plain.transpose(0, 1).contiguous().transpose(0, 1)):
        for gradient in (weight, weight.contiguous(), weight[:, :1].expand(-1, 5, -1)):
            found = []
            for one in (layer, twin):
                states = one(x)[0]
                found.append([states, *torch.autograd.grad(states, one.parameters(), gradient)])
            for ours, theirs in zip(*found, strict=True):
                torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_compiled_states_say_what_is_not_a_number(kind, fused, generator):
    layer, _ = pair(kind, 2, 3, generator)
    x = torch.zeros(2, 4, 2)
    x[0, 1] = torch.nan
    states = layer(x)[0]
    assert states[0, 1:].isnan().all()
    assert states[0, 0].isfinite().all()
    assert states[1].isfinite().all()


def test_compiled_activations_hold_from_end_to_end(fused):
    exact = torch.cat([torch.linspace(-30, 30, 4001), torch.tensor([0.0, -1e-6, 1e30, -1e30])])
    layer = LSTMLayer(4, 1, batch_first=True)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.zero_()
        layer.weight_ih_l0.copy_(torch.eye(4))
    ahead, nothing = exact.unsqueeze(1), torch.full((len(exact), 1), 40.0)
    with torch.no_grad():
        for columns, expected in (
            ([ahead, -nothing, nothing, nothing], torch.sigmoid(exact.double())),
            ([nothing, -nothing, ahead, nothing], torch.tanh(exact.double())),
        ):
            _, (_, cells) = layer(torch.cat(columns, 1).unsqueeze(1))
            assert (cells[0, :, 0] - expected).abs().max() < 6e-7
