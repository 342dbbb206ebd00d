"""Precision, recall and F1 of named entities: whole spans of steps, right or wrong as one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sksequence.exceptions import InputError, ParameterError
from sksequence.metrics.labels import StepLabels, pair_labels

__all__ = ["entity_f1", "entity_precision", "entity_recall", "entity_report"]

_TAGS = "OBIES"
_AVERAGES = ("micro", "macro", "weighted", None)
# After which tag an entity is over, and after which it begins, whatever the types (rows: before; columns:
# now; both O B I E S). A change of type ends and begins one as well. These are the rules of conlleval.
_ENDS = np.array([[0, 0, 0, 0, 0], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]], bool)
_BEGINS = np.array(
    [[0, 1, 1, 1, 1], [0, 1, 0, 0, 1], [0, 1, 0, 0, 1], [0, 1, 1, 1, 1], [0, 1, 1, 1, 1]], bool
)


class _Spans(NamedTuple):
    """Entities of all sequences: first and last step, and type, as codes."""

    first: np.ndarray
    last: np.ndarray
    kind: np.ndarray


class _Counts(NamedTuple):
    """Entities of each type: found rightly, found, and there."""

    kinds: list[str]
    right: np.ndarray
    found: np.ndarray
    there: np.ndarray

    def summed(self) -> _Counts:
        """All types as one."""
        return _Counts([], *(np.array([counts.sum()]) for counts in self[1:]))


def _read_tags(metric: str, labels: np.ndarray) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Code of the tag, and type, of each distinct label."""
    texts = [str(label) for label in labels]
    for text in texts:
        if not text or text[0] not in _TAGS or (len(text) > 1 and (text[1] != "-" or text[0] == "O")):
            raise InputError(
                f"{metric}: the label {text!r} came, but labels of entities are 'O', or one of B, I, E, S "
                "with a type, such as 'B-PER'. Use token_accuracy where steps are labelled one by one."
            )
    tags = np.array([_TAGS.index(text[0]) for text in texts])
    kinds = [text[2:] or "_" for text in texts]
    names = sorted(set(kinds))
    return tags, names, np.array([names.index(kind) for kind in kinds])


def _spans(labels: StepLabels, tags: np.ndarray, kinds: np.ndarray) -> _Spans:
    """Entities of label sequences whose steps have these tags and types."""
    # One step "O" stands after each sequence, so that none runs into the next.
    where = np.arange(len(tags)) + np.repeat(np.arange(len(labels)), labels.lengths)
    tag = np.zeros(len(tags) + len(labels) + 1, dtype=np.intp)
    kind = np.zeros_like(tag)
    tag[where + 1], kind[where + 1] = tags, kinds
    before, now = tag[:-1], tag[1:]
    changed = kind[:-1] != kind[1:]
    begins = _BEGINS[before, now] | (changed & (now > 0))
    ends = _ENDS[before, now] | (changed & (before > 0))
    began = np.maximum.accumulate(np.where(begins, np.arange(len(now)), 0))
    last = np.flatnonzero(ends) - 1
    return _Spans(began[last], last, kind[last + 1])


def _count(metric: str, y_true, y_pred) -> _Counts:
    true, pred = pair_labels(metric, y_true, y_pred)
    distinct, codes = np.unique(np.concatenate([true.values, pred.values]), return_inverse=True)
    tags, names, kinds = _read_tags(metric, distinct)
    n = len(true.values)
    there, found = (_spans(true, tags[c], kinds[c]) for c in (codes[:n], codes[n:]))
    place = n + len(true) + 1
    _, i, j = np.intersect1d(
        there.first * place + there.last, found.first * place + found.last, return_indices=True
    )
    right = there.kind[i][there.kind[i] == found.kind[j]]
    counts = [np.bincount(kind, minlength=len(names)) for kind in (right, found.kind, there.kind)]
    used = np.flatnonzero(counts[1] + counts[2])
    return _Counts([names[k] for k in used], *(c[used] for c in counts))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _scores(counts: _Counts) -> dict[str, np.ndarray]:
    precision, recall = _ratio(counts.right, counts.found), _ratio(counts.right, counts.there)
    f1 = _ratio(2.0 * counts.right, counts.found + counts.there)
    return {"precision": precision, "recall": recall, "f1": f1}


