"""Errors of forecasts, quantiles and intervals, the skill of forecasts, and how well texts are foretold."""

from sksequence.metrics.coverage import interval_coverage
from sksequence.metrics.crps import crps_from_quantiles, crps_from_samples
from sksequence.metrics.intervals import interval_score, mean_interval_width
from sksequence.metrics.percentage import smape
from sksequence.metrics.perplexity import bits_per_token, perplexity
from sksequence.metrics.pinball import pinball_loss
from sksequence.metrics.scaled import mase, rmsse
from sksequence.metrics.skill import skill_score
from sksequence.metrics.weighted_quantile import weighted_quantile_loss

__all__ = [
    "bits_per_token",
    "crps_from_quantiles",
    "crps_from_samples",
    "interval_coverage",
    "interval_score",
    "mase",
    "mean_interval_width",
    "perplexity",
    "pinball_loss",
    "rmsse",
    "skill_score",
    "smape",
    "weighted_quantile_loss",
]
