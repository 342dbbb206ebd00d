"""What every package is timed on: a panel to train on, windows to continue, origins to backtest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEASON = 24
WINDOWS_A_SERIES = 64
BATCH_SIZE = 256


@dataclass(frozen=True)
class Task:
    """Sizes of one benchmark; a pass over the panel is `n_series` / 4 batches.

    Attributes
    ----------
    n_series : int
        Series of the panel, each of 64 training windows.
    window, horizon : int
        Steps read, steps forecast.
    n_windows : int
        Windows to continue, each a series of its own.
    n_origins : int
        Origins to backtest, on four series.
    """

    n_series: int = 160
    window: int = 96
    horizon: int = 24
    n_windows: int = 2000
    n_origins: int = 2000

    @property
    def steps_a_pass(self) -> int:
        """Gradient steps of one pass over all training windows."""
        return -(-self.n_series * WINDOWS_A_SERIES // BATCH_SIZE)

    @property
    def origins_a_series(self) -> int:
        """Origins of each of the four backtested series."""
        return self.n_origins // 4


def make_data(series: np.ndarray, task: Task) -> dict[str, np.ndarray]:
    """Cut series (n, n_timesteps) into what a task needs, as float32.

    Returns
    -------
    data : dict of ndarray
        "panel" (n_series, n_rows), "windows" (n_windows, window) and "backtest" (4, n_rows). The last four
        series are backtested, and none of their rows is trained on.
    """
    panel_rows = task.window + task.horizon + WINDOWS_A_SERIES - 1
    backtest_rows = task.window + task.horizon + task.origins_a_series - 1
    if len(series) < task.n_series + 4 or series.shape[1] < max(panel_rows, backtest_rows):
        raise SystemExit(
            f"{len(series)} series of {series.shape[1]} rows came, but at least "
            f"{task.n_series + 4} of {max(panel_rows, backtest_rows)} are needed. "
            "Ask for fewer series or a shorter window."
        )
    every = np.lib.stride_tricks.sliding_window_view(series, task.window, axis=1).reshape(-1, task.window)
    chosen = np.linspace(0, len(every) - 1, task.n_windows).astype(int)
    parts = {
        "panel": series[: task.n_series, :panel_rows],
        "windows": every[chosen],
        "backtest": series[-4:, :backtest_rows],
    }
    return {name: np.ascontiguousarray(part, dtype=np.float32) for name, part in parts.items()}


def synthetic_series(n_series: int = 414, n_rows: int = 700) -> np.ndarray:
    """Positive hourly series of a day and a week, shaped like M4 Hourly, (n_series, n_rows)."""
    rng = np.random.default_rng(0)
    hours = np.arange(n_rows)
    phase, depth = rng.uniform(0, 2 * np.pi, (2, n_series, 1)), rng.uniform(0.1, 0.4, (2, n_series, 1))
    day, week = (np.sin(2 * np.pi * hours / period + phase[i]) for i, period in enumerate((24, 168)))
    noise = rng.normal(scale=0.05, size=(n_series, n_rows))
    level = np.exp(rng.uniform(2, 9, (n_series, 1)))
    return level * np.exp(depth[0] * day + depth[1] * week + noise)


def long_table(values: np.ndarray) -> pd.DataFrame:
    """Series (n, n_timesteps) as hourly rows of "unique_id", "ds" and "y"."""
    n, rows = values.shape
    hours = pd.date_range("2020-01-01", periods=rows, freq="h")
    ids = [f"H{i:04d}" for i in range(n)]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(ids, rows),
            "ds": np.tile(hours, n),
            "y": np.ascontiguousarray(values).ravel(),
        }
    )


def save(path: Path, data: dict[str, np.ndarray]) -> None:
    """Write what :func:`make_data` gave, each array under its name."""
    np.savez(path, allow_pickle=False, **data)


def load(path: Path) -> dict[str, pd.DataFrame]:
    """What :func:`save` wrote, as long tables."""
    with np.load(path) as parts:
        return {name: long_table(parts[name]) for name in parts.files}


def relative_error(forecasts: np.ndarray, series: np.ndarray, task: Task) -> float:
    """Mean absolute error of a backtest over that of the seasonal naive forecast, mean of the series.

    Parameters
    ----------
    forecasts : ndarray of shape (4, n_origins_a_series, horizon)
        In the units of `series`.
    series : ndarray of shape (4, n_timesteps)
        The backtested rows.
    """
    rows = task.window + np.arange(task.origins_a_series)[:, None] + np.arange(task.horizon)
    season_before = rows - SEASON * (1 + np.arange(task.horizon) // SEASON)
    error = np.abs(forecasts - series[:, rows]).mean((1, 2))
    naive = np.abs(series[:, season_before] - series[:, rows]).mean((1, 2))
    return float((error / naive).mean())
