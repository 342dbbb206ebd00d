"""Where the benchmarks find the archive of real data sets, and how they read it."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TSC = (
    "JapaneseVowels",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "ArrowHead",
    "PickupGestureWiimoteZ",
)


def data_folder() -> pathlib.Path | None:
    """The folder named by SKSEQUENCE_DATA, else ../shared/data; None where there is none."""
    folder = pathlib.Path(os.environ.get("SKSEQUENCE_DATA", ROOT.parent / "shared" / "data"))
    return folder if (folder / "loaders.py").exists() else None


def loaders():
    """The archive's own loaders, or an end with a sentence that says what is missing."""
    folder = data_folder()
    if folder is None:
        sys.exit("The data archive is not here: set SKSEQUENCE_DATA to its folder. Nothing was measured.")
    spec = importlib.util.spec_from_file_location("archive_loaders", folder / "loaders.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
