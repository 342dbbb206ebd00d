"""Pictures of forecasts beside what came before, and after."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError
from sksequence.inspection.axes import (
    INK,
    STYLES,
    TimeAxis,
    add_legend,
    chosen_pairs,
    draw_band,
    make_axes,
    name_axes,
    pyplot,
)
from sksequence.inspection.tables import Table, Tables, bounds, read_tables

__all__ = ["ForecastDisplay"]

# Fewer rows show no course.
_FEW_ROWS = 12


class ForecastDisplay:
    """Picture of forecasts: the latest rows, what is forecast to follow, and what did.

    One small picture for each series and column. Use :meth:`from_estimator` to make it.

    Parameters
    ----------
    forecast : DataFrame
        A row for each step, with the columns "series", "column", "time" and "forecast", and, where they
        are known, "lower" and "upper" (the interval) and "actual" (what came; NaN where nothing did).
    history : DataFrame or None, default=None
        The rows before: "series", "column", "time" and "value".
    coverage : float or None, default=None
        Share of the values that the intervals should hold.
    time_label : str or None, default=None
        Name of the time axis.
    n_left_out : int, default=0
        Series and columns that had no room.

    Attributes
    ----------
    figure_ : Figure
        What was drawn on last.
    axes_ : ndarray of Axes
        One for each series and column.
    ax_ : Axes
        The first of them.

    See Also
    --------
    BacktestDisplay : Forecasts from many origins beside what came.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import SeasonalNaiveForecaster
    >>> from sksequence.inspection import ForecastDisplay
    >>> forecaster = SeasonalNaiveForecaster(horizon=3, season=2).fit(np.array([1.0, 4.0, 2.0, 5.0]))
    >>> display = ForecastDisplay.from_estimator(forecaster)
    >>> display.forecast["forecast"].tolist()
    [2.0, 5.0, 2.0]
    """

    def __init__(self, forecast, *, history=None, coverage=None, time_label=None, n_left_out=0):
        self.forecast = forecast
        self.history = history
        self.coverage = coverage
        self.time_label = time_label
        self.n_left_out = n_left_out

    @classmethod
    def from_estimator(
        cls,
        forecaster,
        X=None,
        *,
        actual=None,
        future=None,
        coverage=0.9,
        history=None,
        series=None,
        columns=None,
        ax=None,
        **line_kw,
    ):
        """Forecast, and draw the outcome.

        Parameters
        ----------
        forecaster : estimator
            A fitted forecaster.
        X : array-like or None, default=None
            Series to continue, in any form that `forecaster` takes; None continues the training series.
        actual : array-like or None, default=None
            What came, in the form of the forecasts; only the rows of the forecast steps are used: found by
            their index, or the first ones where there is no index.
        future : array-like or None, default=None
            As in `forecaster.predict`.
        coverage : float or None, default=0.9
            Share of the values that the interval should hold, between 0 and 1; None draws no interval, and
            neither does a forecaster that cannot give one.
        history : int or None, default=None
            Rows to show before the forecast; None shows three horizons, or 12 rows where that is
            more. With ``X=None`` there are only those that `forecaster` remembers.
        series, columns : label, list of labels or None, default=None
            Which series and columns to draw, by name or position; None draws the first nine pictures.
        ax : Axes, array of Axes or None, default=None
            Where to draw: one Axes for each picture; None makes a new figure.
        **line_kw
            How the forecast is drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : ForecastDisplay

        Raises
        ------
        InputError
            If what is to be drawn is not there, or `actual` is of other times, series or columns.
        MissingDependencyError
            If matplotlib is not installed.
        """
        caller = f"{cls.__name__}.from_estimator"
        pyplot(caller)
        _check_options(coverage, history, caller)
        if not hasattr(forecaster, "predict"):
            raise InputError(
                f"{caller}: a {type(forecaster).__name__} came, but a fitted forecaster is needed first. "
                "Pass it, and the series to continue after it."
            )
        known = {} if future is None else {"future": future}
        keys = {"id": getattr(forecaster, "id", None), "time": getattr(forecaster, "time", None)}
        predicted = forecaster.predict(X, **known)
        forecasts = read_tables(predicted, **keys)
        first = next(iter(forecasts.values()))
        labels = _labels(forecasts, forecaster)
        pairs, n_left_out = chosen_pairs(list(forecasts), labels, series, columns, caller)
        parts = {"forecast": _curves(forecasts, labels, pairs)}
        interval = _interval(forecaster, X, known, coverage)
        if interval is not None:
            for name, bound in zip(("lower", "upper"), bounds(interval, predicted), strict=True):
                parts[name] = _curves(read_tables(bound, **keys), labels, pairs)
        if actual is not None:
            parts["actual"] = _came(read_tables(actual, **keys), forecasts, labels, pairs, caller)
        n_rows = max(3 * len(first.frame), _FEW_ROWS) if history is None else int(history)
        before = _before(forecaster, X, keys)
        display = cls(
            _long(parts, pairs, {s: _steps(forecasts[s], 1) for s, _ in pairs}),
            history=_history(before, labels, pairs, n_rows, forecaster),
            coverage=None if interval is None else float(coverage),
            time_label=first.frame.index.name if first.indexed else "steps after the last known row",
            n_left_out=n_left_out,
        )
        return display.plot(ax=ax, **line_kw)

    def plot(self, ax=None, **line_kw):
        """Draw.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw: one Axes for each picture; None makes a new figure.
        **line_kw
            How the forecast is drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : ForecastDisplay
            Itself, with `figure_`, `axes_` and `ax_`.

        Raises
        ------
        InputError
            If fewer axes came than there are pictures.
        MissingDependencyError
            If matplotlib is not installed.
        """
        panels = dict(list(self.forecast.groupby(["series", "column"], sort=False, dropna=False)))
        past = {}
        if self.history is not None:
            past = dict(list(self.history.groupby(["series", "column"], sort=False, dropna=False)))
        times = [*(part["time"] for part in past.values()), *(part["time"] for part in panels.values())]
        clock = TimeAxis.of(pd.concat(times, ignore_index=True), self.time_label)
        spans = [_span(clock, panel, past.get(key)) for key, panel in panels.items()]
        share = max(start for start, _ in spans) <= min(end for _, end in spans)
        axes, own = make_axes(len(panels), ax, f"{type(self).__name__}.plot", share=share)
        for place, (key, panel) in zip(axes, panels.items(), strict=True):
            self._draw(place, panel, past.get(key), clock, line_kw)
        name_axes(axes, list(panels), clock, own=own, share=share, n_left_out=self.n_left_out)
        add_legend(axes, own=own)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _draw(
        self, ax, panel: pd.DataFrame, past: pd.DataFrame | None, clock: TimeAxis, line_kw: dict
    ) -> None:
        """Draw one series and column; what follows begins at the last known value."""
        x = clock.places(panel["time"])
        last_x, last = x[:0], np.empty(0)
        if past is not None:
            seen, values = clock.places(past["time"]), past["value"].to_numpy()
            ax.plot(seen, values, color=INK, linewidth=1.2, label="history")
            if np.isfinite(values[-1:]).all():
                last_x, last = seen[-1:], values[-1:]
        x = np.concatenate([last_x, x])
        alone = {"marker": "o", "markersize": 4} if len(x) == 1 else {}
        style = STYLES[0] | {"linewidth": 1.6, "label": "forecast"} | alone | line_kw
        joined = {
            name: np.concatenate([last, panel[name].to_numpy(dtype=float)])
            for name in ("forecast", "lower", "upper", "actual")
            if name in panel
        }
        if "actual" in joined:
            dots = (
                {"marker": "o", "markersize": 3, "markevery": slice(len(last), None)} if len(x) <= 80 else {}
            )
            ax.plot(x, joined["actual"], color=INK, linewidth=0.9, label="actual", **dots)
        (line,) = ax.plot(x, joined["forecast"], **style)
        if "lower" in joined:
            label = "interval" if self.coverage is None else f"{100 * self.coverage:g} % interval"
            draw_band(ax, x, joined["lower"], joined["upper"], color=line.get_color(), label=label)


def _check_options(coverage, history, caller: str) -> None:
    if coverage is not None and not (isinstance(coverage, (float, np.floating)) and 0 < coverage < 1):
        raise InputError(
            f"{caller}: coverage={coverage!r} came, but a number between 0 and 1 is needed. Pass such, "
            "or None for no interval."
        )
    if history is not None and not (isinstance(history, (int, np.integer)) and history >= 0):
        raise InputError(
            f"{caller}: history={history!r} came, but an int >= 0 is needed. Pass a number of rows, or None."
        )


def _interval(forecaster, X, known: dict, coverage):
    """Intervals, or None where none are wanted or the forecaster has none to give."""
    if coverage is None or not hasattr(forecaster, "predict_interval"):
        return None
    try:
        return forecaster.predict_interval(X, **known, coverage=float(coverage))
    except InputError:
        # The same X and future gave forecasts, and the coverage is sound: nothing was held back.
        return None


def _labels(tables: Tables, forecaster) -> list:
    """Labels of the columns that are forecast; those of the targets, where tables carry no common ones."""
    targets = list(getattr(forecaster, "targets_", ()))
    first, *second = islice(tables.values(), 2)
    own = list(first.frame.columns)
    # Series named each by itself: the name of the first says nothing of the others.
    common = first.named and all(list(table.frame.columns) == own for table in second)
    return targets if not common and len(targets) == len(own) else own


def _steps(table: Table, first: int) -> pd.Index:
    """Index of a table; where none came, steps counted from `first`."""
    return table.frame.index if table.indexed else pd.RangeIndex(first, first + len(table.frame))


def _curves(tables: Tables, labels: list, pairs: list) -> dict:
    """Values of each series and column, the columns in the order of the labels."""
    return {(s, c): tables[s].frame.iloc[:, labels.index(c)].to_numpy(dtype=float) for s, c in pairs}


def _came(actual: Tables, forecasts: Tables, labels: list, pairs: list, caller: str) -> dict:
    """What came at the forecast steps of each series and column, NaN where nothing did."""
    found = {}
    for s, column in pairs:
        table = actual.get(s)
        if table is None:
            raise InputError(
                f"{caller}: actual holds no series {s!r}, which is forecast, but {list(actual)[:5]}. Pass "
                "what came of every series."
            )
        frame = _targets_of(table, labels, list(labels))
        if frame is None:
            raise InputError(
                f"{caller}: actual has the columns {list(table.frame.columns)}, but {labels} were forecast. "
                "Pass these."
            )
        index = forecasts[s].frame.index
        if table.indexed and forecasts[s].indexed:
            known = index.isin(table.frame.index)
            if not known.any():
                raise InputError(
                    f"{caller}: actual runs from {table.frame.index[0]} to {table.frame.index[-1]}, but the "
                    f"forecast from {index[0]} to {index[-1]}. Pass rows of these times."
                )
            values = frame[column].reindex(index).to_numpy(dtype=float)
        else:
            values = np.full(len(index), np.nan)
            n = min(len(index), len(frame))
            values[:n] = frame[column].to_numpy(dtype=float)[:n]
        found[s, column] = values
    return found


def _targets_of(table: Table, labels: list, names: list) -> pd.DataFrame | None:
    """The columns `labels` of a table, by label or else by position among `names`; None if not there."""
    frame = table.frame
    if table.named and set(labels) <= set(frame.columns):
        return frame[labels]
    if frame.shape[1] == len(labels):
        return frame.set_axis(labels, axis=1)
    if not table.named and frame.shape[1] == len(names):
        return frame.set_axis(names, axis=1)[labels]
    return None


def _before(forecaster, X, keys: dict) -> Tables:
    """The series to continue."""
    if X is not None:
        return read_tables(X, **keys)
    panel: Any = getattr(forecaster, "context_", None)

    def read(i: int) -> Table:
        line = panel.timelines[i]
        frame = pd.DataFrame(panel.series(i), columns=list(panel.columns), index=line and line.index)
        return Table(frame, indexed=line is not None, named=True)

    return Tables(() if panel is None else panel.labels, read)


def _history(before: Tables, labels: list, pairs: list, n_rows: int, forecaster) -> pd.DataFrame | None:
    """The last rows of each series; None where none are wanted or the targets are not among them."""
    features = list(getattr(forecaster, "feature_names_in_", range(getattr(forecaster, "n_features_in_", 0))))
    # Targets that came apart stand after the columns of X.
    names = [*features, *(label for label in labels if label not in features)]
    values, times = {}, {}
    for s, column in pairs:
        frame = _targets_of(before[s], labels, names) if s in before else None
        if frame is None or not n_rows:
            return None
        values[s, column] = frame[column].to_numpy(dtype=float)[-n_rows:]
        times[s] = _steps(before[s], 1 - len(frame))[-n_rows:]
    return _long({"value": values}, pairs, times)


def _long(parts: dict, pairs: list, times: dict) -> pd.DataFrame:
    """Curves as one long table."""
    tables = []
    for s, column in pairs:
        n = len(times[s])
        keys = {"series": [s] * n, "column": [column] * n, "time": times[s]}
        tables.append(pd.DataFrame(keys | {name: curves[s, column] for name, curves in parts.items()}))
    return pd.concat(tables, ignore_index=True)


def _span(clock: TimeAxis, panel: pd.DataFrame, past: pd.DataFrame | None) -> tuple:
    """First and last place of a picture."""
    begin = panel if past is None else past
    return clock.places(begin["time"])[0], clock.places(panel["time"])[-1]
