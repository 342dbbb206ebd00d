"""Transformers of sequences."""

from sksequence.preprocessing.calendar import CalendarFeatures
from sksequence.preprocessing.cooccurrence import cooccurrence_vectors
from sksequence.preprocessing.padding import SequencePadder
from sksequence.preprocessing.summary import SummaryFeatures
from sksequence.preprocessing.timesteps import PerTimestep
from sksequence.preprocessing.tokenizer import SequenceTokenizer
from sksequence.preprocessing.windows import WindowTransformer, make_windows
from sksequence.preprocessing.words import WordFeatures

__all__ = [
    "CalendarFeatures",
    "PerTimestep",
    "SequencePadder",
    "SequenceTokenizer",
    "SummaryFeatures",
    "WindowTransformer",
    "WordFeatures",
    "cooccurrence_vectors",
    "make_windows",
]
