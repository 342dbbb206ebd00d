"""The loops over time of the GRU, in torch's operators, and the order in which gates stand in them.

Both loops get a run of steps whose sums are laid out as ``[n | r | z | U h + b of n]``, (T, B, 4 H).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["candidate_first", "gru_steps", "gru_steps_back"]


def candidate_first(weight: Tensor) -> Tensor:
    """Torch's rows ``[r, z, n]``, of shape (3 H, …), in the order ``[n, r, z]``."""
    size = len(weight) // 3
    return torch.cat([weight[2 * size :], weight[: 2 * size]])


def gru_steps(sums: Tensor, states: Tensor, before: Tensor, recurrent: Tensor) -> Tensor:
    """Turn what inputs add into gates, and write the states; returns the last.

    Parameters
    ----------
    sums : Tensor of shape (T, B, 4 H)
        What inputs and biases add to the sums; becomes the gates ``n``, ``r``, ``z`` and ``U h + b``.
    states : Tensor of shape (T, B, H)
        Is filled.
    before : Tensor of shape (B, H)
        State before the first step.
    recurrent : Tensor of shape (H, 3 H)
        Weights of the state.
    """
    size = before.shape[1]
    candidates, resets, updates, kept = (part.unbind() for part in sums.split(size, dim=2))
    from_state, sigmoids = sums[..., size:].unbind(), sums[..., size : 3 * size].unbind()
    for t, state in enumerate(states.unbind()):
        from_state[t].addmm_(before, recurrent)
        sigmoids[t].sigmoid_()
        candidate = candidates[t].addcmul_(resets[t], kept[t]).tanh_()
        before = torch.lerp(candidate, before, updates[t], out=state)
    return before


def gru_steps_back(gates: Tensor, before: Tensor, coming: Tensor, weight: Tensor, later: Tensor) -> Tensor:
    """Gradients by the four sums of each step, (T, B, 4 H).

    Parameters
    ----------
    gates : Tensor of shape (T, B, 4 H)
        From :func:`gru_steps`.
    before, coming : Tensor of shape (T, B, H)
        State before each step, and the gradient that comes from outside by the state after it.
    weight : Tensor of shape (3 H, H)
        Weights of the state.
    later : Tensor of shape (B, H)
        Gradient by the last state from all steps after it; becomes that by the state before the first step.
    """
    size = before.shape[2]
    n, r, z, kept = gates.split(size, dim=2)
    # Derivatives of the state by the four sums; in the loop they become those of the loss.
    sums = torch.empty_like(gates)
    by_n, by_r, by_z, by_kept = sums.split(size, dim=2)
    torch.mul(1.0 - z, 1.0 - n * n, out=by_n)
    torch.mul(by_n, r, out=by_kept)
    torch.mul(by_kept * (1.0 - r), kept, out=by_r)
    torch.mul(before - n, z * (1.0 - z), out=by_z)
    each, from_state = sums.unflatten(2, (4, size)).unbind(), sums[..., size:].unbind()
    updates, here = z.unbind(), coming.unbind()
    for t in range(len(here) - 1, -1, -1):
        each[t].mul_(later.add_(here[t]).unsqueeze(1))
        later.mul_(updates[t]).addmm_(from_state[t], weight)
    return sums
