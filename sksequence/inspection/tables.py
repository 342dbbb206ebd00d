"""Series and forecasts of every form, as one DataFrame for each series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError
from sksequence.sequences import SequenceArray

__all__ = ["Table", "Tables", "bounds", "choose", "read_tables"]


@dataclass(frozen=True, eq=False)
class Table:
    """One series.

    Attributes
    ----------
    frame : DataFrame of shape (n_timesteps, n_columns)
        Its values; 0, 1, ... stand for an index or for labels that did not come.
    indexed, named : bool
        Whether the index and the labels of the columns came with the data.
    """

    frame: pd.DataFrame
    indexed: bool
    named: bool


class Tables(Mapping):
    """Series by name, each read when it is asked for: a picture shows few of many.

    Parameters
    ----------
    names : iterable
        That of each series.
    read : callable
        From the place of a series to its :class:`Table`.
    """

    def __init__(self, names, read: Callable[[int], Table]):
        self._places = {name: place for place, name in enumerate(names)}
        self._read = read

    def __getitem__(self, name) -> Table:
        return self._read(self._places[name])

    def __iter__(self):
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def read_tables(X, *, id=None, time=None) -> Tables:
    """Read series, or forecasts, of any form that forecasters take and give.

    Parameters
    ----------
    X : array, Series, DataFrame, Table, SequenceArray, or list or dict of these
        Rows are time steps.
    id, time : str or None
        Columns that name the series and the time of a row, where there are some.

    Returns
    -------
    tables : Tables
        By the name of the series: that of the data, else 0, 1, ...
    """
    if isinstance(X, Mapping):
        several = list(X.values())
        return Tables(X, lambda place: _read_table(several[place], time))
    if _is_collection(X) or isinstance(X, SequenceArray):
        return Tables(range(len(X)), lambda place: _read_table(X[place], time))
    if isinstance(X, (pd.Series, pd.DataFrame)) and X.index.nlevels == 2:
        codes, names = X.index.get_level_values(0).factorize()
        return Tables(names, lambda place: _read_table(X[codes == place].droplevel(0), time))
    X = _as_pandas(X)
    if id is not None and isinstance(X, pd.DataFrame) and id in X.columns:
        codes, names = pd.Index(X[id]).factorize()
        values = X.drop(columns=id)
        return Tables(names, lambda place: _read_table(values[codes == place], time))
    return Tables([0], lambda place: _read_table(X, time))


def bounds(interval, forecast) -> tuple[Any, Any]:
    """Split intervals into lower and upper bounds, each in the form of the forecast.

    Parameters
    ----------
    interval : ndarray, DataFrame, or list or dict of these
        What `predict_interval` gives: a last axis, or columns, "lower" and "upper".
    forecast : ndarray, Series, DataFrame, or list or dict of these
        What `predict` gives for the same series.

    Returns
    -------
    lower, upper : as `forecast`
    """
    return _bound(interval, forecast, 0, "lower"), _bound(interval, forecast, 1, "upper")


def choose(available: list, wanted, what: str, caller: str) -> list:
    """Pick series or columns by label, or by position where no label is the number.

    Parameters
    ----------
    available : list
        Labels there are.
    wanted : label, list of labels, or None
        None takes them all.
    what : str
        "series" or "columns", for the error.
    caller : str
        Who asks, for the error.

    Raises
    ------
    InputError
        If there is none of that name or position.
    """
    if wanted is None:
        return available
    several = isinstance(wanted, (list, range, np.ndarray, pd.Index, pd.Series))
    several = several or (isinstance(wanted, tuple) and wanted not in available)
    found = []
    for label in list(wanted) if several else [wanted]:
        is_place = isinstance(label, (int, np.integer)) and -len(available) <= label < len(available)
        if label not in available and not is_place:
            raise InputError(
                f"{caller}: {what}={label!r} came, but there are {_some(available)}. Name one of these."
            )
        found.append(label if label in available else available[int(label)])
    if not found:
        raise InputError(f"{caller}: {what}={wanted!r} chooses none, but one is needed. Name one, or None.")
    return list(dict.fromkeys(found))


def _some(labels: list) -> str:
    return f"{labels[:5]}{f' and {len(labels) - 5} more' if len(labels) > 5 else ''}"


def _is_collection(X) -> bool:
    """Whether X is a list, or an array, of series."""
    if isinstance(X, (list, tuple)):
        return not all(np.isscalar(item) for item in X)
    return isinstance(X, np.ndarray) and (
        X.ndim == 3 or (X.dtype == object and len(X) > 0 and np.ndim(X[0]) > 0)
    )


def _read_table(X, time) -> Table:
    X = _as_pandas(X)
    if isinstance(X, (pd.Series, pd.DataFrame)):
        frame = _as_frame(X)
        if time is not None and time in frame.columns:
            return _sorted(frame.set_index(time), True)
        return _sorted(frame, not X.attrs.get("no_index", False))
    array = np.asarray(X)
    return Table(pd.DataFrame(array.reshape(len(array), -1)), indexed=False, named=False)


def _sorted(frame: pd.DataFrame, indexed: bool) -> Table:
    if indexed and not frame.index.is_monotonic_increasing:
        frame = frame.sort_index()
    return Table(frame, indexed, named=True)


def _as_frame(X) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    return X.to_frame(0 if X.name is None else X.name)


def _as_pandas(X):
    """Tables and columns of polars and Arrow as pandas, marked as without an index; others as they are."""
    if isinstance(X, (pd.Series, pd.DataFrame)) or not hasattr(X, "__arrow_c_stream__"):
        return X
    import narwhals as nw

    native = nw.from_native(X, allow_series=True, eager_only=True)
    if isinstance(native, nw.Series):
        read: Any = pd.Series(native.to_numpy(), name=native.name or None)
    else:
        read = pd.DataFrame({name: _values(native[name]) for name in native.columns})
    read.attrs["no_index"] = True
    return read


def _values(column):
    """Values of a narwhals column; instants keep their zone."""
    zone = getattr(column.dtype, "time_zone", None)
    if zone is None:
        return column.to_numpy()
    instants = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
    return pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone)


def _bound(interval, forecast, place: int, name: str):
    if isinstance(forecast, Mapping):
        return {key: _bound(interval[key], one, place, name) for key, one in forecast.items()}
    if isinstance(forecast, (list, tuple)):
        return [_bound(one, like, place, name) for one, like in zip(interval, forecast, strict=True)]
    forecast, interval = _as_pandas(forecast), _as_pandas(interval)
    if isinstance(interval, np.ndarray):
        return interval[..., place]
    if interval.columns.nlevels > 1:
        return interval.xs(name, axis=1, level=-1)
    if isinstance(forecast, pd.Series):
        own = [column for column in interval.columns if column == name or str(column).endswith(f"_{name}")]
        return interval[own[0]].rename(forecast.name)
    # Key columns stand beside those named for a column and its bound.
    names = {f"{column}_{name}": column for column in forecast.columns}
    kept = [column for column in interval.columns if column in names or column in list(forecast.columns)]
    return interval[kept].rename(columns=names)
