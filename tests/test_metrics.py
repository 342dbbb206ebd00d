import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_pinball_loss

from sksequence.exceptions import InputError
from sksequence.metrics import (
    crps_from_quantiles,
    crps_from_samples,
    interval_coverage,
    interval_score,
    mase,
    mean_interval_width,
    pinball_loss,
    rmsse,
    skill_score,
    smape,
    weighted_quantile_loss,
)


def test_mase_by_hand():
    # In-sample seasonal steps |3-1|, |5-2|, |4-3| = 2, 3, 1, mean 2; errors 1, 0, 2, mean 1.
    assert mase([1, 2, 3], [2, 2, 5], y_train=[1, 2, 3, 5, 4], seasonality=2) == pytest.approx(0.5)


def test_rmsse_by_hand():
    # Squared steps 4, 9, 1, mean 14/3; squared errors 1, 0, 4, mean 5/3.
    assert rmsse([1, 2, 3], [2, 2, 5], y_train=[1, 2, 3, 5, 4], seasonality=2) == pytest.approx(
        np.sqrt(5 / 14)
    )


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_scaled_error_of_the_training_data_under_the_naive_forecast_is_one(metric, season):
    assert metric(season[12:], season[:-12], y_train=season, seasonality=12) == pytest.approx(1)


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_scaled_error_has_no_unit(metric, season, rng):
    y_pred = season[-24:] + rng.normal(size=24)
    plain = metric(season[-24:], y_pred, y_train=season[:-24], seasonality=12)
    scaled = metric(100 * season[-24:] - 7, 100 * y_pred - 7, y_train=100 * season[:-24] - 7, seasonality=12)
    assert plain == pytest.approx(scaled)


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_scaled_error_of_several_outputs_is_their_mean(metric, rng):
    y_true, y_pred, y_train = rng.normal(size=(3, 30, 2)) * [1, 1000]
    each = [metric(y_true[:, i], y_pred[:, i], y_train=y_train[:, i], seasonality=3) for i in range(2)]
    assert metric(y_true, y_pred, y_train=y_train, seasonality=3) == pytest.approx(np.mean(each))


@pytest.mark.parametrize("metric", [mase, rmsse])
@pytest.mark.parametrize(
    ("y_train", "seasonality", "words"),
    [
        ([1.0, 2.0], 2, "more than seasonality=2"),
        ([1.0, 2.0, 1.0, 2.0], 2, "repeats itself exactly"),
        ([1.0, 2.0, 4.0], 0, "int >= 1"),
        ([1.0, 2.0, 4.0], True, "int >= 1"),
        ([1.0, np.nan, 4.0], 1, "y_train holds 1 values that are NaN"),
        ([[1.0], [2.0]], 1, "the same outputs"),
        ([], 1, "y_train is empty"),
    ],
)
def test_scaled_error_refuses(metric, y_train, seasonality, words):
    with pytest.raises(InputError, match=words):
        metric([1.0, 2.0], [1.0, 3.0], y_train=y_train, seasonality=seasonality)


def test_smape_by_hand():
    # 2*1/(1+2), 2*2/(3+1), 0/0 counted as 0
    assert smape([1, 3, 0], [2, 1, 0]) == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_smape_is_symmetric_and_bounded(rng):
    a, b = rng.normal(size=(2, 50, 3))
    assert smape(a, b) == pytest.approx(smape(b, a))
    assert smape(a, -a) == pytest.approx(2)
    assert smape(a, a) == 0


def test_pinball_loss_by_hand():
    # Too low by 2 at level 0.1: 0.2. Too high by 2 at level 0.9: 0.2. Too low by 1 at 0.5: 0.5.
    assert pinball_loss([10], [[8, 9, 12]], [0.1, 0.5, 0.9]) == pytest.approx((0.2 + 0.5 + 0.2) / 3)


def test_pinball_loss_is_that_of_scikit_learn_per_level(rng):
    y_true, levels = rng.normal(size=(20, 4)), [0.05, 0.5, 0.8]
    y_quantiles = rng.normal(size=(20, 4, 3))
    each = [mean_pinball_loss(y_true, y_quantiles[..., i], alpha=q) for i, q in enumerate(levels)]
    assert pinball_loss(y_true, y_quantiles, levels) == pytest.approx(np.mean(each))


