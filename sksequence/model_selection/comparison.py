"""Models head to head on the same folds: how good, how sure, how fast, how large, and how far back."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring, make_scorer
from sklearn.model_selection import check_cv

from sksequence._params import Rule, boolean, integer, none, number, one_of
from sksequence.exceptions import InputError, NoSkillWarning, ParameterError
from sksequence.metrics import entity_f1, entity_precision, entity_recall, token_accuracy
from sksequence.model_selection.candidates import (
    TASKS,
    candidates,
    innermost,
    is_network,
    named,
    task_of,
)
from sksequence.model_selection.comparison_table import Comparison, comparison_table
from sksequence.model_selection.footprint import peak_memory
from sksequence.model_selection.measures import answer_times, n_bytes, n_epochs, n_parameters, reach
from sksequence.model_selection.rows import in_groups, in_rows, rows_of
from sksequence.model_selection.scorers import forecast_scorer
from sksequence.model_selection.splits import RollingOriginSplit

__all__ = ["compare"]

_RULES: dict[str, Rule] = {
    "task": one_of(*TASKS) | none(),
    "baselines": boolean(),
    "horizon": integer(1) | none(),
    "n_calls": integer(1),
    "measure_memory": boolean(),
    "error_score": one_of("raise") | number() | Rule(lambda v: v != v, "NaN"),
}
# What `estimator.score` gives.
_SCORES = {
    "classification": "accuracy",
    "regression": "R²",
    "forecasting": "R²",
    "tagging": "accuracy of steps",
    "language": "minus bits a token",
}
# Scores of taggers that `scoring` may name: scikit-learn has none of steps.
_OWN_SCORES = {
    score.__name__: score for score in (token_accuracy, entity_f1, entity_precision, entity_recall)
}
# Means that differ by rounding alone are equal.
_ROUNDING = 1e-9


def compare(
    estimators,
    X,
    y=None,
    *,
    task=None,
    baselines=True,
    cv=5,
    groups=None,
    scoring=None,
    horizon=None,
    n_calls=100,
    measure_memory=False,
    n_jobs=None,
    random_state=None,
    error_score="raise",
    verbose=0,
):
    """Compare models on the same folds: scores, times, sizes, and how far back they look.

    Parameters
    ----------
    estimators : list of estimators or of (str, estimator), dict of str to estimator, estimator or None
        What is compared: networks, Pipelines, ensembles, searches or any other estimators of one task.
        None: RNN, LSTM and GRU with their defaults.
    X : array-like
        Sequences, as the estimators take them; for forecasters rows of a series or table.
    y : array-like or None, default=None
        A target for each sequence; for forecasters as in their `fit`.
    task : {"classification", "regression", "forecasting", "tagging", "language"} or None, default=None
        What the default networks learn. None takes it from the estimators; without any, "language" or
        "forecasting" without y, by whether X holds texts, "tagging" if y holds sequences, "regression" if it
        holds fractions, else "classification".
    baselines : bool, default=True
        Whether models that a network has to beat take part: a "dummy" that ignores X and a "linear" model
        on :class:`~sksequence.preprocessing.SummaryFeatures`, counts of tokens or TF-IDF of texts; of
        forecasts "naive", "seasonal naive" and "linear". Taggers and language models have
        none.
    cv : int, splitter or iterable, default=5
        Folds. An int: as many of StratifiedKFold for classifiers, of
        :class:`RollingOriginSplit` for forecasters, else of KFold, not shuffled.
    groups : array-like of shape (n_samples,) or None, default=None
        For splitters that keep groups together; of a long table one for each sequence, or row.
    scoring : str, callable or None, default=None
        What is scored, as in scikit-learn; greater is better. For forecasters also a name that
        :func:`forecast_scorer` knows, such as "mase"; for taggers "token_accuracy", "entity_f1",
        "entity_precision" or "entity_recall". None is `estimator.score`.
    horizon : int or None, default=None
        Steps that default forecasters look ahead; None is 1.
    n_calls : int, default=100
        Predictions of single sequences that are timed, for each model.
    measure_memory : bool, default=False
        Whether each model is fitted once more, in a process of its own, to see how much memory that
        takes. A fresh process needs some seconds to import what it uses.
    n_jobs : int or None, default=None
        Fits at a time, as in joblib. Fits that run beside others take longer, and so says the table;
        predictions are timed afterwards, one model at a time, in this process.
    random_state : int, RandomState instance or None, default=None
        Of the default networks; those that are passed keep their own.
    error_score : float or "raise", default="raise"
        Score of a fold in which fitting or scoring fails, with a warning. "raise" raises the error.
    verbose : int, default=0
        1 shows a bar over the fits, on standard error.

    Returns
    -------
    comparison : Comparison
        With `table`, `scores`, `best`, `plot` and `test`.

    Raises
    ------
    InputError
        If the estimators are for different tasks or horizons, or the data cannot be read.
    ParameterError
        If a parameter's value is not allowed.

    Warns
    -----
    NoSkillWarning
        If no network has a better mean score than the linear baseline.

    Notes
    -----
    Each model is fitted once a fold: five folds of three default networks and a linear model are twenty fits.
    Where sequences are long or many, ``verbose=1`` shows after a few fits how long the others will take.

    Differences to the best model are tested by the corrected resampled t-test (Nadeau & Bengio 2003), which
    allows for folds that share training samples. With few folds it finds large differences only; p-values
    are not corrected for the number of models, and the best is chosen by the same scores. Folds of a series
    are neighbours in time, so there the test is a rule of thumb.

    `fit_time_s` is wall-clock time. Times of predictions are those of the model of the last fold on
    sequences of its test fold, after a few calls that do not count. `size_bytes` is what `joblib.dump`
    writes. `half_life_steps` and `lag_95_steps` come from :func:`~sksequence.inspection.memory_range` on
    training sequences. `peak_memory_bytes` is resident memory at the peak of a fit on the training rows of
    the last fold, less that before; NaN where the operating system does not tell.

    References
    ----------
    Nadeau & Bengio (2003), "Inference for the generalization error". *Machine Learning* 52.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import GRUClassifier, compare
    >>> X = np.random.default_rng(0).normal(size=(120, 6, 1))
    >>> y = X[:, 0, 0] * X[:, -1, 0] > 0  # no linear model can tell
    >>> found = compare({"GRU": GRUClassifier(max_epochs=30, random_state=0)}, X, y, cv=3)
    >>> found.best
    'GRU'
    """
    given = locals()
    for name, rule in _RULES.items():
        if not rule.allows(given[name]):
            raise ParameterError(
                f"The {name!r} parameter of compare must be {rule.words}. Got {given[name]!r} instead."
            )
    mine = named(estimators)
    task = _settled(task, mine, X, y)
    if horizon is not None and (mine or task != "forecasting"):
        raise ParameterError(
            "The 'horizon' parameter of compare must be None unless the default forecasters are compared. "
            f"Got {horizon!r} instead."
        )
    models = candidates(mine, task, horizon=horizon, random_state=_seed(random_state))
    groups = in_groups(X, groups)
    X, y = in_rows(X, y, task)
    models = _with_baselines(models, task, X, y) if baselines else models
    folds = _folds(cv, task, models, X, y, groups)
    scorers = {name: _scorer(model, task, scoring) for name, model in models.items()}
    fits = _fit_all(models, scorers, X, y, folds, n_jobs, error_score, verbose)
    _warn_of_failures(fits)
    train, test = folds[-1]
    answers, peaks = {}, {}
    for name, model in models.items():
        last = fits[name][-1].model
        if last is not None:
            answers[name] = answer_times(last, rows_of(X, test), rows_of(y, test), n_calls)
        if measure_memory and last is not None:
            peaks[name] = peak_memory(clone(model), rows_of(X, train), rows_of(y, train))
    scores = pd.DataFrame({name: [fit.score for fit in fits[name]] for name in models}).rename_axis("fold")
    share = float(np.mean([len(test) / len(train) for train, test in folds]))
    table = comparison_table(scores, share, fits, answers, peaks if measure_memory else None)
    found = Comparison(table, scores, task, _scoring_name(scoring, task), share, models)
    _warn_without_skill(found)
    return found


# ---------------------------------------------------------------------- who, and on what
def _settled(task: str | None, estimators: dict, X, y) -> str:
    """The task, which the estimators decide where there are some."""
    found = task_of(estimators, X, y) if estimators or task is None else task
    if task not in (None, found):
        raise ParameterError(
            f"The 'task' parameter of compare must be None or {found!r}, the task of the estimators. Got "
            f"{task!r} instead."
        )
    if y is None and found not in ("forecasting", "language"):
        raise InputError(f"compare: y is None, but {found} needs a target for each sequence. Pass y.")
    return found


def _with_baselines(models: dict, task: str, X, y) -> dict:
    """The models, and the baselines whose names are not taken."""
    from sksequence.model_selection.baselines import baselines  # needs much of scikit-learn, here only

    return models | {name: m for name, m in baselines(task, models, X, y).items() if name not in models}


def _seed(random_state) -> int | None:
    """One seed for all, so that the defaults differ in their cell alone."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return random_state


