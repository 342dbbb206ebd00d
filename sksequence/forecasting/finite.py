"""Values of series that no forecaster can read: infinity, NaN unless it is asked for, nothing at all."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel

__all__ = ["refuse_unreadable"]

_BLOCK = 1 << 16  # Values examined at a time.
# What fills in missing values, by library.
_FILLS = {
    "pandas": "DataFrame.interpolate or ffill",
    "polars": "fill_nan(None) and fill_null(strategy='forward') of polars",
    "pyarrow": "pyarrow.compute.fill_null_forward",
}


def refuse_unreadable(panel: Panel, caller: str, *, missing: str, whole: bool) -> Panel:
    """Refuse infinity, NaN unless ``missing="mask"``, and columns without any value if `whole`.

    Parameters
    ----------
    panel : Panel
        What was read; nothing of it is copied.
    caller : str
        Who reads, for the error.
    missing : {"raise", "mask"}
        Whether NaN is refused.
    whole : bool
        Whether every column of every series must have a value.

    Returns
    -------
    panel : Panel
        The same.

    Raises
    ------
    InputError
        Naming the first such value.
    """
    any_nan, any_infinite = _faults(panel.channels.values[:, 0])
    if any_infinite or (any_nan and missing != "mask"):
        for c, channel in enumerate(panel.channels):
            _refuse_first(panel, c, channel[:, 0], caller, missing)
    if any_nan and missing == "mask" and whole:
        _refuse_empty(panel, caller)
    return panel


def _faults(values: np.ndarray) -> tuple[bool, bool]:
    """Whether there is NaN, and whether there is infinity, by extremes: no arrays of flags."""
    any_nan = any_infinite = False
    for first in range(0, len(values), _BLOCK):
        block = values[first : first + _BLOCK]
        least, most = block.min(), block.max()
        if np.isnan(least):
            any_nan = True
            least, most = np.fmin.reduce(block), np.fmax.reduce(block)
        any_infinite |= bool(np.isinf(least) or np.isinf(most))
    return any_nan, any_infinite


def _refuse_first(panel: Panel, c: int, values: np.ndarray, caller: str, missing: str) -> None:
    faults = np.isinf(values) if missing == "mask" else ~np.isfinite(values)
    if not faults.any():
        return
    i, j = divmod(c, panel.n_columns)
    row = int(faults.argmax())
    line = panel.timelines[i]
    library = _library(panel, i)
    missing_value = "NaN" if library == "pandas" else "null or NaN"
    value = missing_value if np.isnan(values[row]) else values[row]
    at = f" ({line.index[row]})" if line is not None else ""
    count = int(faults.sum())
    if missing == "mask":
        raise InputError(
            f"{caller}: {panel.name(i)} has {value} in row {row}{at}, column {panel.columns[j]!r}, the first "
            f"of {count} infinite values in this column, but every value must be a finite number or NaN. "
            "Replace them, by NaN where they are not known."
        )
    fill = f"Fill them first, for example with {_FILLS[library]}, or set missing='mask'."
    if np.isinf(values).any():
        how = ", with replace([np.inf, -np.inf], np.nan)" if library == "pandas" else ""
        fill = f"Make infinite values NaN{how}. {fill}"
    raise InputError(
        f"{caller}: {panel.name(i)} has {value} in row {row}{at}, column {panel.columns[j]!r}, "
        f"the first of {count} values in this column that are not finite, but every value "
        f"must be a finite number. {fill}"
    )


def _library(panel: Panel, i: int) -> str:
    """Library of the table of series `i`; that of pandas for arrays, too."""
    form = panel.form if panel.form.kind == "keyed" or not panel.table_forms else panel.table_forms[i]
    keys = form.names[0] if form.kind == "column" else form.names
    library = type(getattr(keys, "template", None)).__module__.partition(".")[0]
    return library if library in _FILLS else "pandas"


def _refuse_empty(panel: Panel, caller: str) -> None:
    channels = panel.channels
    values, starts, lengths = channels.values[:, 0], channels.starts, channels.lengths
    # Most channels begin or end with a value: only the others need a look at all of it.
    doubtful = np.isnan(values[starts]) & np.isnan(values[starts + lengths - 1])
    for c in np.flatnonzero(doubtful).tolist():
        if np.isnan(np.fmax.reduce(channels[c][:, 0])):
            i, j = divmod(c, panel.n_columns)
            raise InputError(
                f"{caller}: {panel.name(i)} has only NaN in column {panel.columns[j]!r}, in all of its "
                f"{lengths[c]} rows, but some values must be known. Drop the series or the column."
            )
