"""The segment network: invariances, equations, and independence of the global random state."""

import numpy as np
import pytest
import torch

from sksequence.modules.forecast import absolute_error, squared_error
from sksequence.modules.noise import seed_noise
from sksequence.modules.segments import Ensemble, SegmentNetwork
from sksequence.modules.window_norm import WindowNorm, align_right

WINDOW, HORIZON = 12, 5
CELLS = ["rnn", "lstm", "gru"]
NORMS = [("last", False), ("last", True), ("season", True), ("window", True), (None, False)]
# Two flags, two columns known ahead, one that is not, one constant.
COVARIATES = {"n_inputs": 2, "n_past": 3, "n_future": 2, "n_static": 1}


def network(**options):
    """Build a small network with fixed weights, in evaluation mode."""
    options = {"segment": 3, "hidden_size": 8, "seasons": (4,)} | options
    return SegmentNetwork(WINDOW, HORIZON, generator=torch.Generator().manual_seed(0), **options).eval()


def batch(n=6, n_steps=WINDOW, seed=1):
    """Random windows (n, n_steps, 1), all of full length."""
    values = torch.randn(n, n_steps, 1, generator=torch.Generator().manual_seed(seed))
    return values, torch.full((n,), n_steps)


def explained_network(seed=5, **options):
    """Build a small network with covariates, none of whose weights is 0."""
    net = network(**(COVARIATES | options))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.empty_like(parameter).normal_(0, 0.3, generator=generator))
    return net


def explained_batch(n=6, horizon=HORIZON):
    """Random windows with everything that `explained_network` reads, all of full length."""
    generator = torch.Generator().manual_seed(2)
    shapes = {"values": (n, WINDOW, 2), "past": (n, WINDOW, 3), "future": (n, horizon, 2), "static": (n, 1)}
    inputs = {name: torch.randn(*shape, generator=generator) for name, shape in shapes.items()}
    return inputs | {"lengths": torch.full((n,), WINDOW)}


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
    options = {"segment": 3, "n_channels": 2, "dropout": 0.5, "generator": generator} | COVARIATES
    net = Ensemble([SegmentNetwork(WINDOW, HORIZON, **options) for _ in range(2)])
    seed_noise(net, torch.Generator().manual_seed(1))
    net.train()(**explained_batch(), channel=torch.zeros(6, dtype=torch.int64))
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


# ---------------------------------------------------------------------- covariates
def test_covariates_leave_the_other_weights_as_they_were():
    plain, explained = dict(network().named_parameters()), dict(network(**COVARIATES).named_parameters())
    assert set(plain) < set(explained)
    for name, parameter in plain.items():
        assert torch.equal(parameter, explained[name])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("center", "scale"), NORMS)
