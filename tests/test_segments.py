"""The segment network: invariances, equations, and independence of the global random state."""

import numpy as np
import pytest
import torch

from sksequence.modules.noise import seed_noise
from sksequence.modules.segments import SegmentNetwork, WindowNorm, absolute_error, align_right, squared_error

WINDOW, HORIZON = 12, 5
CELLS = ["rnn", "lstm", "gru"]
NORMS = [("last", False), ("last", True), ("season", True), ("window", True), (None, False)]


def network(**options):
    """Build a small network with fixed weights, in evaluation mode."""
    options = {"segment": 3, "hidden_size": 8, "seasons": (4,)} | options
    return SegmentNetwork(WINDOW, HORIZON, generator=torch.Generator().manual_seed(0), **options).eval()


def batch(n=6, n_steps=WINDOW, seed=1):
    """Random windows (n, n_steps, 1), all of full length."""
    values = torch.randn(n, n_steps, 1, generator=torch.Generator().manual_seed(seed))
    return values, torch.full((n,), n_steps)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("center", "scale"), NORMS)
def test_segment_network_ignores_padding(cell, center, scale):
    values, _ = batch()
    lengths = torch.tensor([12, 11, 7, 4, 2, 1])
    net = network(cell=cell, center=center, scale=scale)
    expected = net(values, lengths).values
    padded = torch.cat([values, torch.full((6, 4, 1), torch.nan)], dim=1)
    padded[torch.arange(16) >= lengths[:, None]] = torch.nan
    assert torch.isfinite(expected).all()
    torch.testing.assert_close(net(padded, lengths).values, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_segment_network_is_blind_to_other_samples(cell):
    values, lengths = batch()
    net = network(cell=cell)
    together = net(values, lengths).values
    alone = torch.cat([net(values[i : i + 1], lengths[i : i + 1]).values for i in range(6)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("window", "segment", "horizon"), [(12, 3, 5), (12, 5, 5), (12, 1, 1), (7, 12, 30)])
def test_segment_network_gives_horizon_steps(window, segment, horizon):
    net = SegmentNetwork(window, horizon, segment=segment, hidden_size=6, seasons=(4, 99))
    forecast = net(*batch(3, window))
    assert forecast.z.shape == (3, horizon)
    assert forecast.values.shape == (3, horizon)
    assert forecast.center.shape == forecast.scale.shape == (3, 1)


@pytest.mark.parametrize("segment", [3, 5])
def test_segment_network_reads_its_window_only(segment):
    values, lengths = batch(n_steps=WINDOW + 6)
    net = network(segment=segment)
    expected = net(values, lengths).values
    values[:, : WINDOW // 2] += 100.0
    torch.testing.assert_close(net(values[:, 6:], lengths - 6).values, net(values, lengths).values)
    older = values.clone()
    older[:, :6] -= 50.0
    torch.testing.assert_close(net(older, lengths).values, expected)


@pytest.mark.parametrize("cell", CELLS)
def test_segment_network_follows_shift_and_scale(cell):
    values, lengths = batch()
    net = network(cell=cell, center="last", scale=True, min_scale=1e-9)
    expected = 1000.0 + 10.0 * net(values, lengths).values
    torch.testing.assert_close(net(1000.0 + 10.0 * values, lengths).values, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("cell", CELLS)
def test_decoder_is_one_step_of_the_cell_per_output_segment(cell):
    net = network(cell=cell, n_channels=3)
    channel = torch.tensor([0, 1, 2, 0, 1, 2])
    state = tuple(
        None if cell != "lstm" and part else torch.randn(6, 8, generator=torch.Generator().manual_seed(part))
        for part in (0, 1)
    )
    kind = {"rnn": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}[cell](8, 8)
    kind.weight_ih, kind.bias_ih = net.decode_input.weight, net.decode_input.bias
    kind.weight_hh, kind.bias_hh = net.decode_state.weight, net.decode_state.bias
    decoded = net._decode(state, net._driven(channel, None, None))
    for m, position in enumerate(net.position):
        x = torch.cat([position.expand(6, -1), net.channel[channel]], dim=1)
        new = kind(x, state if cell == "lstm" else state[0])
        torch.testing.assert_close(decoded[:, m], new[0] if cell == "lstm" else new)


@pytest.mark.parametrize("cell", CELLS)
def test_segment_network_gradients_are_exact(cell):
    net = network(cell=cell, hidden_size=4, center="season", scale=True, n_channels=2).double()
    values, _ = batch(3)
    lengths, channel = torch.tensor([12, 9, 5]), torch.tensor([0, 1, 1])
    values = values.double().requires_grad_()
    parameters = [p.detach().clone().requires_grad_() for p in net.parameters()]
    names = [name for name, _ in net.named_parameters()]

    def forecast(values, *parameters):
        inputs = (values, lengths, channel)
        return torch.func.functional_call(net, dict(zip(names, parameters, strict=True)), inputs).values

    assert torch.autograd.gradcheck(forecast, (values, *parameters))


def test_segment_network_tells_channels_apart():
    net = network(n_channels=2)
    values, lengths = batch(2)
    values[1] = values[0]
    first, second = net(values, lengths, torch.tensor([0, 1])).values
    assert not torch.allclose(first, second)
    with pytest.raises(ValueError, match="no channel came"):
        net(values, lengths)


def test_seasonal_branch_starts_as_half_a_seasonal_naive_forecast():
    season = torch.tensor([3.0, -1.0, 0.0, 5.0])
    net = network(center=None)
    with torch.no_grad():
        net.output.weight.zero_()
        net.output.bias.zero_()
    values = season.repeat(3)[None, :, None]
    level = season.mean()
    # Both shapes at half weight make one whole shape; the level comes at half weight.
    expected = (season - level + 0.5 * level)[[0, 1, 2, 3, 0]]
    torch.testing.assert_close(net(values, torch.tensor([12])).values[0], expected)
    # Without a whole season there is nothing to copy.
    assert net.branch(values[:, :, 0], torch.arange(12)[None] >= 9).abs().sum() == 0


@pytest.mark.parametrize(
    ("center", "expected"), [("last", 6.0), ("season", 5.5), ("window", 4.0), (None, 0.0)]
)
def test_window_norm_uses_valid_steps_only(center, expected):
    values, valid = align_right(torch.tensor([[2.0, 3.0, 5.0, 6.0, 99.0]]), torch.tensor([4]), 6)
    assert values.tolist() == [[0.0, 0.0, 2.0, 3.0, 5.0, 6.0]]
    found, scale = WindowNorm(center, scale=True, season=2)(values, valid)
    assert found.item() == pytest.approx(expected)
    assert scale.item() == pytest.approx(np.std([2.0, 3.0, 5.0, 6.0]))


def test_window_norm_does_not_divide_flat_windows():
    flat = torch.full((1, 4), 7.0)
    assert WindowNorm("window", scale=True)(flat, flat > 0)[1].item() == 1.0


def test_losses_are_per_sample_and_normalised():
    values, lengths = batch()
    net = network(center="season", scale=True)
    forecast = net(values, lengths)
    target = torch.randn(6, HORIZON, generator=torch.Generator().manual_seed(3))
    error = (forecast.values - target) / forecast.scale
    torch.testing.assert_close(absolute_error(forecast, target), error.abs().mean(1))
    torch.testing.assert_close(squared_error(forecast, target), error.square().mean(1))


@pytest.mark.parametrize("given", [True, False])
def test_segment_network_leaves_the_global_random_state_alone(given):
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    generator = torch.Generator().manual_seed(0) if given else None
    net = SegmentNetwork(WINDOW, HORIZON, segment=3, n_channels=2, dropout=0.5, generator=generator)
    seed_noise(net, torch.Generator().manual_seed(1))
    net.train()(*batch(), torch.zeros(6, dtype=torch.int64))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_segment_network_is_a_function_of_its_seed():
    nets = [network(n_channels=2) for _ in range(2)]
    other = SegmentNetwork(WINDOW, HORIZON, segment=3, generator=torch.Generator().manual_seed(9))
    for one, two in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(one, two)
    assert not torch.equal(nets[0].position[:1], other.position[:1, :4])


def test_segment_network_learns_what_the_naive_forecast_cannot():
    # x[t] = -x[t - 3]: the last value and the season of 4 are of no use.
    generator = torch.Generator().manual_seed(0)
    series = torch.randn(64, 3, generator=generator).repeat(1, 6)
    series = series * torch.tensor([1.0, -1.0]).repeat_interleave(3).repeat(3)
    values, target = series[:, :12, None], series[:, 12:17]
    net = network(center=None, seasons=(), dropout=0.0, hidden_size=32).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    lengths = torch.full((64,), 12)
    for _ in range(150):
        optimizer.zero_grad()
        squared_error(net(values, lengths), target).mean().backward()
        optimizer.step()
    assert squared_error(net(values, lengths), target).mean() < 0.05
