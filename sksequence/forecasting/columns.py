"""One table of any library as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.exceptions import InputError, InputTypeError
from sksequence.forecasting.form import Form
from sksequence.forecasting.tables import (
    Keys,
    floating,
    is_column,
    is_pandas,
    is_table,
    read_keys,
    read_numbers,
)

__all__ = ["Columns", "as_array", "float64", "read_columns"]


@dataclass(frozen=True, eq=False)
class Columns:
    """One table as columns of numbers.

    Attributes
    ----------
    values : ndarray of float64 of shape (n_columns, n_timesteps)
        C-contiguous; a view of the table where its layout allows.
    labels : tuple
        Labels of the columns; 0, 1, ... where none came.
    form : Form
        What came.
    dtype : numpy.dtype
        Floating dtype of forecasts.
    index : pandas.Index or None
        Times or numbers of the rows.
    """

    values: np.ndarray
    labels: tuple
    form: Form
    dtype: np.dtype
    index: Any


def as_array(X, caller: str) -> np.ndarray:
    """X as an array, whatever its dtype; a lazy table is refused."""
    if hasattr(X, "collect_schema") and hasattr(X, "collect"):
        raise InputTypeError(f"{caller}: a lazy table came, but values are needed. Pass X.collect().")
    return np.asarray(X)


def read_columns(table, series: str, *, caller: str, time=None, strict: bool = True) -> Columns:
    """Read one table.

    Parameters
    ----------
    table : array, Series, DataFrame, Table or column
        Of NumPy, pandas, polars or Arrow; rows are time steps.
    series : str
        What the errors call it.
    caller : str
        Who reads, for the errors.
    time : str or None, default=None
        Column that holds the times.
    strict : bool, default=True
        Whether a form without named columns is refused where `time` is given, rather than read as it is.

    Returns
    -------
    columns : Columns

    Raises
    ------
    InputError
        If it is empty or not numeric, or has no such column.
    """
    form = index = None
    if time is not None and (strict or is_table(table) or (is_pandas(table) and table.ndim == 2)):
        table, form, index = _take_times(table, series, time, caller)
    if is_table(table):
        values, columns, dtype = read_numbers(table, caller=caller, series=series)
        form = form or Form("table", read_keys(table, None, None, caller=caller, series=series)[0])
    elif is_column(table):
        values, columns, dtype = read_numbers(table, caller=caller, series=series)
        columns, form = (0,), _column_form(table)
    elif is_pandas(table):
        is_series = table.ndim == 1
        form = form or (Form("series", table.name) if is_series else Form("frame", table.columns.name))
        columns = (0,) if is_series else tuple(table.columns)
        dtype = floating([table.dtype] if is_series else list(table.dtypes))
        values = float64(table, caller, series).reshape(len(table), len(columns)).T
        index = table.index if index is None else index
    else:
        array = as_array(table, caller)
        form = Form("vector" if array.ndim == 1 else "matrix")
        if array.ndim == 0:
            raise InputError(
                f"{caller}: {series} is {array.item()!r:.60}, a single value, but a series is needed, of "
                "shape (n_timesteps,) or (n_timesteps, n_features). Pass its rows."
            )
        if array.ndim not in (1, 2):
            raise InputError(
                f"{caller}: {series} has shape {array.shape}, but (n_timesteps,) or "
                "(n_timesteps, n_features) is needed. Reshape it."
            )
        dtype = floating([array.dtype])
        columns = tuple(range(1 if array.ndim == 1 else array.shape[1]))
        values = float64(array, caller, series).reshape(len(array), len(columns)).T
    if values.size == 0:
        raise InputError(
            f"{caller}: {series} came with {values.shape[1]} row(s) and {len(columns)} feature(s) "
            f"(shape={values.shape[::-1]}) while a minimum of 1 is required of both. Pass data."
        )
    return Columns(np.ascontiguousarray(values), columns, form, dtype, index)


def _take_times(table, series: str, time, caller: str):
    """A table without its column of times, its form, and those times; as it is where they are the index."""
    if is_pandas(table) and table.index.name == time and time not in getattr(table, "columns", ()):
        return table, None, None
    if not (is_table(table) or (is_pandas(table) and table.ndim == 2)):
        raise InputError(
            f"{caller}: time={time!r} came, but {series} is a {type(table).__name__} without "
            "named columns. Leave it out, or pass a table."
        )
    keys, _, times, rest = read_keys(table, None, time, caller=caller, series=series)
    return rest, Form("table", keys), times


def _column_form(column) -> Form:
    """The form of a column of polars or Arrow, which is written as a table without keys."""
    import narwhals as nw

    series = nw.from_native(column, series_only=True)
    return Form("column", (Keys(series.to_frame().select([])[:0].to_native()), series.name))


def float64(table, caller: str, series: str) -> np.ndarray:
    """Values of an array or a table of pandas as float64, missing ones as NaN; errors name `series`."""
    _refuse_times(table, caller, series)
    try:
        _refuse_text(table)
        if is_pandas(table):
            return table.to_numpy(dtype=np.float64, na_value=np.nan)
        return table.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        reason = "Complex data not supported" if "complex" in str(error) else str(error)
        where = next((f"column {c!r} of {series}" for c in _not_numbers(table)), series)
        raise InputTypeError(
            f"{caller}: {where} holds values that are not numbers ({reason}), but time series are numeric. "
            "Convert, encode or drop such columns; times belong in the index, names of series in a column "
            "that `id` names."
        ) from error


def _refuse_text(table) -> None:
    """Refuse text that NumPy would read as numbers: it may be codes, or numbers of another notation."""
    if hasattr(table, "columns"):
        parts = [table.iloc[:, j] for j, dtype in enumerate(table.dtypes) if _kind(dtype) not in "biuf"]
    else:
        parts = [] if _kind(table.dtype) in "biuf" else [table]
    for part in parts:
        for value in np.ravel(np.asarray(part, dtype=object)):
            if isinstance(value, (str, bytes)):
                raise TypeError(f"text such as {value!r}")


def _not_numbers(table) -> list:
    """Columns of a DataFrame that hold no numbers by their dtype."""
    if not hasattr(table, "columns"):
        return []
    return [c for c, dtype in zip(table.columns, table.dtypes, strict=True) if _kind(dtype) not in "biuf"]


def _refuse_times(table, caller: str, series: str) -> None:
    """Refuse dates and durations, which NumPy would turn into huge numbers; and complex values."""
    if hasattr(table, "columns"):
        kinds = dict(zip(table.columns, map(_kind, table.dtypes), strict=True))
    else:
        kinds = {getattr(table, "name", None): _kind(table.dtype)}
    for column, kind in kinds.items():
        where = series if column is None else f"column {column!r} of {series}"
        if kind in "mM":
            how = (
                f", for example with X.set_index({column!r}), or name it with time={column!r}"
                if hasattr(table, "columns")
                else " of a Series"
            )
            raise InputTypeError(
                f"{caller}: {where} holds times, but the values of time series are numbers. Make it the "
                f"index{how}."
            )
        if kind == "c":
            raise InputTypeError(
                f"{caller}: {where} is complex, but real numbers are needed. "
                "Complex data not supported; pass real and imaginary parts as two columns."
            )


def _kind(dtype) -> str:
    """NumPy's letter for a dtype of NumPy, pandas or Arrow; "O" where it has none."""
    return getattr(dtype, "kind", "O") or "O"
