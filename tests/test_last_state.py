"""The short way to a layer's last state gives what torch's own layers give."""

from __future__ import annotations

import pytest
import torch

from sksequence.modules.cells import CELLS, new_recurrence
from sksequence.modules.last_state import last_state, quick_tanh
from sksequence.modules.segments import SegmentNetwork


def layer_and_steps(cell: str, n_steps: int, size: int = 32):
    generator = torch.Generator().manual_seed(0)
    layer = new_recurrence(cell, 5, size, generator=generator)
    return layer, 3 * torch.randn(n_steps, 9, 5, generator=generator)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("n_steps", "size"), [(1, 32), (7, 32), (7, 8), (40, 32)])
def test_last_state_is_that_of_the_layer(cell, n_steps, size):
    layer, x = layer_and_steps(cell, n_steps, size)
    states, after = layer(x.transpose(0, 1))
    with torch.inference_mode():
        h, c = last_state(layer, x)
    torch.testing.assert_close(h, states[:, -1].detach(), rtol=0, atol=2e-6)
    assert (c is None) == (cell != "lstm")
    if c is not None:
        torch.testing.assert_close(c, after[1][0].detach(), rtol=0, atol=5e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_last_state_can_be_learned_from(cell):
    layer, x = layer_and_steps(cell, 7)
    last_state(layer, x)[0].square().sum().backward()
    found = [weight.grad.clone() for weight in layer.parameters()]
    layer.zero_grad()
    layer(x.transpose(0, 1))[0][:, -1].square().sum().backward()
    for gradient, weight in zip(found, layer.parameters(), strict=True):
        torch.testing.assert_close(gradient, weight.grad)
        assert gradient.abs().max() > 0


def test_last_state_leaves_weights_and_inputs_as_they_are():
    layer, x = layer_and_steps("lstm", 7)
    before = [x.clone(), *(weight.detach().clone() for weight in layer.parameters())]
    with torch.inference_mode():
        last_state(layer, x)
    for old, new in zip(before, [x, *layer.parameters()], strict=True):
        assert torch.equal(old, new)


def test_double_precision_stays_double():
    layer, x = layer_and_steps("lstm", 7)
    with torch.inference_mode():
        h, _ = last_state(layer.double(), x.double())
    assert h.dtype == torch.float64


def test_quick_tanh_is_tanh():
    x = torch.linspace(-20, 20, 4001)
    with torch.inference_mode():
        torch.testing.assert_close(quick_tanh(x), torch.tanh(x), rtol=0, atol=2e-7)
    x.requires_grad_()
    quick_tanh(x).sum().backward()
    torch.testing.assert_close(x.grad, 1 - torch.tanh(x.detach()).square())


@pytest.mark.parametrize("cell", CELLS)
def test_step_by_step_network_embeds_single_steps_in_few_features(cell):
    net = SegmentNetwork(12, 3, segment=1, hidden_size=64, cell=cell, n_inputs=2, n_past=3, n_future=2)
    assert net.embed.weight.shape == (32, 1)
    assert net.embed_more.weight.shape == net.embed_known.weight.shape == (32, 2)
    assert net.encoder.weight_ih_l0.shape == (CELLS[cell].n_gates * 64, 32)
    small = SegmentNetwork(12, 3, segment=1, hidden_size=8, cell=cell)
    assert small.encoder.weight_ih_l0.shape == (CELLS[cell].n_gates * 8, 8)


@pytest.mark.parametrize("cell", CELLS)
def test_step_by_step_network_reads_every_step_and_what_stands_beside_it(cell):
    net = SegmentNetwork(6, 2, segment=1, hidden_size=32, cell=cell, n_past=1, dropout=0.0).eval()
    values = torch.randn(2, 6, 1, generator=torch.Generator().manual_seed(0)).requires_grad_()
    past = torch.randn(2, 6, 1, generator=torch.Generator().manual_seed(1)).requires_grad_()
    net(values, torch.tensor([6, 4]), past=past).values.sum().backward()
    for read in (values, past):
        assert (read.grad[0] != 0).all()
        assert (read.grad[1, :4] != 0).all()
        assert (read.grad[1, 4:] == 0).all()
