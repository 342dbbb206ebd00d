import pickle

import numpy as np
import pytest
import torch
from scipy import stats

from sksequence.exceptions import InputError, ParameterError
from sksequence.forecasting.outputs import DEFAULT_QUANTILES, OUTPUTS, check_counts, make_output
from sksequence.modules.forecast import Forecast

DISTRIBUTIONS = ["quantile", "normal", "student_t", "negative_binomial"]
CONTINUOUS = DISTRIBUTIONS[:3]
# The levels of a sample that is as even as a sample can be.
EVENLY = (np.arange(1000) + 0.5) / 1000
# On the normalised scale and back: two windows of three steps.
CENTER, SCALE = torch.tensor([[3.0], [40.0]]), torch.tensor([[2.0], [0.5]])


def forecast_of(output, z=None, *, center=CENTER, scale=SCALE):
    """A forecast of random numbers, or of those given."""
    if z is None:
        shape = (2, 3) if output.n_outputs == 1 else (2, 3, output.n_outputs)
        z = 0.7 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    return Forecast(z, center, scale)


def parameters_of(output, **options):
    """What is read of random numbers, in double precision."""
    return output.read(forecast_of(output, **options)).double().numpy()


def log_likelihood(loss, parameters, y):
    """SciPy's, of values on the scale of the parameters."""
    first, second, *third = np.moveaxis(parameters, -1, 0)
    if loss == "normal":
        return stats.norm.logpdf(y, first, second)
    if loss == "student_t":
        return stats.t.logpdf(y, first, second, *third)
    return stats.nbinom.logpmf(y, 1 / second, 1 / (1 + first * second))


def learned(output, y, *, center=0.0, scale=1.0, steps=600):
    """Parameters (n_outputs,) that minimise the loss of a sample, found as a network finds them."""
    z = torch.zeros((1, 1, output.n_outputs), requires_grad=True)
    y = torch.as_tensor(y, dtype=torch.float32)[:, None]
    center, scale = (torch.full((len(y), 1), float(v)) for v in (center, scale))
    optimizer = torch.optim.Adam([z], lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        wide = z.expand(len(y), 1, -1)
        forecast = Forecast(wide[..., 0] if output.n_outputs == 1 else wide, center, scale)
        output.loss(forecast, y).mean().backward()
        optimizer.step()
        schedule.step()
    return output.read(Forecast(forecast.z[:1].detach(), center[:1], scale[:1]))[0, 0].double().numpy()


# ---------------------------------------------------------------------- all of them
@pytest.mark.parametrize("loss", OUTPUTS)
def test_output_has_the_shapes_it_promises(loss):
    output = make_output(loss)
    forecast = forecast_of(output)
    assert output.loss(forecast, torch.ones(2, 3)).shape == (2, 3)
    parameters = parameters_of(output)
    assert parameters.shape == (2, 3, output.n_outputs)
    assert output.point(parameters).shape == (2, 3)
    assert set(output.locations) <= set(range(output.n_outputs))
    assert output.is_distribution == (loss in DISTRIBUTIONS)


@pytest.mark.parametrize("loss", OUTPUTS)
def test_output_survives_pickling(loss):
    output = make_output(loss)
    again = pickle.loads(pickle.dumps(output))
    assert again == output
    assert np.array_equal(parameters_of(again), parameters_of(output))


@pytest.mark.parametrize("loss", OUTPUTS)
@pytest.mark.parametrize("value", [-1e4, 0.0, 1e4])
def test_loss_and_its_gradient_are_finite_however_wild_the_network(loss, value):
    output = make_output(loss)
    shape = (2, 3, output.n_outputs)[: 2 + (output.n_outputs > 1)]
    z = torch.full(shape, value, requires_grad=True)
    losses = output.loss(forecast_of(output, z), torch.tensor([[0.0, 3.0, 5000.0]] * 2))
    losses.sum().backward()
    assert losses.isfinite().all()
    assert z.grad.isfinite().all()
    parameters = output.read(forecast_of(output, z.detach())).numpy()
    assert np.isfinite(parameters).all()
    assert np.isfinite(output.point(parameters)).all()


@pytest.mark.parametrize("loss", [name for name in OUTPUTS if name != "negative_binomial"])
def test_loss_weighs_every_window_the_same(loss):
    output = make_output(loss)
    z = forecast_of(output).z[:1].repeat(2, *[1] * (forecast_of(output).z.ndim - 1))
    # The same error, in units of the window's scale, in two windows of different scale.
    target = CENTER + SCALE * torch.tensor([[0.3, -2.0, 1.0]])
    small, large = output.loss(Forecast(z, CENTER, SCALE), target)
    torch.testing.assert_close(small, large)


@pytest.mark.parametrize("loss", OUTPUTS)
def test_loss_is_taken_in_single_precision_of_a_half_precise_network(loss):
    output = make_output(loss)
    z = forecast_of(output).z.bfloat16()
    target = torch.tensor([[1.0, 4.0, 6.0], [40.0, 39.0, 41.0]])
    half, single = (output.loss(forecast_of(output, v), target) for v in (z, z.float()))
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, single)
    assert output.read(forecast_of(output, z)).dtype == torch.float32


