"""Sequences from Arrow columns of lists; pyarrow is imported with the first such column."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError, MissingDependencyError
from sksequence.sequences.array import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["read_arrow"]


def read_arrow(column, caller: str) -> SequenceArray:
    """Read lists of numbers, of structs, or of lists; see SequenceArray.from_arrow."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingDependencyError(
            f"{caller}: an Arrow column came, but pyarrow is missing. Install pyarrow."
        ) from error
    try:
        if hasattr(column, "to_arrow"):
            column = column.to_arrow()
        if not isinstance(column, (pa.Array, pa.ChunkedArray)):
            column = pa.chunked_array(column) if hasattr(column, "__arrow_c_stream__") else pa.array(column)
    except (TypeError, ValueError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{caller}: a {type(column).__name__} came, but an Arrow column of lists is needed ({error}). "
            "Pass a column or a table of lists."
        ) from error
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_struct(column.type):
        return _read_columns(column, caller)
    starts, lengths, steps = _lists(column, caller)
    if pa.types.is_struct(steps.type):
        names = [field.name for field in steps.type]
        parts = [_numbers(part, caller) for part in steps.flatten()]
        return SequenceArray(np.column_stack(parts), starts, lengths, feature_names=names)
    if not _is_list(steps.type):
        return SequenceArray(_numbers(steps, caller), starts, lengths)
    begin, widths, flat = _lists(steps, caller)
    n_features = int(widths[0]) if len(widths) else 1
    if (widths != n_features).any():
        odd = int((widths != n_features).argmax())
        raise InputError(
            f"{caller}: step {odd} of the column has {widths[odd]} values and step 0 has {n_features}, but "
            "each step needs the same number of features. Pad or drop the odd ones."
        )
    numbers = _numbers(flat, caller)
    first = int(begin[0]) if len(begin) else 0
    return SequenceArray(
        numbers[first : first + len(begin) * n_features].reshape(-1, n_features), starts, lengths
    )


def _read_columns(table, caller: str) -> SequenceArray:
    """Read a table of list columns, which Arrow hands over as one column of structs: a feature each."""
    names = [field.name for field in table.type]
    parts = [
        read_arrow(part, f"{caller}: column {name!r}")
        for name, part in zip(names, table.flatten(), strict=True)
    ]
    known = names if all(part.n_features == 1 for part in parts) else None
    if len(parts) == 1:
        return parts[0]._replace(_feature_names=known and tuple(known))
    lengths = parts[0].lengths
    for name, part in zip(names, parts, strict=True):
        odd = np.flatnonzero(part.lengths != lengths)
        if len(odd):
            i = int(odd[0])
            raise InputError(
                f"{caller}: row {i} has {part.lengths[i]} steps in column {name!r} and {lengths[i]} in "
                f"{names[0]!r}, but columns that are features of one sequence need the same number. Choose "
                "the columns that belong together."
            )
    values = np.column_stack([part.values[step_rows(part.starts, lengths)] for part in parts])
    return SequenceArray(values, np.cumsum(lengths) - lengths, lengths, feature_names=known)


def _is_list(kind) -> bool:
    import pyarrow as pa

    return (
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or _is_view(kind)
    )


def _is_view(kind) -> bool:
    """Whether lists may overlap and stand in any order, as ours may; pyarrow knows of them since its 16."""
    return str(kind).startswith(("list_view", "large_list_view"))


def _lists(column, caller: str):
    """Starts and lengths of the lists of a column, and the array that they lie in."""
    import pyarrow as pa

    if not _is_list(column.type):
        raise InputError(
            f"{caller}: an Arrow column of type {column.type} came, but a list type is needed. Pass a "
            "column of list<number>, list<struct> or list<list<number>>."
        )
    if column.null_count:
        row = column.is_null().index(pa.scalar(True)).as_py()
        raise InputError(
            f"{caller}: row {row} of the column is null ({column.null_count} in all), but every row must "
            "be a list. Drop these rows and their labels."
        )
    if pa.types.is_fixed_size_list(column.type):
        size = column.type.list_size
        return (column.offset + np.arange(len(column))) * size, np.full(len(column), size), column.values
    if _is_view(column.type):
        return column.offsets.to_numpy(), column.sizes.to_numpy(), column.values
    offsets = column.offsets.to_numpy().astype(np.int64)
    return offsets[:-1], np.diff(offsets), column.values


def _numbers(column, caller: str) -> np.ndarray:
    import pyarrow as pa

    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise InputError(
            f"{caller}: lists of type {kind} came, but lists of numbers are needed. Cast or encode them "
            "first."
        )
    # A null becomes NaN, which whoever reads the sequences refuses or masks.
    return column.to_numpy(zero_copy_only=False)
