"""Distributions of every step, as the network gives them and as NumPy reads them.

An output is split into what torch does, once a batch, and what NumPy does with the parameters that were
read. The parameters stand on the *value scale*, the scale of the network's inputs; the way from there to
units is increasing, so that quantiles may be taken on either side of it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from scipy import stats
from scipy.special import ndtr, ndtri
from torch import Tensor, distributions
from torch.nn.functional import softplus

from sksequence.exceptions import InputError
from sksequence.modules.forecast import Forecast

__all__ = ["UNIT", "Distribution", "NegativeBinomial", "Normal", "Output", "StudentT", "check_counts"]

# softplus(UNIT) = 1: a layer whose outputs begin near 0 begins with a unit scale.
UNIT = math.log(math.e - 1)
# No scale is smaller, in units of the window's own: a series without noise would have none.
_LEAST_SCALE = 1e-3
_LEAST_SPREAD = 1e-6
_LEAST_MEAN = 1e-6
_LEAST_DISPERSION = 1e-8


class Output(ABC):
    """What is said of every step, and how it is judged.

    Attributes
    ----------
    locations : tuple of int
        Which of the `n_outputs` are values, to which the seasonal branch is added; the others are gaps,
        widths and shapes.
    is_distribution : bool
        Whether there is a distribution, a :class:`Distribution`, and not only a point.
    """

    locations: ClassVar[tuple[int, ...]] = (0,)
    is_distribution: ClassVar[bool] = False

    @property
    def n_outputs(self) -> int:
        """Numbers a step that the network gives."""
        return 1

    @abstractmethod
    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """How wrong a forecast is, step by step.

        Parameters
        ----------
        forecast : Forecast
            `z` of shape (B, H) for one output a step, (B, H, n_outputs) for more. Further axes in front,
            such as that of an ensemble's members, stay in front.
        target : Tensor of shape (B, H)
            What came, finite, on the value scale.

        Returns
        -------
        loss : Tensor of shape (B, H)
            On the normalised scale of the window, so that every window weighs the same.
        """

    @abstractmethod
    def read(self, forecast: Forecast) -> Tensor:
        """Parameters of every step on the value scale, (B, H, n_outputs)."""

    def point(self, parameters: np.ndarray) -> np.ndarray:
        """The forecast (..., H) of `parameters` (..., H, n_outputs).

        The median; under a squared error the mean. On a scale of logarithms this is the mean of the
        logarithms, which comes near the median of the values, not their mean.
        """
        return parameters[..., 0]

    def shift(self, parameters: np.ndarray, by: np.ndarray | float) -> np.ndarray:
        """Parameters (..., H, n_outputs) whose location is moved by `by` (..., H)."""
        return parameters + np.asarray(by)[..., np.newaxis]


class Distribution(Output):
    """An output from which probabilities follow."""

    is_distribution: ClassVar[bool] = True

    @abstractmethod
    def quantile(self, parameters: np.ndarray, u: np.ndarray | float) -> np.ndarray:
        """Values that are not exceeded with probability `u`.

        Parameters
        ----------
        parameters : ndarray of shape (..., n_outputs)
            What :meth:`read` gave.
        u : float or array-like
            Levels between 0 and 1, both excluded; broadcast against ``parameters[..., 0]``. For k levels
            of each step pass ``parameters[..., None, :]``.

        Returns
        -------
        values : ndarray of the shape of the broadcast
        """

    @abstractmethod
    def cdf(self, parameters: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        """Probability of a value of at most `y`, which is broadcast against ``parameters[..., 0]``."""

    def point(self, parameters: np.ndarray) -> np.ndarray:
        """The median (..., H) of `parameters` (..., H, n_outputs)."""
        return self.quantile(parameters, 0.5)

    def spread(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances from the median to the quantiles 0.05 and 0.95, both positive, each (..., H)."""
        lower, median, upper = (self.quantile(parameters, u) for u in (0.05, 0.5, 0.95))
        return np.maximum(median - lower, _LEAST_SPREAD), np.maximum(upper - median, _LEAST_SPREAD)


