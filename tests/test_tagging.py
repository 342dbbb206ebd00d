"""Taggers: a label for every step. Forms of y, losses, invariants, refusals, searches."""

import pickle
import re
import warnings
from enum import Enum

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochScoring

import sksequence
from sksequence import GRUTagger, LSTMTagger, PerTimestep, RNNTagger, SequenceArray, WordFeatures
from sksequence.exceptions import InputError, ParameterError
from sksequence.metrics import token_accuracy

TAGGERS = (RNNTagger, LSTMTagger, GRUTagger)
Mood = Enum("Mood", [("calm", 0), ("glad", 1), ("sad", 2)])
CASES = [(tagger, both, crf) for tagger in TAGGERS for both in (False, True) for crf in (False, True)]


def make(tagger=GRUTagger, **options):
    return tagger(**({"max_epochs": 2, "hidden_size": 8, "random_state": 0} | options))


def name_case(case):
    return case[0].__name__ + "-both" * case[1] + "-crf" * case[2]


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 3)) for n in rng.integers(1, 20, size=40)]


@pytest.fixture(scope="module")
def y(X):
    """The sign of the running sum: three labels that depend on the past."""
    return [np.digitize(x[:, 0].cumsum(), [-1.0, 1.0]) for x in X]


@pytest.fixture(params=CASES, ids=name_case, scope="module")
def fitted(request, X, y):
    tagger, both, crf = request.param
    return make(tagger, bidirectional=both, crf=crf).fit(X, y)


def assert_like(found, expected, **tolerance):
    """The same probabilities for each sequence."""
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, **({"atol": 1e-6} | tolerance))


def weights(model):
    return torch.cat([p.flatten() for p in model.net_.module_.parameters()])


def regimes(n_sequences, n_steps, rng):
    """A machine that is idle, works or is worn: each step's reading tells little, its neighbours the rest."""
    states = np.zeros((n_sequences, n_steps), dtype=int)
    for t in range(1, n_steps):
        switch = rng.random(n_sequences) < 0.05
        states[:, t] = np.where(switch, rng.integers(0, 3, n_sequences), states[:, t - 1])
    readings = states[:, :, None] + 1.5 * rng.normal(size=(n_sequences, n_steps, 1))
    return readings, states


# ---------------------------------------------------------------------- what it learns
@pytest.mark.parametrize("tagger", TAGGERS)
def test_neighbouring_steps_tell_the_state_of_a_machine(tagger):
    X, y = regimes(60, 50, np.random.default_rng(0))
    X_new, y_new = regimes(40, 60, np.random.default_rng(1))
    alone = LogisticRegression().fit(X.reshape(-1, 1), y.ravel()).score(X_new.reshape(-1, 1), y_new.ravel())
    model = tagger(hidden_size=16, lr=0.02, random_state=0).fit(X, y)
    assert model.score(X_new, y_new) > alone + 0.15
    assert alone < 0.7


def test_a_field_learns_which_labels_follow_each_other():
    # Labels alternate, whatever the input says of single steps.
    rng = np.random.default_rng(0)
    y = [(np.arange(n) + rng.integers(2)) % 2 for n in rng.integers(5, 15, 60)]
    X = [labels[:, None] + 1.5 * rng.normal(size=(len(labels), 1)) for labels in y]
    model = make(RNNTagger, crf=True, max_epochs=30, lr=0.02).fit(X, y)
    assert all((np.diff(path) != 0).all() for path in model.predict(X))
    transitions = model.net_.module_.transitions.detach()
    assert transitions.diag().max() < transitions[[0, 1], [1, 0]].min()


def test_both_directions_see_what_follows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 12, 1))
    y = np.roll(X[:, :, 0] > 0, -1, axis=1).astype(int)  # the sign of the next step
    y[:, -1] = 0
    scores = [
        make(max_epochs=20, lr=0.02, bidirectional=both).fit(X, y).score(X, y) for both in (True, False)
    ]
    assert scores[0] > 0.9 > 0.75 > scores[1]


