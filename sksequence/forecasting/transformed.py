"""Forecasters that work on transformed values: logarithms, or a transformer of scikit-learn."""

from __future__ import annotations

from typing import Any

from sksequence._params import Rule, boolean, none, one_of, param
from sksequence.exceptions import InputError
from sksequence.forecasting.intervals import ProbabilisticForecaster
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.sizes import takes_logarithm
from sksequence.forecasting.transformation import Logarithm, Transformation, Transformers

__all__ = ["TransformingForecaster"]

_METHODS = ("fit", "transform", "inverse_transform")
_TRANSFORMER = Rule(
    lambda value: not isinstance(value, type) and all(hasattr(value, method) for method in _METHODS),
    "a transformer with inverse_transform",
)


class TransformingForecaster(ProbabilisticForecaster):
    """Base of forecasters that transform what they forecast.

    Attributes
    ----------
    transformer_ : tuple of transformers or None
        The clones of `transformer` that were fitted, one for each column of `targets_`; None without one.
    """

    log: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | boolean(),
        doc="""Whether to forecast logarithms. "auto" does so for several series of positive values, unless
        there is a `transformer`.""",
    )
    transformer: Any = param(
        default=None,
        fixed=True,
        rule=none() | _TRANSFORMER,
        doc="""What targets are transformed by before all else, and forecasts, bounds and samples led back
        by: a transformer of scikit-learn that is increasing, such as
        ``PowerTransformer("box-cox", standardize=False)`` or ``FunctionTransformer(np.log1p, np.expm1)``.
        A clone is fitted on the training rows of each column, all series together, see `transformer_`.
        What is forecast is the median of the transformed values, which is that of the values; under a
        squared error it is their mean, which after the way back is not the mean of the values.""",
    )

    def _takes_logarithm(self, targets: Panel, caller: str) -> bool:
        """What `log` comes to."""
        if self.transformer is not None:
            if self.log is True:
                raise InputError(
                    f"{caller}: log=True and transformer={self.transformer!r} came, but one of them comes "
                    "before all else. Leave out log, or join both with make_pipeline, the logarithm as "
                    "FunctionTransformer(np.log, np.exp)."
                )
            return False
        if self.log == "auto":
            return takes_logarithm(targets.channels.compact().values, targets.n_series)
        return bool(self.log)

    def _learned_transformation(self, targets: Panel, log: bool, caller: str) -> Transformation | None:
        """The transformation, its constants learned from these rows; None for none."""
        self.transformer_ = None
        if self.transformer is None:
            return Logarithm() if log else None
        learned = Transformers.learn(self.transformer, targets, caller=caller)
        self.transformer_ = learned.each
        return learned
