"""Transformers of sequences."""

from sksequence.preprocessing.padding import SequencePadder
from sksequence.preprocessing.timesteps import PerTimestep
from sksequence.preprocessing.windows import WindowTransformer, make_windows

__all__ = ["PerTimestep", "SequencePadder", "WindowTransformer", "make_windows"]
