"""The outputs of batches, put together in the order of the examples."""

from __future__ import annotations

import torch

from sksequence.engine.batches import Gather
from sksequence.engine.placement import Choice
from sksequence.modules import valid_steps

__all__ = ["Places"]


class Places:
    """Where the outputs of a batch stand among those of all examples.

    Parameters
    ----------
    inputs : Gather
        All examples.
    per_step : bool
        Whether there is an output for each step.
    """

    def __init__(self, inputs: Gather, per_step: bool):
        self.per_step = per_step
        self.n_rows = len(inputs) * (inputs.longest if per_step else 1)
        self.result: torch.Tensor | None = None
        if per_step and not inputs.equal:
            self.lengths = inputs.lengths
            ends = self.lengths.cumsum(0)
            self.starts = ends - self.lengths
            self.n_rows = int(ends[-1])

    def put(self, out: torch.Tensor, index: Choice) -> torch.Tensor:
        """Write the outputs (B, ...) or (B, T, ...) of the examples in `index` (B,); gives all rows."""
        out, rows = self._in_rows(out.cpu(), index)
        if isinstance(rows, slice) and len(out) == self.n_rows:
            return out.contiguous()
        if self.result is None:
            self.result = out.new_empty(self.n_rows, *out.shape[1:])
        self.result[rows] = out
        return self.result

    def _in_rows(self, out: torch.Tensor, index: Choice) -> tuple[torch.Tensor, Choice]:
        """Outputs end to end, without padding, and where each stands."""
        if not self.per_step:
            return out, index
        if isinstance(index, slice):  # of one length
            n_steps = out.shape[1]
            return out.flatten(0, 1), slice(index.start * n_steps, index.stop * n_steps)
        valid = valid_steps(self.lengths[index], out.shape[1])
        rows = self.starts[index].unsqueeze(1) + torch.arange(out.shape[1])
        return out[valid], rows[valid]
