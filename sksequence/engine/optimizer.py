"""The optimiser of every estimator, unless `net_params` names another."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["MatrixDecay"]


class MatrixDecay(torch.optim.AdamW):
    """AdamW (Loshchilov & Hutter 2019) in one kernel, whose weight decay is for matrices alone.

    Biases and the scales of norms stand on their own scale, which decay would only disturb. They are one
    group, since every group costs calls at every step, a large part of the time of a small network's.

    Parameters
    ----------
    groups : list of dict
        Parameters under "params", as skorch passes them. Of one group matrices and vectors are told apart;
        several are somebody's own choice, and stay as they are.
    weight_decay : float
        Of matrices.
    **options
        As in torch.
    """

    def __init__(self, groups: list[dict[str, Any]], weight_decay: float = 1e-2, **options: Any):
        if len(groups) == 1:
            weights = groups[0]["params"]
            matrices = {"params": [p for p in weights if p.ndim > 1]}
            vectors = {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0}
            groups = [group for group in (matrices, vectors) if group["params"]]
        super().__init__(groups, weight_decay=weight_decay, **{"fused": True, **options})
