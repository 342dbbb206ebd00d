"""Which token comes next, given the scores of all: at random, or the best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Sampling"]


@dataclass(frozen=True)
class Sampling:
    """A way to choose from scores.

    Attributes
    ----------
    temperature : float
        Scores are divided by it; 0 takes the best token.
    top_k : int or None
        How many of the best tokens may come.
    top_p : float
        Probability that the best tokens must reach together; the others do not come.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0

    def draw(self, scores: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """Choose a token a row.

        Parameters
        ----------
        scores : ndarray of shape (n, V)
            Logarithms of weights; minus infinity never comes.
        uniforms : ndarray of shape (n,)
            Random numbers in [0, 1).

        Returns
        -------
        tokens : ndarray of int of shape (n,)
        """
        if self.temperature == 0:
            return scores.argmax(axis=1)
        sums = self.weights(scores).cumsum(axis=1)
        # The first token whose cumulated weight exceeds the drawn share of the total.
        return (sums <= (uniforms * sums[:, -1])[:, None]).sum(axis=1)

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """Unnormalised probabilities (n, V); 0 where a token must not come."""
        scores = scores.astype(np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):  # a temperature near 0 leaves the best alone
            scores /= self.temperature
        if self.top_k is not None and self.top_k < scores.shape[1]:
            least = np.partition(scores, -self.top_k, axis=1)[:, -self.top_k, None]
            scores[scores < least] = -np.inf
        weights = np.exp(scores, out=scores)
        if self.top_p < 1:
            order = np.argsort(-weights, axis=1, kind="stable")
            ranked = np.take_along_axis(weights, order, axis=1)
            # A token comes unless those before it reach the share already (Holtzman et al. 2020).
            before = ranked.cumsum(axis=1) - ranked
            ranked[before >= self.top_p * ranked.sum(axis=1, keepdims=True)] = 0.0
            np.put_along_axis(weights, order, ranked, axis=1)
        return weights
