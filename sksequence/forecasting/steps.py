"""Steps of time indexes: which rows they separate, how long they are, and what pandas calls them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["are_as_long", "common_step", "separates", "step_like"]

_DAY = 86_400_000_000_000
_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
# Months and quarters are of several lengths; a week more or less is another step.
_LENIENCE = 0.05


def common_step(step, start, *, by_clock: bool = True):
    """The offset that pandas infers for a step: "D" for 24 hours, "QE-DEC" for three ends of months.

    Parameters
    ----------
    step : pandas offset
        Of a DatetimeIndex.
    start : pandas.Timestamp
        One of its rows.
    by_clock : bool, default=True
        Whether 24 hours are a day: not so in a zone with daylight saving.

    Returns
    -------
    step : pandas offset
        That leads from `start` to the same rows.

    Examples
    --------
    >>> import pandas as pd
    >>> common_step(pd.offsets.MonthBegin(12), pd.Timestamp("2024-03-01")).freqstr
    'YS-MAR'
    """
    from pandas.tseries import offsets

    if isinstance(step, offsets.Day) or (by_clock and isinstance(step, offsets.Tick)):
        days, rest = divmod(_nanoseconds(step), _DAY)
        if rest:
            return step
        return offsets.Week(days // 7, weekday=start.weekday()) if days % 7 == 0 else offsets.Day(days)
    longer: dict[type, tuple[Any, Any, tuple[int, int, int]]] = {
        offsets.MonthBegin: (offsets.QuarterBegin, offsets.YearBegin, (3, 1, 2)),
        offsets.MonthEnd: (offsets.QuarterEnd, offsets.YearEnd, (12, 10, 11)),
        offsets.BusinessMonthBegin: (offsets.BQuarterBegin, offsets.BYearBegin, (3, 1, 2)),
        offsets.BusinessMonthEnd: (offsets.BQuarterEnd, offsets.BYearEnd, (12, 10, 11)),
    }
    if type(step) not in longer or step.n % 3:
        return step
    quarter, year, months = longer[type(step)]
    if step.n % 12 == 0:
        return year(step.n // 12, month=start.month)
    return quarter(step.n // 3, startingMonth=months[start.month % 3])


def are_as_long(step, other) -> bool:
    """Whether two steps of times are as long, up to what months differ by.

    Parameters
    ----------
    step, other : pandas offset
        Steps of a DatetimeIndex, PeriodIndex or TimedeltaIndex.
    """
    if step == other:
        return True
    lengths = _nanoseconds(step), _nanoseconds(other)
    return max(lengths) - min(lengths) <= _LENIENCE * max(lengths)


def step_like(index, known):
    """The step of hours, days or the like that is known from a like series, if it separates all rows.

    Parameters
    ----------
    index : pandas.Index
        Rows of one series.
    known : object
        Step of the like series, or None.

    Returns
    -------
    step : pandas offset or None
        `known`; None where that is not seen.
    """
    import pandas as pd

    if known is None or not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return None
    day = isinstance(known, pd.offsets.Day)
    if not (day or isinstance(known, pd.offsets.Tick)):
        return None
    nanoseconds = known.n * _DAY if day else known.nanos
    step, rest = divmod(nanoseconds, _NANOSECONDS[index.unit])
    # Days of a zone with daylight saving are of one length by the clock on the wall only.
    ticks = (index.tz_localize(None) if day and index.tz is not None else index).asi8
    # A missing time is a huge negative number: its neighbours are no step away.
    regular = rest == 0 and ticks[1] - ticks[0] == step and (np.diff(ticks) == step).all()
    return known if regular else None


def separates(offset, index) -> bool:
    """Whether an offset separates all rows of an index of times.

    Parameters
    ----------
    offset : pandas offset
        A step.
    index : pandas.DatetimeIndex or pandas.TimedeltaIndex
        Rows of one series.
    """
    import pandas as pd

    if isinstance(offset, pd.offsets.Day) and isinstance(index, pd.DatetimeIndex):
        # Older pandas add a day of 24 hours, also where the clock is changed.
        return pd.date_range(index[0], periods=len(index), freq=offset, unit=index.unit).equals(index)
    # Adding is done for all rows at once; making a range of months is not.
    on_offset = isinstance(index, pd.TimedeltaIndex) or offset.is_on_offset(index[0])
    return on_offset and (index[:-1] + offset).equals(index[1:])


def _nanoseconds(step) -> int:
    """Length of a step, that of months and the like on average."""
    import pandas as pd

    if isinstance(step, pd.offsets.Day):
        return step.n * _DAY
    if isinstance(step, pd.offsets.Tick):
        return step.nanos
    rows = pd.date_range("1900-01-01", periods=13, freq=step, unit="s")
    return int((rows[-1] - rows[0]).total_seconds() * 1e9 / 12)
