"""What every network has to beat: a model that ignores its input, and a linear one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sksequence.exceptions import InputError
from sksequence.forecasting import LinearForecaster, NaiveForecaster, SeasonalNaiveForecaster
from sksequence.model_selection.candidates import innermost
from sksequence.preprocessing import SummaryFeatures
from sksequence.preprocessing.texts import read_texts
from sksequence.sequences import first_text, names_ids

__all__ = ["LINEAR", "baselines"]

# The baseline that every network should beat.
LINEAR = "linear"
# How forecasters read a table: baselines read it as the networks do.
_READING = ("horizon", "target", "id", "time", "freq", "missing")
_PENALTIES = np.logspace(-3, 3, 13)
# Steps of the optimiser that fits a logistic regression.
_MOST_STEPS = 2_000


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
    columns = next((c for c in (getattr(n, "token_features", None) for n in inner) if c is not None), None)
    if columns == "all":
        return [SummaryFeatures(tokens="all"), TfidfTransformer(sublinear_tf=True)]
    if columns is not None or getattr(X, "_holds_ids", False) or names_ids(X):
        # Counts are sparse, beside means or alone.
        return [SummaryFeatures(tokens=columns or "auto"), StandardScaler(with_mean=False)]
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
