"""Recurrent networks as scikit-learn estimators: classify, regress and forecast sequences of any form."""

from sksequence.classification import GRUClassifier, LSTMClassifier, RNNClassifier
from sksequence.regression import GRURegressor, LSTMRegressor, RNNRegressor
from sksequence.sequences import SequenceArray, as_sequences

__version__ = "0.1.0"

__all__ = [
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "SequenceArray",
    "as_sequences",
]
