"""Errors of forecasts, of their quantiles and intervals, and the skill that they show."""

from sksequence.metrics.coverage import interval_coverage
from sksequence.metrics.crps import crps_from_samples
from sksequence.metrics.percentage import smape
from sksequence.metrics.pinball import pinball_loss
from sksequence.metrics.scaled import mase, rmsse
from sksequence.metrics.skill import skill_score

__all__ = [
    "crps_from_samples",
    "interval_coverage",
    "mase",
    "pinball_loss",
    "rmsse",
    "skill_score",
    "smape",
]
