"""Sequences: one structure for every form of input, and every error that data can raise."""

from sksequence.sequences.array import SequenceArray
from sksequence.sequences.blocks import largest_tokens, step_blocks
from sksequence.sequences.checks import check_features, check_ids, find_columns, refuse_scattered
from sksequence.sequences.forms import as_sequences, names_ids
from sksequence.sequences.ragged import RaggedList
from sksequence.sequences.targets import missing_targets, targets_in_order
from sksequence.sequences.texts import first_text, holds_texts, only_column
from sksequence.sequences.vocabulary import carries_ids, in_vocabulary, names_of_ids

__all__ = [
    "RaggedList",
    "SequenceArray",
    "as_sequences",
    "carries_ids",
    "check_features",
    "check_ids",
    "find_columns",
    "first_text",
    "holds_texts",
    "in_vocabulary",
    "largest_tokens",
    "missing_targets",
    "names_ids",
    "names_of_ids",
    "only_column",
    "refuse_scattered",
    "step_blocks",
    "targets_in_order",
]
