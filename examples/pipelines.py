"""Ragged sequences in scikit-learn's own tools: pipelines, cross-validation, ensembles, class weights.

    python examples/pipelines.py

Every tool below is scikit-learn's; the sequences differ in length all the way. Takes some 15 seconds.
"""

import numpy as np
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, classification_report
from sklearn.model_selection import cross_val_predict, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from sksequence import GRUClassifier, LSTMClassifier, PerTimestep, RNNClassifier
from sksequence.datasets import load_digit_columns


def load(n_samples=500):
    X, y = load_digit_columns(return_X_y=True)
    return train_test_split(X, y, train_size=n_samples, stratify=y, random_state=0)


def cross_validation(X, y):
    print("1. Pipelines and cross-validation")
    print(f"   {X}")
    for scaler in (StandardScaler(), PowerTransformer()):
        pipeline = make_pipeline(PerTimestep(scaler), LSTMClassifier(max_epochs=15, random_state=0))
        scores = cross_val_score(pipeline, X, y, cv=3)
        print(f"   {type(scaler).__name__:16} accuracy {scores.mean():.3f} ± {scores.std():.3f} over 3 folds")


def forms_of_input(X, y):
    print("\n2. Any form of the same sequences gives the same model")
    ragged = X.to_list()  # arrays of shape (length, 8)
    padded = X.to_padded()  # one array (n, 8, 8), NaN where a sequence has ended
    forms = {"SequenceArray": X, "list of arrays": ragged, "NaN-padded array": padded}
    model = LSTMClassifier(max_epochs=5, random_state=0)
    expected = model.fit(X, y).predict_proba(X)
    for name, form in forms.items():
        same = np.allclose(model.fit(form, y).predict_proba(form), expected, atol=1e-6)
        print(f"   {name:17} same probabilities: {same}")


def missing_values(X, y):
    print("\n3. Missing values: impute them in the pipeline, or let the network see that they are missing")
    rng = np.random.default_rng(0)
    holes = [np.where(rng.random(x.shape) < 0.1, np.nan, x) for x in X]  # a tenth of all values lost
    imputed = make_pipeline(PerTimestep(SimpleImputer()), LSTMClassifier(max_epochs=15, random_state=0))
    masked = LSTMClassifier(missing="mask", max_epochs=15, random_state=0)
    for name, model in (("PerTimestep(SimpleImputer())", imputed), ('missing="mask"', masked)):
        print(f"   {name:29} accuracy {cross_val_score(model, holes, y, cv=3).mean():.3f}")


def ensembles(X, y, X_test, y_test):
    print("\n4. Ensembles of networks")
    networks = [
        (network.__name__, network(max_epochs=10, random_state=0))
        for network in (RNNClassifier, LSTMClassifier, GRUClassifier)
    ]
    models = {name: model for name, model in networks}
    models["vote of the three"] = VotingClassifier(networks, voting="soft")
    models["stack of the three"] = StackingClassifier(networks, LogisticRegression(max_iter=1000), cv=3)
    for name, model in models.items():
        accuracy = model.fit(X, y).score(X_test, y_test)
        print(f"   {name:19} accuracy on {len(y_test)} other digits {accuracy:.3f}")


def class_weights(X, y):
    print("\n5. Class weights: is it an 8? One digit in ten is.")
    y = np.where(y == 8, "eight", "other")
    for class_weight in (None, "balanced"):
        model = LSTMClassifier(max_epochs=5, class_weight=class_weight, random_state=0)
        predicted = cross_val_predict(model, X, y, cv=3)
        found = classification_report(y, predicted, output_dict=True, zero_division=0)["eight"]["recall"]
        balanced = balanced_accuracy_score(y, predicted)
        setting = f"class_weight={class_weight}"
        print(f"   {setting:21} finds {found:.0%} of the eights; balanced accuracy {balanced:.3f}")


def main():
    X, X_test, y, y_test = load()
    cross_validation(X, y)
    forms_of_input(X, y)
    missing_values(X, y)
    ensembles(X, y, X_test, y_test)
    class_weights(X, y)


if __name__ == "__main__":
    main()
