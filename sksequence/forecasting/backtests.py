"""Backtests as tables: what was forecast beside what came; and those that train anew at every origin."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from sksequence.forecasting.panel import Panel
from sksequence.forecasting.windows import Windows

__all__ = ["backtest_table", "refitted"]


def refitted(
    forecaster, task, windows: Windows, coverage: float | None, caller: str
) -> dict[str, np.ndarray]:
    """Forecasts of clones, each of which was fitted on the rows up to its origin.

    Parameters
    ----------
    forecaster : Forecaster
        What is cloned.
    task : Task
        The series.
    windows : Windows of the targets of `task`
        One for each origin.
    coverage : float or None
        Share of the values that bounds should hold; None for no bounds.
    caller : str
        Who asks, for errors.

    Returns
    -------
    columns : dict of str to ndarray of shape (n_windows, horizon)
        "forecast", and "lower" and "upper" where there is a coverage.
    """
    names = ["forecast"] if coverage is None else ["forecast", "lower", "upper"]
    columns = {name: np.empty((len(windows), forecaster.horizon)) for name in names}
    for chosen, n_known in _origins(task.targets, windows):
        there = n_known > 0
        known = task.panel.choose(np.flatnonzero(there)).head(n_known[there])
        model = clone(forecaster).set_params(target=list(task.targets.columns)).fit(known)
        own = windows.take(chosen).reaching(model._reach, task.targets.channels)
        predictive = model._predictive(task, own, caller)
        columns["forecast"][chosen] = predictive.point()
        if coverage is not None:
            for name, bound in model._bounds(predictive, coverage, caller).items():
                columns[name][chosen] = bound
    return columns


def _origins(panel: Panel, windows: Windows):
    """Windows of one origin, and the rows of every series known then, origin by origin.

    Where series have times, an origin is a time, and no series is known beyond it.
    """
    series = windows.channel // panel.n_columns
    if any(line is None for line in panel.timelines):
        for origin in np.unique(windows.origin):
            yield np.flatnonzero(windows.origin == origin), np.minimum(panel.lengths, origin + 1)
        return
    times = _origin_times(panel, windows)
    for time in times.unique().sort_values():
        known = [line.index.searchsorted(time, side="right") for line in panel.timelines if line is not None]
        yield np.flatnonzero((times == time) & np.isin(series, np.flatnonzero(known))), np.array(known)


def _origin_times(panel: Panel, windows: Windows):
    """Time of the last row known of each window, as a pandas Index."""
    series = windows.channel // panel.n_columns
    parts = [panel.timelines[s].index.take(windows.origin[series == s]) for s in np.unique(series)]
    return parts[0].append(parts[1:])


def backtest_table(panel: Panel, windows: Windows, columns: dict[str, np.ndarray]):
    """Long table of forecasts beside what came.

    Parameters
    ----------
    panel : Panel
        The series.
    windows : Windows of `panel`
        One for each origin.
    columns : dict of str to ndarray of shape (n_windows, horizon)
        What came and what was forecast, in the units of the data.

    Returns
    -------
    table : DataFrame
        As :meth:`LSTMForecaster.backtest` documents it.
    """
    import pandas as pd

    n_windows, horizon = columns["forecast"].shape
    series, column = np.divmod(windows.channel, panel.n_columns)
    table: dict[str, Any] = {}
    if panel.n_series > 1 or panel.is_named:
        table["series"] = np.repeat(panel.labels.take(series), horizon)
    if panel.n_columns > 1:
        table["column"] = np.repeat(pd.Index(panel.columns).take(column), horizon)
    has_times = all(line is not None for line in panel.timelines)
    origins: Any = _origin_times(panel, windows) if has_times else windows.origin
    table["origin"] = np.repeat(origins, horizon)
    table["step"] = np.tile(np.arange(1, horizon + 1), n_windows)
    table |= {name: values.ravel() for name, values in columns.items()}
    return pd.DataFrame(table)
