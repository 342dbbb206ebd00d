"""WordFeatures: words as columns of ids: of the whole word, its first and last letters, its shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence._params import Parameters, boolean, integer, iterable_of, none, param
from sksequence.exceptions import InputError
from sksequence.preprocessing.analyzer import UNKNOWN
from sksequence.preprocessing.texts import read_texts
from sksequence.preprocessing.transformer import SequenceTransformer
from sksequence.sequences import SequenceArray

__all__ = ["WordFeatures"]

_LENGTHS = iterable_of(integer(1), words="a tuple of ints >= 1") | none()
_RUN = re.compile(r"([Xx0])\1+")
_SHAPE_LENGTH = 8


def _mark(letter: str) -> str:
    return "X" if letter.isupper() else "x" if letter.isalpha() else "0" if letter.isdigit() else letter


def word_shape(word: str) -> str:
    """The word with every run of capitals as "X", of other letters as "x", of digits as "0"; cut at 8."""
    return _RUN.sub(r"\1", "".join(map(_mark, word)))[:_SHAPE_LENGTH]


def _unknown(vocabulary: dict[str, int]) -> str:
    """A name for what the vocabulary lacks, which is none of its texts."""
    name = UNKNOWN
    while name in vocabulary:
        name += "_"
    return name


def _letters(cased: Callable[[str], str], which: slice) -> Callable[[str], str]:
    return lambda word: cased(word)[which]


class WordFeatures(Parameters, SequenceTransformer, auto_wrap_output_keys=None):
    """Sentences of words to sequences with several ids a word, so that a tagger sees characters too.

    The columns are the word itself, its first and last letters, and its shape (where capitals, digits
    and other signs stand). A network learns vectors for the ids of each column and joins them: for a word
    that it never saw, its ending and shape still tell much. Id 0 of every column is for what was rarer than
    `min_count` in training, or not there: rare words train its vector, and new words get it.

    The sequences say that they hold ids, and so does a table, which ``set_output(transform="pandas")`` asks
    for: its columns are categorical, texts to read for people and ids for networks.

    Attributes
    ----------
    vocabularies_ : dict of str to dict of str to int
        For each column, the id of each text in it, from 1 on.

    References
    ----------
    Ratnaparkhi (1996), "A maximum entropy model for part-of-speech tagging": affixes and shapes of rare
    words. Plank, Søgaard and Goldberg (2016), "Multilingual part-of-speech tagging with bidirectional
    long short-term memory models": words and what they are made of, joined.

    Examples
    --------
    >>> from sksequence.preprocessing import WordFeatures
    >>> words = WordFeatures(prefixes=None, suffixes=(2,), min_count=1)
    >>> words.fit_transform([["Dogs", "barked"], ["She", "barked"]])
    SequenceArray(2 sequences of 2 steps, 3 features, float32)
    >>> list(words.get_feature_names_out())
    ['word', 'suffix2', 'shape']
    >>> words.transform([["Cats", "talked"]])[0]
    array([[0., 0., 1.],
           [0., 1., 2.]], dtype=float32)
    """

    prefixes: Any = param(
        default=(1, 2, 3), rule=_LENGTHS, doc="Numbers of first letters that get a column each."
    )
    suffixes: Any = param(
        default=(1, 2, 3, 4), rule=_LENGTHS, doc="Numbers of last letters that get a column each."
    )
    shape: bool = param(default=True, rule=boolean(), doc="Whether the shape gets a column.")
    lowercase: bool = param(
        default=True, rule=boolean(), doc="Whether all columns but the shape are in lower case."
    )
    min_count: int = param(
        default=2,
        rule=integer(1),
        doc="""Least number of times that a word, an affix or a shape occurs in training to have an id of its
        own. From 2 on, rare words train the vector of unknown ones.""",
    )

    def fit(self, X, y=None):
        """Learn which words, affixes and shapes there are.

        Parameters
        ----------
        X : collection of lists of str
            Sentences, each a list of words: a list, a Series, an Arrow or polars column of lists.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If `X` is no collection of sentences.
        """
        self._check_parameters()
        counts = Counter(chain.from_iterable(self._sentences(X, "fit")))
        self.vocabularies_ = {
            name: self._vocabulary(feature, counts) for name, feature in self._columns().items()
        }
        return self

    def transform(self, X):
        """Look up the ids.

        Parameters
        ----------
        X : collection of lists of str
            Sentences, as in :meth:`fit`.

        Returns
        -------
        sequences : SequenceArray
            One step a word, one column of ids (as float32) for each name of
            :meth:`get_feature_names_out`.

        Raises
        ------
        InputError
            If `X` is no collection of sentences.
        """
        check_is_fitted(self)
        sentences = self._sentences(X, "transform")
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        codes: dict[str, int] = {}
        # Each distinct word is looked up once.
        steps = [codes.setdefault(word, len(codes)) for word in chain.from_iterable(sentences)]
        ids = np.empty((len(codes), len(self.vocabularies_)), dtype=np.float32)
        for column, (name, feature) in enumerate(self._columns().items()):
            vocabulary = self.vocabularies_[name]
            ids[:, column] = [vocabulary.get(feature(word), 0) for word in codes]
        values = ids[np.array(steps, dtype=np.intp)]
        names = list(self.vocabularies_)
        sequences = SequenceArray(values, np.cumsum(lengths) - lengths, lengths, feature_names=names)
        columns = tuple(range(len(names)))
        return self._as_output(sequences._replace(_id_columns=columns, _vocabulary=self._names()))

    def _names(self) -> tuple[tuple[str, ...], ...]:
        """What the ids of each column stand for."""
        return tuple((_unknown(vocabulary), *vocabulary) for vocabulary in self.vocabularies_.values())

    def get_feature_names_out(self, input_features=None):
        """Names of the columns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        names : ndarray of str objects of shape (n_features_out,)
            "word", then such as "prefix2", "suffix3" and "shape".
        """
        check_is_fitted(self)
        return np.asarray(list(self.vocabularies_), dtype=object)

    def _columns(self) -> dict[str, Callable[[str], str]]:
        """What each column reads of a word."""
        cased = str.lower if self.lowercase else str
        columns: dict[str, Callable[[str], str]] = {"word": cased}
        columns |= {f"prefix{n}": _letters(cased, slice(n)) for n in self.prefixes or ()}
        columns |= {f"suffix{n}": _letters(cased, slice(-n, None)) for n in self.suffixes or ()}
        return columns | ({"shape": word_shape} if self.shape else {})

    def _vocabulary(self, feature: Callable[[str], str], words: Counter[str]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for word, n in words.items():
            counts[feature(word)] += n
        known = sorted(text for text, n in counts.items() if n >= self.min_count)
        return {text: i for i, text in enumerate(known, start=1)}

    def _sentences(self, X, method: str) -> list[list[str]]:
        caller = f"{type(self).__name__}.{method}"
        sentences, split = read_texts(X, caller)
        if not split or not sentences:
            came = f"texts of type {type(sentences[0]).__name__}" if sentences else "0 sentences"
            raise InputError(
                f"{caller}: {came} came, but lists of words are needed, at least one. Split the texts, as "
                "their labels are: [text.split() for text in X]."
            )
        return sentences

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.allow_nan = False
        return tags
