"""What the network says of every step: a point, quantiles, or a distribution, as the loss wants it.

The names of losses are scikit-learn's, as in ``HistGradientBoostingRegressor``, and those of distributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtr, ndtri
from torch import Tensor
from torch.nn.functional import softplus

from sksequence.exceptions import ParameterError
from sksequence.forecasting.distributions import (
    UNIT,
    Distribution,
    NegativeBinomial,
    Normal,
    Output,
    StudentT,
    check_counts,
)
from sksequence.modules.forecast import Forecast

__all__ = [
    "DEFAULT_QUANTILES",
    "OUTPUTS",
    "Distribution",
    "Output",
    "Quantiles",
    "check_counts",
    "make_output",
]

DEFAULT_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class Point(Output):
    """One value a step."""

    def read(self, forecast: Forecast) -> Tensor:
        """The forecast, (B, H, 1)."""
        return (forecast.center + forecast.scale * forecast.z)[..., None]


@dataclass(frozen=True)
class AbsoluteError(Point):
    """The median: what minimises the absolute error."""

    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Absolute error, (B, H)."""
        return (forecast.z - forecast.normalize(target)).abs()


@dataclass(frozen=True)
class SquaredError(Point):
    """The mean: what minimises the squared error."""

    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Squared error, (B, H)."""
        return (forecast.z - forecast.normalize(target)).square()


@dataclass(frozen=True)
class Quantiles(Distribution):
    """Quantiles at fixed levels, found by the pinball loss (Koenker & Bassett 1978).

    The network gives the quantile nearest the median and the gaps between neighbours, which are
    positive: quantiles never cross. Between two levels, and beyond the outermost, the quantile is
    linear in the normal score of the level: exact for a normal distribution, and without an end.

    Attributes
    ----------
    levels : tuple of float
        Increasing, between 0 and 1, on both sides of 0.5; two or more.
    """

    levels: tuple[float, ...] = DEFAULT_QUANTILES

    @property
    def n_outputs(self) -> int:
        """One number a level."""
        return len(self.levels)

    @property
    def _scores(self) -> np.ndarray:
        """Standard normal quantiles of the levels."""
        return ndtri(np.array(self.levels))

    @property
    def _base(self) -> int:
        """The level nearest the median."""
        return int(np.argmin(np.abs(np.array(self.levels) - 0.5)))

    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Pinball loss, averaged over the levels, (B, H)."""
        error = forecast.normalize(target)[..., None] - self._normalised(forecast)
        levels = error.new_tensor(self.levels)
        return torch.maximum(levels * error, (levels - 1) * error).mean(-1)

    def read(self, forecast: Forecast) -> Tensor:
        """Quantiles in the order of the levels, (B, H, n_levels)."""
        return forecast.center[..., None] + forecast.scale[..., None] * self._normalised(forecast)

    def _normalised(self, forecast: Forecast) -> Tensor:
        """Quantiles on the normalised scale, (B, H, n_levels)."""
        z, base = forecast.z.float(), self._base
        # Gaps begin as those of a standard normal distribution.
        gaps = z.new_tensor(np.diff(self._scores)) * softplus(z[..., 1:] + UNIT)
        above = z[..., :1] + gaps[..., base:].cumsum(-1)
        below = z[..., :1] - gaps[..., :base].flip(-1).cumsum(-1).flip(-1)
        return torch.cat([below, z[..., :1], above], -1)

    def quantile(self, parameters: np.ndarray, u: np.ndarray | float) -> np.ndarray:
        """Quantiles at any level, see :meth:`Distribution.quantile`."""
        score = np.asarray(ndtri(u), dtype=float)
        k = np.clip(np.searchsorted(self._scores, score, side="right") - 1, 0, len(self.levels) - 2)
        low, high = _neighbours(parameters, k)
        share = (score - self._scores[k]) / np.diff(self._scores)[k]
        return low + share * (high - low)

    def cdf(self, parameters: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        """Probability of at most `y`, see :meth:`Distribution.cdf`."""
        y = np.asarray(y, dtype=float)
        k = np.clip((parameters <= y[..., np.newaxis]).sum(-1) - 1, 0, len(self.levels) - 2)
        low, high = _neighbours(parameters, k)
        # Where quantiles coincide, all that lies outside has probability 0.
        end = np.where(y < low, -np.inf, np.inf)
        share = np.divide(y - low, high - low, out=end, where=high > low)
        return ndtr(self._scores[k] + share * np.diff(self._scores)[k])


def _neighbours(quantiles: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles k and k + 1 of (..., n_levels), k being broadcast against (...)."""
    shape = np.broadcast_shapes(quantiles.shape[:-1], k.shape)
    quantiles = np.broadcast_to(quantiles, (*shape, quantiles.shape[-1]))
    index = np.broadcast_to(k, shape)[..., np.newaxis]
    low, high = (np.take_along_axis(quantiles, index + i, axis=-1)[..., 0] for i in (0, 1))
    return low, high


OUTPUTS: dict[str, type[Output]] = {
    "absolute_error": AbsoluteError,
    "squared_error": SquaredError,
    "quantile": Quantiles,
    "normal": Normal,
    "student_t": StudentT,
    "negative_binomial": NegativeBinomial,
}


def make_output(
    loss: str, quantiles: Sequence[float] = DEFAULT_QUANTILES, *, caller: str = "make_output"
) -> Output:
    """The output that goes with a loss.

    Parameters
    ----------
    loss : str
        A name in `OUTPUTS`.
    quantiles : sequence of float
        Levels of ``loss="quantile"``, in any order; the other losses have none.
    caller : str
        Who asks, for the error.

    Returns
    -------
    output : Output

    Raises
    ------
    ParameterError
        If there is no such loss, or the levels are not two or more different numbers between 0 and 1,
        on both sides of 0.5.

    Examples
    --------
    >>> from sksequence.forecasting.outputs import make_output
    >>> make_output("normal")
    Normal()
    >>> make_output("quantile", (0.9, 0.1)).levels
    (0.1, 0.9)
    """
    if loss not in OUTPUTS:
        raise ParameterError(
            f"{caller}: loss={loss!r} came, but one of {tuple(OUTPUTS)} is needed. Pass one of these names."
        )
    if loss != "quantile":
        return OUTPUTS[loss]()
    levels = tuple(sorted(float(level) for level in quantiles))
    inside = all(0 < level < 1 for level in levels)
    if len(set(levels)) < max(2, len(levels)) or not inside or not levels[0] <= 0.5 <= levels[-1]:
        raise ParameterError(
            f"{caller}: quantiles={quantiles!r} came, but two or more different levels between 0 and 1, on "
            f"both sides of the median, are needed. Pass such as {DEFAULT_QUANTILES}."
        )
    return Quantiles(levels)
