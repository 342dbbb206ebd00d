"""A copy of a fitted network that can be asked how it came to its outputs."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from sksequence.engine.batches import Batches, Examples
from sksequence.modules import Unrolled, unroll

__all__ = ["OpenLayer", "Probe"]

# Steps of a batch, over all its sequences: what is kept for a backward pass stays small.
_BATCH_STEPS = 1 << 14


@dataclass(frozen=True)
class OpenLayer:
    """A recurrent layer of a probe in one direction, computed step by step.

    Attributes
    ----------
    member : int
        Which network of an ensemble it belongs to; 0 where there is one.
    depth : int
        0 for the layer that reads the input.
    direction : {"forward", "backward"}
        In which it reads.
    unrolled : Unrolled
        Its weights, and the trace of the last batch.
    """

    member: int
    depth: int
    direction: str
    unrolled: Unrolled

    @classmethod
    def at(cls, path: str, unrolled: Unrolled) -> OpenLayer:
        """The layer that a network holds at such a path."""
        member = re.search(r"members\.(\d+)\.", path)
        depth = re.search(r"layers\.(\d+)\.", path)
        direction = "backward" if path.endswith(".back") else "forward"
        return cls(int(member[1]) if member else 0, int(depth[1]) if depth else 0, direction, unrolled)


class Probe:
    """A copy of a fitted network, and the examples that it is asked about.

    The copy is in evaluation mode, computes in float32 and learns nothing: whatever is done to it, the
    estimator stays as it was.

    Parameters
    ----------
    module : torch.nn.Module
        The fitted network, whose ``encoder.inputs`` maps raw values or tokens to steps.
    examples : Examples
        What it is asked about.
    answer : callable
        Maps what the network returns, and the lengths (B,) of the sequences, to the outputs (B, K) that
        are asked about.
    loss : callable or None
        Maps what the network returns, the targets of a batch and the lengths to the loss (B,) of each
        example, where the examples have targets.
    """

    def __init__(
        self,
        module: nn.Module,
        examples: Examples,
        answer: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        loss: Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
    ):
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        for part in self.module.modules():
            if isinstance(part, nn.RNNBase):
                part.train()  # cuDNN has no gradient otherwise; a layer alone has nothing random
        self.examples = examples
        self.answer = answer
        self.loss = loss
        self.device = next(self.module.parameters()).device
        self.entry = self._take_entry()

    def _take_entry(self) -> nn.Module:
        """Take off the part that makes steps of raw values, so that steps can be given instead."""
        encoder: nn.Module = self.module.encoder  # type: ignore[assignment]
        entry, encoder.inputs = encoder.inputs, nn.Identity()
        assert isinstance(entry, nn.Module)
        return entry

    # ------------------------------------------------------------------ what it is asked about
    def __len__(self) -> int:
        return len(self.examples)

    def thinned(self, most: int | None) -> np.ndarray:
        """Positions of at most so many examples, evenly spaced."""
        n = len(self)
        return np.arange(n) if most is None or n <= most else np.linspace(0, n - 1, most).astype(np.int64)

    def batches(
        self, index: np.ndarray | None = None
    ) -> Iterator[tuple[torch.Tensor, dict[str, torch.Tensor]]]:
        """Positions (B,) within `index`, and inputs, of batches of like length."""
        for rows, inputs, _ in self.lessons(index):
            yield rows, inputs

    def lessons(
        self, index: np.ndarray | None = None
    ) -> Iterator[tuple[torch.Tensor, dict[str, torch.Tensor], Any]]:
        """The same with the targets of each batch; None where the examples have none."""
        examples = self.examples if index is None else self.examples.take(index)
        size = max(1, _BATCH_STEPS // examples.sequences.n_timesteps)
        batches = Batches(examples, batch_size=size)
        for rows in batches.by_length():
            inputs, targets = batches.batch(rows)
            inputs = {name: tensor.to(self.device) for name, tensor in inputs.items()}
            yield rows, inputs, None if targets is None else targets.to(self.device)

    # ------------------------------------------------------------------ what it says
    def steps(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """What the network reads of a batch: (B, T, F) standardised values or token vectors."""
        with torch.no_grad():
            return self.entry(inputs["values"])

    def outputs(self, steps: torch.Tensor, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """What the network says (B, K) where it reads `steps` instead of its own."""
        return self.answer(self.module(**(inputs | {"values": steps})), inputs["lengths"])

    def losses(self, inputs: dict[str, torch.Tensor], targets: torch.Tensor) -> torch.Tensor:
        """The loss (B,) of each example of a batch, with the graph of all states behind it."""
        assert self.loss is not None, "only a probe of a lesson has losses"
        with torch.no_grad():
            values = self.entry(inputs["values"])
        # The weights learn nothing, so that a graph needs to begin at the values.
        values = values.detach().clone().requires_grad_()
        return self.loss(self.module(**(inputs | {"values": values})), targets, inputs["lengths"])

    # ------------------------------------------------------------------ what goes on inside
    @property
    def step_size(self) -> int:
        """Time steps that a recurrent step reads."""
        patches = self.module.encoder.patches  # type: ignore[union-attr]
        return 1 if patches is None else int(patches.size)  # type: ignore[arg-type]

    def n_steps(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Recurrent steps of each sequence of a batch, (B,)."""
        return torch.div(inputs["lengths"] + self.step_size - 1, self.step_size, rounding_mode="floor")

    def open_layers(self) -> list[OpenLayer]:
        """All recurrent layers, from now on computed step by step."""
        return [OpenLayer.at(path, layer) for path, layer in unroll(self.module).items()]
