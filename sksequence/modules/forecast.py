"""A forecast on the scale of its window, the way back, and its errors."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

__all__ = ["Forecast", "absolute_error", "squared_error"]


class Forecast(NamedTuple):
    """What a segment network gives: a forecast on the window's own scale, and the way back.

    Attributes
    ----------
    z : Tensor of shape (B, H) or (B, H, P)
        Forecast on the normalised scale, of one number or of P numbers a step. Losses are taken here,
        so that every window weighs the same. An ensemble puts an axis of members in front.
    center : Tensor of shape (B, 1)
        What was subtracted from the window, in the units of the window.
    scale : Tensor of shape (B, 1)
        What the window was divided by, in the units of the window; 1 where nothing was.
    """

    z: Tensor
    center: Tensor
    scale: Tensor

    @property
    def values(self) -> Tensor:
        """A forecast of one number a step, in the units of the window, (B, H)."""
        return self.center + self.scale * self.z

    def normalize(self, target: Tensor) -> Tensor:
        """`target` (B, H), in the units of the window, on the scale of `z`."""
        return (target - self.center) / self.scale


def absolute_error(forecast: Forecast, target: Tensor) -> Tensor:
    """Mean absolute error of each sample on the normalised scale, (B,)."""
    return (forecast.z - forecast.normalize(target)).abs().mean(1)


def squared_error(forecast: Forecast, target: Tensor) -> Tensor:
    """Mean squared error of each sample on the normalised scale, (B,)."""
    return (forecast.z - forecast.normalize(target)).square().mean(1)