def test_tokens_are_tagged():
    rng = np.random.default_rng(0)
    X = [rng.integers(0, 30, n) for n in rng.integers(1, 12, 50)]
    y = [np.where(np.r_[0, x[:-1]] % 2, "odd", "even") for x in X]  # the token before
    model = make(max_epochs=40, lr=0.02, embedding_dim=8).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.predict([[3, 4]])[0].tolist() == ["even", "odd"]


# ---------------------------------------------------------------------- labels in, labels out
@pytest.mark.parametrize(
    "names",
    [
        np.array(["down", "flat", "up"]),
        np.array([7, 3, 5]),
        np.array([0.0, 2.0, -1.0]),
        np.array(["x", "y", "z"], dtype=object),
        np.array([b"x", b"y", b"z"]),
    ],
    ids=lambda names: names.dtype.kind,
)
def test_labels_come_back_in_their_dtype(X, y, names):
    labels = [names[codes] for codes in y]
    model = make(crf=True).fit(X, labels)
    predicted = model.predict(X)
    assert isinstance(predicted, list)
    assert [len(p) for p in predicted] == [len(x) for x in X]
    assert {p.dtype for p in predicted} == {names.dtype}
    assert list(model.classes_) == sorted(names)
    plain = make(crf=True).fit(X, y)
    assert token_accuracy([np.sort(names)[c] for c in plain.predict(X)], predicted) > 0.2


def test_every_form_of_y_trains_the_same_network(X, y):
    expected = weights(make().fit(X, y))
    objects = np.empty(len(y), dtype=object)
    objects[:] = y
    longest = max(map(len, y))
    padded = np.array([np.r_[labels, [9] * (longest - len(labels))] for labels in y])
    for form in (
        [labels.tolist() for labels in y],
        tuple(y),
        objects,
        pd.Series([labels.tolist() for labels in y]),
        [pd.Series(labels) for labels in y],
        SequenceArray.from_list(y),
        padded,
        pd.DataFrame(padded),
    ):
        assert torch.equal(weights(make().fit(X, form)), expected)
    assert make().fit(X, padded).classes_.tolist() == [0, 1, 2]


def test_long_tables_are_matched_by_their_index(X, y):
    index = pd.MultiIndex.from_tuples([(i, t) for i, x in enumerate(X) for t in range(len(x))])
    table = pd.DataFrame(np.concatenate(X), index=index, columns=["a", "b", "c"])
    labels = pd.Series(np.concatenate(y), index=index)
    shuffled = labels.sample(frac=1.0, random_state=0)
    model = make().fit(table, shuffled)
    assert torch.equal(weights(model), weights(make().fit(X, y)))
    assert model.score(table, shuffled) == model.score(X, y)
    with pytest.raises(InputError, match="the ids of y and X differ, first 1 and 0, but labels are matched"):
        make().fit(table.drop(index=3), labels.drop(index=0))
    with pytest.raises(InputError, match=r"X has 40 ids and y has 19, .* in the order \(sequence, time\)"):
        make().fit(table, labels.swaplevel())


