"""Arrays whose values are numbers, or an error that says why not."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError, InputTypeError

__all__ = ["numeric"]


def numeric(array: np.ndarray, caller: str, what: str) -> np.ndarray:
    """Refuse dtypes that are no numbers; objects become float64, what is masked or NA becomes NaN."""
    if isinstance(array, np.ma.MaskedArray):
        array = np.ma.filled(array.astype(np.float64), np.nan) if np.ma.is_masked(array) else array.data
    kind = array.dtype.kind
    if kind in "biuf":
        return array
    if kind == "c":
        raise InputError(
            f"{caller}: {what} of dtype {array.dtype} came, but real numbers are needed. Complex data not "
            "supported; pass real and imaginary parts as two features."
        )
    if kind in "mM":
        raise InputError(
            f"{caller}: {what} of dtype {array.dtype} came, but numbers are needed. Dates are no values: "
            "drop them, or pass features made of them, such as the hour."
        )
    if kind == "O" and not any(isinstance(value, (str, bytes)) for value in array.flat):
        import pandas as pd

        try:
            return np.where(pd.isna(array), np.nan, array).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputTypeError(
                f"{caller}: {what} of dtype object came, but numbers are needed ({error}). Convert it to "
                "float."
            ) from error
    raise InputError(
        f"{caller}: {what} of dtype {array.dtype} with strings came, but numbers are needed. Convert with "
        ".astype(float), or encode the strings as token ids."
    )
