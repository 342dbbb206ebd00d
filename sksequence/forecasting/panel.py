"""One or many time series as univariate channels, and forecasts in the form that they came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.timeline import Timeline
from sksequence.sequences import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["Form", "Panel", "stacked"]


@dataclass(frozen=True, eq=False)
class Form:
    """What one table, or the whole panel, looked like: its kind and the names that go with it.

    `kind` is "vector", "matrix", "series", "frame" for one table, and "one", "list", "stack",
    "long" for the panel.
    """

    kind: str
    names: Any = None


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
    """

    channels: SequenceArray
    columns: tuple
    named: bool
    timelines: tuple[Timeline | None, ...]
    dtype: np.dtype
    form: Form
    table_forms: tuple[Form, ...]

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
        """Name of each series, as a pandas Index: the ids of a long table, else 0, 1, ..."""
        import pandas as pd

        return pd.Index(self.form.names[0]) if self.form.kind == "long" else pd.RangeIndex(self.n_series)

    @property
    def is_single(self) -> bool:
        """Whether one table came, not a collection of them."""
        return self.form.kind == "one"

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

    def tail(self, n_steps: int) -> Panel:
        """The last `n_steps` rows of every series, on the same values."""
        kept = np.minimum(self.channels.lengths, n_steps)
        starts = self.channels.starts + self.channels.lengths - kept
        timelines = (
            line and line.last(int(n))
            for line, n in zip(self.timelines, kept[:: self.n_columns], strict=True)
        )
        channels = SequenceArray(self.channels.values, starts, kept)
        return replace(self, channels=channels, timelines=tuple(timelines))

    def head(self, n_steps: np.ndarray) -> Panel:
        """The first `n_steps[i]` rows of series `i`, on the same values."""
        timelines = (line and line.first(int(n)) for line, n in zip(self.timelines, n_steps, strict=True))
        kept = np.repeat(n_steps, self.n_columns)
        channels = SequenceArray(self.channels.values, self.channels.starts, kept)
        return replace(self, channels=channels, timelines=tuple(timelines))

    def copy(self) -> Panel:
        """The same rows on values of their own: what happens to the input no longer matters."""
        rows = step_rows(self.channels.starts, self.channels.lengths)
        return replace(self, channels=stacked(self.channels.values[rows], self.channels.lengths))

    def continues(self, earlier: Panel) -> bool:
        """Whether every series has an index that goes on where the same series of `earlier` ends."""
        if self.columns != earlier.columns or self.n_series != earlier.n_series:
            return False
        if self.form.kind == "long" and list(self.form.names[0]) != list(earlier.form.names[0]):
            return False
        pairs = zip(self.timelines, earlier.timelines, strict=True)
        return all(new is not None and old is not None and new.continues(old) for new, old in pairs)

    def followed_by(self, later: Panel) -> Panel:
        """These rows and then those of `later`, series by series.

        Indexes are joined unchecked; rows that come without one go on by the step of these.
        """
        pairs = list(zip(self.channels, later.channels, strict=True))
        lengths = self.channels.lengths + later.channels.lengths
        values = np.concatenate([part for pair in pairs for part in pair])
        timelines = (
            old and old.followed_by(new or Timeline(old.following(int(n)), old.step))
            for old, new, n in zip(self.timelines, later.timelines, later.lengths, strict=True)
        )
        return replace(self, channels=stacked(values, lengths), timelines=tuple(timelines))

    def wrap(self, forecasts: np.ndarray):
        """Forecasts in the form of the input.

        Parameters
        ----------
        forecasts : ndarray of shape (n_series, horizon, n_columns)
            In the units of the input. The rows follow the last row of each series.

        Returns
        -------
        wrapped : ndarray, Series, DataFrame or list of these
            See the table at the top of this module.
        """
        forecasts = np.asarray(forecasts).astype(self.dtype, copy=False)
        if self.form.kind == "stack":
            return forecasts
        if self.form.kind == "long":
            return self._wrap_long(forecasts)
        tables = [self._wrap_table(i, table) for i, table in enumerate(forecasts)]
        return tables[0] if self.is_single else tables

    def _wrap_table(self, i: int, table: np.ndarray):
        form, line = self.table_forms[i], self.timelines[i]
        if form.kind == "vector":
            return table[:, 0]
        if line is None:
            return table
        import pandas as pd

        index = line.following(len(table))
        if form.kind == "series":
            return pd.Series(table[:, 0], index=index, name=form.names)
        return pd.DataFrame(table, index=index, columns=pd.Index(self.columns, name=form.names))

    def _wrap_long(self, forecasts: np.ndarray):
        import pandas as pd

        keys, names, column_name = self.form.names
        horizon = forecasts.shape[1]
        times = [line.following(horizon) for line in self.timelines if line is not None]
        index = pd.MultiIndex.from_arrays([keys.repeat(horizon), times[0].append(times[1:])], names=names)
        table = forecasts.reshape(-1, self.n_columns)
        return pd.DataFrame(table, index=index, columns=pd.Index(self.columns, name=column_name))


def stacked(values: np.ndarray, lengths: np.ndarray) -> SequenceArray:
    """Views of sequences that stand one after the other in `values`."""
    return SequenceArray(values.reshape(-1, 1), np.cumsum(lengths) - lengths, lengths)
