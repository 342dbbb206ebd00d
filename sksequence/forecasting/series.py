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
list or tuple of the forms above                         list, each in its own form
ndarray (n_series, n_timesteps, n_features)              ndarray (n_series, horizon, n_targets)
SequenceArray                                            ndarray (n_series, horizon, n_targets)
=======================================================  ==========================================
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from sksequence.exceptions import InputError, InputTypeError
from sksequence.forecasting.panel import Form, Panel, stacked
from sksequence.forecasting.timeline import Timeline
from sksequence.sequences import SequenceArray

__all__ = ["read_series"]


def read_series(X, *, caller: str, step=None) -> Panel:
    """Read any accepted form of X.

    Parameters
    ----------
    X : array, Series, DataFrame, SequenceArray or list of these
        Rows are time steps; see the table at the top of this module.
    caller : str
        Who reads, as in "LSTMForecaster.fit": the first words of every error.
    step : object
        Step of an index that is too short to show its own, as in
        :class:`~sksequence.forecasting.timeline.Timeline`.

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
    if isinstance(X, SequenceArray):
        return _read_sequences(X, caller)
    if _is_pandas(X) and X.index.nlevels == 2:
        return _read_long(X, caller, step)
    if isinstance(X, (list, tuple)) and not all(np.isscalar(item) for item in X):
        return _read_tables(list(X), caller, Form("list"), step)
    if hasattr(X, "tocsr"):
        raise InputError(
            f"{caller}: a sparse matrix came, but sparse data are not supported. Convert it with X.toarray()."
        )
    if not _is_pandas(X):
        X = np.asarray(X)
        if X.ndim == 3:
            return _read_stack(X, caller)
        if X.dtype == object and X.ndim == 1 and len(X) and np.ndim(X[0]):
            return _read_tables(list(X), caller, Form("list"), step)
    return _read_tables([X], caller, Form("one"), step)


def _is_pandas(X) -> bool:
    pd = sys.modules.get("pandas")  # A pandas object cannot come where pandas was never imported.
    return pd is not None and isinstance(X, (pd.Series, pd.DataFrame))


def _read_tables(tables: list, caller: str, form: Form, step) -> Panel:
    if not tables:
        raise InputError(f"{caller}: an empty list came, but at least one series is needed. Pass one.")
    parts, forms, dtypes = [], [], []
    timelines: list[Timeline | None] = []
    columns: tuple = ()
    for i, table in enumerate(tables):
        series = "X" if form.kind == "one" else f"series {i}"
        values, labels, own_form, dtype = _read_table(table, caller, series)
        if i == 0:
            columns = labels
        elif labels != columns:
            raise InputError(
                f"{caller}: series {i} has the columns {list(labels)}, but series 0 has {list(columns)}. "
                "Give every series the same columns in the same order."
            )
        parts.append(values.T.reshape(-1, 1))
        forms.append(own_form)
        dtypes.append(dtype)
        line = None
        if own_form.kind in ("series", "frame"):
            line = Timeline.of(table.index, caller=caller, series=series, known=step)
            step = line.step
        timelines.append(line)
    n_columns = len(columns)
    lengths = np.repeat([len(part) // n_columns for part in parts], n_columns)
    channels = stacked(parts[0] if len(parts) == 1 else np.concatenate(parts), lengths)
    named = any(own.kind == "frame" for own in forms)
    panel = Panel(channels, columns, named, tuple(timelines), _floating(dtypes), form, tuple(forms))
    return _finite(panel, caller)


def _read_table(table, caller: str, series: str) -> tuple[np.ndarray, tuple, Form, np.dtype]:
    """One table as float64 (n_timesteps, n_columns), its column labels, form and dtype."""
    if _is_pandas(table):
        is_series = table.ndim == 1
        form = Form("series", table.name) if is_series else Form("frame", table.columns.name)
        columns = (0,) if is_series else tuple(table.columns)
        dtype = _floating([table.dtype] if is_series else list(table.dtypes))
        values = _numeric(table, caller, series)
    else:
        array = np.asarray(table)
        form = Form("vector" if array.ndim == 1 else "matrix")
        if array.ndim not in (1, 2):
            raise InputError(
                f"{caller}: {series} has shape {array.shape}, but (n_timesteps,) or "
                "(n_timesteps, n_features) is needed. Reshape it."
            )
        dtype = _floating([array.dtype])
        columns = tuple(range(1 if array.ndim == 1 else array.shape[1]))
        values = _numeric(array, caller, series)
    values = values.reshape(len(values), len(columns))
    if values.size == 0:
        raise InputError(
            f"{caller}: {series} came with {len(values)} row(s) and {len(columns)} feature(s) "
            f"(shape={values.shape}) while a minimum of 1 is required of both. Pass data."
        )
    return values, columns, form, dtype


def _numeric(table, caller: str, series: str) -> np.ndarray:
    """Values as float64; missing ones as NaN."""
    _refuse_times(table, caller, series)
    try:
        if _is_pandas(table):
            return table.to_numpy(dtype=np.float64, na_value=np.nan)
        return table.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        reason = "Complex data not supported" if "complex" in str(error) else str(error)
        raise InputTypeError(
            f"{caller}: {series} holds values that are not numbers ({reason}), but time series are numeric. "
            "Drop or encode such columns; times belong in the index."
        ) from error


def _refuse_times(table, caller: str, series: str) -> None:
    """Refuse dates and durations, which NumPy would turn into huge numbers; and complex values."""
    if hasattr(table, "columns"):
        kinds = dict(zip(table.columns, map(_kind, table.dtypes), strict=True))
    else:
        kinds = {getattr(table, "name", None): _kind(table.dtype)}
    for column, kind in kinds.items():
        where = series if column is None else f"column {column!r} of {series}"
        if kind in "mM":
            raise InputTypeError(
                f"{caller}: {where} holds times, but the values of time series are numbers. Make it the "
                f"index, for example with X.set_index({column!r})."
            )
        if kind == "c":
            raise InputTypeError(
                f"{caller}: {where} is complex, but real numbers are needed. "
                "Complex data not supported; pass real and imaginary parts as two columns."
            )


def _kind(dtype) -> str:
    """NumPy's letter for a dtype of NumPy, pandas or Arrow; "O" where it has none."""
    return getattr(dtype, "kind", "O") or "O"


