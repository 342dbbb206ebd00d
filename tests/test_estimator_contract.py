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

# Small and short, so that the hundreds of fits of these checks take a minute.
SMALL = {"hidden_size": 16, "random_state": 0}
ESTIMATORS = [
    estimator(**SMALL)
    for estimator in (
        RNNClassifier,
        LSTMClassifier,
        GRUClassifier,
        RNNRegressor,
        LSTMRegressor,
        GRURegressor,
    )
]
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "minibatches are drawn at random, so a sample of weight 2 and one that comes twice meet other "
        "companions; test_weights.py shows that weights work"
    ),
}


def expected_failures(estimator):
    """The one check that no network trained on shuffled minibatches can pass."""
    return EXPECTED


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
