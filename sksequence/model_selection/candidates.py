"""Who is compared: the task, the networks that stand for it, and the baselines that they have to beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.multiclass import type_of_target

from sksequence.classification import GRUClassifier, LSTMClassifier, RNNClassifier
from sksequence.exceptions import InputError
from sksequence.forecasting import (
    GRUForecaster,
    LinearForecaster,
    LSTMForecaster,
    NaiveForecaster,
    RNNForecaster,
    SeasonalNaiveForecaster,
)
from sksequence.inspection.probes import named_estimators
from sksequence.preprocessing import SummaryFeatures
from sksequence.preprocessing.texts import read_texts
from sksequence.regression import GRURegressor, LSTMRegressor, RNNRegressor
from sksequence.sequences import first_text
from sksequence.tagging import GRUTagger, LSTMTagger, RNNTagger

__all__ = ["LINEAR", "TASKS", "baselines", "candidates", "innermost", "is_network", "task_of"]

TASKS: dict[str, dict[str, Any]] = {
    "classification": {"RNN": RNNClassifier, "LSTM": LSTMClassifier, "GRU": GRUClassifier},
    "regression": {"RNN": RNNRegressor, "LSTM": LSTMRegressor, "GRU": GRURegressor},
    "forecasting": {"RNN": RNNForecaster, "LSTM": LSTMForecaster, "GRU": GRUForecaster},
    "tagging": {"RNN": RNNTagger, "LSTM": LSTMTagger, "GRU": GRUTagger},
}
# The baseline that every network should beat.
LINEAR = "linear"
# How forecasters read a table: baselines read it as the networks do.
_READING = ("horizon", "target", "id", "time", "freq", "missing")
_PENALTIES = np.logspace(-3, 3, 13)
# Steps of the optimiser that fits a logistic regression.
_MOST_STEPS = 2_000


def innermost(estimator):
    """The model itself: the last step of a Pipeline, what a search chose or is about."""
    if isinstance(estimator, Pipeline):
        return innermost(estimator.steps[-1][1])
    if hasattr(estimator, "best_estimator_"):
        return innermost(estimator.best_estimator_)
    return innermost(estimator.estimator) if hasattr(estimator, "param_grid") else estimator


def is_network(estimator) -> bool:
    """Whether a recurrent network of this package is inside, alone or with others."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    return any(hasattr(type(part), "_probe") for part in parts)


def task_of(estimators: dict[str, Any], y) -> str:
    """What is to be learned: by the estimators, or without any by the targets.

    Parameters
    ----------
    estimators : dict of str to estimator
        May be empty.
    y : array-like or None
        Targets.

    Returns
    -------
    task : str
        One of `TASKS`, or "language".

    Raises
    ------
    InputError
        If the estimators are for different tasks.
    """
    if not estimators:
        return _task_of_targets(y)
    found = {name: _task_of_estimator(estimator) for name, estimator in estimators.items()}
    if len(set(found.values())) > 1:
        raise InputError(
            f"compare: the tasks of the estimators are {found}, but only models of one task can be compared. "
            "Compare those of each task by themselves."
        )
    return next(iter(found.values()))


def _task_of_estimator(estimator) -> str:
    if hasattr(estimator, "backtest"):
        return "forecasting"
    if isinstance(innermost(estimator), tuple(TASKS["tagging"].values())):
        return "tagging"
    if is_classifier(estimator):
        return "classification"
    return "regression" if is_regressor(estimator) else "language"


def _task_of_targets(y) -> str:
    if y is None:
        return "forecasting"
    if not hasattr(y, "shape") and len(y) and isinstance(y[0], (list, tuple, np.ndarray)):
        return "tagging"
    return "regression" if type_of_target(y, input_name="y").startswith("continuous") else "classification"


def candidates(estimators, task: str, *, horizon: int | None, random_state) -> dict[str, Any]:
    """The models of the user by name, or RNN, LSTM and GRU with their defaults.

    Parameters
    ----------
    estimators : dict of str to estimator
        Those of the user; empty for the defaults.
    task : str
        One of `TASKS`.
    horizon : int or None
        Steps that default forecasters look ahead; None is 1.
    random_state : int or None
        Of the defaults.
    """
    if estimators:
        return estimators
    options = {"horizon": horizon or 1} if task == "forecasting" else {}
    return {name: make(random_state=random_state, **options) for name, make in TASKS[task].items()}


def baselines(task: str, networks: dict[str, Any], X, y) -> dict[str, Any]:
    """What every network has to beat: a model that ignores X, and a linear one.

    Parameters
    ----------
    task : str
        Taggers and language models have none.
    networks : dict of str to estimator
        How they read X is how baselines read it.
    X, y : array-like
        Data.
    """
    if task == "forecasting":
        return _naive_forecasters(networks)
    if task == "classification":
        linear: Any = LogisticRegression(max_iter=_MOST_STEPS)
        if np.ndim(y) == 2:  # labels that may coincide
            linear = OneVsRestClassifier(linear)
        return {
            "dummy": DummyClassifier(strategy="prior"),
            LINEAR: make_pipeline(*_summary(networks, X), linear),
        }
    if task == "regression":
        linear = make_pipeline(*_summary(networks, X), RidgeCV(_PENALTIES))
        return {"dummy": DummyRegressor(), LINEAR: linear}
    return {}


def _summary(networks: dict[str, Any], X) -> list:
    """What makes rows of numbers of X."""
    text = first_text(X)
    if text is not None:
        cut: Any = {} if isinstance(text, str) else {"analyzer": list}
        return [FunctionTransformer(_texts), TfidfVectorizer(sublinear_tf=True, **cut)]
    inner = [innermost(network) for network in networks.values()]
    if getattr(X, "vocabulary", None) is not None or any(getattr(n, "_has_vectors", False) for n in inner):
        return [SummaryFeatures(tokens=True), TfidfTransformer(sublinear_tf=True)]
    return [SummaryFeatures(), StandardScaler()]


def _texts(X) -> list:
    """Texts, or lists of words, of whatever form, as a list."""
    return read_texts(X, "compare")[0]


def _naive_forecasters(networks: dict[str, Any]) -> dict[str, Any]:
    first, *others = (innermost(network) for network in networks.values())
    horizons = {network.horizon for network in (first, *others)}
    if len(horizons) > 1:
        raise InputError(
            f"compare: forecasters of horizons {sorted(horizons)} came, but only forecasts that reach as far "
            "can be compared. Give all of them one horizon."
        )
    reading = {name: getattr(first, name) for name in _READING}
    return {
        "naive": NaiveForecaster(**reading),
        "seasonal naive": SeasonalNaiveForecaster(**reading),
        LINEAR: LinearForecaster(**reading),
    }


def named(estimators) -> dict[str, Any]:
    """Estimators by name: a dict or pairs as they came, others by their class, None for no one."""
    if estimators is None:
        return {}
    given = estimators.values() if isinstance(estimators, dict) else estimators
    for each in given if isinstance(given, (list, tuple, type({}.values()))) else [given]:
        model = each[1] if isinstance(each, tuple) and len(each) == 2 else each
        if isinstance(model, type) or not hasattr(model, "fit"):
            came = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
            raise InputError(
                f"compare: {came} came as one of the models, but estimators are needed first. Call "
                "compare(estimators, X, y); compare(None, X, y) takes RNN, LSTM and GRU with their defaults."
            )
    return dict(named_estimators(estimators))
