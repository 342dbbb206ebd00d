"""A copy of a fitted forecaster's network that can be asked how it came to its forecasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sksequence.engine import Examples, Probe
from sksequence.modules import valid_steps
from sksequence.modules.segments import Ensemble

__all__ = ["ForecastProbe"]


class ForecastProbe(Probe):
    """A copy of a forecaster's network, asked about windows.

    The steps of a window, and the forecasts that follow it, are given on the scale of the window itself:
    mean 0, deviation 1. So windows of any level weigh the same.

    Parameters
    ----------
    module : torch.nn.Module
        Gives a :class:`~sksequence.modules.forecast.Forecast`.
    examples : Examples
        Windows, the target first, and what stands beside them.
    n_outputs : int
        Numbers that the network gives for a step; the first one is, or moves with, the point forecast.
    share : float
        Share of the linear forecast.
    coefficients : ndarray of shape (window, horizon) or None
        Of the linear forecast, where it has a share.
    loss : callable or None
        As in :class:`~sksequence.engine.Probe`.
    """

    def __init__(
        self,
        module: nn.Module,
        examples: Examples,
        *,
        n_outputs: int,
        share: float,
        coefficients: np.ndarray | None,
        loss: Callable[[Any, Tensor, Tensor], Tensor] | None = None,
    ):
        super().__init__(module, examples, lambda outputs, lengths: outputs, loss)
        self.n_outputs, self.share = n_outputs, share
        self.coefficients = (
            None
            if coefficients is None
            else torch.as_tensor(coefficients, dtype=torch.float32, device=self.device)
        )

    def _take_entry(self) -> nn.Module:
        return nn.Identity()  # windows are read as they are

    @property
    def _network(self) -> Any:
        """The network, or the first one of an ensemble."""
        return next(iter(self.module.members)) if isinstance(self.module, Ensemble) else self.module

    @property
    def step_size(self) -> int:
        """Time steps of a segment."""
        return int(self._network.segment)

    def n_steps(self, inputs: dict[str, Tensor]) -> Tensor:
        """Segments of a window, (B,): all, since a short window is filled up in front."""
        return torch.full_like(inputs["lengths"], self._network.n_segments_in)

    def steps(self, inputs: dict[str, Tensor]) -> Tensor:
        """Standardised windows of the target, (B, T, 1)."""
        mean, scale = _moments(inputs)
        return (inputs["values"][:, :, :1] - mean) / scale

    def outputs(self, steps: Tensor, inputs: dict[str, Tensor]) -> Tensor:
        """Point forecasts (B, H) after windows whose target is `steps`, on the scale of the window."""
        mean, scale = _moments(inputs)
        target = mean + scale * steps
        values = torch.cat([target, inputs["values"][:, :, 1:]], dim=-1)
        forecast = self.module(**(inputs | {"values": values}))
        z = forecast.z[..., 0] if self.n_outputs > 1 else forecast.z
        if z.ndim > 2:
            z = z.mean(0)  # over the members of an ensemble
        location = forecast.center + forecast.scale * z
        if self.coefficients is not None:
            location = location + self.share * (self._linear(target, inputs["lengths"]) - location)
        return (location - mean[:, 0]) / scale[:, 0]

    def _linear(self, target: Tensor, lengths: Tensor) -> Tensor:
        """The linear forecast of windows (B, T, 1): (B, H)."""
        assert self.coefficients is not None
        n = len(self.coefficients)
        # Steps missing from a short window count as its first value.
        source = (lengths[:, None] - n + torch.arange(n, device=target.device)).clamp(min=0)
        window = target[:, :, 0].gather(1, source)
        last = window[:, -1:]
        return last + (window - last) @ self.coefficients


def _moments(inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each window of the target, both (B, 1, 1); 1 for a window that never moves."""
    target = inputs["values"][:, :, 0]
    valid = valid_steps(inputs["lengths"], target.shape[1])
    n = inputs["lengths"][:, None]
    mean = (target * valid).sum(1, keepdim=True) / n
    deviation = (((target - mean) * valid).square().sum(1, keepdim=True) / n).sqrt()
    scale = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
    return mean[:, :, None], scale[:, :, None]
