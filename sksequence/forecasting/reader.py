"""What forecasters know about the rows that came: their columns, their form and their index.

A table, a series or a panel becomes a :class:`~sksequence.forecasting.panel.Panel` with the columns of the
training data, and that a :class:`~sksequence.forecasting.task.Task` with missing values filled.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sksequence._params import Parameters, instance_of, integer, none, one_of, param
from sksequence.exceptions import InputError, ParameterError
from sksequence.forecasting.form import Form
from sksequence.forecasting.missing import impute
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.roles import Roles
from sksequence.forecasting.series import join, read_series
from sksequence.forecasting.tables import has_index
from sksequence.forecasting.task import Task
from sksequence.sequences import SequenceArray, carries_ids

__all__ = ["SeriesReader", "refuse_number"]

# As many names fit into an error.
_FEW = 10


class SeriesReader(Parameters, BaseEstimator):
    """Base of estimators that read series, and know their columns again.

    Attributes
    ----------
    context_ : Panel
        The latest rows, from which `predict` goes on.
    targets_ : tuple
        Labels of the columns that are forecast.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X has some.
    """

    horizon: int = param(default=1, fixed=True, rule=integer(1), doc="Time steps to forecast.")
    target: Any = param(
        default=None,
        fixed=True,
        rule=none() | instance_of(str, int, list, tuple, words="a column or a list of columns"),
        doc="Columns to forecast, by name or position; None forecasts them all.",
    )
    id: Any = param(
        default=None,
        rule=none() | instance_of(str, words="the name of a column"),
        doc="Column that names the series of a row, in long tables of many series.",
    )
    time: Any = param(
        default=None,
        rule=none() | instance_of(str, words="the name of a column"),
        doc="Column that holds the times, in tables without an index, such as those of polars.",
    )
    freq: Any = param(
        default=None,
        rule=none() | instance_of(object, words="a frequency of pandas"),
        doc="""Step of the index, such as "h" or "MS": rows that are missing from it are filled in as missing
        values. None takes the step of the index, which must have no gaps.""",
    )
    missing: str = param(
        default="raise",
        fixed=True,
        rule=one_of("raise", "mask"),
        doc="""What NaN means: an error, or "not observed". Then inputs are filled from the past, by the
        value a season before or else the last one, with a flag that the network reads, and targets do not
        count.""",
    )

    # Whether columns other than the targets are read.
    _reads_others = False

    def _check_ready(self, caller: str) -> None:
        """Refuse what needs a fit where there is none, or where it was one of another horizon."""
        check_is_fitted(self, "context_")
        if self.horizon != self._fitted_horizon:
            raise ParameterError(
                f"{caller}: fitted with horizon={self._fitted_horizon}, but horizon is {self.horizon!r} now, "
                "and weights and errors are those of the steps learned. Set it back, or fit anew."
            )

    def _read(self, X, caller: str, *, y=None, reset: bool = False, alone: bool = False) -> Panel:
        """All columns of X, and of y after them; X may come `alone` where no targets are needed."""
        line = None if reset else self.context_.timelines[0]
        known: dict[str, Any] = {
            "step": line and line.step,
            "id": self.id,
            "time": self.time,
            "freq": self.freq,
        }
        known |= {"missing": self.missing, "whole": reset}
        _refuse_tokens(X, caller)
        panel = read_series(X, caller=caller, **known)
        if reset:
            self._see_columns(panel)
        rows = panel
        if y is not None:
            if self.target is not None:
                raise InputError(
                    f"{caller}: target={self.target!r} and a y came, but only one of them can say what is to "
                    "be forecast. Leave out one of them."
                )
            if not reset and panel.n_columns != self.n_features_in_:
                raise self._other_width(panel, caller)
            reading = {"id": None, "time": None, "freq": self.freq if has_index(y) else None}
            aligned = read_series(y, caller=caller, called="y", **(known | reading))
            rows = join(panel, aligned, caller=caller)
        if not reset:
            return self._like_known(rows, caller, alone)
        own = None if y is None else rows.columns[panel.n_columns :]
        self._columns, self._named = rows.columns, rows.named
        self._y = None if y is None else (aligned.form, aligned.table_forms)
        self._roles = self._divide(rows, own, caller)
        self.targets_ = self._roles.target
        return rows

    def _divide(self, panel: Panel, own: tuple | None, caller: str) -> Roles:
        """What each column is for; `own` are those that came as y."""
        return Roles(own or self._labels(panel, "target", caller) or panel.columns)

    def _labels(self, panel: Panel, parameter: str, caller: str) -> tuple:
        """Labels of the columns that a parameter names; none where it is None."""
        named = getattr(self, parameter)
        labels = () if named is None else panel.select(named, caller=caller).columns
        if len(set(labels)) < len(labels):
            twice = next(label for label in labels if labels.count(label) > 1)
            raise InputError(
                f"{caller}: column {twice!r} stands twice in {parameter}={named!r}, but once is enough. Name "
                "each column once."
            )
        return labels

    def _see_columns(self, panel: Panel) -> None:
        self.n_features_in_ = panel.n_columns
        self.__dict__.pop("feature_names_in_", None)
        if panel.named and all(isinstance(name, str) for name in panel.columns):
            self.feature_names_in_ = np.asarray(panel.columns, dtype=object)

    def _like_known(self, panel: Panel, caller: str, alone: bool) -> Panel:
        """The panel with the columns of the training data, or the error that names the difference."""
        named = panel.named and self._named
        if named and not self._reads_others and set(self.targets_) <= set(panel.columns):
            return panel  # other columns are not read, so they may be missing
        if named and set(self._columns) == set(panel.columns):
            if panel.columns == self._columns:
                return panel
        elif panel.n_columns == len(self._columns):
            # Columns without names stand in the order of those that had some.
            if not named:
                return replace(panel, columns=self._columns)
        elif self._y is not None and (
            panel.columns == self._columns[: self.n_features_in_]
            if named
            else panel.n_columns == self.n_features_in_
        ):
            return self._without_targets(panel, caller, alone and self._reads_others)
        if named and set(panel.columns) <= set(self._roles.known):
            raise InputError(
                f"{caller}: X holds only {list(panel.columns)}, known ahead, but X is what comes before the "
                f"forecast, with {list(self.targets_)} in it. Pass it as future=…; X can be left out right "
                "after the training rows."
            )
        if panel.n_columns != len(self._columns):
            raise self._other_width(panel, caller)
        raise InputError(
            f"{caller}: X has the columns {list(panel.columns)}, but {list(self._columns)} were seen at fit "
            "time. The feature names should match those that were passed during fit; select and order them "
            "so."
        )

    def _other_width(self, panel: Panel, caller: str) -> InputError:
        known = self._columns[: self.n_features_in_]
        shown = f": {list(known)}" if self._named and len(known) <= _FEW else ""
        return InputError(
            f"{caller}: X has {panel.n_columns} features, but {type(self).__name__} is expecting "
            f"{self.n_features_in_} features as input. Pass the columns seen at fit time{shown}."
        )

    def _refuse_foreign_step(self, panel: Panel, caller: str) -> None:
        """Refuse series whose rows are further apart, or nearer, than those that were learned from."""
        known = list({line.step: line for line in self.context_.timelines if line is not None}.values())
        if panel is self.context_ or not known:
            return
        for i, line in enumerate(panel.timelines):
            if line is None or line is known[0] or any(line.goes_by(old.step) for old in known):
                continue
            raise InputError(
                f"{caller}: the index of {panel.name(i)} goes by {line.step_name!r}, but that of training "
                f"rows by {known[0].step_name!r}, and such steps were learned. Bring the rows to that step, "
                "with resample, or fit anew."
            )

    def _without_targets(self, panel: Panel, caller: str, alone: bool) -> Panel:
        """Covariates alone: the past of what is forecast counts as missing."""
        if not alone:
            raise InputError(
                f"{caller}: X holds the {panel.n_columns} columns of X at fit time and no y came, but the "
                f"values of {list(self.targets_)} are needed. Pass them as y, or X and y joined as one table."
            )
        warnings.warn(
            f"{caller}: X holds the {panel.n_columns} columns of X at fit time without "
            f"{list(self.targets_)}, "
            "which came as y, so that their past counts as missing. Pass X and y joined as one table, and "
            "score with forecast_scorer.",
            UserWarning,
            stacklevel=6,
        )
        n = len(self.targets_)
        blank = replace(
            panel.select([0] * n, caller=caller),
            columns=self.targets_,
        )
        blank = replace(blank, channels=_blank(blank.channels))
        return replace(join(panel, blank, caller=caller), columns=self._columns)

    def _task(self, panel: Panel, future: Panel | None = None) -> Task:
        """The series with missing values filled."""
        targets = panel if self.targets_ == panel.columns else panel.select(self.targets_, caller="")
        if self._y is not None:
            targets = _in_form_of(targets, *self._y)
        if not targets.has_missing:
            return Task(panel, targets, None, future)
        channels, observed = impute(targets.channels, self._fill_season)
        return Task(panel, replace(targets, channels=channels), observed, future)

    @property
    def _fill_season(self) -> int:
        """Season by which missing values are filled."""
        return 1

    def _read_future(self, future, panel: Panel, caller: str) -> Panel | None:
        """Rows of known columns that follow those of the panel; none are read here."""
        if future is not None:
            raise InputError(
                f"{caller}: `future` came, but no column is known ahead. Name some with `known_future` "
                "before fitting, or leave it out."
            )
        return None


def _refuse_tokens(X, caller: str) -> None:
    if carries_ids(X):
        raise InputError(
            f"{caller}: tokens came, but a forecaster reads numbers. What follows in a text is told by "
            "LSTMLanguageModel."
        )


def refuse_number(X, caller: str, remedy: str) -> None:
    """Refuse a number in place of X: another argument was meant, which the remedy, with ``{X!r}``, names."""
    if isinstance(X, (int, float, np.number)):
        raise InputError(
            f"{caller}: X is {X!r}, a single number, but X is the series before the forecast. "
            f"{remedy.format(X=X)}"
        )


def _blank(channels: SequenceArray) -> SequenceArray:
    """Channels of the same lengths without any value."""
    lengths = channels.lengths
    return SequenceArray(np.full((int(lengths.sum()), 1), np.nan), np.cumsum(lengths) - lengths, lengths)


def _in_form_of(targets: Panel, form: Form, table_forms: tuple[Form, ...]) -> Panel:
    """Targets in the form of the y that they came as: a Series or vector, where it was one."""
    flat = bool(table_forms) and table_forms[0].kind in ("series", "vector")
    if not flat or not targets.table_forms or targets.table_forms[0].kind == "table":
        return targets
    name = table_forms[0].names or targets.columns[0]
    forms = (Form("vector") if line is None else Form("series", name) for line in targets.timelines)
    return replace(targets, table_forms=tuple(forms))
