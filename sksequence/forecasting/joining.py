"""A separate y beside X: row-aligned series as one panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.form import Form
from sksequence.forecasting.panel import Panel
from sksequence.sequences import SequenceArray

__all__ = ["join"]

# Of one table: what a table with a single column becomes with more of them.
_WIDER = {"vector": "matrix", "series": "frame"}


def join(x: Panel, y: Panel, *, caller: str) -> Panel:
    """Columns of X and then those of y, whose rows belong together.

    Parameters
    ----------
    x : Panel
        The series.
    y : Panel
        As many series, of the same lengths and names; equal indexes where both have one. For a long
        table X, also one series with a value for each row of X, in the order of these.
    caller : str
        Who asks, for the error.

    Returns
    -------
    panel : Panel
        In the form of X. A y that came as a Series keeps its name, and one without names is "y", or
        "y0", "y1", ...; where X has no names, columns are numbered.

    Raises
    ------
    InputError
        If the rows do not belong together, or a name of y is one of X.
    """
    y = _in_rows_of(x, y)
    _refuse_other_rows(x, y, caller)
    x_labels, y_labels = _own_labels(x, "x"), _own_labels(y, "y")
    n_x, n_y = x.n_columns, y.n_columns
    if x_labels is None:
        columns = (*x.columns, *range(n_x, n_x + n_y))
    else:
        unnamed = ("y",) if n_y == 1 else tuple(f"y{j}" for j in range(n_y))
        columns = (*x_labels, *(unnamed if y_labels is None else y_labels))
    twice = [column for column in columns[n_x:] if column in columns[:n_x]]
    if twice:
        raise InputError(
            f"{caller}: y has the column {twice[0]!r}, but X has one of that name. Rename one of them, or "
            "leave y out and name the column with target."
        )
    return replace(
        x,
        channels=_side_by_side(x, y),
        columns=columns,
        named=x_labels is not None,
        timelines=tuple(own or other for own, other in zip(x.timelines, y.timelines, strict=True)),
        dtype=np.result_type(x.dtype, y.dtype),
        table_forms=tuple(map(_wider, x.table_forms)),
    )


def _side_by_side(x: Panel, y: Panel) -> SequenceArray:
    """Channels of both, series by series."""
    shape = (x.n_series, -1)
    first, second = x.channels, y.channels
    starts = np.hstack([first.starts.reshape(shape), second.starts.reshape(shape) + len(first.values)])
    lengths = np.hstack([first.lengths.reshape(shape), second.lengths.reshape(shape)])
    return SequenceArray(np.concatenate([first.values, second.values]), starts.ravel(), lengths.ravel())


def _wider(form: Form) -> Form:
    """The form of a table with more columns."""
    if form.kind == "column":
        return Form("table", form.names[0])
    return Form(_WIDER[form.kind]) if form.kind in _WIDER else form


def _own_labels(panel: Panel, fallback: str) -> tuple | None:
    """Names of the columns; None where there are none but their positions."""
    if panel.named and panel.columns != (0,):
        return panel.columns
    if panel.columns != tuple(range(panel.n_columns)):
        return panel.columns  # given afterwards
    if panel.form.kind == "long":
        return (fallback,)  # a Series without a name
    names = {_series_name(form) for form in panel.table_forms}
    if not names or False in names:
        return panel.columns if panel.named else None
    name = names.pop() if len(names) == 1 else None
    return (fallback,) if name is None else (name,)


def _series_name(form: Form):
    """Name of a Series, None where it has none; False for what is no Series."""
    if form.kind == "series":
        return form.names
    return form.names[1] or None if form.kind == "column" else False


def _in_rows_of(x: Panel, y: Panel) -> Panel:
    """One series, given row by row of a long table, as series like those of X."""
    if x.rows is None or (x.is_single and y.lengths[0] == x.lengths[0]):
        return y
    n_rows = int(x.rows.max()) + 1
    if not y.is_single or y.lengths[0] != n_rows:
        return y
    values = np.concatenate([y.series(0), np.full((1, y.n_columns), np.nan)])[x.rows]  # row -1 is NaN
    lengths, total = x.lengths, len(values)
    starts = np.add.outer(np.cumsum(lengths) - lengths, np.arange(y.n_columns) * total).ravel()
    channels = SequenceArray(values.T.reshape(-1, 1), starts, np.repeat(lengths, y.n_columns))
    return replace(y, channels=channels, timelines=(None,) * x.n_series)


def _refuse_other_rows(x: Panel, y: Panel, caller: str) -> None:
    if x.n_series != y.n_series or (x.lengths != y.lengths).any():
        raise InputError(
            f"{caller}: X has {_extent(x)} and y has {_extent(y)}, but y needs a row for each row of X. Pass "
            "them with the same rows, in the same form."
        )
    if x.is_named and y.is_named and list(x.labels) != list(y.labels):
        i = next(i for i, (a, b) in enumerate(zip(x.labels, y.labels, strict=True)) if a != b)
        raise InputError(
            f"{caller}: {x.name(i)} of X stands where y has {y.name(i)}, but both need the same series in "
            "the same order. Reorder y."
        )
    for i, (own, other) in enumerate(zip(x.timelines, y.timelines, strict=True)):
        if own is None or other is None or own is other or own.index.equals(other.index):
            continue
        row = int(np.argmax(np.asarray(own.index != other.index)))
        raise InputError(
            f"{caller}: row {row} of {x.name(i)} is {own.index[row]} in X and {other.index[row]} in y, but "
            "both need the same index. Align them, for example with y.reindex(X.index)."
        )


def _extent(panel: Panel) -> str:
    if panel.is_single:
        return f"{panel.lengths[0]} rows"
    return f"{panel.n_series} series of {panel.lengths.min()} to {panel.lengths.max()} rows"