def test_weights_are_matched_by_their_index(X, y):
    index = pd.MultiIndex.from_tuples([(f"m{i:02}", t) for i, x in enumerate(X) for t in range(len(x))])
    table = pd.DataFrame(np.concatenate(X), index=index, columns=["a", "b", "c"])
    labels = pd.Series(np.concatenate(y), index=index)
    counts = np.arange(40.0)
    by_name = pd.Series(counts, index=[f"m{i:02}" for i in range(40)])[::-1]
    model = make().fit(table, labels, sample_weight=by_name)
    assert torch.equal(weights(model), weights(make().fit(X, y, sample_weight=counts)))
    assert model.score(table, labels, sample_weight=by_name) == model.score(X, y, sample_weight=counts)
    with pytest.raises(
        InputError, match=r"sample_weight has no weight for id 'm39' \(1 of 40 ids are missing"
    ):
        make().fit(table, labels, sample_weight=by_name[1:])
    with pytest.raises(InputError, match=r"GRUTagger.score: sample_weight is indexed by 2 levels"):
        model.score(table, labels, sample_weight=pd.Series(1.0, index=index))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda y: [np.ones(len(c)) for c in y], "holds rows of unlike lengths, but one weight for each"),
        (lambda y: np.ones(39), r"of shape \(39,\) came for 40 sequences, but one weight for each"),
    ],
)
def test_one_weight_a_sequence_is_needed(X, y, given, told):
    for method in (make().fit, make().fit(X, y).score):
        caller = f"GRUTagger.{method.__name__}"
        with pytest.raises(InputError, match=rf"^{caller}: sample_weight {told}"):
            method(X, y, sample_weight=given(y))


def test_a_table_of_numbers_is_one_label_a_cell():
    X, y = regimes(20, 10, np.random.default_rng(0))
    model = make().fit(X[:, :, 0], y)
    assert np.asarray(model.predict(X[:, :, 0])).shape == (20, 10)
    assert np.asarray(model.predict_proba(X[:, :, 0])).shape == (20, 10, 3)


# ---------------------------------------------------------------------- what it says of each step
def test_probabilities_belong_to_the_classes(fitted, X):
    proba, predicted = fitted.predict_proba(X), fitted.predict(X)
    for x, p, labels in zip(X, proba, predicted, strict=True):
        assert p.shape == (len(x), 3)
        assert p.dtype == np.float64
        np.testing.assert_allclose(p.sum(axis=1), 1.0)
        assert labels.shape == (len(x),)
        if not fitted.crf:
            assert np.array_equal(fitted.classes_[p.argmax(axis=1)], labels)


def test_score_is_the_share_of_steps(fitted, X, y):
    right = [p == labels for p, labels in zip(fitted.predict(X), y, strict=True)]
    assert fitted.score(X, y) == pytest.approx(np.concatenate(right).mean())
    counts = np.arange(len(X))
    expected = np.average(np.concatenate(right), weights=np.repeat(counts, list(map(len, y))))
    assert fitted.score(X, y, sample_weight=counts) == pytest.approx(expected)


def test_loss_is_the_mean_over_steps(X, y):
    model = make(dropout=0.0, lr=1e-9, batch_size=40, max_epochs=1).fit(X, y)
    steps = np.concatenate([p[np.arange(len(c)), c] for p, c in zip(model.predict_proba(X), y, strict=True)])
    assert model.history_["train_loss"].iloc[0] == pytest.approx(-np.log(steps).mean(), rel=1e-5)


def test_validation_loss_is_the_mean_over_all_steps_of_all_batches(X, y):
    # 300 sequences make two batches of unlike length.
    X, y = X * 8, y * 8
    options = {
        "dropout": 0.0,
        "lr": 1e-9,
        "max_epochs": 1,
        "early_stopping": True,
        "validation_fraction": 0.95,
    }
    lean = make(**options).fit(X, y)
    steps = np.concatenate([p[np.arange(len(c)), c] for p, c in zip(lean.predict_proba(X), y, strict=True)])
    assert lean.history_["valid_loss"].iloc[0] == pytest.approx(-np.log(steps).mean(), rel=0.02)
    told = make(**options, callbacks=[EpochScoring("accuracy", lower_is_better=False)]).fit(X, y)
    assert told.history_["valid_loss"].iloc[0] == pytest.approx(lean.history_["valid_loss"].iloc[0], rel=1e-6)


@pytest.mark.parametrize("crf", [False, True])
def test_class_weights_move_the_labels(X, y, crf):
    options = {"max_epochs": 15, "lr": 0.02, "crf": crf}
    plain = make(**options).fit(X, y)
    heavy = make(**options, class_weight={0: 1.0, 1: 1.0, 2: 20.0}).fit(X, y)
    share = [np.mean(np.concatenate(model.predict(X)) == 2) for model in (plain, heavy)]
    assert share[1] > share[0] + 0.05


