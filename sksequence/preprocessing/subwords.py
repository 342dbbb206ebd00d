"""Subwords: pieces of words, learned from texts by the ``tokenizers`` library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sksequence.exceptions import MissingDependencyError, ParameterError

__all__ = ["SUBWORDS", "Subwords"]

SUBWORDS = ("bpe", "unigram")
_N_PIECES = 8_000
_SPACE = "\u2581"  # stands where a space was, so that pieces can be joined again


class Subwords:
    """An inventory of pieces that texts are cut into.

    Signs of punctuation are pieces of their own; a piece never runs from one word into the next.

    Parameters
    ----------
    texts : iterable of str
        What to learn from.
    kind : {"bpe", "unigram"}
        Byte-pair encoding joins the commonest neighbours (Sennrich et al. 2016); a unigram model keeps the
        pieces that make the texts most probable (Kudo 2018).
    n_pieces : int or None
        Largest number of pieces; None for 8,000.
    unknown : str
        What stands for a character that did not occur.
    """

    def __init__(self, texts: Iterable[str], kind: str, *, n_pieces: int | None, unknown: str):
        try:
            from tokenizers import Tokenizer, models, pre_tokenizers, trainers
        except ImportError as error:
            raise MissingDependencyError(
                f"SequenceTokenizer: analyzer={kind!r} came, but the tokenizers library is needed for it. "
                'Install it: pip install "sksequence[text]".'
            ) from error
        options: dict[str, Any] = {
            "vocab_size": 1 + (n_pieces or _N_PIECES),
            "special_tokens": [unknown],
            "show_progress": False,
        }
        if kind == "bpe":
            self.model = Tokenizer(models.BPE(unk_token=unknown))
            trainer: Any = trainers.BpeTrainer(**options)
        else:
            self.model = Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(unk_token=unknown, **options)
        splits = [pre_tokenizers.Metaspace(_SPACE), pre_tokenizers.Punctuation()]
        self.model.pre_tokenizer = pre_tokenizers.Sequence(splits)
        try:
            self.model.train_from_iterator(texts, trainer)
        except Exception as error:  # the library has no kind of its own
            if "not large enough" not in str(error):
                raise
            raise ParameterError(
                f"The 'max_features' parameter of SequenceTokenizer must be at least the number of "
                f"characters in the texts where analyzer is {kind!r}. Got {n_pieces or _N_PIECES} instead."
            ) from error

    @property
    def pieces(self) -> list[str]:
        """All pieces, in no order."""
        return list(self.model.get_vocab())

    def split(self, text: str) -> list[str]:
        """The pieces of a text."""
        return self.model.encode(text).tokens

    @staticmethod
    def join(pieces: Iterable[str]) -> str:
        """The text that has these pieces."""
        return "".join(pieces).replace(_SPACE, " ").strip()
