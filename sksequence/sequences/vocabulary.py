"""What token ids stand for: the same id must be the same token in training and afterwards."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.array import SequenceArray

__all__ = ["carries_ids", "in_vocabulary", "names_of_ids"]

_UNKNOWN = "[UNK]"


def carries_ids(X: Any) -> bool:
    """Whether X says of itself that it holds token ids, as what SequenceTokenizer and WordFeatures give does.

    Parameters
    ----------
    X : object
        Any form of sequences. Integers that nobody named are numbers.

    Returns
    -------
    carries : bool
    """
    return isinstance(X, SequenceArray) and (X.vocabulary is not None or X._holds_ids)


def names_of_ids(sequences: SequenceArray) -> tuple | None:
    """Names of tokens by id; of columns of ids, a tuple of those of each; None where nobody knows.

    Parameters
    ----------
    sequences : SequenceArray
        Tokens, columns of ids, or numbers.

    Returns
    -------
    names : tuple of str, tuple of tuples of str, or None
    """
    return sequences._vocabulary if sequences._holds_ids else sequences.vocabulary


def in_vocabulary(sequences: SequenceArray, known: tuple | None, caller: str) -> SequenceArray:
    """Give the ids that training gave.

    A categorical column of a table has whatever categories these rows hold, or their maker thought of: they
    are looked up by name. Other ids of another vocabulary are a mistake.

    Parameters
    ----------
    sequences : SequenceArray
        What came.
    known : tuple or None
        What :func:`names_of_ids` said in training.
    caller : str
        Who asks: the first words of the error.

    Returns
    -------
    sequences : SequenceArray
        A category that training did not know is "[UNK]" if that is known, else an id beyond all others.

    Raises
    ------
    InputError
        If the ids stand for something else than in training, and come from no table.
    """
    came = names_of_ids(sequences)
    if came is None or known is None or came == known:
        return sequences
    nested = [bool(names) and isinstance(names[0], tuple) for names in (came, known)]
    if sequences._origin is None or nested[0] != nested[1]:
        n_names = len(list(chain.from_iterable(came) if nested[0] else came))
        raise InputError(
            f"{caller}: ids of another vocabulary ({n_names} tokens) than in fit came, but the same id must "
            "be the same token. Call transform of the tokenizer used in training."
        )
    columns = (came, known) if nested[0] else ((came,), (known,))
    values = np.empty_like(sequences.values)
    for place, (theirs, ours) in enumerate(zip(*columns, strict=True)):
        if not (theirs and ours):  # numbers
            values[:, place] = sequences.values[:, place]
            continue
        ids = {name: i for i, name in enumerate(ours)}
        unknown = ids.get(_name_of_unknown(ids), len(ours))
        numbers = np.array([ids.get(name, unknown) for name in theirs])
        values[:, place] = numbers[sequences.values[:, place].astype(np.intp)]
    return sequences._replace(_values=values, _vocabulary=known)


def _name_of_unknown(ids: dict[str, int]) -> str:
    """The name of what training did not know: WordFeatures lengthens it where "[UNK]" is a word."""
    name = _UNKNOWN
    while name + "_" in ids:
        name += "_"
    return name