@pytest.mark.parametrize("loss", OUTPUTS)
def test_members_of_an_ensemble_are_judged_and_read_each_by_itself(loss):
    output = make_output(loss)
    first, second = forecast_of(output).z, forecast_of(output).z - 0.3
    target = torch.tensor([[1.0, 4.0, 6.0], [40.0, 39.0, 41.0]])
    both = forecast_of(output, torch.stack([first, second]))
    for judge in (lambda forecast: output.loss(forecast, target), output.read):
        each = torch.stack([judge(forecast_of(output, z)) for z in (first, second)])
        torch.testing.assert_close(judge(both), each)


@pytest.mark.parametrize("loss", OUTPUTS)
def test_seasonal_branch_may_move_the_locations(loss):
    output = make_output(loss)
    z = forecast_of(output).z
    moved = z.clone()
    if output.n_outputs == 1:
        moved += 0.4
    else:
        moved[..., list(output.locations)] += 0.4
    before, after = (output.read(forecast_of(output, v)).double().numpy() for v in (z, moved))
    if loss == "negative_binomial":
        assert (output.point(after) >= output.point(before)).all()
        assert (after[..., 0] > before[..., 0]).all()
    else:
        by = np.broadcast_to(0.4 * SCALE.numpy(), (2, 3))
        np.testing.assert_allclose(after, output.shift(before, by), rtol=1e-5)


