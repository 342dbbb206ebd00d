"""Memory that stays with the process while a network trains, where the C library would give it back.

Glibc returns blocks of more than 32 MiB to the system as soon as they are free, and the free end of its heap
beyond 64 MiB. A training step whose buffers are of that size therefore asks for the same pages again at
every batch, and the system hands them out one by one, filled with zeros: a third to a half of the time
of a step. The two thresholds can be raised, for the whole process only (mallopt(3)).
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["kept_memory", "returned_memory"]

# Numbers of glibc's malloc.h.
_TRIM, _MMAP = -1, -3
# While a network trains; while data are prepared, where NumPy asks for huge pages from 4 MiB on, which the
# system would later fill again inside a heap; and afterwards: the values that glibc's own rule arrives at
# once a process has freed a large array, since those before cannot be asked for.
_KEEPING = {_MMAP: 1 << 30, _TRIM: (1 << 31) - 1}
_RETURNING = {_MMAP: 4 << 20, _TRIM: 4 << 20}
_USUAL = {_MMAP: 32 << 20, _TRIM: 64 << 20}

_lock = threading.Lock()
_keeping = _returning = 0


@cache
def _glibc() -> Any:
    """The C library, if it is a glibc whose thresholds nobody else has set; else None."""
    chosen = {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"} & os.environ.keys()
    if not sys.platform.startswith("linux") or chosen or "malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return None
    library = ctypes.CDLL(None)
    needed = ("gnu_get_libc_version", "mallopt", "malloc_trim")
    return library if all(hasattr(library, name) for name in needed) else None


def _change(library: Any, keeping: int, returning: int) -> None:
    """Count one user more or less, and set what those that remain want."""
    global _keeping, _returning
    with _lock:
        before = _wanted()
        _keeping, _returning = _keeping + keeping, _returning + returning
        if (now := _wanted()) is not before:
            for name, value in now.items():
                library.mallopt(name, value)
            # Buffers of a batch seldom fit into the holes that others left, nor others into theirs.
            if _KEEPING in (before, now):
                library.malloc_trim(0)


def _wanted() -> dict[int, int]:
    return _KEEPING if _keeping else _RETURNING if _returning else _USUAL


@contextmanager
def kept_memory(wanted: bool = True) -> Iterator[None]:
    """Keep freed memory for the next batch; the last of nested or concurrent users gives it back.

    Parameters
    ----------
    wanted : bool
        False does nothing, nor does anything happen beside glibc.
    """
    with _counted(wanted, keeping=1):
        yield


@contextmanager
def returned_memory(wanted: bool = True) -> Iterator[None]:
    """Give large arrays back as soon as they are free, except while others keep memory.

    Parameters
    ----------
    wanted : bool
        As for :func:`kept_memory`.
    """
    with _counted(wanted, returning=1):
        yield


@contextmanager
def _counted(wanted: bool, *, keeping: int = 0, returning: int = 0) -> Iterator[None]:
    library = _glibc() if wanted else None
    if library is None:
        yield
        return
    _change(library, keeping, returning)
    try:
        yield
    finally:
        _change(library, -keeping, -returning)
