"""Choosing a network: a first recommendation; of forecasters also folds in time, and scorers."""

from sksequence.model_selection.recommendation import Reason, Recommendation, recommend
from sksequence.model_selection.scorers import forecast_scorer
from sksequence.model_selection.splits import RollingOriginSplit

__all__ = ["Reason", "Recommendation", "RollingOriginSplit", "forecast_scorer", "recommend"]
