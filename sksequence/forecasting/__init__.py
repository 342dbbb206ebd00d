"""Forecasting: tables of time series in, the next steps in the same form out."""

from sksequence.forecasting.baselines import (
    DriftForecaster,
    LinearForecaster,
    NaiveForecaster,
    SeasonalNaiveForecaster,
)
from sksequence.forecasting.forecaster import GRUForecaster, LSTMForecaster, RNNForecaster

__all__ = [
    "DriftForecaster",
    "GRUForecaster",
    "LSTMForecaster",
    "LinearForecaster",
    "NaiveForecaster",
    "RNNForecaster",
    "SeasonalNaiveForecaster",
]
