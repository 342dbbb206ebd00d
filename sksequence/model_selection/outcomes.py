"""What a forecaster said of rows that it had not seen, and what came, channel by channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.exceptions import InputError

__all__ = ["Outcomes", "read_outcomes"]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """A backtest, as arrays with one row for each origin of each channel.

    Column ``j`` of series ``i`` is channel ``i * len(columns) + j``.

    Attributes
    ----------
    target, forecast : ndarray of shape (n_windows, horizon)
        What came, NaN where it is missing, and what was forecast.
    bounds : dict of float to tuple of two ndarrays of shape (n_windows, horizon)
        For each coverage asked for, the lower and the upper bounds.
    channel : ndarray of int of shape (n_windows,)
        Channel of each row; earlier origins stand before later ones.
    origin : ndarray of shape (n_windows,)
        Index of the last row known.
    series, columns : list
        Labels of the series and of the columns; for a single series None.
    """

    target: np.ndarray
    forecast: np.ndarray
    bounds: dict[float, tuple[np.ndarray, np.ndarray]]
    channel: np.ndarray
    origin: Any
    series: list
    columns: list

    @property
    def n_channels(self) -> int:
        """Number of pairs of a series and a column."""
        return len(self.series) * len(self.columns)

    def by_channel(self, errors: np.ndarray) -> np.ndarray:
        """Mean of errors (n_windows, horizon) in each channel, (n_channels,); NaN where there is none."""
        seen = ~np.isnan(errors)
        total = np.bincount(self.channel, np.where(seen, errors, 0.0).sum(axis=1), self.n_channels)
        count = np.bincount(self.channel, seen.sum(axis=1), self.n_channels)
        return np.divide(total, count, out=np.full(self.n_channels, np.nan), where=count > 0)

    def by_column(self, metric: Callable[..., float], *predictions: np.ndarray) -> float:
        """Mean over columns of ``metric(target, *predictions)``, each over all that came in the column."""
        column = self.channel % len(self.columns)
        seen = ~np.isnan(self.target)
        masks = [(column == j)[:, None] & seen for j in range(len(self.columns))]
        return float(
            np.mean([metric(self.target[m], *(p[m] for p in predictions)) for m in masks if m.any()])
        )


def read_outcomes(
    estimator, X, y, *, stride: int, coverages: tuple[float, ...] = (), caller: str
) -> Outcomes:
    """Backtest a fitted forecaster.

    Parameters
    ----------
    estimator : object
        With ``backtest(X, y, stride=..., coverage=...)`` as forecasters have it.
    X, y : array-like, array-like or None
        Rows to test on.
    stride : int
        Rows from one origin to the next.
    coverages : tuple of float
        Coverages whose bounds are needed.
    caller : str
        Who asks, for the error.

    Raises
    ------
    InputError
        If the estimator is no forecaster, or nothing of what was to be forecast is known.
    """
    if not hasattr(estimator, "backtest"):
        raise InputError(
            f"{caller}: a {type(estimator).__name__} came, but an estimator with `backtest` is needed, "
            "such as LSTMForecaster. Score other estimators with the metrics of scikit-learn."
        )
    data = (X,) if y is None else (X, y)
    if coverages:
        tables = [estimator.backtest(*data, stride=stride, coverage=coverage) for coverage in coverages]
    else:
        tables = [estimator.backtest(*data, stride=stride)]
    table = tables[0]
    horizon = int(table["step"].max())
    first = table.iloc[::horizon]
    series, names = first["series"].factorize() if "series" in table else (0, [None])
    column, labels = first["column"].factorize() if "column" in table else (0, targets_of(estimator))

    def windows(name: str, table=table) -> np.ndarray:
        return table[name].to_numpy(dtype=float).reshape(-1, horizon)

    if np.isnan(windows("target")).all():
        raise InputError(
            f"{caller}: none of the {len(first)} windows of X has a value that came, but there is nothing "
            "else to score forecasts by. Give rows with observed values."
        )
    return Outcomes(
        windows("target"),
        windows("forecast"),
        {
            c: (windows("lower", t), windows("upper", t))
            for c, t in zip(coverages, tables, strict=bool(coverages))
        },
        np.zeros(len(first), dtype=np.int64) + series * len(labels) + column,
        first["origin"].array,
        list(names),
        list(labels),
    )


def targets_of(estimator) -> list:
    """Labels of what an estimator forecasts."""
    return list(estimator.targets_ if hasattr(estimator, "targets_") else estimator.context_.columns)
