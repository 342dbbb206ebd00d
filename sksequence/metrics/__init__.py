"""Errors of forecasts, of their quantiles and intervals, and the skill that they show."""

from sksequence.metrics.coverage import interval_coverage
from sksequence.metrics.crps import crps_from_quantiles, crps_from_samples
from sksequence.metrics.intervals import interval_score, mean_interval_width
from sksequence.metrics.percentage import smape
from sksequence.metrics.pinball import pinball_loss
from sksequence.metrics.scaled import mase, rmsse
from sksequence.metrics.skill import skill_score
from sksequence.metrics.weighted_quantile import weighted_quantile_loss

__all__ = [
    "crps_from_quantiles",
    "crps_from_samples",
    "interval_coverage",
    "interval_score",
    "mase",
    "mean_interval_width",
    "pinball_loss",
    "rmsse",
    "skill_score",
    "smape",
    "weighted_quantile_loss",
]
