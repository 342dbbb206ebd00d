"""The linear forecast from the window."""

import numpy as np
import pytest

from sksequence.forecasting.linear import fit_linear, linear_forecasts


def test_linear_forecast_continues_a_linear_recurrence():
    # A sine with a trend obeys a linear recurrence, and the map has no intercept to help it.
    time = np.arange(200.0)
    series = np.sin(time / 3) + np.sin(time / 7)
    coefficients = fit_linear(series, [0], [150], window=20, horizon=5, alpha=1e-10)
    forecasts = linear_forecasts(series, np.arange(100, 175), np.full(75, 20), coefficients)
    expected = np.lib.stride_tricks.sliding_window_view(series, 25)[100:175, 20:]
    np.testing.assert_allclose(forecasts, expected, atol=1e-4)


def test_linear_forecast_is_the_ridge_regression(rng):
    values = rng.normal(size=90)
    coefficients = fit_linear(values, [0, 50], [40, 40], window=6, horizon=2, alpha=0.3)
    windows = np.concatenate(
        [np.lib.stride_tricks.sliding_window_view(part, 8) for part in (values[:40], values[50:])]
    )
    inputs, targets = (windows - windows[:, [5]])[:, :5], (windows - windows[:, [5]])[:, 6:]
    ridge = 0.3 * np.trace(inputs.T @ inputs) / 5 * np.eye(5)
    # The normal equations say that the gradient is zero.
    gradient = inputs.T @ (inputs @ coefficients[:5] - targets) + ridge @ coefficients[:5]
    np.testing.assert_allclose(gradient, 0.0, atol=1e-9)
    np.testing.assert_array_equal(coefficients[5], 0.0)


@pytest.mark.parametrize("rows", [1, 5, 8])
def test_linear_forecast_without_a_window_is_naive(rows):
    values = np.arange(float(rows))
    coefficients = fit_linear(values, [0], [rows], window=6, horizon=3)
    forecasts = linear_forecasts(values, [0], [rows], coefficients)
    np.testing.assert_array_equal(forecasts, np.full((1, 3), rows - 1.0))


def test_linear_forecast_of_constants_is_the_constant():
    coefficients = fit_linear(np.full(50, 7.0), [0], [50], window=5, horizon=2)
    np.testing.assert_array_equal(linear_forecasts(np.full(5, 3.0), [0], [5], coefficients), [[3.0, 3.0]])


def test_linear_forecast_moves_with_level_and_unit(rng):
    values = rng.normal(size=60).cumsum()
    coefficients = fit_linear(values, [0], [60], window=8, horizon=4)
    moved = fit_linear(100 + 5 * values, [0], [60], window=8, horizon=4)
    np.testing.assert_allclose(moved, coefficients)
    one = linear_forecasts(values, [10, 20], [8, 3], coefficients)
    two = linear_forecasts(100 + 5 * values, [10, 20], [8, 3], moved)
    np.testing.assert_allclose(two, 100 + 5 * one)
