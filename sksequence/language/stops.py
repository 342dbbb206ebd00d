"""What ends a text before the model does: strings, words or ids that it must not hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from sksequence.exceptions import ParameterError

__all__ = ["Stops"]

_NEEDED = {
    str: "strings that are not empty",
    list: "words, as the tokenizer writes them",
    np.ndarray: "ids",
}


class Stops:
    """The stops of a text; none at all is falsy.

    Parameters
    ----------
    stop : str, int, iterable of these, or None
        As the user gave it.
    written : type
        Of what is written: str, list (of words) or ndarray (of ids).
    caller : str
        The method that was called, for the error.

    Attributes
    ----------
    joined : bool
        Whether they are looked for in strings, where one may span several tokens.

    Raises
    ------
    ParameterError
        If a stop is of another kind than what is written.
    """

    def __init__(self, stop: Any, written: type, caller: str):
        self.joined = written is str
        kind = (int, np.integer) if written is np.ndarray else str
        single = stop is None or isinstance(stop, str) or not hasattr(stop, "__iter__")
        items: list[Any] = ([] if stop is None else [stop]) if single else list(stop)
        if not all(isinstance(item, kind) and item != "" for item in items):
            raise ParameterError(
                f"The 'stop' argument of {caller} must be None or one or several {_NEEDED[written]}. "
                f"Got {stop!r} instead."
            )
        self._items = items

    def __bool__(self) -> bool:
        return bool(self._items)

    @property
    def n_tokens(self) -> int:
        """How many of the latest tokens tell whether a stop is complete."""
        # A token writes at least one character, but for unusual tokenizers.
        return max(map(len, self._items)) + 1 if self.joined else 1

    def find(self, text: Any) -> int | None:
        """Where the first stop begins: a place in a string, a list of words or an array of ids."""
        if self.joined:
            places = [text.find(stop) for stop in self._items if stop in text]
        else:
            places = [i for i, token in enumerate(text) if token in self._items]
        return min(places, default=None)

    def n_open(self, text: str) -> int:
        """Length of the longest end of a string that may become a stop."""
        longest = min(len(text), max((len(stop) - 1 for stop in self._items), default=0))
        return next(
            (n for n in range(longest, 0, -1) if any(s.startswith(text[-n:]) for s in self._items)), 0
        )
