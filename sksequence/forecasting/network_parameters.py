"""The parameters of forecasters that are networks."""

from __future__ import annotations

from typing import Any

from sksequence._params import boolean, instance_of, integer, iterable_of, none, number, one_of, param
from sksequence.engine import RecurrentEstimator
from sksequence.forecasting.outputs import DEFAULT_QUANTILES, OUTPUTS
from sksequence.forecasting.transformed import TransformingForecaster

__all__ = ["NetworkParameters"]

_COLUMNS = instance_of(str, int, list, tuple, words="a column or a list of columns")


class NetworkParameters(RecurrentEstimator, TransformingForecaster):
    """Base of forecasters that are networks: what can be asked of them."""

    known_future: Any = param(
        default=None,
        fixed=True,
        rule=none() | _COLUMNS,
        doc="""Columns known ahead, such as plans, prices or holidays: their coming values are read too, and
        passed to `predict` as `future`. Columns of X that are neither targets nor named here or in
        `static` are read up to the present.""",
    )
    static: Any = param(
        default=None, fixed=True, rule=none() | _COLUMNS, doc="Columns that are constant within each series."
    )
    calendar: Any = param(
        default=None,
        fixed=True,
        rule=none()
        | one_of("auto")
        | iterable_of(instance_of(str, words="a feature"), words="a tuple of features"),
        doc="""Features of the index, known ahead by nature, see :class:`~sksequence.CalendarFeatures`. "auto"
        takes those that go with its step, None takes none.""",
    )
    window: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | integer(1),
        doc="""Look-back, in time steps. "auto" takes 3 to 30 seasons, by the amount of data; the outcome is
        in `window_`.""",
    )
    segment: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | integer(1),
        doc="""Time steps that the network reads, and writes, in one recurrent step (Lin et al. 2023). 1 is
        the plain step-by-step network; "auto" makes 3 to 15 segments of a window; see `segment_`.""",
    )
    strategy: str = param(
        default="direct",
        fixed=True,
        rule=one_of("direct", "recursive"),
        doc=""""direct" forecasts all steps at once. "recursive" forecasts one segment, reads it as if it had
        been observed, and so on; past-only covariates keep their last value meanwhile.""",
    )
    seasons: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | none() | integer(2) | iterable_of(integer(2), words="a tuple of such"),
        doc="""Season lengths, in time steps, whose copies a gated branch adds to the forecast. "auto" finds
        them in the index and the data; None has none; the outcome is in `seasons_`.""",
    )
    hidden_size: Any = param(
        default="auto",
        rule=one_of("auto") | integer(1),
        doc='Width of the hidden state; "auto" is 64 or, for much data, 128.',
    )
    n_members: int = param(
        default=1,
        fixed=True,
        rule=integer(1),
        doc="Networks trained side by side from different initial weights; the forecast is their mean.",
    )
    loss: str = param(
        default="absolute_error",
        fixed=True,
        rule=one_of(*OUTPUTS),
        doc="""What the network learns. "absolute_error" and "squared_error" give a point; "quantile" the
        quantiles in `quantiles`; "normal", "student_t" and, for counts, "negative_binomial" the parameters
        of a distribution (Salinas et al. 2020). Intervals are calibrated with any of them.""",
    )
    quantiles: Any = param(
        default=DEFAULT_QUANTILES,
        fixed=True,
        rule=iterable_of(number(above=0, below=1), words="a tuple of numbers between 0 and 1"),
        doc='Levels learned with ``loss="quantile"``.',
    )
    normalization: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto", "window", "series") | none(),
        doc=""""window": each window is centred and divided by its own deviation, and the forecast put back
        (Kim et al. 2022). "series": columns are scaled by the training rows of all series together, for
        series of like size, and a window loses only its last value. None: values are read as they are.
        "auto" is "window" for several series and for counts, "series" otherwise.""",
    )
    linear: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | number(0, most=1),
        doc="""Share of a ridge regression on the same window in the forecast (combined forecasts: Bates &
        Granger 1969). "auto" is one half for one series or table, but with covariates only if that does
        better on held-back rows than the network alone, and if the columns known ahead change in these; and
        0 for several series. See `linear_share_`.""",
    )
    dropout: float = param(
        default=0.1, rule=number(0, below=1), doc="Share of values dropped before the output."
    )
    weight_decay: float = param(default=1e-4, rule=number(0), doc="Decoupled weight decay of matrices.")
    warmup: float = param(
        default=0.2, rule=number(0, most=1), doc="Share of the steps over which `lr` rises."
    )
    validation_fraction: Any = param(
        default=0.1,
        rule=none() | number(above=0, below=1),
        doc="""Share of the latest rows held back to measure `skill_`, to calibrate intervals, and for
        `early_stopping`; more, up to a third, so that 20 horizons of all series together and four of each
        fit, or, where no second training gets the rows back, four. None measures nothing and trains once;
        so do series of at most two horizons.""",
    )
    refit: bool = param(
        default=True,
        rule=boolean(),
        doc="""Whether to train anew on all rows once `skill_` is measured, so that forecasts know the latest
        rows; takes twice the time. With `early_stopping` there is no second training, and a warm start
        has only this one: it keeps the `skill_` of the first fit.""",
    )
