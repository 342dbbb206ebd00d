"""Calibration: what scores of held-back windows promise of the next ones."""

import pickle

import numpy as np
import pytest

from sksequence import NaiveForecaster
from sksequence.forecasting.adaptive import GAMMA, adapted_level, shares_above
from sksequence.forecasting.conformal import Calibration
from sksequence.forecasting.window_counts import share_mirrored, windows_needed

ONE = np.zeros(1, dtype=int)


def walks(rng, shape):
    """Scores whose steps hang together and grow with the step, skewed."""
    return np.cumsum(rng.gamma(2.0, size=shape) - 1.8, axis=-1)


def calibrated(scores, n_groups=1, group=None):
    return Calibration(scores, np.zeros(len(scores), dtype=int) if group is None else group, n_groups)


def trials(n_windows, horizon, n_trials=400, n_new=50, **options):
    """Share of new values, or of new windows, inside bands from fresh calibrations."""
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(n_trials):
        lower, upper = calibrated(walks(rng, (n_windows, horizon))).band(0.9, ONE, **options)
        new = walks(rng, (n_new, horizon))
        inside.append((new >= lower) & (new <= upper))
    return np.concatenate(inside)


# ---------------------------------------------------------------------- quantiles
def test_quantiles_are_the_ranks_of_split_conformal_prediction():
    scores = np.random.default_rng(1).permuted(np.tile(np.arange(1.0, 20.0), (3, 1)), axis=1).T  # 1 .. 19
    levels = [0.05, 0.12, 0.5, 0.88, 0.9, 0.95]
    found = calibrated(scores).quantiles(levels, ONE)
    # Of 20 (n + 1): 1, floor(2.4), 10, ceil(17.6), 18, 19.
    np.testing.assert_array_equal(found, np.tile([1, 2, 10, 18, 18, 19], (1, 3, 1)))


def test_median_of_an_even_number_lies_between_the_two_in_the_middle():
    np.testing.assert_array_equal(
        calibrated(np.array([[4.0], [1.0], [2.0], [9.0]])).quantiles([0.5], ONE), [[[3]]]
    )


def test_quantiles_beyond_the_scores_are_the_extremes():
    found = calibrated(np.arange(1.0, 19.0)[:, None]).quantiles([0.05, 0.95], ONE)
    np.testing.assert_array_equal(found, [[[1, 18]]])


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_windows_needed_is_the_least_number_that_reaches_the_coverage(coverage):
    """The expected share between the bounds is (upper rank - lower rank) / (n + 1)."""

    def promised(n):
        low, high = calibrated(np.arange(1.0, n + 1.0)[:, None]).band(coverage, ONE)
        return ((high - low) / (n + 1)).item()

    n = windows_needed(coverage)
    assert promised(n) >= coverage - 1e-12
    assert promised(n - 1) < coverage


def test_windows_needed_of_one_tail_and_of_two():
    assert [windows_needed(c) for c in (0.5, 0.8, 0.9, 0.95, 0.99)] == [3, 9, 19, 39, 199]
    assert [windows_needed(c, simultaneous=True) for c in (0.5, 0.8, 0.9, 0.95, 0.99)] == [1, 4, 9, 19, 99]


# ---------------------------------------------------------------------- bands
@pytest.mark.parametrize("n_windows", [19, 60, 500])
def test_steps_are_covered_as_promised(n_windows):
    n = n_windows + 1
    expected = (np.ceil(n * 0.95) - np.floor(n * 0.05)) / n
    assert trials(n_windows, horizon=4).mean() == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("n_windows", "horizon"), [(40, 12), (100, 24), (400, 48)])
def test_windows_are_covered_as_a_whole_as_promised(n_windows, horizon):
    whole = trials(n_windows, horizon, simultaneous=True).all(axis=1)
    assert 0.885 < whole.mean() < 0.9 + 1 / (n_windows + 1) + 0.015


def test_bounds_of_single_steps_hold_too_few_whole_windows():
    assert trials(200, 24).all(axis=1).mean() < 0.8


def test_a_band_for_whole_windows_is_wider_at_every_step():
    calibration = calibrated(walks(np.random.default_rng(2), (300, 24)))
    (low, high), (lowest, highest) = (calibration.band(0.9, ONE, simultaneous=s) for s in (False, True))
    assert (lowest < low).all()
    assert (highest > high).all()