@dataclass(frozen=True)
class Normal(Distribution):
    """A normal distribution; parameters: loc, scale."""

    @property
    def n_outputs(self) -> int:
        """Two numbers a step."""
        return 2

    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Negative log-likelihood on the normalised scale, (B, H)."""
        z = forecast.z.float()
        normal = distributions.Normal(z[..., 0], _scale_of(z[..., 1]), validate_args=False)
        return -normal.log_prob(forecast.normalize(target))

    def read(self, forecast: Forecast) -> Tensor:
        """Loc and scale, (B, H, 2)."""
        z = forecast.z.float()
        loc = forecast.center + forecast.scale * z[..., 0]
        return torch.stack([loc, forecast.scale * _scale_of(z[..., 1])], -1)

    def quantile(self, parameters: np.ndarray, u: np.ndarray | float) -> np.ndarray:
        """Quantiles, see :meth:`Distribution.quantile`."""
        return parameters[..., 0] + parameters[..., 1] * ndtri(u)

    def cdf(self, parameters: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        """Probability of at most `y`, see :meth:`Distribution.cdf`."""
        return ndtr((y - parameters[..., 0]) / parameters[..., 1])

    def point(self, parameters: np.ndarray) -> np.ndarray:
        """The median (..., H), which is the mean."""
        return parameters[..., 0]

    def shift(self, parameters: np.ndarray, by: np.ndarray | float) -> np.ndarray:
        """Parameters with another loc, see :meth:`Output.shift`."""
        return _moved(parameters, 0, by)


@dataclass(frozen=True)
class StudentT(Distribution):
    """Student's t distribution, for errors with outliers; parameters: df, loc, scale.

    The degrees of freedom lie between 2, so that there is a variance, and 100, which can no longer be
    told from a normal distribution; they begin at 10.
    """

    @property
    def n_outputs(self) -> int:
        """Three numbers a step."""
        return 3

    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Negative log-likelihood on the normalised scale, (B, H)."""
        df, loc, scale = self._normalised(forecast)
        return -distributions.StudentT(df, loc, scale, validate_args=False).log_prob(
            forecast.normalize(target)
        )

    def read(self, forecast: Forecast) -> Tensor:
        """Degrees of freedom, loc and scale, (B, H, 3)."""
        df, loc, scale = self._normalised(forecast)
        return torch.stack([df, forecast.center + forecast.scale * loc, forecast.scale * scale], -1)

    @staticmethod
    def _normalised(forecast: Forecast) -> tuple[Tensor, Tensor, Tensor]:
        z = forecast.z.float()
        df = 2.01 + 97.99 * torch.sigmoid(z[..., 2] - math.log(90 / 7.99))
        return df, z[..., 0], _scale_of(z[..., 1])

    def quantile(self, parameters: np.ndarray, u: np.ndarray | float) -> np.ndarray:
        """Quantiles, see :meth:`Distribution.quantile`."""
        df, loc, scale = np.moveaxis(parameters, -1, 0)
        return stats.t.ppf(u, df, loc, scale)

    def cdf(self, parameters: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        """Probability of at most `y`, see :meth:`Distribution.cdf`."""
        df, loc, scale = np.moveaxis(parameters, -1, 0)
        return stats.t.cdf(y, df, loc, scale)

    def point(self, parameters: np.ndarray) -> np.ndarray:
        """The median (..., H), which is the mean."""
        return parameters[..., 1]

    def shift(self, parameters: np.ndarray, by: np.ndarray | float) -> np.ndarray:
        """Parameters with another loc, see :meth:`Output.shift`."""
        return _moved(parameters, 1, by)


@dataclass(frozen=True)
class NegativeBinomial(Distribution):
    """A negative binomial distribution of counts; parameters: mean, dispersion.

    The variance is ``mean + dispersion * mean**2`` (Hilbe 2011, the form NB2; Salinas et al. 2020).
    The value scale must be that of the counts.
    """

    @property
    def n_outputs(self) -> int:
        """Two numbers a step."""
        return 2

    def loss(self, forecast: Forecast, target: Tensor) -> Tensor:
        """Negative log-likelihood of the count itself, (B, H)."""
        # In double precision: differences of log-gamma functions of a large count lose all digits in single.
        mean, dispersion = (p.double() for p in self._parameters(forecast))
        counts = distributions.NegativeBinomial(
            1 / dispersion, logits=(mean * dispersion).log(), validate_args=False
        )
        return -counts.log_prob(target.double()).float()

    def read(self, forecast: Forecast) -> Tensor:
        """Mean and dispersion, (B, H, 2)."""
        return torch.stack(self._parameters(forecast), -1)

    @staticmethod
    def _parameters(forecast: Forecast) -> tuple[Tensor, Tensor]:
        z, scale = forecast.z.float(), forecast.scale
        # Nearly the value itself where it exceeds the deviation of the window, and never negative.
        mean = scale * softplus(forecast.center / scale + z[..., 0]) + _LEAST_MEAN
        # Windows that move little for their level are less dispersed; rare counts are so as they are.
        dispersion = softplus(z[..., 1] + UNIT) * scale / (mean + scale)
        return mean, dispersion + _LEAST_DISPERSION

    def quantile(self, parameters: np.ndarray, u: np.ndarray | float) -> np.ndarray:
        """The least counts with at least the probability `u`, see :meth:`Distribution.quantile`."""
        return stats.nbinom.ppf(u, *_successes(parameters))

    def cdf(self, parameters: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        """Probability of at most `y`, see :meth:`Distribution.cdf`."""
        return stats.nbinom.cdf(y, *_successes(parameters))

    def shift(self, parameters: np.ndarray, by: np.ndarray | float) -> np.ndarray:
        """Parameters with another mean, which stays positive, see :meth:`Output.shift`."""
        moved = _moved(parameters, 0, by)
        moved[..., 0] = np.maximum(moved[..., 0], _LEAST_MEAN)
        return moved

    def spread(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As :meth:`Distribution.spread`, each count being spread evenly over the unit below it.

        Quantiles of rare counts may all be 0, and errors could not be told in units of their distance.
        """
        counts = stats.nbinom(*_successes(parameters))

        def quantile(u: float) -> np.ndarray:
            count = counts.ppf(u)
            return count - (counts.cdf(count) - u) / counts.pmf(count)

        lower, median, upper = (quantile(u) for u in (0.05, 0.5, 0.95))
        return np.maximum(median - lower, _LEAST_SPREAD), np.maximum(upper - median, _LEAST_SPREAD)


def _scale_of(z: Tensor) -> Tensor:
    """A positive scale that is 1 for z = 0, and linear in z where it is large."""
    return softplus(z + UNIT) + _LEAST_SCALE


def _moved(parameters: np.ndarray, position: int, by: np.ndarray | float) -> np.ndarray:
    """A copy of the parameters with `by` added to one of them."""
    moved = np.array(parameters)
    moved[..., position] += by
    return moved


def _successes(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number and probability of successes, as SciPy and torch count them, of mean and dispersion."""
    mean, dispersion = np.moveaxis(np.asarray(parameters, dtype=float), -1, 0)
    return 1 / dispersion, 1 / (1 + mean * dispersion)


def check_counts(values: np.ndarray, caller: str) -> None:
    """Refuse what is no count.

    Parameters
    ----------
    values : ndarray of any shape
        In the units of the data; NaN is a missing value, and passes.
    caller : str
        Who asks, for the error.

    Raises
    ------
    InputError
        If a value is negative, infinite or not whole.
    """
    values = np.asarray(values)
    wrong = (values < 0) | np.isinf(values) | (values != np.round(values)) & ~np.isnan(values)
    if wrong.any():
        raise InputError(
            f"{caller}: {np.count_nonzero(wrong)} of {values.size} values are negative or not whole, the "
            f"first of them {values[wrong][0]:g}, but loss='negative_binomial' needs counts 0, 1, 2, ... "
            "Choose another loss, such as 'quantile'."
        )
