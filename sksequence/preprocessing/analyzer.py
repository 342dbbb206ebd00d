"""How texts are cut into tokens, and joined again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sksequence._params import Parameters, Rule, boolean, none, one_of, param
from sksequence.exceptions import InputError, ParameterError
from sksequence.preprocessing.subwords import SUBWORDS, Subwords

__all__ = ["TOKENS", "UNKNOWN", "VOCABULARY", "Analyzer"]

UNKNOWN = "[UNK]"

# Signs that stand over, under or between the letters of a word and are none to `re`: accents written apart,
# points of Hebrew and Arabic, vowels of the scripts of India and Southeast Asia, joiners.
_MARKS = (
    r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u0900-\u0963"
    r"\u0971-\u0df3\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u1056-\u109d\u17b4-\u17d3\u200c\u200d"
)
# What makes one picture of several signs: a variant, another skin, and what is joined.
_VARIANTS = r"[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*"
_PICTURE = rf"[^\w\s]{_VARIANTS}(?:\u200d[^\w\s]{_VARIANTS})*"

_FUNCTION = Rule(callable, "a function of a text")


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value).groups <= 1
    except re.error:
        return False


def _is_token_list(value: Any) -> bool:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") or not hasattr(value, "__len__"):
        return False
    return all(isinstance(token, str) for token in value)


_PATTERN = Rule(_is_pattern, "a regular expression with at most one group")
TOKENS = Rule(_is_token_list, "a collection of tokens")
VOCABULARY = Rule(
    lambda value: _is_token_list(value) and len(value) > 0, "a collection of at least one token"
)


class Analyzer(Parameters):
    """How texts are cut into tokens: CountVectorizer's parameters that say so, and subwords."""

    analyzer: Any = param(
        default="word",
        rule=one_of("word", "char", *SUBWORDS) | _FUNCTION,
        doc="""What a token is: a "word" as `token_pattern` says, a "char", white space included, or a
        subword, learned by byte-pair encoding ("bpe") or as a "unigram" model (these need
        ``pip install "sksequence[text]"``). A function maps a text to its tokens, and does all of
        `preprocessor` and `tokenizer`.""",
    )
    lowercase: bool = param(
        default=True, rule=boolean(), doc="Whether texts, or the tokens that came, become lower case."
    )
    strip_accents: Any = param(
        default=None,
        rule=none() | one_of("ascii", "unicode") | _FUNCTION,
        doc="""Removes accents: "ascii" is fast and for characters with an ASCII counterpart, "unicode" for
        any.""",
    )
    preprocessor: Any = param(
        default=None,
        rule=none() | _FUNCTION,
        doc="Replaces `lowercase` and `strip_accents`: a text to a text.",
    )
    tokenizer: Any = param(
        default=None,
        rule=none() | _FUNCTION,
        doc='Replaces `token_pattern`: a text to its words; for ``analyzer="word"``.',
    )
    token_pattern: str = param(
        default=rf"\w+(?:['\u2019]\w+|[{_MARKS}]+\w*)*|\.+|!+|\?+|{_PICTURE}",
        rule=_PATTERN,
        doc="""What a word is; with one group, what stands in it. The default takes words with apostrophes
        inside, of any script that puts spaces between words, and every sign of punctuation.""",
    )
    stop_words: Any = param(
        default=None,
        rule=none() | one_of("english") | TOKENS,
        doc='Words that are left out; "english" is the list of scikit-learn.',
    )

    def _cut(
        self, texts: list, caller: str, *, are_tokens: bool, learn: bool, n_pieces: int | None
    ) -> Iterator[Any]:
        """The tokens of each text; with `learn` so many subwords are learned from the texts first."""
        prepare, split, stop_words = self._steps()
        if self.analyzer in SUBWORDS:
            if are_tokens:
                raise InputError(
                    f"{caller}: lists of tokens came, but analyzer={self.analyzer!r} cuts texts. Pass "
                    'strings, or set analyzer="word" to take the tokens as they are.'
                )
            if learn:
                self._subwords = Subwords(
                    map(prepare, texts), self.analyzer, n_pieces=n_pieces, unknown=UNKNOWN
                )
            split = self._subwords.split
        if are_tokens:
            documents: Iterator[Any] = (list(map(prepare, tokens)) for tokens in texts)
        else:
            documents = (split(prepare(text)) for text in texts)
        if stop_words:
            documents = ([token for token in tokens if token not in stop_words] for tokens in documents)
        return documents

    def _steps(self) -> tuple[Callable, Callable, frozenset | None]:
        """How a text is prepared, how it is cut, and what is left out; as CountVectorizer does it."""
        from sklearn.feature_extraction.text import CountVectorizer

        names = ("lowercase", "strip_accents", "preprocessor", "tokenizer", "token_pattern", "stop_words")
        settings = {name: getattr(self, name) for name in names}
        if settings["stop_words"] not in (None, "english"):
            settings["stop_words"] = list(settings["stop_words"])
        counter = CountVectorizer(**settings)
        stop_words = counter.get_stop_words()
        if callable(self.analyzer):
            return _unchanged, self._listing("analyzer"), stop_words
        split = _unchanged if self.analyzer == "char" else counter.build_tokenizer()
        if self.tokenizer is not None and self.analyzer == "word":
            split = self._listing("tokenizer")
        return self._preparing(counter.build_preprocessor()), split, stop_words

    def _preparing(self, prepare: Callable[[str], str]) -> Callable[[str], str]:
        """What prepares a text; a function that somebody gave is watched."""
        name = "preprocessor" if self.preprocessor is not None else "strip_accents"
        if not callable(getattr(self, name)):
            return prepare

        def prepared(text: str) -> str:
            result = prepare(text)
            if not isinstance(result, str):
                self._refuse_result(name, "a text", result, text)
            return result

        return prepared

    def _listing(self, name: str) -> Callable[[str], list[str]]:
        """A function that somebody gave, whose tokens are listed and watched."""
        function = getattr(self, name)

        def split(text: str) -> list[str]:
            result = function(text)
            tokens: list[Any] = list(result) if hasattr(result, "__iter__") else [None]
            if not all(issubclass(kind, str) for kind in set(map(type, tokens))):
                self._refuse_result(name, "the tokens, strings, of a text", result, text)
            return tokens

        return split

    def _refuse_result(self, name: str, words: str, result: Any, text: str) -> None:
        raise ParameterError(
            f"The {name!r} parameter of {type(self).__name__} must be a function that gives {words}. "
            f"Got {result!r:.40} for {text!r:.40} instead."
        )

    def _join(self, tokens: list[str]) -> str:
        if self.analyzer in SUBWORDS:
            return self._subwords.join(tokens)
        return ("" if self.analyzer == "char" else " ").join(tokens)


def _unchanged(value: Any) -> Any:
    return value