def test_pinball_loss_is_least_at_the_quantile(rng):
    y = rng.normal(size=2001)
    shifts = np.array([-0.3, 0.0, 0.3])
    losses = [pinball_loss(y, np.full((2001, 1), np.quantile(y, 0.8) + shift), [0.8]) for shift in shifts]
    assert np.argmin(losses) == 1


@pytest.mark.parametrize(
    ("y_quantiles", "quantiles", "words"),
    [
        ([[1.0, 2.0]], [0.5], "on the last axis"),
        ([1.0], [0.5], "on the last axis"),
        ([[1.0]], 0.5, "on the last axis"),
        ([[1.0]], [90], "Write 90 per cent as 0.9"),
        ([[1.0, 2.0]], [0.0, 0.5], "both excluded"),
    ],
)
def test_pinball_loss_refuses(y_quantiles, quantiles, words):
    with pytest.raises(InputError, match=words):
        pinball_loss([1.0], y_quantiles, quantiles)


def test_crps_is_the_mean_over_pairs(rng):
    y, samples = rng.normal(size=(3, 4)), rng.normal(size=(3, 4, 7))
    pairs = np.abs(samples[..., :, None] - samples[..., None, :]).mean(axis=(-2, -1))
    expected = np.mean(np.abs(samples - y[..., None]).mean(axis=-1) - pairs / 2)
    assert crps_from_samples(y, samples) == pytest.approx(expected)


def test_crps_of_one_sample_is_the_absolute_error(rng):
    y, samples = rng.normal(size=(2, 10))
    assert crps_from_samples(y, samples[:, None]) == pytest.approx(mean_absolute_error(y, samples))


def test_crps_of_a_normal_forecast_is_the_closed_form(rng):
    # For N(0, 1) and y = 0 the score is (sqrt(2) - 1) / sqrt(pi).
    score = crps_from_samples([0.0], rng.normal(size=(1, 200_000)))
    assert score == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=5e-3)


def test_crps_is_twice_the_pinball_loss_over_all_levels(rng):
    y, samples = rng.normal(size=5), np.sort(rng.normal(size=(5, 400)), axis=-1)
    levels = (np.arange(400) + 0.5) / 400
    assert crps_from_samples(y, samples) == pytest.approx(2 * pinball_loss(y, samples, levels), rel=1e-3)


def test_crps_refuses_samples_on_another_axis():
    with pytest.raises(InputError, match="last axis"):
        crps_from_samples(np.zeros(3), np.zeros((5, 3)))


def test_interval_coverage_by_hand():
    assert interval_coverage([1, 2, 3, 4], [1, 0, 4, 0], [1, 1, 5, 9]) == 0.5


def test_interval_coverage_of_normal_quantiles(rng):
    y = rng.normal(size=(2000, 2))
    assert interval_coverage(y, np.full(y.shape, -1.6449), np.full(y.shape, 1.6449)) == pytest.approx(
        0.9, abs=0.02
    )


def test_interval_coverage_refuses_crossed_ends():
    with pytest.raises(InputError, match="1 intervals have lower > upper"):
        interval_coverage([1.0, 1.0], [0.0, 2.0], [1.0, 1.0])


def test_skill_score_by_hand():
    assert skill_score(0, 2) == 1
    assert skill_score(2, 2) == 0
    assert skill_score(3, 2) == -0.5
    assert np.array_equal(skill_score([1, 4], [2, 2]), [0.5, -1])


@pytest.mark.parametrize(("error", "reference"), [(1, 0), (-1, 2), (1, -1)])
def test_skill_score_refuses_what_is_no_error(error, reference):
    with pytest.raises(InputError, match="errors >= 0"):
        skill_score(error, reference)


@pytest.mark.parametrize(
    "metric",
    [
        lambda a, b: mase(a, b, y_train=[1.0, 3.0, 2.0]),
        lambda a, b: rmsse(a, b, y_train=[1.0, 3.0, 2.0]),
        smape,
        lambda a, b: interval_coverage(a, b, b),
        skill_score,
    ],
)
def test_shapes_are_never_broadcast(metric):
    with pytest.raises(InputError, match="one shape is needed"):
        metric(np.ones((3, 1)), np.ones(3))
    with pytest.raises(InputError, match="NaN or infinite"):
        metric(np.ones(2), np.array([1.0, np.inf]))


@pytest.mark.parametrize("metric", [smape, mase, crps_from_samples])
def test_an_estimator_has_to_predict_first(metric):
    match = r"y_true is a LinearRegression, but what it predicted is needed.*forecast_scorer"
    with pytest.raises(InputError, match=match):
        metric(LinearRegression(), [1.0, 2.0], **({"y_train": [1.0, 2.0]} if metric is mase else {}))


