"""Transformers of sequences."""

from sksequence.preprocessing.calendar import CalendarFeatures
from sksequence.preprocessing.padding import SequencePadder
from sksequence.preprocessing.timesteps import PerTimestep
from sksequence.preprocessing.tokenizer import SequenceTokenizer
from sksequence.preprocessing.windows import WindowTransformer, make_windows
from sksequence.preprocessing.words import WordFeatures

__all__ = [
    "CalendarFeatures",
    "PerTimestep",
    "SequencePadder",
    "SequenceTokenizer",
    "WindowTransformer",
    "WordFeatures",
    "make_windows",
]
