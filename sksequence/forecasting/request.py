"""Who reads a series, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sksequence.exceptions import InputError

__all__ = ["Request", "refuse_keys"]


@dataclass(frozen=True)
class Request:
    """Who reads, and how; as :func:`~sksequence.forecasting.series.read_series` documents it."""

    caller: str
    step: Any
    id: Any
    time: Any
    freq: Any
    missing: str
    whole: bool
    called: str


def refuse_keys(request: Request, what: str) -> None:
    """Refuse options that a form has no use for."""
    if not request.whole:
        return
    for option, value in (("id", request.id), ("time", request.time), ("freq", request.freq)):
        if value is not None:
            raise InputError(
                f"{request.caller}: {option}={value!r} came, but {what} has neither named columns nor an "
                "index. Leave it out, or pass a table."
            )
