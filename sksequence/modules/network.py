"""The network of classifiers and regressors: inputs, recurrent layers, pooling, head."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from sksequence.modules.adversary import Adversary
from sksequence.modules.cells import Generator, new_linear, new_recurrence
from sksequence.modules.company import in_company, layer_in_company
from sksequence.modules.inputs import Patches
from sksequence.modules.masking import has_padding, reverse
from sksequence.modules.noise import SeededDropout, SteadyDropout
from sksequence.modules.pooled_norm import PooledNorm
from sksequence.modules.pooling import Pooling

__all__ = ["Encoder", "RecurrentLayer", "SequenceNetwork"]


class RecurrentLayer(nn.Module):
    """One recurrent layer over a right-padded batch, in one direction or both.

    A backward direction reads each sequence reversed within its own length, so padding never comes
    before the data and no packing is needed: both directions keep torch's fused kernels.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        bidirectional: bool = False,
        layer_norm: bool = False,
        memory: float | None = None,
        recurrent_dropout: float = 0.0,
        generator: Generator = None,
        **options: Any,
    ):
        super().__init__()
        self.drop = SeededDropout(recurrent_dropout)
        sizes = {"memory": memory, "generator": generator, **options}
        self.ahead = new_recurrence(cell, input_size, hidden_size, **sizes)
        self.back = new_recurrence(cell, input_size, hidden_size, **sizes) if bidirectional else None
        self.output_size = hidden_size * (2 if bidirectional else 1)
        self.norm = nn.LayerNorm(self.output_size) if layer_norm else None

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """States of every step: (B, T, F), (B,) -> (B, T, H or 2 H); padded steps hold no meaning."""
        ends = lengths if x.device.type == "cpu" and has_padding(lengths, x.shape[1]) else None
        states = self._states(self.ahead, x, ends)
        if self.back is not None:
            backward = self._states(self.back, reverse(x, lengths), ends)
            states = torch.cat([states, reverse(backward, lengths)], dim=-1)
        return states if self.norm is None else self.norm(states)

    def carry(self, x: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        """States of every step, (B, T, H), going on from `state`, and the state after the last step."""
        states, after = self._run(self.ahead, x, state)
        return states if self.norm is None else self.norm(states), after

    def _states(self, kernel: Any, x: torch.Tensor, ends: torch.Tensor | None) -> torch.Tensor:
        if torch.is_inference_mode_enabled():
            return layer_in_company(kernel, x, ends)
        return self._run(kernel, x, *(() if ends is None else (None, ends)))[0]

    def _run(self, kernel: nn.Module, *inputs: Any) -> Any:
        """What the kernel gives, some of its recurrent weights dropped in training."""
        if not (self.training and self.drop.strength):
            return kernel(*inputs)
        return functional_call(kernel, {"weight_hh_l0": self.drop(kernel.weight_hh_l0)}, inputs)


class Encoder(nn.Module):
    """Values or tokens to the states of every (patched) step.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        The recurrence.
    inputs : nn.Module
        A `Standardize` for numbers, a `TokenEmbedding` for tokens or `MixedInputs`; maps (B, T, ...) to
        (B, T, input_size).
    input_size : int
        Features per step after `inputs`.
    hidden_size, num_layers, bidirectional, layer_norm, memory
        As in the estimators; `memory` in time steps.
    patch_size : int
        Time steps that are read as one.
    dropout, input_dropout, recurrent_dropout : float
        Share dropped between layers, of the features that the first layer reads, and of recurrent weights.
    adversarial : float
        Strength of the `Adversary` of training.
    generator : torch.Generator or None
        Source of the initial weights.
    **options
        Passed to the recurrent kernel.
    """

    def __init__(
        self,
        cell: str,
        inputs: nn.Module,
        input_size: int,
        *,
        hidden_size: int = 64,
        num_layers: int = 1,
        bidirectional: bool = False,
        layer_norm: bool = False,
        memory: float | None = None,
        patch_size: int = 1,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        adversarial: float = 0.0,
        generator: Generator = None,
        **options: Any,
    ):
        super().__init__()
        self.inputs = inputs
        self.adversary = Adversary(adversarial)
        self.entry = SteadyDropout(input_dropout)
        self.patches = Patches(patch_size) if patch_size > 1 else None
        self.between = SeededDropout(dropout)
        self.layers = nn.ModuleList()
        width = input_size * patch_size
        for _ in range(num_layers):
            layer = RecurrentLayer(
                cell,
                width,
                hidden_size,
                bidirectional=bidirectional,
                layer_norm=layer_norm,
                memory=None if memory is None else memory / patch_size,
                recurrent_dropout=recurrent_dropout,
                generator=generator,
                **options,
            )
            self.layers.append(layer)
            width = layer.output_size
        self.output_size = width

    def forward(self, values: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """States and their number: (B, T, F) or tokens (B, T), (B,) -> (B, T', H), (B,)."""
        x = self.inputs(values)
        if self.training:
            x = self.entry(self.adversary(x, lengths))
        if self.patches is not None:
            x, lengths = self.patches(x, lengths)
        for depth, layer in enumerate(self.layers):
            x = layer(self.between(x) if depth else x, lengths)
        return x, lengths

    def carry(self, values: torch.Tensor, states: list[Any] | None = None) -> tuple[torch.Tensor, list[Any]]:
        """States of every step, (B, T, H), going on from `states`, and those of all layers after the last.

        For one direction and single steps: what comes later is not known yet.
        """
        x, after = self.entry(self.inputs(values)), []
        for depth, layer in enumerate(self.layers):
            before = None if states is None else states[depth]
            x, state = layer.carry(self.between(x) if depth else x, before)  # type: ignore[operator]
            after.append(state)
        return x, after


class SequenceNetwork(nn.Module):
    """An encoder, a pooling and a linear head: one output vector a sequence.

    Parameters
    ----------
    encoder : Encoder
        Gives the states.
    pooling : tuple of str
        Kinds of `Pooling` to join.
    n_outputs : int
        Width of the output.
    dropout : float
        Share of the pooled vector dropped before the head.
    momentum : float
        Share by which the moments of a batch count among those kept for predictions.
    generator : torch.Generator or None
        Source of the initial weights.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        pooling: tuple[str, ...],
        n_outputs: int,
        dropout: float = 0.0,
        momentum: float = 0.1,
        generator: Generator = None,
    ):
        super().__init__()
        self.encoder = encoder
        bidirectional = encoder.layers[0].back is not None
        self.pooling = Pooling(pooling, encoder.output_size, bidirectional=bidirectional, generator=generator)
        # Pooled states vary little from sequence to sequence; this makes the differences plain.
        self.norm = PooledNorm(self.pooling.output_size, momentum=momentum)
        self.dropout = SeededDropout(dropout)
        self.head = new_linear(self.pooling.output_size, n_outputs, generator=generator)

    @property
    def keeps_bits(self) -> bool:
        """Whether predicting one sequence alone gives the bits that it gets among others."""
        return self.pooling.score is None

    def forward(self, values: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """One output a sequence: (B, T, F) or tokens (B, T), (B,) -> (B, n_outputs)."""
        pooled = self.pooling(*self.encoder(values, lengths))
        if self.training:
            # Predictions are scaled by the moments of sequences as they came.
            scaled = self.norm(pooled, remember=not self.encoder.adversary.pushes)
            return self.head(self.dropout(scaled))
        pooled = self.norm(pooled)
        return in_company(self.head, pooled) if torch.is_inference_mode_enabled() else self.head(pooled)