def test_a_band_for_whole_windows_keeps_the_shape_of_single_steps():
    calibration = calibrated(walks(np.random.default_rng(2), (299, 24)))
    (low, high), (lowest, highest) = (calibration.band(0.9, ONE, simultaneous=s) for s in (False, True))
    middle = calibration.quantiles([0.5], ONE)[..., 0]
    stretch = np.concatenate([(highest - middle) / (high - middle), (middle - lowest) / (middle - low)])
    np.testing.assert_allclose(stretch, stretch[0, 0])


def test_one_wide_step_among_constant_ones_does_not_blow_up_the_band():
    scores = np.zeros((200, 10))
    scores[:, 3] = np.random.default_rng(3).normal(size=200)
    scores[::7, 5] = 0.02  # more often than the tail holds, so that no quantile of the step is 0
    lower, upper = calibrated(scores).band(0.9, ONE, simultaneous=True)
    assert (upper - lower).max() < 8


def test_equal_scores_give_a_band_of_no_width():
    for simultaneous in (False, True):
        lower, upper = calibrated(np.full((50, 3), 0.7)).band(0.9, ONE, simultaneous=simultaneous)
        np.testing.assert_allclose([lower, upper], 0.7)


# ---------------------------------------------------------------------- missing scores and groups
def test_missing_scores_do_not_count():
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(80, 3))
    scores[rng.random(scores.shape) < 0.3] = np.nan
    found = calibrated(scores)
    for h in range(3):
        alone = calibrated(scores[~np.isnan(scores[:, h])][:, [h]])
        np.testing.assert_array_equal(found.counts[:, h], alone.counts[:, 0])
        np.testing.assert_array_equal(np.ravel(found.band(0.8, ONE))[h::3], np.ravel(alone.band(0.8, ONE)))
        np.testing.assert_array_equal(found.quantiles([0.3], ONE)[0, h], alone.quantiles([0.3], ONE)[0, 0])


def test_a_step_without_scores_is_unknown():
    scores = np.random.default_rng(4).normal(size=(30, 2))
    scores[:, 1] = np.nan
    calibration = calibrated(scores)
    for simultaneous in (False, True):
        bounds = np.array(calibration.band(0.9, ONE, simultaneous=simultaneous))
        np.testing.assert_array_equal(np.isnan(bounds), [[[False, True]]] * 2)
    assert np.isnan(calibration.paths(5, ONE, np.random.default_rng(0))[..., 1]).all()


def test_whole_windows_are_those_without_missing_steps_where_they_are_enough():
    rng = np.random.default_rng(5)
    scores, holed = walks(rng, (200, 6)), walks(rng, (300, 6))
    holed[:, 1:] = np.nan

    def stretch(calibration):
        upper, highest = (calibration.band(0.9, ONE, simultaneous=s)[1] for s in (False, True))
        middle = calibration.quantiles([0.5], ONE)[..., 0]
        return ((highest - middle) / (upper - middle))[0, 0]

    # Windows of one step need little: counted in, they would bring the factor down to about 1.
    alone = stretch(calibrated(scores))
    assert alone > 1.2
    assert stretch(calibrated(np.vstack([scores, holed]))) == pytest.approx(alone, abs=0.02)


def test_groups_do_not_mix():
    rng = np.random.default_rng(6)
    group = rng.permutation(np.repeat([0, 1, 2], [100, 60, 40]))
    scores = walks(rng, (200, 5)) * np.array([1.0, 10.0, 100.0])[group][:, None]
    later, later_group = walks(rng, (30, 5)), np.repeat([2, 0], [20, 10])
    every = calibrated(scores, 3, group).extended(later, later_group, np.arange(30))
    asked = np.array([2, 0, 1, 2])
    for g in range(3):
        alone = calibrated(scores[group == g]).extended(
            later[later_group == g], later_group[later_group == g] * 0
        )
        for simultaneous in (False, True):
            joint = np.array(every.band(0.8, asked, simultaneous=simultaneous))[:, asked == g]
            own = alone.band(0.8, np.zeros((asked == g).sum(), dtype=int), simultaneous=simultaneous)
            np.testing.assert_array_equal(joint, own)
        np.testing.assert_array_equal(
            every.quantiles([0.2, 0.7], asked)[asked == g],
            alone.quantiles([0.2, 0.7], ONE)[[0] * (asked == g).sum()],
        )
        drawn = every.paths(50, asked, np.random.default_rng(0))[asked == g]
        assert np.isin(drawn, alone.scores).all()


