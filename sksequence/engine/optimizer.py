"""The optimiser of every estimator, unless `net_params` names another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

__all__ = ["MatrixDecay"]


class MatrixDecay(torch.optim.AdamW):
    """AdamW (Loshchilov & Hutter 2019) in one kernel, whose weight decay is for matrices alone.

    Biases and the scales of norms stand on their own scale, which decay would only disturb. They are one
    group, since every group costs calls at every step, a large part of the time of a small network's.

    Parameters
    ----------
    groups : iterable of dict
        Parameters under "params", as skorch passes them; a group that names its decay keeps it for all of
        them.
    weight_decay : float
        Of matrices.
    **options
        As in torch.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], weight_decay: float = 1e-2, **options: Any):
        split: list[dict[str, Any]] = []
        for group in groups:
            if "weight_decay" in group:
                split.append(group)
                continue
            matrices = [p for p in group["params"] if p.ndim > 1]
            vectors = [p for p in group["params"] if p.ndim <= 1]
            split += [group | {"params": matrices}, group | {"params": vectors, "weight_decay": 0.0}]
        given = [group for group in split if group["params"]]
        super().__init__(given, weight_decay=weight_decay, **{"fused": True, **options})
