"""Increasing maps of the values that come before scaling: logarithms, or transformers of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.sequences.layout import step_rows

__all__ = ["Logarithm", "Transformation", "Transformers"]

# Values at which a fitted transformer is tried: this many quantiles of those that it learned from.
_N_TRIED = 201
# A way back that misses by more than this share of their range is no way back.
_MOST_MISSED = 0.05
# Halvings until neighbours in float64 are reached.
_HALVINGS = 64


class Transformation(Protocol):
    """An increasing map of the values of each column, with the way back."""

    def forward(self, values: np.ndarray, column: np.ndarray, caller: str) -> np.ndarray:
        """Transformed values (n,) of the columns (n,); NaN stays NaN.

        Raises
        ------
        InputError
            If a value cannot be transformed.
        """

    def inverse(self, values: np.ndarray, column: np.ndarray) -> np.ndarray:
        """What :meth:`forward` undoes, value by value; the nearest that there is beyond its image."""


class Logarithm:
    """Natural logarithms of every column."""

    def forward(self, values: np.ndarray, column: np.ndarray, caller: str) -> np.ndarray:
        """Logarithms, see :class:`Transformation`."""
        if np.fmin.reduce(values, initial=np.inf) <= 0:
            raise InputError(
                f"{caller}: X holds {np.fmin.reduce(values):g}, but the forecaster works on logarithms, "
                "which need positive values. Fit with log=False."
            )
        return np.log(values)

    def inverse(self, values: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Powers of e, see :class:`Transformation`."""
        return np.exp(values)


@dataclass(frozen=True, eq=False)
class Transformers:
    """A fitted transformer of scikit-learn for each column.

    Attributes
    ----------
    each : tuple of transformers
        Those of the columns, in their order.
    names : tuple
        Labels of the columns, for errors.
    middle : ndarray of shape (n_columns,)
        A transformed value of each that surely has a way back.
    """

    each: tuple[Any, ...]
    names: tuple[Any, ...]
    middle: np.ndarray

    @classmethod
    def learn(cls, transformer, panel: Panel, *, caller: str) -> Transformers:
        """Fit clones of a transformer on the columns of a panel, all of its series together.

        Raises
        ------
        InputError
            If the transformer does not take these values, gives other than one column, is not increasing,
            or has no way back.
        """
        each, middle = [], np.empty(panel.n_columns)
        for j, name in enumerate(panel.columns):
            own = panel.channels[j :: panel.n_columns]
            values = own.values[step_rows(own.starts, own.lengths), 0].astype(np.float64)
            values = values[~np.isnan(values)]
            if not len(values):
                raise InputError(
                    f"{caller}: column {name!r} has no value that is not missing, but the transformer learns "
                    "from some. Leave out the column."
                )
            what = f"{caller}: transformer={_in_words(transformer)} came, but for column {name!r} it"
            fitted = _called(lambda v: clone(transformer).fit(v), values, what)
            middle[j] = _refuse_unfit(fitted, np.quantile(values, np.linspace(0, 1, _N_TRIED)), what)
            each.append(fitted)
        return cls(tuple(each), panel.columns, middle)

    def forward(self, values: np.ndarray, column: np.ndarray, caller: str) -> np.ndarray:
        """Transformed values, see :class:`Transformation`."""
        result = np.full(values.shape, np.nan)
        for j in np.unique(column):
            chosen = (column == j) & ~np.isnan(values)
            if not chosen.any():
                continue
            what = f"{caller}: the values of column {self.names[j]!r} came, but {_in_words(self.each[j])}"
            result[chosen] = _called(self.each[j].transform, values[chosen], what).ravel()
            lost = chosen & ~np.isfinite(result)
            if lost.any():
                raise InputError(
                    f"{caller}: X holds {values[lost][0]:g} in column {self.names[j]!r}, which "
                    f"{_in_words(self.each[j])} cannot transform. Give values that it takes, or fit with "
                    "another transformer."
                )
        return result

    def inverse(self, values: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Values in the units of the data, see :class:`Transformation`."""
        result = np.full(values.shape, np.nan)
        for j in np.unique(column):
            chosen = (column == j) & ~np.isnan(values)
            if chosen.any():
                result[chosen] = self._returned(int(j), values[chosen])
        return result

    def _returned(self, j: int, values: np.ndarray) -> np.ndarray:
        def back(v):
            with np.errstate(all="ignore"):
                return np.asarray(self.each[j].inverse_transform(v[:, None].copy()), np.float64).ravel()

        result = back(values)
        lost = ~np.isfinite(result)
        if lost.any():
            result[lost] = back(_last_finite(back, self.middle[j], values[lost]))
        return result


def _in_words(transformer) -> str:
    """A transformer on one line."""
    return " ".join(repr(transformer).split())


def _called(method: Callable, values: np.ndarray, what: str) -> Any:
    """What a method of a transformer says of one column; its refusal in our words."""
    try:
        with np.errstate(all="ignore"):
            made = method(values[:, None].copy())
    except ValueError as error:
        raise InputError(
            f"{what} refuses the values: {error} Choose another transformer, or give other values."
        ) from error
    if hasattr(made, "fit"):
        return made
    made = np.asarray(made, dtype=np.float64)
    if made.size != len(values):
        raise InputError(
            f"{what} gives an array of shape {made.shape} for {len(values)} values, where one number for "
            "each is needed. Choose a transformer that keeps rows and columns."
        )
    return made


def _refuse_unfit(fitted, tried: np.ndarray, what: str) -> float:
    """Refuse a transformer that does not rise or does not lead back; else its value in the middle."""
    made = _called(fitted.transform, tried, what).ravel()
    if not np.isfinite(made).all():
        value = tried[~np.isfinite(made)][0]
        raise InputError(
            f"{what} makes no number of {value:g}. Choose another transformer, or give other values."
        )
    slack = 1e-9 * np.ptp(made)
    if (np.diff(made) < -slack).any():
        raise InputError(
            f"{what} does not rise with the values, so that bounds would change places. Choose an "
            "increasing transformer."
        )
    returned = _called(fitted.inverse_transform, made, what).ravel()
    if not (np.abs(returned - tried) <= _MOST_MISSED * np.ptp(tried) + 1e-6 * np.abs(tried).max()).all():
        worst = int(np.nanargmax(np.abs(returned - tried))) if not np.isnan(returned).all() else 0
        raise InputError(
            f"{what} makes {returned[worst]:g} by inverse_transform of what came as {tried[worst]:g}. Choose "
            "a transformer with a way back, such as FunctionTransformer(np.log1p, np.expm1)."
        )
    return float(made[len(made) // 2])


def _last_finite(back: Callable, middle: float, beyond: np.ndarray) -> np.ndarray:
    """The values nearest to those `beyond` the image, on the way from its middle, that have a way back."""
    inside, outside = np.full(len(beyond), middle), beyond.astype(np.float64)
    for _ in range(_HALVINGS):
        between = inside + (outside - inside) / 2
        exists = np.isfinite(back(between))
        inside, outside = np.where(exists, between, inside), np.where(exists, outside, between)
    return inside