def test_a_group_without_scores_is_unknown():
    scores = np.random.default_rng(6).normal(size=(40, 2))
    calibration = calibrated(scores, 2, np.zeros(40, dtype=int))
    asked = np.array([0, 1])
    for simultaneous in (False, True):
        lower, upper = calibration.band(0.9, asked, simultaneous=simultaneous)
        np.testing.assert_array_equal(np.isnan(lower) & np.isnan(upper), [[False, False], [True, True]])
    assert np.isnan(calibration.paths(3, asked, np.random.default_rng(0))[1]).all()
    np.testing.assert_array_equal(calibration.counts, [[40, 40], [0, 0]])


# ---------------------------------------------------------------------- few independent windows
def test_few_windows_count_with_both_signs_and_many_with_their_own():
    assert share_mirrored(1, n_series=1, horizon=10) == pytest.approx(18 / 19)
    assert share_mirrored(96, n_series=1, horizon=10) == pytest.approx(1 - 10.5 / 19)
    assert share_mirrored(181, n_series=1, horizon=10) == 0
    assert share_mirrored(10, n_series=1, horizon=1) == pytest.approx(9 / 19)  # each stands by itself
    assert share_mirrored(19, n_series=19, horizon=50) == 0  # one of each series
    assert share_mirrored(5, n_series=400, horizon=50) == pytest.approx(14 / 19)


def mirrored(scores, share, **options):
    n = len(scores)
    return Calibration(scores, np.zeros(n, dtype=int), 1, mirrored=share, **options)


def test_bounds_of_mirrored_windows_are_those_of_absolute_errors():
    scores = walks(np.random.default_rng(20), (399, 5)) + 1
    calibration = mirrored(scores, 1.0)
    lower, upper = calibration.band(0.9, ONE)
    np.testing.assert_allclose(lower, -upper)
    ranked = np.sort(np.abs(scores), axis=0)
    # Of 400 (n + 1): the 360th; both signs of 399 make n a little more than it is.
    assert ((upper[0] >= ranked[358]) & (upper[0] <= ranked[360])).all()
    np.testing.assert_allclose(calibration.quantiles([0.5], ONE), 0, atol=0.02)
    low, high = calibration.band(0.9, ONE, simultaneous=True)
    np.testing.assert_allclose(low + high, 0, atol=0.05)
    np.testing.assert_array_equal(calibration.counts, np.full((1, 5), 399))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6])
def test_a_share_of_the_windows_is_mirrored_evenly(share):
    scores = np.abs(np.random.default_rng(21).normal(size=(400, 1)))
    every = mirrored(scores, share).both_signs
    assert len(every.scores) == 400 + round(400 * share)
    turned = np.isin(scores[:, 0], -every.scores[400:, 0])
    assert np.abs(turned.reshape(4, 100).mean(axis=1) - share).max() <= 0.01
    groups = Calibration(scores, np.repeat([0, 1], 200), 2, mirrored=share).both_signs
    np.testing.assert_allclose(groups.counts[:, 0], 200 * (1 + share), atol=1)


@pytest.mark.parametrize("n_windows", [1, 2, 3])
def test_bounds_of_very_few_windows_lie_on_both_sides(n_windows):
    wave = np.sin(np.arange(200) / 3)
    model = NaiveForecaster(horizon=6).fit(wave[: 11 + 2 * n_windows])
    assert model.calibration_.counts.max() == n_windows
    with pytest.warns(UserWarning, match=f"but {n_windows} are known"):
        lower, upper = model.predict_interval().T
    np.testing.assert_allclose((lower + upper) / 2, model.predict())
    assert (lower < upper).all()


def test_paths_of_mirrored_windows_come_with_both_signs():
    paths = mirrored(np.full((30, 2), 3.0), 1.0).paths(500, ONE, np.random.default_rng(0))
    assert set(np.unique(paths)) == {-3.0, 3.0}
    assert (paths > 0).mean() == pytest.approx(0.5, abs=0.1)


