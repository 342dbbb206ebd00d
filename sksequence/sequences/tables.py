"""Sequences from tables with one row per step, and back; through narwhals, which is imported here only."""

from __future__ import annotations

import dataclasses
from typing import Any

import narwhals as nw
import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["Origin", "read_long", "write_long"]

# Mark of a pandas table whose sequences had no ids and were numbered when it was written.
_NUMBERED = "sksequence.numbered"


@dataclasses.dataclass(frozen=True)
class Origin:
    """What it takes to write sequences as the table that they came from.

    `keys` is a native table of the columns `sequence` and `time`, row by row beside `values`.
    """

    keys: Any
    sequence: str
    time: str | None
    index_names: tuple | None  # Of a pandas index of two levels; None where the keys were columns.
    columns: tuple | None  # Order of all columns; None once the values are others.
    template: Any  # An empty table of the value columns, which knows their dtypes.

    def take(self, rows) -> Origin:
        """The same for some rows of `values`."""
        return dataclasses.replace(self, keys=nw.from_native(self.keys, eager_only=True)[rows].to_native())

    def keys_only(self) -> Origin:
        """The same for other values under the same keys."""
        return dataclasses.replace(self, columns=None, template=None)


# Reading -----------------------------------------------------------------------------------------


def read_long(table, sequence, time, columns, caller: str, *, tokens: bool | None = False) -> SequenceArray:
    """Read one row per step; see SequenceArray.from_long."""
    numbered = _NUMBERED in getattr(table, "attrs", ())
    table, sequence, time, index_names = _keys_as_columns(table, sequence, time, caller)
    frame = _narwhal(table, caller)
    _refuse_missing(frame, [sequence, *([time] if time else []), *(columns or [])], caller)
    keys = [sequence] if time is None else [sequence, time]
    if columns is None:
        columns = [name for name in frame.columns if name not in keys]
    if not columns:
        raise InputError(
            f"{caller}: a table with only the key columns {keys} came, but at least 1 column of values "
            "is needed. Add it, or name it in columns=."
        )
    for key in keys:
        _refuse_null_keys(frame[key], key, caller)
    order = _order(frame, keys, caller)
    kept = frame.select(*keys)
    if order is not None:
        kept = kept[order]
    firsts = _first_rows(kept, sequence, time, caller)
    vocabulary: Any = None
    named: list[str] = []
    if tokens is not False:
        named = [name for name in columns if _has_categories(frame[name])]
    if tokens and len(named) < len(columns):
        named = []  # one column of tokens is asked for
    if named:
        values, vocabulary = _named_ids(frame, columns, named, order, caller)
    else:
        values = _values(frame, columns, order, caller, bool(tokens))
    ids = kept[sequence][firsts].to_numpy()
    if numbered and np.array_equal(ids, np.arange(len(ids))):
        ids = None
    native = frame.select(*columns)[:0].to_native()
    places = [name for name in frame.columns if name in keys or name in columns]
    origin = Origin(kept.to_native(), sequence, time, index_names, tuple(places), native)
    lengths = np.diff(firsts, append=len(values))
    sequences = SequenceArray(
        values, firsts, lengths, feature_names=columns, ids=ids, vocabulary=vocabulary, _origin=origin
    )
    if len(columns) == 1:
        return sequences
    return sequences._replace(_id_columns=tuple(map(columns.index, named)))


def _keys_as_columns(table, sequence, time, caller: str):
    """Bring the keys of a pandas index of two levels into columns."""
    if sequence is not None:
        return table, sequence, time, None
    index: Any = getattr(table, "index", None)
    if getattr(index, "nlevels", 1) != 2:
        raise InputError(
            f"{caller}: a {type(table).__name__} without an index of two levels (sequence, time) came, but "
            "a key for each sequence is needed. Pass sequence= and time=, the names of its columns."
        )
    if not hasattr(table, "columns"):
        table = table.to_frame("x0" if table.name is None else table.name)
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    taken = set(table.columns)
    names = []
    for name, fallback in zip(index.names, ("sequence", "time"), strict=True):
        name = fallback if name is None else str(name)
        while name in taken:
            name = f"{name}_"
        taken.add(name)
        names.append(name)
    return table.reset_index(names=names), names[0], names[1], tuple(index.names)


def _narwhal(table, caller: str):
    try:
        return nw.from_native(table, eager_only=True)
    except TypeError as error:
        raise InputError(
            f"{caller}: a {type(table).__name__} came, but a DataFrame of pandas or polars or a pyarrow "
            "Table is needed. Convert it, or use from_list for a list of sequences."
        ) from error


