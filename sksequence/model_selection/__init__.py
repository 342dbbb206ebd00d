"""Choosing between models: what to begin with, head to head, by folds in time, and by scores of forecasts."""

from sksequence.model_selection.comparison import compare
from sksequence.model_selection.comparison_display import ComparisonDisplay
from sksequence.model_selection.comparison_table import Comparison
from sksequence.model_selection.recommendation import Reason, Recommendation, recommend
from sksequence.model_selection.scorers import forecast_scorer
from sksequence.model_selection.splits import RollingOriginSplit

__all__ = [
    "Comparison",
    "ComparisonDisplay",
    "Reason",
    "Recommendation",
    "RollingOriginSplit",
    "compare",
    "forecast_scorer",
    "recommend",
]
