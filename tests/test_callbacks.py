"""skorch's callbacks: what they see of an estimator's net, and what they may do."""

import numpy as np
import pytest
from skorch.callbacks import EpochScoring

from sksequence import LSTMRegressor

SMALL = {"hidden_size": 8, "random_state": 0}


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 2)) for n in rng.integers(3, 20, size=80)]


def scores(estimator, X, y, scoring, **options):
    """The column of a score in the history."""
    callback = EpochScoring(scoring, name="score", lower_is_better=False, **options)
    estimator.set_params(callbacks=[callback], early_stopping=True)
    return estimator.fit(X, y).history_["score"].to_numpy()


# ---------------------------------------------------------------------- scores
def test_scores_of_regressors_are_in_the_units_of_the_targets(X):
    y = np.array([[100 * x[:, 0].sum() + 500, 3 * x[:, 1].sum()] for x in X])
    model = LSTMRegressor(max_epochs=15, lr=0.02, **SMALL)
    assert scores(model, X, y, "r2")[-1] > 0.3
    error = -scores(model, X, y[:, 0], "neg_mean_squared_error")
    # The loss is the squared error of targets at unit variance.
    np.testing.assert_allclose(error, model.history_["valid_loss"] * y[:, 0].var(), rtol=1e-4)
