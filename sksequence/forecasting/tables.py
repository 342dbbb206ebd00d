"""Tables whose keys are columns, of pandas, polars or Arrow: the name of a series, the time of a row.

Polars and Arrow are read through narwhals, which is imported with the first such
table.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sksequence.exceptions import InputError, InputTypeError

__all__ = [
    "Keys",
    "column_names",
    "distinct",
    "floating",
    "has_index",
    "is_column",
    "is_pandas",
    "is_table",
    "read_keys",
    "read_numbers",
    "taken",
]


@dataclass(frozen=True, eq=False)
class Keys:
    """Key columns of a table, and what it takes to write them again.

    Attributes
    ----------
    template : DataFrame or Table without rows
        The key columns of the input in their order, with their dtypes; of the library of the input.
    id, time : str or None
        Which of them names series, and which holds times.
    ids : Series or None
        Name of each series, of the library of the input; None for one series.
    labels : pandas.Index or None
        The same.
    """

    template: Any
    id: Any = None
    time: Any = None
    ids: Any = None
    labels: Any = None

    def take(self, series: np.ndarray) -> Keys:
        """The keys of some of the series, in this order."""
        return replace(self, ids=taken(self.ids, series), labels=self.labels.take(series))


def is_pandas(X) -> bool:
    """Whether X is a Series or DataFrame of pandas, which is not imported for that."""
    pd = sys.modules.get("pandas")  # A pandas object cannot come where pandas was never imported.
    return pd is not None and isinstance(X, (pd.Series, pd.DataFrame))


def is_table(X) -> bool:
    """Whether X is a DataFrame of polars or a Table of Arrow; neither is imported for that."""
    pl, pa = sys.modules.get("polars"), sys.modules.get("pyarrow")
    return (pl is not None and isinstance(X, pl.DataFrame)) or (pa is not None and isinstance(X, pa.Table))


def is_column(X) -> bool:
    """Whether X is a Series of polars or a chunked array of Arrow; neither is imported for that."""
    pl, pa = sys.modules.get("polars"), sys.modules.get("pyarrow")
    return (pl is not None and isinstance(X, pl.Series)) or (
        pa is not None and isinstance(X, pa.ChunkedArray)
    )


def has_index(X) -> bool:
    """Whether X, or the first of a list or dict, has an index of its own: a Series or DataFrame of pandas."""
    items = list(X.values()) if isinstance(X, Mapping) else X if isinstance(X, (list, tuple)) else [X]
    return bool(len(items)) and is_pandas(items[0])


def column_names(table) -> list:
    """Names of the columns of a table of pandas, polars or Arrow."""
    # The columns of an Arrow Table are its data.
    return list(table.columns if is_pandas(table) else getattr(table, "column_names", table.columns))


def read_keys(table, id, time, *, caller: str, series: str):
    """Take the key columns out of a table.

    Parameters
    ----------
    table : DataFrame or Table
        Of pandas, polars or Arrow.
    id, time : str or None
        Names of its key columns.
    caller, series : str
        Who asks, and for which series, for the errors.

    Returns
    -------
    keys : Keys
        Without `ids`.
    names : Series or None
        The column `id`, of the library of the table.
    times : pandas.Index or None
        The column `time`.
    rest : DataFrame or Table
        The other columns.

    Raises
    ------
    InputError
        If there is no such column, or a name is missing, or times are no times.
    """
    columns = column_names(table)
    wanted = [key for key in (id, time) if key is not None]
    for option, key in (("id", id), ("time", time)):
        if key is not None and key not in columns:
            raise InputError(
                f"{caller}: {option}={key!r} came, but {series} has the columns {columns}. Name one of these."
            )
    kept = [column for column in columns if column in wanted]
    others = [column for column in columns if column not in wanted]
    if wanted and not others:
        raise InputError(
            f"{caller}: {series} has only the columns {columns}, but at least one column of values is "
            "needed. Add it."
        )
    if is_pandas(table):
        import pandas as pd

        names = None if id is None else table[id]
        times = None if time is None else pd.Index(table[time])
        return Keys(table[kept].iloc[:0], id, time), names, times, table[others]
    import narwhals as nw

    frame = nw.from_native(table, eager_only=True)
    names = None if id is None else frame[id].to_native()
    times = None if time is None else _index(frame[time], f"{caller}: the column {time!r} of {series}")
    return Keys(frame.select(kept)[:0].to_native(), id, time), names, times, frame.select(others).to_native()


def distinct(names, id, caller: str):
    """Number the names of series in the order of their first rows.

    Parameters
    ----------
    names : Series
        Name of the series of each row, of the library of the table.
    id : str
        Its column, for the error.
    caller : str
        Who asks, for the error.

    Returns
    -------
    codes : ndarray of int of shape (n_rows,)
        Number of the series of each row.
    ids : Series
        Name of each series, of the same library.
    labels : pandas.Index
        The same.

    Raises
    ------
    InputError
        If a name is missing, or there are none.
    """
    import narwhals as nw
    import pandas as pd

    native = is_pandas(names)
    codes, _ = pd.factorize(names if native else nw.from_native(names, series_only=True).to_numpy())
    if (codes < 0).any() or not len(codes):
        raise InputError(
            f"{caller}: X has {len(codes)} rows, of which {int((codes < 0).sum())} have no {id!r}, but every "
            "row needs the name of its series. Fill it or drop the row."
        )
    ids = taken(names, np.unique(codes, return_index=True)[1])
    return codes, ids, pd.Index(np.asarray(ids), tupleize_cols=False)


def taken(column, rows: np.ndarray):
    """Some rows of a Series or column, of its own library."""
    import narwhals as nw

    if is_pandas(column):
        return column.iloc[rows].reset_index(drop=True)
    return nw.from_native(column, series_only=True)[rows].to_native()


def _index(column, where: str):
    """A column of times or numbers as an index of pandas."""
    import narwhals as nw
    import pandas as pd

    if column.is_null().any():
        row = int(column.is_null().to_numpy().argmax())
        raise InputError(
            f"{where} is missing in row {row}, but every row needs a time. Drop or fill such rows."
        )
    dtype, name = column.dtype, column.name
    if dtype == nw.Date:
        return pd.DatetimeIndex(column.to_numpy().astype("datetime64[s]"), name=name)
    if dtype == nw.Datetime:
        zone = dtype.time_zone
        if zone is None:
            return pd.DatetimeIndex(column.to_numpy(), name=name)
        instants = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
        return pd.DatetimeIndex(instants, name=name).tz_localize("UTC").tz_convert(zone)
    if dtype == nw.Duration:
        return pd.TimedeltaIndex(column.to_numpy(), name=name)
    if dtype.is_integer() or dtype.is_float():
        return pd.Index(column.to_numpy(), name=name)
    first = column[0] if len(column) else None
    raise InputError(
        f"{where} holds {dtype} labels such as {first!r}, but times or numbers are needed. Convert it, for "
        "example with str.to_datetime of polars."
    )


def read_numbers(table, *, caller: str, series: str) -> tuple[np.ndarray, tuple, np.dtype]:
    """Values of a DataFrame, Table or column of polars or Arrow.

    Returns
    -------
    values : ndarray of float64 of shape (n_columns, n_timesteps)
        NaN where null. A view, where the table has a single column of float64.
    columns : tuple of str
        Names.
    dtype : numpy.dtype
        Floating dtype of forecasts.
    """
    import narwhals as nw

    frame = nw.from_native(table, allow_series=True, eager_only=True)
    parts = [frame[name] for name in frame.columns] if hasattr(frame, "columns") else [frame]
    for part in parts:
        if not (part.dtype.is_numeric() or part.dtype == nw.Boolean):
            raise InputTypeError(_not_numeric(part, caller, series))
    arrays = [_float64(part) for part in parts]
    values = (
        arrays[0][np.newaxis]
        if len(arrays) == 1
        else np.stack(arrays)
        if arrays
        else np.empty((0, len(frame)))
    )
    single = parts and all(part.dtype == nw.Float32 for part in parts)
    return values, tuple(part.name for part in parts), np.dtype(np.float32 if single else np.float64)


def _not_numeric(part, caller: str, series: str) -> str:
    named = f"column {part.name!r} of {series}" if part.name else series
    if part.dtype.is_temporal():
        return (
            f"{caller}: {named} holds times, but the values of time series are numbers. Name it with "
            f"time={part.name!r}."
        )
    return (
        f"{caller}: {named} holds values that are not numbers ({part.dtype}), but time series are numeric. "
        "Drop or encode such columns; name those of series and times with id and time."
    )


def _float64(part) -> np.ndarray:
    import narwhals as nw

    part = part.cast(nw.Int8) if part.dtype == nw.Boolean else part
    return part.cast(nw.Float64).to_numpy()


def floating(dtypes) -> np.dtype:
    """Dtype of forecasts: the common floating dtype, float64 for whatever else came."""
    if not dtypes or not all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes):
        return np.dtype(float)
    dtype = np.result_type(*dtypes)
    return dtype if dtype.kind == "f" else np.dtype(float)
