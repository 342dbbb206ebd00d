"""Scorers of forecasters, for `scoring=` in scikit-learn's searches and cross-validation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from sksequence._params import integer, iterable_of, number
from sksequence.exceptions import InputError, ParameterError
from sksequence.metrics import interval_coverage, interval_score, pinball_loss, smape, weighted_quantile_loss
from sksequence.model_selection.outcomes import Outcomes, read_outcomes
from sksequence.model_selection.reference import naive_season, seasonal_naive, training_scale

__all__ = ["forecast_scorer"]

_SHARE = number(above=0, below=1)
_RULES = {
    "season": integer(1),
    "coverage": _SHARE,
    "quantiles": iterable_of(_SHARE, words="a tuple of numbers > 0 and < 1"),
    "stride": integer(1),
}


def forecast_scorer(metric="mase", *, season=None, coverage=None, quantiles=None, stride=None):
    """Make a scorer of forecasters from the name of a metric.

    The scorer backtests the fitted forecaster on the rows that it is given, from every origin, without
    refitting. As everywhere in scikit-learn greater is better, so errors come with a minus.

    ==========================  ==========================================================================
    metric                      score
    ==========================  ==========================================================================
    "mae", "rmse", "smape"      minus the absolute, squared or symmetric percentage error of all steps of
                                a column, averaged over columns
    "mase", "rmsse"             minus the error of each series and column, scaled by that of the seasonal
                                naive forecast on its training rows, averaged over series and columns
    "skill"                     1 - error / error of the seasonal naive forecast on the same steps; errors
                                are absolute, in units of the deviation of each series and column
    "interval_score"            minus the score of intervals
    "coverage"                  share of the values inside the intervals: to be read beside other scores,
                                not to choose by, for the widest intervals cover most
    "pinball"                   minus the pinball loss, averaged over quantiles
    "weighted_quantile_loss"    minus the pinball loss as a share of the values
    "r2", "neg_…"               that score of scikit-learn, of all steps of a column, averaged over columns
    ==========================  ==========================================================================

    The names of scikit-learn's scores are names here, not for its `scoring=`: those scorers call
    ``predict(X)`` and compare what comes row by row with a `y`, while a forecast is of the rows *after* X.
    Without a `y` they fail before they reach a forecaster.

    Parameters
    ----------
    metric : str, default="mase"
        One of the names above, or of scikit-learn's scores of regressors, such as
        "neg_mean_absolute_error".
    season : int or None, default=None
        For "skill": steps that the naive forecast repeats; None takes the season that the forecaster found.
        For "mase" and "rmsse" the scale is that of the forecaster, and another season is refused.
    coverage : float or None, default=None
        For "interval_score" and "coverage": share of the values that intervals are meant to hold; None is
        0.9.
    quantiles : tuple of float or None, default=None
        For "pinball" and "weighted_quantile_loss": levels, taken as bounds of central intervals, 0.5 as the
        forecast itself. None is (0.1, 0.5, 0.9).
    stride : int or None, default=None
        Rows from one origin to the next; None is 1.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y=None)`` gives a float. It can be pickled.

    Raises
    ------
    ParameterError
        If there is no such metric, or an option has no meaning for it or a value that is not allowed.

    Notes
    -----
    Series that never change, or are shorter than a season, have no scale and do not count in "mase", "rmsse"
    and "skill". Nor do steps in "skill" whose season before is neither in the rows scored nor, where these
    have an index that continues it, in the remembered end of the training rows.

    Examples
    --------
    >>> from sksequence import LSTMForecaster
    >>> from sksequence.datasets import load_nottingham
    >>> from sksequence.model_selection import RollingOriginSplit, forecast_scorer
    >>> from sklearn.model_selection import cross_val_score
    >>> model = LSTMForecaster(horizon=12, max_epochs=1, validation_fraction=None, random_state=0)
    >>> folds = RollingOriginSplit(3, horizon=12, test_size=24)
    >>> scores = cross_val_score(model, load_nottingham(), cv=folds, scoring=forecast_scorer("mae"))
    >>> scores.shape, bool((scores < 0).all())
    ((3,), True)
    """
    if metric not in _METRICS and not _compares_numbers(metric):
        raise ParameterError(
            f"The 'metric' parameter of forecast_scorer must be {' or '.join(map(repr, _METRICS))} or one of "
            f"scikit-learn's scores of regressors, such as 'r2'. Got {metric!r} instead."
        )
    options = {"season": season, "coverage": coverage, "quantiles": quantiles, "stride": stride}
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if name != "stride" and name not in _metric(metric).options:
            raise ParameterError(
                f"The {name!r} parameter of forecast_scorer has no meaning for {metric!r}. Leave it out. Got "
                f"{value!r}."
            )
        if not _RULES[name].allows(value):
            raise ParameterError(
                f"The {name!r} parameter of forecast_scorer must be {_RULES[name].words}. Got {value!r} "
                "instead."
            )
    if "quantiles" in given:
        given["quantiles"] = tuple(given["quantiles"])
    return ForecastScorer(metric, **given)


@dataclass(frozen=True, repr=False)
class ForecastScorer:
    """What :func:`forecast_scorer` makes."""

    metric: str
    season: int | None = None
    coverage: float = 0.9
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    stride: int = 1

    def __call__(self, estimator, X, y=None) -> float:
        """Score a fitted forecaster on the rows of X."""
        metric = _metric(self.metric)
        outcomes = read_outcomes(
            estimator, X, y, stride=self.stride, coverages=metric.coverages(self), caller=repr(self)
        )
        return metric.score(self, outcomes, estimator)

    def __repr__(self) -> str:
        options = ((item.name, getattr(self, item.name), item.default) for item in fields(self)[1:])
        given = [f"{name}={value!r}" for name, value, default in options if value != default]
        return f"forecast_scorer({', '.join([repr(self.metric), *given])})"


@dataclass(frozen=True)
class _Metric:
    """How a score is made, the options that it has, and the intervals that it needs."""

    score: Callable[[ForecastScorer, Outcomes, object], float]
    options: tuple[str, ...] = ()
    coverages: Callable[[ForecastScorer], tuple[float, ...]] = lambda scorer: ()


def _error(metric) -> _Metric:
    """Minus an error of point forecasts."""
    return _Metric(lambda scorer, outcomes, estimator: -outcomes.by_column(metric, outcomes.forecast))


def _scaled_error(power: int, attribute: str) -> _Metric:
    """Minus an error in units of that of the naive forecast on training rows."""

    def score(scorer, outcomes, estimator) -> float:
        scale = training_scale(outcomes, estimator, attribute, scorer.season, repr(scorer))
        errors = outcomes.by_channel(np.abs(outcomes.target - outcomes.forecast) ** power) ** (1 / power)
        return -_mean_of_known(errors / scale, repr(scorer))

    return _Metric(score, ("season",))


def _skill(scorer: ForecastScorer, outcomes: Outcomes, estimator) -> float:
    season = naive_season(estimator, scorer.season, repr(scorer))
    naive, deviations = seasonal_naive(outcomes, estimator, season, scorer.stride)
    naive_errors = np.abs(outcomes.target - naive)
    errors = np.where(np.isnan(naive_errors), np.nan, np.abs(outcomes.target - outcomes.forecast))
    unit = np.where(deviations > 0, deviations, np.nan)
    reference = _mean_of_known(outcomes.by_channel(naive_errors) / unit, repr(scorer))
    if reference == 0:
        raise InputError(
            f"{scorer!r}: the naive forecast with season {season} makes no error on X, but skill is "
            "measured by its error. Use 'mae'."
        )
    return 1 - _mean_of_known(outcomes.by_channel(errors) / unit, repr(scorer)) / reference


def _mean_of_known(values: np.ndarray, caller: str) -> float:
    known = values[~np.isnan(values)]
    if not len(known):
        raise InputError(
            f"{caller}: none of the {len(values)} series and columns changes and has a season of known "
            "rows before those forecast, but errors are compared with those of the naive forecast. Give "
            "more rows, or use 'mae'."
        )
    return float(known.mean())


def _interval_metric(score: Callable[..., float]) -> _Metric:
    return _Metric(
        lambda scorer, outcomes, estimator: score(scorer, outcomes, *outcomes.bounds[scorer.coverage]),
        ("coverage",),
        lambda scorer: (scorer.coverage,),
    )


def _quantile_metric(metric) -> _Metric:
    """Minus an error of quantiles, each a bound of the central interval that ends there."""

    def score(scorer, outcomes, estimator) -> float:
        levels = scorer.quantiles
        each = [
            outcomes.forecast if level == 0.5 else outcomes.bounds[_coverage(level)][int(level > 0.5)]
            for level in levels
        ]
        return -outcomes.by_column(
            lambda target, values: metric(target, values, levels), np.stack(each, axis=-1)
        )

    return _Metric(
        score,
        ("quantiles",),
        lambda scorer: tuple(sorted({_coverage(level) for level in scorer.quantiles if level != 0.5})),
    )


def _coverage(level: float) -> float:
    """Coverage of the central interval that has a quantile as a bound."""
    return round(abs(1 - 2 * level), 12)


class _Said(RegressorMixin, BaseEstimator):
    """Predicts what it is asked with: for scorers that take an estimator to score what it said."""

    def predict(self, X):
        """The same."""
        return X


def _compares_numbers(name) -> bool:
    """Whether scikit-learn has a score of this name that takes any real numbers."""
    if not isinstance(name, str) or name not in get_scorer_names():
        return False
    came, said = np.array([0.5, 1.25, 4.0]), np.array([0.75, 1.0, 3.5])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return bool(np.isfinite(get_scorer(name)(_Said(), said, came)))
    except (AttributeError, TypeError, ValueError, Warning):  # of labels, groups or probabilities
        return False


def _metric(name: str) -> _Metric:
    if name in _METRICS:
        return _METRICS[name]

    def score(scorer, outcomes, estimator) -> float:
        judged = get_scorer(name)
        return outcomes.by_column(
            lambda target, forecast: judged(_Said(), forecast, target), outcomes.forecast
        )

    return _Metric(score)


_METRICS = {
    "mae": _error(lambda target, forecast: np.abs(target - forecast).mean()),
    "rmse": _error(lambda target, forecast: np.sqrt(((target - forecast) ** 2).mean())),
    "smape": _error(smape),
    "mase": _scaled_error(1, "naive_scale_"),
    "rmsse": _scaled_error(2, "naive_rms_scale_"),
    "skill": _Metric(_skill, ("season",)),
    "interval_score": _interval_metric(
        lambda scorer, outcomes, lower, upper: (
            -outcomes.by_column(
                lambda target, low, high: interval_score(target, low, high, scorer.coverage), lower, upper
            )
        )
    ),
    "coverage": _interval_metric(
        lambda scorer, outcomes, lower, upper: outcomes.by_column(interval_coverage, lower, upper)
    ),
    "pinball": _quantile_metric(pinball_loss),
    "weighted_quantile_loss": _quantile_metric(weighted_quantile_loss),
}
