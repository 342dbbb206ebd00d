"""What all forecasters share: origins, new observations, backtests and scores.

A forecaster says how many rows it reads (`_reach`) and what it forecasts from windows of them
(`_predictive`); continuing, testing and scoring are here, tables in `reader.py`, intervals in
`intervals.py`.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.metrics import r2_score

from sksequence.exceptions import InputError, SequenceTooShortError
from sksequence.forecasting.backtests import backtest_table, refitted
from sksequence.forecasting.missing import impute
from sksequence.forecasting.panel import Panel, stacked
from sksequence.forecasting.predictive import Predictive
from sksequence.forecasting.reader import SeriesReader, refuse_number
from sksequence.forecasting.seasons import choose_seasons
from sksequence.forecasting.task import Task, by_series, naive_scales
from sksequence.forecasting.windows import Windows, windows_between
from sksequence.sequences.layout import step_rows

__all__ = ["Forecaster"]


class Forecaster(SeriesReader):
    """Base of every forecaster.

    Attributes
    ----------
    naive_season_ : int
        Steps of the season found in the training rows, 1 for none.
    naive_scale_, naive_rms_scale_ : ndarray of shape (n_series, n_targets)
        Mean absolute, and root mean squared, change of the training rows from one such season to the next:
        what the errors of :func:`~sksequence.metrics.mase` and :func:`~sksequence.metrics.rmsse` are divided
        by.
    """

    # ------------------------------------------------------------------ what a forecaster defines
    @property
    def _reach(self) -> int:
        """Rows that a forecast reads at most."""
        raise NotImplementedError

    @property
    def _context_rows(self) -> int:
        """Rows before the first origin of a backtest."""
        return self._reach

    def _predictive(self, task: Task, windows: Windows, caller: str) -> Predictive:
        """What is forecast after each window."""
        raise NotImplementedError

    # ------------------------------------------------------------------ forecasting
    def predict(self, X=None, *, future=None):
        """Forecast the `horizon` steps after the last row.

        Parameters
        ----------
        X : array-like or None, default=None
            Series to continue, in any form that :meth:`fit` takes, of any number; only the last rows of
            each are read, and few will do. None continues the training series.
        future : array-like or None, default=None
            The columns of `known_future` in the `horizon` rows that follow, in the form of X; other
            columns in it are not read. Needed only where there are such columns.

        Returns
        -------
        forecasts : ndarray, Series, DataFrame, list or dict
            In the form, units and index of X (of the training data for None): (horizon,) for a vector,
            (horizon, n_targets) for a table, a list for a list, (n_series, horizon, n_targets) for an
            array of three dimensions or a SequenceArray.

        Raises
        ------
        InputError
            If X cannot be read, is a number, or has other columns than the training data.
        """
        name = type(self).__name__
        refuse_number(
            X,
            f"{name}.predict",
            f"How many steps are forecast is said before fitting, {name}(horizon={{X!r}}); predict() without "
            "X goes on from the training rows.",
        )
        task, predictive = self._ahead(X, future, "predict")
        return task.targets.wrap(by_series(predictive.point(), task))

    def _ahead(self, X, future, method: str) -> tuple[Task, Predictive]:
        """The series to continue, and what is forecast after their last rows."""
        caller = f"{type(self).__name__}.{method}"
        self._check_ready(caller)
        panel = self.context_ if X is None else self._read(X, caller, alone=True)
        self._refuse_foreign_step(panel, caller)
        # Only what is read is scaled, however long the series.
        rows = self._rows_behind(panel, self._reach)
        task = self._task(panel.tail(rows), self._read_future(future, panel, caller))
        n = task.targets.channels.lengths
        ends = windows_between(task.targets.channels, n - 1, n, window=self._reach, horizon=0)
        return task, self._predictive(task, ends, caller)

    # ------------------------------------------------------------------ what is remembered
    def _remember(self, panel: Panel, task: Task) -> None:
        """Keep the latest rows, and by how much the training rows change in a season."""
        # A matter of the data, not of parameters: the errors of any two forecasters have the same scale.
        line = task.targets.timelines[0]
        self.naive_season_ = choose_seasons(list(task.targets.channels), line and line.step)[0]
        self.naive_scale_, self.naive_rms_scale_ = naive_scales(task, self.naive_season_)
        self.context_: Panel = self._latest(panel)
        self._fitted_horizon = self.horizon

    def update(self, X, y=None):
        """Append observations, so that :meth:`predict` continues from them; nothing is trained.

        Where intervals are calibrated, the errors made on the new rows are learned from.

        Parameters
        ----------
        X : array-like
            Rows that follow the training rows, of every series, in the same form: matched by name where
            series have names, else in the same order. Rows without an index take the one that follows.
        y : array-like or None, default=None
            Row-aligned targets, where `fit` had some.

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If X has an index that does not continue the known one, or another number of series.
        """
        caller = f"{type(self).__name__}.update"
        self._check_ready(caller)
        panel = self._in_known_order(self._read(X, caller, y=y), caller)
        self._refuse_other_rows(panel, caller)
        known = self.context_.lengths
        joined = self.context_.followed_by(panel)
        self._learn_from_errors(joined, known, caller)
        self.context_ = self._latest(joined)
        return self

    def _in_known_order(self, panel: Panel, caller: str) -> Panel:
        """The series in the order of the known ones, by name where both have names."""
        known = self.context_
        if not (panel.is_named and known.is_named) or panel.labels.equals(known.labels):
            return panel
        lost = known.labels.difference(panel.labels, sort=False)
        new = panel.labels.difference(known.labels, sort=False)
        if len(lost) or len(new):
            came = f"series {new[0]!r} is not known" if len(new) else f"series {lost[0]!r} is missing"
            raise InputError(
                f"{caller}: {came}, but the next rows of each of the {known.n_series} known series are "
                "needed. Pass those of every series, under their names."
            )
        return panel.choose(panel.labels.get_indexer(known.labels))

    def _refuse_other_rows(self, panel: Panel, caller: str) -> None:
        known = self.context_
        if panel.n_series != known.n_series:
            raise InputError(
                f"{caller}: X holds {panel.n_series} series, but {known.n_series} are known. Pass the next "
                "rows of every series, in the same order."
            )
        indexed = all(line is not None for line in (*panel.timelines, *known.timelines))
        if not indexed or panel.continues(known):
            return
        self._refuse_other_steps(panel, caller)
        for i, (new, old) in enumerate(zip(panel.timelines, known.timelines, strict=True)):
            if new is not None and old is not None and not new.continues(old):
                which = panel.name(i)
                raise InputError(
                    f"{caller}: {which} begins at {new.index[0]}, but does not continue the known rows, "
                    "the next "
                    f"of which is {old.following(1)[0]}. Pass the rows that follow the last known ones."
                )
        raise InputError(
            f"{caller}: X names other series or columns than those known. Pass the next rows of every series."
        )

    def _refuse_other_steps(self, panel: Panel, caller: str) -> None:
        """Refuse rows that begin where the known ones end, but go on by another step."""
        if panel.n_series != self.context_.n_series:
            return
        for i, (new, old) in enumerate(zip(panel.timelines, self.context_.timelines, strict=True)):
            off = None if new is None or old is None or not new.follows(old) else new.off_step(old)
            if off is not None:
                raise InputError(
                    f"{caller}: {panel.name(i)} has a row at {off[0]} where {off[1]} is needed, the step of "
                    "the known rows. Pass a row for each step, with asfreq or resample, or fit anew."
                )

    def _latest(self, panel: Panel) -> Panel:
        """Rows remembered: enough to forecast again what the next rows will tell."""
        return panel.tail(self._rows_behind(panel, self._reach + self.horizon)).copy()

    def _rows_behind(self, panel: Panel, n_rows: int) -> int:
        """Rows that decide about the last `n_rows`: more where missing ones are filled from further back."""
        if self.missing != "mask" or not panel.has_missing:
            return n_rows
        lengths = panel.channels.lengths
        values = panel.channels.values[step_rows(panel.channels.starts, lengths), 0]
        rows = stacked(np.where(np.isnan(values), np.nan, np.arange(len(values))), lengths)
        kept, ends = np.minimum(lengths, n_rows), np.cumsum(lengths)
        last = step_rows(ends - kept, kept)
        for season in {1, self._fill_season}:  # covariates take the last value
            source = impute(rows, season)[0].values[last, 0]
            n_rows = max(n_rows, int(np.fmax.reduce(np.repeat(ends, kept) - source, initial=0)))
        return n_rows

    def _learn_from_errors(self, joined: Panel, known: np.ndarray, caller: str) -> None:
        """Compare what was forecast for new rows with what came."""

    # ------------------------------------------------------------------ testing on later rows
    def backtest(self, X, y=None, *, start=None, stride=1, refit=False, coverage=None, adaptive=False):
        """Forecast from every origin in X, in one vectorised pass, or with training anew at each.

        Parameters
        ----------
        X : array-like
            Series in any form that :meth:`fit` takes. The first rows are context only, as many as are
            read, unless the index of X continues the training rows, when these are.
        y : array-like or None, default=None
            Row-aligned targets, where `fit` had some.
        start : int, label of the index or None, default=None
            First origin, as a row of X or by its time; None is the first one with a full context.
        stride : int, default=1
            Rows from one origin to the next.
        refit : bool, default=False
            Whether to train anew, on the rows of X up to each origin, before forecasting from it; X must
            then hold the history to learn from.
        coverage : float or None, default=None
            Adds the bounds "lower" and "upper" of intervals that hold this share of the values.
        adaptive : bool, default=False
            Whether intervals learn from the errors of earlier origins, as far as these are known, as
            :meth:`update` makes them do; once for as many rows as the horizon has, so that bounds are those
            of an update with so many rows at a time.

        Returns
        -------
        table : DataFrame
            One row for each origin and step: "series" and "column" (where there are several), "origin"
            (index of the last row known), "step" (1 to horizon), "target", "forecast", and the bounds.

        Raises
        ------
        SequenceTooShortError
            If no series has a row that follows the context by a whole horizon.
        InputError
            If `adaptive` comes without a coverage, or X cannot be read.
        """
        task, windows, targets = self._all_origins(X, y, "backtest", start=start, stride=stride, alone=refit)
        caller = f"{type(self).__name__}.backtest"
        if adaptive and coverage is None:
            raise InputError(
                f"{caller}: adaptive=True came without a coverage, but intervals are what learns. "
                "Name the coverage too, such as coverage=0.9."
            )
        if refit:
            columns = refitted(self, task, windows, coverage, caller)
        else:
            predictive = self._predictive(task, windows, caller)
            columns = {"forecast": predictive.point()}
            if coverage is not None and adaptive:
                columns |= self._adaptive_bounds(windows, predictive, targets, coverage, caller)
            elif coverage is not None:
                columns |= self._bounds(predictive, coverage, caller)
        return backtest_table(task.targets, windows, {"target": targets, **columns})

    def _bounds(self, predictive: Predictive, coverage: float, caller: str) -> dict[str, np.ndarray]:
        """Bounds "lower" and "upper" (n_windows, horizon) of the intervals of a backtest."""
        raise NotImplementedError

    def _adaptive_bounds(
        self, windows: Windows, predictive: Predictive, targets: np.ndarray, coverage: float, caller: str
    ) -> dict[str, np.ndarray]:
        """The same, each block of origins knowing the errors before it."""
        raise NotImplementedError

    def score(self, X, y=None):
        """Coefficient of determination over all origins and steps, averaged over columns.

        Parameters
        ----------
        X : array-like
            As in :meth:`backtest`.
        y : array-like or None, default=None
            Row-aligned targets, where `fit` had some.

        Returns
        -------
        r2 : float
            1 is perfect, 0 as good as the mean of the rows forecast.
        """
        task, windows, targets = self._all_origins(X, y, "score")
        forecasts = self._predictive(task, windows, f"{type(self).__name__}.score").point()
        column = windows.channel % task.targets.n_columns
        seen = ~np.isnan(targets)
        rows = [(column == j)[:, None] & seen for j in range(task.targets.n_columns)]
        for label, row in zip(self.targets_, rows, strict=True):
            if not row.any():
                raise InputError(
                    f"{type(self).__name__}.score: no value of column {label!r} that follows an origin is "
                    "known, but some are needed to compare with. Give rows where it was observed."
                )
        return float(np.mean([r2_score(targets[row], forecasts[row]) for row in rows]))

    def _all_origins(self, X, y, method: str, *, start=None, stride: int = 1, alone: bool = False):
        """The task with its context, its windows, and what came after them (n_windows, horizon).

        `alone` takes no context from the rows that are remembered.
        """
        caller = f"{type(self).__name__}.{method}"
        self._check_ready(caller)
        if not isinstance(stride, (int, np.integer)) or stride < 1:
            raise InputError(
                f"{caller}: stride={stride!r} came, but an int >= 1 is needed. Pass a number of rows."
            )
        panel = self._read(X, caller, y=y)
        before = np.zeros(panel.n_series, dtype=np.int64)
        if not alone and panel.continues(self.context_):
            earlier = self.context_.tail(self._rows_behind(self.context_, self._reach))
            before, panel = earlier.lengths, earlier.followed_by(panel)
        elif not alone:
            self._refuse_other_steps(panel, caller)
            self._refuse_foreign_step(panel, caller)
        task = self._task(panel)
        n = task.targets.channels.lengths
        # Rows remembered are context: the first forecast is that of `predict`.
        first = np.maximum(self._context_rows, np.repeat(before, task.targets.n_columns)) - 1
        if start is not None:
            given = _first_origin(panel, start, before, caller)
            first = np.maximum(first, np.repeat(given, task.targets.n_columns))
        windows = task.windows(
            first, n - self.horizon, window=self._reach, horizon=self.horizon, stride=stride
        )
        self._report_left_out(task.targets, windows, caller)
        return task, windows, task.actual(windows)

    def _report_left_out(self, panel: Panel, windows: Windows, caller: str) -> None:
        n, needed = panel.channels.lengths, f"{self._context_rows} + {self.horizon}"
        context = "context and a value in it" if self.missing == "mask" else "context"
        left_out = np.setdiff1d(np.arange(len(n)), windows.channel)
        if not len(windows):
            raise SequenceTooShortError(
                f"{caller}: the longest series has {n.max()} time steps, {context} included, but window_ + "
                f"horizon = {needed} are needed after the first origin. Give more rows, or rows that "
                "continue the training index."
            )
        if len(left_out):
            names = list(panel.labels.take(np.unique(left_out // panel.n_columns)))
            warnings.warn(
                f"{caller}: {len(names)} of {panel.n_series} series have fewer than window_ + horizon = "
                f"{needed} rows, {context} included, and are left out: {names[:5]}"
                f"{' and others' if len(names) > 5 else ''}. Give them more rows.",
                UserWarning,
                stacklevel=4,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        tags.target_tags.required = False
        return tags


def _first_origin(panel: Panel, start, before, caller: str) -> np.ndarray:
    """Position of the first origin in each series."""
    if isinstance(start, (int, np.integer)) and not isinstance(start, bool):
        if start < 0:
            raise InputError(
                f"{caller}: start={start} came, but a row of X, counted from 0, or a time is needed. "
                "Pass one."
            )
        return np.broadcast_to(start + before, panel.n_series)
    lines = [line for line in panel.timelines if line is not None]
    if len(lines) < panel.n_series:
        raise InputError(
            f"{caller}: start={start!r} came, but X has no index to find it in. Pass the number of a row."
        )
    try:
        return np.array([line.index.slice_indexer(start).start for line in lines])
    except (KeyError, TypeError, ValueError) as error:
        index = lines[0].index
        raise InputError(
            f"{caller}: start={start!r} came, but the index runs from {index[0]} to {index[-1]}. Pass one of "
            "its times, or the number of a row."
        ) from error
