"""scikit-learn's own checks over the taggers.

These checks make one target for each sample. Here every step of a sample gets it as its label, and all
else is the tagger's own: what it takes as X, how it fails, what it stores, how it is copied and saved.
"""

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import GRUTagger, LSTMTagger, RNNTagger

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "minibatches are drawn at random, so a sample of weight 2 and one that comes twice meet other "
        "companions; test_tagging.py shows that weights work"
    ),
}
SMALL = {"hidden_size": 4, "max_epochs": 2, "batch_size": 16, "random_state": 0}


def repeated(X, y):
    """The target of each sample at all of its steps; what is no such target is passed on."""
    if y is None:
        return y
    labels, table = np.asarray(y), np.asarray(X)
    if labels.ndim != 1 or table.ndim != 2 or len(labels) != len(table):
        return y
    return np.repeat(labels[:, None], table.shape[1], axis=1)


class OneLabel:
    """Lets every step of a sample have its target as label."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, repeated(X, y), sample_weight)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        return super().partial_fit(X, repeated(X, y), classes, sample_weight)

    def score(self, X, y, sample_weight=None):
        return super().score(X, repeated(X, y), sample_weight)


class OneLabelRNN(OneLabel, RNNTagger):
    pass


class OneLabelLSTM(OneLabel, LSTMTagger):
    pass


class OneLabelGRU(OneLabel, GRUTagger):
    pass


def expected_failures(estimator):
    """The one check that no network trained on shuffled minibatches can pass."""
    return EXPECTED


@parametrize_with_checks(
    [OneLabelRNN(**SMALL), OneLabelLSTM(**SMALL), OneLabelGRU(crf=True, **SMALL)],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
