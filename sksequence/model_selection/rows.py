"""Rows of data in any form, by position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError
from sksequence.metrics.labels import read_labels
from sksequence.sequences import RaggedList, as_sequences, targets_in_order

__all__ = ["in_groups", "in_rows", "rows_of"]


def rows_of(data, index: np.ndarray) -> Any:
    """Some rows of arrays, tables, SequenceArrays or lists.

    Parameters
    ----------
    data : array-like or None
        None stays None.
    index : ndarray of int
        Positions.
    """
    if data is None:
        return None
    if hasattr(data, "iloc"):
        return data.iloc[index]
    if hasattr(data, "take") and hasattr(data, "to_pylist"):  # an Arrow table or column
        return data.take(index)
    return data[index] if hasattr(data, "shape") else [data[i] for i in index]


def in_rows(X, y, task: str) -> tuple[Any, Any]:
    """X and y with one row for each sample, and for each time step of series.

    A long table of sequences becomes a SequenceArray; a series in an array gets an index, so that rows of
    a test fold are seen to follow those of training.

    Parameters
    ----------
    X, y : array-like
        Data; y may be None.
    task : str
        One of `TASKS`.
    """
    if task == "forecasting":
        return _indexed(X), _indexed(y)
    if _is_long(X):
        sequences = as_sequences(X, caller="compare", missing="mask", tokens=None)
        # They are in order now, and so are folds of them.
        return sequences._replace(_ids=None), _targets(y, sequences)
    return X, y


def in_groups(X, groups) -> Any:
    """One group for each sequence, also where a long table came with one for each of its rows.

    Parameters
    ----------
    X : array-like
        Data, as it came.
    groups : array-like of shape (n_sequences,) or (n_rows,), or None
        For splitters that keep groups together.

    Raises
    ------
    InputError
        If the rows of a sequence are of several groups.
    """
    if groups is None or not _is_long(X) or len(groups) != len(X):
        return groups
    of_rows = pd.Series(np.asarray(groups)).groupby(X.index.get_level_values(0).to_numpy())
    several = of_rows.nunique()
    if several.max() > 1:
        raise InputError(
            f"compare: the rows of sequence {several.idxmax()} are of {several.max()} groups, but a sequence "
            "belongs to one. Give one group for each sequence."
        )
    return of_rows.first().to_numpy()


def _is_long(X) -> bool:
    return hasattr(X, "iloc") and X.index.nlevels == 2


def _targets(y, sequences):
    """One target, or one label sequence, for each sequence of a long table."""
    if getattr(getattr(y, "index", None), "nlevels", 1) != 2:
        return targets_in_order(y, sequences, "compare")
    labels = read_labels(y, "compare").fitted(sequences.lengths, "X", "compare", sequences.ids)
    return RaggedList.split(labels.values, labels.lengths)


def _indexed(series):
    if isinstance(series, np.ndarray) and series.ndim in (1, 2):
        return pd.Series(series) if series.ndim == 1 else pd.DataFrame(series)
    return series
