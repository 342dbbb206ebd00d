"""Columns that explain the target: known ahead, known up to now, and constant for each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.roles import Roles
from sksequence.forecasting.scaling import moments
from sksequence.forecasting.seasons import looked_at
from sksequence.forecasting.task import Task
from sksequence.forecasting.windows import Windows
from sksequence.preprocessing.calendar import calendar_columns
from sksequence.sequences import SequenceArray
from sksequence.sequences.layout import step_rows

__all__ = ["Covariates", "change_late", "without_known"]


@dataclass(frozen=True, eq=False)
class Covariates:
    """Scaled covariates, ready to be read beside windows of the targets.

    Attributes
    ----------
    roles : Roles
        Which columns, in which order: known ones, the calendar's, past ones.
    mean, scale : ndarray of shape (n_known + n_past,)
        Constants by which columns known ahead and past ones are scaled.
    static_mean, static_scale : ndarray of shape (n_static,)
        The same for constants of a series, over series.
    n_calendar : int
        Columns that follow from the index.
    """

    roles: Roles
    mean: np.ndarray
    scale: np.ndarray
    static_mean: np.ndarray
    static_scale: np.ndarray
    n_calendar: int

    @classmethod
    def learn(cls, panel: Panel, roles: Roles, *, caller: str) -> Covariates:
        """Learn the scales from the rows of `panel`, all series together."""
        columns = roles.known + roles.past
        mean, scale = np.zeros(len(columns)), np.ones(len(columns))
        for j, column in enumerate(columns):
            values = _column(panel, column)
            values = values[~np.isnan(values)]
            if len(values):
                mean[j], deviation = (m[0] for m in moments(values, np.zeros(len(values), dtype=np.intp)))
                scale[j] = deviation if deviation > 0 else 1.0
        static = _static(panel, roles.static, caller)
        deviation = static.std(axis=0)
        spread = np.where(deviation > 0, deviation, 1.0)
        calendar = _calendar(panel.timelines[0], roles.calendar, 0, caller)
        return cls(roles, mean, scale, static.mean(axis=0), spread, calendar.shape[1])

    @property
    def n_future(self) -> int:
        """Covariates known ahead, those of the calendar among them."""
        return len(self.roles.known) + self.n_calendar

    @property
    def n_past(self) -> int:
        """Covariates read up to the present: those known ahead, and those that are not."""
        return self.n_future + len(self.roles.past)

    @property
    def n_static(self) -> int:
        """Constants of a series."""
        return len(self.roles.static)

    def beside(
        self, task: Task, windows: Windows, ahead: int, *, caller: str
    ) -> dict[str, np.ndarray | SequenceArray]:
        """What the network reads beside each window: "past", "future" and "static", as far as there are any.

        Parameters
        ----------
        task : Task
            The series; its `future` holds the columns known ahead behind their end.
        windows : Windows
            Of the targets.
        ahead : int
            Steps of the future that are read.
        caller : str
            Who asks, for the error.
        """
        extras: dict[str, np.ndarray | SequenceArray] = {}
        if not (self.n_past or self.n_static):
            return extras
        panel = task.panel
        series = windows.channel // len(self.roles.target)
        if self.n_past:
            beyond = ahead if (windows.origin + ahead >= panel.lengths[series]).any() else 0
            values, starts = self._values(panel, beyond, task.future, caller)
            ends = starts[series] + windows.origin + 1
            length = windows.inputs.lengths
            extras["past"] = SequenceArray(values, ends - length, length)
            if self.n_future:
                # Columns known ahead stand first: a view, not a copy.
                known = values[:, : self.n_future]
                extras["future"] = SequenceArray(known, ends, np.full(len(ends), ahead))
        if self.n_static:
            static = (_static(panel, self.roles.static, caller) - self.static_mean) / self.static_scale
            extras["static"] = static.astype(np.float32)[series]
        return extras

    def effects(self, task: Task, channels: SequenceArray) -> np.ndarray:
        """What least squares say that each column known ahead does to each target, (n_targets, n_known).

        Parameters
        ----------
        task : Task
            The training rows of one series.
        channels : SequenceArray of n_targets sequences
            Its targets, on any scale.
        """
        known, effects = self._known(task), np.zeros((len(channels), len(self.roles.known)))
        for j, values in enumerate(channels):
            came = slice(None) if task.observed is None else task.observed[j][:, 0] > 0
            columns = np.column_stack([known[came], np.ones(len(known[came]))])
            effects[j] = np.linalg.lstsq(columns, values[came, 0], rcond=None)[0][:-1]
        return effects

    def explained(self, task: Task, effects: np.ndarray) -> np.ndarray:
        """What :meth:`effects` make of all targets, one channel after the other, (n_values,)."""
        parts = self._known(task) @ effects.T
        ends = np.cumsum(task.panel.lengths)
        return np.concatenate([part.T.ravel() for part in np.split(parts, ends[:-1])])

    def _known(self, task: Task) -> np.ndarray:
        """Scaled columns known ahead, (total_steps, n_known)."""
        return self._values(task.panel, 0, None, "")[0][:, : len(self.roles.known)]

    def _values(self, panel: Panel, ahead: int, future: Panel | None, caller: str):
        """Scaled columns of every series and `ahead` rows beyond its end; and where each series starts."""
        lengths = panel.lengths + ahead
        starts = np.cumsum(lengths) - lengths
        values = np.empty((int(lengths.sum()), self.n_past), dtype=np.float32)
        inside = step_rows(starts, panel.lengths)
        beyond = step_rows(starts + panel.lengths, np.full(panel.n_series, ahead))
        roles, first_past = self.roles, self.n_future
        places = [*range(len(roles.known)), *range(first_past, first_past + len(roles.past))]
        for j, (place, column) in enumerate(zip(places, roles.known + roles.past, strict=True)):
            scaled = (_filled(panel, column, self.mean[j]) - self.mean[j]) / self.scale[j]
            values[inside, place] = scaled
            # Of past columns the last value, never read but by recursion.
            coming = np.full((panel.n_series, ahead), np.nan)
            if place < first_past and future is not None and ahead:
                coming = ((_column(future, column) - self.mean[j]) / self.scale[j]).reshape(-1, ahead)
            values[beyond, place] = _held(values[starts + panel.lengths - 1, place], coming).ravel()
        if roles.calendar:
            place = slice(len(roles.known), first_past)
            parts = [_calendar(line, roles.calendar, ahead, caller) for line in panel.timelines]
            values[:, place] = np.concatenate(parts)
        return values, starts


def without_known(task: Task, roles: Roles) -> list[np.ndarray]:
    """What a least-squares fit on the columns known ahead leaves of the targets, to look for seasons in.

    Parameters
    ----------
    task : Task
        The training rows.
    roles : Roles
        Names the columns. Those of the calendar are left out: they would take the seasons themselves.

    Returns
    -------
    residuals : list of ndarray of shape (n_timesteps,)
        Of the channels that :func:`~sksequence.forecasting.seasons.looked_at` names, each fitted by itself.
    """
    channels, known = task.targets.channels, task.panel.select(roles.known, caller="")
    residuals = []
    for i in looked_at(len(channels)):
        columns, values = known.series(i // len(roles.target)), channels[i][:, 0]
        came = ~np.isnan(columns).any(axis=1)
        if task.observed is not None:
            came &= task.observed[i][:, 0] > 0
        # Rows of which something is missing tell nothing: they lie on the mean.
        residual = np.zeros(len(values))
        if came.any():
            columns, values = columns[came] - columns[came].mean(axis=0), values[came] - values[came].mean()
            residual[came] = values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
        residuals.append(residual)
    return residuals


def change_late(panel: Panel, columns: tuple, kept: np.ndarray) -> bool:
    """Whether columns that change in the first `kept[i]` rows of series `i` also do so in the rows behind."""
    row = np.arange(panel.lengths.sum()) - np.repeat(np.cumsum(panel.lengths) - panel.lengths, panel.lengths)
    late = row >= np.repeat(kept, panel.lengths)
    parts = ((values[~late], values[late]) for values in (_column(panel, column) for column in columns))
    return all(_changes(after) or not _changes(before) for before, after in parts)


def _changes(values: np.ndarray) -> bool:
    """Whether there are two different values among those that are not missing."""
    return bool(np.fmax.reduce(values, initial=-np.inf) > np.fmin.reduce(values, initial=np.inf))


def _calendar(line, features: tuple[str, ...], ahead: int, caller: str) -> np.ndarray:
    """The calendar's columns for the rows of one series and those that follow."""
    if not features:
        return np.empty((0, 0), dtype=np.float32)
    index = None if line is None else line.index
    if index is not None and ahead:
        index = index.append(line.following(ahead))
    return calendar_columns(index, features, caller=caller)[0]


