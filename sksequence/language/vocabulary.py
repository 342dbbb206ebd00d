"""What a language model reads and writes: texts of any form to token ids, and back."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from sksequence.exceptions import InputError
from sksequence.preprocessing import SequenceTokenizer
from sksequence.preprocessing.texts import read_texts
from sksequence.sequences import SequenceArray, as_sequences, holds_texts, largest_tokens, only_column
from sksequence.sequences.layout import step_rows

__all__ = ["Vocabulary"]

_FORMS = "Pass a string, a list or column of strings, or lists of token ids"

_BOUNDARY = "[BOUNDARY]"
_TOKENIZER: Any = SequenceTokenizer
_CHARACTERS = _TOKENIZER(analyzer="char", lowercase=False)
# Of a tokenizer's vocabulary: these stand for no text.
_UNWRITTEN = ("[PAD]", "[UNK]", "[START]")


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a fitted language model.

    Attributes
    ----------
    tokenizer : SequenceTokenizer or None
        Fitted; None for ids.
    names : tuple of str or None
        Of the ids, where they are known.
    boundary : int
        The id, beyond all others, that stands between texts.
    ends : bool
        Whether new texts may end: of a single text nothing is known about ends.
    """

    tokenizer: Any
    names: tuple[str, ...] | None
    boundary: int
    ends: bool

    @classmethod
    def learn(
        cls, X: Any, tokenizer: Any, n_ids: int | None, caller: str
    ) -> tuple[Vocabulary, SequenceArray]:
        """The tokens of training data, and the data as ids.

        Parameters
        ----------
        X : texts or token ids
            What the model is fitted on.
        tokenizer : SequenceTokenizer or None
            A clone of it is fitted on texts; None takes single characters.
        n_ids : int or None
            How many ids there are. None: as many as the tokenizer knows, or up to the largest that came.
        caller : str
            Who asks, for the error.
        """
        if isinstance(X, str) or holds_texts(X):
            kind = _CHARACTERS if tokenizer is None else tokenizer
            # Whatever scikit-learn's configuration says of tables.
            tokenizer = clone(kind).set_output(transform="default")
            texts, _ = read_texts([X] if isinstance(X, str) else X, caller)
            try:
                sequences = tokenizer.fit_transform(texts)
            except InputError as error:
                own = f"{type(tokenizer).__name__}.fit_transform: "
                raise InputError(f"{caller}: {str(error).removeprefix(own)}") from error
        elif tokenizer is not None:
            raise InputError(
                f"{caller}: a {type(X).__name__} without strings came, but the tokenizer needs texts. Pass "
                "texts, or set tokenizer=None for token ids."
            )
        else:
            sequences = _read_ids(X, caller)
        names = sequences.vocabulary
        if n_ids is None:
            n_ids = len(names) if names else int(largest_tokens(sequences)[0]) + 1
        elif names is not None and n_ids < len(names):
            raise InputError(
                f"{caller}: a vocabulary of {len(names)} tokens came, but n_tokens is {n_ids}. Set n_tokens "
                "to None, or limit the vocabulary by max_features of the tokenizer."
            )
        vocabulary = cls(tokenizer, names, int(n_ids), ends=len(sequences) > 1)
        vocabulary._refuse_unknown(sequences, caller)
        return vocabulary, sequences

    def __len__(self) -> int:
        return self.boundary + 1

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Name of every token, the boundary last; None where they have none."""
        if self.names is None:
            return None
        unused = (f"[{i}]" for i in range(len(self.names), self.boundary))
        return (*self.names, *unused, _BOUNDARY)

    @property
    def tokens(self) -> np.ndarray:
        """Name, or id, of every token."""
        return np.arange(len(self)) if self.labels is None else np.array(self.labels, dtype=object)

    @property
    def unwritten(self) -> np.ndarray:
        """Ids that never stand in a new text."""
        specials = [] if self.names is None else np.flatnonzero(np.isin(self.names, _UNWRITTEN)).tolist()
        return np.array(specials if self.ends else [*specials, self.boundary], dtype=np.int64)

    # ------------------------------------------------------------------ in
    def read(self, X: Any, caller: str) -> SequenceArray:
        """The ids of texts, or ids as they came; an empty text has none.

        Raises
        ------
        InputError
            If X is of another kind than what the model was fitted on, or holds ids that it does not know.
        """
        if isinstance(X, str) or holds_texts(X):
            if self.tokenizer is None and isinstance(X, str) and not X:
                return SequenceArray(np.empty(0, dtype=np.int64), [0], [0], vocabulary=self.names)
            if self.tokenizer is None:
                raise InputError(
                    f"{caller}: texts came, but the model was fitted on token ids. Pass ids of the same "
                    "kind, or fit the model on texts."
                )
            texts, _ = read_texts([X] if isinstance(X, str) else X, caller)
            sequences = self.tokenizer.transform(texts)
            # A tokenizer makes one unknown token of a text without any; here it is a beginning.
            lengths = np.where([len(text) == 0 for text in texts], 0, sequences.lengths)
            return SequenceArray(sequences.values, sequences.starts, lengths, vocabulary=self.names)
        sequences = _read_ids(X, caller)
        named = sequences.vocabulary
        if (self.tokenizer is not None or named is not None) and named != self.names:
            raise InputError(
                f"{caller}: ids {'of another vocabulary' if named else 'without a vocabulary'} came, but "
                f"the model was fitted on {'texts' if self.tokenizer else 'others'}. Pass what the model was "
                "fitted on."
            )
        self._refuse_unknown(sequences, caller)
        return sequences

    def _refuse_unknown(self, sequences: SequenceArray, caller: str) -> None:
        values = sequences.compact().values
        if int(values.min()) < 0 or int(values.max()) >= self.boundary:
            worst = int(values.min()) if int(values.min()) < 0 else int(values.max())
            raise InputError(
                f"{caller}: token id {worst} came, but the model knows ids from 0 to {self.boundary - 1}. "
                "Set n_tokens to one more than the largest id there will ever be, or leave such ids out."
            )

    def framed(self, sequences: SequenceArray) -> SequenceArray:
        """The same sequences end to end, each with the boundary before it."""
        lengths = sequences.lengths
        starts = np.cumsum(lengths + 1) - lengths - 1
        ids = np.full(int(lengths.sum()) + len(sequences), self.boundary, dtype=np.int64)
        ids[step_rows(starts + 1, lengths)] = sequences.values[step_rows(sequences.starts, lengths), 0]
        return SequenceArray(ids, starts, lengths + 1)

    # ------------------------------------------------------------------ out
    @property
    def written(self) -> type:
        """Of what texts are written: str, list (of words) or ndarray (of ids)."""
        if self.tokenizer is None:
            return np.ndarray
        return type(self.tokenizer.inverse_transform([[1]])[0])

    def write(self, ids: list[int]) -> Any:
        """The text of ids; an array of them where the model was fitted on ids."""
        if self.tokenizer is None:
            return np.array(ids, dtype=np.int64)
        if not ids:
            return self.written()
        return self.tokenizer.inverse_transform([ids])[0]


def _read_ids(X: Any, caller: str) -> SequenceArray:
    """Token ids of any form; what is neither ids nor texts is refused."""
    if only_column(X) is None and getattr(getattr(X, "index", None), "nlevels", 1) == 1:
        kinds = {str(kind) for kind in getattr(X, "dtypes", ())}
        if kinds & {"object", "str", "string", "String"}:
            raise InputError(
                f"{caller}: a table of shape {X.shape} came, but one column of texts is needed. Select it: "
                "X['text']."
            )
    several = hasattr(X, "__iter__") or hasattr(X, "__array__") or hasattr(X, "column_names")
    if isinstance(X, (bytes, Mapping, Set)) or not several:
        raise InputError(f"{caller}: X = {X!r:.40} came, but texts or token ids are needed. {_FORMS}.")
    return as_sequences(X, caller=caller, tokens=True)