def _folds(cv, task: str, models: dict, X, y, groups) -> list:
    if task == "forecasting" and isinstance(cv, (int, np.integer)):
        first = innermost(next(iter(models.values())))
        cv = RollingOriginSplit(cv, horizon=first.horizon, id=first.id, time=first.time)
    splitter = check_cv(cv, None if task == "tagging" else y, classifier=task == "classification")
    rows = np.zeros(len(X)) if task == "tagging" else y
    return list(splitter.split(X, rows, groups))


def _scorer(model, task: str, scoring):
    if not isinstance(scoring, str) or task in ("classification", "regression"):
        return check_scoring(model, scoring=scoring)
    if task == "forecasting":
        return forecast_scorer(scoring)
    own = _OWN_SCORES if task == "tagging" else {}
    if scoring not in own:
        raise ParameterError(
            f"The 'scoring' parameter of compare must be None{''.join(f', {name!r}' for name in own)} or a "
            f"callable for {task}, since scores of scikit-learn take one target for each sequence. Got "
            f"{scoring!r} instead."
        )
    return make_scorer(own[scoring])


def _scoring_name(scoring, task: str) -> str:
    if scoring is None:
        return _SCORES[task]
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", repr(scoring))


# ---------------------------------------------------------------------- the fits
@dataclass(frozen=True, eq=False)
class Fit:
    """One model on one fold; NaN where it failed."""

    score: float
    seconds: float = float("nan")
    epochs: float = float("nan")
    parameters: float = float("nan")
    n_bytes: float = float("nan")
    half_life: float = float("nan")
    lag_95: float = float("nan")
    model: Any = None
    error: str = ""


