"""The scale of a window: aligned at its end, centred and divided by what it says of itself.

References
----------
Zeng et al. (2023), "Are Transformers Effective for Time Series Forecasting?" (subtracting the last value).
Kim et al. (2022), "Reversible Instance Normalization" (centre and scale of the window, undone at the end).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["WindowNorm", "align_right", "masked_mean"]

_CENTERS = ("last", "season", "window", None)


def align_right(values: Tensor, lengths: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Move right-padded windows so that the last valid step stands last.

    Parameters
    ----------
    values : Tensor of shape (B, T) or (B, T, F)
        Windows, padded on the right.
    lengths : Tensor of shape (B,)
        Valid steps of each window, at least 1.
    size : int
        Steps kept. Longer windows lose their oldest steps, shorter ones are filled with 0 in front.

    Returns
    -------
    aligned : Tensor of shape (B, size) or (B, size, F)
        The windows.
    valid : Tensor of shape (B, size), bool
        False where a step was missing.
    """
    source = lengths[:, None] - size + torch.arange(size, device=values.device)  # (B, size)
    valid = source >= 0
    source = source.clamp_(min=0)
    # A product would let a NaN of the padding through.
    if values.ndim == 2:
        return values.gather(1, source).masked_fill(~valid, 0.0), valid
    aligned = values.gather(1, source[:, :, None].expand(-1, -1, values.shape[2]))
    return aligned.masked_fill(~valid[:, :, None], 0.0), valid


def masked_mean(values: Tensor, valid: Tensor) -> Tensor:
    """Mean over the valid steps of (B, T), as (B, 1)."""
    return (values * valid).sum(1, keepdim=True) / valid.sum(1, keepdim=True)


class WindowNorm(nn.Module):
    """Centre and scale of a window, taken from the window itself.

    Parameters
    ----------
    center : {"last", "season", "window"} or None
        Subtract the last value, the mean of the last season, the mean of the window, or nothing.
    scale : bool
        Divide by the standard deviation of the window.
    season : int
        Steps of a season, for ``center="season"``.
    min_scale : float
        A window whose standard deviation is a smaller share of its mean is flat, and is not divided.
    """

    def __init__(self, center: str | None, scale: bool, season: int = 1, min_scale: float = 1e-5):
        super().__init__()
        if center not in _CENTERS:
            raise ValueError(f"WindowNorm: center is {center!r}, but one of {_CENTERS} is needed.")
        self.center, self.scale, self.season, self.min_scale = center, scale, season, min_scale

    def level(self, aligned: Tensor, valid: Tensor) -> Tensor:
        """Centre (B, 1) of windows (B, L), of whose valid steps the last one always is one."""
        if self.center == "last":
            return aligned[:, -1:]
        if self.center == "season":
            return masked_mean(aligned[:, -self.season :], valid[:, -self.season :])
        if self.center == "window":
            return masked_mean(aligned, valid)
        return torch.zeros_like(aligned[:, :1])

    def forward(self, aligned: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Windows (B, L) whose missing steps in front are 0 -> centre (B, 1) and scale (B, 1)."""
        center = self.level(aligned, valid)
        if not self.scale:
            return center, torch.ones_like(center)
        mean = center if self.center == "window" else masked_mean(aligned, valid)
        deviation = masked_mean((aligned - mean).square(), valid).sqrt()
        moves = deviation > self.min_scale * mean.abs()
        return center, torch.where(moves, deviation, torch.ones_like(deviation))
