"""How many of torch's threads a network takes.

Small networks gain little from a second thread and lose much when workers compete for cores; and sums that
are split over threads differ in the last bit. So a network runs on one thread, and a fit gives the same
weights alone, in joblib's processes and in its threads. Only a recurrent layer with much to do takes more,
where that changes no bit.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["several_threads", "single_thread", "threads_for"]

# Multiplications from which one more thread gains more than it costs: a step of torch's LSTM takes .86 of its
# time with a second thread at 1.6e7 of them (32 units), .64 at 1.1e8 (64 units), .56 at 1.9e8 (256 units).
_WORTH_A_THREAD = 1 << 25

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


@contextmanager
def several_threads(n: int) -> Iterator[None]:
    """Run torch on `n` threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _is_worker() -> bool:
    """Whether others compute beside this thread: one of several processes, or not the first thread."""
    return (
        multiprocessing.parent_process() is not None
        or threading.current_thread() is not threading.main_thread()
    )


def threads_for(work: int) -> int:
    """Threads that a recurrent layer takes, at most as many as torch had before :func:`single_thread`.

    Parameters
    ----------
    work : int
        Multiplications to do.
    """
    if not _users:
        return torch.get_num_threads()
    return 1 if _is_worker() else max(1, min(_before, work // _WORTH_A_THREAD))