def test_later_windows_keep_their_sign():
    calibration = mirrored(np.full((10, 1), 1.0), 1.0).extended(
        np.full((30, 1), 2.0), np.zeros(30, dtype=int)
    )
    assert sorted(calibration.both_signs.scores[:, 0]) == [-1.0] * 10 + [1.0] * 10 + [2.0] * 30
    assert pickle.loads(pickle.dumps(calibration)).mirrored == 1.0


def test_few_overlapping_windows_hold_more_nearly_what_they_promise():
    """Errors of a forecast 24 steps ahead whose level drifts, from a tail of six horizons."""
    rng, horizon, n = np.random.default_rng(22), 24, 6 * 24
    inside, width = np.empty((2, 300)), np.empty((2, 300))
    for i in range(300):
        level = np.convolve(rng.normal(size=n + 4_000 + horizon), np.ones(horizon), "valid")[:, None]
        share = share_mirrored(n - horizon + 1, 1, horizon)
        for j, mirror in enumerate((0.0, share)):
            low, high = mirrored(level[: n - horizon + 1], mirror).band(0.9, ONE)
            inside[j, i] = ((level[n:] >= low) & (level[n:] <= high)).mean()
            width[j, i] = (high - low).item()
    plain, both = inside.mean(axis=1)
    assert plain < 0.82
    assert both > plain + 0.04
    # And one stretch differs less from another.
    assert inside[1].std() < inside[0].std()


# ---------------------------------------------------------------------- what came later
def test_adaptive_bands_follow_a_shift_and_static_ones_follow_less():
    rng = np.random.default_rng(7)
    held, new = rng.normal(size=(400, 3)), 2.5 * rng.normal(size=(400, 3))
    calibration = calibrated(held).extended(new, np.zeros(400, dtype=int))
    coming = 2.5 * rng.normal(size=(20_000, 3))

    def covered(**options):
        lower, upper = calibration.band(0.9, ONE, **options)
        return ((coming >= lower) & (coming <= upper)).mean()

    assert covered(adaptive=False) < 0.84
    assert covered() == pytest.approx(0.9, abs=0.04)
    whole = [
        ((coming >= low) & (coming <= high)).all(axis=1).mean()
        for low, high in (calibration.band(0.9, ONE, simultaneous=True, adaptive=a) for a in (False, True))
    ]
    assert whole[0] < 0.85 < whole[1] < 0.95


def test_a_drift_to_one_side_moves_that_side_only():
    rng = np.random.default_rng(8)
    calibration = calibrated(rng.normal(size=(1000, 1))).extended(
        np.abs(rng.normal(size=(150, 1))) + 1, np.zeros(150, dtype=int)
    )
    (low, high), (static_low, static_high) = (calibration.band(0.9, ONE, adaptive=a) for a in (True, False))
    assert high > static_high + 0.5
    assert low >= static_low


def test_scores_as_expected_leave_the_level_where_it_is():
    rng = np.random.default_rng(9)
    calibration = calibrated(rng.normal(size=(2000, 2))).extended(
        rng.normal(size=(1500, 2)), np.zeros(1500, int)
    )
    np.testing.assert_allclose(
        calibration.band(0.9, ONE), calibration.band(0.9, ONE, adaptive=False), atol=0.35
    )


@pytest.mark.parametrize("simultaneous", [False, True])
def test_later_scores_count_the_same_at_once_or_one_by_one(simultaneous):
    rng = np.random.default_rng(10)
    group = np.tile([1, 0, 1], 40)  # two series of one column, one of the other
    held, new = rng.normal(size=(60, 4)), 2 * rng.normal(size=(120, 4))
    new[rng.random(new.shape) < 0.1] = np.nan
    start = calibrated(held, 2, group[:60])
    at_once = start.extended(new, group, np.repeat(np.arange(40), 3))
    one_by_one = start
    for i in range(40):
        one_by_one = one_by_one.extended(new[3 * i : 3 * i + 3], group[:3], np.full(3, i))
    asked = np.array([0, 1])
    found = at_once.band(0.8, asked, simultaneous=simultaneous)
    np.testing.assert_array_equal(found, one_by_one.band(0.8, asked, simultaneous=simultaneous))
    assert not np.array_equal(found, at_once.band(0.8, asked, simultaneous=simultaneous, adaptive=False))


