"""Scores of labels for each step. What seqeval says of a case, in its default mode, is written beside it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.metrics import make_scorer

from sksequence import SequenceArray
from sksequence.exceptions import InputError, ParameterError
from sksequence.metrics import entity_f1, entity_precision, entity_recall, entity_report, token_accuracy

TRUE = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC"]]


def spans_agree(y_true, y_pred):
    """Whether both mark the same entities."""
    return entity_f1([y_true], [y_pred]) == 1.0


# (labels, the same entities written in plain BIO): how seqeval 1.2 reads what is no proper scheme.
READINGS = [
    (["I-PER", "I-PER", "O"], ["B-PER", "I-PER", "O"]),  # I after O begins
    (["E-PER", "O", "O"], ["B-PER", "O", "O"]),  # so does E
    (["B-PER", "I-LOC", "I-LOC"], ["B-PER", "B-LOC", "I-LOC"]),  # and a change of type
    (["B-PER", "E-PER", "I-PER"], ["B-PER", "I-PER", "B-PER"]),  # nothing goes on after E
    (["S-PER", "I-PER", "E-PER"], ["B-PER", "B-PER", "I-PER"]),  # or after S
    (["E-PER", "E-PER", "O"], ["B-PER", "B-PER", "O"]),
    (["B-PER", "S-PER", "O"], ["B-PER", "B-PER", "O"]),
    (["B-PER", "I-PER", "E-PER"], ["B-PER", "I-PER", "I-PER"]),  # BIOES and BIO
    (["B", "I", "O"], ["B-_", "I-_", "O"]),  # no type is a type
    (["B-A-B", "I-A-B", "O"], ["I-A-B", "E-A-B", "O"]),  # a type may hold hyphens
]

# y_true, y_pred, and seqeval's (precision, recall, F1): micro, macro, weighted.
SCORED = [
    (
        [["B-MISC", "I-MISC", "B-MISC", "O", "O"], ["B-PER", "I-PER", "O"]],
        [["B-MISC", "I-MISC", "B-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]],
        (2 / 3, 2 / 3, 2 / 3),
        (0.75, 0.75, 0.75),
        (2 / 3, 2 / 3, 2 / 3),
    ),
    (
        [["B-LOC", "O", "S-PER"], ["I-LOC", "I-LOC", "B-PER"]],
        [["B-LOC", "B-ORG", "S-PER"], ["I-LOC", "B-LOC", "O"]],
        (0.4, 0.5, 4 / 9),
        (4 / 9, 1 / 3, 0.35555556),
        (2 / 3, 0.5, 0.53333333),
    ),
    ([["O", "O"]], [["B-PER", "O"]], (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ([["B-PER", "O"]], [["O", "O"]], (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
]


@pytest.mark.parametrize(("labels", "plain"), READINGS, ids=lambda labels: " ".join(labels))
def test_entities_are_read_as_conlleval_reads_them(labels, plain):
    assert spans_agree(labels, plain)
    assert not spans_agree(labels, ["O"] * len(labels))


@pytest.mark.parametrize("case", SCORED, ids=range(len(SCORED)))
def test_entity_scores_equal_those_of_seqeval(case):
    y_true, y_pred, *expected = case
    for average, scores in zip(("micro", "macro", "weighted"), expected, strict=True):
        for metric, score in zip((entity_precision, entity_recall, entity_f1), scores, strict=True):
            assert metric(y_true, y_pred, average=average) == pytest.approx(score), (metric, average)


def test_entities_do_not_run_from_one_sequence_into_the_next():
    joined = [["B-PER", "I-PER", "I-PER", "O"]]
    apart = [["B-PER", "I-PER"], ["I-PER", "O"]]
    assert entity_report(joined, joined).loc["micro", "support"] == 1
    assert entity_report(apart, apart).loc["micro", "support"] == 2


def test_scores_by_type_stand_in_the_report():
    pred = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-PER"]]
    report = entity_report(TRUE, pred)
    assert list(report.index) == ["LOC", "PER", "micro", "macro", "weighted"]
    assert list(report["support"]) == [2, 1, 3, 3, 3]
    np.testing.assert_allclose(report.loc[["LOC", "PER"], "f1"], entity_f1(TRUE, pred, average=None))
    np.testing.assert_allclose(entity_f1(TRUE, pred, average=None), [2 / 3, 2 / 3])
    np.testing.assert_allclose(report.loc["LOC", ["precision", "recall"]], [1.0, 0.5])
    assert report.loc["macro", "recall"] == entity_recall(TRUE, pred, average="macro") == 0.75


def test_no_entities_at_all_score_zero():
    for average in ("micro", "macro", "weighted"):
        assert entity_f1([["O"]], [["O"]], average=average) == 0.0
    assert entity_f1([["O"]], [["O"]], average=None).shape == (0,)


def test_token_accuracy_counts_steps_not_sequences():
    y_true, y_pred = [[1, 1, 1, 1], [2]], [[1, 1, 1, 0], [2]]
    assert token_accuracy(y_true, y_pred) == pytest.approx(4 / 5)
    assert token_accuracy(y_true, y_pred, sample_weight=[1, 3]) == pytest.approx(6 / 7)
    assert token_accuracy(y_true, y_pred, sample_weight=[1, 0]) == pytest.approx(3 / 4)


def test_every_form_of_labels_scores_the_same():
    y_true, y_pred = [[1, 0, 1], [0, 1]], [[1, 1, 1], [0, 1]]
    index = pd.MultiIndex.from_tuples([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)])
    objects = np.empty(2, dtype=object)
    objects[:] = [np.array(y) for y in y_true]
    forms = [
        y_true,
        tuple(map(np.array, y_true)),
        objects,
        pd.Series(y_true),
        SequenceArray.from_list(y_true),
        SequenceArray.from_list([[5], *y_true])[1:],
        np.array([[1, 0, 1], [0, 1, 77]]),  # 77 stands in padding
        pd.DataFrame([[1, 0, 1], [0, 1, 77]]),
        pd.Series([1, 0, 1, 0, 1], index=index),
        pd.Series([1, 0, 1, 0, 1], index=index)[::-1].to_frame(),
    ]
    for form in forms:
        assert token_accuracy(form, y_pred) == pytest.approx(0.8), form


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_columns_of_lists_are_read(library):
    module = pytest.importorskip(library)
    make = module.Series if library == "polars" else module.array
    assert token_accuracy(make([["a", "b"], ["a"]]), [["a", "a"], ["a"]]) == pytest.approx(2 / 3)
    assert token_accuracy(make([[1, 0], [1]]), [[1, 1], [1]]) == pytest.approx(2 / 3)


def test_make_scorer_takes_them():
    class Constant(BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return [["B-PER", "I-PER"]] * len(X)

    scorer = make_scorer(entity_f1)
    assert scorer(Constant(), [0], [["B-PER", "I-PER"]]) == 1.0
    assert scorer(Constant(), [0], [["B-PER", "O"]]) == 0.0


def test_text_never_equals_a_number():
    assert token_accuracy([["1", "2"]], [[1, 2]]) == 0.0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: token_accuracy([[1, 2], [3]], [[1, 2], [3, 4]]),
            "token_accuracy: sequence 1 of y_pred has 2 steps and y has 1 labels for it, but each step "
            "needs one label. Check that both come from the same sequences, in the same order.",
        ),
        (
            lambda: token_accuracy([[1]], [[1], [1]]),
            "token_accuracy: y_pred has 2 sequences and y has 1 label sequences, but each sequence needs "
            "one. Pass both of equal length.",
        ),
        (
            lambda: token_accuracy([1, 2], [1, 2]),
            "token_accuracy: entry 0 of y is '1', but a label sequence, one label a step, is needed. Pass a "
            "list with one label sequence, as long as its sequence, for each; [y] if it belongs to one "
            "sequence.",
        ),
        (
            lambda: token_accuracy([["a", 1]], [["a", "b"]]),
            "token_accuracy: y holds 1 at step 1 of sequence 0 among labels that are text, but all labels "
            "need one kind. Convert them with str, or drop the unlabelled steps.",
        ),
        (
            lambda: token_accuracy([np.array(["a"]), np.array([1])], [["a"], ["b"]]),
            "token_accuracy: y holds labels of the kinds number and text, but all need one kind. "
            "Convert them with .astype(str).",
        ),
        (
            lambda: token_accuracy([], []),
            "token_accuracy: 0 label sequences came, but at least one is needed. Check the filter or split "
            "that made y_true.",
        ),
        (
            lambda: token_accuracy([[1]], [[1]], sample_weight=[1, 2]),
            "token_accuracy: sample_weight of shape (2,) came for 1 sequences, but one weight for each "
            "sequence is needed. Pass an array of shape (1,).",
        ),
        (
            lambda: token_accuracy([[1]], [[1]], sample_weight=[0]),
            "token_accuracy: all weights are zero, but some sequence has to count. Check sample_weight.",
        ),
        (
            lambda: entity_f1([["NOUN"]], [["O"]]),
            "entity_f1: the label 'NOUN' came, but labels of entities are 'O', or one of B, I, E, S with a "
            "type, such as 'B-PER'. Use token_accuracy where steps are labelled one by one.",
        ),
    ],
)
def test_what_cannot_be_scored_is_told(call, sentence):
    with pytest.raises(InputError) as told:
        call()
    assert str(told.value) == sentence


def test_unknown_average_is_told():
    with pytest.raises(ParameterError, match=r"entity_f1: average='samples' came, but one of 'micro'"):
        entity_f1(TRUE, TRUE, average="samples")