def test_weighted_quantile_loss_by_hand():
    # Too low by 2 at 0.1, too high by 2 at 0.9: 0.2 each, twice. Values sum to 40, levels are 2.
    y_quantiles = [[8, 12], [-32, -28]]
    assert weighted_quantile_loss([10, -30], y_quantiles, [0.1, 0.9]) == pytest.approx(2 * 0.8 / 40 / 2)


def test_weighted_quantile_loss_of_the_median_is_the_absolute_error_over_the_values(rng):
    y_true, y_pred = rng.normal(size=(2, 30))
    expected = np.abs(y_true - y_pred).sum() / np.abs(y_true).sum()
    assert weighted_quantile_loss(y_true, y_pred[:, None], [0.5]) == pytest.approx(expected)
    assert weighted_quantile_loss(7 * y_true, 7 * y_pred[:, None], [0.5]) == pytest.approx(expected)


def test_weighted_quantile_loss_refuses_zeros_only():
    with pytest.raises(InputError, match="all 3 values of y_true are 0"):
        weighted_quantile_loss(np.zeros(3), np.ones((3, 1)), [0.5])
    with pytest.raises(InputError, match=r"^weighted_quantile_loss: quantiles \[90.0\]"):
        weighted_quantile_loss([1.0], [[1.0]], [90])


def test_crps_from_quantiles_by_hand():
    # Level 0.5 stands for 0.3 to 0.7, the others for 0.3 each; losses 0.2, 0.5, 0.2.
    expected = 2 * (0.3 * 0.2 + 0.4 * 0.5 + 0.3 * 0.2)
    assert crps_from_quantiles([10], [[8, 9, 12]], [0.1, 0.5, 0.9]) == pytest.approx(expected)


def test_crps_from_quantiles_comes_near_that_of_samples(rng):
    y, samples = rng.normal(size=50), rng.normal(size=(50, 4000))
    # Crowded at one end: levels that were all given the same weight would be far off.
    levels = np.concatenate([np.linspace(0.005, 0.3, 60), np.linspace(0.35, 0.95, 13)])
    quantiles = np.quantile(samples, levels, axis=1).T
    expected = crps_from_samples(y, samples)
    assert crps_from_quantiles(y, quantiles, levels) == pytest.approx(expected, rel=0.02)
    assert 2 * pinball_loss(y, quantiles, levels) != pytest.approx(expected, rel=0.1)


def test_crps_from_quantiles_refuses_levels_out_of_order():
    with pytest.raises(InputError, match="increasing levels"):
        crps_from_quantiles([1.0], [[2.0, 1.0]], [0.9, 0.1])


def test_interval_score_by_hand():
    # Widths 2, 1, 1; missed by 0, 3, 0.5; each unit missed costs 2 / 0.2.
    score = interval_score([1, 0, 5.5], [0, 3, 4], [2, 4, 5], coverage=0.8)
    assert score == pytest.approx((2 + 1 + 1 + 10 * 3.5) / 3)


def test_interval_score_is_least_at_the_quantiles(rng):
    y = rng.normal(size=20_001)
    lower, upper = np.quantile(y, [0.05, 0.95])
    ends = [(lower + a, upper + b) for a in (-0.2, 0, 0.2) for b in (-0.2, 0, 0.2)]
    scores = [interval_score(y, np.full(y.shape, low), np.full(y.shape, high), 0.9) for low, high in ends]
    assert np.argmin(scores) == 4


@pytest.mark.parametrize("coverage", [0.0, 1.0, 90, True, "0.9"])
def test_interval_score_refuses_what_is_no_share(coverage):
    with pytest.raises(InputError, match="between 0 and 1"):
        interval_score([1.0], [0.0], [2.0], coverage)


def test_mean_interval_width_by_hand():
    assert mean_interval_width([[0, 1], [2, 3]], [[1, 3], [2, 4]]) == 1


@pytest.mark.parametrize(
    "metric", [mean_interval_width, lambda low, high: interval_score([0.0, 0.0], low, high, 0.5)]
)
def test_intervals_with_crossed_ends_are_refused(metric):
    with pytest.raises(InputError, match="1 intervals have lower > upper"):
        metric([0.0, 2.0], [1.0, 1.0])
    with pytest.raises(InputError, match="one shape is needed"):
        metric([0.0, 0.0], [[1.0, 1.0]])
