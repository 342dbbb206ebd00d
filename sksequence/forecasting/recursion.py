"""Recursive forecasts: a network that looks a few steps ahead reads its own forecasts to look further."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sksequence.engine import Examples
from sksequence.sequences import SequenceArray

__all__ = ["roll_forward"]

# Windows rolled at a time, each on a copy of its own: bounds the memory.
_BLOCK = 2_048


def roll_forward(
    examples: Examples,
    horizon: int,
    *,
    window: int,
    ahead: int,
    outputs: Callable[[Examples], np.ndarray],
    point: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Outputs of all steps up to the horizon, `ahead` steps at a time.

    Parameters
    ----------
    examples : Examples
        Windows of which feature 0 is the target, and a second one, where there is one, its "observed"
        flag; with "past" covariates over the window and "future" ones over the whole horizon.
        Past-only covariates keep their last value ahead.
    horizon : int
        Steps wanted.
    window : int
        Steps that the network reads.
    ahead : int
        Steps that it gives at once.
    outputs : callable
        Maps examples to outputs (n, ahead, ...).
    point : callable
        Maps outputs to values (n, ahead), which are then read as if observed.

    Returns
    -------
    outputs : ndarray of shape (n, horizon, ...)
    """
    index = np.arange(len(examples))
    blocks = (examples.take(index[first : first + _BLOCK]) for first in range(0, len(index), _BLOCK))
    rolled = [_roll(block, horizon, window, ahead, outputs, point) for block in blocks]
    return rolled[0] if len(rolled) == 1 else np.concatenate(rolled)


def _roll(examples: Examples, horizon: int, window: int, ahead: int, outputs, point) -> np.ndarray:
    room = -(-horizon // ahead) * ahead
    read = _with_room(examples.sequences, window, room)
    extras = dict(examples.extras)
    past, future = extras.pop("past", None), extras.pop("future", None)
    beside = None if past is None else _with_room(past, window, room)
    n_known = 0 if future is None else future.n_features
    if beside is not None and future is not None:
        steps = np.minimum(np.arange(room), horizon - 1)
        beside[:, window:, :n_known] = future.values[future.starts[:, None] + steps]
    parts = []
    for done in range(0, room, ahead):
        length = np.minimum(examples.sequences.lengths + done, window)
        first = window + done - length
        more = dict(extras)
        if beside is not None:
            more["past"] = _views(beside, first, length)
            if n_known:
                now, steps_ahead = np.full(len(length), window + done), np.full(len(length), ahead)
                more["future"] = _views(beside[:, :, :n_known], now, steps_ahead)
        part = outputs(Examples(_views(read, first, length), extras=more))
        read[:, window + done : window + done + ahead, 0] = point(part)
        # What was forecast counts as observed.
        read[:, window + done : window + done + ahead, 1:] = 1.0
        parts.append(part)
    return np.concatenate(parts, axis=1)[:, :horizon]


def _with_room(sequences: SequenceArray, window: int, room: int) -> np.ndarray:
    """Every window in a row of its own, its last step at `window - 1`, which is repeated behind it."""
    back = np.minimum(np.arange(window + room), window - 1) - window
    steps = np.maximum(sequences.lengths[:, None] + back, 0)
    return sequences.values[sequences.starts[:, None] + steps]


def _views(rows: np.ndarray, first: np.ndarray, length: np.ndarray) -> SequenceArray:
    """Steps `first` to ``first + length`` of each row of (n, n_steps, n_features)."""
    n, n_steps, n_features = rows.shape
    return SequenceArray(rows.reshape(n * n_steps, n_features), np.arange(n) * n_steps + first, length)
