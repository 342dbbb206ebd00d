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

__all__ = ["kept_memory"]

# Numbers of glibc's malloc.h, and the values that its own rule arrives at once a process has freed a
# large array; they are what is set afterwards, since the values before cannot be asked for.
_TRIM, _MMAP = -1, -3
_RAISED = {_MMAP: 1 << 30, _TRIM: (1 << 31) - 1}
_USUAL = {_MMAP: 32 << 20, _TRIM: 64 << 20}

_lock = threading.Lock()
_users = 0


@cache
def _glibc() -> Any:
    """The C library, if it is a glibc whose thresholds nobody else has set; else None."""
    chosen = {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"} & os.environ.keys()
    if not sys.platform.startswith("linux") or chosen or "malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return None
    library = ctypes.CDLL(None)
    needed = ("gnu_get_libc_version", "mallopt", "malloc_trim")
    return library if all(hasattr(library, name) for name in needed) else None


def _set(library: Any, thresholds: dict[int, int]) -> None:
    for name, value in thresholds.items():
        library.mallopt(name, value)


@contextmanager
def kept_memory(wanted: bool = True) -> Iterator[None]:
    """Keep freed memory for the next batch; the last of nested or concurrent users gives it back.

    Parameters
    ----------
    wanted : bool
        False does nothing, nor does anything happen beside glibc.
    """
    global _users
    library = _glibc() if wanted else None
    if library is None:
        yield
        return
    with _lock:
        _users += 1
        if _users == 1:
            _set(library, _RAISED)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _set(library, _USUAL)
                library.malloc_trim(0)
