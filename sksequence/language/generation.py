"""Texts that a fitted language model writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence._params import Rule, integer, none, number
from sksequence.engine import draw_seed
from sksequence.exceptions import InputError, ParameterError
from sksequence.language.reading import last_states
from sksequence.language.sampling import Sampling
from sksequence.language.stepper import Stepper
from sksequence.language.stops import Stops
from sksequence.language.vocabulary import Vocabulary
from sksequence.language.writer import Writer
from sksequence.modules import LanguageNetwork
from sksequence.sequences import SequenceArray, holds_texts

__all__ = ["TextGeneration"]

_RULES = {
    "max_tokens": integer(1),
    "temperature": Rule(lambda v: number(0).allows(v) and v < np.inf, "a finite number >= 0"),
    "top_k": integer(1) | none(),
    "top_p": number(above=0, most=1),
}
# Tokens before a new one that may change how it is written, such as the space between two words.
_CONTEXT = 8


def _is_one(prompt: Any) -> bool:
    """Whether a single prompt came: a string, or a flat row of ids."""
    if isinstance(prompt, str):
        return True
    return (
        not holds_texts(prompt)
        and not isinstance(prompt, SequenceArray)
        and getattr(prompt, "ndim", 1) == 1
        and len(prompt) > 0
        and all(np.ndim(item) == 0 for item in prompt)
    )


class TextGeneration:
    """What lets a language model write.

    The state is kept from token to token, so that a token costs the same however long the text is.
    """

    _lexicon: Vocabulary

    def _read(self, X: Any, method: str) -> SequenceArray:
        raise NotImplementedError

    def _reader(self) -> LanguageNetwork:
        raise NotImplementedError

    def generate(
        self,
        prompt="",
        *,
        max_tokens=200,
        temperature=1.0,
        top_k=None,
        top_p=1.0,
        random_state=None,
        stop=None,
    ):
        """Write what follows a prompt, or each of several.

        Parameters
        ----------
        prompt : str, list of str, or token ids, default=""
            What is read first; it is not repeated in what comes back. Several prompts are written side by
            side. Of ids, a flat list is one prompt, a list of lists or a SequenceArray several.
        max_tokens : int, default=200
            Most tokens written. A text ends sooner where the model ends it; one that was fitted on a
            single text never does.
        temperature : float, default=1.0
            Below 1 likely tokens become likelier; 0 always takes the likeliest.
        top_k : int, default=None
            Only so many of the likeliest tokens may come.
        top_p : float, default=1.0
            Only the likeliest tokens that together have this probability may come (Holtzman et al. 2020).
        random_state : None, int or RandomState, default=None
            Fixes what is drawn. Each prompt has random numbers of its own, so that its text does not depend
            on the prompts after it.
        stop : str, int, or list of these, default=None
            A text ends before the first of these strings that it would hold; or, where the model was fitted
            on lists of words or on ids, before one of these words or ids.

        Returns
        -------
        text : str, or list of str
            A string for a string, a list for several prompts. Where the model was fitted on lists of words,
            such lists in place of strings; where on ids, arrays of ids.

        Raises
        ------
        ParameterError
            If an argument's value is not allowed.

        References
        ----------
        .. [1] A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi, "The curious case of neural text
           degeneration", ICLR 2020.
        """
        sampling = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        self._check_arguments("generate", max_tokens=max_tokens, **sampling)
        stops = self._stops(stop, "generate")
        writer = self._writer(self._read(prompt, "generate"), random_state, sampling)
        written: list[list[int]] = [[] for _ in writer.rows]
        for _ in range(max_tokens):
            tokens = writer.advance()
            if not len(tokens):
                break
            for row, token in zip(writer.rows.tolist(), tokens.tolist(), strict=True):
                written[row].append(token)
            if stops:
                ended = [self._n_cut(written[row], stops) > 0 for row in writer.rows.tolist()]
                if any(ended):
                    writer.keep(~np.array(ended))
        texts = [self._finished(ids, stops) for ids in written]
        return texts[0] if _is_one(prompt) else texts

    def stream(
        self,
        prompt="",
        *,
        max_tokens=None,
        temperature=1.0,
        top_k=None,
        top_p=1.0,
        random_state=None,
        stop=None,
    ) -> Iterator[Any]:
        """Write what follows one prompt, and give every token as it comes.

        Parameters
        ----------
        prompt : str or flat list of token ids, default=""
            What is read first.
        max_tokens : int, default=None
            Most tokens written; None goes on until the model ends the text, a stop comes, or the caller stops
            asking.
        temperature, top_k, top_p, random_state, stop
            As in :meth:`generate`. A piece that may begin a stop waits for the tokens that tell.

        Yields
        ------
        piece : str or int
            Joined, the strings are what :meth:`generate` gives. A word, where the model was fitted on lists
            of words; an id, where on ids.

        Raises
        ------
        ParameterError
            If an argument's value is not allowed.
        InputError
            If several prompts came.
        """
        sampling = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        given = sampling if max_tokens is None else {"max_tokens": max_tokens, **sampling}
        self._check_arguments("stream", **given)
        stops = self._stops(stop, "stream")
        read = self._read(prompt, "stream")
        if len(read) != 1:
            raise InputError(
                f"{type(self).__name__}.stream: {len(read)} prompts came, but only one is written at a time. "
                "Pass one, or all of them to generate."
            )
        pieces = self._pieces(self._writer(read, random_state, sampling), max_tokens)
        return _until(pieces, stops) if stops else pieces

    # ------------------------------------------------------------------ inside
    def _check_arguments(self, method: str, **given: Any) -> None:
        for name, value in given.items():
            rule: Rule = _RULES[name]
            if not rule.allows(value):
                raise ParameterError(
                    f"The {name!r} argument of {type(self).__name__}.{method} must be {rule.words}. "
                    f"Got {value!r} instead."
                )

    def _writer(self, read: SequenceArray, random_state: Any, sampling: dict[str, Any]) -> Writer:
        network = self._reader()
        scores, states = last_states(network, read)
        return Writer(
            Stepper(network, states),
            scores,
            Sampling(**sampling),
            draw_seed(random_state),
            boundary=self._lexicon.boundary,
            unwritten=self._lexicon.unwritten,
        )

    def _pieces(self, writer: Writer, max_tokens: int | None) -> Iterator[Any]:
        latest: list[int] = []
        joined = self._lexicon.written is str
        while max_tokens is None or max_tokens > 0:
            token = writer.advance().tolist()
            if not token:
                return
            before = latest[-_CONTEXT:]
            latest = before + token
            if joined:
                yield self._lexicon.write(latest)[len(self._lexicon.write(before)) :]
            else:
                yield from list(self._lexicon.write(token))
            max_tokens = None if max_tokens is None else max_tokens - 1

    def _stops(self, stop: Any, method: str) -> Stops:
        check_is_fitted(self, "net_")
        return Stops(stop, self._lexicon.written, f"{type(self).__name__}.{method}")

    def _n_cut(self, ids: list[int], stops: Stops) -> int:
        """How much of the end of a text its newest token makes a stop, and what follows one."""
        tail = self._lexicon.write(ids[-stops.n_tokens :])
        place = stops.find(tail)
        return 0 if place is None else len(tail) - place

    def _finished(self, ids: list[int], stops: Stops) -> Any:
        text = self._lexicon.write(ids)
        return text[: len(text) - self._n_cut(ids, stops)] if ids and stops else text


def _until(pieces: Iterator[Any], stops: Stops) -> Iterator[Any]:
    """The pieces before the first stop; the end of a string waits while it may become one."""
    held = ""
    for piece in pieces:
        if not stops.joined:
            if stops.find([piece]) is not None:
                return
            yield piece
            continue
        held += piece
        place = stops.find(held)
        if place is not None:
            held = held[:place]
            break
        sure = len(held) - stops.n_open(held)
        if sure:
            yield held[:sure]
            held = held[sure:]
    if held:
        yield held
