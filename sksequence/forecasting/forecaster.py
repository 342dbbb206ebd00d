"""Recurrent forecasters: the next steps of one series, of several columns, or of many series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sksequence.engine import (
    Examples,
    GRUCell,
    LSTMCell,
    Meaning,
    RNNCell,
    guarded,
    plan,
    returned_memory,
    with_callbacks,
)
from sksequence.exceptions import InputError, SequenceTooShortError
from sksequence.forecasting.covariates import change_late
from sksequence.forecasting.criterion import ForecastLoss
from sksequence.forecasting.holdback import held_windows, rows_before_tail
from sksequence.forecasting.intervals import MOST_WINDOWS
from sksequence.forecasting.network import NetworkForecaster
from sksequence.forecasting.outputs import Distribution, check_counts
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.predictive import Predictive
from sksequence.forecasting.probe import ForecastProbe
from sksequence.forecasting.skill import Yardstick, warn_without_skill
from sksequence.forecasting.task import Task
from sksequence.forecasting.windows import Windows

__all__ = ["GRUForecaster", "LSTMForecaster", "RNNForecaster"]


# Means of two good forecasts are hard to beat by weights that are estimated (Stock & Watson 2004).
_LINEAR_SHARE = 0.5
# Windows on which a network is compared with what it was before.
_COMPARED = 2_000
_LEFT_OUT = (
    "The final training on all rows was left out: the network has learned nothing from those held back."
)


class SequenceForecaster(NetworkForecaster):
    """Windows of every column in, the next `horizon` steps out.

    Attributes
    ----------
    skill_ : float
        1 minus the error on held-back windows over that of the strongest of the simple forecasts. None of
        these reads covariates: with some, it says what network and covariates are worth together.
    skills_ : dict of str to float
        The same against each of them: "naive", "seasonal naive", "drift" and "linear".
    season_ : int
        Season of the strongest seasonal naive forecast; 1 for none. Only where `skill_` is measured.
    """

    # ------------------------------------------------------------------ fitting
    @with_callbacks
    @guarded
    def fit(self, X, y=None):
        """Train on all windows of the series.

        Parameters
        ----------
        X : array-like
            Rows are time steps, earliest first: an array or Series (n_timesteps,), an array or DataFrame
            (n_timesteps, n_features), or several series: a list or dict of those, an array (n_series,
            n_timesteps, n_features), a SequenceArray, a DataFrame with an index of (series, time), a long
            table whose columns `id` and `time` name.
        y : array-like or None, default=None
            What is to be forecast, row by row of X, whose columns then are covariates; None forecasts
            columns of X.

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
            If the error on held-back rows is not at least 1 % below that of every naive forecast, or beyond
            doubt above that of a linear one.
        """
        self._check_parameters()
        caller = f"{type(self).__name__}.fit"
        continues = not self._begins(not self.warm_start, caller)
        panel = self._read(X, caller, y=y, reset=not continues)
        self._refuse_short(panel, caller)
        twice = self.refit and not self.early_stopping
        # A network that has learned from all rows cannot be measured on some of them.
        kept = None if continues and twice else self._rows_before_tail(panel, caller, returned=twice)
        if not continues:
            self._forget()
        whole = self._task(panel) if continues else self._first_task(panel, kept)
        self._refuse_unseen(whole, caller)
        if kept is not None and not whole.head(kept).teaches(self.horizon):
            self._refuse_unseen_start(whole.head(kept), caller)
            kept = None
        # Whether logarithms exist is a matter of the quantity, not of its latest course.
        log = self._forecasts_logarithms(whole, caller)
        if not continues:
            self.linear_share_ = self._first_share(whole, measured=kept is not None)
        said = self._said(whole, caller) if continues and self._has_units else None
        with returned_memory(self.keep_memory):
            if kept is not None:
                self._learn(whole.head(kept), X, caller, fresh=not continues, log=log, whole=whole)
                said = self._measure(whole, kept, caller)
            if kept is None or (twice and not self.net_.interrupted_):
                self._learn(whole, X, caller, fresh=not continues, log=log)
                self._renew_units(whole, said, caller)
            self._remember(panel, whole)
        return self

    def partial_fit(self, X, y=None):
        """Train for one more pass over the windows of X; nothing is measured.

        Parameters
        ----------
        X : array-like
            As in :meth:`fit`. Where its index continues the known rows, these are the context of its
            first windows. :meth:`predict` goes on from the end of X.
        y : array-like or None, default=None
            As in :meth:`fit`.

        Returns
        -------
        self : object
        """
        caller = f"{type(self).__name__}.partial_fit"
        return self._pass_over(X, y, caller, passes=1, fresh=False)

    def _initialize(self, X, y, caller: str):
        """The network that `fit` would begin with, untrained."""
        return self._pass_over(X, y, caller, passes=0, fresh=True)

    @guarded
    def _pass_over(self, X, y, caller: str, *, passes: int, fresh: bool):
        self._check_parameters()
        fresh = self._begins(fresh, caller)
        panel = self._read(X, caller, y=y, reset=fresh)
        if fresh:
            self._forget()
        elif panel.continues(self.context_):
            panel = self.context_.followed_by(panel)
        self._refuse_short(panel, caller)
        task = self._first_task(panel, None) if fresh else self._task(panel)
        self._refuse_unseen(task, caller)
        log = self._forecasts_logarithms(task, caller) if fresh else False
        if fresh:
            self.linear_share_ = self._first_share(task, measured=False)
        said = self._said(task, caller) if not fresh and self._has_units else None
        self._learn(task, X, caller, fresh=fresh, log=log, passes=passes)
        self._renew_units(task, said, caller)
        self._remember(panel, task)
        return self

    def _refuse_short(self, panel: Panel, caller: str) -> None:
        longest = int(panel.lengths.max())
        if longest <= self.horizon:
            raise SequenceTooShortError(
                f"{caller}: the longest series has {longest} time step(s), n_samples = {longest}, but more "
                f"than horizon = {self.horizon} are needed to learn from. Give longer series or a shorter "
                "horizon."
            )

    def _refuse_unseen(self, task: Task, caller: str) -> None:
        if not task.teaches(self.horizon):
            raise SequenceTooShortError(
                f"{caller}: no series has more than horizon = {self.horizon} time steps behind its first "
                "value that is not missing, but these are what is learned from. Give longer series or a "
                "shorter horizon."
            )

    def _refuse_unseen_start(self, early: Task, caller: str) -> None:
        """Refuse to stop early where too little is observed before the rows held back."""
        if self.early_stopping:
            raise SequenceTooShortError(
                f"{caller}: the first {early.targets.lengths.max()} time steps of the longest series hold "
                f"too few values to learn from with horizon = {self.horizon}, but stopping early watches the "
                "rows behind them. Give longer series or a smaller validation_fraction, or set "
                "early_stopping=False."
            )

    def _rows_before_tail(self, panel: Panel, caller: str, *, returned: bool) -> np.ndarray | None:
        """Rows of each series before the tail that is held back; None where nothing is."""
        if self.validation_fraction is not None:
            kept = rows_before_tail(panel.lengths, self.validation_fraction, self.horizon, returned=returned)
            if kept is not None or not self.early_stopping:
                return kept
            raise SequenceTooShortError(
                f"{caller}: the longest series has {panel.lengths.max()} time steps, but stopping early with "
                f"horizon = {self.horizon} needs at least {2 * self.horizon + 1}, the last of which are "
                "watched. Give longer series, a shorter horizon or a smaller validation_fraction, or set "
                "early_stopping=False."
            )
        if self.early_stopping:
            raise InputError(
                f"{caller}: early_stopping is set and validation_fraction is None, but stopping early "
                "needs rows to watch. Set validation_fraction, for example to 0.1."
            )
        return None

    # ------------------------------------------------------------------ training
    def _first_task(self, panel: Panel, kept: np.ndarray | None) -> Task:
        """The series for a first training, with seasons found for filling what is missing."""
        self.__dict__.pop("_naive_seasons", None)
        task = self._task(panel)
        if task.observed is None:
            return task
        early = task if kept is None else task.head(kept)
        self._naive_seasons = self._find_seasons(early)[0]
        return self._task(panel)

    @property
    def _fill_season(self) -> int:
        return getattr(self, "_naive_seasons", (1,))[0]

    def _forecasts_logarithms(self, task: Task, caller: str) -> bool:
        if self.loss == "negative_binomial":
            check_counts(task.targets.channels.compact().values, caller)
            if self.transformer is not None:
                raise InputError(
                    f"{caller}: loss='negative_binomial' and transformer={self.transformer!r} came, but that "
                    "loss reads counts as they are. Leave out the transformer, or choose another loss."
                )
            return False
        return self._takes_logarithm(task.targets, caller)

    def _learn(
        self,
        task: Task,
        X,
        caller: str,
        *,
        fresh: bool,
        log: bool,
        whole: Task | None = None,
        passes: int | None = None,
    ) -> None:
        """Settle sizes and scaling, and train, on the rows of `task` alone.

        Windows whose targets lie in the other rows of `whole` say when to stop.
        """
        if fresh:
            self._settle(task, log, caller)
            criterion = ForecastLoss(self._output)
            meaning = Meaning(self._point_forecasts, targets=self._given_values)
            self._begin(self._network, criterion, meaning=meaning, read=criterion.read)
        measured = whole is not None
        self.linear_coef_ = self._fit_linear(task, caller) if measured or self.linear_share_ else None
        ahead = self._ahead_steps
        # A network cannot read more windows than its steps have room for.
        most = self._sizes.n_updates * self._sizes.batch_size if self.max_epochs == "auto" else None
        options = {"window": self.window_, "horizon": ahead, "most": most, "seed": self._seed}
        train = self._examples_to_learn(task, caller, **options)
        valid = None
        if whole is not None and self.early_stopping:
            held = held_windows(
                whole, task.panel.lengths, window=self.window_, horizon=ahead, most=MOST_WINDOWS
            )
            valid = self._training_examples(whole, held, caller)
        budget = plan(
            len(train),
            batch_size=min(self._sizes.batch_size, len(train))
            if self.batch_size == "auto"
            else self.batch_size,
            max_epochs=self.max_epochs if passes is None else passes,
            n_steps=self._sizes.n_updates,
            min_passes=0,
        )
        # scikit-learn's callbacks know one training a fit: the one whose network stays.
        stays = whole is None or self.early_stopping or not self.refit
        try:
            self._run(
                train,
                valid,
                budget=budget,
                reported=(X, None) if stays else None,
                left_out="" if stays else _LEFT_OUT,
            )
        except BaseException:
            rows = whole or task
            self._remember(rows.panel, rows)  # good epochs are kept, and forecast from here
            raise

    def _first_share(self, task: Task, *, measured: bool) -> float:
        """Share of the linear forecast before held-back rows have their say."""
        if self.linear != "auto":
            return float(self.linear)
        if self.loss == "negative_binomial" or task.targets.n_series > 1:
            return 0.0
        return _LINEAR_SHARE if measured or not self._roles.explain else 0.0

    def _examples_to_learn(self, task: Task, caller: str, **options) -> Examples:
        """All training windows, or the most that are wanted; nothing but examples stays of them.

        There may be more of them than values, so they are laid over the scaled values from the start.
        """
        targets = replace(task.targets, channels=self._channels(task, caller))
        windows = replace(task, targets=targets).training_windows(**options)
        return self._examples(task, windows, options["horizon"], caller, learn=True)

    def _training_examples(self, task: Task, windows: Windows, caller: str) -> Examples:
        over = windows.over(self._channels(task, caller))
        return self._examples(task, over, self._ahead_steps, caller, learn=True)

    def _lesson(self, X, y, caller: str) -> ForecastProbe:
        """The network, to be asked what it would learn from every window in X."""
        self._check_ready(caller)
        task = self._task(self._read(X, caller, y=y))
        self._refuse_unseen(task, caller)
        windows = task.training_windows(window=self.window_, horizon=self._ahead_steps)
        return self._asked(self._training_examples(task, windows, caller))

    # ------------------------------------------------------------------ units of errors
    @property
    def _has_units(self) -> bool:
        """Whether errors are kept in units of the network's own distributions."""
        return self.calibration_ is not None and isinstance(self._output, Distribution)

    def _said(self, task: Task, caller: str) -> tuple[Windows, Predictive]:
        """Some windows, and what the network says after them before it learns more."""
        options = {"window": self.window_, "horizon": self.horizon, "most": _COMPARED}
        windows = task.training_windows(**options)
        return windows, self._predictive(task, windows, caller)

    def _renew_units(self, task: Task, said: tuple[Windows, Predictive] | None, caller: str) -> None:
        """Keep errors in units of the distributions of the network as it is now, which said other ones."""
        if said is not None and said[1].own is not None:
            windows, before = said
            self._change_units(before, self._predictive(task, windows, caller))

    # ------------------------------------------------------------------ what it is worth
    def _key_figures(self) -> list[tuple[str, str]]:
        figures = super()._key_figures()
        if hasattr(self, "skill_"):
            weakest = min(self.skills_, key=self.skills_.__getitem__)
            figures.append(("skill", f"{self.skill_:.3f} (against {weakest})"))
        return figures

    def _measure(self, task: Task, kept: np.ndarray, caller: str) -> tuple[Windows, Predictive] | None:
        """Compare with simple forecasts on held-back windows, and keep the errors for intervals.

        Gives these windows and what was forecast after them.
        """
        held = held_windows(task, kept, window=self.window_, horizon=self.horizon, most=MOST_WINDOWS)
        if np.isnan(task.actual(held)).all():
            return None
        yardstick = Yardstick.of(task, task.head(kept), held)
        over = held.over(self._channels(task, caller))
        outputs = self._network_outputs(task, over, caller)
        linear = self.scaling_.invert(self._linear_forecasts(over.inputs), held.channel % len(self.targets_))
        mixed = self._combined(task, outputs, over, self.linear_share_)
        # It knows the past of one target only: covariates may tell the network more, if not on these rows.
        if self.linear == "auto" and self.linear_share_ and self._roles.explain:
            alone = self._combined(task, outputs, over, 0.0)
            told = change_late(task.panel, self._roles.known, kept)
            if not told or yardstick.error(alone.point()) < yardstick.error(mixed.point()):
                self.linear_share_, mixed = 0.0, alone
        self.skills_, self.season_ = yardstick.skills(mixed.point(), linear, seasons=self._naive_seasons)
        self.skill_ = min(self.skills_.values())
        self._unit_season = self._naive_seasons[0]
        self._calibrate(mixed, task, held)
        # A linear forecast is often level with a network; a copy of the past must be beaten.
        doubtful = {} if yardstick.is_worse(mixed.point(), linear) else {"linear"}
        alarms = {name: skill for name, skill in self.skills_.items() if name not in doubtful}
        warn_without_skill(alarms, self.season_, len(held), caller)
        return held, mixed


class RNNForecaster(RNNCell, SequenceForecaster):
    """Forecast time series with an Elman network (Elman 1990), the plain recurrent network."""


class LSTMForecaster(LSTMCell, SequenceForecaster):
    """Forecast time series with long short-term memory (Hochreiter & Schmidhuber 1997)."""


class GRUForecaster(GRUCell, SequenceForecaster):
    """Forecast time series with gated recurrent units (Cho et al. 2014)."""
