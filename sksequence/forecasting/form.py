"""What series looked like when they came, so that forecasts can look the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Form"]


@dataclass(frozen=True, eq=False)
class Form:
    """What one table, or the whole panel, looked like: its kind and the names that go with it.

    `kind` is "vector", "matrix", "series", "frame", "table" (of polars or Arrow, or with times in a
    column), "column" (of polars or Arrow) for one table, and "one", "list", "dict", "stack", "long"
    (an index of two levels), "keyed" (a long table with the names of series in a column) for the
    panel. `names` holds the name of a Series or of the columns of a DataFrame; the `Keys` of a table;
    the `Keys` and name of a column; the names of the series of a dict; and of a long table those
    names, the names of its levels, and that of its columns.
    """

    kind: str
    names: Any = None
