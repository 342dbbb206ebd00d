"""Time indexes: their step, their gaps, and their continuation beyond the last row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sksequence.exceptions import InputError

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
        if len(index) > 1 and index[0] > index[-1]:
            raise InputError(
                f"{where} runs backwards, from {index[0]} to {index[-1]}, but it must increase. "
                "Sort the rows by time, for example with X.sort_index()."
            )
        if index.hasnans:
            raise InputError(
                f"{where} has a missing time in row {int(np.argmax(index.isna()))}, but every row needs one. "
                "Drop or fill such rows."
            )
        if isinstance(index, pd.PeriodIndex):
            ordinals = np.asarray(index.asi8)
            _refuse_gap(index, np.diff(ordinals), 1, where)
            return cls(index, index.freq)
        if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
            return cls(index, _time_step(index, where, known))
        return cls(index, _number_step(index, where, known))

    def following(self, n_steps: int):
        """The `n_steps` index values after the last row, of the same type, unit, zone and name."""
        import pandas as pd

        index, step = self.index, self.step
        if isinstance(index, pd.RangeIndex):
            return pd.RangeIndex(index[-1] + step, index[-1] + step * (n_steps + 1), step, name=index.name)
        if isinstance(index, pd.PeriodIndex):
            return pd.period_range(index[-1] + 1, periods=n_steps, freq=index.freq, name=index.name)
        if isinstance(index, pd.DatetimeIndex):
            whole = pd.date_range(index[-1], periods=n_steps + 1, freq=step, name=index.name, unit=index.unit)
            return whole[1:]
        if isinstance(index, pd.TimedeltaIndex):
            return pd.timedelta_range(index[-1], periods=n_steps + 1, freq=step, name=index.name)[1:]
        ahead = index[-1] + np.arange(1, n_steps + 1) * step
        return pd.Index(ahead.astype(index.dtype), name=index.name)

    def continues(self, earlier: Timeline) -> bool:
        """Whether this index begins exactly one step after the end of `earlier`."""
        return bool(len(self.index)) and bool(earlier.following(1)[0] == self.index[0])

    def first(self, n_steps: int) -> Timeline:
        """The timeline of the first `n_steps` rows."""
        return Timeline(self.index[:n_steps], self.step)

    def last(self, n_steps: int) -> Timeline:
        """The timeline of the last `n_steps` rows."""
        return Timeline(self.index[len(self.index) - n_steps :], self.step)

    def followed_by(self, later: Timeline) -> Timeline:
        """The timeline of these rows and then those of `later`."""
        return Timeline(self.index.append(later.index), self.step)


def _time_step(index, where: str, known):
    """The frequency of a DatetimeIndex or TimedeltaIndex, its own or inferred."""
    import pandas as pd

    if index.freq is not None:
        return index.freq
    # Series of a panel have the same step: it is quicker to try than to infer.
    if isinstance(known, pd.offsets.BaseOffset) and _makes(known, index[:3]) and _makes(known, index):
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
    candidates = [offset for offset in candidates if _makes(offset, index[:3])]
    return next((offset for offset in candidates if _makes(offset, index)), None)


def _makes(offset, index) -> bool:
    """Whether an offset separates all rows of an index of times."""
    import pandas as pd

    if isinstance(offset, pd.offsets.Day) and isinstance(index, pd.DatetimeIndex):
        # Older pandas add a day of 24 hours, also where the clock is changed.
        return pd.date_range(index[0], periods=len(index), freq=offset, unit=index.unit).equals(index)
    # Adding is done for all rows at once; making a range of months is not.
    on_offset = isinstance(index, pd.TimedeltaIndex) or offset.is_on_offset(index[0])
    return on_offset and (index[:-1] + offset).equals(index[1:])


def _number_step(index, where: str, known):
    """The constant step of an index of numbers; for a single row the one known, else 1."""
    numbers = np.asarray(index)
    if numbers.dtype.kind == "u":
        numbers = numbers.astype(np.int64)
    if len(numbers) < 2:
        return known if isinstance(known, (int, float)) else 1
    differences = np.diff(numbers)
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
    fault = "does not increase" if backwards.any() else "is not regular"
    remedy = (
        "Sort the rows by time and remove duplicates."
        if backwards.any()
        else "Insert missing rows with asfreq and fill them, or number the rows with reset_index(drop=True)."
    )
    raise InputError(
        f"{where} {fault}: row {i} is {index[i]} and row {i + 1} is {index[i + 1]}, "
        f"but one regular, increasing step is needed. {remedy}"
    )
