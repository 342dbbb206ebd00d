"""Recurrent forecasters: the next steps of one series, of several columns, or of many series."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted
from torch import nn

from sksequence._params import boolean, instance_of, integer, iterable_of, none, number, one_of, param
from sksequence.engine import Examples, GRUCell, LSTMCell, RecurrentEstimator, RNNCell, plan, with_callbacks
from sksequence.exceptions import InputError, SequenceTooShortError
from sksequence.forecasting.backtests import backtest_table
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.scaling import Scaling
from sksequence.forecasting.seasons import choose_seasons, season_strength
from sksequence.forecasting.series import read_series
from sksequence.forecasting.sizes import Sizes, choose_sizes, takes_logarithm
from sksequence.forecasting.skill import measure_skills, warn_without_skill
from sksequence.forecasting.windows import Windows, training_windows, windows_between
from sksequence.modules.segments import Forecast, SegmentNetwork
from sksequence.sequences import SequenceArray

__all__ = ["GRUForecaster", "LSTMForecaster", "RNNForecaster"]


class WindowLoss(nn.Module):
    """Absolute error of every step on the scale of its window."""

    def forward(self, forecast: Forecast, target: torch.Tensor) -> torch.Tensor:
        """Forecasts, and targets (B, H, 1) or (B, H) on the scale of the input -> errors (B, H)."""
        return (forecast.z - forecast.normalize(target.flatten(1))).abs()


def forecast_values(forecast: Forecast) -> torch.Tensor:
    """What a forecast says on the scale of the input, (B, H)."""
    return forecast.values


class SequenceForecaster(RecurrentEstimator):
    """Base of the forecasters: windows of every column in, the next `horizon` steps out.

    Attributes
    ----------
    skill_ : float
        1 minus the error on held-back windows over that of the seasonal naive forecast.
    skills_ : dict of str to float
        The same against each naive forecast: "naive", "seasonal naive" and "drift".
    window_, segment_, hidden_size_ : int
        What "auto" came to.
    seasons_ : tuple of int
        Seasons of the seasonal branch, in time steps; empty for none.
    season_ : int
        Season of the strongest seasonal naive forecast; 1 for none. Only where `skill_` is measured.
    normalization_ : str or None
        What "auto" came to.
    scaling_ : Scaling
        Constants that columns are scaled by.
    context_ : Panel
        The latest `window_` rows, from which `predict` goes on.
    """

    window: Any = param(
        "auto",
        one_of("auto") | integer(1),
        """Look-back, in time steps. "auto" takes 3 to 30 seasons, by the amount of data; the outcome is
        in `window_`.""",
    )
    horizon: int = param(1, integer(1), "Time steps to forecast, all at once.")
    target: Any = param(
        None,
        none() | instance_of(str, int, list, tuple, words="a column or a list of columns"),
        """Columns to forecast, by name or position; None forecasts them all. The others are not used.""",
    )
    segment: Any = param(
        "auto",
        one_of("auto") | integer(1),
        """Time steps that the network reads, and writes, in one recurrent step (Lin et al. 2023). 1 is
        the plain step-by-step network; "auto" makes 3 to 15 segments of a window; see `segment_`.""",
    )
    seasons: Any = param(
        "auto",
        one_of("auto") | none() | integer(2) | iterable_of(integer(2), words="a tuple of such"),
        """Season lengths, in time steps, whose copies a gated branch adds to the forecast. "auto" finds
        them in the index and the data; None has none; the outcome is in `seasons_`.""",
    )
    hidden_size: Any = param(
        "auto", one_of("auto") | integer(1), 'Width of the hidden state; "auto" is 64 or, for much data, 128.'
    )
    normalization: Any = param(
        "auto",
        one_of("auto", "window", "series") | none(),
        """"window": each window is centred and divided by its own deviation, and the forecast put back
        (Kim et al. 2022). "series": columns are scaled by the training rows of all series together, for
        series of like size, and a window loses only its last value. None: values are read as they are.
        "auto" is "window" for several series, "series" for one.""",
    )
    log: Any = param(
        "auto",
        one_of("auto") | boolean(),
        'Whether to forecast logarithms. "auto" does so for several series of positive values.',
    )
    dropout: float = param(0.1, number(0, below=1), "Share of values dropped before the output.")
    weight_decay: float = param(1e-4, number(0), "Decoupled weight decay of matrices.")
    warmup: float = param(0.2, number(0, most=1), "Share of the steps over which `lr` rises.")
    validation_fraction: Any = param(
        0.1,
        none() | number(above=0, below=1),
        """Share of the latest rows, at least one horizon, held back to measure `skill_`, and for
        `early_stopping`. None measures nothing and trains once; so do series of at most two horizons.""",
    )
    refit: bool = param(
        True,
        boolean(),
        """Whether to train anew on all rows once `skill_` is measured, so that forecasts know the latest
        rows; takes twice the time. With `early_stopping` there is no second training, and a warm start
        has only this one: it keeps the `skill_` of the first fit.""",
    )

    # ------------------------------------------------------------------ fitting
    @with_callbacks
    def fit(self, X, y=None):
        """Train on all windows of the series.

        Parameters
        ----------
        X : array-like
            Rows are time steps, earliest first: an array or Series (n_timesteps,), an array or DataFrame
            (n_timesteps, n_features), or several series: a list of those, an array (n_series,
            n_timesteps, n_features), a SequenceArray, a DataFrame with an index of (series, time).
        y : None
            Not used: the targets are the later rows of X itself.

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If X cannot be read: not finite, an irregular index, other columns.
        SequenceTooShortError
            If no series is longer than `horizon`.
        NonFiniteLossError
            If training diverged.

        Warns
        -----
        NoSkillWarning
            If a naive forecast has the smaller error on held-back rows.
        """
        self._check_parameters()
        caller = f"{type(self).__name__}.fit"
        if y is not None:
            warnings.warn(
                f"{caller}: a y of {len(y)} rows came, but a forecaster learns from the later rows of X. Put "
                "what is to be forecast into X, and name it with `target`.",
                UserWarning,
                stacklevel=3,
            )
        panel = self._read(X, caller, reset=True)
        self._refuse_short(panel, caller)
        continues = self.warm_start and hasattr(self, "net_")
        twice = self.refit and not self.early_stopping
        # A network that has learned from all rows cannot be measured on some of them.
        early = None if continues and twice else self._before_tail(panel, caller)
        if not continues:
            self._forget()
        # Whether logarithms exist is a matter of the quantity, not of its latest course.
        log = (
            takes_logarithm(panel.channels.compact().values, panel.n_series)
            if self.log == "auto"
            else self.log
        )
        if early is not None:
            self._learn(early, X, caller, fresh=not continues, log=log, whole=panel)
            self._measure_skill(panel, early, caller)
        if early is None or (twice and not self.net_.interrupted_):
            self._learn(panel, X, caller, fresh=not continues, log=log)
        self.context_ = panel.tail(self.window_).copy()
        return self

    def _refuse_short(self, panel: Panel, caller: str) -> None:
        longest = int(panel.lengths.max())
        if longest <= self.horizon:
            raise SequenceTooShortError(
                f"{caller}: the longest series has {longest} time step(s), n_samples = {longest}, but more "
                f"than horizon = {self.horizon} are needed to learn from. Give longer series or a shorter "
                "horizon."
            )

    def _forget(self) -> None:
        """Drop what an earlier fit measured: this one may measure nothing."""
        for name in ("skill_", "skills_", "season_"):
            self.__dict__.pop(name, None)

    def _read(self, X, caller: str, *, reset: bool = False) -> Panel:
        line = None if reset else self.context_.timelines[0]
        panel = read_series(X, caller=caller, step=line and line.step)
        if reset:
            self.n_features_in_ = panel.n_columns
            self._columns_in = panel.columns if panel.named else None
            self.__dict__.pop("feature_names_in_", None)
            if panel.named and all(isinstance(name, str) for name in panel.columns):
                self.feature_names_in_ = np.asarray(panel.columns, dtype=object)
        elif self._holds_targets(panel):
            pass  # other columns are not read, so they may be missing
        elif panel.n_columns != self.n_features_in_:
            raise InputError(
                f"{caller}: X has {panel.n_columns} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input. Pass the columns seen at fit time."
            )
        elif panel.named and self._columns_in is not None and panel.columns != self._columns_in:
            raise InputError(
                f"{caller}: X has the columns {list(panel.columns)}, but {list(self._columns_in)} were seen "
                "at fit time. The feature names should match those that were passed during fit; select and "
                "order them so."
            )
        if not panel.named and self._columns_in is not None:
            # Columns without names stand in the order of those that had some.
            panel = replace(panel, columns=self._columns_in)
        return panel if self.target is None else panel.select(self.target, caller=caller)

    def _holds_targets(self, panel: Panel) -> bool:
        """Whether every column of `target` is there by its name."""
        if self.target is None or not panel.named or self._columns_in is None:
            return False
        return set(np.atleast_1d(np.asarray(self.target, dtype=object))) <= set(panel.columns)

    def _learn(
        self, panel: Panel, X, caller: str, *, fresh: bool, log: bool, whole: Panel | None = None
    ) -> None:
        """Settle sizes and scaling, and train, on the rows of `panel` alone.

        Windows whose targets lie in the other rows of `whole` say when to stop.
        """
        if fresh:
            self._set_sizes(panel, log)
            self._begin(self._network, WindowLoss(), read=forecast_values)
        channels = self.scaling_.apply(panel, caller=caller)
        windows = training_windows(channels, window=self.window_, horizon=self.horizon)
        train = self._examples(windows, windows.targets)
        valid = None
        if whole is not None and self.early_stopping:
            scaled = self.scaling_.apply(whole, caller=caller)
            held = self._held_windows(whole, panel).over(scaled)
            valid = self._examples(held, held.targets)
        n_windows = len(train)
        budget = plan(
            n_windows,
            batch_size=min(self._sizes.batch_size, n_windows)
            if self.batch_size == "auto"
            else self.batch_size,
            max_epochs=self.max_epochs,
            n_steps=self._sizes.n_updates,
            min_passes=0,
        )
        # scikit-learn's callbacks know one training a fit: the one whose network stays.
        stays = whole is None or self.early_stopping or not self.refit
        self._run(train, valid, budget=budget, reported=(X, None) if stays else None)

    def _set_sizes(self, panel: Panel, log: bool) -> None:
        """Settle what "auto" means for these series."""
        channels = list(panel.channels)
        if self.seasons == "auto":
            seasons = choose_seasons(channels, panel.timelines[0] and panel.timelines[0].step)
        else:
            seasons = tuple(np.atleast_1d(self.seasons or ()).tolist())
        # Seasons that are given are believed; those that are found must repeat well enough.
        strength = season_strength(channels, seasons[0]) if self.seasons == "auto" else 1.0
        window = None if self.window == "auto" else self.window
        sizes = choose_sizes(panel.lengths, self.horizon, seasons or (1,), strength=strength, window=window)
        if self.seasons != "auto" and sizes.seasons != seasons:
            sizes = self._fit_seasons(panel, seasons, sizes)
        self.window_, self.seasons_ = sizes.window, sizes.seasons
        # The naive forecast may repeat any season, also one too weak or too long for the network.
        self._naive_seasons = seasons or (1,)
        self.segment_ = min(sizes.segment if self.segment == "auto" else self.segment, self.window_)
        self.hidden_size_ = sizes.hidden_size if self.hidden_size == "auto" else self.hidden_size
        self.normalization_ = self.normalization
        if self.normalization == "auto":
            self.normalization_ = "window" if panel.n_series > 1 else "series"
        self._sizes = sizes
        self.scaling_ = Scaling.learn(panel, log=bool(log), standardize=self.normalization_ is not None)

    def _fit_seasons(self, panel: Panel, seasons: tuple[int, ...], sizes: Sizes) -> Sizes:
        """Lengthen an automatic window to seasons that were asked for; say so where they cannot be had."""
        longest, rows = max(seasons), int(panel.lengths.max())
        if self.window == "auto" and rows - self.horizon > longest:
            return choose_sizes(panel.lengths, self.horizon, seasons, window=longest)
        dropped = [season for season in seasons if season not in sizes.seasons]
        warnings.warn(
            f"{type(self).__name__}.fit: seasons {dropped} came, but the window is {sizes.window} steps, of "
            f"{rows} rows at most, and seasons must fit in the window. They are left out; set a longer "
            "window or give more rows.",
            UserWarning,
            stacklevel=5,
        )
        return sizes

    def _network(self, generator: torch.Generator) -> SegmentNetwork:
        n_columns = len(self.scaling_.mean)
        center = {"window": "season" if self.seasons_ else "last", "series": "last", None: None}
        return SegmentNetwork(
            self.window_,
            self.horizon,
            segment=self.segment_,
            hidden_size=self.hidden_size_,
            cell=self._cell,
            seasons=self.seasons_,
            center=center[self.normalization_],
            scale=self.normalization_ == "window",
            n_channels=n_columns if n_columns > 1 else 0,
            dropout=self.dropout,
            generator=generator,
            **self._kernel_options(),
        )

    def _examples(self, windows: Windows, targets: SequenceArray | None = None) -> Examples:
        n_columns = len(self.scaling_.mean)
        extras = {"channel": windows.channel % n_columns} if n_columns > 1 else {}
        return Examples(windows.inputs, targets, extras=extras)

    def _forecasts(self, panel: Panel, windows: Windows, caller: str) -> np.ndarray:
        """Forecasts (n_windows, horizon), in the units of the data, from windows of the panel."""
        outputs = self._outputs(self._examples(windows.over(self.scaling_.apply(panel, caller=caller))))
        return self.scaling_.invert(outputs, windows.channel % panel.n_columns)

    # ------------------------------------------------------------------ skill
    def _before_tail(self, panel: Panel, caller: str) -> Panel | None:
        """The rows before the tail that is held back; None where nothing is."""
        fraction = self.validation_fraction
        if fraction is None:
            if self.early_stopping:
                raise InputError(
                    f"{caller}: early_stopping is set and validation_fraction is None, but stopping early "
                    "needs rows to watch. Set validation_fraction, for example to 0.1."
                )
            return None
        n = panel.lengths
        tail = np.maximum(np.ceil(fraction * n).astype(np.int64), self.horizon)
        # A series too short for a tail is left to training.
        tail = np.where(n - tail > self.horizon, tail, 0)
        if tail.any():
            return panel.head(n - tail)
        if self.early_stopping:
            raise SequenceTooShortError(
                f"{caller}: the longest series has {n.max()} time steps, but stopping early with horizon = "
                f"{self.horizon} needs at least {2 * self.horizon + 1}, the last of which are watched. Give "
                "longer series, a shorter horizon or a smaller validation_fraction, or set "
                "early_stopping=False."
            )
        return None

    def _held_windows(self, panel: Panel, early: Panel) -> Windows:
        """Windows of `panel` whose targets all lie behind the rows of `early`."""
        n, known = panel.channels.lengths, early.channels.lengths
        stop = np.where(known < n, n - self.horizon, 0)
        return windows_between(panel.channels, known - 1, stop, window=self.window_, horizon=self.horizon)

    def _measure_skill(self, panel: Panel, early: Panel, caller: str) -> None:
        """Compare with the naive forecasts on held-back windows."""
        held = self._held_windows(panel, early)
        forecasts = self._forecasts(panel, held, caller)
        self.skills_, self.season_ = measure_skills(
            panel, early, held, forecasts, seasons=self._naive_seasons
        )
        self.skill_ = self.skills_["seasonal naive"]
        warn_without_skill(self.skills_, len(held), caller)

    # ------------------------------------------------------------------ forecasting
    def predict(self, X=None):
        """Forecast the `horizon` steps after the last row.

        Parameters
        ----------
        X : array-like or None, default=None
            Series to continue, in any form that :meth:`fit` takes, of any number; only the last `window_`
            rows of each are read, and fewer will do. None continues the training series.

        Returns
        -------
        forecasts : ndarray, Series, DataFrame or list
            In the form, units and index of X (of the training data for None): (horizon,) for a vector,
            (horizon, n_targets) for a table, a list for a list, (n_series, horizon, n_targets) for an
            array of three dimensions or a SequenceArray.

        Raises
        ------
        InputError
            If X cannot be read, or has other columns than the training data.
        """
        check_is_fitted(self, "net_")
        caller = f"{type(self).__name__}.predict"
        panel = self.context_ if X is None else self._read(X, caller)
        # Only what is read is scaled, however long the series.
        last = panel.tail(self.window_)
        n = last.channels.lengths
        ends = windows_between(last.channels, n - 1, n, window=self.window_, horizon=0)
        values = self._forecasts(last, ends, caller)
        return panel.wrap(values.reshape(panel.n_series, panel.n_columns, -1).transpose(0, 2, 1))

    def update(self, X):
        """Append observations, so that :meth:`predict` continues from them; nothing is trained.

        Parameters
        ----------
        X : array-like
            Rows that follow the training rows, series by series, in the same form; rows without an index
            take the one that follows.

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If X has an index that does not continue the known one, or another number of series.
        """
        check_is_fitted(self, "net_")
        caller = f"{type(self).__name__}.update"
        panel = self._read(X, caller)
        indexed = all(line is not None for line in (*panel.timelines, *self.context_.timelines))
        if panel.n_series != self.context_.n_series or (indexed and not panel.continues(self.context_)):
            raise InputError(
                f"{caller}: X holds {panel.n_series} series that do not continue the "
                f"{self.context_.n_series} known, but rows that follow the last known ones are needed. Pass "
                "the next rows of every series."
            )
        self.context_ = self.context_.followed_by(panel).tail(self.window_).copy()
        return self

    def backtest(self, X, *, stride=1):
        """Forecast from every origin in X, without refitting, in one vectorised pass.

        Parameters
        ----------
        X : array-like
            Series in any form that :meth:`fit` takes. The first `window_` rows are context only, unless
            the index of X continues the training rows, when these are.
        stride : int, default=1
            Rows from one origin to the next.

        Returns
        -------
        table : DataFrame
            One row for each origin and step: "series" and "column" (where there are several), "origin"
            (index of the last row known), "step" (1 to horizon), "target" and "forecast".

        Raises
        ------
        SequenceTooShortError
            If no series has a row that follows the context by a whole horizon.
        """
        panel, windows, targets, forecasts = self._all_origins(X, stride, "backtest")
        return backtest_table(panel, windows, targets, forecasts)

    def score(self, X, y=None):
        """Coefficient of determination over all origins and steps, averaged over columns.

        Parameters
        ----------
        X : array-like
            As in :meth:`backtest`.
        y : None
            Not used.

        Returns
        -------
        r2 : float
            1 is perfect, 0 as good as the mean of the rows forecast.
        """
        panel, windows, targets, forecasts = self._all_origins(X, 1, "score")
        column = windows.channel % panel.n_columns
        each = [
            r2_score(targets[column == j].ravel(), forecasts[column == j].ravel())
            for j in range(panel.n_columns)
        ]
        return float(np.mean(each))

    def _all_origins(self, X, stride: int, method: str):
        """The panel with its context, its windows, and their targets and forecasts (n_windows, horizon)."""
        check_is_fitted(self, "net_")
        caller = f"{type(self).__name__}.{method}"
        if not isinstance(stride, (int, np.integer)) or stride < 1:
            raise InputError(
                f"{caller}: stride={stride!r} came, but an int >= 1 is needed. Pass a number of rows."
            )
        panel = self._read(X, caller)
        if panel.continues(self.context_):
            panel = self.context_.tail(self.window_).followed_by(panel)
        n = panel.channels.lengths
        windows = windows_between(
            panel.channels,
            np.full(len(n), self.window_ - 1),
            n - self.horizon,
            window=self.window_,
            horizon=self.horizon,
            stride=stride,
        )
        left_out = np.setdiff1d(np.arange(len(n)), windows.channel)
        if len(windows) and len(left_out):
            names = list(panel.labels.take(np.unique(left_out // panel.n_columns)))
            warnings.warn(
                f"{caller}: {len(names)} of {panel.n_series} series have fewer than window_ + horizon = "
                f"{self.window_} + {self.horizon} rows, context included, and are left out: {names[:5]}"
                f"{' and others' if len(names) > 5 else ''}. Give them more rows.",
                UserWarning,
                stacklevel=4,
            )
        if not len(windows):
            raise SequenceTooShortError(
                f"{caller}: the longest series has {n.max()} time steps, context included, but window_ + "
                f"horizon = {self.window_} + {self.horizon} are needed. Give more rows, or rows that "
                "continue the training index."
            )
        targets = windows.targets.to_padded()[:, :, 0]
        return panel, windows, targets, self._forecasts(panel, windows, caller)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = False
        return tags


class RNNForecaster(RNNCell, SequenceForecaster):
    """Forecast time series with an Elman network (Elman 1990), the plain recurrent network."""


class LSTMForecaster(LSTMCell, SequenceForecaster):
    """Forecast time series with long short-term memory (Hochreiter & Schmidhuber 1997)."""


class GRUForecaster(GRUCell, SequenceForecaster):
    """Forecast time series with gated recurrent units (Cho et al. 2014)."""
