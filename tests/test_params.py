import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone

from sksequence._params import (
    Parameters,
    boolean,
    either,
    instance_of,
    integer,
    iterable_of,
    none,
    number,
    one_of,
    param,
    seed,
)
from sksequence.exceptions import ParameterError
from sksequence.model_selection import RollingOriginSplit


class Scaler(Parameters, BaseEstimator):
    """Scale sequences.

    Attributes
    ----------
    scale_ : float
        What was learned.
    """

    factor: float = param(default=1.0, rule=number(above=0), doc="Multiplier of every value.")
    width: int = param(default=8, rule=integer(1), doc="Number of units.\n\nMore is slower.")


class WideScaler(Scaler):
    """Scale wide sequences."""

    width: int = param(default=64, rule=integer(1), doc="Number of units.")
    mode: str | None = param(default=None, rule=one_of("fast", "exact") | none(), doc="How to scale.")


class QuietScaler(Scaler):
    pass


def test_constructor_is_what_scikit_learn_inspects():
    signature = inspect.signature(WideScaler)
    assert {name: p.default for name, p in signature.parameters.items()} == {
        "factor": 1.0,
        "width": 64,
        "mode": None,
    }
    assert {p.kind for p in signature.parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert WideScaler().get_params() == {"factor": 1.0, "width": 64, "mode": None}


def test_subclass_changes_a_default_without_touching_its_parent():
    assert Scaler().width == 8
    assert WideScaler().width == 64


def test_misspelt_parameter_fails_at_construction():
    with pytest.raises(
        TypeError, match=r"Scaler: got an unexpected keyword argument 'widht'. Did you mean 'width'"
    ):
        Scaler(widht=3)
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'colour'. help\(Scaler\) lists"):
        Scaler(colour=3)


def test_positional_parameter_fails_at_construction():
    with pytest.raises(TypeError, match=r"Scaler: 2.0 came without a name.*as in Scaler\(factor=2.0\)"):
        Scaler(2.0)
    with pytest.raises(TypeError, match=r"WideScaler: 'fast' came without .*WideScaler\(mode='fast'\)"):
        WideScaler("fast")


def test_parameter_with_a_place_needs_no_name():
    placed = RollingOriginSplit(3)
    assert placed.n_splits == 3
    with pytest.raises(TypeError, match="RollingOriginSplit: 12 came without a name"):
        RollingOriginSplit(3, 12)


def test_bad_value_fails_only_when_checked():
    scaler = Scaler(width=0)
    words = r"The 'width' parameter of Scaler must be an int >= 1. Got 0 instead."
    with pytest.raises(ParameterError, match=words):
        scaler._check_parameters()
    with pytest.raises(ValueError, match=words):  # the built-in error, too
        scaler._check_parameters()


def test_good_values_pass():
    WideScaler(width=np.int64(3), factor=np.float32(0.5), mode="fast")._check_parameters()


def test_clone_set_params_and_pickle_keep_values():
    scaler = WideScaler(width=3).set_params(mode="exact")
    for copy in (clone(scaler), pickle.loads(pickle.dumps(scaler))):
        assert copy is not scaler
        assert copy.get_params() == {"factor": 1.0, "width": 3, "mode": "exact"}


def test_instances_are_compared_by_identity_and_hashable():
    assert Scaler() != Scaler()
    assert len({Scaler(), Scaler()}) == 2


def test_repr_is_that_of_scikit_learn():
    assert repr(Scaler(width=3)) == "Scaler(width=3)"


def test_docstring_lists_parameters_before_attributes():
    doc = inspect.getdoc(Scaler)
    assert (
        doc.index("Scale sequences.")
        < doc.index("Parameters\n----------")
        < doc.index("Attributes\n----------")
    )
    assert "factor : a number > 0, default=1.0\n    Multiplier of every value." in doc
    assert "width : an int >= 1, default=8\n    Number of units.\n\n    More is slower." in doc


def test_inherited_parameters_are_documented_with_the_new_default():
    doc = inspect.getdoc(WideScaler)
    assert "factor : a number > 0, default=1.0" in doc
    assert "width : an int >= 1, default=64" in doc
    assert "mode : 'fast' or 'exact' or None, default=None" in doc


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (integer(1, 3), [1, 3, np.int8(2)], [0, 4, 2.0, True, "2", None]),
        (integer(), [-5, 0], [0.5, False]),
        (number(0, most=1), [0, 1, 0.5, np.float32(1)], [-0.1, 1.1, float("nan"), True, "1", None]),
        (number(above=0, below=1), [0.5], [0, 1]),
        (number(0), [float("inf")], [float("-inf")]),
        (boolean(), [True, False, np.True_], [0, 1, None, "True"]),
        (none(), [None], [0, False, ""]),
        (one_of("a", "b"), ["a", "b"], ["c", None, ["a"], 1]),
        (instance_of(dict, words="a dict"), [{}, {"a": 1}], [[], None]),
        (iterable_of(integer(0), words="ints"), [[0], (1, 2)], [[], [-1], "12", 3, [0.5]]),
        (seed(), [None, 0, 7, np.random.RandomState(0)], [-1, 1.5, True, "0", np.random.default_rng(0)]),
        (either(integer(1), one_of("auto")), [1, "auto"], [0, "car"]),
    ],
    ids=lambda value: getattr(value, "words", None),
)
def test_rules_allow_and_refuse(rule, good, bad):
    assert [value for value in good if not rule.allows(value)] == []
    assert [value for value in bad if rule.allows(value)] == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (integer(), "an int"),
        (integer(1, 9), "an int >= 1 and <= 9"),
        (number(above=0, below=1), "a number > 0 and < 1"),
        (one_of("a", "b") | none(), "'a' or 'b' or None"),
        (integer(1) | one_of("auto"), "an int >= 1 or 'auto'"),
    ],
)
def test_rules_say_what_they_allow(rule, words):
    assert rule.words == words


def test_rule_never_fails_on_strange_values():
    """A rule answers whatever comes: a check must not end in another error than its own."""
    rule = integer(1) | number(above=0, below=1) | one_of("auto") | none() | seed() | boolean()
    for strange in (np.zeros(3), object(), [1, [2]], {"a": 1}, 1j, np.array(2.5), print):
        assert rule.allows(strange) is False


def test_check_accepts_an_array_default_and_value():
    """Values are compared with their default by identity, never by `==`, which arrays do not answer."""

    class Weighted(Parameters):
        """Hold weights."""

        weights: object = param(
            default=None, rule=instance_of(np.ndarray, words="an array") | none(), doc="Weights."
        )

    Weighted(weights=np.zeros(3))._check_parameters()
    with pytest.raises(ParameterError, match="must be an array or None"):
        Weighted(weights=[0.0])._check_parameters()


def test_class_without_docstring_documents_nothing_of_its_own():
    assert QuietScaler.__doc__ is None or "Parameters" in QuietScaler.__doc__
