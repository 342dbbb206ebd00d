"""Values too large for a float: told as what they are, in fits and in predictions."""

import warnings

import numpy as np
import pytest

from sksequence import LSTMClassifier, LSTMRegressor, LSTMTagger
from sksequence.exceptions import InputError

SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in RNG.integers(4, 20, size=40)]
Y = np.arange(40) % 2
TAGS = [np.arange(len(x)) % 2 for x in X]


def with_value(value):
    """The sequences, one of which holds this value."""
    copies = [x.copy() for x in X]
    copies[3][2, 1] = value
    return copies


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.mark.parametrize("value", [1e200, -1e300])
@pytest.mark.parametrize("standardize", [True, False])
def test_fit_names_the_largest_value(value, standardize):
    model = LSTMClassifier(standardize=standardize, **SMALL)
    sentence = rf"LSTMClassifier.fit: {value:g} came at step 2 of sequence 3, feature 1, but values so large"
    with pytest.raises(InputError, match=sentence.replace("+", r"\+")):
        model.fit(with_value(value), Y)
    assert not hasattr(model, "net_")


def test_fit_on_values_that_are_large_alike():
    with pytest.raises(InputError, match="overflow when they are scaled"):
        LSTMClassifier(**SMALL).fit([x * 1e200 for x in X], Y)
    LSTMClassifier(**SMALL).fit([x * 1e30 for x in X], Y)


def test_targets_too_large_to_be_scaled():
    y = np.where(Y, 1e200, 0.0)
    with pytest.raises(InputError, match=r"LSTMRegressor.fit: y holds 1e\+200 at position 1, but values so"):
        LSTMRegressor(**SMALL).fit(X, y)


@pytest.mark.parametrize(
    ("model", "y", "methods"),
    [
        (LSTMClassifier(**SMALL), Y, ["predict", "predict_proba", "predict_log_proba"]),
        (LSTMRegressor(**SMALL), Y * 1.0, ["predict"]),
        (LSTMTagger(**SMALL), TAGS, ["predict", "predict_proba"]),
        (LSTMTagger(crf=True, **SMALL), TAGS, ["predict", "predict_proba"]),
    ],
)
@pytest.mark.parametrize("ragged", [True, False])
def test_predictions_name_the_sequence(model, y, methods, ragged):
    model.fit(X, y)
    far = [x * 1e39 if i == 3 else x for i, x in enumerate(X)]
    if not ragged:
        far = [x[:4] for x in far]
    step, feature = np.unravel_index(np.abs(far[3]).argmax(), far[3].shape)
    largest = f"{far[3][step, feature]:g}".replace("+", r"\+")
    for method in methods:
        sentence = (
            rf"{method}: the network's answer to sequence 3 is .* is {largest}, at step {step}, feature"
        )
        with pytest.raises(InputError, match=sentence.replace("predict_log_proba", "predict_proba")):
            getattr(model, method)(far)
        getattr(model, method)(far[:3])