@pytest.mark.parametrize("crf", [False, True])
def test_balanced_weights_are_those_of_the_frequencies(X, y, crf):
    counts = np.bincount(np.concatenate(y))
    given = dict(enumerate(counts.sum() / (3 * counts)))
    balanced, by_hand = (weights(make(class_weight=w, crf=crf).fit(X, y)) for w in ("balanced", given))
    assert torch.equal(balanced, by_hand)
    assert not torch.equal(balanced, weights(make(crf=crf).fit(X, y)))
    # A label that has not come yet cannot have a frequency.
    make(class_weight="balanced", crf=crf).partial_fit(X, y, classes=[0, 1, 2, 3])


@pytest.mark.parametrize("crf", [False, True])
def test_sequences_without_weight_are_as_if_absent(X, y, crf):
    flags = np.arange(len(X)) % 3 > 0
    kept = [i for i in range(len(X)) if flags[i]]
    without = make(crf=crf).fit([X[i] for i in kept], [y[i] for i in kept])
    assert torch.equal(weights(make(crf=crf).fit(X, y, sample_weight=flags)), weights(without))


@pytest.mark.parametrize("crf", [False, True])
def test_equal_weights_change_nothing(X, y, crf):
    weighted = make(crf=crf).fit(X, y, sample_weight=np.full(len(X), 7.0))
    torch.testing.assert_close(weights(weighted), weights(make(crf=crf).fit(X, y)), atol=1e-4, rtol=1e-3)


# ---------------------------------------------------------------------- invariants
def test_padding_changes_nothing(fitted, X):
    expected = fitted.predict_proba(X)
    for length in (20, 37):
        padded = np.full((len(X), length, 3), np.nan)
        for row, x in zip(padded, X, strict=True):
            row[: len(x)] = x
        assert_like(fitted.predict_proba(padded), expected)


def test_companions_order_and_batch_change_nothing(fitted, X, rng):
    expected, labels = fitted.predict_proba(X), fitted.predict(X)
    assert_like([fitted.predict_proba([x])[0] for x in X], expected)
    order = rng.permutation(len(X))
    assert_like(fitted.predict_proba([X[i] for i in order]), [expected[i] for i in order])
    others = [100 * rng.normal(size=(50, 3)) for _ in range(7)]
    assert_like(fitted.predict_proba(others + X)[7:], expected)
    assert_like(fitted.predict(others + X)[7:], labels)
    assert_like(fitted.predict_proba(X * 8)[-len(X) :], expected)  # more than one batch


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("n_steps", [1, 2, 7])
@pytest.mark.parametrize("tagger", [RNNTagger, LSTMTagger, GRUTagger])
def test_one_of_equal_lengths_has_the_same_bits_alone_and_in_company(tagger, n_steps, both, rng):
    X = rng.normal(size=(30, n_steps, 3)).astype(np.float32)
    y = (X[..., 0] > 0).astype(int) + (X[..., 1] > 0)
    model = make(tagger, bidirectional=both, hidden_size=24).fit(X, y)
    together = model.predict_proba(X)
    for n in (1, 2, 3, 5):
        for found, expected in zip(model.predict_proba(X[4 : 4 + n]), together[4:], strict=False):
            assert np.array_equal(found, expected)


def test_threads_change_nothing(fitted, X):
    expected = fitted.predict_proba(X)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert all(map(np.array_equal, fitted.predict_proba(X), expected))
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("tagger", TAGGERS)
def test_one_direction_sees_no_future(tagger, X, y):
    model = make(tagger, bidirectional=False).fit(X, y)
    expected = model.predict_proba(X)
    for step in (1, 5):
        edited = [np.vstack([x[:step], 50.0 + x[step:]]) for x in X]
        assert_like([p[:step] for p in model.predict_proba(edited)], [p[:step] for p in expected])
    both = make(tagger).fit(X, y)
    longest = max(X, key=len)
    edited = np.vstack([longest[:5], 50.0 + longest[5:]])
    assert not np.allclose(both.predict_proba([edited])[0][:5], both.predict_proba([longest])[0][:5])


