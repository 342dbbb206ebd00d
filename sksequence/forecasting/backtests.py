"""Backtests as tables: what was forecast beside what came."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.forecasting.panel import Panel
from sksequence.forecasting.windows import Windows

__all__ = ["backtest_table"]


def backtest_table(panel: Panel, windows: Windows, targets: np.ndarray, forecasts: np.ndarray):
    """Long table of forecasts beside what came.

    Parameters
    ----------
    panel : Panel
        The series.
    windows : Windows of `panel`
        One for each origin.
    targets, forecasts : ndarray of shape (n_windows, horizon)
        What came and what was forecast, in the units of the data.

    Returns
    -------
    table : DataFrame
        As :meth:`LSTMForecaster.backtest` documents it.
    """
    import pandas as pd

    n_windows, horizon = targets.shape
    series, column = np.divmod(windows.channel, panel.n_columns)
    table: dict[str, Any] = {}
    if panel.n_series > 1:
        table["series"] = np.repeat(panel.labels.take(series), horizon)
    if panel.n_columns > 1:
        table["column"] = np.repeat(pd.Index(panel.columns).take(column), horizon)
    origins: Any = windows.origin
    if all(line is not None for line in panel.timelines):
        parts = [panel.timelines[s].index.take(windows.origin[series == s]) for s in np.unique(series)]
        origins = parts[0].append(parts[1:])
    table["origin"] = np.repeat(origins, horizon)
    table["step"] = np.tile(np.arange(1, horizon + 1), n_windows)
    table["target"] = targets.ravel()
    table["forecast"] = forecasts.ravel()
    return pd.DataFrame(table)
