"""Inherited methods do what they did, under the name of the class that is called."""

import inspect
import pickle
import re

import pytest

import sksequence
from sksequence._params import Parameters

ESTIMATORS = [
    value
    for value in (getattr(sksequence, name) for name in sksequence.__all__)
    if inspect.isclass(value) and issubclass(value, Parameters)
]
assert len(ESTIMATORS) > 25


def defined(cls, name):
    """What Python would find if no class had copies."""
    return next(
        vars(base)[name]
        for base in cls.__mro__
        if name in vars(base) and name not in vars(base).get("_copied", ())
    )


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_copies_are_those_that_python_would_find(cls):
    for name in cls._copied:
        copy, original = vars(cls)[name], defined(cls, name)
        assert inspect.signature(copy) == inspect.signature(original)
        assert inspect.unwrap(copy).__code__ is inspect.unwrap(original).__code__
        assert copy.__doc__ == original.__doc__
        assert copy.__qualname__ == inspect.unwrap(copy).__qualname__ == f"{cls.__name__}.{name}"


@pytest.mark.parametrize("cls", [c for c in ESTIMATORS if hasattr(c, "fit")])
def test_errors_about_arguments_name_the_class(cls):
    needed = [p for p in inspect.signature(cls).parameters.values() if p.default is inspect.Parameter.empty]
    estimator = cls(*[cls] * len(needed))
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\.fit\(\) missing 1 required .* 'X'"):
        estimator.fit(
            **({"y": None} if inspect.signature(cls.fit).parameters["y"].default is not None else {})
        )
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\.fit\(\) got an unexpected keyword .* 'Z'"):
        estimator.fit([[1.0]], Z=1)


def test_classes_of_users_keep_their_order():
    class Loud(sksequence.forecasting.base.Forecaster):
        def score(self, X, y=None):
            return "loud"

    class Mine(Loud, sksequence.NaiveForecaster):
        pass

    assert Mine().score([1.0]) == "loud"
    assert "_copied" not in vars(Mine)


def test_methods_are_pickled_by_name():
    method = sksequence.LSTMForecaster.fit
    assert pickle.loads(pickle.dumps(method)) is method
    assert re.match("Train on all windows", method.__doc__)