@pytest.mark.parametrize(("crf", "backend"), [(False, "threading"), (True, "loky")])
def test_the_same_seed_gives_the_same_weights_everywhere(X, y, crf, backend):
    model = make(crf=crf, dropout=0.3)
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 (that is the point)
    expected = weights(clone(model).fit(X, y))
    assert torch.equal(torch_state, torch.get_rng_state())
    assert np.array_equal(numpy_state, np.random.get_state()[1])  # noqa: NPY002
    with joblib.parallel_config(backend, n_jobs=2), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        parallel = joblib.Parallel()(joblib.delayed(clone(model).fit)(X, y) for _ in range(2))
    assert all(torch.equal(weights(m), expected) for m in parallel)
    assert not torch.equal(weights(clone(model).set_params(random_state=1).fit(X, y)), expected)


def test_pickled_models_predict_and_learn_the_same(fitted, X, y):
    twin = pickle.loads(pickle.dumps(fitted))
    assert all(map(np.array_equal, twin.predict_proba(X), fitted.predict_proba(X)))
    assert torch.equal(
        weights(twin.partial_fit(X, y)), weights(pickle.loads(pickle.dumps(fitted)).partial_fit(X, y))
    )


# ---------------------------------------------------------------------- going on
def test_partial_fit_takes_labels_that_come_later(X, y):
    model = make(max_epochs=5).partial_fit(X, y, classes=[0, 1, 2, 3])
    model.partial_fit(X, [np.full_like(labels, 3) for labels in y])
    assert model.n_iter_ == 2
    assert model.predict_proba(X)[0].shape[1] == 4


def test_warm_start_goes_on(X, y):
    model = make(warm_start=True).fit(X, y)
    first = weights(model).clone()
    model.set_params(class_weight="balanced").fit(X, y)
    assert model.n_iter_ == 4
    assert not torch.equal(first, weights(model))
    assert model.net_.criterion_.weight is not None


def test_early_stopping_watches_steps(X, y):
    scoring = EpochScoring("accuracy", lower_is_better=False)
    model = make(early_stopping=True, max_epochs=50, n_iter_no_change=3, lr=0.05, callbacks=[scoring])
    model.fit(X, y)
    assert model.n_iter_ < 50
    assert model.history_["accuracy"].between(0, 1).all()


def test_a_fitted_field_stays_one_whatever_is_set_afterwards(X, y):
    model = make(crf=True).fit(X, y)
    expected = model.predict(X)
    assert_like(model.set_params(crf=False).predict(X), expected)


# ---------------------------------------------------------------------- among scikit-learn
def test_searches_splits_and_pipelines_take_ragged_labels(X, y):
    lists = [labels.tolist() for labels in y]
    pipe = make_pipeline(PerTimestep(StandardScaler()), make())
    X_train, X_test, y_train, y_test = train_test_split(X, lists, random_state=0)
    assert 0 <= pipe.fit(X_train, y_train).score(X_test, y_test) <= 1
    search = GridSearchCV(pipe, {"grutagger__crf": [False, True]}, cv=2).fit(X, lists)
    assert search.best_estimator_.score(X, lists) == search.score(X, lists)
    for labels in (lists, SequenceArray.from_list(y)):
        scores = cross_val_score(make(), X, labels, cv=3)
        asked = cross_validate(make(), X, labels, cv=3, scoring={"a": make_scorer(token_accuracy)})["test_a"]
        np.testing.assert_allclose(scores, asked)


