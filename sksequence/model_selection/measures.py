"""What a fitted model costs: parameters, bytes, and the time of its answers; and how far back it looks."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np

from sksequence.exceptions import InputError
from sksequence.inspection import memory_range
from sksequence.model_selection.candidates import innermost
from sksequence.model_selection.rows import rows_of
from sksequence.sequences import as_sequences

__all__ = ["AnswerTimes", "answer_times", "n_bytes", "n_epochs", "n_parameters", "reach"]

# Sequences whose gradients are taken to see how far back a model looks.
_MOST_SEQUENCES = 64
# Calls before the clock is looked at, and passes over all sequences.
_WARM_UP, _PASSES = 3, 3
# Most sequences of such a pass.
_MOST_ROWS = 2_000
_UNKNOWN = float("nan")


def n_epochs(model) -> float:
    """Passes over the training data; NaN of models that make none."""
    inner = innermost(model)
    return float(inner.n_iter_) if hasattr(type(inner), "_probe") else _UNKNOWN


def n_parameters(model) -> float:
    """Numbers learned: weights of networks, coefficients of linear models; NaN where they are not known."""
    inner = innermost(model)
    if hasattr(inner, "n_parameters_"):
        return float(inner.n_parameters_)
    # Voting, Stacking, Bagging, OneVsRest: the models inside.
    members = list(np.ravel(getattr(inner, "estimators_", [])))
    if members:
        members += [inner.final_estimator_] if hasattr(inner, "final_estimator_") else []
        return float(sum(map(n_parameters, members)))
    if hasattr(inner, "coef_"):
        return float(np.size(inner.coef_) + np.size(getattr(inner, "intercept_", ())))
    # What only repeats a constant or the past has learned no weights.
    return 0.0 if type(inner).__module__.startswith(("sklearn.dummy", "sksequence.forecasting")) else _UNKNOWN


def n_bytes(model) -> float:
    """Bytes that `joblib.dump` writes, uncompressed."""
    file = io.BytesIO()
    joblib.dump(model, file)
    return float(file.tell())


def reach(model, X) -> tuple[float, float]:
    """Half-life of the dependence on the input and the lag that holds 95 %, in steps; NaN of other models."""
    try:
        measured = memory_range(model, X, max_samples=_MOST_SEQUENCES)
    except InputError:  # no single recurrent network inside, or one whose inputs came by y
        return _UNKNOWN, _UNKNOWN
    return measured.half_life, measured.lag_95


@dataclass(frozen=True, eq=False)
class AnswerTimes:
    """How long predictions took.

    Attributes
    ----------
    calls : ndarray of shape (n_calls,)
        Seconds of each call for a single sequence.
    steps : ndarray of shape (n_calls,)
        Steps of that sequence; of forecasters steps ahead. NaN where they are not known.
    in_batches : float
        Seconds a sequence where all are predicted together.
    """

    calls: np.ndarray
    steps: np.ndarray
    in_batches: float

    def seconds(self, percentile: float) -> float:
        """A percentile of the seconds of a call."""
        return float(np.percentile(self.calls, percentile))

    def seconds_per_step(self, percentile: float) -> float:
        """A percentile of the seconds that a call took for each step."""
        return float(np.percentile(self.calls / self.steps, percentile))


def answer_times(model, X, y, n_calls: int) -> AnswerTimes:
    """Time predictions, of one sequence at a time and of all together.

    Parameters
    ----------
    model : estimator
        Fitted.
    X, y : array-like
        Sequences; of forecasters rows that follow the training rows.
    n_calls : int
        Calls for single sequences.
    """
    if hasattr(model, "backtest"):
        return _forecast_times(model, X, y, n_calls)
    ask = getattr(model, "predict", None)
    if ask is None:
        return AnswerTimes(np.full(1, _UNKNOWN), np.ones(1), _UNKNOWN)
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    chosen = np.linspace(0, n - 1, n_calls).round().astype(int)
    lengths = _lengths(X, n)
    alone = [rows_of(X, np.array([i])) for i in chosen]
    together = rows_of(X, np.arange(min(n, _MOST_ROWS)))
    times = _timed(ask, alone)
    whole = float(np.median(_timed(ask, [together] * _PASSES, warm_up=1)))
    return AnswerTimes(times, lengths[chosen], whole / min(n, _MOST_ROWS))


def _forecast_times(model, X, y, n_calls: int) -> AnswerTimes:
    horizon = model.horizon
    known = getattr(model, "known_future", None) is not None
    future = {"future": rows_of(X, np.arange(horizon))} if known else {}
    times = _timed(lambda _: model.predict(**future), [None] * n_calls)
    data = (X,) if y is None else (X, y)
    n_windows = len(model.backtest(*data)) / horizon
    whole = float(np.median(_timed(lambda _: model.backtest(*data), [None] * _PASSES, warm_up=0)))
    return AnswerTimes(times, np.full(n_calls, float(horizon)), whole / n_windows)


def _timed(ask: Callable[[Any], Any], questions: list, *, warm_up: int = _WARM_UP) -> np.ndarray:
    """Seconds of each call."""
    for question in questions[:warm_up]:
        ask(question)
    times = np.empty(len(questions))
    for i, question in enumerate(questions):
        begin = time.perf_counter()
        ask(question)
        times[i] = time.perf_counter() - begin
    return times


def _lengths(X, n: int) -> np.ndarray:
    """Steps of each sequence; NaN where X is no sequences yet, such as texts."""
    try:
        return as_sequences(X, missing="mask").lengths.astype(float)
    except InputError:
        return np.full(n, _UNKNOWN)
