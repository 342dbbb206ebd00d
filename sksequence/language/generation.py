"""Texts that a fitted language model writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sksequence._params import Rule, integer, none, number
from sksequence.engine import draw_seed
from sksequence.exceptions import ParameterError
from sksequence.language.reading import last_states
from sksequence.language.sampling import Sampling
from sksequence.language.stepper import Stepper
from sksequence.language.vocabulary import Vocabulary
from sksequence.language.writer import Writer
from sksequence.modules import LanguageNetwork
from sksequence.sequences import SequenceArray, holds_texts

__all__ = ["TextGeneration"]

_RULES = {
    "max_tokens": integer(1),
    "temperature": number(0),
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
            on ids, before one of these ids.

        Returns
        -------
        text : str, or list of str
            A string for a string, a list for several prompts. Where the model was fitted on ids, arrays of
            ids in place of strings.

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
        stops = self._stops(stop)
        writer = self._writer(prompt, "generate", random_state, sampling)
        written: list[list[int]] = [[] for _ in writer.rows]
        for _ in range(max_tokens):
            tokens = writer.advance()
            if not len(tokens):
                break
            for row, token in zip(writer.rows.tolist(), tokens.tolist(), strict=True):
                written[row].append(token)
            if stops:
                ended = [self._cut(written[row], stops) is not None for row in writer.rows.tolist()]
                if any(ended):
                    writer.keep(~np.array(ended))
        texts = [self._finished(ids, stops) for ids in written]
        return texts[0] if _is_one(prompt) else texts

    def stream(
        self, prompt="", *, max_tokens=None, temperature=1.0, top_k=None, top_p=1.0, random_state=None
    ) -> Iterator[Any]:
        """Write what follows one prompt, and give every token as it comes.

        Parameters
        ----------
        prompt : str or flat list of token ids, default=""
            What is read first.
        max_tokens : int, default=None
            Most tokens written; None goes on until the model ends the text, or the caller stops asking.
        temperature, top_k, top_p, random_state
            As in :meth:`generate`.

        Yields
        ------
        piece : str or int
            Joined, the strings are what :meth:`generate` gives. An id, where the model was fitted on ids.
        """
        sampling = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        given = sampling if max_tokens is None else {"max_tokens": max_tokens, **sampling}
        self._check_arguments("stream", **given)
        writer = self._writer(prompt, "stream", random_state, sampling)
        return self._pieces(writer, max_tokens)

    # ------------------------------------------------------------------ inside
    def _check_arguments(self, method: str, **given: Any) -> None:
        for name, value in given.items():
            rule: Rule = _RULES[name]
            if not rule.allows(value):
                raise ParameterError(
                    f"The {name!r} argument of {type(self).__name__}.{method} must be {rule.words}. "
                    f"Got {value!r} instead."
                )

    def _writer(self, prompt: Any, method: str, random_state: Any, sampling: dict[str, Any]) -> Writer:
        network, read = self._reader(), self._read(prompt, method)
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
        while max_tokens is None or max_tokens > 0:
            token = writer.advance().tolist()
            if not token:
                return
            before = latest[-_CONTEXT:]
            latest = before + token
            if self._lexicon.tokenizer is None:
                yield token[0]
            else:
                yield self._lexicon.write(latest)[len(self._lexicon.write(before)) :]
            max_tokens = None if max_tokens is None else max_tokens - 1

    def _stops(self, stop: Any) -> list:
        """What ends a text: strings where texts are written, else ids."""
        if stop is None:
            return []
        stops = [stop] if isinstance(stop, (str, int, np.integer)) else list(stop)
        kind = (int, np.integer) if self._lexicon.tokenizer is None else str
        if not all(isinstance(item, kind) and item != "" for item in stops):
            needed = "ids" if self._lexicon.tokenizer is None else "strings that are not empty"
            raise ParameterError(
                f"The 'stop' argument of {type(self).__name__}.generate must be None or one or several "
                f"{needed}. Got {stop!r} instead."
            )
        return stops

    def _cut(self, ids: list[int], stops: list) -> int | None:
        """Where the newest token completes a stop: its place from the end of what is written."""
        if self._lexicon.tokenizer is None:
            return 1 if ids[-1] in stops else None
        # A token writes at least one character, but for unusual tokenizers.
        tail = self._lexicon.write(ids[-max(map(len, stops)) - 1 :])
        places = [tail.find(stop) for stop in stops if stop in tail]
        return len(tail) - min(places) if places else None

    def _finished(self, ids: list[int], stops: list) -> Any:
        text = self._lexicon.write(ids)
        cut = self._cut(ids, stops) if ids and stops else None
        return text if cut is None else text[: len(text) - cut]
