"""The house rules: who may import whom, what files are called, what is public, what is promised."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import FOR_NUMBA

import sksequence

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sksequence"

# A room imports only from lower floors, or from within itself.
FLOORS = {
    "exceptions": 0,
    "_methods": 0,
    "_params": 1,
    "metrics": 1,
    "modules": 1,
    "sequences": 2,
    "preprocessing": 3,
    "datasets": 3,
    "engine": 3,
    "classification": 4,
    "regression": 4,
    "tagging": 4,
    "language": 4,
    "forecasting": 4,
    "inspection": 4,
    "model_selection": 5,
    "__init__": 6,
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def dotted(file):
    """The module's name below `sksequence`, as a tuple; a package's `__init__` is the package."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


KNOWN = {dotted(file) for file in MODULES}


def is_typing_guard(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def is_deferred(node):
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))


def imports(tree, package=(), *, deferred=True):
    """Every absolute name that a module imports, but for typing; inside functions only if `deferred`."""
    left_out = [n for n in ast.walk(tree) if is_typing_guard(n) or (is_deferred(n) and not deferred)]
    hidden = {id(child) for node in left_out for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package[: len(package) - node.level + 1]
                base = ".".join(("sksequence", *above, *([base] if base else [])))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imported(file, **options):
    package = dotted(file) if file.name == "__init__.py" else dotted(file)[:-1]
    package = () if package == ("__init__",) else package
    return set(imports(ast.parse(file.read_text(encoding="utf-8")), package, **options))


def inside(file, **options):
    """The modules of sksequence that a file imports, as tuples."""
    found = set()
    for name in imported(file, **options):
        head, *rest = name.split(".")
        if head == "sksequence" and tuple(rest) in KNOWN:
            found.add(tuple(rest))
    return found - {dotted(file)}


def roots(file):
    return {name.split(".")[0] for name in imported(file)}


def name_of(file):
    return str(file.relative_to(ROOT))


def test_import_reader_sees_every_form():
    tree = ast.parse(
        "import a.b\nfrom c import d\nfrom . import e\nfrom ..f import g\n"
        "def h():\n    import i\n"
        "if TYPE_CHECKING:\n    import j\n"
    )
    found = set(imports(tree, ("x", "y")))
    assert {"a.b", "c", "c.d", "sksequence.x.y.e", "sksequence.x.f.g", "i"} <= found
    assert "j" not in found
    assert "i" not in set(imports(tree, deferred=False))


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_imports_only_run_down(file):
    room = dotted(file)[0]
    assert room in FLOORS, f"{name_of(file)} has no floor; give it one in FLOORS."
    for target in inside(file):
        assert target[0] == room or FLOORS[target[0]] < FLOORS[room], (
            f"{name_of(file)} (floor {FLOORS[room]}) imports sksequence.{'.'.join(target)} "
            f"(floor {FLOORS[target[0]]}). A room imports only from lower floors."
        )


def test_imports_have_no_cycle():
    # A constructor such as SequenceArray.from_list may ask a sister file for help when it is called.
    graph = {dotted(file): inside(file, deferred=False) for file in MODULES if dotted(file) != ("__init__",)}
    # A package's own __init__ gathers its files; that is no dependency of theirs on it.
    graph = {name: {t for t in targets if name[: len(t)] != t} for name, targets in graph.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"Modules import each other in a circle: {error.args[1]}")


def test_only_the_engine_knows_skorch():
    outside = [name_of(f) for f in MODULES if "skorch" in roots(f) and dotted(f)[0] != "engine"]
    assert outside == []


def test_modules_are_plain_torch():
    foreign = {
        name_of(f): roots(f) & {"sklearn", "skorch", "pandas"} for f in MODULES if dotted(f)[0] == "modules"
    }
    assert {name: found for name, found in foreign.items() if found} == {}


@pytest.mark.parametrize("name", ["utils", "common", "core", "helpers", "misc"])
def test_files_are_named_after_a_noun(name):
    found = [path for path in ROOT.rglob(f"*{name}*") if re.fullmatch(rf"_?{name}(\.py)?", path.name)]
    ours = [path for path in found if path.is_relative_to(PACKAGE) or path.is_relative_to(ROOT / "tests")]
    assert ours == []


def test_importing_the_package_draws_nothing():
    code = (
        "import sys, sksequence\n"
        "heavy = {'matplotlib', 'pandas.plotting._matplotlib', 'polars', 'onnx'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"import sksequence brings in {run.stderr.strip()}"


def public_packages():
    """The package and its public subpackages and modules."""
    names = [d for d in sorted(KNOWN) if not any(part.startswith("_") for part in d)]
    return ["sksequence", *("sksequence." + ".".join(d) for d in names)]


@pytest.mark.parametrize("name", public_packages())
def test_exported_names_exist_and_are_documented(name):
    if name in FOR_NUMBA:
        pytest.importorskip("numba", reason="The extra 'fast' is not installed.")
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert len(set(exported)) == len(exported), f"{name}.__all__ names something twice."
    for item in exported:
        value = getattr(module, item)
        if inspect.isclass(value) or callable(value):
            assert inspect.getdoc(value), f"{name}.{item} has no docstring."


def test_public_api_is_listed():
    """What the package offers at its top is what `__all__` names: completion and the docs agree."""
    public = {
        name
        for name, value in vars(sksequence).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == {
        name
        for name in getattr(sksequence, "__all__", [])
        if not name.startswith("_") and not inspect.ismodule(getattr(sksequence, name))
    }


@pytest.mark.parametrize("room", ["datasets", "exceptions", "inspection", "metrics", "model_selection"])
def test_a_notebook_needs_one_import(room):
    module = importlib.import_module(f"sksequence.{room}")
    assert [
        name for name in module.__all__ if getattr(sksequence, name, None) is not vars(module)[name]
    ] == []


def written_files():
    """The repository's own text files: tracked or not, without what tools leave behind."""
    skipped = {"build", "dist", "outputs", "__pycache__", ".git"}  # a worktree's `.git` is a file
    kinds = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".cfg", ".ipynb", ".rst", ""}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".github") for part in parts[:-1])
        left = hidden or skipped & set(parts) or any(part.endswith(".egg-info") for part in parts)
        if path.is_file() and not left and path.suffix in kinds:
            yield path


def test_files_hold_no_machine_paths_and_no_package_hosts():
    # Written in two pieces, so that this file does not find itself.
    places = ["/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "/wo" + "rk/", "/tm" + "p/", "C:" + "\\\\"]
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "download.pytorch" + ".org", "anaconda" + ".org"]
    hosts += ["conda" + "-forge.org"]
    pattern = re.compile(
        "|".join(rf"(?<![\w.]){re.escape(p)}" for p in places) + "|" + "|".join(map(re.escape, hosts))
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in written_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def requirements():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    return project["dependencies"], project["optional-dependencies"]


def pins(path):
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==") for line in lines if line)


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_oldest_versions_are_the_lower_bounds():
    bounds = dict(requirement.split(">=") for requirement in requirements()[0])
    oldest = {name: version.removesuffix(".*") for name, version in pins(ROOT / ".ci" / "oldest.txt").items()}
    assert {plain(k): v for k, v in oldest.items()} == {plain(k): v for k, v in bounds.items()}


def test_constraints_pin_what_the_readme_installs():
    dependencies, extras = requirements()
    wanted = {plain(r.split(">=")[0]) for r in [*dependencies, *extras["plot"], *extras["test"]]}
    assert wanted <= {plain(name) for name in pins(ROOT / "constraints.txt")}
