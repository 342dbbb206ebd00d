"""Forecasting: tables of time series in, the next steps in the same form out."""

from sksequence.forecasting.baselines import DriftForecaster, NaiveForecaster, SeasonalNaiveForecaster

__all__ = ["DriftForecaster", "NaiveForecaster", "SeasonalNaiveForecaster"]
