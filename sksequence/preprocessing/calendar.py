"""Calendar features: where rows stand in the hour, the day, the week and the year, by their index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sksequence._params import Parameters, integer, iterable_of, one_of, param
from sksequence.exceptions import InputError, ParameterError

__all__ = ["CALENDAR", "CalendarFeatures", "calendar_columns", "calendar_features"]

_HOUR, _DAY, _WEEK = 3600.0, 86_400.0, 604_800.0
_YEAR = 365.2425 * _DAY  # the mean year of the Gregorian calendar

# Position of each row in a cycle, 0 at its beginning and below 1 at its end, by the local wall clock.
_POSITIONS: dict[str, Callable] = {
    "minute": lambda times: (60 * times.minute + times.second) / _HOUR,
    "hour": lambda times: (3600 * times.hour + 60 * times.minute + times.second) / _DAY,
    "weekday": lambda times: times.day_of_week / 7,
    "day": lambda times: (times.day - 1) / times.days_in_month,
    "week": lambda times: (times.isocalendar().week.to_numpy(float) - 1) * _WEEK / _YEAR,
    "month": lambda times: (times.month - 1) / 12,
    "quarter": lambda times: (times.quarter - 1) / 4,
    "day_of_year": lambda times: (times.day_of_year - 1) * _DAY / _YEAR,
}
CALENDAR = (*_POSITIONS, "weekend")

# A cycle that the rows do not cover once has parts to come that nothing is known of: its sine is a trend.
# 52 weeks, 365 days, 12 months and 4 quarters all make a year.
_CYCLES = {"hour": _DAY, "weekday": _WEEK} | dict.fromkeys(("day_of_year", "month", "quarter"), 52 * _WEEK)

# Steps, in seconds, below which "auto" gives these features; a month has 28 days or more.
_AUTO = (
    (_DAY, ("hour", "weekday", "day_of_year")),
    (_WEEK, ("weekday", "day_of_year")),
    (28 * _DAY, ("day_of_year",)),
    (80 * _DAY, ("month",)),
    (300 * _DAY, ("quarter",)),
)


class CalendarFeatures(Parameters, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Add columns that say where each row stands in the day, the week and the year.

    A cycle becomes two columns, its sine and its cosine, so that its end is near its beginning:
    "hour" gives `hour_sin` and `hour_cos`. All of them are known ahead for any time to come.

    A DataFrame always comes out: the columns of `X`, then the new ones. An index alone, given to
    `transform`, gives the new ones alone: those of rows to come, for the `future` of a forecaster.

    Attributes
    ----------
    features_ : tuple of str
        What "auto" came to.
    n_features_in_ : int
        Number of columns of `X`; 0 for an index alone.
    feature_names_in_ : ndarray of str
        Their names, where all are strings.

    Notes
    -----
    Times count by the clock on the wall, in the time zone of the index; a period counts by its first
    moment. In a DataFrame with an index of (series, time) the last level is read.

    - "minute": time within the hour; "hour": time within the day, both to the second;
    - "weekday": day of the week, Monday first; "weekend": 1 on Saturday and Sunday, else 0, one column;
    - "day": day of the month, as a share of its days; "month" and "quarter" of the year;
    - "week": week of the year (ISO 8601), and "day_of_year", both in a mean year of 365.2425 days.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence import CalendarFeatures
    >>> index = pd.date_range("2024-06-07", periods=4, freq="12h")
    >>> load = pd.Series([3.0, 5.0, 2.0, 4.0], index=index, name="load")
    >>> CalendarFeatures(["hour", "weekend"]).fit_transform(load).round(3)
                         load  hour_sin  hour_cos  weekend
    2024-06-07 00:00:00   3.0       0.0       1.0      0.0
    2024-06-07 12:00:00   5.0       0.0      -1.0      0.0
    2024-06-08 00:00:00   2.0       0.0       1.0      1.0
    2024-06-08 12:00:00   4.0       0.0      -1.0      1.0
    """

    features: str | Sequence[str] = param(
        default="auto",
        rule=one_of("auto")
        | iterable_of(one_of(*CALENDAR), words=f"a list of some of {', '.join(CALENDAR)}"),
        doc="""What is added. "auto" follows the step of the index: hour, weekday and day_of_year for steps
        below a day, weekday and day_of_year for days, day_of_year for weeks, month for months, quarter for
        quarters, nothing for longer steps or a single row; and of these, the cycles that the rows cover
        at least once: no day_of_year below a year.""",
        kw_only=False,
    )
    harmonics: int = param(
        default=1,
        rule=integer(1),
        doc="""Sines and cosines for each cycle: 2 adds those of half its length (`hour_sin2`, `hour_cos2`),
        and so on. Linear models need several; networks bend one pair themselves.""",
    )

    def fit(self, X, y=None):
        """Settle what "auto" means for the index of X.

        Parameters
        ----------
        X : Series, DataFrame, DatetimeIndex or PeriodIndex of length n_timesteps
            Rows with times.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If the rows have no times.
        """
        self._check_parameters()
        caller = f"{type(self).__name__}.fit"
        table = _as_table(X, caller)
        validate_data(self, table, reset=True, skip_check_array=True)
        self._columns_in = list(table.columns)
        self.features_ = calendar_features(table.index, self.features, caller=caller)
        return self

    def transform(self, X):
        """Add the columns.

        Parameters
        ----------
        X : Series, DataFrame, DatetimeIndex or PeriodIndex of length n_timesteps
            With the columns seen in `fit`, or an index alone.

        Returns
        -------
        table : DataFrame of shape (n_timesteps, n_features_in_ + n_new)
            With the index of X; the new columns are float32. The columns of X are missing where X
            is an index.

        Raises
        ------
        InputError
            If the rows have no times, or X has other columns than in `fit`, or a new one already.
        """
        import pandas as pd

        check_is_fitted(self)
        caller = f"{type(self).__name__}.transform"
        table = _as_table(X, caller)
        values, names = calendar_columns(table.index, self.features_, self.harmonics, caller=caller)
        if not isinstance(X, pd.Index):
            validate_data(self, table, reset=False, skip_check_array=True)
        twice = [name for name in names if name in table.columns]
        if twice:
            raise InputError(
                f"{caller}: X has the columns {twice} already, but they are to be added. Drop or rename them."
            )
        added = pd.DataFrame(values, index=table.index, columns=names)
        return added if table.shape[1] == 0 else pd.concat([table, added], axis=1)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that come out.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features_in_,), default=None
            Names of the columns of X. None: those seen in `fit`.

        Returns
        -------
        names : ndarray of str objects of shape (n_features_out,)
        """
        check_is_fitted(self)
        given = self._columns_in if input_features is None else list(input_features)
        if given != self._columns_in:
            raise InputError(
                f"{type(self).__name__}.get_feature_names_out: input_features is not equal to "
                f"feature_names_in_: {given} came, but {self._columns_in} were seen in fit. Leave it out."
            )
        return np.asarray([*given, *_names(self.features_, self.harmonics)], dtype=object)

    def set_output(self, *, transform=None):
        """Choose the container, which is a pandas DataFrame in any case: only pandas keeps the times.

        Parameters
        ----------
        transform : {"default", "pandas"} or None, default=None

        Returns
        -------
        self : object

        Raises
        ------
        ParameterError
            If `transform` is anything else.
        """
        if transform not in (None, "default", "pandas"):
            raise ParameterError(
                f"{type(self).__name__}.set_output: transform={transform!r} came, but only tables of pandas "
                "have an index of times. Use 'default' or 'pandas'."
            )
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # an array has no index
        tags.input_tags.allow_nan = True
        tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def calendar_columns(
    index, features: Sequence[str], harmonics: int = 1, *, caller: str = "calendar_columns"
) -> tuple[np.ndarray, list[str]]:
    """Calendar features of the rows of an index.

    Parameters
    ----------
    index : DatetimeIndex, PeriodIndex or MultiIndex of length n
        Times of the rows; of a MultiIndex the last level is read.
    features : sequence of str
        Names in `CALENDAR`; see :class:`CalendarFeatures` for what they mean.
    harmonics : int, default=1
        Pairs of sine and cosine for each cycle.
    caller : str
        Who asks, for the error.

    Returns
    -------
    values : ndarray of float32 of shape (n, k)
        Sines and cosines between -1 and 1; "weekend" is 0 or 1.
    names : list of str of length k
        "hour_sin", "hour_cos", and so on.

    Raises
    ------
    InputError
        If the index holds no times, or a missing one.
    """
    times = _times(index, caller)
    columns: list[np.ndarray] = []
    for feature in features:
        if feature == "weekend":
            columns.append(np.asarray(times.day_of_week >= 5))
            continue
        angle = 2 * np.pi * np.asarray(_POSITIONS[feature](times), dtype=float)
        columns += [wave(k * angle) for k in range(1, harmonics + 1) for wave in (np.sin, np.cos)]
    names = _names(features, harmonics)
    return np.array(columns, dtype=np.float32).reshape(len(names), len(times)).T, names


def calendar_features(index, features, *, caller: str) -> tuple[str, ...]:
    """Check which calendar features are asked for, and settle what "auto" means.

    Parameters
    ----------
    index : DatetimeIndex, PeriodIndex or MultiIndex, or None
        Of the training rows; None where they have none.
    features : "auto", sequence of str or None
        Names in `CALENDAR`; "auto" as in :class:`CalendarFeatures`; None for none.
    caller : str
        Who asks, for the error.

    Returns
    -------
    features : tuple of str
        Empty for none.

    Raises
    ------
    InputError
        If there is no such feature, or the rows have no times.
    """
    if features is None:
        return ()
    unknown = [] if features == "auto" else [feature for feature in features if feature not in CALENDAR]
    if unknown:
        raise InputError(
            f"{caller}: the calendar features {unknown} came, but there are {', '.join(CALENDAR)}. Choose "
            "among these."
        )
    times = _times(index, caller)
    return _auto(times) if features == "auto" else tuple(features)


def _names(features: Sequence[str], harmonics: int) -> list[str]:
    """Names of the columns of :func:`calendar_columns`."""
    names = []
    for feature in features:
        waves = [
            f"{feature}_{wave}{k if k > 1 else ''}"
            for k in range(1, harmonics + 1)
            for wave in ("sin", "cos")
        ]
        names += [feature] if feature == "weekend" else waves
    return names


def _auto(times) -> tuple[str, ...]:
    """Features that go with the step of the times, as far as the times cover their cycles."""
    unique = times.unique().sort_values().tz_localize(None)
    if len(unique) < 2:
        return ()
    # The usual step: rows may be missing.
    seconds = unique.as_unit("ns").asi8 / 1e9
    step = np.median(np.diff(seconds))
    features = next((features for below, features in _AUTO if step < below), ())
    covered = seconds[-1] - seconds[0] + step
    return tuple(feature for feature in features if covered >= _CYCLES[feature])


def _as_table(X, caller: str):
    """X as a DataFrame; an index alone has no columns."""
    import pandas as pd

    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame()
    if isinstance(X, pd.Index):
        return pd.DataFrame(index=X)
    raise InputError(
        f"{caller}: an object of type {type(X).__name__} came, which has no index of times, but a "
        "Series, a DataFrame or an index of times is needed. Set one with pd.date_range or set_index."
    )


def _times(index, caller: str):
    """The times of the rows, as a DatetimeIndex."""
    import pandas as pd

    if index is None:
        raise InputError(
            f"{caller}: X has no index, but calendar features need times. Pass a Series or DataFrame with a "
            "DatetimeIndex or PeriodIndex."
        )
    times = index.get_level_values(-1) if isinstance(index, pd.MultiIndex) else index
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp(how="start")
    if not isinstance(times, pd.DatetimeIndex):
        raise InputError(
            f"{caller}: X has an index of {times.dtype}, but calendar features need times. Pass rows with a "
            "DatetimeIndex or PeriodIndex; pd.to_datetime makes one."
        )
    if times.hasnans:
        raise InputError(
            f"{caller}: the index has a missing time in row {int(times.isna().argmax())}, but every row "
            "needs one. Drop or fill such rows."
        )
    return times
