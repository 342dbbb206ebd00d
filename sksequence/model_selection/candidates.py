"""Who is compared: the task, and the networks that stand for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import type_of_target

from sksequence.classification import GRUClassifier, LSTMClassifier, RNNClassifier
from sksequence.exceptions import InputError
from sksequence.forecasting import GRUForecaster, LSTMForecaster, RNNForecaster
from sksequence.inspection.probes import named_estimators
from sksequence.language import GRULanguageModel, LSTMLanguageModel, RNNLanguageModel
from sksequence.regression import GRURegressor, LSTMRegressor, RNNRegressor
from sksequence.sequences import holds_texts
from sksequence.tagging import GRUTagger, LSTMTagger, RNNTagger

__all__ = ["TASKS", "candidates", "innermost", "is_network", "named", "task_of"]

TASKS: dict[str, dict[str, Any]] = {
    "classification": {"RNN": RNNClassifier, "LSTM": LSTMClassifier, "GRU": GRUClassifier},
    "regression": {"RNN": RNNRegressor, "LSTM": LSTMRegressor, "GRU": GRURegressor},
    "forecasting": {"RNN": RNNForecaster, "LSTM": LSTMForecaster, "GRU": GRUForecaster},
    "tagging": {"RNN": RNNTagger, "LSTM": LSTMTagger, "GRU": GRUTagger},
    "language": {"RNN": RNNLanguageModel, "LSTM": LSTMLanguageModel, "GRU": GRULanguageModel},
}


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


def task_of(estimators: dict[str, Any], X, y) -> str:
    """What is to be learned: by the estimators, or without any by the data.

    Parameters
    ----------
    estimators : dict of str to estimator
        May be empty.
    X : array-like
        Sequences, series or texts.
    y : array-like or None
        Targets.

    Returns
    -------
    task : str
        One of `TASKS`.

    Raises
    ------
    InputError
        If the estimators are for different tasks.
    """
    if not estimators:
        return _task_of_data(X, y)
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


def _task_of_data(X, y) -> str:
    if y is None:
        tokens = holds_texts(X) or getattr(X, "vocabulary", None) is not None
        return "language" if tokens else "forecasting"
    if getattr(getattr(y, "index", None), "nlevels", 1) == 2:  # a row for each step
        return "tagging"
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
