"""When each row of a table is: what splits in time go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.tables import distinct, is_pandas, is_table, read_keys
from sksequence.sequences import SequenceArray

__all__ = ["Clock", "read_clock"]

# Rows of a column that show whether it holds text.
_FEW = 100


@dataclass(frozen=True, eq=False)
class Clock:
    """The time of each row, as its place among all times.

    Attributes
    ----------
    place : ndarray of int of shape (n_rows,)
        0 for rows of the earliest time, 1 for those of the next, and so on.
    n_times : int
        Number of different times.
    series : ndarray of int of shape (n_rows,) or None
        Number of the series that each row belongs to; None where there is only one.
    """

    place: np.ndarray
    n_times: int
    series: np.ndarray | None = None

    def between(self, first: int, stop: int) -> np.ndarray:
        """Mask of the rows whose time lies in a range of places."""
        return (first <= self.place) & (self.place < stop)


def read_clock(X, *, id: str | None, time: str | None, window: int | None, caller: str) -> Clock:
    """Find out when each row of X is.

    Parameters
    ----------
    X : array-like
        Time steps, or windows.
    id, time : str or None
        Columns that hold the names of the series and the times.
    window : int or None
        Steps of each window, where rows are windows.
    caller : str
        Who asks, for the error.

    Raises
    ------
    InputError
        If rows are whole series, have no time or do not stand in the order of time.
    """
    if X is None or np.isscalar(X):
        raise InputError(
            f"{caller}: X = {X!r:.40} came, but the folds follow from the rows of a series or table. Pass it."
        )
    if is_pandas(X) and X.index.nlevels > 1:
        return _from_levels(X.index, id, time, caller)
    if id is not None or time is not None:
        return _from_columns(X, id, time, caller)
    if window is None:
        _refuse_long(X, caller)
    if is_pandas(X):
        _refuse_disorder(X.index, caller)
    elif window is None:
        _refuse_series_as_rows(X, caller)
    else:
        _refuse_longer_windows(X, window, caller)
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    return Clock(np.arange(n_rows), n_rows)


def _from_levels(index, id: str | None, time: str | None, caller: str) -> Clock:
    if index.nlevels > 2:
        raise InputError(
            f"{caller}: X has an index of {index.nlevels} levels, but (series, time) is needed. Join the "
            "levels that name a series into one."
        )
    for (name, column), level in zip((("id", id), ("time", time)), index.names, strict=True):
        if column is not None and column != level:
            raise InputError(
                f"{caller}: {name}={column!r} came, but the levels of the index of X are "
                f"{list(index.names)}. Leave it out, or take the index away with reset_index."
            )
    series = np.asarray(index.get_level_values(0).factorize()[0])
    if (series < 0).any():
        raise InputError(
            f"{caller}: the index has no series in row {int(np.argmin(series))}, but every row needs one. "
            "Fill it or drop the row."
        )
    return _clock(index.get_level_values(1), series, "the index", caller)


def _refuse_disorder(index, caller: str) -> None:
    """Refuse an index of times or numbers that does not increase; other labels say nothing of order."""
    import pandas as pd

    timed = isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex))
    if not (timed or index.dtype.kind in "iuf") or (index.is_monotonic_increasing and index.is_unique):
        return
    i = int(np.argmin(np.asarray(index[1:] > index[:-1])))
    raise InputError(
        f"{caller}: row {i} of X is at {index[i]} and row {i + 1} at {index[i + 1]}, but rows must stand "
        "in the order of time. Sort them with X.sort_index(); where they belong to several series, give X "
        "an index of (series, time), or name the columns by id= and time=."
    )


def _refuse_long(X, caller: str) -> None:
    """Refuse a table whose columns tell that its rows are of several series, or in no order of time."""
    import pandas as pd

    if is_pandas(X) and isinstance(X.index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        return  # one series, if these increase
    times, names = _keys_of(X)
    if any(column.is_monotonic_increasing and column.is_unique for column in times.values()):
        return  # one series, whose times are in a column
    told = [f"column {name!r} of X {_fall(column)}" for name, column in times.items()]
    told += [f"column {name!r} of X holds names, as of several series" for name in names]
    if told:
        raise InputError(
            f"{caller}: {told[0]}, but without id= and time= rows are cut as they stand, as those of "
            "one series. Pass id= and time= to RollingOriginSplit, as to the forecaster; if it is one "
            "series, make its times the index."
        )


def _fall(times) -> str:
    """Where a column of times does not increase."""
    i = int(np.argmin(np.asarray(times[1:] > times[:-1])))
    return f"has {times[i]} in row {i} and {times[i + 1]} in row {i + 1}"


def _keys_of(X) -> tuple[dict, list]:
    """Columns of times of a table, as indexes of pandas by their names, and names of columns of text."""
    import pandas as pd

    if is_pandas(X) and X.ndim == 2:
        columns = [(name, X.iloc[:, j]) for j, name in enumerate(X.columns)]
        times = {name: pd.Index(column) for name, column in columns if _are_times(column.dtype)}
        return times, [name for name, column in columns if _is_text(column)]
    if not is_table(X):
        return {}, []
    import narwhals as nw

    table = nw.from_native(X, eager_only=True)
    kinds = [(name, dtype) for name, dtype in table.schema.items() if len(table.columns) > 1]
    dated = [
        name for name, dtype in kinds if dtype in (nw.Date, nw.Datetime) and not table[name].is_null().any()
    ]
    times = {name: read_keys(X, None, name, caller="", series="")[2] for name in dated}
    return times, [name for name, dtype in kinds if dtype in (nw.String, nw.Categorical, nw.Enum)]


def _is_text(column) -> bool:
    import pandas as pd

    values = getattr(column.dtype, "categories", column.iloc[:_FEW])
    return pd.api.types.infer_dtype(values, skipna=True) == "string"


def _are_times(dtype) -> bool:
    import pandas as pd

    return isinstance(dtype, pd.PeriodDtype) or getattr(dtype, "kind", "O") == "M"


def _from_columns(X, id: str | None, time: str | None, caller: str) -> Clock:
    if not (is_table(X) or (is_pandas(X) and X.ndim == 2)):
        named = " and ".join(f"{name}={column!r}" for name, column in (("id", id), ("time", time)) if column)
        raise InputError(
            f"{caller}: X is a {type(X).__name__}, but {named} came, and columns have names in a table only. "
            "Pass a DataFrame of pandas or polars or an Arrow Table, or leave them out."
        )
    _, names, times, _ = read_keys(X, id, time, caller=caller, series="X")
    series = None if id is None else distinct(names, id, caller)[0]
    if times is not None:
        return _clock(times, series, f"column {time!r}", caller)
    place = _row_within(series)
    return Clock(place, int(place.max(initial=-1)) + 1, series)


def _clock(times, series: np.ndarray | None, where: str, caller: str) -> Clock:
    place, different = times.factorize(sort=True)
    if (place < 0).any():
        raise InputError(
            f"{caller}: {where} has no time in row {int(np.argmin(place))}, but every row needs one. Fill it "
            "or drop the row."
        )
    return Clock(place, len(different), series)


def _row_within(series) -> np.ndarray:
    """How many rows of the same series stand before each row."""
    order = np.argsort(series, kind="stable")
    counts = np.bincount(series)
    place = np.empty(len(series), dtype=np.int64)
    place[order] = np.arange(len(series)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place


def _refuse_series_as_rows(X, caller: str) -> None:
    """Refuse collections, whose rows are whole series."""
    if isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.dtype.kind == "O" and X.ndim == 1):
        whole = not all(np.isscalar(item) for item in X)
    else:
        whole = isinstance(X, (SequenceArray, Mapping)) or len(getattr(X, "shape", ())) == 3
    if whole:
        raise InputError(
            f"{caller}: a {type(X).__name__} of {len(X)} series came, but rows of X must be time steps to "
            "be split in time. Pass the panel as one table with an index of (series, time), or with "
            "columns that id= and time= name; for folds over series take KFold; if each of these is a "
            "window of one series, pass window= with its length."
        )


def _refuse_longer_windows(X, window: int, caller: str) -> None:
    """Refuse windows of more steps than `window`, where that can be seen."""
    if isinstance(X, SequenceArray):
        longest = int(X.lengths.max(initial=0))
    else:
        shape: tuple = getattr(X, "shape", ())
        longest = shape[1] if len(shape) == 3 else 0
    if longest > window:
        raise InputError(
            f"{caller}: X holds windows of up to {longest} steps, but window={window} came, and would "
            f"leave out too few rows between the folds. Pass window={longest}."
        )
