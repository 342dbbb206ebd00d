"""What each column of a table is for."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Roles"]


@dataclass(frozen=True, eq=False)
class Roles:
    """What each column of a table is for.

    Attributes
    ----------
    target, known, past, static : tuple
        Labels of the columns to forecast, known ahead, known up to the present, and constant within
        each series.
    calendar : tuple of str
        Features that follow from the index, see :class:`~sksequence.CalendarFeatures`.
    """

    target: tuple
    known: tuple = ()
    past: tuple = ()
    static: tuple = ()
    calendar: tuple[str, ...] = ()

    @property
    def explain(self) -> bool:
        """Whether anything but the targets' own past is read."""
        return bool(self.known or self.past or self.static or self.calendar)

    @property
    def needed(self) -> tuple:
        """Every column that is read."""
        return self.target + self.known + self.past + self.static
