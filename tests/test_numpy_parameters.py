"""Numbers of NumPy as parameters, as searches over ``np.arange`` bring them."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV

import sksequence
from sksequence import LSTMClassifier, LSTMForecaster
from sksequence._params import Parameters
from sksequence.exceptions import ParameterError

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in RNG.integers(4, 12, size=24)]
Y = np.arange(24) % 2
TAGS = [np.arange(len(x)) % 2 for x in X]
TOKENS = [np.arange(len(x)) % 7 for x in X]
SERIES = pd.Series(np.sin(np.arange(60) / 3), index=pd.date_range("2022", periods=60))
TEXTS = ["the cat sat on the mat. " * 4, "a dog ran after the cat. " * 4]

ESTIMATORS = sorted(
    name
    for name in sksequence.__all__
    if isinstance(getattr(sksequence, name), type)
    and issubclass(getattr(sksequence, name), Parameters)
    and issubclass(getattr(sksequence, name), BaseEstimator)
)
VALUES = {"num_layers": 2, "hidden_size": 5, "embedding_dim": 3, "batch_size": 9, "window": 7, "n_tokens": 30}
OTHERS = {"min_count": 1, "max_epochs": 1, "verbose": 0, "random_state": 3, "min_df": 1, "max_df": 5}


def data_for(name, parameter):
    """What an estimator learns from, tokens where the parameter is about these."""
    if name.endswith("Forecaster"):
        return (SERIES,)
    if name.endswith("LanguageModel"):
        return (TOKENS if parameter == "n_tokens" else TEXTS,)
    alone = {
        "SequenceTokenizer": TEXTS,
        "WordFeatures": [text.split() for text in TEXTS],
        "CalendarFeatures": SERIES.to_frame("load"),
        "WindowTransformer": SERIES.to_numpy()[:, np.newaxis],
    }
    if name in alone:
        return (alone[name],)
    inputs = TOKENS if parameter == "embedding_dim" else X
    return (inputs, TAGS if name.endswith("Tagger") else Y)


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_integer_may_be_one_of_numpy(name):
    kind = getattr(sksequence, name)
    small = {"max_epochs": 1, "hidden_size": 4} if "max_epochs" in dir(kind) else {}
    for item in fields(kind):
        if "an int" not in item.metadata["rule"].words:
            continue
        value = np.int64(VALUES.get(item.name, OTHERS.get(item.name, 2)))
        model = kind(**small | {item.name: value})
        data = data_for(name, item.name)
        model.fit(*data)
        getattr(model, "predict" if hasattr(model, "predict") else "transform")(data[0])
        assert model.get_params()[item.name] is value
        assert clone(model).get_params()[item.name] == value


def test_a_search_over_ranges():
    grid = {
        "hidden_size": np.arange(4, 9, 4),
        "batch_size": [np.int64(8)],
        "lr": np.array([1e-3], np.float32),
    }
    search = GridSearchCV(LSTMClassifier(max_epochs=1), grid, cv=2, error_score="raise").fit(X, Y)
    assert {type(value) for value in search.best_params_.values()} == {np.int64, np.float32}
    model = search.best_estimator_.set_params(warm_start=np.True_).fit(X, Y)
    assert model.n_iter_ == 2
    assert type(model.net_.lr) is float


@pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning")
def test_tuples_of_numbers():
    seasons, quantiles = tuple(np.array([4, 8])), list(np.array([0.1, 0.5]))
    model = LSTMForecaster(seasons=seasons, quantiles=quantiles, loss="quantile", max_epochs=1).fit(SERIES)
    assert model.seasons is seasons
    assert model.quantiles is quantiles
    assert [type(season) for season in model.seasons_] == [int, int]


def test_what_is_not_allowed_is_refused_as_before():
    model = LSTMClassifier(hidden_size=np.int64(0))
    with pytest.raises(ParameterError, match=r"an int >= 1. Got 0 instead"):
        model.fit(X, Y)
    assert type(model.hidden_size) is np.int64
