"""Is a forecaster better than no model at all? Its errors beside those of naive forecasts."""

from __future__ import annotations

import warnings

import numpy as np

from sksequence.exceptions import NoSkillWarning
from sksequence.forecasting.baselines import drift_forecasts, naive_forecasts, seasonal_naive_forecasts
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.scaling import moments
from sksequence.forecasting.windows import Windows
from sksequence.sequences.layout import step_rows

__all__ = ["measure_skills", "warn_without_skill"]


def measure_skills(
    panel: Panel, early: Panel, held: Windows, forecasts: np.ndarray, *, seasons: tuple[int, ...]
) -> tuple[dict[str, float], int]:
    """Skill of forecasts against each naive one.

    Parameters
    ----------
    panel : Panel
        All rows.
    early : Panel
        The rows that were learned from.
    held : Windows of `panel`
        Windows whose targets lie behind those rows.
    forecasts : ndarray of shape (n_windows, horizon)
        What the forecaster says, in the units of the data.
    seasons : tuple of int
        Steps that the seasonal naive forecast may repeat; the strongest counts.

    Returns
    -------
    skills : dict of str to float
        ``1 - error / error of the naive forecast``. Errors are mean absolute ones; those of each
        channel are taken in units of the deviation of its training rows, so that series of
        different size count alike.
    season : int
        The strongest of `seasons`.
    """
    targets = held.targets.to_padded()[:, :, 0]
    unit = _deviations(early)[held.channel]
    # A channel that never moved has no scale of its own to be judged on, unless all are like that.
    judged = unit > 0 if (unit > 0).any() else np.ones(len(held), dtype=bool)
    unit = np.where(unit > 0, unit, 1.0)

    def error(values: np.ndarray) -> float:
        return float((np.abs(values - targets).mean(axis=1) / unit)[judged].mean())

    # The naive forecasts look back over everything known at the origin.
    known = (panel.channels.values, panel.channels.starts[held.channel], held.origin + 1, targets.shape[1])
    seasonal = {season: error(seasonal_naive_forecasts(*known, season=season)) for season in seasons}
    season = min(seasonal, key=seasonal.__getitem__)
    naive = {
        "naive": error(naive_forecasts(*known)),
        "seasonal naive": seasonal[season],
        "drift": error(drift_forecasts(*known)),
    }
    network = error(forecasts)
    return {name: 1.0 - network / max(e, 1e-12) for name, e in naive.items()}, season


def warn_without_skill(skills: dict[str, float], n_windows: int, caller: str) -> None:
    """Warn if any naive forecast is better."""
    strongest = min(skills, key=skills.__getitem__)
    skill = skills[strongest]
    if skill < 0:
        name = "".join(word.capitalize() for word in strongest.split())
        times = f"{1 - skill:.3g} times" if skill > -1e3 else "over a thousand times"
        windows = f"{n_windows} held-back window{'' if n_windows == 1 else 's'}"
        warnings.warn(
            f"{caller}: on {windows} the mean absolute error is {times} "
            f"that of the {strongest} forecast (skills_[{strongest!r}] = {skill:.3g}). Do not use this "
            "forecaster as it stands: give it more data, another window or horizon, or forecast with "
            f"{name}Forecaster.",
            NoSkillWarning,
            stacklevel=5,
        )


def _deviations(panel: Panel) -> np.ndarray:
    """Standard deviation of each channel, (n_channels,)."""
    channels = panel.channels
    values = channels.values[step_rows(channels.starts, channels.lengths), 0]
    return moments(values, np.repeat(np.arange(len(channels)), channels.lengths))[1]
