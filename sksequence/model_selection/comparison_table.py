"""What a comparison found, as tables and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sksequence.exceptions import InputError
from sksequence.model_selection.significance import corrected_t_test

__all__ = ["Comparison", "comparison_table"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Models head to head; made by :func:`compare`.

    Parameters
    ----------
    table : DataFrame
        One row a model, the best first; units are in the names of the columns. `score` and `score_std` are
        mean and standard deviation over folds, `behind_best` is how far the mean lies below that of the
        best, `p_value` tests this difference.
    scores : DataFrame of shape (n_folds, n_models)
        Score of every model on every fold.
    task : str
        What was learned.
    scoring : str
        What the scores are.
    test_share : float
        Test samples for each training sample, on average over folds; the test of differences needs it.
    estimators : dict of str to estimator
        Unfitted, by name; the baselines among them.

    See Also
    --------
    compare : Makes it.
    ComparisonDisplay : Shows it.
    """

    table: pd.DataFrame
    scores: pd.DataFrame
    task: str
    scoring: str
    test_share: float
    estimators: dict[str, Any]

    @property
    def best(self) -> str:
        """Name of the model with the best mean score."""
        return self.table.index[0]

    def test(self, first: str, second: str) -> float:
        """P-value of the difference between two models.

        Parameters
        ----------
        first, second : str
            Their names.

        Returns
        -------
        p : float
            Two-sided, by the corrected resampled t-test; NaN if a fold of either failed.

        Raises
        ------
        InputError
            If there is no such model.
        """
        for name in (first, second):
            if name not in self.scores:
                raise InputError(
                    f"Comparison.test: {name!r} came, but the models are {list(self.scores)}. Name two."
                )
        return corrected_t_test(self.scores[first] - self.scores[second], self.test_share)

    def plot(self, ax=None, **point_kw):
        """Draw scores against the time of an answer.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **point_kw
            How all points are drawn, as in :meth:`matplotlib.axes.Axes.errorbar`.

        Returns
        -------
        display : ComparisonDisplay

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        from sksequence.model_selection.comparison_display import ComparisonDisplay

        return ComparisonDisplay(self).plot(ax=ax, **point_kw)

    def _readable(self) -> pd.DataFrame:
        """The table in words, without columns that say nothing."""
        table = self.table
        shown = {
            self.scoring: [f"{m:.3f} ± {s:.3f}" for m, s in zip(table.score, table.score_std, strict=True)],
            "p": [_p_value(p) for p in table.p_value],
        }
        for heading, (column, form) in _READABLE.items():
            if column in table and table[column].notna().any():
                shown[heading] = ["-" if np.isnan(value) else form(value) for value in table[column]]
        return pd.DataFrame(shown, index=table.index)

    @property
    def _heading(self) -> str:
        return f"Comparison for {self.task}, {len(self.scores)} folds"

    def __repr__(self) -> str:
        with pd.option_context("display.width", 200, "display.max_columns", None, "display.max_rows", None):
            return f"{self._heading}\n{self._readable().rename_axis(None)!r}"

    def _repr_html_(self) -> str:
        return f"<p><b>{self._heading}</b></p>{self._readable().rename_axis(None).to_html(escape=True)}"


def comparison_table(
    scores: pd.DataFrame, test_share: float, fits: dict, answers: dict, peaks: dict | None
) -> pd.DataFrame:
    """One row a model, the best first.

    Parameters
    ----------
    scores : DataFrame of shape (n_folds, n_models)
        Fold by fold.
    test_share : float
        Test samples for each training sample.
    fits : dict of str to list
        What was found in each fold.
    answers : dict of str to AnswerTimes
        Of the models that could be fitted.
    peaks : dict of str to float, or None
        Bytes at the peak of a fit, where they were measured.
    """
    means = scores.mean(skipna=False)
    order = means.sort_values(ascending=False, kind="stable", na_position="last").index
    best = scores[order[0]]

    def over_folds(attribute: str) -> list[float]:
        return [_mean(np.array([getattr(fit, attribute) for fit in fits[name]])) for name in order]

    def of_answers(read: Callable[[Any], float]) -> list[float]:
        return [read(answers[name]) if name in answers else np.nan for name in order]

    columns = {
        "score": means[order],
        "score_std": scores[order].std(ddof=1),
        "behind_best": means[order[0]] - means[order],
        "p_value": [np.nan, *(corrected_t_test(best - scores[name], test_share) for name in order[1:])],
        "fit_time_s": over_folds("seconds"),
        "epochs": over_folds("epochs"),
        "predict_p50_ms": of_answers(lambda a: 1e3 * a.seconds(50)),
        "predict_p99_ms": of_answers(lambda a: 1e3 * a.seconds(99)),
        "step_p50_us": of_answers(lambda a: 1e6 * a.seconds_per_step(50)),
        "step_p99_us": of_answers(lambda a: 1e6 * a.seconds_per_step(99)),
        "sequences_per_s": of_answers(lambda a: 1 / a.in_batches),
        "n_parameters": over_folds("parameters"),
        "size_bytes": over_folds("n_bytes"),
        "half_life_steps": over_folds("half_life"),
        "lag_95_steps": over_folds("lag_95"),
    }
    if peaks is not None:
        columns["peak_memory_bytes"] = [peaks.get(name, np.nan) for name in order]
    return pd.DataFrame(columns, index=pd.Index(order, name="model"))


def _mean(values: np.ndarray) -> float:
    """Mean of what is known."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _p_value(p: float) -> str:
    if np.isnan(p):
        return "-"
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0")


def _amount(value: float) -> str:
    """Three digits, thousands by commas."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bytes(value: float) -> str:
    return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.3g} kB"


_READABLE: dict[str, tuple[str, Callable[[float], str]]] = {
    "fit, s": ("fit_time_s", _amount),
    "epochs": ("epochs", _amount),
    "predict, ms": ("predict_p50_ms", _amount),
    "p99, ms": ("predict_p99_ms", _amount),
    "step, µs": ("step_p50_us", _amount),
    "p99, µs": ("step_p99_us", _amount),
    "sequences/s": ("sequences_per_s", _amount),
    "parameters": ("n_parameters", lambda value: f"{value:,.0f}"),
    "size": ("size_bytes", _bytes),
    "peak memory": ("peak_memory_bytes", _bytes),
    "half-life, steps": ("half_life_steps", _amount),
    "95 %, steps": ("lag_95_steps", _amount),
}
