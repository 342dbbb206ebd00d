"""Pictures of how errors grow with the step ahead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError
from sksequence.inspection.axes import STYLES, make_axes, pyplot
from sksequence.inspection.backtests import backtest_table, column_label, made, with_names
from sksequence.inspection.tables import choose

__all__ = ["StepErrorDisplay"]

_METRICS = {"mae": "mean absolute error", "rmse": "root mean squared error"}
_ORIGIN = ["series", "column", "origin"]
_MARKERS = "os^Dv*"


class StepErrorDisplay:
    """Picture of the error at every step ahead, one line for each forecaster.

    Use :meth:`from_estimator` or :meth:`from_tables` to make it.

    Parameters
    ----------
    errors : DataFrame of shape (horizon, n_forecasters)
        In the units of the data, indexed by the step; NaN beyond the horizon of a forecaster.
    metric : {"mae", "rmse"}, default="mae"
        What they are: mean absolute errors, or roots of mean squared errors.
    column : label or None, default=None
        What was forecast, where it is one column.

    Attributes
    ----------
    errors_ : DataFrame of shape (horizon, n_forecasters)
        The errors drawn.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    See Also
    --------
    BacktestDisplay : The forecasts themselves.

    Examples
    --------
    >>> import pandas as pd
    >>> from sksequence.inspection import StepErrorDisplay
    >>> table = pd.DataFrame({"origin": [1, 1], "step": [1, 2], "target": [5, 4], "forecast": [4, 6]})
    >>> display = StepErrorDisplay.from_tables({"guess": table})
    >>> display.errors_["guess"].tolist()
    [1.0, 2.0]
    """

    def __init__(self, errors, *, metric="mae", column=None):
        self.errors_ = errors
        self.metric = metric
        self.column = column

    @classmethod
    def from_estimator(
        cls,
        forecasters,
        X,
        y=None,
        *,
        metric="mae",
        start=None,
        stride=1,
        series=None,
        columns=None,
        ax=None,
        **line_kw,
    ):
        """Backtest one forecaster or several, and draw their errors.

        They are compared on the origins that all of them can forecast from.

        Parameters
        ----------
        forecasters : estimator, or dict of str to estimator
            Fitted forecasters, by the name of their line.
        X, y : array-like
            Series, and row-aligned targets where `fit` had some, as in `forecaster.backtest`.
        metric : {"mae", "rmse"}, default="mae"
            Mean absolute error, or root of the mean squared error, over all origins, series and columns.
        start, stride : default=None and 1
            First origin, and rows from one to the next, as in `forecaster.backtest`.
        series, columns : label, list of labels or None, default=None
            Which series and columns count, by name or position; None takes them all.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : StepErrorDisplay

        Raises
        ------
        InputError
            If the forecasters share no origin, or there is no such metric, series or column.
        MissingDependencyError
            If matplotlib is not installed.
        """
        caller = f"{cls.__name__}.from_estimator"
        if not isinstance(forecasters, Mapping):
            forecasters = {type(forecasters).__name__: forecasters}
        pyplot(caller)
        _check_metric(metric, caller)
        tables = {
            name: with_names(
                made(forecaster, X, y=y, start=start, stride=stride), column_label(forecaster, X)
            )
            for name, forecaster in forecasters.items()
        }
        display = cls._of(tables, metric, series, columns, caller)
        return display.plot(ax=ax, **line_kw)

    @classmethod
    def from_tables(cls, tables, *, metric="mae", series=None, columns=None, ax=None, **line_kw):
        """Draw the errors of backtests that were made before.

        They are compared on the origins that all of them have.

        Parameters
        ----------
        tables : DataFrame, or dict of str to DataFrame
            What `forecaster.backtest` gave, by the name of its line.
        metric : {"mae", "rmse"}, default="mae"
            Mean absolute error, or root of the mean squared error, over all origins, series and columns.
        series, columns : label, list of labels or None, default=None
            Which series and columns count, by name or position; None takes them all.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : StepErrorDisplay

        Raises
        ------
        InputError
            If the tables share no origin, or there is no such metric, series or column.
        MissingDependencyError
            If matplotlib is not installed.
        """
        caller = f"{cls.__name__}.from_tables"
        if not isinstance(tables, Mapping):
            tables = {"forecast": tables}
        pyplot(caller)
        _check_metric(metric, caller)
        named = {name: with_names(backtest_table(table, caller), 0) for name, table in tables.items()}
        return cls._of(named, metric, series, columns, caller).plot(ax=ax, **line_kw)

    @classmethod
    def _of(cls, tables: dict, metric: str, series, columns, caller: str):
        tables = {name: _chosen(table, series, columns, caller) for name, table in tables.items()}
        compared = _on_common_origins(tables, caller)
        labels = list(next(iter(compared.values()))["column"].unique())
        named = len(labels) == 1 and not isinstance(labels[0], (int, np.integer))
        errors = pd.DataFrame({name: _errors(table, metric) for name, table in compared.items()})
        return cls(errors.rename_axis("step"), metric=metric, column=labels[0] if named else None)

    def plot(self, ax=None, **line_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : StepErrorDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        (place,), _ = make_axes(1, ax, f"{type(self).__name__}.plot", size=(6.5, 4.0))
        from matplotlib.ticker import MaxNLocator

        steps = self.errors_.index.to_numpy()
        marked = len(steps) <= 24
        for i, name in enumerate(self.errors_.columns):
            marks = {"marker": _MARKERS[i % len(_MARKERS)], "markersize": 4} if marked else {}
            style = STYLES[i % len(STYLES)] | {"linewidth": 1.6, "label": str(name)} | marks | line_kw
            place.plot(steps, self.errors_[name].to_numpy(), **style)
        # From zero: the height of a line is the size of the error. The room above is a share of that height.
        place.update_datalim([(steps[0], 0.0)])
        place.autoscale_view()
        place.set_ylim(bottom=0)
        place.set_xlabel("steps ahead")
        place.set_ylabel(_METRICS[self.metric] + (f" of {self.column}" if self.column is not None else ""))
        place.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1))
        if len(self.errors_.columns) > 1:
            self._name_lines(place)
        self.ax_, self.figure_ = place, place.figure
        return self

    def _name_lines(self, ax) -> None:
        """Name the lines in the order in which they end, from the highest."""
        ends = self.errors_.ffill().iloc[-1].to_numpy()
        handles, labels = ax.get_legend_handles_labels()
        own = len(labels) - len(ends)
        order = [own + i for i in np.argsort(-ends, kind="stable")]
        ax.legend([handles[i] for i in order], [labels[i] for i in order], loc="best", frameon=False)


def _check_metric(metric, caller: str) -> None:
    if metric not in _METRICS:
        raise InputError(
            f"{caller}: metric={metric!r} came, but one of {list(_METRICS)} is needed. Name one."
        )


def _chosen(table: pd.DataFrame, series, columns, caller: str) -> pd.DataFrame:
    some_series = choose(list(table["series"].unique()), series, "series", caller)
    some = choose(list(table["column"].unique()), columns, "columns", caller)
    return table[table["series"].isin(some_series) & table["column"].isin(some)]


def _on_common_origins(tables: dict, caller: str) -> dict:
    """Rows of each table from the origins that all tables have."""
    if not tables:
        raise InputError(f"{caller}: no forecaster came, but at least one is needed. Pass one.")
    origins = {name: pd.MultiIndex.from_frame(table[_ORIGIN]) for name, table in tables.items()}
    first, *others = (index.unique() for index in origins.values())
    for other in others:
        first = first[first.isin(other)]
    if not len(first):
        raise InputError(
            f"{caller}: {list(tables)} share no origin, but errors are compared where all of them forecast. "
            "Backtest them on the same series."
        )
    return {name: table[origins[name].isin(first)] for name, table in tables.items()}


def _errors(table: pd.DataFrame, metric: str) -> pd.Series:
    """Error at each step; values that are missing do not count."""
    error = table["forecast"] - table["target"]
    if metric == "mae":
        return error.abs().groupby(table["step"]).mean()
    return (error**2).groupby(table["step"]).mean() ** 0.5