@pytest.mark.parametrize("same_length", [False, True])
def test_cross_val_predict_gives_labels_of_every_sequence(X, y, same_length):
    if same_length:
        X, y = np.stack([x[:3] for x in X if len(x) > 3]), np.stack([c[:3] for c in y if len(c) > 3])
    found = cross_val_predict(make(), X, y, cv=3)
    assert [len(labels) for labels in found] == [len(labels) for labels in y]
    assert 0 < token_accuracy(y, found) <= 1
    assert {labels.dtype.kind for labels in found} == {labels.dtype.kind for labels in y}
    named = cross_val_predict(make(), X, [np.array(list("abc"))[labels] for labels in y], cv=3)
    assert all((np.array(list("abc"))[a] == b).all() for a, b in zip(found, named, strict=True))


def test_weights_are_routed(X, y):
    with config_context(enable_metadata_routing=True):
        model = make().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scores = cross_validate(model, X, y, cv=2, params={"sample_weight": np.ones(len(X))})["test_score"]
    np.testing.assert_allclose(scores, cross_val_score(make(), X, y, cv=2), atol=0.05)


def test_taggers_are_exported():
    assert {"RNNTagger", "LSTMTagger", "GRUTagger"} <= set(sksequence.__all__)


# ---------------------------------------------------------------------- refusals
@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_untrained_taggers_say_so(method, X, y):
    with pytest.raises(NotFittedError):
        getattr(LSTMTagger(), method)(*((X, y) if method == "score" else (X,)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda y: [*y[:2], y[2][:-1], *y[3:]],
            "GRUTagger.fit: sequence 2 of X has 10 steps and y has 9 labels for it, but each step needs one "
            "label. Check that both come from the same sequences, in the same order.",
        ),
        (
            lambda y: y[:-1],
            "GRUTagger.fit: X has 40 sequences and y has 39 label sequences, but each sequence needs one. "
            "Pass both of equal length.",
        ),
        (
            lambda y: np.arange(40),
            "GRUTagger.fit: entry 0 of y is '0', but a label sequence, one label a step, is needed. Pass a "
            "list with one label sequence, as long as its sequence, for each; [y] if it belongs to one "
            "sequence.",
        ),
        (
            lambda y: None,
            "GRUTagger.fit: y is None, but GRUTagger requires y to be passed, but the target y is None. Pass "
            "one target for each sequence.",
        ),
        (
            lambda y: [np.zeros_like(labels) for labels in y],
            "GRUTagger.fit: y holds 1 class (0), but a tagger needs steps of at least 2 classes. Check how y "
            "was selected.",
        ),
        (
            lambda y: [np.where(np.arange(len(c)) == 1, np.nan, c) for c in y],
            "GRUTagger.fit: y has no label at step 1 of sequence 0 (35 missing in all), but each step needs "
            "one. Fill them, or drop these steps from X and y.",
        ),
        (
            lambda y: [[None, *map(str, c[1:])] for c in y],
            "GRUTagger.fit: y has no label at step 0 of sequence 0 (40 missing in all), but each step needs "
            "one. Fill them, or drop these steps from X and y.",
        ),
        (
            lambda y: [[Mood(label) for label in c] for c in y],
            "GRUTagger.fit: y holds labels of type Mood, which have no order among them, but labels are "
            "strings or numbers, all of one kind. Convert them, for example with str.",
        ),
        (
            lambda y: [np.array([*c[1:].tolist(), "x"], dtype=object) for c in y],
            "GRUTagger.fit: y holds labels of type int and str, which have no order among them, but labels "
            "are strings or numbers, all of one kind. Convert them, for example with str.",
        ),
        (
            lambda y: np.zeros((40, 18)),  # all others may be padded
            "GRUTagger.fit: sequence 14 of X has 19 steps and y has 18 labels for it, but each step needs "
            "one label. Check that both come from the same sequences, in the same order.",
        ),
        (
            lambda y: [[[label, label] for label in c] for c in y],
            "GRUTagger.fit: the labels of a step came as ['list'], but a step has one label, a string or a "
            "number. Give one label a step.",
        ),
    ],
)
def test_labels_that_do_not_fit_are_told(X, y, change, sentence):
    with pytest.raises(InputError) as told:
        make().fit(X, change(y))
    assert str(told.value) == sentence


