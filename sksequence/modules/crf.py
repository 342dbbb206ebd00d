"""The linear-chain conditional random field (Lafferty et al. 2001): labels that know their neighbours.

The probability of a label sequence y of a sequence of n steps is ``exp(score(y)) / Z`` with::

    score(y) = first[y_0] + sum_t emissions[t, y_t] + sum_t transitions[y_t, y_t+1] + last[y_n-1]

All functions take a right-padded batch, loop over its steps alone, and read no padding. They work on
logarithms throughout, so that no score is too large or too small.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from sksequence.modules.masking import valid_steps

__all__ = [
    "Chain",
    "ChainLoss",
    "log_marginals",
    "log_partition",
    "log_step_proba",
    "path_score",
    "viterbi",
]


class Chain(NamedTuple):
    """The scores of a field over a batch: of labels at every step, and of labels side by side."""

    emissions: torch.Tensor  # (B, T, K)
    transitions: torch.Tensor  # (K, K): from the row's label to the column's
    first: torch.Tensor  # (K,)
    last: torch.Tensor  # (K,)


def path_score(chain: Chain, labels: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Score of one label sequence each: labels (B, T), lengths (B,) -> (B,)."""
    valid = valid_steps(lengths, labels.shape[1])
    steps = chain.emissions.gather(2, labels.unsqueeze(2)).squeeze(2)  # (B, T)
    pairs = chain.transitions[labels[:, :-1], labels[:, 1:]]  # (B, T - 1)
    final = labels.gather(1, (lengths - 1).unsqueeze(1)).squeeze(1)
    inside = steps.masked_fill(~valid, 0.0).sum(1) + pairs.masked_fill(~valid[:, 1:], 0.0).sum(1)
    return chain.first[labels[:, 0]] + inside + chain.last[final]


def _messages(chain: Chain, lengths: torch.Tensor) -> list[torch.Tensor]:
    """For every step, the log sum over all paths that end there in each label: T times (B, K)."""
    valid = valid_steps(lengths, chain.emissions.shape[1]).unsqueeze(2).unbind(1)  # T times (B, 1)
    emissions = chain.emissions.unbind(1)
    messages = [chain.first + emissions[0]]
    for now, inside in zip(emissions[1:], valid[1:], strict=True):
        paths = messages[-1].unsqueeze(2) + chain.transitions  # (B, K, K)
        messages.append(torch.where(inside, paths.logsumexp(1) + now, messages[-1]))
    return messages


def log_partition(chain: Chain, lengths: torch.Tensor) -> torch.Tensor:
    """Log of the sum over all label sequences, log Z, by the forward algorithm: (B,) -> (B,)."""
    return (_messages(chain, lengths)[-1] + chain.last).logsumexp(1)


def _messages_back(chain: Chain, lengths: torch.Tensor) -> torch.Tensor:
    """For every step and label, the log sum over all paths from there to the end: (B,) -> (B, T, K)."""
    emissions = chain.emissions.unbind(1)
    messages = [chain.last.expand_as(emissions[0])]
    for t in range(len(emissions) - 1, 0, -1):
        paths = chain.transitions + (emissions[t] + messages[-1]).unsqueeze(1)  # (B, K, K)
        messages.append(torch.where((t < lengths).unsqueeze(1), paths.logsumexp(2), chain.last))
    return torch.stack(messages[::-1], 1)


def log_marginals(chain: Chain, lengths: torch.Tensor) -> torch.Tensor:
    """Log probability of each label at each step, by forward and backward messages: (B,) -> (B, T, K)."""
    return (torch.stack(_messages(chain, lengths), 1) + _messages_back(chain, lengths)).log_softmax(2)


def log_step_proba(chain: Chain, labels: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Log probability of each step's label, given the label before it and all of X: (B, T), (B,) -> (B, T).

    By the chain rule a sequence's sum is the log probability of all its labels. Padding has zeros.
    """
    back = _messages_back(chain, lengths)  # (B, T, K)
    begins = (chain.first + chain.emissions[:, 0] + back[:, 0]).log_softmax(1).gather(1, labels[:, :1])
    here = (chain.emissions + back).gather(2, labels.unsqueeze(2)).squeeze(2)  # (B, T)
    before = back.gather(2, labels.unsqueeze(2)).squeeze(2)[:, :-1]
    goes_on = chain.transitions[labels[:, :-1], labels[:, 1:]] + here[:, 1:] - before
    valid = valid_steps(lengths, labels.shape[1])
    return torch.cat([begins, goes_on], 1).masked_fill(~valid, 0.0)


def viterbi(chain: Chain, lengths: torch.Tensor) -> torch.Tensor:
    """The label sequence of highest score (Viterbi 1967), padding holds its last: (B,) -> (B, T)."""
    emissions = chain.emissions.unbind(1)
    best = chain.first + emissions[0]  # (B, K)
    stay = torch.arange(best.shape[1], device=best.device).expand_as(best)
    origins = []
    for t in range(1, len(emissions)):
        top, origin = (best.unsqueeze(2) + chain.transitions).max(1)
        inside = (t < lengths).unsqueeze(1)
        best = torch.where(inside, top + emissions[t], best)
        origins.append(torch.where(inside, origin, stay))
    label = (best + chain.last).argmax(1, keepdim=True)  # (B, 1)
    path = [label]
    for origin in reversed(origins):
        label = origin.gather(1, label)
        path.append(label)
    return torch.cat(path[::-1], 1)


class ChainLoss(nn.Module):
    """Minus the log probability of the true labels of each sequence.

    With weights w, that of each label y_t given the one before counts ``w[y_t]`` times::

        - sum_t w[y_t] log p(y_t | y_t-1, X)

    Equal weights of 1 make this the loss of the field, and a field whose labels do not know each other has
    the weighted cross-entropy. De Lannoy et al. (2012) weigh the factors of a field by label, too, theirs
    being what the forward algorithm adds at a step; that is no log probability, and can be positive.

    Parameters
    ----------
    weight : Tensor of shape (K,) or None
        How much a step of each label counts.

    References
    ----------
    .. [1] G. de Lannoy, D. François, J. Delbeke, M. Verleysen, "Weighted conditional random fields for
       supervised interpatient heartbeat classification", IEEE Transactions on Biomedical Engineering 59(1),
       2012.
    """

    weight: torch.Tensor | None

    def __init__(self, weight: torch.Tensor | None = None):
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(
        self, chain: Chain, labels: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum of the losses and of the weights of each sequence: (B, T), (B,) -> (B,), (B,)."""
        if self.weight is None:
            return log_partition(chain, lengths) - path_score(chain, labels, lengths), lengths
        weights = self.weight[labels] * valid_steps(lengths, labels.shape[1])
        return -(weights * log_step_proba(chain, labels, lengths)).sum(1), weights.sum(1)