def _fit_all(models: dict, scorers: dict, X, y, folds, n_jobs, error_score, verbose) -> dict[str, list[Fit]]:
    """Fits of each model, fold by fold."""
    from tqdm.auto import tqdm

    # Fold by fold, so that the time left is known from the first few.
    tasks = [(name, i) for i in range(len(folds)) for name in models]
    last = len(folds) - 1
    work = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_fit)(models[name], scorers[name], X, y, folds[i], error_score, i == last)
        for name, i in tasks
    )
    fits: dict[str, list[Fit]] = {name: [] for name in models}
    with tqdm(total=len(tasks), unit="fit", disable=not verbose) as bar:
        for (name, _), fit in zip(tasks, work, strict=True):
            fits[name].append(fit)
            bar.set_postfix_str(name, refresh=False)
            bar.update()
    return fits


def _fit(model, scorer, X, y, fold, error_score, keep: bool) -> Fit:
    """Fit a clone and score it; `keep` says whether it is needed later."""
    model = clone(model)
    train, test = fold
    X_train, y_train = rows_of(X, train), rows_of(y, train)
    data = (X_train,) if y is None else (X_train, y_train)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoSkillWarning)  # the table says it
            begin = time.perf_counter()
            model.fit(*data)
            seconds = time.perf_counter() - begin
            score = float(scorer(model, rows_of(X, test), rows_of(y, test)))
    except Exception as error:
        if error_score == "raise":
            raise
        return Fit(float(error_score), error=f"{type(error).__name__}: {error}")
    return Fit(
        score,
        seconds,
        n_epochs(model),
        n_parameters(model),
        n_bytes(model),
        *reach(model, X_train),
        model=model if keep else None,
    )


def _warn_of_failures(fits: dict[str, list[Fit]]) -> None:
    for name, each in fits.items():
        errors = [fit.error for fit in each if fit.error]
        if errors:
            warnings.warn(
                f"compare: {name} failed in {len(errors)} of {len(each)} folds, the first time with "
                f"{errors[0]}",
                FitFailedWarning,
                stacklevel=3,
            )


def _warn_without_skill(found: Comparison) -> None:
    from sksequence.model_selection.baselines import LINEAR

    means = found.table["score"]
    networks = [name for name, model in found.estimators.items() if is_network(model)]
    if LINEAR not in means.index or not networks or (means[networks] > means[LINEAR] + _ROUNDING).any():
        return
    best = means[networks].idxmax()
    warnings.warn(
        f"compare: {found.scoring} {means[best]:.4g} of {best}, the best network, is not above "
        f"{means[LINEAR]:.4g} of the linear baseline. There may be nothing more to learn, or too few data to "
        "learn it from. Keep the linear model, or give the networks more data.",
        NoSkillWarning,
        stacklevel=3,
    )
