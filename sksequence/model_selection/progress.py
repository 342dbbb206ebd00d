"""A bar that says how much is done."""

from __future__ import annotations

import sys
import time

__all__ = ["Progress"]

_WIDTH = 24
_LINE = 79


class Progress:
    """A bar over a known number of tasks, on standard error.

    Parameters
    ----------
    total : int
        Tasks.
    visible : bool
        Whether anything is written.
    """

    def __init__(self, total: int, visible: bool):
        self.total, self.done, self.visible = total, 0, visible
        self._begin = time.perf_counter()
        self._show("")

    def advance(self, label: str) -> None:
        """One more is done.

        Parameters
        ----------
        label : str
            What it was.
        """
        self.done += 1
        self._show(label)

    def close(self) -> None:
        """Leave the line."""
        if self.visible:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _show(self, label: str) -> None:
        if not self.visible:
            return
        full = _WIDTH * self.done // self.total
        took = time.perf_counter() - self._begin
        left = f", about {took / self.done * (self.total - self.done):.0f} s left" if self.done else ""
        line = f"[{'#' * full}{'.' * (_WIDTH - full)}] {self.done}/{self.total}, {took:.0f} s{left}  {label}"
        sys.stderr.write("\r" + line[:_LINE].ljust(_LINE))
        sys.stderr.flush()
