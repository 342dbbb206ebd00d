"""Sizes chosen from the data."""

import numpy as np
import pytest

from sksequence.forecasting.sizes import choose_sizes, takes_logarithm


@pytest.mark.parametrize(
    ("lengths", "horizon", "seasons", "window", "segment", "hidden_size", "kept"),
    [
        ([8640], 96, (24,), 720, 48, 128, (24,)),
        ([652] * 400, 48, (24, 168), 336, 48, 128, (24, 168)),
        ([115], 12, (12,), 36, 12, 64, (12,)),
        ([1780], 52, (52,), 156, 52, 64, (52,)),
        ([4000], 5, (1,), 144, 12, 64, ()),
        ([50_000], 96, (1440, 10_080), 4320, 288, 128, (1440,)),
    ],
)
def test_sizes_follow_the_table(lengths, horizon, seasons, window, segment, hidden_size, kept):
    sizes = choose_sizes(lengths, horizon, seasons)
    assert (sizes.window, sizes.segment, sizes.hidden_size, sizes.seasons) == (
        window,
        segment,
        hidden_size,
        kept,
    )
    assert sizes.scale == (len(lengths) > 1)


@pytest.mark.parametrize("n_series", [1, 3])
@pytest.mark.parametrize("rows", [2, 3, 5, 10, 30, 100])
@pytest.mark.parametrize("season", [1, 7, 52])
def test_sizes_leave_windows_to_train_on(n_series, rows, season):
    horizon = max(1, rows // 4)
    sizes = choose_sizes([rows] * n_series, horizon, (season,))
    assert 1 <= sizes.window <= rows - horizon
    assert 1 <= sizes.segment <= sizes.window
    assert all(kept <= sizes.window for kept in sizes.seasons)


def test_weak_seasons_are_not_copied():
    assert choose_sizes([2000], 12, (127,), strength=0.46).seasons == ()
    assert choose_sizes([2000], 12, (127,), strength=0.8).seasons == (127,)


def test_a_given_window_is_kept():
    sizes = choose_sizes([8640], 96, (24, 168), window=100)
    assert (sizes.window, sizes.segment, sizes.seasons) == (100, 7, (24,))


def test_logarithms_are_for_positive_panels():
    assert takes_logarithm(np.array([1.0, 2.0]), 2)
    assert not takes_logarithm(np.array([1.0, 2.0]), 1)
    assert not takes_logarithm(np.array([1.0, 0.0]), 2)


def test_small_panels_are_trained_for_ten_passes_over_their_windows():
    few = choose_sizes([700] * 20, 48, (24, 168))
    n_windows = 20 * (700 - few.window - 48 + 1)
    assert few.n_updates == 10 * n_windows // 256
    assert choose_sizes([700] * 414, 48, (24, 168)).n_updates == 3000
    assert choose_sizes([300] * 24, 7, (7,)).n_updates == 200
