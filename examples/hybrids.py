"""RNN, LSTM and GRU together: they vote, or a linear model weighs them, on sequences of unequal length.

    python examples/hybrids.py

scikit-learn's own VotingClassifier and StackingClassifier take ragged sequences as the networks do. Takes
less than a minute, and needs no network.
"""

import pandas as pd
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sksequence import GRUClassifier, LSTMClassifier, RNNClassifier
from sksequence.datasets import load_digit_columns


def single_models():
    """One network of each kind, by name."""
    return [
        ("RNN", RNNClassifier(random_state=0)),
        ("LSTM", LSTMClassifier(random_state=0)),
        ("GRU", GRUClassifier(random_state=0)),
    ]


def hybrids():
    """The mean of the three networks' probabilities, and a linear model that learned whom to trust."""
    return [
        ("voting", VotingClassifier(single_models(), voting="soft")),
        ("stacking", StackingClassifier(single_models(), LogisticRegression(max_iter=1000), cv=3)),
    ]


def measure(models, X, y, X_test, y_test):
    """Accuracy and log loss on new sequences, one row a model."""
    rows = {}
    for name, model in models:
        proba = model.fit(X, y).predict_proba(X_test)
        right = model.classes_[proba.argmax(axis=1)] == y_test
        rows[name] = {"accuracy": right.mean(), "log loss": log_loss(y_test, proba, labels=model.classes_)}
    return pd.DataFrame(rows).T


if __name__ == "__main__":
    X, y = load_digit_columns(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=400, stratify=y, random_state=0)
    print(f"{len(X)} digits to learn from, {len(X_test)} to test on; {X[0].shape[1]} pixels a step")
    print(measure([*single_models(), *hybrids()], X, y, X_test, y_test).round(3).to_string())
