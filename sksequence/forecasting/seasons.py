"""Season lengths, found from the index and the data.

A season is named by its length in steps: 24 for hourly data with a daily rhythm. The calendar proposes
(:func:`calendar_seasons`), the data decide (:func:`choose_seasons`): a length is kept only where the
autocorrelation shows it, and found there where no index tells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = [
    "autocorrelation",
    "calendar_seasons",
    "choose_seasons",
    "data_seasons",
    "looked_at",
    "season_strength",
]

_DAY, _WEEK = 86_400, 7 * 86_400
# Nominal seconds of a calendar step, by the first letters of its pandas name.
_CALENDAR_STEPS = {"B": 5, "C": 5, "D": 7, "W": 52, "M": 12, "BM": 12, "Q": 4, "BQ": 4, "SM": 24}
# Series looked at; more change nothing but the time.
_MOST_SERIES = 100
# A season's peak must stand this far above its surroundings, on the scale of correlations.
_PROMINENCE = 0.1
_LEAST_CORRELATION = 0.2
_DAYS_OF_WEEK = 7
# A season that is a multiple of this (hours, half-hours, quarters) may be a day.
_STEPS_OF_DAY = 24


def calendar_seasons(step) -> tuple[int, ...]:
    """Season lengths that the calendar suggests for a step.

    Parameters
    ----------
    step : pandas offset, Timedelta or other
        Step of an index, as in :class:`~sksequence.forecasting.timeline.Timeline`.

    Returns
    -------
    seasons : tuple of int
        Shortest first; empty where the calendar has nothing to say.

    Notes
    -----
    Below a day: the day and the week (24 and 168 for hours). Daily 7, business days 5, weekly 52,
    half-monthly 24, monthly 12, quarterly 4. Below a minute: the minute or the hour first.

    Examples
    --------
    >>> import pandas as pd
    >>> calendar_seasons(pd.tseries.frequencies.to_offset("h"))
    (24, 168)
    >>> calendar_seasons(pd.tseries.frequencies.to_offset("QS-JAN"))
    (4,)
    """
    import pandas as pd

    if not isinstance(step, (pd.Timedelta, pd.tseries.offsets.BaseOffset)):
        return ()
    name = _rule(step)
    multiple = getattr(step, "n", 1)
    for ending in ("", "S", "E"):
        if name.endswith(ending) and (length := _CALENDAR_STEPS.get(name.removesuffix(ending))):
            if name == "D" and multiple % 7 == 0:
                length, multiple = 52, multiple // 7
            return (length // multiple,) if length % multiple == 0 and length > multiple else ()
    if months := _months(step):
        return (12 // months,) if 12 % months == 0 and months < 12 else ()
    try:
        seconds = pd.Timedelta(step).total_seconds()
    except ValueError:
        return ()
    spans = (60, 3600) if seconds < 60 else (_DAY, _WEEK) if seconds < _DAY else (_WEEK, 52 * _WEEK)
    lengths = (span / seconds for span in spans)
    return tuple(int(length) for length in lengths if length >= 2 and length == int(length))


def _rule(step) -> str:
    """Name by which pandas writes the step, without its anchor; empty where it has none."""
    try:
        return getattr(step, "rule_code", "").partition("-")[0]
    except NotImplementedError:  # of steps such as a month from any day on
        return ""


def _months(step) -> int:
    """Months of a calendar step that is made of months or years only, else 0."""
    parts: dict = getattr(step, "kwds", {})
    months = parts.get("months", 0) + 12 * parts.get("years", 0)
    return step.n * months if set(parts) <= {"months", "years"} else 0


def autocorrelation(channels: Sequence[np.ndarray], n_lags: int) -> np.ndarray:
    """Autocorrelation after removing a straight line, averaged over channels.

    Parameters
    ----------
    channels : sequence of ndarray of shape (n_timesteps,) or (n_timesteps, 1)
        Series, of any lengths.
    n_lags : int
        Greatest lag.

    Returns
    -------
    correlation : ndarray of shape (n_lags + 1,)
        At lags 0, 1, ...; 0 everywhere if every channel is a straight line. Lags that a channel is
        too short for do not count that channel.
    """
    total, count = np.zeros(n_lags + 1), np.zeros(n_lags + 1)
    for channel in channels:
        series = np.ravel(channel)
        n = len(series)
        if n < 3:
            continue
        time = np.linspace(-1.0, 1.0, n)
        residual = series - series.mean()
        residual = residual - time * (time @ residual) / max(time @ time, 1e-12)
        power = residual @ residual
        if power <= 1e-16 * max(series @ series, 1e-300):
            continue
        spectrum = np.fft.rfft(residual, 1 << (2 * n - 1).bit_length())
        lags = min(n - 1, n_lags)
        product = np.fft.irfft(spectrum * spectrum.conj())[: lags + 1]
        # Divided by the steps that overlap: long seasons would fade otherwise.
        total[: lags + 1] += product / power * n / (n - np.arange(lags + 1))
        count[: lags + 1] += 1
    return total / np.maximum(count, 1)


def data_seasons(channels: Sequence[np.ndarray], *, longest: int | None = None) -> tuple[int, ...]:
    """Season lengths seen in the data alone.

    Parameters
    ----------
    channels : sequence of ndarray of shape (n_timesteps,) or (n_timesteps, 1)
        Training rows of each univariate series.
    longest : int, optional
        Longest season looked for, in steps.

    Returns
    -------
    seasons : tuple of int
        Empty where there is none; otherwise the main season, and, where
        that may be a day, the week if it stands out.

    Notes
    -----
    A season is a peak of the autocorrelation, prominent and above 0.2, that both halves of the rows
    show at about the same lag: slow wandering, as of prices, makes peaks that do not come back.
    Among peaks of about the same height the shortest is the season, the others are its multiples.
    """
    channels = _sample(channels)
    lengths = [len(channel) for channel in channels]
    n = int(np.median(lengths))
    most = min(n // 3, longest or n)
    if most < 2:
        return ()
    whole = autocorrelation(channels, most)
    peaks = _peaks(whole)
    halves = [
        _peaks(autocorrelation([c[: len(c) // 2] for c in channels], min(most, n // 4))),
        _peaks(autocorrelation([c[len(c) // 2 :] for c in channels], min(most, n // 4))),
    ]
    peaks = [p for p in peaks if all(_near(p, half) for half in halves)]
    if not peaks:
        return ()
    heights = whole[peaks]
    first = peaks[int(np.argmax(heights >= 0.8 * heights.max()))]
    # Of rhythms inside rhythms, days in a week are the one that is common enough to look for.
    week = _DAYS_OF_WEEK * first
    is_day = first % _STEPS_OF_DAY == 0
    return (first, week) if is_day and week + first <= most and _stands_out(whole, week, first) else (first,)


def choose_seasons(channels: Sequence[np.ndarray], step=None) -> tuple[int, ...]:
    """Season lengths of a set of series: the calendar's where the data show them, else the data's.

    Parameters
    ----------
    channels : sequence of ndarray of shape (n_timesteps,) or (n_timesteps, 1)
        Training rows of each univariate series.
    step : pandas offset, Timedelta or other, optional
        Step of their index.

    Returns
    -------
    seasons : tuple of int
        The season to trust first; ``(1,)`` if there is none.
    """
    proposed = calendar_seasons(step)
    channels = _sample(channels)
    n = int(np.median([len(channel) for channel in channels]))
    proposed = tuple(season for season in proposed if 3 * season <= n)
    if proposed:
        correlation = autocorrelation(channels, 2 * max(proposed))
        shown: tuple[int, ...] = ()
        for season in proposed:
            if _stands_out(correlation, season, shown[0] if shown else None):
                shown += (season,)
        if shown:
            return shown
    return data_seasons(channels) or (1,)


def season_strength(channels: Sequence[np.ndarray], season: int) -> float:
    """How much of a season repeats: the autocorrelation one season back, at most 1; 0 for season 1.

    Parameters
    ----------
    channels : sequence of ndarray of shape (n_timesteps,) or (n_timesteps, 1)
        Training rows of each univariate series.
    season : int
        Steps of the season.
    """
    return float(autocorrelation(_sample(channels), season)[season]) if season > 1 else 0.0


def looked_at(n_channels: int) -> range:
    """Which of so many channels tell the season of all: at most a hundred, evenly spread.

    Parameters
    ----------
    n_channels : int
        Channels that there are.
    """
    return range(0, n_channels, max(1, n_channels // _MOST_SERIES))[:_MOST_SERIES]


def _sample(channels: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [np.ravel(channels[i]) for i in looked_at(len(channels))]


def _peaks(correlation: np.ndarray) -> list[int]:
    """Lags of prominent peaks."""
    from scipy.signal import find_peaks

    # Noise puts many small peaks on one broad one; a short mean leaves the broad one.
    width = 1 if len(correlation) < 100 else 3
    smooth = np.convolve(np.pad(correlation, width // 2, mode="edge"), np.full(width, 1 / width), "valid")
    found, _ = find_peaks(smooth, height=_LEAST_CORRELATION, prominence=_PROMINENCE)
    return [int(lag) for lag in found]


def _near(lag: int, others: Sequence[int]) -> bool:
    """Whether a peak lies within a tenth, and at least one step, of one of the others."""
    return any(abs(lag - other) <= max(1, 0.15 * lag) for other in others)


def _stands_out(correlation: np.ndarray, season: int, shorter: int | None = None) -> bool:
    """Whether the correlation at a season exceeds that half a season away.

    Where a shorter season is known already, the comparison is with its neighbouring multiples: all
    of them are high, and a week must be higher than six days and eight.
    """
    away, margin = (season // 2, _PROMINENCE / 2) if shorter is None else (shorter, _PROMINENCE / 10)
    around = max(correlation[season - away], correlation[season + away], 0.0)
    return bool(correlation[season] > around + margin)