def test_later_windows_may_come_in_any_order_of_their_origins():
    rng = np.random.default_rng(17)
    origin = np.repeat(np.arange(60), 2)
    new, start = rng.normal(size=(120, 4)) + 1, calibrated(rng.normal(size=(60, 4)))
    mixed = rng.permutation(120)
    in_order = start.extended(new, np.zeros(120, dtype=int), origin)
    shuffled = start.extended(new[mixed], np.zeros(120, dtype=int), origin[mixed])
    np.testing.assert_array_equal(in_order.band(0.8, ONE), shuffled.band(0.8, ONE))
    reversed_time = start.extended(new, np.zeros(120, dtype=int), -origin)
    assert not np.array_equal(in_order.band(0.8, ONE), reversed_time.band(0.8, ONE))


def test_extending_leaves_the_calibration_as_it_is():
    calibration = calibrated(np.random.default_rng(11).normal(size=(50, 2)))
    before = calibration.band(0.9, ONE)
    after = calibration.extended(np.full((30, 2), 9.0), np.zeros(30, dtype=int))
    np.testing.assert_array_equal(calibration.band(0.9, ONE), before)
    assert (after.band(0.9, ONE)[1] == 9).all()
    assert len(calibration.scores) == 50


def test_a_pickle_holds_the_scores_once():
    calibration = calibrated(np.random.default_rng(12).normal(size=(2000, 8)))
    expected = calibration.band(0.9, ONE)
    stored = pickle.dumps(calibration)
    assert len(stored) < 1.2 * (calibration.scores.nbytes + calibration.group.nbytes)
    np.testing.assert_array_equal(pickle.loads(stored).band(0.9, ONE), expected)


# ---------------------------------------------------------------------- the replay, against its definition
def replayed_slowly(before, values, turn, delays, target):
    """The level of one group after all origins, value by value, from the definition."""
    levels = []
    for c, delay in enumerate(delays):
        at = [target]  # the level of each origin
        steps = {}
        n_origins = turn[-1] + 1
        for t in range(n_origins + delay):
            if t > 0:
                at.append(min(max(at[-1] + steps.get(t, 0.0), 0.0), 1.0))
            known = np.concatenate([before[:, c], values[turn <= t - delay, c]])
            known = known[~np.isnan(known)]
            came = values[turn == t, c]
            came = came[~np.isnan(came)]
            if len(came):
                place = int(np.ceil((len(known) + 1) * (1 - at[t]) - 1e-9))
                bound = np.sort(known)[min(max(place, 1), len(known)) - 1]
                steps[t + delay] = GAMMA / delay**0.5 * (target - (came > bound).mean())
        levels.append(min(max(at[-1] + steps.get(n_origins + delay, 0.0), 0.0), 1.0))
    return levels


@pytest.mark.parametrize("scale", [1.0, 4.0, 0.1])
def test_levels_follow_their_definition(scale):
    rng = np.random.default_rng(13)
    turn = np.sort(np.concatenate([np.arange(60), rng.integers(0, 60, size=40)]))
    before, values = rng.normal(size=(37, 3)), scale * rng.normal(size=(100, 3))
    before[:5, 0], values[::9, 1] = np.nan, np.nan
    delays = np.array([1, 4, 9])
    shares = shares_above(before, values, turn, delays)
    found = adapted_level(shares, np.zeros(100, dtype=int), turn, np.full((1, 3), 0.1), delays)
    expected = replayed_slowly(before, values, turn, delays, 0.1)
    np.testing.assert_allclose(found[0], expected, atol=1e-12)
    assert not np.allclose(expected, 0.1)


def test_shares_know_no_value_before_its_delay():
    values = np.arange(6.0)[:, None] + 1  # each beyond all earlier ones
    turn = np.arange(6)
    np.testing.assert_array_equal(shares_above(np.array([[0.0]]), values, turn, np.array([3]))[:, 0], 0)
    falling = shares_above(np.array([[0.0]]), values[::-1], turn, np.array([3]))
    # 6 5 4 lie above the 0; 3 is compared with 0 and 6, 2 with 0, 6 and 5, 1 with four.
    np.testing.assert_allclose(falling[:, 0], [0, 0, 0, 2 / 3, 3 / 4, 4 / 5])


def test_shares_where_nothing_is_known_are_unknown():
    shares = shares_above(
        np.empty((0, 1)), np.array([[1.0], [2.0], [np.nan], [0.5]]), np.arange(4), np.array([1])
    )
    np.testing.assert_allclose(shares[:, 0], [np.nan, 0, np.nan, 1])


