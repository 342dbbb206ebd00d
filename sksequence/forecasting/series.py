"""Tables of time series in, forecasts of the same form out.

In forecasting a row is a time step. :func:`read_series` turns every accepted form into a
:class:`~sksequence.forecasting.panel.Panel`: univariate channels as views of one array, ready for
windows. `Panel.wrap` gives forecasts the form, names, dtype and continued index of what came in.

=======================================================  ==========================================
X                                                        forecasts
=======================================================  ==========================================
ndarray (n_timesteps,)                                   ndarray (horizon,)
ndarray (n_timesteps, n_features)                        ndarray (horizon, n_targets)
Series                                                   Series, index continued
DataFrame                                                DataFrame, index continued
DataFrame with a 2-level index (series, time)            the same, index continued in each series
polars DataFrame, Arrow Table                            the same, a column named by `time` continued
pandas, polars or Arrow table with `id` (and `time`)     the same, a row for each series and step
polars Series, Arrow chunked array                       the same
list or tuple of the forms above                         list, each in its own form
dict of the forms above                                  dict, each in its own form
ndarray (n_series, n_timesteps, n_features)              ndarray (n_series, horizon, n_targets)
SequenceArray                                            ndarray (n_series, horizon, n_targets)
=======================================================  ==========================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.columns import Columns, as_array, float64, read_columns
from sksequence.forecasting.finite import refuse_unreadable
from sksequence.forecasting.form import Form
from sksequence.forecasting.indexes import Parts
from sksequence.forecasting.joining import join
from sksequence.forecasting.panel import Panel, column_views
from sksequence.forecasting.request import Request, refuse_keys
from sksequence.forecasting.tables import distinct, floating, is_column, is_pandas, is_table, read_keys
from sksequence.forecasting.timeline import Timeline
from sksequence.forecasting.timelines import on_timelines
from sksequence.sequences import SequenceArray

__all__ = ["join", "read_series"]


def read_series(
    X,
    *,
    caller: str,
    step=None,
    id=None,
    time=None,
    freq=None,
    missing: str = "raise",
    whole: bool = True,
    called: str = "X",
) -> Panel:
    """Read any accepted form of X.

    Parameters
    ----------
    X : array, Series, DataFrame, Table, SequenceArray, or list or dict of these
        Rows are time steps; see the table at the top of this module.
    caller : str
        Who reads, as in "LSTMForecaster.fit": the first words of every error.
    step : object
        Step of an index that is too short to show its own, as in
        :class:`~sksequence.forecasting.timeline.Timeline`.
    id : str or None, default=None
        Column of a long table that names the series of a row. Series come in the order of their first
        rows.
    time : str or None, default=None
        Column that holds times or numbers: the index. With `id`, rows need not be in order.
    freq : object, default=None
        Step of the index: whatever pandas takes for times, a number for numbers. Rows missing from the
        regular index are inserted, all NaN. None takes the step that the rows have.
    missing : {"raise", "mask"}, default="raise"
        Whether NaN is refused, or comes through. Infinity is always refused.
    whole : bool, default=True
        Whether X is all that there is of its series. False is for rows that go with others: a column
        may be NaN throughout, and forms without named columns or an index are read as they are, though
        `id`, `time` and `freq` are given.
    called : str, default="X"
        What errors call X.

    Returns
    -------
    panel : Panel

    Raises
    ------
    InputError
        If X is empty, not numeric, not finite, or its index does not increase by one regular step.
    """
    if isinstance(X, Panel):
        return X
    request = Request(caller, step, id, time, freq, missing, whole, called)
    if isinstance(X, SequenceArray):
        return _read_sequences(X, request)
    if is_pandas(X) and X.index.nlevels == 2:
        return _read_long(X, request)
    if is_table(X) or (is_pandas(X) and X.ndim == 2):
        return _read_tables([X], Form("one"), request) if id is None else _read_keyed(X, request)
    if isinstance(X, Mapping):
        return _read_tables(list(X.values()), Form("dict", tuple(X)), request)
    if isinstance(X, (list, tuple)) and not all(np.isscalar(item) for item in X):
        return _read_tables(list(X), Form("list"), request)
    if hasattr(X, "tocsr"):
        raise InputError(
            f"{caller}: a sparse matrix came, but sparse data are not supported. Convert it with X.toarray()."
        )
    if not (is_pandas(X) or is_column(X)):
        X = as_array(X, caller)
        if X.ndim == 3:
            return _read_stack(X, request)
        if X.dtype == object and X.ndim == 1 and len(X) and np.ndim(X[0]):
            return _read_tables(list(X), Form("list"), request)
    return _read_tables([X], Form("one"), request)


# Collections -------------------------------------------------------------------------------------


def _read_tables(items: list, form: Form, request: Request) -> Panel:
    """Tables of the same columns, each a series."""
    caller = request.caller
    if not items:
        raise InputError(f"{caller}: an empty {form.kind} came, but at least one series is needed. Pass one.")
    if request.id is not None and request.whole:
        raise InputError(
            f"{caller}: id={request.id!r} came, but it names the column of one long table that tells series "
            "apart, and X is no such table. Leave it out."
        )
    names = form.names if form.kind == "dict" else range(len(items))
    of = "" if request.called == "X" else f" of {request.called}"
    series = [request.called] if form.kind == "one" else [f"series {name!r}{of}" for name in names]
    tables = [
        read_columns(item, name, time=request.time, caller=caller, strict=request.whole)
        for item, name in zip(items, series, strict=True)
    ]
    for name, table in zip(series, tables, strict=True):
        if table.labels != tables[0].labels:
            raise InputError(
                f"{caller}: {name} has the columns {list(table.labels)}, but {series[0]} has "
                f"{list(tables[0].labels)}. Give every series the same columns in the same order."
            )
    values = tables[0].values if len(tables) == 1 else np.concatenate([t.values for t in tables], axis=1)
    forms = tuple(table.form for table in tables)
    named = any(own.kind in ("frame", "table") for own in forms)
    dtype = floating([table.dtype for table in tables])
    lengths = np.array([table.values.shape[1] for table in tables])
    panel = Panel(
        column_views(values, lengths), tables[0].labels, named, (None,) * len(tables), dtype, form, forms
    )
    return on_timelines(panel, [table.index for table in tables], request)


def _read_long(X, request: Request) -> Panel:
    """Read a table with the index (series, time), the rows of a series standing together or not."""
    import pandas as pd

    caller = request.caller
    frame = X.to_frame() if X.ndim == 1 else X
    for option, key, name in zip(("id", "time"), (request.id, request.time), frame.index.names, strict=True):
        if key is not None and key != name:
            raise InputError(
                f"{caller}: {option}={key!r} came, but the levels of the index of X are "
                f"{list(frame.index.names)}. Leave it out, or take the index away with reset_index."
            )
    first, second = frame.index.levels
    if hasattr(first, "freq") and not (hasattr(second, "freq") or second.dtype.kind in "iuf"):
        raise InputError(
            f"{caller}: the levels of the index of X are (time, series), but (series, time) is needed. Swap "
            "them with X.swaplevel()."
        )
    level = np.asarray(frame.index.codes[0])
    if (level < 0).any() or not len(level):
        raise InputError(
            f"{caller}: X has {len(level)} rows, of which {int((level < 0).sum())} miss the first index "
            "level, but every row needs the name of its series. Fill it or drop the row."
        )
    # Series in the order of their first rows, by the numbers of their names: quicker than by the names.
    codes, first = pd.factorize(level)
    keys = frame.index.levels[0].take(first).rename(None)
    table = read_columns(frame.reset_index(drop=True), request.called, caller=caller)
    form = Form("long", (keys, frame.index.names, frame.columns.name))
    return _read_groups(table, codes, frame.index.droplevel(0), form, request, in_order=True)


def _read_keyed(X, request: Request) -> Panel:
    """Read a long table, of which one column names the series of a row."""
    caller = request.caller
    if request.time is None and is_pandas(X) and X.index.dtype.kind in "mMO":
        raise InputError(
            f"{caller}: id={request.id!r} came for a table whose times are in its index, but a long table "
            "needs them in a column. Pass X.reset_index() and name that column with `time`."
        )
    keys, names, times, rest = read_keys(X, request.id, request.time, caller=caller, series="X")
    codes, ids, labels = distinct(names, request.id, caller)
    table = read_columns(rest, "X", caller=caller)
    keys = replace(keys, ids=ids, labels=labels)
    return _read_groups(table, codes, times, Form("keyed", keys), request, in_order=False)


def _read_groups(table: Columns, codes: np.ndarray, times, form: Form, request: Request, *, in_order: bool):
    """Rows of many series as a panel, by the number of the series of each row."""
    order = np.argsort(codes, kind="stable")
    if not in_order and times is not None:
        if times.hasnans:
            Timeline.refuse_disorder(times, f"{request.caller}: the column {request.time!r} of X")
        order = np.lexsort((times.asi8 if hasattr(times, "asi8") else np.asarray(times), codes))
    values, rows = table.values, None
    if (order[1:] < order[:-1]).any():
        values, rows = values[:, order], order
        times = None if times is None else times[order]
    lengths = np.bincount(codes)
    indexes = [None] * len(lengths) if times is None else Parts(times, lengths)
    forms = (table.form,) * len(lengths) if form.kind == "long" else ()
    panel = Panel(
        column_views(values, lengths),
        table.labels,
        True,
        (None,) * len(lengths),
        table.dtype,
        form,
        forms,
        rows if rows is not None else np.arange(len(codes)),
    )
    return on_timelines(panel, indexes, request)


def _read_stack(X: np.ndarray, request: Request) -> Panel:
    n_series, n_timesteps, n_columns = X.shape
    refuse_keys(request, "an array of three dimensions")
    if X.size == 0:
        raise InputError(
            f"{request.caller}: X has shape {X.shape}, but no axis may be empty. "
            "Pass (n_series, n_timesteps, n_features)."
        )
    values = float64(X, request.caller, request.called).reshape(-1, n_columns).T
    channels = column_views(np.ascontiguousarray(values), np.full(n_series, n_timesteps))
    blank = (None,) * n_series
    panel = Panel(channels, tuple(range(n_columns)), False, blank, floating([X.dtype]), Form("stack"), ())
    panel = replace(panel, called=request.called)
    return refuse_unreadable(panel, request.caller, missing=request.missing, whole=request.whole)


def _read_sequences(X: SequenceArray, request: Request) -> Panel:
    refuse_keys(request, "a SequenceArray")
    if not len(X) or not X.lengths.all():
        raise InputError(
            f"{request.caller}: a SequenceArray of {len(X)} sequences with lengths from "
            f"{X.lengths.min(initial=0)} came, but every series needs a row. Drop empty sequences."
        )
    values = X.values.astype(np.float64, copy=False)
    # Channel-major: column j of every view is the same view, shifted by j times the whole height.
    starts = np.add.outer(X.starts, np.arange(X.n_features) * len(values)).ravel()
    channels = SequenceArray(values.T.reshape(-1, 1), starts, np.repeat(X.lengths, X.n_features))
    columns: tuple = X.feature_names or tuple(range(X.n_features))
    blank = (None,) * len(X)
    named = X.feature_names is not None
    panel = Panel(channels, columns, named, blank, floating([X.dtype]), Form("stack"), ())
    panel = replace(panel, called=request.called)
    return refuse_unreadable(panel, request.caller, missing=request.missing, whole=request.whole)
