"""One or many time series as univariate channels."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.form import Form
from sksequence.forecasting.missing import has_missing
from sksequence.forecasting.timeline import Timeline
from sksequence.forecasting.writing import write_long, write_one
from sksequence.sequences import SequenceArray

__all__ = ["Panel", "column_views", "stacked"]


@dataclass(frozen=True, eq=False)
class Panel:
    """One or many series of the same columns, as univariate channels.

    Attributes
    ----------
    channels : SequenceArray of n_series * n_columns univariate sequences, float64
        Column ``j`` of series ``i`` is channel ``i * n_columns + j``, whole and contiguous.
    columns : tuple
        Labels of the columns; 0, 1, ... where none came.
    named : bool
        Whether the columns had labels of their own.
    timelines : tuple of Timeline or None
        Index of each series; None where the input had none.
    dtype : numpy.dtype
        Floating dtype of forecasts: that of the input, float64 where it held integers.
    form, table_forms : Form and tuple of Form
        What came: the collection, and each table in it where they have forms of their own.
    rows : ndarray of int of shape (total_steps,) or None
        Row of the input at which each row of each series stood, one series after the other, -1 for one
        that was inserted; None where all stand as they came.
    called : str
        What errors call the whole of it.
    """

    channels: SequenceArray
    columns: tuple
    named: bool
    timelines: tuple[Timeline | None, ...]
    dtype: np.dtype
    form: Form
    table_forms: tuple[Form, ...]
    rows: np.ndarray | None = None
    called: str = "X"

    @property
    def n_columns(self) -> int:
        """Number of columns of every series."""
        return len(self.columns)

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.channels) // self.n_columns

    @property
    def lengths(self) -> np.ndarray:
        """Time steps of each series, (n_series,)."""
        return self.channels.lengths[:: self.n_columns]

    @property
    def labels(self):
        """Name of each series, as a pandas Index: ids of a long table, keys of a dict, else 0, 1, ..."""
        import pandas as pd

        if self.form.kind == "long":
            return self.form.names[0]
        if self.form.kind == "keyed":
            return self.form.names.labels
        if self.form.kind == "dict":
            return pd.Index(list(self.form.names), tupleize_cols=False)
        return pd.RangeIndex(self.n_series)

    def name(self, i: int) -> str:
        """What errors call series `i`."""
        if self.is_single:
            return self.called
        label = self.form.names[i] if self.form.kind == "dict" else self.labels[i] if self.is_named else i
        of = "" if self.called == "X" else f" of {self.called}"
        return f"series {label.item() if isinstance(label, np.generic) else label!r}{of}"

    @property
    def is_single(self) -> bool:
        """Whether one table came, not a collection of them."""
        return self.form.kind == "one"

    @property
    def is_named(self) -> bool:
        """Whether the series have names, by which those of another panel are compared with them."""
        return self.form.kind in ("long", "keyed", "dict")

    @property
    def has_missing(self) -> bool:
        """Whether any value is NaN."""
        return has_missing(self.channels)

    def series(self, i: int) -> np.ndarray:
        """Series `i` as an array (n_timesteps, n_columns)."""
        first = i * self.n_columns
        return np.concatenate([self.channels[first + j] for j in range(self.n_columns)], axis=1)

    def select(self, columns, *, caller: str) -> Panel:
        """The panel with these columns only, by label or position, on the same values.

        Parameters
        ----------
        columns : label, int or sequence of them
            Columns to keep, in this order.
        caller : str
            Who asks, for the error.

        Raises
        ------
        InputError
            If there is no such column.
        """
        wanted = [columns] if isinstance(columns, str) or not isinstance(columns, Iterable) else list(columns)
        if not wanted:
            raise InputError(
                f"{caller}: no column was asked for, but at least one is needed. Name one, or None."
            )
        positions = [self._position(column, caller) for column in wanted]
        rows = np.add.outer(np.arange(self.n_series) * self.n_columns, positions).ravel()
        return replace(self, channels=self.channels[rows], columns=tuple(self.columns[j] for j in positions))

    def _position(self, column, caller: str) -> int:
        if column in self.columns:
            return self.columns.index(column)
        if not isinstance(column, (int, np.integer)) or not -self.n_columns <= column < self.n_columns:
            raise InputError(
                f"{caller}: column {column!r} was asked for, but X has the columns {list(self.columns)}. "
                "Name one of these, or its position."
            )
        return int(column) % self.n_columns

    def choose(self, series: np.ndarray) -> Panel:
        """Some of the series, in this order, on the same values.

        Parameters
        ----------
        series : ndarray of int
            Position of each.
        """
        form, chosen = self.form, np.asarray(series)
        if form.kind == "long":
            form = Form("long", (form.names[0].take(chosen), *form.names[1:]))
        elif form.kind == "keyed":
            form = Form("keyed", form.names.take(chosen))
        elif form.kind == "dict":
            form = Form("dict", tuple(form.names[i] for i in chosen.tolist()))
        rows = np.add.outer(chosen * self.n_columns, np.arange(self.n_columns)).ravel()
        return replace(
            self,
            channels=self.channels[rows],
            timelines=tuple(self.timelines[i] for i in chosen.tolist()),
            form=form,
            table_forms=tuple(self.table_forms[i] for i in chosen.tolist()) if self.table_forms else (),
            rows=None,
        )

    def tail(self, n_steps: int) -> Panel:
        """The last `n_steps` rows of every series, on the same values."""
        kept = np.minimum(self.channels.lengths, n_steps)
        starts = self.channels.starts + self.channels.lengths - kept
        last = _once(lambda line, n: line.last(n))
        timelines = map(last, self.timelines, kept[:: self.n_columns].tolist())
        channels = SequenceArray(self.channels.values, starts, kept)
        return replace(self, channels=channels, timelines=tuple(timelines), rows=None)

    def head(self, n_steps: np.ndarray) -> Panel:
        """The first `n_steps[i]` rows of series `i`, on the same values."""
        first = _once(lambda line, n: line.first(n))
        timelines = map(first, self.timelines, np.asarray(n_steps).tolist())
        kept = np.repeat(n_steps, self.n_columns)
        channels = SequenceArray(self.channels.values, self.channels.starts, kept)
        return replace(self, channels=channels, timelines=tuple(timelines), rows=None)

    def copy(self) -> Panel:
        """The same rows on values of their own: what happens to the input no longer matters."""
        # One by one: an array of row numbers would be as large as what is copied.
        return replace(self, channels=stacked(np.concatenate(list(self.channels)), self.channels.lengths))

    def continues(self, earlier: Panel) -> bool:
        """Whether every series has an index that goes on where the same series of `earlier` ends."""
        if self.columns != earlier.columns or self.n_series != earlier.n_series:
            return False
        if self.is_named and earlier.is_named and list(self.labels) != list(earlier.labels):
            return False
        goes_on = _once(lambda new, old: old is not None and new.continues(old))
        return all(map(goes_on, self.timelines, earlier.timelines))

    def followed_by(self, later: Panel) -> Panel:
        """These rows and then those of `later`, series by series.

        Indexes are joined unchecked; rows that come without one go on by the step of these.
        """
        pairs = list(zip(self.channels, later.channels, strict=True))
        lengths = self.channels.lengths + later.channels.lengths
        values = np.concatenate([part for pair in pairs for part in pair])
        joined = _once(lambda old, new, n: old.followed_by(new or Timeline(old.following(n), old.step)))
        timelines = map(joined, self.timelines, later.timelines, later.lengths.tolist())
        return replace(self, channels=stacked(values, lengths), timelines=tuple(timelines), rows=None)

    def wrap(self, forecasts: np.ndarray, labels=None):
        """Forecasts in the form of the input.

        Parameters
        ----------
        forecasts : ndarray of shape (n_series, horizon, n_columns) or (n_series, horizon, n_columns, k)
            In the units of the input. The rows follow the last row of each series.
        labels : pandas.Index of length k or None, default=None
            What the last axis holds, such as the quantiles of each value; None where there is none.

        Returns
        -------
        wrapped : ndarray, Series, DataFrame, Table, or list or dict of these
            As the table in `series.py` says. With `labels`, arrays get a last axis: (horizon, k) for a
            vector, (horizon, n_columns, k) for a matrix. A Series becomes a DataFrame with the columns
            `labels`, the columns of a DataFrame get a further level, and tables of polars, of Arrow
            and with key columns have the columns ``f"{column}_{label}"``.
        """
        forecasts = np.asarray(forecasts).astype(self.dtype, copy=False)
        if self.form.kind == "stack":
            return forecasts
        times, which = self._following(forecasts.shape[1])
        if self.form.kind in ("long", "keyed"):
            return write_long(self.form, forecasts, self.columns, times=times, which=which, labels=labels)
        tables = [
            write_one(form, table, self.columns, index=times[k], labels=labels)
            for form, k, table in zip(self.table_forms, which.tolist(), forecasts, strict=True)
        ]
        if self.form.kind == "dict":
            return dict(zip(self.form.names, tables, strict=True))
        return tables[0] if self.is_single else tables

    def _following(self, n_steps: int) -> tuple[list, np.ndarray]:
        """Indexes of rows that follow, each once, and which of them goes with each series, (n_series,).

        None is the index of a series without one.
        """
        places: dict[Any, int] = {}
        lines: list[Timeline | None] = []
        # Series that share a timeline, or end alike, go on alike.
        known: dict[int, int] = {}
        for line in self.timelines:
            if id(line) not in known:
                known[id(line)] = places.setdefault(line and line.end, len(places))
                lines += [line] * (len(places) - len(lines))
        which = np.fromiter((known[id(line)] for line in self.timelines), np.intp, self.n_series)
        return [None if line is None else line.following(n_steps) for line in lines], which


def _once(function: Callable) -> Callable:
    """The function of a timeline, None for None, called once for a timeline that many series share."""
    known: dict[tuple, Any] = {}
    latest: tuple = ()  # arguments; most often the next ones are the same objects
    result: Any = None

    def of(*arguments):
        nonlocal latest, result
        if len(latest) == len(arguments) and all(map(operator.eq, latest, arguments)):
            return result
        if arguments[0] is None:
            return None
        key = tuple(id(one) if isinstance(one, Timeline) else one for one in arguments)
        if key not in known:
            known[key] = function(*arguments)
        latest, result = arguments, known[key]
        return result

    return of


def stacked(values: np.ndarray, lengths: np.ndarray) -> SequenceArray:
    """Views of sequences that stand one after the other in `values`."""
    return SequenceArray(values.reshape(-1, 1), np.cumsum(lengths) - lengths, lengths)


def column_views(values: np.ndarray, lengths: np.ndarray) -> SequenceArray:
    """Views of series that stand one after the other in the rows of (n_columns, total_steps)."""
    n_columns, total = values.shape
    starts = np.add.outer(np.cumsum(lengths) - lengths, np.arange(n_columns) * total).ravel()
    return SequenceArray(values.reshape(-1, 1), starts, np.repeat(lengths, n_columns))