def _refuse_missing(frame, names: list, caller: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise InputError(
            f"{caller}: the column {missing[0]!r} is asked for, but the table has {frame.columns}. "
            "Pass names that it has as sequence=, time= and columns=."
        )


def _refuse_null_keys(keys, name: str, caller: str) -> None:
    null = keys.is_null().to_numpy()
    if keys.dtype.is_float():
        null = null | np.isnan(keys.to_numpy())
    if null.any():
        raise InputError(
            f"{caller}: the column {name!r} is missing (NaN or null) in row {int(null.argmax())} "
            f"({int(null.sum())} in all), but every row needs its key. Drop or fill these rows."
        )


def _order(frame, keys: list[str], caller: str):
    """Rows sorted by the keys, or None where they are already."""
    place = "row"
    while place in keys:
        place += "_"
    try:
        numbered = frame.select(*keys).with_row_index(place)
        # The row number is the last key: rows without a time keep the order in which they stand.
        order = numbered.sort(*keys, place)[place].to_numpy()
    except Exception as error:
        raise InputError(
            f"{caller}: the keys in {keys} cannot be sorted ({error}), but sequences are put in order by "
            "them. Give each of these columns one type."
        ) from error
    return None if (order == np.arange(len(order))).all() else np.asarray(order)


def _first_rows(keys, sequence: str, time: str | None, caller: str) -> np.ndarray:
    """Row at which each sequence begins, in sorted keys."""
    if len(keys) == 0:
        return np.empty(0, dtype=np.int64)
    new = _changes(keys[sequence])
    if time is not None:
        same = ~(new | _changes(keys[time]))
        if same.any():
            row = int(same.argmax())
            raise InputError(
                f"{caller}: the row of sequence {_plain(keys[sequence], row)!r}, time "
                f"{_plain(keys[time], row)!r} comes more than once ({int(same.sum())} repeated rows in "
                "all), but each step needs one row. Aggregate or drop the duplicates."
            )
    return np.flatnonzero(new).astype(np.int64)


def _changes(keys) -> np.ndarray:
    """Whether each key differs from the one before."""
    changes = np.ones(len(keys), dtype=bool)
    # Equal and sorted keys are neighbours, so the mark is set by comparing with the row above.
    changes[1:] = (keys != keys.shift(1)).to_numpy()[1:]
    return changes


def _plain(keys, row: int):
    key = keys[row]
    return key.item() if hasattr(key, "item") else key


def _has_categories(column) -> bool:
    """Whether a column is a categorical one of pandas, which says what its codes stand for."""
    return column.implementation.is_pandas_like() and hasattr(column.to_native(), "cat")


def _named_ids(frame, columns: list[str], named: list[str], order, caller: str) -> tuple[np.ndarray, tuple]:
    """Ids and their names: tokens of one column, or columns of ids as floats among numbers, with names."""
    ids = {name: _categories(frame[name], order, caller) for name in named}
    if len(columns) == 1:
        return ids[columns[0]]
    numbers = [name for name in columns if name not in ids]
    rest = _values(frame, numbers, order, caller, False) if numbers else np.empty((0, 0), np.float32)
    values = np.empty((len(frame), len(columns)), rest.dtype)
    for place, name in enumerate(columns):
        values[:, place] = ids[name][0] if name in ids else rest[:, numbers.index(name)]
    return values, tuple(ids[name][1] if name in ids else () for name in columns)


def _categories(column, order, caller: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """The codes of a categorical column, which are token ids, and what they stand for."""
    native = column.to_native().cat
    codes = native.codes.to_numpy().astype(np.int32)
    if (codes < 0).any():
        raise InputError(
            f"{caller}: the column {column.name!r} is missing (NaN) in row {int((codes < 0).argmax())} "
            f"({int((codes < 0).sum())} in all), but every step needs its token. Drop these rows, or fill "
            "them with a category of its own."
        )
    return codes if order is None else codes[order], tuple(map(str, native.categories))


def _values(frame, columns, order, caller: str, tokens: bool) -> np.ndarray:
    dtypes = [frame[name].dtype for name in columns]
    for name, dtype in zip(columns, dtypes, strict=True):
        if not (dtype.is_numeric() or dtype == nw.Boolean):
            leave = "Name the numeric columns in columns=" if caller.endswith("from_long") else "Leave it out"
            advice = (
                f"{leave}, or make it categorical, as table.astype({{{name!r}: 'category'}}) of pandas does, "
                "for a network that reads it as ids."
            )
            if _has_categories(frame[name]):
                advice = "Only networks and SummaryFeatures read categories as ids: leave it out here."
            elif dtype in (nw.Categorical, nw.Enum):
                advice = "Pass table.to_pandas(), whose categories are read as tokens, or encode this one."
            raise InputError(
                f"{caller}: the column {name!r} of type {dtype} came, but values must be numbers. {advice}"
            )
    if tokens and len(columns) == 1 and dtypes[0].is_integer():
        column = frame[columns[0]].to_numpy()
        return column if order is None else column[order]
    kind = np.float32 if all(dtype == nw.Float32 for dtype in dtypes) else np.float64
    values = np.empty((len(frame), len(columns)), dtype=kind)
    for place, (name, dtype) in enumerate(zip(columns, dtypes, strict=True)):
        column = frame[name]
        if dtype == nw.Boolean:
            column = column.cast(nw.Int8)
        column = column.cast(nw.Float32 if kind is np.float32 else nw.Float64).to_numpy()
        values[:, place] = column if order is None else column[order]
    return values


# Writing -----------------------------------------------------------------------------------------


def write_long(sequences: SequenceArray):
    """One row per step, in the kind of table that the sequences came from."""
    rows = step_rows(sequences.starts, sequences.lengths)
    values = sequences.values[rows]
    origin = sequences._origin
    names = sequences.feature_names
    if names is None:
        names = tuple(f"x{i}" for i in range(sequences.n_features))
    if origin is None:
        return _write_pandas(sequences, values, names)
    keys = nw.from_native(origin.keys, eager_only=True)
    kept = keys[rows]
    backend = nw.get_native_namespace(keys)
    columns = [
        nw.new_series(name, _written(sequences, values, place), backend=backend)
        for place, name in enumerate(names)
    ]
    if kept.implementation.is_pandas_like():
        columns = [
            nw.from_native(c.to_native().set_axis(kept.to_native().index), series_only=True) for c in columns
        ]
    frame = kept.with_columns(*columns)
    order = origin.columns or frame.columns
    return _restore(frame.select(*order).to_native(), origin)


def _restore(table, origin: Origin):
    """Give back the dtypes and the index of the table of origin."""
    library = type(table).__module__.partition(".")[0]
    template = origin.template
    if library == "pandas":
        if template is not None:
            table = table.astype(dict(template.dtypes))
        if origin.index_names is not None:
            keys = [origin.sequence, origin.time]
            return table.set_index(keys).rename_axis(list(origin.index_names))
        return table.reset_index(drop=True)
    if template is None:
        return table
    if library == "polars":
        # A null was read as NaN; what else is NaN in a float column stays.
        return table.with_columns(
            **{
                name: table[name].fill_nan(None).cast(dtype)
                if not dtype.is_float()
                else table[name].cast(dtype)
                for name, dtype in template.schema.items()
            }
        )
    if library == "pyarrow":
        for name, kind in zip(template.schema.names, template.schema.types, strict=True):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, _cast_arrow(table[name], kind))
    return table


def _cast_arrow(column, kind):
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column
    return column.cast(kind)


def _write_pandas(sequences: SequenceArray, values: np.ndarray, names):
    import pandas as pd

    ids = np.arange(len(sequences)) if sequences.ids is None else sequences.ids
    lengths = sequences.lengths
    times = step_rows(np.zeros_like(lengths), lengths)
    index = pd.MultiIndex.from_arrays([np.repeat(ids, lengths), times], names=["sequence", "time"])
    columns = {name: _written(sequences, values, place) for place, name in enumerate(names)}
    table = pd.DataFrame(columns, index=index)
    if sequences.ids is None:
        # Whoever reads the numbers again must not take them for ids that a target may be indexed by.
        table.attrs[_NUMBERED] = True
    return table


def _written(sequences: SequenceArray, values: np.ndarray, place: int):
    """A column as it is written: ids by their names."""
    column, names = values[:, place], sequences.vocabulary
    if sequences._holds_ids and sequences._vocabulary is not None:
        names = sequences._vocabulary[place] or None
        column = column if names is None else column.astype(np.int64)
    if names is None or len(set(names)) < len(names) or column.max(initial=0) >= len(names):
        return column
    import pandas as pd

    return pd.Categorical.from_codes(column, categories=pd.Index(names, dtype=object))