def _column(panel: Panel, column) -> np.ndarray:
    """One column of all series, one series after the other, in the units of the data."""
    channels = panel.select([column], caller="").channels
    return channels.values[step_rows(channels.starts, channels.lengths), 0]


def _filled(panel: Panel, column, mean: float) -> np.ndarray:
    """The same, missing values filled with the last one before, or the training mean where there is none."""
    values = _column(panel, column)
    missing = np.isnan(values)
    if not missing.any():
        return values
    position = np.arange(len(values))
    first = np.repeat(np.cumsum(panel.lengths) - panel.lengths, panel.lengths)
    last = np.maximum.accumulate(np.where(missing, -1, position))
    return np.where(last >= first, values[np.maximum(last, 0)], mean)


def _held(last: np.ndarray, coming: np.ndarray) -> np.ndarray:
    """Rows (n_series, n_steps) that come after `last`, missing values holding the one before."""
    values = np.column_stack([last, coming])
    source = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.take_along_axis(values, np.maximum.accumulate(source, axis=1), axis=1)[:, 1:]


def _static(panel: Panel, columns: Sequence, caller: str) -> np.ndarray:
    """Constants of each series, (n_series, n_static)."""
    result = np.empty((panel.n_series, len(columns)))
    first = np.cumsum(panel.lengths) - panel.lengths
    for j, column in enumerate(columns):
        values = _column(panel, column)
        # Rows that were inserted have no value; any other will do.
        result[:, j] = np.fmax.reduceat(values, first)
        differs = ~(values == np.repeat(result[:, j], panel.lengths))
        differs &= ~np.isnan(values) | np.isnan(np.repeat(result[:, j], panel.lengths))
        if differs.any():
            i = int(np.searchsorted(first, differs.argmax(), side="right")) - 1
            what = "is missing from" if np.isnan(result[i, j]) else "varies within"
            raise InputError(
                f"{caller}: the static column {column!r} {what} {panel.name(i)}, but it must be known and "
                "constant. Leave it out of `static`."
            )
    return result