# ---------------------------------------------------------------------- paths
def test_paths_are_windows_and_keep_the_correlation_of_steps():
    scores = walks(np.random.default_rng(14), (300, 6))
    paths = calibrated(scores).paths(5000, np.zeros(2, dtype=int), np.random.default_rng(0))
    assert paths.shape == (2, 5000, 6)
    assert {tuple(row) for row in paths.reshape(-1, 6)} <= {tuple(row) for row in scores}
    np.testing.assert_allclose(np.corrcoef(paths[0].T), np.corrcoef(scores.T), atol=0.05)
    assert not np.array_equal(paths[0], paths[1])


def test_paths_come_from_complete_windows_where_they_are_enough():
    scores = np.random.default_rng(15).normal(size=(100, 3))
    scores[:60, 1] = np.nan
    paths = calibrated(scores).paths(200, ONE, np.random.default_rng(0))
    assert {tuple(row) for row in paths[0]} <= {tuple(row) for row in scores[60:]}


def test_paths_fill_missing_steps_from_the_same_step():
    scores = np.arange(30.0).reshape(10, 3)
    scores[[0, 2, 4, 6], [0, 1, 2, 0]] = np.nan
    scores[1] = np.nan
    paths = calibrated(scores).paths(500, ONE, np.random.default_rng(0))[0]
    assert all(set(paths[:, h]) == set(scores[:, h][~np.isnan(scores[:, h])]) for h in range(3))


def test_paths_take_chance_from_their_generator_only():
    calibration = calibrated(walks(np.random.default_rng(16), (50, 4)))
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = calibration.paths(20, ONE, np.random.default_rng(3))
    np.testing.assert_array_equal(first, calibration.paths(20, ONE, np.random.default_rng(3)))
    assert not np.array_equal(first, calibration.paths(20, ONE, np.random.default_rng(4)))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_rescaled_scores_change_on_their_side_of_the_center():
    scores = np.array([[-1.0, 2.0], [3.0, -4.0], [np.nan, 1.0]])
    group = np.array([0, 1, 0])
    below, above = np.array([[10.0, 20.0], [30.0, 40.0]]), np.array([[2.0, 3.0], [4.0, 5.0]])
    changed = calibrated(scores, 2, group).rescaled(below, above)
    np.testing.assert_array_equal(changed.scores, [[-10.0, 6.0], [12.0, -160.0], [np.nan, 3.0]])


def test_paths_of_columns_come_from_the_same_moment():
    rng = np.random.default_rng(17)
    first = walks(rng, (60, 4))
    scores, group = np.concatenate([first, 2 * first]), np.repeat([0, 1], 60)
    for calibration in (calibrated(scores, 2, group), Calibration(scores, group, 2, mirrored=0.5)):
        asked, together = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
        paths = calibration.paths(30, asked, np.random.default_rng(0), together)
        np.testing.assert_array_equal(paths[1::2], 2 * paths[::2])
        assert not np.array_equal(paths[0], paths[2])
        alone = calibration.paths(30, asked, np.random.default_rng(0))
        assert not np.array_equal(alone[1], 2 * alone[0])


def test_moments_of_later_windows_are_those_of_their_origins_and_series():
    scores, group = np.arange(8.0)[:, None], np.array([0, 1, 0, 1, 0, 1, 0, 1])
    # Two series at two origins, column by column within each series.
    origin = np.array([5, 5, 6, 6, 5, 5, 6, 6])
    later = calibrated(scores[:4], 2, group[:4]).extended(scores, group, origin)
    moments = later._moment.tolist()
    assert moments[:4] == [0, 0, 1, 1]
    assert [moments[i] == moments[i + 1] for i in range(4, 12, 2)] == [True] * 4
    assert len(set(moments)) == 6


def test_columns_seen_at_few_common_moments_are_filled_from_their_own():
    scores = np.arange(10.0)[:, None]
    calibration = Calibration(
        scores, np.repeat([0, 1], 5), 2, moment=np.array([0, 1, 2, 3, 4, 4, 5, 6, 7, 8])
    )
    paths = calibration.paths(400, np.array([0, 1]), np.random.default_rng(0), np.array([0, 0]))
    assert set(paths[0].ravel()) == set(range(5))
    assert set(paths[1].ravel()) == set(range(5, 10))
