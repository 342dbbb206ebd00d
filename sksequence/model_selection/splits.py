"""Splits in time, for forecasters and for windows of a series."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sksequence._params import Parameters, instance_of, integer, none, param
from sksequence.exceptions import InputError, ParameterError, SequenceTooShortError
from sksequence.model_selection.clock import read_clock

__all__ = ["RollingOriginSplit"]

_COLUMN = none() | instance_of(str, words="the name of a column")


class RollingOriginSplit(Parameters, BaseCrossValidator):
    """Folds in the order of time: train on what came before, test on what came next.

    The test folds stand one after the other at the end of the series, and each training fold holds the
    rows before its test fold. What the rows of X are decides what keeps the two apart:

    - Rows are *time steps*, as forecasters take them. Nothing needs to be left out between the folds: the
      targets of training are training rows, and what a forecaster reads of them to make its first test
      forecast was known by then. Every test fold holds at least one `horizon`. Rows of an array have no
      index that shows where they follow, so there each test fold must begin with the context of its first
      forecast, and needs window + horizon rows; a Series or DataFrame needs the horizon alone.
    - Rows are *windows* of one series, in order, as `make_windows` and `WindowTransformer` give them:
      name their length by `window`. Neighbours share steps, so ``window + horizon - 1`` rows more are left
      out between the folds, and no step of the series stands on both sides, neither as input nor as
      target.

    In a table of many series the folds are cut at the same times in all of them. A series takes part in a
    fold if it has rows to train on and at least one `horizon` to be tested on.

    Do not give a forecaster folds that are shuffled, or that lie in the middle of the series, as those of
    `KFold` do: with an index it refuses the gaps, in an array nobody can see them.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.model_selection import RollingOriginSplit
    >>> for train, test in RollingOriginSplit(2, horizon=2).split(np.arange(9.0)):
    ...     print(train, test)
    [0 1 2] [3 4 5]
    [0 1 2 3 4 5] [6 7 8]
    >>> for train, test in RollingOriginSplit(2, horizon=1, window=2, test_size=1).split(np.zeros((6, 2))):
    ...     print(train, test)
    [0 1] [4]
    [0 1 2] [5]
    """

    n_splits: int = param(default=5, rule=integer(1), doc="Number of folds.", kw_only=False)
    horizon: int = param(
        default=1, rule=integer(1), doc="Steps that are forecast, as the forecaster or the windows have it."
    )
    test_size: int | None = param(
        default=None,
        rule=integer(1) | none(),
        doc="""Time steps, or windows, in each test fold. None divides the series into ``n_splits + 1`` parts
        of one size, as scikit-learn's `TimeSeriesSplit` does, but takes no less than one horizon.""",
    )
    gap: int = param(
        default=0,
        rule=integer(0),
        doc="""Rows left out before each test fold, besides those that `window` asks for. Forecasters then
        find no rows that continue the training rows, and read the context of the first forecast in the
    fold.""",
    )
    max_train_size: int | None = param(
        default=None,
        rule=integer(1) | none(),
        doc="Most time steps, or windows, in a training fold; None keeps all.",
    )
    window: int | None = param(
        default=None,
        rule=integer(1) | none(),
        doc="Steps of each window, where the rows of X are windows; None where they are time steps.",
    )
    id: Any = param(
        default=None,
        rule=_COLUMN,
        doc="Column that names the series of a row, in long tables without an index of two levels.",
    )
    time: Any = param(
        default=None,
        rule=_COLUMN,
        doc="""Column that holds the times. None takes the index; a table that has only `id` is counted row by
        row from the beginning of each series.""",
    )

    def __post_init__(self):
        self._check_parameters()
        if self.window is not None:
            return
        if self.test_size is not None and self.test_size < self.horizon:
            raise ParameterError(
                f"The 'test_size' parameter of {type(self).__name__} must hold at least one horizon of "
                f"{self.horizon} time steps. Got {self.test_size!r} instead."
            )
        if self.max_train_size is not None and self.max_train_size <= self.horizon:
            raise ParameterError(
                f"The 'max_train_size' parameter of {type(self).__name__} must be more than the horizon of "
                f"{self.horizon} time steps, or there is nothing to learn from. Got {self.max_train_size!r} "
                "instead."
            )

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Not needed; present for scikit-learn's sake.

        Returns
        -------
        n_splits : int
        """
        return self.n_splits

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of the rows of each fold.

        Parameters
        ----------
        X : array-like
            Rows are time steps: a Series, DataFrame or array, a long DataFrame with an index of (series,
            time), or a table of pandas, polars or pyarrow whose columns `id` and `time` are named. With
            `window`, rows are windows in any form.
        y : object
            Not needed: the folds follow from X.
        groups : None
            Not used; a warning says so.

        Yields
        ------
        train, test : ndarray of int
            Rows of the training fold and of the test fold.

        Raises
        ------
        InputError
            If the rows of X are whole series, or do not stand in the order of time.
        SequenceTooShortError
            If there are too few time steps for the folds.
        """
        caller = f"{type(self).__name__}.split"
        if groups is not None:
            warnings.warn(
                f"{caller}: groups came, but folds in time have no use for them. Leave them out; series are "
                "told apart by the index, or by id=.",
                UserWarning,
                stacklevel=2,
            )
        clock = read_clock(X, id=self.id, time=self.time, window=self.window, caller=caller)
        test_size = self._size_of_tests(clock.n_times, caller)
        for fold in range(self.n_splits):
            start = clock.n_times - (self.n_splits - fold) * test_size
            stop = start - self._left_out
            first = 0 if self.max_train_size is None else max(0, stop - self.max_train_size)
            train, test = clock.between(first, stop), clock.between(start, start + test_size)
            if clock.series is not None and self.window is None:
                train, test = self._in_both(clock.series, train, test, fold, caller)
            yield np.flatnonzero(train), np.flatnonzero(test)

    @property
    def _left_out(self) -> int:
        """Rows between a training fold and its test fold."""
        return self.gap + (0 if self.window is None else self.window + self.horizon - 1)

    def _size_of_tests(self, n_times: int, caller: str) -> int:
        # A forecaster learns from no series that is not longer than its horizon.
        least_train, least_test = (self.horizon + 1, self.horizon) if self.window is None else (1, 1)
        test_size = self.test_size
        if test_size is None:
            fits = (n_times - self._left_out - least_train) // self.n_splits
            test_size = max(least_test, min(n_times // (self.n_splits + 1), fits))
        needed = self.n_splits * test_size + self._left_out + least_train
        if needed > n_times:
            unit = "time steps" if self.window is None else "windows"
            raise SequenceTooShortError(
                f"{caller}: X has {n_times} {unit}, but {needed} are needed: {least_train} to train on, "
                f"{self._left_out} left out and {self.n_splits} test folds of {test_size}. Give more rows, "
                "or lower n_splits, test_size or horizon."
            )
        return test_size

    def _in_both(self, series: np.ndarray, train, test, fold: int, caller: str):
        """Leave out the series that cannot be trained on or tested."""
        n = series.max() + 1
        trained = np.bincount(series[train], minlength=n) > 0
        tested = np.bincount(series[test], minlength=n) >= self.horizon
        both = (trained & tested)[series]
        if not both.any():
            raise InputError(
                f"{caller}: in fold {fold} none of the {n} series has rows before the test fold and "
                f"{self.horizon} rows in it, but one is needed. Lower n_splits or test_size, so that the "
                "folds lie where the series overlap."
            )
        return train & both, test & both