def _floating(dtypes: Sequence) -> np.dtype:
    """Dtype of forecasts: the common floating dtype, float64 for whatever else came."""
    if not dtypes or not all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes):
        return np.dtype(float)
    dtype = np.result_type(*dtypes)
    return dtype if dtype.kind == "f" else np.dtype(float)


def _read_stack(X: np.ndarray, caller: str) -> Panel:
    n_series, n_timesteps, n_columns = X.shape
    if X.size == 0:
        raise InputError(
            f"{caller}: X has shape {X.shape}, but no axis may be empty. "
            "Pass (n_series, n_timesteps, n_features)."
        )
    values = np.ascontiguousarray(_numeric(X, caller, "X").transpose(0, 2, 1))
    channels = stacked(values, np.full(n_series * n_columns, n_timesteps))
    columns = tuple(range(n_columns))
    blank = (None,) * n_series
    panel = Panel(channels, columns, False, blank, _floating([X.dtype]), Form("stack"), ())
    return _finite(panel, caller)


def _read_sequences(X: SequenceArray, caller: str) -> Panel:
    if not len(X) or not X.lengths.all():
        raise InputError(
            f"{caller}: a SequenceArray of {len(X)} sequences with lengths from "
            f"{X.lengths.min(initial=0)} came, but every series needs a row. Drop empty sequences."
        )
    values = X.values.astype(np.float64, copy=False)
    # Channel-major: column j of every view is the same view, shifted by j times the whole height.
    starts = np.add.outer(X.starts, np.arange(X.n_features) * len(values)).ravel()
    channels = SequenceArray(values.T.reshape(-1, 1), starts, np.repeat(X.lengths, X.n_features))
    columns: tuple = X.feature_names or tuple(range(X.n_features))
    blank = (None,) * len(X)
    named = X.feature_names is not None
    panel = Panel(channels, columns, named, blank, _floating([X.dtype]), Form("stack"), ())
    return _finite(panel, caller)


def _read_long(X, caller: str, step) -> Panel:
    """Read a table with the index (series, time), the rows of a series standing together or not."""
    frame = X.to_frame() if X.ndim == 1 else X
    codes, keys = frame.index.get_level_values(0).factorize()
    if (codes < 0).any() or not len(codes):
        raise InputError(
            f"{caller}: X has {len(codes)} rows, of which {int((codes < 0).sum())} miss the first index "
            "level, but every row needs the name of its series. Fill it or drop the row."
        )
    times = frame.index.droplevel(0)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    tables = [frame.iloc[group].set_axis(times[group]) for group in rows]
    names = (keys, frame.index.names, frame.columns.name)
    return _read_tables(tables, caller, Form("long", names), step)


def _finite(panel: Panel, caller: str) -> Panel:
    """Refuse the first NaN or infinity."""
    if np.isfinite(panel.channels.values).all():
        return panel
    for c, channel in enumerate(panel.channels):
        faults = ~np.isfinite(channel[:, 0])
        if not faults.any():
            continue
        i, j = divmod(c, panel.n_columns)
        row = int(faults.argmax())
        line = panel.timelines[i]
        where = "X" if panel.is_single else f"series {i}"
        value = "NaN" if np.isnan(channel[row, 0]) else channel[row, 0]
        at = f" ({line.index[row]})" if line is not None else ""
        raise InputError(
            f"{caller}: {where} has {value} in row {row}{at}, column {panel.columns[j]!r}, "
            f"the first of {int(faults.sum())} values in this column that are not finite, but every value "
            "must be a finite number. Fill them first, for example with DataFrame.interpolate or ffill."
        )
    return panel
