"""How long to train, in which batches, and with which learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

__all__ = ["SCHEDULES", "Budget", "learning_rate_factor", "plan"]

SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True)
class Budget:
    """A training plan.

    Attributes
    ----------
    batch_size : int
        Sequences a batch.
    max_epochs : int
        Rows of the history.
    per_epoch : int or None
        Batches an epoch; None for one pass over the data.
    n_steps : int
        Optimiser steps in all.
    """

    batch_size: int
    max_epochs: int
    per_epoch: int | None
    n_steps: int

    def repeated(self, epochs: int) -> Budget:
        """The same batches for a given number of epochs."""
        a_pass = self.n_steps // self.max_epochs
        return replace(self, max_epochs=epochs, n_steps=epochs * a_pass)


def plan(n_samples: int, *, batch_size, max_epochs, n_steps: int, min_passes: int) -> Budget:
    """Turn "auto" into numbers.

    The budget of a small network is counted in optimiser steps rather than in epochs: 36 sequences
    get a hundred epochs, 100,000 a few.

    Parameters
    ----------
    n_samples : int
        Training examples.
    batch_size : int or "auto"
        "auto": an eighth of the data, at least 8 and at most 32; from 13,000 examples on a
        400th of the data, at most 256.
    max_epochs : int or "auto"
        "auto": as many passes as give `n_steps`, at least `min_passes`.
    n_steps : int
        Optimiser steps wanted.
    min_passes : int
        Least number of passes over the data; 0 allows an epoch to be less than a pass.

    Returns
    -------
    budget : Budget
    """
    if batch_size == "auto":
        batch_size = max(8, min(32, n_samples // 8), min(256, n_samples // 400))
    a_pass = math.ceil(n_samples / batch_size)
    if max_epochs != "auto":
        return Budget(batch_size, max_epochs, None, max_epochs * a_pass)
    if min_passes == 0 and a_pass > n_steps // 10:
        # One pass would be most of the training: cut it, so that the history still shows a curve.
        per_epoch = max(1, n_steps // 10)
        return Budget(batch_size, math.ceil(n_steps / per_epoch), per_epoch, n_steps)
    epochs = max(math.ceil(n_steps / a_pass), min_passes)
    return Budget(batch_size, epochs, None, epochs * a_pass)


def learning_rate_factor(schedule: str, warmup: float, step: int, n_steps: int) -> float:
    """Multiplier of the learning rate at optimiser step `step` of `n_steps`.

    "cosine" rises linearly over the first `warmup` of the steps, then falls to zero along half a
    cosine (Loshchilov & Hutter 2017); "constant" is 1. Beyond the plan it stays at its last value.
    """
    if schedule == "constant":
        return 1.0
    rise = max(1, round(warmup * n_steps))
    if step < rise:
        return (step + 1) / rise
    done = min(1.0, (step - rise + 1) / max(1, n_steps - rise + 1))
    return 0.5 * (1.0 + math.cos(math.pi * done))
