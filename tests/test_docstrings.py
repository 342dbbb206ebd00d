"""Docstrings are numpydoc, and true: they document what the signature has, no more and no less."""

import importlib
import importlib.util
import inspect
import pkgutil
import re

import pytest
from conftest import FOR_NUMBA

import sksequence

SECTIONS = (
    "Parameters",
    "Attributes",
    "Returns",
    "Yields",
    "Raises",
    "Warns",
    "See Also",
    "Notes",
    "References",
    "Examples",
    "Methods",
    "Other Parameters",
)


# What a user imports. Other rooms are internal: there a summary is enough, but what is said must be true.
PUBLIC = (
    "sksequence",
    "sksequence.datasets",
    "sksequence.exceptions",
    "sksequence.forecasting",
    "sksequence.inspection",
    "sksequence.language",
    "sksequence.metrics",
    "sksequence.model_selection",
    "sksequence.preprocessing",
)


def module_names():
    """The package and everything in it that can be imported."""
    names = ["sksequence", *(info.name for info in pkgutil.walk_packages(sksequence.__path__, "sksequence."))]
    return [name for name in names if name not in FOR_NUMBA or importlib.util.find_spec("numba")]


def exported(modules):
    """Every class and function of the package that one of the modules names in `__all__`, once."""
    found = {}
    for module in map(importlib.import_module, modules):
        for name in getattr(module, "__all__", []):
            value = getattr(module, name)
            ours = getattr(value, "__module__", "").startswith("sksequence")
            if ours and (inspect.isclass(value) or inspect.isfunction(value)):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def methods(classes):
    """Every public method that a class has from the package, not from its foreign bases."""
    return {
        f"{base.__module__}.{base.__qualname__}.{name}": getattr(cls, name)
        for cls in classes.values()
        for base in inspect.getmro(cls)
        if base.__module__.startswith("sksequence")
        for name, raw in vars(base).items()
        if not name.startswith("_")
        and name not in vars(base).get("_copied", ())  # told where it is defined
        and (isinstance(raw, (classmethod, staticmethod)) or inspect.isfunction(raw))
    }


def is_class(value):
    return inspect.isclass(value) and not issubclass(value, BaseException)


INTERNAL = exported(module_names())
OBJECTS = exported(set(PUBLIC) & set(module_names()))
CLASSES = {name: value for name, value in OBJECTS.items() if is_class(value)}
FUNCTIONS = {name: value for name, value in OBJECTS.items() if not inspect.isclass(value)}
CALLABLES = FUNCTIONS | methods(CLASSES)
EVERYTHING = INTERNAL | methods({n: v for n, v in INTERNAL.items() if inspect.isclass(v)}) | CALLABLES


def sections(doc):
    """The numpydoc sections of a docstring: title -> lines."""
    lines = inspect.cleandoc(doc or "").splitlines() or [""]
    found, title = {}, None
    for line, underline in zip(lines, [*lines[1:], ""], strict=True):
        if underline and set(underline) == {"-"} and line in SECTIONS:
            assert line not in found, f"two sections {line}"
            assert len(underline) == len(line), f"the line under {line} has another length"
            title = line
            found[title] = []
        elif title:
            found[title].append(line)
    return {title: lines[1:] for title, lines in found.items()}


def documented(doc):
    """The names in the section "Parameters", with what is said about each."""
    told, names = {}, []
    for line in sections(doc).get("Parameters", []):
        if line and not line.startswith(" "):
            names = [name.strip().lstrip("*") for name in line.split(" : ")[0].split(",")]
            told |= {name: [line.partition(" : ")[2], ""] for name in names}
        else:
            for name in names:
                told[name][1] += line.strip()
    return told


def accepted(value):
    """The names of the parameters that a class or function offers to its users."""
    parameters = inspect.signature(value).parameters
    return [name for name in parameters if name not in ("self", "cls") and not name.startswith("_")]


def test_section_reader():
    doc = """Do it.

    Parameters
    ----------
    a, b : int
        Both.
    *args : str
        More.

    Returns
    -------
    c : int
    """
    assert documented(doc) == {"a": ["int", "Both."], "b": ["int", "Both."], "args": ["str", "More."]}
    assert set(sections(doc)) == {"Parameters", "Returns"}


@pytest.mark.parametrize("name", sorted(OBJECTS | CALLABLES))
def test_docstring_begins_with_a_summary(name):
    doc = inspect.getdoc((OBJECTS | CALLABLES)[name])
    assert doc, f"{name} has no docstring."
    summary = doc.split("\n\n")[0]
    assert summary[0].isupper() or not summary[0].isalpha(), f"{name}: the summary begins with a capital."
    assert summary.rstrip()[-1] in ".:", f"{name}: the summary is a sentence, with its full stop."


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_docstring_documents_no_phantom(name):
    """Where there is a section "Parameters", it is the signature: same names, same order."""
    value = EVERYTHING[name]
    told = documented(value.__doc__)
    assert not told or list(told) == accepted(value)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_class_documents_every_parameter(name):
    told = documented(CLASSES[name].__doc__)
    assert list(told) == accepted(CLASSES[name])
    thin = [parameter for parameter, (kind, text) in told.items() if not kind or not text]
    assert thin == [], f"{name}: say of {thin} what type it is and what it does."


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_callable_documents_what_it_takes_and_returns(name):
    value = CALLABLES[name]
    assert list(documented(inspect.getdoc(value))) == accepted(value)
    if re.search(r"^\s+(return|yield)\s+\S", inspect.getsource(value), flags=re.MULTILINE):
        assert {"Returns", "Yields"} & set(sections(inspect.getdoc(value))), (
            f"{name} does not say what it returns."
        )
