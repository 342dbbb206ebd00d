"""A recurrent forecaster that steps over segments of a window instead of over single time steps.

The look-back window is cut into segments of `segment` steps; one recurrent layer reads them, and a
second cell answers all output segments at once, each told apart by an embedding of its position.
A seasonal branch adds gated copies of the last seasons. What columns known ahead do step by step is
learned by a covariate branch, taken out of the window and put into the forecast. Every sample is the
window of one target; several channels share the weights and differ by an embedding.

References
----------
Lin et al. (2023), "SegRNN: Segment Recurrent Neural Network for Long-Term Time Series Forecasting".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sksequence.modules.branches import CovariateBranch, SeasonalBranch
from sksequence.modules.cells import CELLS, new_linear, new_recurrence
from sksequence.modules.forecast import Forecast
from sksequence.modules.last_state import last_state, quick_tanh
from sksequence.modules.noise import SeededDropout
from sksequence.modules.window_norm import WindowNorm, align_right

__all__ = ["Ensemble", "SegmentNetwork"]

# Features that single steps are embedded in.
_STEP_UNITS = 32


def _ones_at(places: Sequence[int], n: int) -> Tensor:
    ones = torch.zeros(n)
    ones[list(places)] = 1.0
    return ones


def _silent(linear: nn.Linear | None) -> nn.Linear | None:
    """A layer that says nothing until it learns."""
    if linear is not None:
        nn.init.zeros_(linear.weight)
        nn.init.zeros_(linear.bias)
    return linear


class SegmentNetwork(nn.Module):
    """Segment-wise recurrent network with a seasonal branch: windows in, forecasts out.

    Parameters
    ----------
    window : int
        Look-back, in steps. Longer inputs lose their oldest steps.
    horizon : int
        Steps forecast.
    segment : int
        Steps read, and written, by one recurrent step. 1 is the plain step-wise network.
    hidden_size : int
        Width of the recurrent state.
    cell : {"rnn", "lstm", "gru"}
        Recurrent equation of encoder and decoder.
    seasons : sequence of int
        Season lengths of the seasonal branch, in steps; the first one is trusted at the start.
    center, scale : {"last", "season", "window"} or None, and bool
        Normalisation of each window, see
        :class:`~sksequence.modules.window_norm.WindowNorm`.
    min_scale : float
        Deviation, as a share of the mean, below which a window counts as flat.
    n_channels : int
        Channels told apart by an embedding; 0 for none.
    n_inputs : int
        Features of a window's steps: the target, and others that belong to it, such as a flag of
        observed values.
    n_past, n_future, n_static : int
        Covariates read over the window, over the horizon, and once. Those over the horizon are the
        first ones of those over the window.
    n_outputs : int
        Numbers forecast for each step.
    locations : sequence of int
        Those of them that the seasonal and the covariate branch are added to: the ones that move with
        the level of the series.
    dropout : float
        Dropout before the output layer.
    generator : torch.Generator or None
        Source of the initial weights; the global random state is never used, None being a
        generator with torch's fixed default seed. Weights are torch's default distributions,
        embeddings standard normal.
    **options
        Passed to the recurrent kernel: ``nonlinearity="relu"`` of the Elman network.

    Notes
    -----
    The decoder's step starts from the *same* state for all output segments, so the state's part of
    the gates is computed once per window and only the position's part differs: there is no matrix
    product over windows times segments except the output layer.
    """

    def __init__(
        self,
        window: int,
        horizon: int,
        *,
        segment: int = 1,
        hidden_size: int = 64,
        cell: str = "lstm",
        seasons: Sequence[int] = (),
        center: str | None = "last",
        scale: bool = False,
        min_scale: float = 1e-5,
        n_channels: int = 0,
        n_inputs: int = 1,
        n_past: int = 0,
        n_future: int = 0,
        n_static: int = 0,
        n_outputs: int = 1,
        locations: Sequence[int] = (0,),
        dropout: float = 0.1,
        generator: torch.Generator | None = None,
        **options: Any,
    ):
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"SegmentNetwork: cell is {cell!r}, but one of {tuple(CELLS)} is needed.")
        self.window, self.horizon, self.segment, self.cell = window, horizon, segment, cell
        self.n_segments_in, self.n_segments_out = math.ceil(window / segment), math.ceil(horizon / segment)
        self.n_outputs, self.n_future = n_outputs, n_future
        width = CELLS[cell].n_gates * hidden_size
        season = min(seasons[0], window) if seasons else window
        self.norm = WindowNorm(center, scale, season, min_scale)
        self.branch = SeasonalBranch(seasons, window, horizon)
        # A fresh generator, not the global one, is what None stands for.
        generator = torch.Generator() if generator is None else generator
        # A single number needs few features, and a recurrent layer that reads fewer is the quicker.
        width_in = hidden_size if segment > 1 else min(hidden_size, _STEP_UNITS)
        self.embed = new_linear(segment, width_in, generator=generator)
        self.encoder = new_recurrence(cell, width_in, hidden_size, generator=generator, **options)
        self.decode_input = new_linear(hidden_size, width, generator=generator)
        self.decode_state = new_linear(hidden_size, width, generator=generator)
        self.output = new_linear(hidden_size, segment * n_outputs, generator=generator)
        self.dropout = SeededDropout(dropout)
        self.activation = torch.relu if options.get("nonlinearity") == "relu" else torch.tanh
        self._embed_places(hidden_size, n_channels, generator)
        self.register_buffer("moved", _ones_at(locations, n_outputs), persistent=False)
        # Drawn last: a network without covariates has the weights that it would have without this.
        self._embed_covariates((width_in, width), n_inputs - 1 + n_past - n_future, n_static, generator)

    def _embed_places(self, hidden_size: int, n_channels: int, generator: torch.Generator) -> None:
        """Embeddings that tell output segments, and channels where there are several, apart."""
        n_channel_units = hidden_size // 2 if n_channels else 0
        position = torch.empty(self.n_segments_out, hidden_size - n_channel_units)
        self.position = nn.Parameter(position.normal_(generator=generator))
        channels = torch.empty(n_channels, n_channel_units).normal_(generator=generator)
        self.channel = nn.Parameter(channels) if n_channels else None

    def _embed_covariates(
        self, widths: tuple[int, int], n_more: int, n_static: int, generator: torch.Generator
    ) -> None:
        """Layers that read what stands beside the target, into the `widths` of encoder and gates."""

        def into(n_features: int, width: int) -> nn.Linear | None:
            return new_linear(n_features, width, generator=generator) if n_features else None

        n_future, (width_in, width) = self.n_future, widths
        self.embed_more = into(self.segment * n_more, width_in)
        self.embed_known = into(n_future, width_in)
        # Covariates act through their effect first, and move gates only as far as that pays.
        self.decode_future = _silent(into(self.segment * n_future, width))
        self.decode_static = _silent(into(n_static, width))
        self.effects = CovariateBranch(n_future, n_static, generator=generator) if n_future else None

    def forward(
        self,
        values: Tensor,
        lengths: Tensor,
        channel: Tensor | None = None,
        past: Tensor | None = None,
        future: Tensor | None = None,
        static: Tensor | None = None,
    ) -> Forecast:
        """Forecast the steps that follow each window.

        Parameters
        ----------
        values : Tensor of shape (B, T, n_inputs)
            Windows padded on the right, the target first; what stands in the padding has no influence.
        lengths : Tensor of shape (B,), int64
            Valid steps of each window, at least 1.
        channel : Tensor of shape (B,), int64, optional
            Channel of each window; needed where ``n_channels > 0``.
        past : Tensor of shape (B, T, n_past), optional
            Covariates over the window, padded like it.
        future : Tensor of shape (B, H, n_future), optional
            Covariates over the horizon.
        static : Tensor of shape (B, n_static), optional
            Constants of the series of each window.

        Returns
        -------
        Forecast
            Of shape (B, H) on the normalised scale, or (B, H, n_outputs) for several outputs.
        """
        size = self.n_segments_in * self.segment
        aligned, valid = align_right(values[:, :, 0], lengths, size)
        if size > self.window:
            # The oldest segment is filled up, not lengthened: a forecast depends on `window` steps only.
            valid[:, : -self.window] = False
            aligned = aligned.masked_fill(~valid, 0.0)
        center, scale = self.norm(aligned, valid)
        z = (aligned - center) / scale * valid  # (B, L), 0 where missing
        known, more = self._beside(values, past, lengths, valid)
        effect = None
        if self.effects is not None:
            assert known is not None
            assert future is not None
            effect = self.effects(torch.cat([known, future], dim=1), static)  # (B, L + H)
            # The window is relative to its present, which had an effect of its own.
            effect = effect - self.norm.level(effect[:, :size], valid)
            z = (z - effect[:, :size]) * valid
        state = self._encode(z, valid, known, more)
        decoded = self._decode(state, self._driven(channel, future, static))  # (B, M, d)
        steps = self.output(self.dropout(decoded)).flatten(1)  # (B, M s P)
        moved = self.branch(z, valid)  # (B, H)
        if effect is not None:
            moved = moved + effect[:, size:]
        if self.n_outputs == 1:
            return Forecast(steps[:, : self.horizon] + moved, center, scale)
        steps = steps.unflatten(1, (-1, self.n_outputs))[:, : self.horizon]  # (B, H, P)
        return Forecast(steps + moved[:, :, None] * self.moved, center, scale)

    def _beside(
        self, values: Tensor, past: Tensor | None, lengths: Tensor, valid: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """What stands beside the target at each step: known ahead (B, L, K), and all else (B, L, F)."""
        if self.embed_known is None and self.embed_more is None:
            return None, None
        parts = [values[:, :, 1:]] if past is None else [past, values[:, :, 1:]]
        aligned, _ = align_right(torch.cat(parts, dim=-1), lengths, valid.shape[1])
        aligned = aligned * valid[:, :, None]
        return aligned[:, :, : self.n_future], aligned[:, :, self.n_future :]

    def _encode(
        self, z: Tensor, valid: Tensor, known: Tensor | None, more: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        shape = (self.n_segments_in, self.segment)
        # In the order of time, as the recurrent layer computes.
        e = self.embed(z.unflatten(1, shape).transpose(0, 1))  # (N, B, d)
        if more is not None and self.embed_more is not None:
            e = e + self.embed_more(more.unflatten(1, shape).flatten(2).transpose(0, 1))
        if known is not None and self.embed_known is not None:
            # What they do step by step is out of the window: their mean tells the rest.
            e = e + self.embed_known(known.unflatten(1, shape).mean(2).transpose(0, 1))
        # Segments wholly before the series' start are silent.
        e = torch.relu(e) * valid.unflatten(1, shape)[:, :, -1:].transpose(0, 1)
        return last_state(self.encoder, e)

    def _decode(self, state: tuple[Tensor, Tensor | None], driven: Tensor) -> Tensor:
        """One step from the window's state for every output segment, (B, M, d)."""
        h, c = state[0][:, None], state[1]  # (B, 1, d)
        recurrent = self.decode_state(h)  # (B, 1, G d)
        if self.cell == "rnn":
            return self.activation(driven + recurrent)
        if c is not None:
            i, f, g, o = (driven + recurrent).chunk(4, -1)
            c = torch.sigmoid(f) * c[:, None] + torch.sigmoid(i) * quick_tanh(g)
            return torch.sigmoid(o) * quick_tanh(c)
        (r, u, n), (hr, hu, hn) = driven.chunk(3, -1), recurrent.chunk(3, -1)
        n = quick_tanh(n + torch.sigmoid(r + hr) * hn)
        u = torch.sigmoid(u + hu)
        return u * h + (1 - u) * n

    def _driven(self, channel: Tensor | None, future: Tensor | None, static: Tensor | None) -> Tensor:
        """What drives the gates of each output segment, (1 or B, M, G d)."""
        driven = self._position_gates(channel)
        if self.decode_future is not None:
            assert future is not None
            # Filled up to whole segments with what the network never answers for.
            room = self.n_segments_out * self.segment - self.horizon
            segments = nn.functional.pad(future, (0, 0, 0, room)).unflatten(
                1, (self.n_segments_out, self.segment)
            )
            driven = driven + self.decode_future(segments.flatten(2))
        if self.decode_static is not None:
            assert static is not None
            driven = driven + self.decode_static(static)[:, None]
        return driven

    def _position_gates(self, channel: Tensor | None) -> Tensor:
        """What position and channel send into the gates: W [position, channel] + b."""
        weight, bias = self.decode_input.weight, self.decode_input.bias
        n_units = self.position.shape[1]
        gates = nn.functional.linear(self.position, weight[:, :n_units], bias)[None]  # (1, M, G d)
        if self.channel is None:
            return gates
        if channel is None:
            raise ValueError("SegmentNetwork: no channel came, but n_channels > 0 needs one per window.")
        by_channel = nn.functional.linear(self.channel, weight[:, n_units:])  # (C, G d)
        return gates + by_channel[channel][:, None]


class Ensemble(nn.Module):
    """Networks of one kind, trained side by side on the same batches.

    Its forecast has the members in front, ``z`` being (n_members, B, H) or (n_members, B, H, P):
    losses and readings are averaged over them. Gradients are clipped by their norm over all members.

    Parameters
    ----------
    members : sequence of SegmentNetwork
        Each with initial weights of its own.
    """

    def __init__(self, members: Sequence[SegmentNetwork]):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, **inputs: Tensor) -> Forecast:
        """Forecasts of all members, which normalise a window alike."""
        forecasts = [member(**inputs) for member in self.members]
        return forecasts[0]._replace(z=torch.stack([forecast.z for forecast in forecasts]))
