"""Choosing between forecasters: folds in time, and scorers."""

from sksequence.model_selection.scorers import forecast_scorer
from sksequence.model_selection.splits import RollingOriginSplit

__all__ = ["RollingOriginSplit", "forecast_scorer"]
