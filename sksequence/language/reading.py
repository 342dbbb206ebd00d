"""A fitted network reads texts of any length: in pieces, with the state carried from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from sksequence.engine import Batches, Examples
from sksequence.modules import LanguageNetwork, single_thread
from sksequence.sequences import SequenceArray

__all__ = ["last_states", "log_probabilities"]

# Texts side by side, and steps of a piece; what is kept of a piece is small.
_TEXTS = 64
_PIECE = 256


def _batches(texts: SequenceArray) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Positions (B,), tokens (B, T) and lengths (B,) of texts, the shortest first."""
    batches = Batches(Examples(texts), batch_size=_TEXTS)
    for rows in batches.by_length():
        inputs, _ = batches.batch(rows)
        yield rows, inputs["values"], inputs["lengths"]


def _device(network: LanguageNetwork) -> torch.device:
    return next(network.parameters()).device


def log_probabilities(network: LanguageNetwork, texts: SequenceArray) -> list[np.ndarray]:
    """Log-probability of every token but the first, given those before it.

    Parameters
    ----------
    network : LanguageNetwork
        In evaluation mode.
    texts : SequenceArray of shape (n,)
        Of at least one token each.

    Returns
    -------
    log_proba : list of ndarray of float64 of shape (length_i - 1,)
    """
    device, result = _device(network), [np.empty(0)] * len(texts)
    with single_thread(), torch.inference_mode():
        for rows, tokens, lengths in _batches(texts):
            states, pieces = None, [torch.empty(len(rows), 0)]
            tokens = tokens.to(device)
            for first in range(0, tokens.shape[1] - 1, _PIECE):
                stop = min(first + _PIECE, tokens.shape[1] - 1)
                piece, states = network.log_proba(
                    tokens[:, first:stop], tokens[:, first + 1 : stop + 1], states
                )
                pieces.append(piece.cpu())
            joined = torch.cat(pieces, dim=1).double().numpy()
            for row, line, length in zip(rows.tolist(), joined, lengths.tolist(), strict=True):
                result[row] = line[: length - 1].copy()
    return result


def last_states(
    network: LanguageNetwork, texts: SequenceArray
) -> tuple[np.ndarray, list[tuple[np.ndarray, ...]]]:
    """Where reading each text to its end leaves the network.

    Parameters
    ----------
    network : LanguageNetwork
        In evaluation mode.
    texts : SequenceArray of shape (n,)
        Of at least one token each.

    Returns
    -------
    scores : ndarray of shape (n, V)
        Of all tokens that may follow.
    states : list of tuple of ndarray of shape (n, H)
        Of each layer.
    """
    device = _device(network)
    order, scores, states = [], [], []
    with single_thread(), torch.inference_mode():
        for rows, tokens, lengths in _batches(texts):
            order.append(rows)
            for top, state in _ends(network, tokens.to(device), lengths):
                scores.append(network.scores(top).float().cpu())
                states.append([tuple(part.float().cpu() for part in layer) for layer in state])
    back = torch.cat(order).argsort()
    layers = [
        tuple(torch.cat(parts)[back].numpy() for parts in zip(*layer, strict=True))
        for layer in zip(*states, strict=True)
    ]
    return torch.cat(scores)[back].numpy(), layers


def _ends(
    network: LanguageNetwork, tokens: torch.Tensor, lengths: torch.Tensor
) -> Iterator[tuple[torch.Tensor, list[Any]]]:
    """Outputs (n, H) and states of the texts that end together, the shortest first."""
    states, first, longest = None, 0, tokens.shape[1]
    stops = sorted({*lengths.tolist(), *range(_PIECE, longest, _PIECE)})
    for stop in stops:
        x, states = network.encoder.carry(tokens[:, first:stop], states)
        ended = int((lengths == stop).sum())
        if ended:
            yield x[:ended, -1], [tuple(part[0, :ended] for part in _parts(state)) for state in states]
            tokens, lengths = tokens[ended:], lengths[ended:]
            states = [_without(state, ended) for state in states]
        first = stop


def _parts(state: Any) -> tuple[torch.Tensor, ...]:
    """What a layer remembers, as a tuple of (1, B, H)."""
    return state if isinstance(state, tuple) else (state,)


def _without(state: Any, ended: int) -> Any:
    """The state without its first texts."""
    if isinstance(state, tuple):
        return tuple(part[:, ended:].contiguous() for part in state)
    return state[:, ended:].contiguous()
