"""What lets a fitted language model be looked into, as other estimators are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from sksequence.engine import Examples, Probe
from sksequence.exceptions import InputError
from sksequence.language.vocabulary import Vocabulary
from sksequence.modules import LanguageNetwork
from sksequence.sequences import SequenceArray

__all__ = ["TextProbes"]

# Of a longer text the gates of all steps would be held at once.
_LONGEST = 10_000


class _States(nn.Module):
    """The encoder of a language network alone: the state after every token of whole texts."""

    def __init__(self, network: LanguageNetwork):
        super().__init__()
        self.encoder = network.encoder

    def forward(self, values: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Tokens (B, T), (B,) -> (B, T, H)."""
        return self.encoder(values, lengths)[0]


class TextProbes:
    """Looks at the scores of all tokens after the last one of each text.

    Every token of a text has a loss of its own. What the first ones can learn from the last is seen in the
    loss of the last token alone, so that is what a lesson is about.
    """

    _lexicon: Vocabulary

    def _reader(self) -> LanguageNetwork:
        raise NotImplementedError

    def _probe(self, X: Any, caller: str) -> Probe:
        """The network, to be asked about what follows each text; step 0 is the boundary before it."""
        return Probe(_States(self._reader()), Examples(self._texts(X, caller)), self._answer)

    def _lesson(self, X: Any, y: Any, caller: str) -> Probe:
        """The network, to be asked what it would learn from the last token of each text."""
        texts = self._texts(X, caller)
        if int(texts.lengths.min()) < 2:
            raise InputError(
                f"{caller}: text {int(texts.lengths.argmin())} has no token, but one is needed to be "
                "foretold. Leave empty texts out."
            )
        last = texts.values[texts.starts + texts.lengths - 1, 0].astype(np.int64)
        before = SequenceArray(texts.values, texts.starts, texts.lengths - 1, vocabulary=texts.vocabulary)
        return Probe(_States(self._reader()), Examples(before, last), self._answer, self._loss)

    def _texts(self, X: Any, caller: str) -> SequenceArray:
        texts = self._lexicon.framed(self._lexicon.read(X, caller))
        longest = int(texts.lengths.argmax())
        n_tokens = int(texts.lengths[longest]) - 1
        if n_tokens > _LONGEST:
            raise InputError(
                f"{caller}: text {longest} has {n_tokens:,} tokens, but texts of at most {_LONGEST:,} can be "
                "looked into. Cut it: [text[i : i + 200] for i in range(0, len(text), 200)]."
            )
        return texts

    def _answer(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Scores of all tokens that may follow, (B, V); what is added to all changes no probability."""
        rows = torch.arange(len(lengths), device=lengths.device)
        scores = self._reader().scores(states[rows, lengths - 1])
        return scores - scores.mean(dim=1, keepdim=True)

    def _loss(self, states: torch.Tensor, last: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Minus the log-probability of the last token, in nats, (B,)."""
        return nn.functional.cross_entropy(self._answer(states, lengths), last, reduction="none")
