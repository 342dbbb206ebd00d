"""The coming rows of columns that are known ahead."""

from __future__ import annotations

from collections.abc import Mapping, ValuesView
from dataclasses import replace

import numpy as np

from sksequence.exceptions import InputError, SequenceTooShortError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.series import read_series
from sksequence.forecasting.tables import column_names, is_pandas, is_table
from sksequence.sequences import SequenceArray

__all__ = ["read_future", "refuse_unknown"]


def read_future(
    future, panel: Panel, known: tuple, horizon: int, *, n_features: int, caller: str, **reading
) -> Panel:
    """Rows of the columns `known` that follow those of `panel`.

    Parameters
    ----------
    future : array-like
        In the form of the panel; other columns, earlier rows and later ones are left out.
    panel : Panel
        The series that are continued.
    known : tuple
        Labels of the columns.
    horizon : int
        Rows needed.
    n_features : int
        Columns of the panel that came as X; those behind them came as y.
    caller : str
        Who asks, for the error.
    **reading
        How tables are read, see :func:`~sksequence.forecasting.series.read_series`.

    Returns
    -------
    rows : Panel
        Of `horizon` rows for each series of `panel`; values may be missing.
    """
    _refuse_keys_alone(future, known, {reading["id"], reading["time"]}, caller)
    line = panel.timelines[0]
    # What is missing from rows and columns that are not needed does not matter.
    reading |= {"step": line and line.step, "whole": False, "missing": "mask"}
    rows = read_series(future, caller=caller, called="future", **reading)
    rows = _same_series(rows, panel, caller)
    rows = _known_columns(rows, panel, known, n_features, caller)
    offset = np.array(
        [_offset(*lines, horizon, caller) for lines in zip(rows.timelines, panel.timelines, strict=True)]
    )
    left = rows.lengths - offset
    if (left < horizon).any():
        raise SequenceTooShortError(
            f"{caller}: `future` has {left.min()} rows that follow the known ones, but horizon = {horizon} "
            "are needed for every series. Pass more rows."
        )
    channels = rows.channels
    begin = channels.starts + np.repeat(offset, rows.n_columns)
    kept = np.full(len(channels), horizon)
    return replace(rows, channels=SequenceArray(channels.values, begin, kept), timelines=panel.timelines)


def refuse_unknown(rows: Panel, caller: str) -> None:
    """Refuse columns known ahead that hold NaN.

    Parameters
    ----------
    rows : Panel
        From :func:`read_future`.
    caller : str
        Who asks, for the error.

    Raises
    ------
    InputError
        Naming the first such value.
    """
    if not rows.has_missing:
        return
    for c, channel in enumerate(rows.channels):
        unknown = np.isnan(channel[:, 0])
        if unknown.any():
            i, j = divmod(c, rows.n_columns)
            step = int(unknown.argmax()) + 1
            raise InputError(
                f"{caller}: column {rows.columns[j]!r} of {rows.name(i)} is NaN {step} step(s) ahead, but "
                "what known_future names must be known. Fill it in, or set missing='mask', which holds the "
                "last value."
            )


def _refuse_keys_alone(future, known: tuple, keys: set, caller: str) -> None:
    """Refuse tables that hold the names of series and times, but no column of values."""
    items = future.values() if isinstance(future, Mapping) else future
    for table in items if isinstance(items, (list, tuple, ValuesView)) else [future]:
        if not (is_table(table) or (is_pandas(table) and table.ndim == 2)):
            continue
        columns = list(column_names(table))
        if set(columns) <= keys:
            came = f"has only the columns {columns}" if columns else "has an index, but no columns"
            raise InputError(
                f"{caller}: `future` {came}, but {list(known)} are needed, which known_future names. Pass "
                "these columns."
            )


def _same_series(rows: Panel, panel: Panel, caller: str) -> Panel:
    """The rows in the order of the series of the panel."""
    by_name = rows.is_named and panel.is_named
    if rows.n_series != panel.n_series and not by_name:
        raise InputError(
            f"{caller}: `future` holds {rows.n_series} series, but {panel.n_series} are to be continued. "
            "Pass the coming rows of each, in the same order."
        )
    if rows.labels.equals(panel.labels):
        return rows
    order = rows.labels.get_indexer(panel.labels)
    if (order < 0).any():
        missing = panel.labels[int((order < 0).argmax())]
        raise InputError(
            f"{caller}: `future` does not hold series {missing!r}, which is to be continued. Pass the coming "
            "rows of every series."
        )
    return rows.choose(order)


def _known_columns(rows: Panel, panel: Panel, known: tuple, n_features: int, caller: str) -> Panel:
    if not rows.named or not panel.named:
        widths = {panel.n_columns: panel.columns, n_features: panel.columns[:n_features], len(known): known}
        names = widths.get(rows.n_columns)
        if names is not None:
            return replace(rows, columns=names).select(known, caller=caller)
    if not set(known) <= set(rows.columns):
        raise InputError(
            f"{caller}: `future` has the columns {list(rows.columns)}, but {list(known)} are needed, which "
            "known_future names. Pass these columns."
        )
    return rows.select(known, caller=caller)


def _offset(own, line, horizon: int, caller: str) -> int:
    """Rows of `future` before the first one that is needed."""
    if own is None or line is None:
        return 0
    first = line.following(1)[0]
    try:
        position = int(own.index.searchsorted(first))
    except TypeError as error:
        raise InputError(
            f"{caller}: `future` has an index of {own.index.dtype}, but that of the known rows is of "
            f"{line.index.dtype}. Give both the same."
        ) from error
    if position == len(own.index) or own.index[position] != first:
        raise InputError(
            f"{caller}: `future` runs from {own.index[0]} to {own.index[-1]}, but the first row needed is "
            f"{first}. Pass the rows that follow the known ones."
        )
    later = own.last(len(own.index) - position)
    off = later.off_step(line, horizon)
    if off is not None:
        raise InputError(
            f"{caller}: `future` has a row at {off[0]} where {off[1]} is needed, the step of the known rows. "
            "Pass a row for each step that is forecast."
        )
    return position
