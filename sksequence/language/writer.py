"""New text, token after token, for several prompts side by side."""

from __future__ import annotations

import numpy as np

from sksequence.language.sampling import Sampling
from sksequence.language.stepper import Stepper

__all__ = ["Writer"]

_DRAWN_AHEAD = 256


class Writer:
    """Texts that go on until the boundary comes; what a token costs does not depend on what stands before.

    Every text draws from random numbers of its own, which depend on the seed and its place alone.

    Parameters
    ----------
    stepper : Stepper
        After the prompts.
    scores : ndarray of shape (n, V)
        Of all tokens that may follow.
    sampling : Sampling
        How tokens are chosen.
    seed : int
        Fixes the random numbers.
    boundary : int
        Ends a text.
    unwritten : ndarray of int
        Tokens that never come.

    Attributes
    ----------
    rows : ndarray of int
        Positions of the texts that go on.
    """

    def __init__(
        self,
        stepper: Stepper,
        scores: np.ndarray,
        sampling: Sampling,
        seed: int,
        *,
        boundary: int,
        unwritten: np.ndarray,
    ):
        self.stepper = stepper
        self.sampling = sampling
        self.boundary = boundary
        self.unwritten = unwritten
        self.rows = np.arange(len(scores))
        self._scores = scores.copy()
        self._last: np.ndarray | None = None
        self._generators = [np.random.default_rng([seed, row]) for row in self.rows.tolist()]
        self._written = 0

    def advance(self) -> np.ndarray:
        """Write one more token of every text, (n,), those of `rows` as it is now; ended texts leave it."""
        if self._last is not None:
            self._scores = self.stepper.step(self._last)
        self._scores[:, self.unwritten] = -np.inf
        tokens = self.sampling.draw(self._scores, self._uniforms())
        goes_on = tokens != self.boundary
        self._last = tokens
        if not goes_on.all():
            self.keep(goes_on)
        assert self._last is not None
        return self._last

    def keep(self, goes_on: np.ndarray) -> None:
        """Go on with these of the texts in `rows` alone; a mask."""
        self.rows = self.rows[goes_on]
        self.stepper.keep(goes_on)
        if self._last is not None:
            self._last = self._last[goes_on]

    def _uniforms(self) -> np.ndarray:
        place = self._written % _DRAWN_AHEAD
        if place == 0:
            self._ahead = np.stack([g.random(_DRAWN_AHEAD) for g in self._generators])
        self._written += 1
        return self._ahead[self.rows, place]
