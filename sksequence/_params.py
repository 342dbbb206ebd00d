"""A parameter, declared once: its default, its rule and its documentation.

A class that inherits from :class:`Parameters` lists its parameters as annotated fields::

    class Scaler(Parameters, BaseEstimator):
        '''Scale sequences.'''
        factor: float = param(default=1.0, rule=number(above=0), doc="Multiplier of every value.")

From the fields come the keyword-only constructor that scikit-learn inspects, the check at fit time
and the "Parameters" section of the docstring. Subclasses inherit fields and may redeclare one to
change its default; they inherit the "Attributes" section of the docstring too, and add to it.
"""

from __future__ import annotations

import difflib
import inspect
import numbers
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, dataclass_transform

import numpy as np

from sksequence._methods import own_methods
from sksequence.exceptions import ParameterError

__all__ = [
    "REQUIRED",
    "Parameters",
    "Rule",
    "boolean",
    "either",
    "instance_of",
    "integer",
    "iterable_of",
    "none",
    "number",
    "one_of",
    "param",
    "plain_parameters",
    "seed",
    "shown",
]


REQUIRED: Any = MISSING  # The default of a parameter that has none.


@dataclass(frozen=True)
class Rule:
    """What a parameter may be: a test, and the words that describe it in an error."""

    allows: Callable[[Any], bool]
    words: str

    def __or__(self, other: Rule) -> Rule:
        return either(self, other)


def _interval(least, above, most, below) -> str:
    bounds = ((">=", least), (">", above), ("<=", most), ("<", below))
    return " and ".join(f"{sign} {bound}" for sign, bound in bounds if bound is not None)


def _within(value, least, above, most, below) -> bool:
    return (
        (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    )


def integer(least=None, most=None) -> Rule:
    """An int (never a bool), optionally bounded."""
    return Rule(
        lambda v: (
            isinstance(v, numbers.Integral)
            and not isinstance(v, bool)
            and _within(v, least, None, most, None)
        ),
        f"an int {_interval(least, None, most, None)}".rstrip(),
    )


def number(least=None, *, above=None, most=None, below=None) -> Rule:
    """A finite or infinite real number (never a bool or NaN), optionally bounded."""
    return Rule(
        lambda v: (
            isinstance(v, numbers.Real)
            and not isinstance(v, bool)
            and v == v
            and _within(v, least, above, most, below)
        ),
        f"a number {_interval(least, above, most, below)}".rstrip(),
    )


def boolean() -> Rule:
    """True or False."""
    return Rule(lambda v: isinstance(v, bool) or type(v).__name__ in ("bool", "bool_"), "True or False")


def none() -> Rule:
    """None."""
    return Rule(lambda v: v is None, "None")


def one_of(*options: str) -> Rule:
    """One of a few strings."""
    words = " or ".join(repr(option) for option in options)
    return Rule(lambda v: isinstance(v, str) and v in options, words)


def instance_of(*types: type, words: str) -> Rule:
    """An object of one of the given types, described by `words`."""
    return Rule(lambda v: isinstance(v, types), words)


def iterable_of(rule: Rule, *, words: str) -> Rule:
    """A non-empty list or tuple whose every item follows `rule`."""
    return Rule(lambda v: isinstance(v, (list, tuple)) and len(v) > 0 and all(map(rule.allows, v)), words)


def seed() -> Rule:
    """What scikit-learn takes as `random_state`."""
    return Rule(
        lambda v: (
            v is None
            or (isinstance(v, (int, np.integer)) and not isinstance(v, bool) and int(v) >= 0)
            or isinstance(v, np.random.RandomState)
        ),
        "None, an int >= 0 or a numpy RandomState",
    )


def either(*rules: Rule) -> Rule:
    """Any of several rules."""
    return Rule(lambda v: any(rule.allows(v) for rule in rules), " or ".join(rule.words for rule in rules))


def param(*, default: Any, rule: Rule, doc: str, kw_only: bool = True, fixed: bool = False) -> Any:
    """Declare a parameter: its default, the rule that it must follow, and its documentation.

    With ``kw_only=False`` it may also be given by position, before all others. What is ``fixed`` is built
    into what `fit` makes, so that training which goes on cannot change it; it stays so where a subclass
    redeclares it. Type checkers see a default only where it is named (PEP 681), so all are.
    """
    metadata = {"rule": rule, "doc": inspect.cleandoc(doc), "fixed": fixed}
    return field(default=default, metadata=metadata, kw_only=kw_only)


def _documentation(cls: type) -> str:
    """The numpydoc "Parameters" section, written from the fields."""
    lines = ["Parameters", "----------"]
    for item in fields(cls):
        default = "" if item.default is MISSING else f", default={item.default!r}"
        lines.append(f"{item.name} : {item.metadata['rule'].words}{default}")
        lines.append(textwrap.indent(item.metadata["doc"], "    "))
    return "\n".join(lines)


def _complete_docstring(cls: Any, doc: str) -> str:
    """Put the parameters after the summary, and the attributes of the bases before the class's own."""
    summary, *sections = re.split(r"\n\n(?=[A-Z][A-Za-z ]+\n---)", doc)
    heading = "Attributes\n----------\n"
    own = [s.removeprefix(heading).rstrip() for s in sections if s.startswith(heading)]
    cls._own_attributes = "\n".join(own)
    inherited = [vars(base).get("_own_attributes", "") for base in reversed(cls.__mro__)]
    attributes = "\n".join(filter(None, inherited))
    parts = [summary, _documentation(cls) if fields(cls) else "", heading + attributes if attributes else ""]
    parts += [s for s in sections if not s.startswith(heading)]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(param,))
