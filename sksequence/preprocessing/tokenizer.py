"""SequenceTokenizer: texts to sequences of token ids."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import count, repeat
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence._params import (
    boolean,
    integer,
    none,
    number,
    one_of,
    param,
)
from sksequence.exceptions import InputError, ParameterError
from sksequence.preprocessing.analyzer import UNKNOWN, VOCABULARY, Analyzer
from sksequence.preprocessing.subwords import SUBWORDS
from sksequence.preprocessing.texts import read_texts
from sksequence.preprocessing.transformer import SequenceTransformer
from sksequence.preprocessing.vocabulary import count_tokens, listed, number_texts, rank, renumber, within
from sksequence.sequences import SequenceArray, as_sequences

__all__ = ["SequenceTokenizer"]

_PADDING, _START, _END = "[PAD]", "[START]", "[END]"

_DF = integer(0) | number(0, most=1)


class SequenceTokenizer(Analyzer, SequenceTransformer, auto_wrap_output_keys=None):
    """Cut texts into tokens, and give each token an id.

    Parameters have the names and meanings of scikit-learn's CountVectorizer; the order of the tokens is
    kept. Texts come as a list, an array, or a string column of pandas, polars or Arrow; lists of
    tokens, such as the words of a sentence, are accepted, too, and are not cut again.

    Id 0 is padding, 1 is what the vocabulary does not hold, then come the start and the end of a text if
    asked for, then the tokens, the commonest first. A text without a token becomes one unknown token, since
    a sequence cannot be empty.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Id of each token, in the order of ids, the special ones "[PAD]", "[UNK]", "[START]" and "[END]"
        among them.
    n_tokens_ : int
        Number of ids.

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : Counts of tokens, without their order.

    Notes
    -----
    The default pattern keeps signs of punctuation, which CountVectorizer leaves out: where the order of
    words is read, "?" and "!" say something. "don't" is one word, "!!!" one token.

    Examples
    --------
    >>> from sksequence import SequenceTokenizer
    >>> tokenizer = SequenceTokenizer()
    >>> tokens = tokenizer.fit_transform(["A good film!", "Not a good film."])
    >>> tokens
    SequenceArray(2 sequences of 4 to 5 steps, median 4, tokens, int32)
    >>> tokens[0].ravel()
    array([2, 4, 3, 5], dtype=int32)
    >>> tokenizer.get_feature_names_out()[:5]
    array(['[PAD]', '[UNK]', 'a', 'film', 'good'], dtype=object)
    >>> tokenizer.inverse_transform(tokenizer.transform(["Not a bad film!"]))
    ['not a [UNK] film !']
    """

    min_df: Any = param(
        default=1,
        rule=_DF,
        doc="""Least number, or share if a float, of texts in which a token of the vocabulary occurs. From 2
        on the training texts hold unknown tokens, so that a network learns what they mean.""",
    )
    max_df: Any = param(
        default=1.0,
        rule=_DF,
        doc="""Largest number, or share if a float, of texts in which a token of the vocabulary occurs;
        commoner tokens are read as unknown.""",
    )
    max_features: int | None = param(
        default=None,
        rule=integer(1) | none(),
        doc="""Number of tokens in the vocabulary, special ones aside: the commonest. For subwords the size of
        the inventory to learn, where None means 8,000: that of "bpe" always holds every character of the
        texts, "unigram" needs room for them.""",
    )
    vocabulary: Any = param(
        default=None,
        rule=none() | VOCABULARY,
        doc="""The tokens, listed or as the keys of a mapping to their order; ids are given in this order,
        those of a set alphabetically. `min_df`, `max_df` and `max_features` then choose nothing.""",
    )
    max_length: int | None = param(
        default=None,
        rule=integer(1) | none(),
        doc="Most steps of a sequence, start and end among them. Only tokens that are kept are counted.",
    )
    truncate: str = param(
        default="right",
        rule=one_of("right", "left", "middle"),
        doc="""Where a longer text loses tokens: "right" keeps its head, "left" its tail, "middle" both
        halves.""",
    )
    add_start: bool = param(default=False, rule=boolean(), doc='Whether "[START]" comes before every text.')
    add_end: bool = param(default=False, rule=boolean(), doc='Whether "[END]" comes after every text.')

    # ------------------------------------------------------------------ scikit-learn's methods
    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : collection of str of length n_samples, or of lists of str
            A list, array, or string column: Series, Arrow array, or a table of one column.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If something that came is no text, or no token is left.
        """
        self._learn(X, "fit")
        return self

    def fit_transform(self, X, y=None):
        """Learn the vocabulary and give the ids, in one pass over the texts.

        Parameters
        ----------
        X : collection of str of length n_samples, or of lists of str
            As in :meth:`fit`.
        y : ignored

        Returns
        -------
        tokens : SequenceArray of int32 of shape (n_samples,)
            With `vocabulary`; where `set_output` asks for it, a long DataFrame with a categorical column,
            which is read as the same tokens.
        """
        return self._sequences(*self._learn(X, "fit_transform"))

    def transform(self, X):
        """Give the ids of the tokens.

        Parameters
        ----------
        X : collection of str of length n_samples, or of lists of str
            As in :meth:`fit`.

        Returns
        -------
        tokens : SequenceArray of int32 of shape (n_samples,)
            With `vocabulary`; where `set_output` asks for it, a long DataFrame with a categorical column,
            which is read as the same tokens.

        Raises
        ------
        InputError
            If something that came is no text.
        """
        check_is_fitted(self, "vocabulary_")
        documents = self._documents(X, f"{type(self).__name__}.transform")
        known = self.vocabulary_.get
        ids, lengths = self._numbered(documents, lambda tokens: map(known, tokens, repeat(1)))
        np.maximum(ids, 1, out=ids)  # "[PAD]" written in a text is no padding
        return self._sequences(ids, lengths)

    def inverse_transform(self, X):
        """Give the texts that have these ids.

        Parameters
        ----------
        X : SequenceArray or other sequences of token ids
            What `transform` or a language model gave. Padding, starts and ends are left out.

        Returns
        -------
        texts : list of str of length n_samples, or of lists of str
            Words are joined by spaces, characters and subwords as they stood. Where `fit` got lists of
            tokens, lists of tokens.

        Raises
        ------
        InputError
            If an id is not in the vocabulary.
        """
        check_is_fitted(self, "vocabulary_")
        caller = f"{type(self).__name__}.inverse_transform"
        sequences = as_sequences(X, caller=caller, tokens=True)
        names = self._names
        n_special = len(self._specials())
        texts = []
        for i, sequence in enumerate(sequences):
            ids = sequence[:, 0]
            if ids.max() >= len(names):
                raise InputError(
                    f"{caller}: sequence {i} holds id {ids.max()}, but the vocabulary has {len(names)} ids. "
                    "Pass sequences that this tokenizer, or a model of its output, made."
                )
            tokens = [names[i] for i in ids[(ids == 1) | (ids >= n_special)].tolist()]
            texts.append(tokens if self._from_tokens else self._join(tokens))
        return texts

    def get_feature_names_out(self, input_features=None):
        """Give the tokens in the order of their ids.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        names : ndarray of str objects of shape (n_tokens_,)
        """
        check_is_fitted(self, "vocabulary_")
        return np.asarray(list(self.vocabulary_), dtype=object)

    # ------------------------------------------------------------------ from texts to ids
    def _documents(self, X, caller: str, *, learn: bool = False) -> Iterator[Any]:
        """The tokens of each text that are kept."""
        texts, are_tokens = read_texts(X, caller)
        if learn:
            if not texts:
                raise InputError(f"{caller}: 0 texts came, but at least 1 is needed. Check how X was made.")
            self._from_tokens = are_tokens
        documents = self._cut(texts, caller, are_tokens=are_tokens, learn=learn, n_pieces=self.max_features)
        return documents if self.max_length is None else map(self._shortened, documents)

    def _shortened(self, tokens: Any) -> Any:
        """The head, the tail or both, of so many tokens that start and end find room."""
        assert self.max_length is not None
        room = self.max_length - self.add_start - self.add_end
        if len(tokens) <= room:
            return tokens
        head = {"right": room, "left": 0, "middle": room - room // 2}[self.truncate]
        tail = room - head
        return tokens[:head] + tokens[len(tokens) - tail :] if tail else tokens[:head]

    def _specials(self) -> list[str]:
        ends = [(_START, self.add_start), (_END, self.add_end)]
        return [_PADDING, UNKNOWN, *(name for name, wanted in ends if wanted)]

    def _numbered(
        self, documents: Iterable[Any], number: Callable[[Any], Iterable[int]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ids of all texts one after the other, and the number of ids of each text."""
        opening = [2] if self.add_start else []
        closing = [2 + len(opening)] if self.add_end else []
        return number_texts(documents, number, opening, closing)

    def _learn(self, X, method: str) -> tuple[np.ndarray, np.ndarray]:
        """Set the vocabulary, and give the ids and lengths of the texts."""
        self._check_parameters()
        specials = self._specials()
        if self.max_length is not None and self.max_length <= len(specials) - 2:
            raise ParameterError(
                f"The 'max_length' parameter of {type(self).__name__} must be an int > {len(specials) - 2}, "
                f"since start and end count. Got {self.max_length} instead."
            )
        documents = self._documents(X, f"{type(self).__name__}.{method}", learn=True)
        # Tokens are numbered as they come, with one look-up each; ids by frequency follow at the end.
        codes: dict[str, int] = defaultdict(count(len(specials)).__next__)
        codes.update(zip(specials, count(), strict=False))
        for piece in self._subwords.pieces if self.analyzer in SUBWORDS else ():
            codes[piece]
        ids, lengths = self._numbered(documents, lambda tokens: map(codes.__getitem__, tokens))
        found = list(codes)
        codes.clear()  # half of what is held beside the ids; the names are enough from here on
        if self.vocabulary is None:
            order = self._chosen(found, ids, lengths, f"{type(self).__name__}.{method}")
            names = [found[i] for i in order.tolist()]
        else:
            names = [token for token in listed(self.vocabulary) if token not in specials]
            self._warn_unknown(found[len(specials) :], names, f"{type(self).__name__}.{method}")
        self.vocabulary_ = {name: i for i, name in enumerate([*specials, *names])}
        self.n_tokens_ = len(self.vocabulary_)
        # Held as well, since a language model asks for a token at a time, whatever their number.
        self._names = tuple(self.vocabulary_)
        given = self.vocabulary_.get
        numbers = np.fromiter((given(name, 1) for name in found), np.int32, len(found))
        numbers[0] = 1  # "[PAD]" written in a text is no padding
        renumber(ids, numbers)
        return ids, lengths

    def _warn_unknown(self, found: list[str], names: list[str], caller: str) -> None:
        """Say so where the vocabulary given holds none of the tokens found."""
        if found and set(found).isdisjoint(names):
            warnings.warn(
                f"{caller}: all tokens of the texts, such as {found[0]!r:.40}, are unknown, since "
                "`vocabulary` holds none of them. Check that both are cut alike: analyzer, and lowercase.",
                UserWarning,
                stacklevel=4,
            )

    def _chosen(self, found: list[str], ids: np.ndarray, lengths: np.ndarray, caller: str) -> np.ndarray:
        """Positions in `found` of the tokens that get an id, in the order of ids."""
        counts, text_counts = count_tokens(ids, lengths, len(found))
        # A piece that longer ones replaced in these texts stands in others.
        text_counts = text_counts.clip(min=1)
        kept = within(text_counts, len(lengths), self.min_df, self.max_df)
        kept[: len(self._specials())] = False
        if not kept.any():
            raise InputError(
                f"{caller}: {len(lengths)} texts came in which no token is left for the vocabulary, but at "
                "least 1 is needed. Lower min_df, raise max_df, or check token_pattern and stop_words."
            )
        return rank(found, counts, kept, None if self.analyzer in SUBWORDS else self.max_features)

    def _sequences(self, ids: np.ndarray, lengths: np.ndarray):
        starts = np.cumsum(lengths) - lengths
        return self._as_output(SequenceArray(ids, starts, lengths, vocabulary=self._names))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.allow_nan = False
        return tags
