"""Errors of forecasts and of their quantiles and intervals; scores of texts and of labels for each step."""

from sksequence.metrics.coverage import interval_coverage
from sksequence.metrics.crps import crps_from_quantiles, crps_from_samples
from sksequence.metrics.entities import entity_f1, entity_precision, entity_recall, entity_report
from sksequence.metrics.intervals import interval_score, mean_interval_width
from sksequence.metrics.percentage import smape
from sksequence.metrics.perplexity import bits_per_token, perplexity
from sksequence.metrics.pinball import pinball_loss
from sksequence.metrics.scaled import mase, rmsse
from sksequence.metrics.skill import skill_score
from sksequence.metrics.token_accuracy import token_accuracy
from sksequence.metrics.weighted_quantile import weighted_quantile_loss

__all__ = [
    "bits_per_token",
    "crps_from_quantiles",
    "crps_from_samples",
    "entity_f1",
    "entity_precision",
    "entity_recall",
    "entity_report",
    "interval_coverage",
    "interval_score",
    "mase",
    "mean_interval_width",
    "perplexity",
    "pinball_loss",
    "rmsse",
    "skill_score",
    "smape",
    "token_accuracy",
    "weighted_quantile_loss",
]