@pytest.mark.parametrize(("label", "place"), [(7, "step 0 of sequence 2"), ("1", "step 0 of sequence 0")])
def test_unknown_labels_are_told_with_their_place(X, y, label, place):
    model = make().partial_fit(X, y)
    other = [np.full(len(c), label) if i == 2 else c.astype(type(label)) for i, c in enumerate(y)]
    with pytest.raises(InputError) as told:
        model.partial_fit(X, other)
    assert str(told.value) == (
        f"GRUTagger.partial_fit: y holds {label!r} at {place}, but the classes are [0, 1, 2]. Pass all of "
        "them as `classes` at the first partial_fit, or fit anew."
    )


# ---------------------------------------------------------------------- words
SENTENCES = [["The", "dogs", "barked", "."], ["The", "cat", "jumped", "."], ["Dogs", "jumped"]] * 12
TAGS = [["DET", "NOUN", "VERB", "PUNCT"], ["DET", "NOUN", "VERB", "PUNCT"], ["NOUN", "VERB"]] * 12


def test_word_features_are_ids_of_words_affixes_and_shapes():
    words = WordFeatures(prefixes=(2,), suffixes=(1, 3), min_count=1).fit(SENTENCES)
    names = list(words.get_feature_names_out())
    assert names == ["word", "prefix2", "suffix1", "suffix3", "shape"]
    step = dict(zip(names, words.transform([["JUMPED", "played"]])[0].T.tolist(), strict=True))
    vocabularies = words.vocabularies_
    assert step["word"] == [vocabularies["word"]["jumped"], 0]
    assert step["prefix2"] == [vocabularies["prefix2"]["ju"], 0]
    assert step["suffix1"] == [vocabularies["suffix1"]["d"]] * 2
    assert step["suffix3"] == [vocabularies["suffix3"]["ped"], 0]
    assert step["shape"] == [0, vocabularies["shape"]["x"]]  # no word was all capitals
    assert set(vocabularies["shape"]) == {"Xx", "x", "."}
    cased = WordFeatures(lowercase=False, min_count=1).fit(SENTENCES).vocabularies_["word"]
    assert {"Dogs", "dogs"} <= set(cased)


def test_shapes_keep_what_is_no_letter():
    shapes = WordFeatures(min_count=1).fit([["B-52s", "12.50", "iPhone", "ÉCOLE", "...", "a" * 5 + "'-" * 9]])
    assert set(shapes.vocabularies_["shape"]) == {"X-0x", "0.0", "xXx", "X", "...", "x'-'-'-'"}


def test_rare_words_train_the_vector_of_unknown_ones():
    words = WordFeatures(prefixes=None, suffixes=None, shape=False, min_count=3)
    ids = words.fit_transform([["a", "a", "a", "b", "b", "c"]])[0].ravel()
    assert ids.tolist() == [1, 1, 1, 0, 0, 0]
    assert words.transform([["never", "A"]])[0].ravel().tolist() == [0, 1]


@pytest.mark.parametrize("form", [pd.Series, tuple, lambda s: np.array([*s, None], dtype=object)[:-1]])
def test_sentences_come_in_any_form(form):
    expected = WordFeatures().fit_transform(SENTENCES).values
    assert np.array_equal(WordFeatures().fit_transform(form(SENTENCES)).values, expected)


def test_new_words_are_tagged_by_their_letters():
    options = {"token_features": "all", "embedding_dim": 8, "max_epochs": 40, "lr": 0.02}
    model = make_pipeline(WordFeatures(min_count=1), make(**options)).fit(SENTENCES, TAGS)
    assert model.score(SENTENCES, TAGS) == 1.0
    assert model.predict([["The", "frogs", "walked", "."]])[0].tolist() == ["DET", "NOUN", "VERB", "PUNCT"]


