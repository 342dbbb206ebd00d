"""Is a forecaster better than no model at all? Its errors beside those of simple forecasts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from sksequence.exceptions import NoSkillWarning
from sksequence.forecasting.rules import drift_forecasts, naive_forecasts, seasonal_naive_forecasts
from sksequence.forecasting.scaling import channel_moments
from sksequence.forecasting.task import Task
from sksequence.forecasting.windows import Windows

__all__ = ["Yardstick", "warn_without_skill"]

_LEAST_SKILL = 0.01
# Fewer windows than this tell little about the next one.
_TELLING = 5
# In deviations of the series.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Yardstick:
    """Held-back windows, and the unit in which errors on them count.

    Attributes
    ----------
    task : Task
        All rows.
    held : Windows of the targets of `task`
        Windows whose targets were not learned from.
    targets : ndarray of shape (n_windows, horizon)
        What came, NaN where it is missing.
    unit : ndarray of shape (n_windows,)
        Deviation of the rows that each window's channel was learned from, so that series of different
        size count alike; NaN for windows that do not count.
    """

    task: Task
    held: Windows
    targets: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, task: Task, early: Task, held: Windows) -> Yardstick:
        """The yardstick of windows behind the rows of `early`."""
        unit = channel_moments(early.targets.channels)[1][held.channel]
        # A channel that never moved has no scale of its own to be judged on, unless all are like that.
        unit = np.where(unit > 0, unit, np.nan) if (unit > 0).any() else np.ones(len(unit))
        return cls(task, held, task.actual(held), unit)

    def errors(self, forecasts: np.ndarray) -> np.ndarray:
        """Absolute errors of forecasts (n_windows, horizon), in units of the data, in deviations."""
        return np.abs(forecasts - self.targets) / self.unit[:, None]

    def error(self, forecasts: np.ndarray) -> float:
        """Mean of :meth:`errors`."""
        return float(np.nanmean(self.errors(forecasts)))

    def is_worse(self, forecasts: np.ndarray, others: np.ndarray) -> bool:
        """Whether forecasts are worse than others beyond doubt.

        By two standard errors of the mean difference of a window's errors, counting windows that do
        not overlap: neighbours tell the same.
        """
        counted = ~np.isnan(self.errors(forecasts)).all(axis=1)
        difference = np.nanmean((self.errors(forecasts) - self.errors(others))[counted], axis=1)
        n_apart = counted.sum() / self.targets.shape[1]
        return n_apart > 2 and difference.mean() > 2 * difference.std() / np.sqrt(n_apart)

    def skills(
        self, forecasts: np.ndarray, linear: np.ndarray, *, seasons: tuple[int, ...]
    ) -> tuple[dict[str, float], int]:
        """Skill of forecasts against each simple one.

        Parameters
        ----------
        forecasts, linear : ndarray of shape (n_windows, horizon)
            What the forecaster and a linear one say, in the units of the data.
        seasons : tuple of int
            Steps that the seasonal naive forecast may repeat; the strongest counts.

        Returns
        -------
        skills : dict of str to float
            ``1 - error / error of the simple forecast``.
        season : int
            The strongest of `seasons`.
        """
        channels, held = self.task.targets.channels, self.held
        # The naive forecasts look back over everything known at the origin.
        known = (channels.values, channels.starts[held.channel], held.origin + 1, self.targets.shape[1])
        seasonal = {s: self.error(seasonal_naive_forecasts(*known, season=s)) for s in seasons}
        season = min(seasonal, key=seasonal.__getitem__)
        simple = {
            "naive": self.error(naive_forecasts(*known)),
            "seasonal naive": seasonal[season],
            "drift": self.error(drift_forecasts(*known)),
            "linear": self.error(linear),
        }
        network = self.error(forecasts)
        # Errors that are nothing but rounding are level.
        network = max(network, _ROUNDING)
        return {name: 1.0 - network / max(e, _ROUNDING) for name, e in simple.items()}, season


def warn_without_skill(skills: dict[str, float], season: int, n_windows: int, caller: str) -> None:
    """Warn if any of these skills is negative, or next to nothing: nobody needs a network for that."""
    strongest = min(skills, key=skills.__getitem__)
    skill = skills[strongest]
    if skill < _LEAST_SKILL:
        name = "".join(word.capitalize() for word in strongest.split())
        remedy = f"{name}Forecaster" + (f"(season={season})" if strongest == "seasonal naive" else "")
        times = f"{1 - skill:.4g} times" if skill > -1e3 else "over a thousand times"
        windows = f"{n_windows} held-back window{'' if n_windows == 1 else 's'}"
        if n_windows < _TELLING:
            windows += ", too few to be sure,"
        warnings.warn(
            f"{caller}: on {windows} the mean absolute error is {times} "
            f"that of the {strongest} forecast (skills_[{strongest!r}] = {skill:.3g}). Do not use this "
            "forecaster as it stands: give it more data, a longer window, other seasons or a calendar, or "
            f"forecast with {remedy}.",
            NoSkillWarning,
            stacklevel=6,
        )
