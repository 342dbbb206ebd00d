"""Sections of a page that a command writes, and the conditions under which it measured."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path


def write_section(page: Path, name: str, lines: list[str]) -> None:
    """Put lines between the two marks of that name, which the page has already."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{page} has no marks {begin} and {end}: write them where the section belongs.")
    section = "\n".join([begin, "", *lines, "", end])
    page.write_text(pattern.sub(lambda _: section, text), encoding="utf-8")


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """A table of Markdown."""
    return [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)]


def processor() -> str:
    """Kind of the CPU, with the vector instructions that torch uses."""
    import torch

    name = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text())
        name = found[1].strip() if found else name
    return f"{os.cpu_count()} cores of {name} ({torch.backends.cpu.get_cpu_capability()})"


def conditions(*packages: str) -> str:
    """Date, machine and versions, in one sentence."""
    today = datetime.date.today()
    named = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"{today.day} {today:%B %Y}, {processor()}, Python {platform.python_version()}, {named}."
