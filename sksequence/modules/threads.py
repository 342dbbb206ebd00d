"""How many of torch's threads a network takes, and how parts of a computation are shared among them.

Small networks gain little from a second thread and lose much when workers compete for cores; and sums that
are split over threads differ in the last bit. So a network runs on one thread, and a fit gives the same
weights alone, in joblib's processes and in its threads. Only a recurrent layer with much to do takes more:
the rows of its batch are cut into parts, whatever the number of threads, and a thread computes whole parts.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import torch

__all__ = ["share", "single_thread", "threads_for"]

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


class _Modes(NamedTuple):
    """What torch keeps for each thread by itself, and a helper takes over."""

    n_threads: int
    inference: bool
    grad: bool
    autocast: bool
    dtype: torch.dtype

    @classmethod
    def here(cls) -> _Modes:
        """Those of this thread."""
        return cls(
            torch.get_num_threads(),
            torch.is_inference_mode_enabled(),
            torch.is_grad_enabled(),
            torch.is_autocast_enabled("cpu"),
            torch.get_autocast_dtype("cpu"),
        )

    def run(self, function: Callable[..., None], *arguments: int) -> None:
        """Call a function in them."""
        if torch.get_num_threads() != self.n_threads:
            torch.set_num_threads(self.n_threads)
        with torch.inference_mode(self.inference), torch.set_grad_enabled(self.grad):
            if not self.autocast:
                return function(*arguments)
            with torch.autocast("cpu", dtype=self.dtype):
                return function(*arguments)


@cache
def _helpers(process: int) -> ThreadPoolExecutor:
    """Threads that wait for parts; a process that was forked has none of its parent's."""
    return ThreadPoolExecutor(thread_name_prefix="sksequence")


def share(compute: Callable[[int], None], n_parts: int, n_threads: int) -> None:
    """Compute parts 0, 1, ... in so many threads, each with what torch allows this one, and wait for all.

    Parameters
    ----------
    compute : callable
        Computes a part; is to write its results where they belong.
    n_parts, n_threads : int
        Parts there are, and threads to take at most, this one among them.
    """
    n_threads = min(n_threads, n_parts)

    def some(first: int) -> None:
        for part in range(first, n_parts, n_threads):
            compute(part)

    if n_threads < 2:
        return some(0)
    run, helpers = _Modes.here().run, _helpers(os.getpid())
    others = [helpers.submit(run, some, first) for first in range(1, n_threads)]
    try:
        some(0)
    finally:
        wait(others)  # nobody writes any more where an interrupted caller frees memory
    for other in others:
        other.result()
