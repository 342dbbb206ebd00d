"""What several test files share."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent
# Modules that cannot be imported without the extra `fast`.
FOR_NUMBA = {f"sksequence.modules.{name}" for name in ("compiled", "fused", "lanes", "layouts")}

# One thread: tests are small, and must give the same numbers on every machine.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def repository():
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def data_root():
    """The folder of public data sets that are too large, or not free enough, to be shipped."""
    folder = Path(os.environ.get("SKSEQUENCE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("The public data sets are not here: set SKSEQUENCE_DATA to the folder that holds them.")
    return folder


@pytest.fixture
def rng():
    """A generator with a fixed seed, new for every test."""
    return np.random.default_rng(0)


@pytest.fixture
def ragged(rng):
    """Twelve sequences of 1 to 12 steps with 2 features, in no order of length."""
    lengths = rng.permutation(np.arange(1, 13))
    return [rng.normal(size=(length, 2)).astype(np.float32) for length in lengths]


@pytest.fixture
def season(rng):
    """A series of 120 steps: a season of 12 and some noise."""
    steps = np.arange(120)
    return 10 + 3 * np.sin(2 * np.pi * steps / 12) + 0.1 * rng.normal(size=120)


def pytest_terminal_summary(terminalreporter):
    """Say how many of scikit-learn's own checks ran."""
    counts = {
        outcome: sum(
            "test_scikit_learn_contract" in report.nodeid for report in terminalreporter.getreports(outcome)
        )
        for outcome in ("passed", "failed", "xfailed", "skipped")
    }
    if any(counts.values()):
        told = ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
        terminalreporter.write_line(f"scikit-learn's estimator checks: {sum(counts.values())} run ({told})")
