"""Time indexes: their step, their gaps, and their continuation beyond the last row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.steps import are_as_long, common_step, separates, step_like

__all__ = ["Timeline"]

# From here on a constant step in nanoseconds could be a calendar month.
_MONTH = np.timedelta64(28, "D")


@dataclass(frozen=True, eq=False)
class Timeline:
    """The index of one series and the step by which it goes on.

    Parameters
    ----------
    index : pandas.Index of length n_timesteps
        Time stamps, periods, durations or numbers, increasing by one regular step.
    step : object
        What separates two rows: a pandas offset or Timedelta for times, a number otherwise.
    """

    index: Any
    step: Any

    @classmethod
    def of(cls, index, *, caller: str, series: str = "X", known=None) -> Timeline:
        """Find the step of an index.

        Parameters
        ----------
        index : pandas.Index
            With or without a frequency of its own.
        caller : str
            Who asks, for the error.
        series : str
            Which series the index belongs to, for the error.
        known : object
            Step of the rows before, or of a like series: tried first, and enough for an index too short
            to show its own.

        Raises
        ------
        InputError
            If the index does not increase by one regular step; the first gap is named.
        """
        import pandas as pd

        where = f"{caller}: the index of {series}"
        times = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)
        if not isinstance(index, times) and index.dtype.kind not in "iuf":
            raise InputError(
                f"{where} holds {index.dtype} labels such as {index[0]!r}, but times or numbers are needed "
                "to continue it. Convert it with pd.to_datetime, or number the rows with "
                "reset_index(drop=True)."
            )
        quick = cls.like(index, known)
        if quick is not None:
            return quick
        if len(index) > 1 and index[0] > index[-1]:
            raise InputError(
                f"{where} runs backwards, from {index[0]} to {index[-1]}, but it must increase. "
                "Sort the rows by time, for example with X.sort_index()."
            )
        if index.hasnans:
            _refuse_missing(index, where)
        if isinstance(index, pd.PeriodIndex):
            _refuse_gap(index, _differences(index), index.freq.n, where)
            return cls(index, index.freq)
        if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
            return cls(index, _time_step(index, where, known))
        return cls(index, _number_step(index, where, known))

    @classmethod
    def like(cls, index, known) -> Timeline | None:
        """The timeline of an index that goes by a step known from a like series; None where that is not seen.

        Parameters
        ----------
        index : pandas.Index
            As in :meth:`of`.
        known : object
            Step of the like series.
        """
        return None if step_like(index, known) is None else cls(index, known)

    @classmethod
    def regular(
        cls, index, freq, *, caller: str, series: str = "X", known=None
    ) -> tuple[Timeline, np.ndarray | None]:
        """The regular index from the first to the last row of an index that may have gaps.

        Parameters
        ----------
        index : pandas.Index
            Increasing; every row lies on the regular index.
        freq : object
            Its step: what pandas takes as a frequency of times, the step of an index of numbers.
        caller, series, known
            As in :meth:`of`.

        Returns
        -------
        timeline : Timeline
            The regular index.
        places : ndarray of int of shape (n_timesteps,) or None
            Where each row stands in it; None where nothing was missing.

        Raises
        ------
        InputError
            If `freq` does not fit the index, or some row lies beside the regular index.
        """
        where = f"{caller}: the index of {series}"
        cls.refuse_disorder(index, where)
        whole, step = _regular(index, freq, where)
        if len(whole) == len(index) and whole.equals(index):
            return cls(whole, step), None
        places = whole.get_indexer(index)
        beside = places < 0
        if beside.any():
            row = int(beside.argmax())
            raise InputError(
                f"{where} has {index[row]} in row {row}, but with freq={freq!r} from {index[0]} on there is "
                "no such step. Set the freq that the rows have, or move them with DataFrame.resample."
            )
        return cls(whole, step), places

    @staticmethod
    def refuse_disorder(index, where: str) -> None:
        """Refuse an index that does not increase from row to row, or misses a time."""
        if index.hasnans:
            _refuse_missing(index, where)
        if not (index.is_monotonic_increasing and index.is_unique):
            _refuse_gap(index, _differences(index), None, where)

    @property
    def end(self) -> tuple:
        """What decides how the index goes on; hashable."""
        index = self.index
        return type(index), index.dtype, index.name, index[-1], self.step

    def following(self, n_steps: int):
        """The `n_steps` index values after the last row, of the same type, unit, zone and name."""
        import pandas as pd

        index, step = self.index, self.step
        if isinstance(index, pd.RangeIndex):
            return pd.RangeIndex(index[-1] + step, index[-1] + step * (n_steps + 1), step, name=index.name)
        if isinstance(index, pd.PeriodIndex):
            return pd.period_range(index[-1] + 1, periods=n_steps, freq=index.freq, name=index.name)
        if isinstance(index, pd.DatetimeIndex):
            step = self._common_step
            whole = pd.date_range(index[-1], periods=n_steps + 1, freq=step, name=index.name, unit=index.unit)
            return whole[1:]
        if isinstance(index, pd.TimedeltaIndex):
            return pd.timedelta_range(index[-1], periods=n_steps + 1, freq=step, name=index.name)[1:]
        ahead = index[-1] + np.arange(1, n_steps + 1) * step
        return pd.Index(ahead.astype(index.dtype), name=index.name)

    @property
    def step_name(self) -> str:
        """What pandas calls the step of times."""
        import pandas as pd

        step = self._common_step if isinstance(self.index, pd.DatetimeIndex) else self.step
        return getattr(step, "freqstr", str(step))

    @property
    def _common_step(self):
        """The step of a DatetimeIndex as pandas infers it, or as its own frequency has it."""
        index = self.index
        return (
            self.step
            if index.freq is not None
            else common_step(self.step, index[-1], by_clock=index.tz is None)
        )

    def follows(self, earlier: Timeline) -> bool:
        """Whether this index begins exactly one step after the end of `earlier`."""
        return bool(len(self.index)) and not _misplaced(self.index[:1], earlier.following(1), earlier.step)[0]

    def off_step(self, earlier: Timeline, n_steps: int | None = None):
        """The first of the rows after `earlier` that is not where its step leads to, and that place.

        Parameters
        ----------
        earlier : Timeline
            Which this one follows.
        n_steps : int or None, default=None
            How many rows are looked at; None for all.

        Returns
        -------
        came, needed : labels of the index, or None
            None where all rows are in their places.
        """
        index = self.index if n_steps is None else self.index[:n_steps]
        if not len(index) or bool(self.step == earlier.step):
            return None
        needed = earlier.following(len(index))
        wrong = _misplaced(index, needed, earlier.step)
        return (index[int(wrong.argmax())], needed[int(wrong.argmax())]) if wrong.any() else None

    def goes_by(self, step) -> bool:
        """Whether rows of times are as far apart as a step says; a single row, or numbers, do not show it."""
        import pandas as pd

        index, offset = self.index, pd.offsets.BaseOffset
        if len(index) < 2 or not (isinstance(step, offset) and isinstance(self.step, offset)):
            return True
        # A week of business days is one of days, too.
        return are_as_long(self.step, step) or (
            isinstance(index, pd.DatetimeIndex) and separates(step, index)
        )

    def continues(self, earlier: Timeline) -> bool:
        """Whether this index goes on where `earlier` ends, by the same step."""
        return self.follows(earlier) and self.off_step(earlier) is None

    def first(self, n_steps: int) -> Timeline:
        """The timeline of the first `n_steps` rows."""
        if n_steps == len(self.index):
            return self
        return Timeline(self.index[:n_steps], self.step)

    def last(self, n_steps: int) -> Timeline:
        """The timeline of the last `n_steps` rows."""
        if n_steps == len(self.index):
            return self
        return Timeline(self.index[len(self.index) - n_steps :], self.step)

    def followed_by(self, later: Timeline) -> Timeline:
        """The timeline of these rows and then those of `later`."""
        return Timeline(self.index.append(later.index), self.step)


def _misplaced(index, needed, step) -> np.ndarray:
    """Which rows of an index are not where they are needed, fractions up to a thousandth of a step."""
    if index.dtype.kind == "f" and needed.dtype.kind == "f":
        return ~(np.abs(np.asarray(index) - np.asarray(needed)) < 1e-3 * step)
    return np.asarray(index != needed)


def _refuse_missing(index, where: str) -> None:
    raise InputError(
        f"{where} has a missing time in row {int(np.argmax(index.isna()))}, but every row needs one. "
        "Drop or fill such rows."
    )


def _differences(index) -> np.ndarray:
    """From each row to the next, as numbers."""
    numbers = np.asarray(index.asi8 if hasattr(index, "asi8") else index)
    return np.diff(numbers.astype(np.int64) if numbers.dtype.kind == "u" else numbers)


def _regular(index, freq, where: str):
    """The index without gaps between the ends of an increasing one, and its step."""
    import pandas as pd

    try:
        if isinstance(index, pd.PeriodIndex):
            if pd.PeriodIndex([], freq=freq).freq != index.freq:
                raise ValueError(f"its periods are of {index.freqstr}")
            return pd.period_range(index[0], index[-1], freq=index.freq, name=index.name), index.freq
        if isinstance(index, pd.DatetimeIndex):
            whole = pd.date_range(index[0], index[-1], freq=freq, name=index.name, unit=index.unit)
            return whole, whole.freq
        if isinstance(index, pd.TimedeltaIndex):
            whole = pd.timedelta_range(index[0], index[-1], freq=freq, name=index.name, unit=index.unit)
            return whole, whole.freq
        if isinstance(freq, (str, bool)) or not freq > 0:
            raise ValueError("it holds numbers")
        n_steps = round((index[-1] - index[0]) / freq)
        whole = pd.Index(index[0] + np.arange(n_steps + 1) * freq, name=index.name)
        return (whole if index.dtype.kind == "f" else whole.astype(index.dtype)), freq
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{where} of {index.dtype} and freq={freq!r} came, but they do not go together ({error}). Set "
            "the step of the index, such as 'h', 'D' or 'MS' for times, a number for numbers."
        ) from error


def _time_step(index, where: str, known):
    """The frequency of a DatetimeIndex or TimedeltaIndex, its own or inferred."""
    import pandas as pd

    if index.freq is not None:
        return index.freq
    # Series of a panel have the same step: it is quicker to try than to infer.
    if isinstance(known, pd.offsets.BaseOffset) and separates(known, index[:3]) and separates(known, index):
        return known
    differences = np.diff(index.asi8)
    if (differences <= 0).any():
        _refuse_gap(index, differences, None, where)
    steps = np.unique(differences)
    step = pd.Timedelta(int(steps[0]), unit=index.unit) if len(steps) == 1 else None
    # Steps of a zone with daylight saving and of months follow the calendar, not the clock.
    clock = getattr(index, "tz", None) is None or (step is not None and step < pd.Timedelta(days=1))
    if step is not None and clock and step < _MONTH:
        return pd.tseries.frequencies.to_offset(step)
    offset = _calendar_step(index) if len(index) > 2 else None
    if offset is not None:
        return offset
    if len(index) <= 2:
        raise InputError(
            f"{where} has {len(index)} rows and no frequency, but at least 3 are needed to infer one. "
            "Set it with index.freq or asfreq."
        )
    return _refuse_gap(index, differences, None, where)


def _calendar_step(index):
    """Find the offset of days, business days or months that makes exactly this DatetimeIndex, if any."""
    import pandas as pd

    if not isinstance(index, pd.DatetimeIndex):
        return None
    days = round((index[1] - index[0]) / pd.Timedelta(days=1))
    months = (index[1].year - index[0].year) * 12 + index[1].month - index[0].month
    offsets = pd.offsets
    candidates = [offsets.Day(days)] if 0 < days else []
    if days < 5:
        candidates.append(offsets.BusinessDay())
    if months > 0:
        kinds = (offsets.MonthBegin, offsets.MonthEnd, offsets.BusinessMonthBegin, offsets.BusinessMonthEnd)
        candidates += [kind(months) for kind in kinds]
        if index[0].day <= 28:
            candidates.append(pd.DateOffset(months=months))
    # The first rows rule most candidates out before the whole index is looked at.
    candidates = [offset for offset in candidates if separates(offset, index[:3])]
    return next((offset for offset in candidates if separates(offset, index)), None)


def _number_step(index, where: str, known):
    """The constant step of an index of numbers; for a single row the one known, else 1."""
    if len(index) < 2:
        return known if isinstance(known, (int, float)) else 1
    rule = getattr(index, "step", None)  # a RangeIndex says it
    if rule is not None and rule > 0:
        return rule
    differences = _differences(index)
    step = differences[0]
    if step > 0 and np.allclose(differences, step, rtol=1e-6, atol=0):
        return step.item()
    return _refuse_gap(index, differences, None, where)


def _refuse_gap(index, differences: np.ndarray, step, where: str) -> None:
    """Raise on the first row that is not one step after the row before; pass if there is none."""
    if step is not None and (differences == step).all():
        return
    backwards = differences <= 0
    # A longer step than usual is a gap; failing that, any uncommon one (months differ by themselves).
    usual = np.sort(differences)[(len(differences) - 1) // 2] if step is None else step
    longer = differences > 1.5 * usual
    odd = backwards if backwards.any() else longer if longer.any() else differences != usual
    i = int(np.argmax(odd))
    pair = f"row {i} is {index[i]} and row {i + 1} is {index[i + 1]}"
    if differences[i] == 0:
        raise InputError(
            f"{where} does not increase: {pair}, the same twice, but every row needs a time of its own. Sort "
            "the rows by time, and drop or aggregate duplicates."
        )
    if differences[i] < 0:
        raise InputError(
            f"{where} does not increase: {pair}, but one regular, increasing step is needed. Sort the rows "
            "by time and remove duplicates; where cross-validation shuffled them, split in time with "
            "TimeSeriesSplit or sksequence.model_selection.RollingOriginSplit."
        )
    raise InputError(
        f"{where} is not regular: {pair}, but one regular, increasing step is needed. Insert missing rows "
        "with asfreq and fill them, or set freq and missing='mask', or number the rows with "
        "reset_index(drop=True); where cross-validation took rows out of the middle, as KFold does, split in "
        "time, with TimeSeriesSplit or sksequence.model_selection.RollingOriginSplit."
    )