def _average(counts: _Counts, score: str, average: str | None):
    if average == "micro":
        return float(_scores(counts.summed())[score][0])
    each = _scores(counts)[score]
    if average is None:
        return each
    weights = counts.there if average == "weighted" else np.ones(len(each))
    return float(each @ weights / weights.sum()) if weights.sum() else 0.0


def _score(metric: str, score: str, y_true, y_pred, average):
    if average not in _AVERAGES:
        raise ParameterError(
            f"{metric}: average={average!r} came, but one of {', '.join(map(repr, _AVERAGES))} is needed. "
            "Use 'micro' for all entities together."
        )
    return _average(_count(metric, y_true, y_pred), score, average)


def entity_f1(y_true, y_pred, *, average="micro"):
    """Harmonic mean of precision and recall of entities, as conlleval counts them.

    An entity is right where its first step, its last step and its type all are. Labels may follow
    BIO (IOB2), BIOES or a mixture; as in conlleval, the program of the CoNLL shared tasks, an entity
    that begins with I or E counts too, and so does one that a change of type begins.

    Parameters
    ----------
    y_true : list of label sequences of str
        "O" outside entities, else such as "B-PER"; in any form of
        :func:`~sksequence.metrics.token_accuracy`.
    y_pred : list of label sequences of str
        Of the same lengths.
    average : {"micro", "macro", "weighted"} or None, default="micro"
        "micro" counts all entities together; "macro" is the mean over types, "weighted" by the
        number of true entities of each. None gives one number a type, in sorted order of the types.

    Returns
    -------
    f1 : float or ndarray of float of shape (n_types,)
        0 where nothing was there and nothing found.

    Raises
    ------
    InputError
        If the lengths differ, or a label is of another form.

    References
    ----------
    Tjong Kim Sang and De Meulder (2003), "Introduction to the CoNLL-2003 shared task".

    Examples
    --------
    >>> from sksequence.metrics import entity_f1
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"]]
    >>> entity_f1(y_true, [["B-PER", "O", "O", "B-LOC"]])
    0.5
    """
    return _score("entity_f1", "f1", y_true, y_pred, average)


def entity_precision(y_true, y_pred, *, average="micro"):
    """Share of the entities found that are right.

    Parameters
    ----------
    y_true, y_pred, average
        As in :func:`~sksequence.metrics.entity_f1`.

    Returns
    -------
    precision : float or ndarray of float of shape (n_types,)
        0 where nothing was found.

    Examples
    --------
    >>> from sksequence.metrics import entity_precision
    >>> entity_precision([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]])
    1.0
    """
    return _score("entity_precision", "precision", y_true, y_pred, average)


def entity_recall(y_true, y_pred, *, average="micro"):
    """Share of the true entities that are found.

    Parameters
    ----------
    y_true, y_pred, average
        As in :func:`~sksequence.metrics.entity_f1`.

    Returns
    -------
    recall : float or ndarray of float of shape (n_types,)
        0 where none was there.

    Examples
    --------
    >>> from sksequence.metrics import entity_recall
    >>> entity_recall([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]])
    0.5
    """
    return _score("entity_recall", "recall", y_true, y_pred, average)


def entity_report(y_true, y_pred):
    """Precision, recall and F1 of each type of entity, and their averages.

    Parameters
    ----------
    y_true, y_pred
        As in :func:`~sksequence.metrics.entity_f1`.

    Returns
    -------
    report : DataFrame
        One row a type, then "micro", "macro" and "weighted"; columns "precision", "recall", "f1" and
        "support", the number of true entities.

    Examples
    --------
    >>> from sksequence.metrics import entity_report
    >>> report = entity_report([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]])
    >>> report.loc["PER", "f1"], report.loc["micro", "support"]
    (np.float64(1.0), np.int64(2))
    """
    import pandas as pd

    counts = _count("entity_report", y_true, y_pred)
    report = pd.DataFrame(_scores(counts) | {"support": counts.there}, index=counts.kinds)
    for average in ("micro", "macro", "weighted"):
        row = {score: _average(counts, score, average) for score in ("precision", "recall", "f1")}
        report.loc[average] = row | {"support": counts.there.sum()}
    return report.astype({"support": np.int64})
