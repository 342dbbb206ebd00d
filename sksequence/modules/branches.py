"""What is added to a recurrent forecast: copies of the last seasons, and effects of columns known ahead."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sksequence.modules.cells import new_linear

__all__ = ["CovariateBranch", "SeasonalBranch"]

# Units of the step-by-step effect of covariates.
_EFFECT_UNITS = 32


class SeasonalBranch(nn.Module):
    """Gated copies of the window's last whole seasons, continued over the horizon.

    Each season is split into its level (mean) and its shape (season minus level). Three learned
    scalars per season length weigh the last shape, the mean shape and the last level.

    Parameters
    ----------
    seasons : sequence of int
        Season lengths, in steps. Those that do not fit in `window` are ignored.
    window, horizon : int
        Steps read and steps forecast.
    """

    def __init__(self, seasons: Sequence[int], window: int, horizon: int):
        super().__init__()
        self.seasons = tuple(season for season in seasons if 1 < season <= window)
        self.horizon = horizon
        gates = torch.zeros(len(self.seasons), 3)
        # Half a seasonal naive forecast to start from, which training then turns up or down.
        gates[:1] = 0.5
        self.gates = nn.Parameter(gates)

    def forward(self, z: Tensor, valid: Tensor) -> Tensor:
        """Normalised windows (B, L) and their valid steps -> (B, H)."""
        total = z.new_zeros(z.shape[0], self.horizon)
        for gates, season in zip(self.gates, self.seasons, strict=True):
            one_season = self._one_season(z, valid, season, gates)  # (B, season)
            copies = math.ceil(self.horizon / season)
            total = total + one_season.repeat(1, copies)[:, : self.horizon]
        return total

    @staticmethod
    def _one_season(z: Tensor, valid: Tensor, season: int, gates: Tensor) -> Tensor:
        n_seasons = z.shape[1] // season
        stacked = z[:, -n_seasons * season :].unflatten(1, (n_seasons, season))  # (B, n, season)
        # Only whole seasons count; a window without one gets nothing from this branch.
        whole = valid[:, -n_seasons * season :: season].to(z.dtype)[:, :, None]  # (B, n, 1)
        level = stacked.mean(2, keepdim=True)  # (B, n, 1)
        shape = (stacked - level) * whole
        mean_shape = shape.sum(1) / whole.sum(1).clamp(min=1)  # (B, season)
        return gates[0] * shape[:, -1] + gates[1] * mean_shape + gates[2] * (level * whole)[:, -1]


class CovariateBranch(nn.Module):
    """What columns known ahead do to each step by themselves: a small network, step by step.

    The network takes its effect out of the window and puts it into the forecast, so that what repeats is
    found in what is left, and no season copies the promotion of last week.

    Parameters
    ----------
    n_future, n_static : int
        Columns known ahead, and constants of a series.
    generator : torch.Generator
        Source of the initial weights.
    """

    def __init__(self, n_future: int, n_static: int, *, generator: torch.Generator):
        super().__init__()
        self.hidden = new_linear(n_future + n_static, _EFFECT_UNITS, generator=generator)
        self.effect = new_linear(_EFFECT_UNITS, 1, generator=generator)

    def forward(self, known: Tensor, static: Tensor | None) -> Tensor:
        """Known columns (B, T, K) and constants (B, S) -> effects on the normalised scale, (B, T)."""
        if static is not None:
            known = torch.cat([known, static[:, None].expand(-1, known.shape[1], -1)], dim=-1)
        return self.effect(torch.relu(self.hidden(known)))[..., 0]
