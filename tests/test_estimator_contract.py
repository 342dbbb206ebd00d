"""scikit-learn's own checks over every classifier and regressor."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
)

# Small, quick to learn and short, so that the hundreds of fits of these checks take a few minutes.
SMALL = {"hidden_size": 16, "lr": 0.02, "batch_size": 16, "random_state": 0}
CLASSIFIERS = (RNNClassifier, LSTMClassifier, GRUClassifier)
REGRESSORS = (RNNRegressor, LSTMRegressor, GRURegressor)
ESTIMATORS = [classifier(max_epochs=30, **SMALL) for classifier in CLASSIFIERS]
ESTIMATORS += [regressor(max_epochs=40, **SMALL) for regressor in REGRESSORS]
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "minibatches are drawn at random, so a sample of weight 2 and one that comes twice meet other "
        "companions; test_training.py shows that weights work"
    ),
}


def expected_failures(estimator):
    """The one check that no network trained on shuffled minibatches can pass."""
    return EXPECTED


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
