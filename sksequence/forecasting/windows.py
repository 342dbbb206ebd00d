"""Which windows of a set of channels are read, and which steps follow them: positions only, no copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sksequence.sequences import SequenceArray

__all__ = ["Windows", "first_training_origins", "windows_between"]


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows and the steps that follow them, over the values of their channels.

    Attributes
    ----------
    inputs : SequenceArray of shape (n_windows,)
        What is read.
    targets : SequenceArray of shape (n_windows,)
        The `horizon` steps after each window.
    channel : ndarray of int of shape (n_windows,)
        Which channel each stands in.
    origin : ndarray of int of shape (n_windows,)
        Position, within the channel, of the last step read.
    """

    inputs: SequenceArray
    targets: SequenceArray
    channel: np.ndarray
    origin: np.ndarray

    def __len__(self) -> int:
        return len(self.channel)

    @property
    def turns(self) -> np.ndarray:
        """Rows from the first origin of each channel to each of its origins, (n_windows,)."""
        first = np.full(int(self.channel.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, self.channel, self.origin)
        return self.origin - first[self.channel]

    def take(self, index: np.ndarray) -> Windows:
        """The chosen windows."""
        return Windows(self.inputs[index], self.targets[index], self.channel[index], self.origin[index])

    def reaching(self, window: int, channels: SequenceArray) -> Windows:
        """Windows of the same origins over `channels` that read so many steps, fewer at a start."""
        length = _read_steps(window, self.origin)
        return _windows(channels, self.channel, self.origin, length, self.targets.n_timesteps)

    def over(self, channels: SequenceArray) -> Windows:
        """The same windows over other values of the same channels."""
        horizon = self.targets.n_timesteps
        return _windows(channels, self.channel, self.origin, self.inputs.lengths, horizon)


def _windows(channels: SequenceArray, channel, origin, length, horizon: int) -> Windows:
    """Windows of the given origins; `length` is one number, or one for each of them."""
    n, length = len(channel), _alike(length)
    starts = channels.starts[channel]
    starts += origin
    starts += 1
    starts -= length
    inputs = SequenceArray(channels.values, starts, np.broadcast_to(length, n))
    # Where all windows are alike, what follows begins as many rows later: at the same starts of a later view.
    later, after = (channels.values, starts + length) if length.ndim else (channels.values[length:], starts)
    return Windows(inputs, SequenceArray(later, after, np.broadcast_to(horizon, n)), channel, origin)


def _alike(length) -> np.ndarray:
    """Lengths as one number where all are alike."""
    length = np.asarray(length, dtype=np.int64)
    return length[0] if length.ndim and len(length) and (length == length[0]).all() else length


def _read_steps(window: int, origin: np.ndarray) -> np.ndarray | int:
    """Steps read up to each origin: `window`, or fewer at the start of a channel."""
    return window if origin.min(initial=window) >= window - 1 else np.minimum(window, origin + 1)


def windows_between(
    channels: SequenceArray,
    first: np.ndarray,
    stop: np.ndarray,
    *,
    window: int,
    horizon: int,
    stride: int = 1,
    most: int | None = None,
    seed: int = 0,
) -> Windows:
    """Windows whose last step lies in a range, one every `stride` steps.

    Parameters
    ----------
    channels : SequenceArray of n_channels univariate sequences
        Whole series.
    first, stop : ndarrays of int of shape (n_channels,)
        Range of the position of the last step read; nothing where ``stop <= first``.
    window : int
        Steps read; fewer where the channel begins later.
    horizon : int
        Steps that follow.
    stride : int
        Steps from one window to the next.
    most : int or None
        If there are more windows, this many are drawn at random.
    seed : int
        Which ones are drawn.

    Returns
    -------
    windows : Windows
        Channel by channel, earliest first.
    """
    counts = np.maximum(0, -(-(stop - first) // stride))
    ends = np.cumsum(counts)
    if most is not None and ends[-1] > most:
        chosen = np.random.default_rng(seed).choice(ends[-1], most, replace=False, shuffle=False)
        chosen.sort()
        channel = np.searchsorted(ends, chosen, side="right")
    else:
        chosen = np.arange(ends[-1])
        channel = np.repeat(np.arange(len(channels)), counts)
    # In place: there may be more windows than values.
    origin = chosen
    origin -= (ends - counts)[channel]
    origin *= stride
    origin += first[channel]
    return _windows(channels, channel, origin, _read_steps(window, origin), horizon)


def first_training_origins(lengths: np.ndarray, *, window: int, horizon: int) -> np.ndarray:
    """Where training windows begin: full ones; in a channel too short for one, those that grow.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_channels,)
        Steps of each channel. Those with no more than `horizon` steps give nothing.
    window, horizon : int
        Steps read, steps that follow.
    """
    # The shorter half of growing windows would teach little but noise.
    return np.where(lengths >= window + horizon, window - 1, np.maximum(lengths - horizon, 0) // 2)
