"""What README.md and docs/ show runs as it stands, what they point to exists, and the examples are sound."""

import importlib.util
import re

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

import sksequence
from sksequence import LSTMClassifier, datasets, exceptions, inspection, metrics, model_selection
from sksequence.datasets import load_digit_columns

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def name_of(path):
    return str(path.relative_to(ROOT))


def python_blocks(page):
    """Line number and source of every Python block of a page."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, match.start(1)), match.group(1)


@pytest.fixture
def example(monkeypatch, tmp_path):
    """Load an example as a module that writes to a folder of the test."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")

    def load(name):
        spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if hasattr(module, "OUTPUTS"):
            monkeypatch.setattr(module, "OUTPUTS", tmp_path)
        return module

    return load


@pytest.mark.parametrize("page", [page for page in PAGES if any(python_blocks(page))], ids=name_of)
def test_blocks_of_a_page_run_one_after_the_other(page, capsys):
    namespace = {"__name__": "page"}
    for line, source in python_blocks(page):
        # Empty lines before it, so that a traceback names the line of the page.
        exec(compile("\n" * line + source, name_of(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_that_exist(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert missing == []


def test_examples_that_the_pages_name_exist():
    named = {
        name for page in PAGES for name in re.findall(r"examples/(\w+\.py)", page.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= {path.name for path in EXAMPLES}


def test_every_public_name_has_its_line():
    listed = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    modules = (sksequence, datasets, exceptions, inspection, metrics, model_selection)
    public = {name for module in modules for name in module.__all__}
    assert public - listed == set()


def test_readme_holds_each_command_once():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv \.venv && .*$", text, flags=re.MULTILINE)
    assert [command.rsplit(" ", 1)[-1] for command in commands] == ["examples/quickstart.py", "pytest"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_importing_an_example_runs_nothing(path, example, capsys):
    module = example(path.stem)
    assert capsys.readouterr().out == ""
    assert f"python examples/{path.name}" in module.__doc__


def test_copy_task_has_its_symbol_in_the_first_step_only(example):
    task = example("copy_task")
    X, y = task.copy_task(50, seed=0)
    assert (X[:, 0].argmax(axis=1) == y).all()
    assert not X[:, 1:, :-1].any()
    assert X.shape == (50, 201, 9)


def test_insight_marks_one_number_of_each_sequence(example, tmp_path):
    insight = example("insight")
    X, y = insight.marked_numbers(50, seed=0)
    steps = np.stack([sequence[:, 1].argmax() for sequence in X])
    assert [sequence[:, 1].sum() for sequence in X] == [1] * 50
    assert {39 - step for step in steps.tolist()} <= set(range(16, 25))
    np.testing.assert_array_equal(y, [sequence[step, 0] for sequence, step in zip(X, steps, strict=True)])
    models = {name: one.fit(X, y) for name, one in insight.networks(hidden_size=3, max_epochs=2).items()}
    insight.memory_and_training(models, X, y)
    insight.gradients(models, X, y)
    insight.gates_and_states(models["LSTM"], X)
    insight.importance(models["LSTM"], X, y)
    insight.notebook(models["LSTM"])
    drawn = {path.name for path in tmp_path.glob("insight*")}
    names = ("training", "memory", "gradients", "layers", "gates", "states", "importance")
    assert drawn == {f"insight_{name}.png" for name in names} | {"insight.html"}


def test_page_on_rnn_and_lstm_says_what_was_measured(example, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    against, written = example("rnn_against_lstm"), example("rnn_against_lstm_page")
    plan = {**against.QUICK, "lags": (2,), "n_samples": 64, "epochs": 1, "gradient_lag": 8}
    monkeypatch.setattr(against, "measure_sets", lambda plan: {})
    scores = {
        "digits": 50,
        "split": [0, 0, 1, 1],
        "network": ["RNN", "LSTM"] * 2,
        "accuracy": [0.5, 0.75] * 2,
    }
    monkeypatch.setattr(against, "measure_data_needs", lambda plan: pd.DataFrame(scores))
    measured = against.measure(plan)
    assert len(measured["recall"]) == 6
    # Whatever was learned: the worst seed decides up to which lag a network remembers.
    measured["recall"] = recalled = pd.DataFrame(
        [
            {"network": name, "memory": label, "lag": lag, "accuracy": accuracy, "gradient": 1.0}
            for name in written.NETWORKS
            for label in written.MEMORY
            for lag, good in ((5, True), (100, name == "LSTM" and label == 'memory="auto"'), (200, True))
            for accuracy in (1.0, 0.95 if good else 0.5)
        ]
    )
    assert written.reaches(recalled, "RNN") == {'memory="auto"': 5, "memory=None": 5}
    assert written.reaches(recalled, "LSTM") == {'memory="auto"': 200, "memory=None": 5}
    written.write(measured, plan, tmp_path, ".")
    page = (tmp_path / "rnn_against_lstm.md").read_text(encoding="utf-8")
    assert "| An RNN remembers 5 to 10 steps | holds |" in page
    assert "| An LSTM remembers 100 steps and more | with the right start |" in page
    assert "the RNN leads by -0.250" in page
    assert (tmp_path / "rnn_against_lstm_memory.png").stat().st_size > 5_000


def test_tagging_example_labels_every_step(example):
    tagging = example("tagging")
    readings, states = tagging.machines(20, 50, seed=0)
    assert readings.shape == (20, 50, 2)
    assert states.shape == (20, 50)
    assert not ((states[:, :-1] == "idle") & (states[:, 1:] == "worn")).any()  # it wears while it works
    sentences, tags = tagging.messages(30, seed=0)
    assert list(map(len, sentences)) == list(map(len, tags))
    assert {tag for labels in tags for tag in labels} == {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"}


def test_quickstart_loads_what_it_saved(example, capsys, tmp_path):
    X, y = load_digit_columns(return_X_y=True)
    model = LSTMClassifier(max_epochs=1, hidden_size=4, random_state=0).fit(X[:50], y[:50])
    example("quickstart").save_and_load(model, X[:50])
    assert capsys.readouterr().out.rstrip().endswith("for all 50 digits: True")
    assert isinstance(joblib.load(tmp_path / "digits.joblib"), LSTMClassifier)


def test_pipelines_give_one_model_for_every_form(example, capsys):
    X, y = load_digit_columns(return_X_y=True)
    example("pipelines").forms_of_input(X[:60], y[:60])
    assert capsys.readouterr().out.count("same probabilities: True") == 3


def test_callbacks_write_checkpoints_scores_and_a_picture(example, capsys, tmp_path, monkeypatch):
    watched = example("callbacks")
    # Only what every installation has: no TensorBoard, no progress bar.
    monkeypatch.setattr(watched, "find_spec", lambda name: None)
    X, y = load_digit_columns(return_X_y=True)
    watched.skorch_callbacks(X[:80], y[:80])
    watched.scikit_learn_callbacks(X[:80], y[:80])
    assert (tmp_path / "checkpoints" / "params.pt").is_file()
    assert (tmp_path / "learning_curve.png").stat().st_size > 5_000
    assert "valid_accuracy" in capsys.readouterr().out
