"""Random numbers from generators of our own: the process-wide states of torch and NumPy stay untouched."""

from __future__ import annotations

import numpy as np
import torch

from sksequence._params import seed
from sksequence.exceptions import ParameterError

__all__ = ["draw_seed", "generator_for"]

# One independent stream for each use, so that (say) more layers do not change the order of batches.
_STREAMS = ("weights", "order", "noise", "split")


def draw_seed(random_state) -> int:
    """One integer that fixes every random choice of a fit.

    Parameters
    ----------
    random_state : None, int or numpy.random.RandomState
        None asks the operating system; a RandomState is advanced by one draw.

    Returns
    -------
    seed : int

    Raises
    ------
    ParameterError
        If it is anything else.
    """
    rule = seed()
    if not rule.allows(random_state):
        raise ParameterError(
            f"The 'random_state' argument must be {rule.words}. Got {random_state!r} instead."
        )
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(np.iinfo(np.int32).max))
    return int(random_state)


def generator_for(stream: str, seed: int, *, after: int = 0, device: str = "cpu") -> torch.Generator:
    """A fresh generator for one use.

    Parameters
    ----------
    stream : {"weights", "order", "noise", "split"}
        What the numbers are for.
    seed : int
        From :func:`draw_seed`.
    after : int
        Epochs already trained, so that a continued fit draws new numbers.
    device : str
        Where the numbers are wanted.
    """
    state = np.random.SeedSequence([seed, _STREAMS.index(stream), after]).generate_state(1, np.uint64)
    return torch.Generator(device=device).manual_seed(int(state[0]))
