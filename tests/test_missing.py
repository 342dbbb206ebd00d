"""Missing values are filled from the past alone."""

import numpy as np
import pytest

from sksequence.forecasting.missing import first_observed, has_missing, impute
from sksequence.sequences import SequenceArray

NAN = np.nan


def holes(rng, n, share):
    """Make a series with missing values, its first one among them or not."""
    values = rng.normal(size=n)
    values[rng.random(n) < share] = NAN
    if np.isnan(values).all():
        values[n // 2] = 1.0
    return values


def panel(parts):
    """Join series of unequal length."""
    lengths = np.array([len(part) for part in parts])
    return SequenceArray(np.concatenate(parts), np.cumsum(lengths) - lengths, lengths)


def slowly(values, season):
    """Fill one series by the rule, step by step."""
    filled = values.copy()
    seen = np.flatnonzero(~np.isnan(values))
    if not len(seen):
        return filled
    first = seen[0]
    filled[:first] = values[first]
    for t in range(first, len(values)):
        if np.isnan(values[t]):
            filled[t] = filled[t - season] if t - season >= first else filled[t - 1]
    return filled


@pytest.mark.parametrize("season", [1, 2, 7, 50])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_impute_equals_the_rule_step_by_step(season, share):
    rng = np.random.default_rng([season, int(100 * share)])
    parts = [holes(rng, n, share) for n in (1, 2, 13, 40, 300)]
    filled, observed = impute(panel(parts), season)
    for part, got, seen in zip(parts, filled, observed, strict=True):
        np.testing.assert_array_equal(got[:, 0], slowly(part, season))
        np.testing.assert_array_equal(seen[:, 0], ~np.isnan(part))


def test_impute_by_hand():
    values = [NAN, 1.0, 2.0, 3.0, NAN, NAN, NAN, NAN, NAN, 9.0]
    filled, _ = impute(panel([values]), 3)
    # 4 -> 1; 5 -> 2; 6 -> 3; 7 -> 4, which was filled; 8 -> 5, which was filled.
    assert filled[0][:, 0].tolist() == [1.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 9.0]
    short, _ = impute(panel([[NAN, 1.0, NAN, 2.0]]), 2)
    assert short[0][:, 0].tolist() == [1.0, 1.0, 1.0, 2.0]  # a season before lies no observed value


def test_impute_keeps_channels_apart():
    filled, _ = impute(panel([[1.0, 2.0], [NAN, 5.0], [NAN, NAN], [7.0, NAN]]), 2)
    np.testing.assert_array_equal(np.stack(filled.to_list())[:, :, 0], [[1, 2], [5, 5], [NAN, NAN], [7, 7]])


@pytest.mark.parametrize("season", [1, 4, 30])
def test_impute_never_looks_ahead(season):
    rng = np.random.default_rng(0)
    values = holes(rng, 60, 0.5)
    first = int(np.flatnonzero(~np.isnan(values))[0])
    whole = impute(panel([values]), season)
    for t in range(first, 59):
        edited = values.copy()
        edited[t + 1 :] = holes(rng, 59 - t, 0.5) + 100
        for before, after in zip(whole, impute(panel([edited]), season), strict=True):
            np.testing.assert_array_equal(before[0][: t + 1], after[0][: t + 1])


def test_impute_fills_leading_values_with_the_first_that_comes():
    values = np.array([NAN, NAN, 3.0, 4.0])
    edited = np.array([NAN, NAN, 8.0, 4.0])
    one, two = (impute(panel([v]), 2)[0][0][:, 0] for v in (values, edited))
    assert one.tolist() == [3.0, 3.0, 3.0, 4.0]
    assert two.tolist() == [8.0, 8.0, 8.0, 4.0]
    # So no window may end there.
    assert first_observed(impute(panel([values]), 2)[1]).tolist() == [2]


def test_impute_copies_nothing_that_is_complete():
    channels = SequenceArray([NAN, 1.0, 2.0, 3.0, NAN, 4.0], starts=[1, 2, 5], lengths=[3, 2, 1])
    filled, observed = impute(channels, 2)
    assert filled is channels
    assert [seen.ravel().tolist() for seen in observed] == [[1, 1, 1], [1, 1], [1]]
    assert not has_missing(channels)
    assert has_missing(SequenceArray(channels.values, [0], [6]))


def test_impute_reads_overlapping_views():
    values = np.array([5.0, NAN, NAN, 2.0, NAN])
    filled, observed = impute(SequenceArray(values, [0, 1], [4, 4]), 1)
    assert filled[0][:, 0].tolist() == [5, 5, 5, 2]
    assert filled[1][:, 0].tolist() == [2, 2, 2, 2]
    assert first_observed(observed).tolist() == [0, 2]


def test_first_observed_is_the_length_of_an_empty_channel():
    _, observed = impute(panel([[NAN, NAN, NAN], [NAN, 1.0], [2.0, NAN]]), 1)
    assert first_observed(observed).tolist() == [3, 1, 0]
    cut = SequenceArray(observed.values, observed.starts, [2, 0, 1])
    assert first_observed(cut).tolist() == [2, 0, 0]
