"""Each cell against NumPy written from the paper's equations; gradients against differences."""

import math

import numpy as np
import pytest
import torch

from sksequence.modules import CELLS, Encoder, SequenceNetwork, Standardize, new_recurrence


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def elman(x, h, c, W, U, b, nonlinearity=np.tanh):
    return nonlinearity(W @ x + U @ h + b), None


def lstm(x, h, c, W, U, b):
    i, f, g, o = np.split(W @ x + U @ h + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(x, h, c, W, U, b, b_hidden):
    size = len(h)
    read, kept = W @ x + b, U @ h + b_hidden
    r, z = sigmoid(read[:size] + kept[:size]), sigmoid(read[size : 2 * size] + kept[size : 2 * size])
    n = np.tanh(read[2 * size :] + r * kept[2 * size :])
    return (1 - z) * n + z * h, None


def weights(rnn):
    return [
        getattr(rnn, f"{name}_l0").detach().numpy()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]


@pytest.mark.parametrize("cell", ["rnn", "relu", "lstm", "gru"])
def test_cell_follows_its_equations(cell, rng):
    options = {"nonlinearity": "relu"} if cell == "relu" else {}
    generator = torch.Generator().manual_seed(0)
    rnn = new_recurrence("rnn" if cell == "relu" else cell, 3, 5, memory=7, generator=generator, **options)
    with torch.no_grad():
        for bias in (rnn.bias_ih_l0, rnn.bias_hh_l0):
            bias.normal_(generator=generator)
    W, U, b, b_hidden = weights(rnn)
    step = {
        "rnn": lambda x, h, c: elman(x, h, c, W, U, b + b_hidden),
        "relu": lambda x, h, c: elman(x, h, c, W, U, b + b_hidden, lambda v: np.maximum(v, 0)),
        "lstm": lambda x, h, c: lstm(x, h, c, W, U, b + b_hidden),
        "gru": lambda x, h, c: gru(x, h, c, W, U, b, b_hidden),
    }[cell]
    sequence = rng.normal(size=(9, 3)).astype(np.float32)
    h, c, states = np.zeros(5), np.zeros(5), []
    for x in sequence:
        h, c = step(x, h, c)
        states.append(h)
    with torch.no_grad():
        computed = rnn(torch.from_numpy(sequence[None]))[0][0].numpy()
    np.testing.assert_allclose(computed, states, atol=1e-6)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", list(CELLS))
def test_gradients_through_a_ragged_batch_equal_differences(cell, bidirectional):
    generator = torch.Generator().manual_seed(0)
    encoder = Encoder(
        cell,
        torch.nn.Identity(),
        2,
        hidden_size=3,
        bidirectional=bidirectional,
        memory=5,
        generator=generator,
    )
    network = (
        SequenceNetwork(
            encoder, pooling=("last", "mean", "max", "attention"), n_outputs=2, generator=generator
        )
        .double()
        .eval()
    )
    values = torch.randn(3, 5, 2, generator=generator, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([5, 1, 3])
    assert torch.autograd.gradcheck(lambda v: network(v, lengths), (values,))


def test_chrono_biases_span_time_scales_up_to_memory():
    generator = torch.Generator().manual_seed(0)
    size, memory = 512, 200.0
    forget = new_recurrence("lstm", 1, size, memory=memory, generator=generator).bias_ih_l0[size : 2 * size]
    update = new_recurrence("gru", 1, size, memory=memory, generator=generator).bias_ih_l0[size : 2 * size]
    for bias in (forget, update):
        scales = bias.detach().exp()
        assert 1.0 <= scales.min() < 1.2
        assert 190.0 < scales.max() <= memory
        assert 10.0 < scales.median() < 20.0
    rnn = new_recurrence("rnn", 1, 64, memory=memory, generator=generator)
    radius = np.abs(np.linalg.eigvals(rnn.weight_hh_l0.detach().numpy())).max()
    assert math.isclose(radius**memory, math.exp(-1), rel_tol=1e-3)


@pytest.mark.parametrize("cell", list(CELLS))
def test_recurrent_weights_start_orthogonal_in_every_gate(cell):
    rnn = new_recurrence(cell, 2, 8, memory=1e9, generator=torch.Generator().manual_seed(0))
    for gate in rnn.weight_hh_l0.detach().split(8):
        np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-5)


def test_building_draws_nothing_from_the_global_generator():
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(0)
    for cell in CELLS:
        inputs = Standardize(torch.zeros(2), torch.ones(2))
        encoder = Encoder(
            cell, inputs, 2, num_layers=2, bidirectional=True, layer_norm=True, generator=generator
        )
        SequenceNetwork(encoder, pooling=("attention",), n_outputs=3, dropout=0.5, generator=generator)
    assert torch.equal(before, torch.get_rng_state())


def test_standardizing_keeps_the_digits_of_large_values():
    years = torch.tensor([[[2_000_000_000.0], [2_000_000_001.0]]], dtype=torch.float64)
    scaled = Standardize(torch.tensor([2e9], dtype=torch.float64), torch.ones(1))(years)
    assert scaled.flatten().tolist() == [0.0, 1.0]
