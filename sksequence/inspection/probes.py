"""From an estimator, or a Pipeline that ends in one, to its network and what that reads of X."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sksequence.engine import Probe
from sksequence.exceptions import InputError

__all__ = ["check_option", "last_step", "named_estimators", "network_of", "not_recurrent", "probe_of"]


def network_of(estimator, X, caller: str) -> tuple[Any, Any]:
    """The recurrent estimator inside, and X as it sees it.

    Parameters
    ----------
    estimator : fitted estimator
        One of ours, or a Pipeline that ends in one.
    X : array-like
        As the estimator takes it.
    caller : str
        Who asks, for the error.

    Returns
    -------
    estimator : RecurrentEstimator
        The last step of a Pipeline.
    X : array-like
        After the steps before it.

    Raises
    ------
    InputError
        If there is no recurrent network inside.
    """
    if isinstance(estimator, Pipeline):
        check_is_fitted(estimator)
        *_, (_, last) = estimator.steps
        return network_of(last, X if len(estimator.steps) == 1 else estimator[:-1].transform(X), caller)
    if not hasattr(type(estimator), "_probe"):
        raise not_recurrent(estimator, caller)
    check_is_fitted(estimator, "net_")
    return estimator, X


def not_recurrent(estimator, caller: str) -> InputError:
    """The error that says that there is no recurrent network inside."""
    return InputError(
        f"{caller}: a {type(estimator).__name__} came, but a recurrent estimator of sksequence, or a "
        "Pipeline that ends in one, is needed. Pass such, fitted; of a search, its best_estimator_."
    )


def probe_of(estimator, X, caller: str) -> Probe:
    """The network of an estimator, to be asked about its answers to X.

    Parameters
    ----------
    estimator, X, caller
        As in :func:`network_of`.
    """
    inner, X = network_of(estimator, X, caller)
    return inner._probe(X, caller)


def check_option(name: str, value, options: tuple[str, ...], caller: str) -> None:
    """Refuse a value that is none of the options.

    Raises
    ------
    InputError
        With the options that there are.
    """
    if value not in options:
        raise InputError(f"{caller}: {name}={value!r} came, but one of {list(options)} is needed. Name one.")


def last_step(estimator):
    """What a Pipeline ends in, also one within another; others as they are."""
    return last_step(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator


def named_estimators(estimators) -> dict[str, Any]:
    """Estimators by the name of their line: a dict or pairs as they came, others by their class."""
    if isinstance(estimators, dict):
        return estimators
    if not isinstance(estimators, (list, tuple)):
        estimators = [estimators]
    if all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in estimators):
        return dict(estimators)
    named: dict[str, Any] = {}
    for estimator in estimators:
        name = type(last_step(estimator)).__name__
        same = sum(other.partition(" ")[0] == name for other in named)
        named[f"{name} {same + 1}" if same else name] = estimator
    return named
