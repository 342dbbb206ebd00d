"""Labels of the steps of many sequences, read from whatever holds them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from sksequence.exceptions import InputError

__all__ = ["StepLabels", "pair_labels", "read_labels"]

_FORMS = "Pass a list with one label sequence, as long as its sequence, for each"


@dataclass(frozen=True)
class StepLabels:
    """The labels of all steps, end to end.

    Attributes
    ----------
    values : ndarray of shape (total_steps,)
        Of any dtype that can be sorted.
    lengths : ndarray of int64 of shape (n_sequences,)
        Steps of each sequence.
    ids : ndarray of shape (n_sequences,) or None
        Keys of the sequences, where a long table came.
    rectangular : bool
        Whether an array of equal lengths came, which holds something in padded steps too.
    """

    values: np.ndarray
    lengths: np.ndarray
    ids: np.ndarray | None = None
    rectangular: bool = False

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> np.ndarray:
        """Where each sequence begins in `values`, of shape (n_sequences,)."""
        return np.cumsum(self.lengths) - self.lengths

    def place(self, row: int) -> tuple[int, int]:
        """Sequence and step of an entry of `values`."""
        i = int(np.searchsorted(np.cumsum(self.lengths), row, side="right"))
        return i, int(row - self.starts[i])

    def fitted(
        self, lengths: np.ndarray, what: str, caller: str, ids: np.ndarray | None = None
    ) -> StepLabels:
        """The labels of sequences of these lengths; what an array holds beyond them is padding.

        Parameters
        ----------
        lengths : ndarray of int of shape (n_sequences,)
            Steps of each sequence.
        what : str
            Whose lengths they are, for the error.
        caller : str
            Who asks, for the error.
        ids : ndarray of shape (n_sequences,) or None
            Keys of the sequences. Where the labels have keys too, they must be the same.

        Raises
        ------
        InputError
            If the number of sequences, a key or a length differs.
        """
        if len(self) != len(lengths) and self.ids is not None and ids is not None:
            raise InputError(
                f"{caller}: {what} has {len(lengths)} ids and y has {len(self)}, but labels are matched to "
                "sequences by them. Take both from the same table, with levels in the order (sequence, time)."
            )
        if len(self) != len(lengths):
            raise InputError(
                f"{caller}: {what} has {len(lengths)} sequences and y has {len(self)} label sequences, but "
                "each sequence needs one. Pass both of equal length."
            )
        if self.ids is not None and ids is not None and (differ := self.ids != ids).any():
            first = [held[differ].tolist()[0] for held in (self.ids, ids)]
            raise InputError(
                f"{caller}: the ids of y and {what} differ, first {first[0]!r} and {first[1]!r}, but labels "
                "are matched to sequences by them. Take both from the same table."
            )
        if np.array_equal(self.lengths, lengths):
            return self
        if self.rectangular and (lengths <= self.lengths).all():
            width = int(self.lengths[0])
            inside = np.arange(width) < np.asarray(lengths)[:, np.newaxis]
            return StepLabels(self.values[inside.ravel()], np.asarray(lengths))
        # Of an array only what is too short is wrong: what it holds beyond a sequence is padding.
        wrong = self.lengths < lengths if self.rectangular else self.lengths != lengths
        i = int(np.argmax(wrong))
        raise InputError(
            f"{caller}: sequence {i} of {what} has {lengths[i]} steps and y has {self.lengths[i]} labels for "
            "it, but each step needs one label. Check that both come from the same sequences, in the "
            "same order."
        )


def pair_labels(metric: str, y_true: Any, y_pred: Any) -> tuple[StepLabels, StepLabels]:
    """True and predicted labels of the same steps.

    Raises
    ------
    InputError
        If they do not fit each other.
    """
    true, pred = read_labels(y_true, metric), read_labels(y_pred, metric)
    if len(true) == 0:
        raise InputError(
            f"{metric}: 0 label sequences came, but at least one is needed. Check the filter or split that "
            "made y_true."
        )
    return true.fitted(pred.lengths, "y_pred", metric), pred


def read_labels(y: Any, caller: str) -> StepLabels:
    """Read label sequences of any form.

    Parameters
    ----------
    y : labels
        One of

        - list, tuple, Series or object array of label sequences (lists, arrays, Series);
        - array or table of shape (n_sequences, n_timesteps);
        - SequenceArray with one value a step;
        - Series, or table of one column, with an index of two levels, (sequence, time).
    caller : str
        Who asks: the first words of every error.

    Returns
    -------
    labels : StepLabels

    Raises
    ------
    InputError
        If `y` cannot be read, naming what came, what is needed, and what to do.
    """
    if hasattr(y, "starts") and hasattr(y, "values"):
        return _read_views(y, caller)
    if getattr(getattr(y, "index", None), "nlevels", 1) == 2:
        return _read_long(y, caller)
    if y is None or np.isscalar(y) or isinstance(y, (Mapping, Set)):
        raise InputError(
            f"{caller}: y of type {type(y).__name__} came, but label sequences are needed. {_FORMS}."
        )
    if hasattr(y, "columns"):
        y = y.to_numpy()
    if hasattr(y, "detach"):
        y = y.detach().cpu().numpy()
    if isinstance(y, np.ndarray) and y.ndim == 3 and y.shape[2] == 1:
        y = y[:, :, 0]
    if isinstance(y, np.ndarray) and y.ndim == 2:
        lengths = np.full(len(y), y.shape[1], dtype=np.int64)
        return StepLabels(y.reshape(-1), lengths, rectangular=True)
    return _read_items(y.to_pylist() if hasattr(y, "to_pylist") else list(y), caller)


def _read_views(y: Any, caller: str) -> StepLabels:
    if y.n_features != 1:
        raise InputError(
            f"{caller}: a SequenceArray of {y.n_features} values a step came as y, but a step has one label. "
            "Select one column."
        )
    before = np.cumsum(y.lengths) - y.lengths
    rows = np.repeat(y.starts - before, y.lengths) + np.arange(y.lengths.sum())
    return StepLabels(y.values[rows, 0], y.lengths, ids=y.ids)


def _read_long(y: Any, caller: str) -> StepLabels:
    if getattr(y, "ndim", 1) == 2:
        if y.shape[1] != 1:
            raise InputError(
                f"{caller}: a table of {y.shape[1]} columns came as y, but one column of labels is needed. "
                "Select it: y[name]."
            )
        y = y.iloc[:, 0]
    y = y.sort_index(kind="stable")
    ids, counts = np.unique(y.index.get_level_values(0), return_counts=True)
    return StepLabels(y.to_numpy(), counts.astype(np.int64), ids=ids)


def _read_items(items: list, caller: str) -> StepLabels:
    for i, item in enumerate(items):
        if not isinstance(item, (list, tuple)) and np.ndim(item) == 0:
            raise InputError(
                f"{caller}: entry {i} of y is {str(item)!r:.40}, but a label sequence, one label a step, is "
                f"needed. {_FORMS}; [y] if it belongs to one sequence."
            )
    lengths = np.fromiter(map(len, items), np.int64, len(items))
    if all(isinstance(item, (list, tuple)) for item in items):
        return StepLabels(_one_array(list(chain.from_iterable(items)), lengths, caller), lengths)
    arrays = [np.asarray(item) for item in items]
    arrays = [a[:, 0] if a.ndim == 2 and a.shape[1] == 1 else a for a in arrays]
    odd = next((i for i, a in enumerate(arrays) if a.ndim != 1), None)
    if odd is not None:
        raise InputError(
            f"{caller}: entry {odd} of y has shape {arrays[odd].shape}, but a label sequence has shape "
            "(length,). Give one label a step."
        )
    kinds = {_kind(a.dtype) for a in arrays if len(a)}
    if len(kinds) > 1 and "object" not in kinds:
        raise InputError(
            f"{caller}: y holds labels of the kinds {' and '.join(sorted(kinds))}, but all need one kind. "
            "Convert them with .astype(str)."
        )
    return StepLabels(np.concatenate(arrays) if arrays else np.empty(0), lengths)


def _kind(dtype: np.dtype) -> str:
    return {"U": "text", "S": "bytes", "T": "text", "O": "object"}.get(dtype.kind, "number")


def _one_array(labels: list, lengths: np.ndarray, caller: str) -> np.ndarray:
    """Labels as an array, without turning numbers into text."""
    types = set(map(type, labels))
    try:
        array = np.asarray(labels)
    except ValueError:
        array = np.empty((0, 0))
    if array.ndim != 1:
        raise InputError(
            f"{caller}: the labels of a step came as {sorted(t.__name__ for t in types)}, but a step has one "
            "label, a string or a number. Give one label a step."
        )
    if array.dtype.kind in "US" and not all(issubclass(t, (str, bytes)) for t in types):
        row = next(i for i, label in enumerate(labels) if not isinstance(label, (str, bytes)))
        i, step = StepLabels(array, lengths).place(row)
        raise InputError(
            f"{caller}: y holds {labels[row]!r} at step {step} of sequence {i} among labels that are text, "
            "but all labels need one kind. Convert them with str, or drop the unlabelled steps."
        )
    return array
