"""What sequences must satisfy before a model sees them."""

from __future__ import annotations

import math

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.blocks import step_blocks

__all__ = ["check_features", "check_ids", "check_sequences", "find_columns", "refuse_scattered"]

# Where sequences cover less than this share of the rows that they lie among, the others are not read.
_DENSE = 1 / 4
# What learning a float32 takes: itself, its gradient, and two moments.
_BYTES_LEARNED = 16
# Bytes that not every machine has, and how many ids a step are no numbering any more.
_MUCH = 1 << 33
_SCATTERED = 100
# Values that are added in less time than it takes to find out which of them are read.
_FEW_VALUES = 1 << 14


def check_sequences(sequences: SequenceArray, caller: str, missing: str, tokens: bool) -> SequenceArray:
    """Refuse sequences that no model can read; floats unless `tokens`."""
    if len(sequences) == 0:
        raise InputError(
            f"{caller}: 0 sample(s) came, but a minimum of 1 sequence is required. "
            "Check the filter or split that made X."
        )
    if np.count_nonzero(sequences.lengths) < len(sequences):
        empty = sequences.lengths == 0
        raise InputError(
            f"{caller}: sequence {int(empty.argmax())} has no steps ({int(empty.sum())} of "
            f"{len(sequences)} sequences are empty or all NaN), but at least 1 step is needed. "
            "Drop these sequences and their labels."
        )
    if tokens:
        return _check_tokens(sequences, caller)
    if sequences.is_tokens:
        return sequences.astype(np.float64)
    return _check_finite(sequences, caller, missing)


def _check_tokens(sequences: SequenceArray, caller: str) -> SequenceArray:
    if sequences.n_features > 1:
        raise InputError(
            f"{caller}: steps of {sequences.n_features} values came, but a step holds one token id. "
            "Pass sequences of shape (length,); estimators of numbers read them with embedding_dim=None."
        )
    if not sequences.is_tokens:
        raise InputError(
            f"{caller}: values of dtype {sequences.dtype} came, but token ids must be integers. Convert "
            "them with .astype(int), padded rows to a list of such arrays; estimators of numbers read them "
            "with embedding_dim=None."
        )
    if sequences.dtype.kind == "u":
        return sequences
    rows = _rows_where(sequences, lambda block: block < 0)
    if len(rows):
        i, step, _ = _first(sequences, rows, lambda block: block < 0)
        raise InputError(
            f"{caller}: token {sequences[i][step, 0]} at step {step} of sequence {i} came ({len(rows)} "
            "negative in all), but token ids must be >= 0. Number the vocabulary from 0."
        )
    return sequences


def find_columns(sequences: SequenceArray, columns, caller: str, parameter: str) -> list[int]:
    """Positions of the features that a parameter names.

    Parameters
    ----------
    sequences : SequenceArray
        What came out of :func:`as_sequences`.
    columns : iterable of int or str
        Features, by number or name.
    caller : str
        Who asks: the first words of the error.
    parameter : str
        Name of the parameter, for the error.

    Returns
    -------
    places : list of int
        In the order of `columns`, each once.

    Raises
    ------
    InputError
        If there is no such feature.
    """
    names, n = sequences.feature_names or (), sequences.n_features
    places = [names.index(column) if column in names else column for column in columns]
    for place in places:
        if isinstance(place, str) or place >= n:
            raise InputError(
                f"{caller}: {parameter} names {place!r}, but the {n} features of X are "
                f"{list(names) or f'0 to {n - 1}'}. Name some of these."
            )
    return list(dict.fromkeys(map(int, places)))


def check_ids(
    sequences: SequenceArray, columns: list[int], caller: str, parameter: str = "token_features"
) -> None:
    """Refuse columns among numbers that hold anything but token ids.

    Parameters
    ----------
    sequences : SequenceArray
        What came out of :func:`as_sequences`.
    columns : list of int
        Features that are token ids.
    caller : str
        Who asks: the first words of the error.
    parameter : str
        Name of the parameter that says so, for the error.

    Raises
    ------
    InputError
        If a value of theirs is negative, missing or no whole number.
    """

    def bad(block: np.ndarray) -> np.ndarray:
        ids = block[..., columns]
        wrong = np.zeros(block.shape, dtype=bool)
        wrong[..., columns] = ~((ids >= 0) & (ids == np.floor(ids)))
        return wrong

    rows = _rows_where(sequences, bad)
    if len(rows):
        i, step, feature = _first(sequences, rows, bad)
        raise InputError(
            f"{caller}: {sequences[i][step, feature]} came at step {step} of sequence {i}, feature {feature} "
            f"({len(rows)} such steps), but {parameter} holds it, and token ids are whole numbers >= 0. "
            "Number the tokens from 0, with an id for what is missing."
        )


def refuse_scattered(sequences: SequenceArray, n_ids: int, width: int, owner: str) -> None:
    """Refuse ids whose vectors would fill the memory, though next to none of them occur.

    Parameters
    ----------
    sequences : SequenceArray
        That hold the ids.
    n_ids : int
        One more than the largest of them.
    width : int
        Of their vectors.
    owner : str
        The estimator, for the error.

    Raises
    ------
    InputError
        If the ids are no numbering, as those of customers.
    """
    n_bytes = n_ids * width * _BYTES_LEARNED
    if n_bytes > _MUCH and n_ids > _SCATTERED * sequences.lengths.sum():
        raise InputError(
            f"{owner}: ids up to {n_ids - 1:,} came in {sequences.lengths.sum():,} steps, but every id from "
            f"0 on gets a vector, which would take {n_bytes / 2**30:,.0f} GiB. Number those that occur, as "
            "np.unique(ids, return_inverse=True) does, or make them a categorical column."
        )


