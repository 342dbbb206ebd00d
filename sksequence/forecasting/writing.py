"""Forecasts in the form in which their series came: vectors, Series, DataFrames, other tables."""

from __future__ import annotations

import numpy as np

from sksequence.forecasting.form import Form
from sksequence.forecasting.tables import Keys, is_pandas, taken

__all__ = ["write_long", "write_one"]


def write_one(form: Form, values: np.ndarray, columns: tuple, *, index, labels):
    """One series in the form in which it came.

    Parameters
    ----------
    form : Form
        Of the series by itself.
    values : ndarray of shape (horizon, n_columns) or (horizon, n_columns, k)
        What is forecast.
    columns : tuple
        Labels of the columns.
    index : pandas.Index of length horizon or None
        Of the rows.
    labels : pandas.Index of length k or None
        Labels of the last axis, where there is one.
    """
    if form.kind == "vector":
        return values[:, 0]
    if form.kind == "matrix":
        return values
    if form.kind == "table":
        return _write_table(form.names, index, _flat(values), _joined_names(columns, labels))
    if form.kind == "column":
        return _write_column(form, values, labels)
    import pandas as pd

    if form.kind == "series":
        if labels is None:
            return pd.Series(values[:, 0], index=index, name=form.names)
        return pd.DataFrame(values[:, 0], index=index, columns=labels)
    return pd.DataFrame(_flat(values), index=index, columns=_levels(columns, form.names, labels))


def write_long(form: Form, values: np.ndarray, columns: tuple, *, times: list, which: np.ndarray, labels):
    """All series in one table, with an index of two levels or with columns that name series and times.

    Parameters
    ----------
    form : Form
        Of the whole panel.
    values : ndarray of shape (n_series, horizon, n_columns) or (n_series, horizon, n_columns, k)
        What is forecast.
    columns : tuple
        Labels of the columns.
    times : list of pandas.Index of length horizon, or of None
        Indexes of the rows, each once.
    which : ndarray of int of shape (n_series,)
        Series `i` has the index ``times[which[i]]``.
    labels : pandas.Index of length k or None
        Labels of the last axis, where there is one.
    """
    horizon = values.shape[1]
    rows = _flat(values.reshape(-1, *values.shape[2:]))
    step = (which[:, np.newaxis] * horizon + np.arange(horizon)).ravel()
    some = None if times[0] is None else times[0].append(times[1:])
    if form.kind == "keyed":
        all_times = None if some is None else some.take(step)
        return _write_table(form.names, all_times, rows, _joined_names(columns, labels))
    import pandas as pd

    keys, names, column_name = form.names
    # Names and times are sorted by what there is of them, not by what there is of rows.
    name, time = pd.Categorical(keys), pd.Categorical(some)
    index = pd.MultiIndex(
        levels=[name.categories, time.categories],
        codes=[np.repeat(name.codes, horizon), time.codes[step]],
        names=names,
        verify_integrity=False,
    )
    return pd.DataFrame(rows, index=index, columns=_levels(columns, column_name, labels))


# Names of columns --------------------------------------------------------------------------------


def _levels(columns: tuple, name, labels):
    """Columns of a DataFrame, with the labels as a further level."""
    import pandas as pd

    index = pd.Index(columns, name=name)
    if labels is None:
        return index
    keys = columns if index.nlevels > 1 else [(column,) for column in columns]
    pairs = [(*key, label) for key in keys for label in labels]
    return pd.MultiIndex.from_tuples(pairs, names=[*index.names, labels.name])


def _joined_names(columns: tuple, labels) -> list:
    """Names of the columns of a table, each with its label."""
    return (
        list(columns) if labels is None else [f"{column}_{label}" for column in columns for label in labels]
    )


def _flat(values: np.ndarray) -> np.ndarray:
    """Values (n_rows, n_columns[, k]) as (n_rows, n_columns * k)."""
    return values.reshape(len(values), -1)


# Tables of other libraries, and those with key columns -------------------------------------------


def _write_column(form: Form, values: np.ndarray, labels):
    """A column of polars or Arrow; a table where it has several labels."""
    keys, name = form.names
    names = [name] if labels is None else [f"{name}_{label}" if name else f"{label}" for label in labels]
    written = _write_table(keys, None, _flat(values[:, :1]), names)
    return written if labels is not None else written[name]


def _write_table(keys: Keys, times, values: np.ndarray, names: list):
    """Key columns, and values (n_rows, n_columns) behind them, in a table of the library that they came from.

    There are as many rows for every series, one series after the other.
    """
    n_ids = 1 if keys.ids is None else len(keys.ids)
    rows = np.repeat(np.arange(n_ids), len(values) // n_ids)
    if is_pandas(keys.template):
        return _write_pandas(keys, times, values, names, rows)
    import narwhals as nw

    template = nw.from_native(keys.template, eager_only=True)
    backend = nw.get_native_namespace(template)
    columns = {}
    for name in template.columns:
        if name == keys.id:
            columns[name] = nw.from_native(taken(keys.ids, rows), series_only=True)
        else:
            columns[name] = _native_times(times, template[name], backend)
    for place, name in enumerate(names):
        columns[name] = nw.new_series(name, np.ascontiguousarray(values[:, place]), backend=backend)
    return nw.from_dict(columns).to_native()


def _write_pandas(keys: Keys, times, values: np.ndarray, names: list, rows: np.ndarray):
    import pandas as pd

    table = pd.DataFrame(values, columns=pd.Index(names, tupleize_cols=False))
    for place, name in enumerate(keys.template.columns):
        key = taken(keys.ids, rows) if name == keys.id else pd.Series(times)
        table.insert(place, name, key)
    return table


def _native_times(times, template, backend):
    """Times as a column like the empty one that came."""
    import narwhals as nw
    import pandas as pd

    dtype = template.dtype
    zone = getattr(times, "tz", None)
    if isinstance(times, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        times = times.tz_convert("UTC").tz_localize(None) if zone is not None else times
        times = times.as_unit(getattr(dtype, "time_unit", "ms"))
    column = nw.new_series(template.name, times.to_numpy(), backend=backend)
    if zone is not None:
        column = column.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone)
    return column.cast(dtype)
