"""A few sequences computed with the bits that each has among many.

Libraries multiply one or a few rows by other means than many, matrix-vector products for one, which add
in another order; the last bit of a result would then tell how many sequences were predicted at once. A GPU
chooses among many ways by all sizes, and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["LEAST_ROWS", "in_company", "layer_in_company"]

# From this many rows on, matrix products give every row the same bits whatever rows stand beside it.
LEAST_ROWS = 4
_MANY = 8

# What was found for a kind of layer, its sizes, and numbers of sequences and steps.
_exact: dict[tuple, bool] = {}


def in_company(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """What a function gives for the rows of x, which are joined by copies of themselves if they are few."""
    n = x.shape[0]
    if n >= LEAST_ROWS or x.device.type != "cpu":
        return function(x)
    return function(torch.cat([x] * LEAST_ROWS))[:n]


def layer_in_company(kernel: nn.RNNBase, x: Tensor, lengths: Tensor | None = None) -> Tensor:
    """States of every step, with copies beside a few sequences only where the layer needs them.

    A fused kernel often does not; whether it does depends on the processor and on all sizes, so it is
    tried, once for each.

    Parameters
    ----------
    kernel : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer in one direction, with ``batch_first=True``.
    x : Tensor of shape (B, T, F)
        What it reads.
    lengths : Tensor of shape (B,) or None
        Steps of each row, if not all; states beyond them have no meaning.

    Returns
    -------
    states : Tensor of shape (B, T, H)
    """
    if x.shape[0] >= LEAST_ROWS and lengths is not None:
        return kernel(x, None, lengths)[0]
    if x.shape[0] >= LEAST_ROWS or x.device.type != "cpu" or _is_exact(kernel, x):
        return kernel(x)[0]
    return in_company(lambda rows: kernel(rows)[0], x)


def _is_exact(kernel: nn.RNNBase, x: Tensor) -> bool:
    n, *sizes = x.shape
    key = type(kernel), kernel.hidden_size, x.dtype, *x.shape
    if key not in _exact:
        many = torch.arange(_MANY * x[0].numel()).to(x.dtype).sin_().view(_MANY, *sizes)
        _exact[key] = torch.equal(kernel(many)[0][:n], kernel(many[:n])[0])
    return _exact[key]
