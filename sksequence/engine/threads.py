"""One torch thread while a network runs.

Small recurrent networks gain little from a second thread and lose much when workers compete for
cores; and sums that are split over threads differ in the last bit. With one thread, a fit gives
the same weights alone, in joblib's processes and in its threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["single_thread"]

_lock = threading.Lock()
_users = 0
_before = 1


@contextmanager
def single_thread() -> Iterator[None]:
    """Run torch on one thread; the last of nested or concurrent users restores the former number."""
    global _users, _before
    with _lock:
        if _users == 0:
            _before = torch.get_num_threads()
        _users += 1
    # Torch keeps the number per Python thread, so every user sets it for itself.
    torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                torch.set_num_threads(_before)
