"""scikit-learn's own checks over the forecasters."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sksequence import GRUForecaster, LSTMForecaster, RNNForecaster

SMALL = {"hidden_size": 8, "max_epochs": 1, "random_state": 0}
ROWS_IN_TIME = "rows are steps in time: a forecast is not a row of X, and depends on the order of all rows"
EXPECTED = {
    "check_methods_sample_order_invariance": ROWS_IN_TIME,
    "check_methods_subset_invariance": ROWS_IN_TIME,
    "check_fit1d": "an array of one dimension is a series, not a mistake",
    "check_fit2d_predict1d": "it is refused for its number of features, not for its dimension",
}
# Random numbers in random order have nothing to forecast.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sksequence.exceptions.NoSkillWarning"),
    # The checks pass a y to fit, and X alone to predict.
    pytest.mark.filterwarnings("ignore:.*their past counts as missing:UserWarning"),
]


def expected_failures(estimator):
    """The checks that take rows for exchangeable, or a series for a mistake."""
    return EXPECTED


@parametrize_with_checks(
    [cell(**SMALL) for cell in (RNNForecaster, LSTMForecaster, GRUForecaster)],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