def test_covariates_ignore_padding_and_other_samples(cell, center, scale):
    inputs = explained_batch()
    inputs["lengths"] = torch.tensor([12, 11, 7, 4, 2, 1])
    net = explained_network(cell=cell, center=center, scale=scale)
    expected = net(**inputs).values
    padded = dict(inputs)
    for name in ("values", "past"):
        wider = torch.cat([inputs[name], inputs[name][:, :4]], dim=1)
        wider[torch.arange(16) >= inputs["lengths"][:, None]] = torch.nan
        padded[name] = wider
    assert torch.isfinite(expected).all()
    torch.testing.assert_close(net(**padded).values, expected, rtol=1e-5, atol=1e-5)
    alone = [net(**{name: tensor[i : i + 1] for name, tensor in inputs.items()}).values for i in range(6)]
    torch.testing.assert_close(torch.cat(alone), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("segment", [3, 5])
def test_covariates_are_read_in_the_window_only(segment):
    inputs, net = explained_batch(), explained_network(segment=segment)
    expected = net(**inputs).values
    longer = dict(inputs, lengths=inputs["lengths"] + 4)
    for name in ("values", "past"):
        longer[name] = torch.cat([9 + inputs[name][:, :4], inputs[name]], dim=1)
    torch.testing.assert_close(net(**longer).values, expected)


@pytest.mark.parametrize("name", ["values", "past", "future", "static"])
def test_every_covariate_is_read(name):
    inputs, net = explained_batch(), explained_network()
    expected = net(**inputs).values
    for j in range(inputs[name].shape[-1]):
        other = inputs[name].clone()
        other[..., j] += 1.0
        assert not torch.allclose(net(**(inputs | {name: other})).values, expected, atol=1e-3), j


def test_a_future_step_changes_its_own_segment_only():
    inputs, net = explained_batch(), explained_network(segment=3)
    changed = inputs["future"].clone()
    changed[:, 4] += 1.0
    difference = (net(**(inputs | {"future": changed})).values - net(**inputs).values).abs()
    assert difference[:, :3].max() == 0
    assert (difference[:, 3:] > 1e-4).all()


def test_covariates_start_without_a_say_in_the_gates():
    inputs, net = explained_batch(), network(**COVARIATES)
    changed = inputs["future"].clone()
    changed[:, 4] += 1.0
    difference = (net(**(inputs | {"future": changed})).values - net(**inputs).values).abs()
    assert difference[:, :4].max() == 0
    assert (difference[:, 4] > 1e-4).all()


@pytest.mark.parametrize("center", ["last", "season", "window", None])
def test_the_effect_of_a_plan_leaves_the_window_and_joins_the_forecast(center):
    net = network(center=center, n_past=1, n_future=1)
    with torch.no_grad():  # 3 wherever the plan is 1, and nothing else is told of it
        for part in (net.embed_known, net.effects.hidden, net.effects.effect):
            part.weight.zero_()
            part.bias.zero_()
        net.effects.hidden.weight[0, 0] = 1.0
        net.effects.effect.weight[0, 0] = 3.0
    values, _ = batch()
    inputs = {"lengths": torch.tensor([12, 12, 11, 9, 6, 1])}
    plan = (torch.rand(6, WINDOW + HORIZON, 1, generator=torch.Generator().manual_seed(4)) < 0.4).float()
    never = torch.zeros_like(plan)
    expected = net(values, past=never[:, :WINDOW], future=never[:, WINDOW:], **inputs).values
    found = net(values + 3 * plan[:, :WINDOW], past=plan[:, :WINDOW], future=plan[:, WINDOW:], **inputs)
    torch.testing.assert_close(found.values, expected + 3 * plan[:, WINDOW:, 0])


def test_a_plan_is_learned_step_by_step():
    # Noise, and 2 more wherever the plan says so, which the past does not tell.
    generator = torch.Generator().manual_seed(0)
    plan = (torch.rand(256, WINDOW + HORIZON, 1, generator=generator) < 0.3).float()
    series = 0.1 * torch.randn(256, WINDOW + HORIZON, generator=generator) + 2 * plan[:, :, 0]
    inputs = {"values": series[:, :WINDOW, None], "past": plan[:, :WINDOW], "future": plan[:, WINDOW:]}
    inputs["lengths"] = torch.full((256,), WINDOW)
    target, first = series[:, WINDOW:], slice(0, 192)
    net = network(n_past=1, n_future=1, dropout=0.0).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        train = {name: tensor[first] for name, tensor in inputs.items()}
        absolute_error(net(**train), target[first]).mean().backward()
        optimizer.step()
    error = absolute_error(net(**inputs), target)[192:].mean()
    # Two more or not is an error of 0.6 at best for who does not know the plan.
    assert error < 0.15


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_forecasts_in_half_precision_are_near(dtype):
    inputs, net = explained_batch(), explained_network(center="season", scale=True, n_outputs=2)
    expected = net(**inputs).z
    with torch.autocast("cpu", dtype=dtype):
        found = net(**inputs).z
    assert (found - expected).abs().max() < 0.05 * expected.abs().max()


# ---------------------------------------------------------------------- several outputs, several members
@pytest.mark.parametrize("horizon", [1, 5, 7])
def test_several_outputs_stand_last(horizon):
    net = SegmentNetwork(WINDOW, horizon, segment=3, n_outputs=3, seasons=(4,)).eval()
    forecast = net(*batch(2))
    assert forecast.z.shape == (2, horizon, 3)
    # Row s P + p of the output layer is number p of step s.
    with torch.no_grad():
        net.output.weight.zero_()
        net.output.bias.copy_(torch.arange(9.0))
        net.branch.gates.zero_()
    expected = torch.arange(9.0).reshape(3, 3).repeat(3, 1)[:horizon]
    assert torch.equal(net(*batch(2)).z, expected.expand(2, -1, -1))


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_ensemble_stacks_its_members(n_outputs):
    options = {"segment": 3, "hidden_size": 8, "seasons": (4,), "n_outputs": n_outputs, "center": "season"}
    generator = torch.Generator().manual_seed(0)
    members = [SegmentNetwork(WINDOW, HORIZON, generator=generator, **options).eval() for _ in range(3)]
    values, lengths = batch()
    forecast = Ensemble(members)(values=values, lengths=lengths)
    assert forecast.z.shape == (3, 6, HORIZON) + (() if n_outputs == 1 else (n_outputs,))
    for z, member in zip(forecast.z, members, strict=True):
        alone = member(values, lengths)
        assert torch.equal(z, alone.z)
        assert torch.equal(forecast.center, alone.center)
    # The first member is the network that one alone would be; the others differ.
    one = network(n_outputs=n_outputs, center="season")
    for first, second, alone in zip(
        members[0].parameters(), members[1].parameters(), one.parameters(), strict=True
    ):
        assert torch.equal(first, alone)
        assert first.shape == second.shape
    assert not torch.equal(members[0].position, members[1].position)


def test_members_of_an_ensemble_learn_apart():
    values, lengths = batch()
    target = torch.randn(6, HORIZON, generator=torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(0)
    net = Ensemble(
        [SegmentNetwork(WINDOW, HORIZON, segment=3, dropout=0.0, generator=generator) for _ in range(2)]
    )
    forecast = net(values=values, lengths=lengths)
    error = (forecast.z - forecast.normalize(target)).abs()  # (2, 6, H)
    error.mean(0).mean().backward()
    gradient = net.members[1].output.weight.grad.clone()
    net.zero_grad()
    absolute_error(net.members[1](values, lengths), target).mean().backward()
    # Each weighs one half of the mean.
    torch.testing.assert_close(gradient, net.members[1].output.weight.grad / 2)
