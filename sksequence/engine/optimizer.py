"""The optimiser of every estimator, unless `net_params` names another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["MatrixDecay"]

# Torch's kernel for all weights of a group; private, so it may be gone one day.
_KERNEL: Callable[..., None] | None = getattr(torch, "_fused_adamw_", None)


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

    def advance(self, closure: Callable[[], Any]) -> Any:
        """What ``step`` does, in a quarter of its time: nothing is sorted by device and dtype.

        Parameters
        ----------
        closure : callable
            Leaves gradients at the weights; its result is returned.
        """
        result = closure()
        if self._is_plain():
            with torch.no_grad():
                for group in self.param_groups:
                    self._advance(group)
        else:
            self.step()
        return result

    def _is_plain(self) -> bool:
        """Whether the kernel may be called as it is: all moments are there, and nobody listens."""
        hears = self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks or "step" in vars(self)
        return (
            _KERNEL is not None
            and not hears
            and all(group["fused"] and not group["amsgrad"] for group in self.param_groups)
            and all(
                weight.grad is None or weight in self.state
                for group in self.param_groups
                for weight in group["params"]
            )
        )

    def _advance(self, group: dict[str, Any]) -> None:
        weights = [weight for weight in group["params"] if weight.grad is not None]
        states = [self.state[weight] for weight in weights]
        steps = [state["step"] for state in states]
        torch._foreach_add_(steps, 1)
        assert _KERNEL is not None
        _KERNEL(
            weights,
            [weight.grad for weight in weights],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            steps,
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=group["maximize"],
            grad_scale=None,
            found_inf=None,
        )
