"""Inherited methods as a class's own, so that Python's errors about arguments name the class that was called.

Where arguments do not fit, Python names the class that *defines* a method: `LSTMClassifier().fit(X)` would
be told what "SupervisedReader.fit()" misses, a name that its user has never seen.
"""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any

__all__ = ["own_methods"]

_PACKAGE = f"{__name__.partition('.')[0]}."


def own_methods(owner: type) -> None:
    """Give a class of this package its inherited public methods under its own name.

    Methods do what they did, `super()` included: they are copies of the same code. Classes of users keep
    theirs as they are.

    Parameters
    ----------
    owner : type
        Gets the copies; their names are kept at ``_copied``.
    """
    if not owner.__module__.startswith(_PACKAGE):
        return
    copied = {}
    for name in dir(owner):
        if name.startswith("_") or name in vars(owner):
            continue
        # Copies of a base count for nothing: another base may stand before the one that they came from.
        source = next(b for b in owner.__mro__ if name in vars(b) and name not in vars(b).get("_copied", ()))
        method = vars(source)[name]
        if isinstance(method, FunctionType) and source.__module__.startswith(_PACKAGE):
            copied[name] = _renamed(method, owner)
    for name, method in copied.items():
        setattr(owner, name, method)
    owner._copied = frozenset(copied)  # type: ignore[attr-defined]


def _renamed(method: FunctionType, owner: type) -> FunctionType:
    """The same method of another class, and what it wraps."""
    inner: Any = getattr(method, "__wrapped__", None)
    own = {} if inner is None else {"__wrapped__": _renamed(inner, owner)}
    closure = method.__closure__
    if own and closure:
        cells = (CellType(own["__wrapped__"]) if cell.cell_contents is inner else cell for cell in closure)
        closure = tuple(cells)
    copy = FunctionType(method.__code__, method.__globals__, method.__name__, method.__defaults__, closure)
    copy.__kwdefaults__ = method.__kwdefaults__
    copy.__doc__, copy.__annotations__ = method.__doc__, method.__annotations__
    copy.__module__, copy.__qualname__ = owner.__module__, f"{owner.__qualname__}.{method.__name__}"
    copy.__dict__.update(method.__dict__ | own)
    return copy
