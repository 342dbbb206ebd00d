"""The network behind a recurrent forecaster: its sizes, what it reads and what it says."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import torch

from sksequence.engine import Examples
from sksequence.exceptions import InputError, SequenceTooShortError
from sksequence.forecasting.covariates import Covariates, without_known
from sksequence.forecasting.future import read_future, refuse_unknown
from sksequence.forecasting.linear import fit_linear_mean, linear_forecasts, linear_windows
from sksequence.forecasting.network_parameters import NetworkParameters
from sksequence.forecasting.outputs import Distribution, make_output
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.predictive import Predictive
from sksequence.forecasting.probe import ForecastProbe
from sksequence.forecasting.recursion import roll_forward
from sksequence.forecasting.roles import Roles
from sksequence.forecasting.scaling import Scaling, column_moments
from sksequence.forecasting.seasons import choose_seasons, season_strength
from sksequence.forecasting.sizes import Sizes, choose_sizes
from sksequence.forecasting.spread import unmoved, window_spread
from sksequence.forecasting.task import Task
from sksequence.forecasting.windows import Windows
from sksequence.modules.segments import Ensemble, SegmentNetwork
from sksequence.preprocessing.calendar import calendar_features
from sksequence.sequences import SequenceArray

__all__ = ["NetworkForecaster"]


class NetworkForecaster(NetworkParameters):
    """Base of forecasters that are networks: what is read, what is said, and in which sizes.

    Attributes
    ----------
    window_, segment_, hidden_size_ : int
        What "auto" came to.
    seasons_ : tuple of int
        Seasons of the seasonal branch, in time steps; empty for none.
    normalization_ : str or None
        What "auto" came to.
    calendar_ : tuple of str
        Features of the index that are read; empty for none.
    scaling_ : Scaling
        Constants that columns are scaled by.
    linear_share_ : float
        What `linear` came to.
    linear_coef_ : ndarray of shape (window_, horizon) or None
        The linear forecast: weights of the window, less its last value, on the scale of the network; None
        where its share is 0.
    """

    _reads_others = True

    @property
    def _reach(self) -> int:
        return self.window_

    @property
    def _ahead_steps(self) -> int:
        """Steps that the network gives at once."""
        return self.horizon if self.strategy == "direct" else min(self.segment_, self.horizon)

    # ------------------------------------------------------------------ columns
    def _divide(self, panel: Panel, own: tuple | None, caller: str) -> Roles:
        known, static, asked = (
            self._labels(panel, parameter, caller) for parameter in ("known_future", "static", "target")
        )
        targets = asked if own is None else own
        if not targets:
            targets = tuple(column for column in panel.columns if column not in known + static)
        for column in known + static:
            if column in targets or (column in known and column in static):
                raise InputError(
                    f"{caller}: column {column!r} is named twice among target, known_future and static, "
                    "but a column has one role. Name it once."
                )
        if not targets:
            raise InputError(
                f"{caller}: every column is named in known_future or static, but at least one must be left "
                "to forecast. Leave out the target."
            )
        past = tuple(column for column in panel.columns if column not in targets + known + static)
        line = panel.timelines[0]
        calendar = calendar_features(line and line.index, self.calendar, caller=caller)
        return Roles(targets, known, past, static, calendar)

    def _read_future(self, future, panel: Panel, caller: str) -> Panel | None:
        known = self._roles.known
        if not known:
            return super()._read_future(future, panel, caller)
        if future is None:
            raise InputError(
                f"{caller}: no `future` came, but {list(known)} are known ahead and read for the "
                f"{self.horizon} rows that follow. Pass them as `future`."
            )
        reading = {"id": self.id, "time": self.time, "freq": self.freq}
        rows = read_future(
            future, panel, known, self.horizon, n_features=self.n_features_in_, caller=caller, **reading
        )
        if self.missing == "raise":
            refuse_unknown(rows, caller)
        return rows

    # ------------------------------------------------------------------ sizes
    def _settle(self, task: Task, log: bool, caller: str) -> None:
        """Settle what "auto" means for these series, and the scales of all columns."""
        targets = task.targets
        if self.seasons == "auto":
            seasons, strength = self._find_seasons(task)
        else:
            # Seasons that are given are believed; those that are found must repeat well enough.
            seasons, strength = tuple(np.atleast_1d(self.seasons or ()).tolist()), 1.0
        window = None if self.window == "auto" else self.window
        sizes = choose_sizes(targets.lengths, self.horizon, seasons or (1,), strength=strength, window=window)
        if self.seasons != "auto" and sizes.seasons != seasons:
            sizes = self._fit_seasons(targets, seasons, sizes)
        self.window_, self.seasons_ = sizes.window, sizes.seasons
        # The naive forecast may repeat any season, also one too weak or too long for the network.
        self._naive_seasons = seasons or (1,)
        self.segment_ = min(sizes.segment if self.segment == "auto" else self.segment, self.window_)
        self.hidden_size_ = sizes.hidden_size if self.hidden_size == "auto" else self.hidden_size
        self.normalization_ = self.normalization
        if self.normalization == "auto":
            by_window = targets.n_series > 1 or self.loss == "negative_binomial"
            self.normalization_ = "window" if by_window else "series"
        self._sizes = sizes
        self.calendar_ = self._roles.calendar
        self._output = make_output(self.loss, tuple(self.quantiles))
        if self.loss == "negative_binomial":
            self.scaling_ = Scaling.identity(targets.n_columns)
        else:
            transformation = self._learned_transformation(targets, log, caller)
            standardize = self.normalization_ == "series"
            self.scaling_ = Scaling.learn(
                targets, transformation=transformation, standardize=standardize, caller=caller
            )
        self._levels, deviations = column_moments(targets)
        self._never_moved = deviations == 0
        self._covariates = Covariates.learn(task.panel, self._roles, caller=caller)
        self._effects = None
        if self._roles.known and targets.n_series == 1:
            scaled = self.scaling_.apply(targets, caller=caller)
            self._effects = self._covariates.effects(task, scaled)
        # Values that are missing later, but not yet, are flagged too.
        self._n_inputs = 2 if self.missing == "mask" else 1

    def _find_seasons(self, task: Task) -> tuple[tuple[int, ...], float]:
        """Seasons of the training rows, and how much of the first one repeats."""
        line = task.targets.timelines[0]
        looked = [list(task.targets.channels)]
        # A promotion can hide the season, a column such as the hour can be the season: the clearer counts.
        if self._roles.known:
            looked.append(without_known(task, self._roles))
        seasons = [choose_seasons(channels, line and line.step) for channels in looked]
        strengths = [season_strength(*each) for each in zip(looked, [s[0] for s in seasons], strict=True)]
        clearest = int(np.argmax(strengths))
        return seasons[clearest], strengths[clearest]

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
            stacklevel=7,
        )
        return sizes

    # ------------------------------------------------------------------ the network
    def _network(self, generator: torch.Generator) -> torch.nn.Module:
        n_columns = len(self._roles.target)
        center = {"window": "season" if self.seasons_ else "last", "series": "last", None: None}

        def member() -> SegmentNetwork:
            return SegmentNetwork(
                self.window_,
                self._ahead_steps,
                segment=self.segment_,
                hidden_size=self.hidden_size_,
                cell=self._cell,
                seasons=self.seasons_,
                center=center[self.normalization_],
                scale=self.normalization_ == "window",
                n_channels=n_columns if n_columns > 1 else 0,
                n_inputs=self._n_inputs,
                n_past=self._covariates.n_past,
                n_future=self._covariates.n_future,
                n_static=self._covariates.n_static,
                n_outputs=self._output.n_outputs,
                locations=self._output.locations,
                dropout=self.dropout,
                generator=generator,
                **self._kernel_options(),
            )

        return member() if self.n_members == 1 else Ensemble([member() for _ in range(self.n_members)])

    def _channels(self, task: Task, caller: str) -> SequenceArray:
        """The targets on the scale of the network, with the flags of those that were observed."""
        channels = self.scaling_.apply(task.targets, caller=caller)
        if task.observed is not None:
            channels = self._with_levels(channels, caller)
        if self._n_inputs == 1:
            return channels
        observed = np.ones_like(channels.values) if task.observed is None else task.observed.compact().values
        return channels.with_values(np.concatenate([channels.values, observed.astype(np.float32)], axis=1))

    def _with_levels(self, channels: SequenceArray, caller: str) -> SequenceArray:
        """Of a channel that was never observed, the mean of the training rows is known."""
        column = np.arange(len(self._levels))
        levels = self.scaling_.forward(self._levels, column, caller=caller)
        each = np.repeat(np.arange(len(channels)) % len(levels), channels.lengths)
        filled = np.where(np.isnan(channels.values), levels[each][:, None], channels.values)
        return channels.with_values(filled.astype(np.float32))

    def _examples(
        self, task: Task, windows: Windows, ahead: int, caller: str, *, learn: bool = False
    ) -> Examples:
        """What the network reads in these windows, and what it should say where it is to learn.

        `windows` are windows of :meth:`_channels`; `ahead` are the steps of known columns that are read.
        """
        n_columns = len(self._roles.target)
        extras: dict[str, Any] = {}
        if n_columns > 1:
            extras["channel"] = windows.channel % n_columns
        extras |= self._covariates.beside(task, windows, ahead, caller=caller)
        return Examples(windows.inputs, windows.targets if learn else None, extras=extras)

    # ------------------------------------------------------------------ being asked about it
    def _probe(self, X, caller: str) -> ForecastProbe:
        """The network, to be asked about its forecasts after every window in X; None asks about the last."""
        self._check_ready(caller)
        panel = self.context_ if X is None else self._read(X, caller, alone=True)
        task = self._task(panel)
        n = task.targets.channels.lengths
        ahead = self._ahead_steps if self._covariates.n_future else 0
        first = np.clip(n - ahead - 1, 0, self.window_ - 1)
        windows = task.windows(first, n - ahead, window=self.window_, horizon=ahead)
        if not len(windows):
            raise SequenceTooShortError(
                f"{caller}: the longest series has {n.max()} time steps, but more than {ahead}, whose known "
                "columns are read, are needed. Give longer series."
            )
        windows = windows.over(self._channels(task, caller))
        return self._asked(self._examples(task, windows, ahead, caller))

    def _asked(self, examples: Examples) -> ForecastProbe:
        return ForecastProbe(
            self.net_.module_,
            examples,
            n_outputs=self._output.n_outputs,
            share=self.linear_share_,
            coefficients=self.linear_coef_ if self.linear_share_ else None,
            loss=self.net_.example_losses,
        )

    # ------------------------------------------------------------------ being scored in training
    def _point_forecasts(self, outputs: np.ndarray) -> np.ndarray:
        """What the network alone forecasts, (n_windows, steps), for scoring callbacks."""
        return self._in_units(self._output.point(outputs))

    def _given_values(self, targets: np.ndarray) -> np.ndarray:
        """What came after each window, (n_windows, steps), without the flags of what was observed."""
        return self._in_units(targets[..., 0])

    def _in_units(self, values: np.ndarray) -> np.ndarray:
        """In the units of the data; several columns stay on the scale of the network, which they share."""
        if len(self._roles.target) > 1:
            return values
        return self.scaling_.invert(values, np.zeros(len(values), dtype=int))

    # ------------------------------------------------------------------ what it says
    def _predictive(self, task: Task, windows: Windows, caller: str) -> Predictive:
        over = windows.over(self._channels(task, caller))
        return self._combined(task, self._network_outputs(task, over, caller), over, self.linear_share_)

    def _network_outputs(self, task: Task, windows: Windows, caller: str) -> np.ndarray:
        """What the network says after windows of :meth:`_channels`, (n_windows, horizon, n_outputs)."""
        examples = self._examples(task, windows, self.horizon, caller)
        if self.strategy == "direct":
            return self._outputs(examples)
        return roll_forward(
            examples,
            self.horizon,
            window=self.window_,
            ahead=self._ahead_steps,
            outputs=self._outputs,
            point=self._output.point,
        )

    def _combined(self, task: Task, outputs: np.ndarray, windows: Windows, share: float) -> Predictive:
        """The network's forecast, moved towards the linear one by its share."""
        output, inputs = self._output, windows.inputs
        location = output.point(outputs)
        if share:
            assert self.linear_coef_ is not None
            by = share * (self._linear_forecasts(inputs) - location)
            outputs, location = output.shift(outputs, by), location + by
        column = windows.channel % len(self._roles.target)
        still = self._stays(inputs, column)
        if still.any():
            last = inputs.values[inputs.starts + inputs.lengths - 1, 0]
            by = np.where(still[:, None], last[:, None] - location, 0.0)
            outputs, location = output.shift(outputs, by), location + by
        if isinstance(output, Distribution):
            below, above = output.spread(outputs)
            own = partial(output.quantile, outputs[..., np.newaxis, :])
            counts = self.loss == "negative_binomial"
            return Predictive(location, below, above, column, self.scaling_, own, counts)
        # Flags of observed values, where there are some, stand beside the values.
        seen = inputs.values[:, 1] if inputs.n_features > 1 else None
        # Errors were kept in a unit of their own season: all rows may have shown another one since.
        season = getattr(self, "_unit_season", self._naive_seasons[0])
        if self._effects is not None:
            # A promotion that is known is no reason to be unsure.
            left = inputs.values[:, 0] - self._covariates.explained(task, self._effects)
            inputs = SequenceArray(left, inputs.starts, inputs.lengths)
        spread = window_spread(inputs, inputs.starts, inputs.lengths, season, self.horizon, seen)
        spread = self._known_spread(spread, column)
        return Predictive(location, spread, spread, column, self.scaling_)

    def _stays(self, inputs: SequenceArray, column: np.ndarray) -> np.ndarray:
        """Which windows belong to what never moved, so that the network has no unit for it, (n_windows,)."""
        still = self._never_moved[column]
        if self.normalization_ == "window" and self.loss != "negative_binomial" and not self._roles.explain:
            still = still | unmoved(inputs)
        return still

    def _linear_forecasts(self, inputs: SequenceArray) -> np.ndarray:
        """What the linear map says, (n_windows, horizon), on the scale of the network."""
        return linear_forecasts(inputs.values[:, 0], inputs.starts, inputs.lengths, self.linear_coef_)

    def _fit_linear(self, task: Task, caller: str) -> np.ndarray:
        """The linear map of these rows."""
        channels = self._channels(task, caller)
        return fit_linear_mean(
            channels.values[:, 0],
            channels.starts,
            channels.lengths,
            windows=linear_windows(self.window_, self._naive_seasons[0]),
            horizon=self.horizon,
            scale=self.normalization_ == "window",
        )
