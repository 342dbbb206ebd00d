"""Which devices compute in bfloat16."""

from __future__ import annotations

import warnings
from functools import cache

import torch

__all__ = ["computes_bfloat16", "warn_without_bfloat16"]


@cache
def computes_bfloat16(device: str) -> bool:
    """Whether recurrent layers run in bfloat16 on a device.

    On an x86 CPU that takes AVX-512: torch's fused LSTM refuses bfloat16 without it, and what is left
    would be computed in software, more slowly than in float32.

    Parameters
    ----------
    device : str
        Name of a torch device.
    """
    if torch.device(device).type != "cpu":
        return True
    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def warn_without_bfloat16(precision: str, device: str, owner: str) -> None:
    """Say that float32 is computed where bfloat16 was asked for and cannot be had."""
    if precision == "bfloat16" and not computes_bfloat16(device):
        warnings.warn(
            f"{owner}: precision='bfloat16' came, but this processor does not compute in it (x86 needs "
            "AVX-512), so float32 is used. Set precision='float32', or a device that does.",
            UserWarning,
            stacklevel=4,
        )