@pytest.mark.parametrize("loss", [name for name in OUTPUTS if name != "negative_binomial"])
def test_read_follows_center_and_scale(loss):
    output = make_output(loss)
    plain = parameters_of(output, center=torch.zeros(2, 1), scale=torch.ones(2, 1))
    scaled = parameters_of(output)
    center, scale = CENTER.numpy(), SCALE.numpy()
    np.testing.assert_allclose(output.point(scaled), center + scale * output.point(plain), rtol=1e-5)
    if output.is_distribution:
        for u in (0.01, 0.3, 0.95):
            expected = center + scale * output.quantile(plain, u)
            np.testing.assert_allclose(output.quantile(scaled, u), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("loss", OUTPUTS)
def test_shift_moves_the_point(loss):
    output = make_output(loss)
    parameters = parameters_of(output, center=torch.full((2, 1), 200.0))
    kept = parameters.copy()
    by = np.array([[5.0, -3.0, 0.0], [100.0, -20.0, 1.0]])
    tolerance = 1.5 if loss == "negative_binomial" else 1e-9
    moved = output.shift(parameters, by)
    np.testing.assert_allclose(output.point(moved), output.point(parameters) + by, atol=tolerance)
    expected = output.shift(parameters, np.full((2, 3), 2.0))
    assert np.array_equal(output.shift(parameters, 2.0), expected)
    assert np.array_equal(parameters, kept)


# ---------------------------------------------------------------------- points
def test_absolute_and_squared_error_by_hand():
    forecast = Forecast(torch.tensor([[1.0, 2.0]]), torch.tensor([[10.0]]), torch.tensor([[5.0]]))
    target = torch.tensor([[25.0, 15.0]])  # 3 and 1 on the scale of the window
    assert make_output("absolute_error").loss(forecast, target).tolist() == [[2.0, 1.0]]
    assert make_output("squared_error").loss(forecast, target).tolist() == [[4.0, 1.0]]
    assert make_output("absolute_error").read(forecast).tolist() == [[[15.0], [20.0]]]


def test_points_are_the_median_and_the_mean_of_a_sample():
    y = stats.expon.ppf(EVENLY)
    assert learned(make_output("absolute_error"), y)[0] == pytest.approx(np.median(y), abs=0.02)
    assert learned(make_output("squared_error"), y)[0] == pytest.approx(np.mean(y), abs=0.02)


# ---------------------------------------------------------------------- distributions
@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_quantile_undoes_the_distribution_function(loss):
    output = make_output(loss)
    parameters = parameters_of(output)
    for y in (2.0, 4.0, 39.0) if loss == "negative_binomial" else (-1.3, 2.4, 40.7):
        u = output.cdf(parameters, y)
        inside = (u > 1e-10) & (u < 1 - 1e-10)
        assert inside.any()
        np.testing.assert_allclose(output.quantile(parameters, u)[inside], y, rtol=1e-6)


@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_distribution_function_rises_from_0_to_1(loss):
    output = make_output(loss)
    parameters = parameters_of(output)
    y = np.linspace(-100, 300, 801)
    u = output.cdf(parameters[..., None, :], y)
    assert u.shape == (2, 3, 801)
    assert (np.diff(u) >= 0).all()
    np.testing.assert_allclose(u[..., [0, -1]], np.broadcast_to([0, 1], (2, 3, 2)), atol=1e-3)


@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_quantiles_take_several_levels_and_levels_of_each_step(loss, rng):
    output = make_output(loss)
    parameters = parameters_of(output)
    levels = np.array([0.02, 0.2, 0.5, 0.77, 0.99])
    several = output.quantile(parameters[..., None, :], levels)
    assert several.shape == (2, 3, 5)
    for i, level in enumerate(levels):
        np.testing.assert_allclose(several[..., i], output.quantile(parameters, level))
    assert (np.diff(several) >= 0).all()
    own = rng.choice(levels, size=(2, 3))
    np.testing.assert_allclose(
        output.quantile(parameters, own),
        np.take_along_axis(several, np.searchsorted(levels, own)[..., None], -1)[..., 0],
    )
    np.testing.assert_allclose(several[..., 2], output.point(parameters), atol=1e-9)


@pytest.mark.parametrize("loss", CONTINUOUS)
def test_spread_is_the_distance_to_the_outer_quantiles(loss):
    output = make_output(loss)
    parameters = parameters_of(output)
    below, above = output.spread(parameters)
    np.testing.assert_allclose(output.point(parameters) - below, output.quantile(parameters, 0.05))
    np.testing.assert_allclose(output.point(parameters) + above, output.quantile(parameters, 0.95))


def test_spread_is_positive_where_all_quantiles_coincide():
    output = make_output("quantile")
    below, above = output.spread(np.full((4, 7), 5.0))
    assert (below > 0).all()
    assert (above > 0).all()


@pytest.mark.parametrize("loss", ["normal", "student_t"])
def test_loss_is_the_likelihood_on_the_scale_of_the_window(loss):
    output = make_output(loss)
    target = CENTER + SCALE * torch.tensor([[0.3, -2.0, 1.0]])
    losses = output.loss(forecast_of(output), target).double().numpy()
    parameters = parameters_of(output)
    # The density of (y - center) / scale is scale times that of y.
    expected = -log_likelihood(loss, parameters, target.numpy()) - np.log(SCALE.numpy())
    np.testing.assert_allclose(losses, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [0.1, 5.0, 300.0, 1e5])
@pytest.mark.parametrize("shape", [-9.0, 0.0, 3.0])
def test_negative_binomial_loss_is_the_likelihood_of_the_count(size, shape):
    output = make_output("negative_binomial")
    z = torch.tensor([[[0.5, shape], [-0.5, shape], [0.0, shape]]])
    forecast = Forecast(z, torch.full((1, 1), size), torch.full((1, 1), 0.5 * size))
    counts = np.round(np.array([[0.0, 1.2 * size, 3 * size]]))
    losses = output.loss(forecast, torch.tensor(counts, dtype=torch.float32)).double().numpy()
    expected = -log_likelihood("negative_binomial", output.read(forecast).double().numpy(), counts)
    np.testing.assert_allclose(losses, expected, rtol=1e-5, atol=1e-5)


def test_untrained_distributions_are_as_wide_as_the_window():
    for loss in CONTINUOUS:
        output = make_output(loss)
        z = torch.zeros((1, 1, output.n_outputs))
        parameters = output.read(Forecast(z, torch.zeros(1, 1), torch.ones(1, 1))).numpy()
        np.testing.assert_allclose(output.quantile(parameters, 0.75), 0.6745, rtol=0.05)
        np.testing.assert_allclose(output.quantile(parameters, 0.95), 1.645, rtol=0.12)
    assert parameters_of(make_output("student_t"), z=torch.zeros(2, 3, 3))[..., 0] == pytest.approx(10)


def test_training_finds_the_parameters_of_a_normal_sample():
    loc, scale = learned(make_output("normal"), stats.norm.ppf(EVENLY, 50, 8), center=40, scale=10)
    assert loc == pytest.approx(50, abs=0.01)
    assert scale == pytest.approx(8, rel=0.01)


def test_training_finds_the_parameters_of_a_sample_with_outliers():
    df, loc, scale = learned(make_output("student_t"), stats.t.ppf(EVENLY, 4, 50, 8), center=40, scale=10)
    assert df == pytest.approx(4, rel=0.05)
    assert loc == pytest.approx(50, abs=0.01)
    assert scale == pytest.approx(8, rel=0.01)


@pytest.mark.parametrize(("mean", "dispersion"), [(0.4, 1.0), (6.0, 0.3), (2000.0, 0.05)])
def test_training_finds_the_parameters_of_a_sample_of_counts(mean, dispersion):
    y = stats.nbinom.ppf(EVENLY, 1 / dispersion, 1 / (1 + mean * dispersion))
    found = learned(make_output("negative_binomial"), y, center=y.mean() * 1.3, scale=y.std())
    np.testing.assert_allclose(found, [mean, dispersion], rtol=0.03)


def test_training_finds_the_quantiles_of_a_skewed_sample():
    skewed = stats.expon(0, 10)
    output = make_output("quantile")
    found = learned(output, skewed.ppf(EVENLY), center=5, scale=10)
    np.testing.assert_allclose(found, skewed.ppf(output.levels), rtol=0.02, atol=0.1)


# ---------------------------------------------------------------------- quantiles
@pytest.mark.parametrize("levels", [DEFAULT_QUANTILES, (0.1, 0.2, 0.8), (0.5, 0.9), (0.1, 0.5)])
def test_quantiles_never_cross(levels):
    output = make_output("quantile", levels)
    z = 30 * torch.randn((50, 4, output.n_outputs), generator=torch.Generator().manual_seed(1))
    quantiles = output.read(Forecast(z, torch.full((50, 1), 1e4), torch.full((50, 1), 1e-2)))
    assert (quantiles.diff(dim=-1) >= 0).all()


def test_quantile_loss_is_the_pinball_loss():
    output = make_output("quantile", (0.1, 0.5, 0.7))
    forecast = forecast_of(output, center=torch.zeros(2, 1), scale=torch.ones(2, 1))
    target = torch.tensor([[0.3, -2.0, 1.0], [0.0, 5.0, 0.1]])
    error = target.numpy()[..., None] - output.read(forecast).numpy()
    levels = np.array(output.levels)
    expected = np.maximum(levels * error, (levels - 1) * error).mean(-1)
    np.testing.assert_allclose(output.loss(forecast, target).numpy(), expected, atol=1e-6)


def test_quantiles_at_their_levels_are_those_of_the_network():
    output = make_output("quantile", (0.05, 0.2, 0.6, 0.99))
    parameters = parameters_of(output)
    found = output.quantile(parameters[..., None, :], np.array(output.levels))
    np.testing.assert_allclose(found, parameters, rtol=1e-12)
    levels = np.stack([output.cdf(parameters, parameters[..., i]) for i in range(4)], axis=-1)
    np.testing.assert_allclose(levels, np.broadcast_to(output.levels, (2, 3, 4)), rtol=1e-9)


def test_quantiles_between_and_beyond_the_levels_are_exact_for_a_normal_distribution():
    output = make_output("quantile")
    normal = stats.norm(100, 7)
    parameters = normal.ppf(output.levels)
    u = np.array([0.001, 0.06, 0.3, 0.81, 0.999])
    np.testing.assert_allclose(output.quantile(parameters[None], u), normal.ppf(u))
    np.testing.assert_allclose(output.cdf(parameters[None], normal.ppf(u)), u)


def test_distribution_function_jumps_where_quantiles_coincide():
    output = make_output("quantile", (0.1, 0.5, 0.9))
    assert output.cdf(np.full((3, 3), 5.0), np.array([4.9, 5.0, 5.1])).tolist() == [0.0, 1.0, 1.0]
    assert output.cdf(np.array([[4.0, 5.0, 5.0]]), 5.0) == 1
    assert output.cdf(np.array([[5.0, 5.0, 6.0]]), 5.0) == pytest.approx(0.5)


# ---------------------------------------------------------------------- counts
def test_negative_binomial_has_the_mean_and_variance_it_says():
    output = make_output("negative_binomial")
    parameters = np.array([[4.0, 0.5]])
    counts = np.arange(400)
    probability = np.diff(output.cdf(parameters, counts), prepend=0)
    mean = (counts * probability).sum()
    assert mean == pytest.approx(4)
    assert ((counts - mean) ** 2 * probability).sum() == pytest.approx(4 + 0.5 * 16)


@pytest.mark.parametrize("value", [-1e4, -30.0, -1.0, 0.0, 2.0, 1e4])
def test_negative_binomial_mean_is_positive_and_rises(value):
    output = make_output("negative_binomial")
    z = torch.tensor([value, value + 1.0, value + 20.0])[None, :, None].repeat(2, 1, 2)
    mean, dispersion = np.moveaxis(output.read(forecast_of(output, z)).numpy(), -1, 0)
    assert (mean > 0).all()
    assert (dispersion > 0).all()
    assert (np.diff(mean) >= 0).all()


def test_negative_binomial_mean_is_the_value_where_that_is_large():
    output = make_output("negative_binomial")
    z = torch.tensor([[[0.5, 0.0], [1.0, 0.0], [-2.0, 0.0]]])
    mean = output.read(Forecast(z, torch.tensor([[500.0]]), torch.tensor([[50.0]])))[..., 0]
    np.testing.assert_allclose(mean, [[525.0, 550.0, 400.0]], rtol=1e-3)


def test_counts_are_whole_quantiles_and_their_spread_is_not_0():
    output = make_output("negative_binomial")
    parameters = np.array([[0.02, 0.5], [3.0, 0.2], [5000.0, 0.01]])
    quantiles = output.quantile(parameters[:, None], np.array([0.05, 0.5, 0.95]))
    assert np.array_equal(quantiles, np.round(quantiles))
    assert quantiles[0].tolist() == [0, 0, 0]
    below, above = output.spread(parameters)
    assert below[0] > 0.4
    assert above[0] > 0.4
    # Of large counts it is the distance of the quantiles.
    np.testing.assert_allclose(above[2], quantiles[2, 2] - quantiles[2, 1], atol=1)
    np.testing.assert_allclose(below[2], quantiles[2, 1] - quantiles[2, 0], atol=1)


def test_shifted_counts_stay_positive():
    output = make_output("negative_binomial")
    moved = output.shift(np.array([[4.0, 0.5]]), -10.0)
    assert moved[0, 0] > 0
    assert output.point(moved) == 0


@pytest.mark.parametrize("values", [[0.0, 3.0, np.nan], np.arange(4), [[2e9]], np.array([], dtype=float)])
def test_counts_pass(values):
    assert check_counts(np.asarray(values), "X.fit") is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, -2.0, 3.0], "1 of 3 values .* first of them -2"),
        ([1.5, 2.0, -0.5], "2 of 3 values .* first of them 1.5"),
        ([np.inf], "1 of 1 values .* first of them inf"),
    ],
)
def test_what_is_no_count_is_refused(values, words):
    with pytest.raises(InputError, match=rf"^LSTMForecaster\.fit: {words}.*needs counts"):
        check_counts(np.array(values), "LSTMForecaster.fit")


# ---------------------------------------------------------------------- by name
def test_levels_are_sorted():
    assert make_output("quantile", [0.9, 0.5, 0.1]).levels == (0.1, 0.5, 0.9)
    assert make_output("quantile").levels == DEFAULT_QUANTILES


@pytest.mark.parametrize(
    "quantiles", [(), (0.5,), (0.1, 0.1, 0.9), (0.0, 0.5), (0.5, 1.0), (0.6, 0.9), (10, 90)]
)
def test_levels_that_make_no_distribution_are_refused(quantiles):
    with pytest.raises(
        ParameterError, match=r"^LSTMForecaster\.fit: quantiles=.*two or more different levels"
    ):
        make_output("quantile", quantiles, caller="LSTMForecaster.fit")


def test_unknown_loss_is_refused():
    with pytest.raises(ParameterError, match=r"loss='mse' came, but one of .*squared_error"):
        make_output("mse")
