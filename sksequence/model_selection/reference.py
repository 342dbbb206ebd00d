"""What errors are compared with: the seasonal naive forecast, on training rows and on the rows tested."""

from __future__ import annotations

import numpy as np

from sksequence.exceptions import InputError
from sksequence.model_selection.outcomes import Outcomes, targets_of

__all__ = ["naive_season", "seasonal_naive", "training_scale"]


def naive_season(estimator, season: int | None, caller: str) -> int:
    """The season asked for, or else the one that the estimator found.

    Raises
    ------
    InputError
        If there is neither.
    """
    if season is not None:
        return season
    for name in ("naive_season_", "season_"):
        if hasattr(estimator, name):
            return int(getattr(estimator, name))
    raise InputError(
        f"{caller}: {type(estimator).__name__} has found no season, but the seasonal naive forecast "
        "repeats one. Pass season=, 1 for the last value."
    )


def training_scale(
    outcomes: Outcomes, estimator, attribute: str, season: int | None, caller: str
) -> np.ndarray:
    """Errors that the seasonal naive forecast made on training rows.

    Parameters
    ----------
    outcomes : Outcomes
        What is to be scaled.
    estimator : object
        That keeps these errors, (n_series, n_targets), as `attribute`, and their season as `naive_season_`.
    attribute : str
        Name of the attribute.
    season : int or None
        The season asked for.
    caller : str
        Who asks, for the error.

    Returns
    -------
    scale : ndarray of shape (n_channels,)
        In the units of the data; NaN where the channel never changed or is shorter than a season.

    Raises
    ------
    InputError
        If the estimator keeps no scale, or not that of these series or of this season.
    """
    scale = getattr(estimator, attribute, None)
    if scale is None:
        raise InputError(
            f"{caller}: {type(estimator).__name__} has no `{attribute}`, but the error is divided by that "
            "of the naive forecast on the training rows. Use 'mae' or 'skill'."
        )
    if season not in (None, estimator.naive_season_):
        raise InputError(
            f"{caller}: season={season} came, but {type(estimator).__name__} keeps the naive error of its "
            f"training rows for season {estimator.naive_season_}. Leave out season=, or use 'skill', which "
            "compares with any season."
        )
    known = estimator.context_.labels
    rows = _places(outcomes.series, known)
    columns = _places(outcomes.columns, targets_of(estimator))
    if (rows < 0).any():
        unknown = outcomes.series[int(np.argmin(rows))]
        which = "X" if unknown is None else f"series {unknown!r}"
        raise InputError(
            f"{caller}: {which} is none of the {len(known)} training series, but the error is divided by "
            "that of the naive forecast on training rows of the same series. Use 'mae' or 'skill'."
        )
    scale = np.asarray(scale, dtype=float)[rows][:, columns].ravel()
    return np.where(scale > 0, scale, np.nan)


def seasonal_naive(outcomes: Outcomes, estimator, season: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Seasonal naive forecasts of the same steps, and how much each channel varies.

    Parameters
    ----------
    outcomes : Outcomes
        What came.
    estimator : object
        Whose `context_` holds the latest training rows.
    season : int
        Steps of a season.
    stride : int
        Rows from one origin to the next.

    Returns
    -------
    forecasts : ndarray of shape (n_windows, horizon)
        NaN where the step to repeat is neither in the backtest nor, if that goes on where they end, in the
        training rows remembered.
    deviations : ndarray of shape (n_channels,)
        Standard deviation of the values known; NaN for channels without any.
    """
    context, n_columns = estimator.context_, len(outcomes.columns)
    series = _places(outcomes.series, context.labels)
    columns = _places(outcomes.columns, context.columns)
    forecasts = np.full_like(outcomes.target, np.nan)
    deviations = np.full(outcomes.n_channels, np.nan)
    order = np.argsort(outcomes.channel, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(outcomes.channel, minlength=outcomes.n_channels))[:-1])
    ahead = np.arange(outcomes.target.shape[1])
    for channel, rows in enumerate(groups):
        if not len(rows):
            continue
        origins = np.arange(len(rows)) * stride  # counted from the first
        came = np.full(origins[-1] + len(ahead), np.nan)
        came[origins[:, None] + ahead] = outcomes.target[rows]
        i, j = series[channel // n_columns], columns[channel % n_columns]
        before = _rows_before(context, i, j, outcomes.origin[rows[0]])
        values = np.concatenate([before, came])
        # Of the last season known at each origin, the step in the same place.
        source = len(before) + origins[:, None] - season + ahead % season
        forecasts[rows] = np.where(source >= 0, values[np.maximum(source, 0)], np.nan)
        known = values[~np.isnan(values)]
        deviations[channel] = known.std() if len(known) else np.nan
    return forecasts, deviations


def _rows_before(context, series: int, column: int, origin) -> np.ndarray:
    """Remembered values of a channel, where they end at `origin`."""
    line = context.timelines[series] if series >= 0 else None
    if line is None or column < 0 or line.index[-1] != origin:
        return np.empty(0)
    return context.channels[series * len(context.columns) + column][:, 0]


def _places(labels: list, known) -> np.ndarray:
    """Position of each label among those known, -1 where it is not; None is the only one."""
    place = {label: i for i, label in enumerate(known)}
    if labels == [None]:
        return np.array([0 if len(place) == 1 else -1])
    return np.array([place.get(label, -1) for label in labels])