def test_all_columns_are_those_listed():
    X = WordFeatures().fit_transform(SENTENCES)
    listed = make(embedding_dim=4, token_features=list(X.feature_names)).fit(X, TAGS)
    everything = make(embedding_dim=4, token_features="all").fit(X, TAGS)
    assert torch.equal(weights(listed), weights(everything))


@pytest.mark.parametrize("width", ["auto", 4])
def test_ids_of_words_are_never_read_as_numbers(width):
    X = WordFeatures().fit_transform(SENTENCES)
    told = make(embedding_dim=width, token_features="all").fit(X, TAGS)
    folds = pickle.loads(pickle.dumps(X))[np.arange(len(X))]  # what a search makes of X
    assert torch.equal(weights(make(embedding_dim=width).fit(folds, TAGS)), weights(told))
    assert told.embedding_dim_ == (32 if width == "auto" else 4)
    with pytest.raises(
        ParameterError, match="WordFeatures or categories as X came, but columns of ids need embedding_dim"
    ):
        make(embedding_dim=None).fit(X, TAGS)


def test_tables_of_words_are_read_as_their_ids():
    reader = WordFeatures(lowercase=False, min_count=1).fit([*SENTENCES, ["[UNK]"]])
    X = reader.transform(SENTENCES)
    table = reader.set_output(transform="pandas").transform(SENTENCES)
    assert table["word"].tolist()[:4] == ["The", "dogs", "barked", "."]
    assert table["suffix1"].tolist()[:4] == ["e", "s", "d", "."]
    unknown = reader.transform([["fröhlich"]])
    assert unknown["word"].tolist() == ["[UNK]_"]  # "[UNK]" is a word here
    back = SequenceArray.from_long(table)
    assert np.array_equal(back.values, X.values)
    assert back.to_long().equals(table)
    told, read = (make(max_epochs=2).fit(data, TAGS) for data in (X, table))
    assert torch.equal(weights(told), weights(read))
    some = table.loc[[3, 5]]  # what a search makes of it keeps the categories
    for model in (told, read):
        assert list(map(list, model.predict(some))) == list(map(list, model.predict(X[[3, 5]])))
    other = WordFeatures(lowercase=False, min_count=1).fit_transform([["Some", "other", "words"]])
    with pytest.raises(
        InputError, match=r"predict: ids of another vocabulary \(\d+ tokens\) than in fit came"
    ):
        read.predict(other)
    fewer = some.assign(word=some["word"].cat.remove_unused_categories())
    for mine, theirs in zip(read.predict_proba(fewer), read.predict_proba(some), strict=True):
        assert np.array_equal(mine, theirs)
    first = fewer["word"].iloc[0]
    new = fewer.assign(word=fewer["word"].cat.rename_categories({first: "Unheard"}))
    unknown = some.assign(word=some["word"].replace(first, "[UNK]_"))
    for mine, theirs in zip(read.predict_proba(new), read.predict_proba(unknown), strict=True):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize(("texts", "came"), [(["The dog"], "texts of type str"), ([], "0 sentences")])
def test_whole_texts_are_no_sentences(texts, came):
    with pytest.raises(InputError) as told:
        WordFeatures().fit(texts)
    assert str(told.value) == (
        f"WordFeatures.fit: {came} came, but lists of words are needed, at least one. Split the texts, as "
        "their labels are: [text.split() for text in X]."
    )


def test_fractions_are_no_labels():
    sentence = (
        "LSTMTagger.fit: y holds 0.25 at step 1 of sequence 0, but labels are classes, no fractions. Cut "
        "them into classes, for example with numpy.digitize."
    )
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        LSTMTagger().fit([[1.0, 2.0], [3.0]], [[1.0, 0.25], [0.5]])
