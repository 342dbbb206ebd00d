"""scikit-learn's ensembles take ragged sequences, in every form, as the networks inside do."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression

from sksequence import GRUClassifier, LSTMClassifier, RNNClassifier, SequenceArray

SMALL = {"hidden_size": 8, "max_epochs": 10, "random_state": 0}
MODELS = [("rnn", RNNClassifier(**SMALL)), ("lstm", LSTMClassifier(**SMALL)), ("gru", GRUClassifier(**SMALL))]
HYBRIDS = [
    VotingClassifier(MODELS, voting="soft"),
    StackingClassifier(MODELS, LogisticRegression(), cv=2),
]


@pytest.fixture(scope="module")
def ragged():
    """Sequences of 3 to 9 steps, whose class is the sign of what they go around."""
    rng = np.random.default_rng(0)
    y = np.where(rng.random(60) < 0.5, "low", "high")
    level = {"low": -1, "high": 1}
    X = [rng.normal(level[c], 1, (rng.integers(3, 10), 2)).astype(np.float32) for c in y]
    return X, y


@pytest.mark.parametrize("hybrid", HYBRIDS, ids=lambda h: type(h).__name__)
def test_lists_and_sequence_arrays_give_the_same_answers(hybrid, ragged):
    X, y = ragged
    of_list = clone(hybrid).fit(X, y)
    of_array = clone(hybrid).fit(SequenceArray.from_list(X), y)
    assert of_list.score(X, y) > 0.9
    assert np.array_equal(of_list.predict_proba(X), of_array.predict_proba(SequenceArray.from_list(X)))


def test_soft_votes_are_the_mean_of_the_networks(ragged):
    X, y = ragged
    voted = clone(HYBRIDS[0]).fit(X, y)
    single = [clone(model).fit(X, voted.le_.transform(y)).predict_proba(X) for _, model in MODELS]
    assert np.allclose(voted.predict_proba(X), np.mean(single, axis=0))
