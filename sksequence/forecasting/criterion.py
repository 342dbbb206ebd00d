"""The loss of a batch of forecasts, in which values that are missing do not count."""

from __future__ import annotations

from torch import Tensor, nn

from sksequence.forecasting.outputs import Output
from sksequence.modules.forecast import Forecast

__all__ = ["ForecastLoss"]


class ForecastLoss(nn.Module):
    """Loss of every step of every window, on the scale of the window.

    Parameters
    ----------
    output : Output
        What the network says of a step.
    """

    def __init__(self, output: Output):
        super().__init__()
        self.output = output

    def forward(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Forecasts, and targets (B, H, 1), or (B, H, 2) with their "observed" flags -> losses (B, H)."""
        losses = self.output.loss(forecast, target[..., 0])
        if losses.ndim > target.ndim - 1:
            losses = losses.mean(0)  # over the members of an ensemble
        return losses if target.shape[2] == 1 else losses * target[..., 1]

    def read(self, forecast: Forecast) -> Tensor:
        """Parameters of every step on the value scale, (B, H, n_outputs); the mean over members."""
        parameters = self.output.read(forecast)
        return parameters.mean(0) if parameters.ndim > 3 else parameters