def _check_finite(sequences: SequenceArray, caller: str, missing: str) -> SequenceArray:
    if _has_finite_sum(sequences):
        return sequences
    _refuse_where(sequences, np.isinf, caller, "infinity (inf)", "Replace it, or drop the sequence.")
    if missing == "raise":
        fill = "Fill it (for example with PerTimestep(SimpleImputer())), or set missing='mask'."
        advice = f"{fill} Padding goes last."
        _refuse_where(sequences, np.isnan, caller, "NaN", advice)
    return sequences


def _has_finite_sum(sequences: SequenceArray) -> bool:
    """Whether the sum of all values is finite, which it is only if every one is; needs no temporary array."""
    values = sequences.values
    # Of finite numbers, or too large ones; and unlike a sum it never warns.
    if values.size <= _FEW_VALUES and math.isfinite(np.vdot(values, values)):
        return True
    with np.errstate(all="ignore"):
        opens, closes = sequences.spans()
        if (closes - opens).sum() >= _DENSE * (closes[-1] - opens[0]):
            return bool(np.isfinite(sequences.values[opens[0] : closes[-1]].sum()))
        return all(np.isfinite(block.sum()) for _, block in step_blocks(sequences))


def _refuse_where(sequences: SequenceArray, bad, caller: str, what: str, advice: str) -> None:
    rows = _rows_where(sequences, bad)
    if not len(rows):
        return
    i, step, feature = _first(sequences, rows, bad)
    name = f" ({sequences.feature_names[feature]!r})" if sequences.feature_names else ""
    where = f"step {step} of sequence {i}, feature {feature}{name}"
    steps = "1 step" if len(rows) == 1 else f"{len(rows)} steps"
    raise InputError(
        f"{caller}: {what} came at {where} ({steps} in all), but finite numbers are needed. {advice}"
    )


def _rows_where(sequences: SequenceArray, bad) -> np.ndarray:
    """Rows covered by a sequence in which `bad` holds for some feature."""
    found = [np.empty(0, dtype=np.intp)]
    for rows, block in step_blocks(sequences):
        places = np.flatnonzero(bad(block).any(axis=1))
        found.append(rows.start + places if isinstance(rows, slice) else rows[places])
    return np.concatenate(found)


def _first(sequences: SequenceArray, rows: np.ndarray, bad) -> tuple[int, int, int]:
    """Sequence, step and feature of the first of `rows`, in the order of the sequences."""
    begin = np.searchsorted(rows, sequences.starts)
    end = np.searchsorted(rows, sequences.starts + sequences.lengths)
    i = int((end > begin).argmax())
    row = rows[begin[i]]
    return i, int(row - sequences.starts[i]), int(np.argmax(bad(sequences.values[row])))


def check_features(estimator, sequences: SequenceArray, caller: str, *, reset: bool) -> None:
    """Remember, or compare with what was remembered, the features of the training sequences.

    A table of shape (n_samples, n_timesteps) has `n_timesteps` columns, and these are what
    scikit-learn counts; anything else has as many features as each step has values.

    Parameters
    ----------
    estimator : estimator
        Gets `n_features_in_` and, where the names are known, `feature_names_in_`.
    sequences : SequenceArray
        What came out of :func:`as_sequences`.
    caller : str
        Who asks: the first words of the error.
    reset : bool
        True in `fit`, False afterwards.

    Raises
    ------
    InputError
        If the number of features, or their names, differ from those of `fit`.
    """
    table = sequences.table_columns is not None
    n = sequences.table_columns if table else sequences.n_features
    names = sequences.table_names if table else sequences.feature_names
    if reset:
        estimator.n_features_in_ = n
        estimator._n_values_in = sequences.n_features
        vars(estimator).pop("feature_names_in_", None)
        if names is not None:
            estimator.feature_names_in_ = np.asarray(names, dtype=object)
        estimator._table_in = table
        return
    _check_names(estimator, names, table, caller)
    # Ragged univariate sequences may follow a table: only their steps have to fit.
    same_form = table == estimator._table_in and not sequences._from_lists
    expected = estimator.n_features_in_ if same_form else estimator._n_values_in
    came = n if same_form else sequences.n_features
    if came != expected:
        raise InputError(
            f"{caller}: X has {came} features, but {type(estimator).__name__} is expecting {expected} "
            "features as input. Reshape your data, or select the features seen at fit time; a single "
            "sequence is passed as a list of one, [x]."
        )


def _check_names(estimator, names, table: bool, caller: str) -> None:
    fitted = getattr(estimator, "feature_names_in_", None)
    if fitted is None or names is None or table != estimator._table_in or list(fitted) == list(names):
        return
    unexpected = sorted(set(names) - set(fitted), key=str)
    lost = sorted(set(fitted) - set(names), key=str)
    lines = [f"{caller}: The feature names should match those that were passed during fit."]
    for title, listed in (
        ("Feature names unseen at fit time:", unexpected),
        ("Feature names seen at fit time, yet now missing:", lost),
    ):
        if listed:
            lines.append(title)
            lines += [f"- {name}" for name in listed[:5]] + (["- ..."] if len(listed) > 5 else [])
    if not unexpected and not lost:
        lines.append("Feature names must be in the same order as they were in fit.")
    raise InputError("\n".join(lines) + "\n")