class Parameters:
    """Base class that turns annotated fields into constructor, checks and documentation."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        doc = cls.__dict__.get("__doc__")
        # eq=False keeps estimators hashable; repr=False keeps scikit-learn's own.
        dataclass(kw_only=True, eq=False, repr=False)(cls)
        # The generated constructor belongs to cls; its module makes tracebacks readable.
        cls.__init__.__module__ = cls.__module__
        # Left to itself, dataclass would write a docstring of its own.
        cls.__doc__ = _complete_docstring(cls, inspect.cleandoc(doc)) if doc else None
        own_methods(cls)

    def __new__(cls, *args, **kwargs):
        """Refuse what the constructor would, in a sentence that says what to write."""
        _refuse_unnamed(cls, args)
        _refuse_unknown(cls, kwargs)
        return super().__new__(cls)

    def _check_parameters(self) -> None:
        """Refuse the first parameter whose value breaks its rule.

        Raises
        ------
        ParameterError
            With the name of the parameter, what it must be, and what came.
        """
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            rule = item.metadata["rule"]
            if value is not item.default and not rule.allows(value):
                raise ParameterError(
                    f"The {item.name!r} parameter of {type(self).__name__} must be {rule.words}. "
                    f"Got {shown(value)} instead."
                )

    def _fixed_parameters(self) -> dict[str, Any]:
        """Those that `fit` builds in, and their values."""
        declared = [item for base in type(self).__mro__ if is_dataclass(base) for item in fields(base)]
        fixed = {item.name for item in declared if item.metadata["fixed"]}
        return {name: value for name, value in vars(self).items() if name in fixed}


def _refuse_unnamed(cls: Any, values: tuple) -> None:
    """Refuse values without the name of a parameter, beyond those that have a place."""
    placed = [item for item in fields(cls) if not item.kw_only] if fields(cls) else []
    if len(values) > len(placed):
        value = shown(values[len(placed)])
        raise TypeError(
            f"{cls.__name__}: {value} came without a name, but parameters go by their names. Write the name "
            f"before it, as in {cls.__name__}({_fitting(cls, values[len(placed)])}={value})."
        )


def _fitting(cls: Any, value: Any) -> str:
    """Name of the parameter that a value may have been meant for."""
    own = [item.name for item in fields(cls) if item.metadata["rule"].allows(value)]
    return own[0] if own else fields(cls)[0].name


def _refuse_unknown(cls: Any, values: dict) -> None:
    """Refuse names that no parameter has."""
    names = [item.name for item in fields(cls)]
    for name in values:
        if name not in names:
            like = difflib.get_close_matches(name, names, n=1)
            advice = f"Did you mean {like[0]!r}?" if like else f"help({cls.__name__}) lists what it has."
            raise TypeError(f"{cls.__name__}: got an unexpected keyword argument {name!r}. {advice}")


@contextmanager
def plain_parameters(estimator: Parameters) -> Iterator[None]:
    """Have NumPy's numbers among the parameters of an estimator as Python's own meanwhile."""
    state = vars(estimator)
    given = {item.name: state[item.name] for item in fields(estimator)}  # type: ignore[arg-type]
    swapped = {name: _plain(value) for name, value in given.items() if _plain(value) is not value}
    state.update(swapped)
    try:
        yield
    finally:
        # What was set meanwhile stays.
        state.update({name: given[name] for name, value in swapped.items() if state[name] is value})


def _plain(value: Any) -> Any:
    """A number of NumPy's as Python's own, also in a list or tuple; else the same object."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple) and any(isinstance(item, np.generic) for item in value):
        return type(value)(map(_plain, value))
    return value


def shown(value: Any) -> str:
    """A value as errors show it: what would fill the screen by its kind alone."""
    words = repr(value)
    return words if len(words) < 200 and "\n" not in words else f"a {type(value).__name__}"
