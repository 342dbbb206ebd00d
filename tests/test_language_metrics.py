"""Perplexity and bits a token, against their definitions."""

import numpy as np
import pytest

from sksequence.exceptions import InputError, ParameterError
from sksequence.metrics import bits_per_token, perplexity


@pytest.fixture
def log_proba(rng):
    """Of three texts of unequal length."""
    return [np.log(rng.uniform(0.01, 1, size=n)) for n in (1, 7, 30)]


def test_perplexity_is_the_inverse_geometric_mean(log_proba):
    p = np.exp(np.concatenate(log_proba))
    assert perplexity(log_proba) == pytest.approx(np.prod(1 / p) ** (1 / p.size))


@pytest.mark.parametrize("n_choices", [1, 2, 65])
def test_perplexity_of_even_odds_is_the_number_of_choices(n_choices):
    assert perplexity(np.full((4, 3), -np.log(n_choices))) == pytest.approx(n_choices)
    assert bits_per_token(np.full(5, -np.log(n_choices))) == pytest.approx(np.log2(n_choices))


def test_perplexity_is_two_to_the_bits(log_proba):
    assert perplexity(log_proba) == pytest.approx(2 ** bits_per_token(log_proba))


def test_bits_of_all_tokens_count_alike_and_divide_by_what_is_given(log_proba):
    bits = -np.log2(np.exp(np.concatenate(log_proba)))
    assert bits_per_token(log_proba) == pytest.approx(bits.mean())
    assert bits_per_token(log_proba, n_tokens=200) == pytest.approx(bits.sum() / 200)
    assert bits_per_token(np.array(log_proba, dtype=object)) == pytest.approx(bits.mean())
    assert bits_per_token(log_proba[1].tolist()) == pytest.approx(bits[1:8].mean())


@pytest.mark.parametrize("metric", [perplexity, bits_per_token])
def test_what_is_no_log_probability_is_refused(metric):
    name = metric.__name__
    with pytest.raises(InputError, match=rf"^{name}: log_proba is empty, but at least one value is needed"):
        metric([])
    with pytest.raises(InputError, match=rf"^{name}: log_proba holds 1 values that are NaN or infinite"):
        metric([-1.0, -np.inf])
    with pytest.raises(
        InputError,
        match=rf"^{name}: log_proba holds 0.5, but logarithms of probabilities are at most 0. Pass np.log",
    ):
        metric([0.5, 0.25])


@pytest.mark.parametrize("n_tokens", [0, -3, np.inf, [2], "2"])
def test_a_number_of_tokens_to_divide_by_is_needed(n_tokens):
    with pytest.raises(ParameterError, match=r"^The 'n_tokens' argument of bits_per_token must be a num"):
        bits_per_token([-1.0], n_tokens=n_tokens)
