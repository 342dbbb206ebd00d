"""Texts with a label: an LSTM beside TF-IDF and logistic regression, and both together.

    python examples/sentiment.py

Takes about a minute on a laptop and needs no network. Reads the 10,662 sentences of film reviews of
Pang & Lee (2005) where the folder named by SKSEQUENCE_DATA holds them; elsewhere it asks which of three
libraries a sentence of a docstring comes from, for these are installed already.
"""

import os
import pydoc
import re
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sksequence import LSTMClassifier, SequenceTokenizer

REVIEWS = Path("text", "mr_polarity.tsv.gz")
LIBRARIES = {
    "numpy": ["numpy", "numpy.linalg", "numpy.random", "numpy.fft"],
    "pandas": ["pandas.DataFrame", "pandas.Series", "pandas.Index", "pandas"],
    "torch": ["torch", "torch.nn.functional", "torch.Tensor", "torch.nn"],
}


def reviews():
    """Sentences of film reviews and whether they praise, or None where they are not at hand."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("SKSEQUENCE_DATA", beside)) / REVIEWS
    if not path.exists():
        return None
    table = pd.read_csv(path, sep="\t", quoting=3)
    return table["text"], table["label"].map({0: "pans", 1: "praises"})


def docstrings():
    """Sentences of docstrings, without the libraries' own names, and the library of each."""
    rows = {}
    for library, places in LIBRARIES.items():
        for place in places:
            owner = pydoc.locate(place) or import_module(place)
            # Read from where they are written, so that nothing is looked up that warns.
            documented = (value for name, value in vars(owner).items() if not name.startswith("_"))
            texts = (getattr(value, "__doc__", None) for value in documented)
            for text in (text for text in texts if isinstance(text, str)):
                prose = re.split(r"\n\s*(?:Parameters|Args|Examples?|>>>|\.\. )", text)[0]
                for sentence in re.split(r"(?<=\.)\s+", " ".join(prose.split())):
                    if len(re.findall(r"[a-z]{2,}", sentence)) > 4 and "==" not in sentence:
                        rows[re.sub(r"numpy|np\.|pandas|torch|Tensor", "it", sentence)] = library
    return pd.Series(list(rows)), pd.Series(list(rows.values()))


def models():
    """The two of them, and their mean."""
    linear = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
    )
    network = make_pipeline(SequenceTokenizer(min_df=2), LSTMClassifier(random_state=0))
    both = VotingClassifier([("linear", linear), ("network", network)], voting="soft")
    return {"TF-IDF, logistic regression": linear, "LSTM": network, "mean of both": both}


def compare(X, y):
    """Accuracy on a tenth held back, and the sentences of which the network is surest."""
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.1, stratify=y, random_state=0)
    print(f"{len(X_train):,} sentences to learn from, {len(X_test):,} held back")
    fitted = models()
    for name, model in fitted.items():
        start = time.process_time()
        model.fit(X_train, y_train)
        seconds = time.process_time() - start
        print(f"  {name:28} accuracy {model.score(X_test, y_test):.3f}   {seconds:5.1f} CPU s", flush=True)

    network = fitted["LSTM"]
    proba = network.predict_proba(X_test)
    print("\nThe LSTM is surest of:")
    for column, label in enumerate(network.classes_):
        row = int(np.argmax(proba[:, column]))
        print(f"  {label!r:10} {proba[row, column]:.3f}  {X_test.iloc[row][:85]}")


def main():
    found = reviews()
    if found is None:
        print("The film reviews are not here (see SKSEQUENCE_DATA). Docstrings instead: who wrote this?")
    else:
        print("Sentences of film reviews: praise or not?")
    compare(*(docstrings() if found is None else found))


if __name__ == "__main__":
    main()
