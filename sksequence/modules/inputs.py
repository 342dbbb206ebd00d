"""From raw values to what the first recurrent layer reads: scaling, missing values, patches."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sksequence.modules.cells import Generator, new_embedding
from sksequence.modules.masking import has_padding, valid_steps
from sksequence.modules.noise import RandomAffine, SeededDropout

__all__ = ["MixedInputs", "Patches", "Standardize", "TokenEmbedding"]


class Standardize(nn.Module):
    """Scale every feature by constants learned beforehand, and mark missing values if asked.

    Float64 values are scaled in float64, so that those far from zero (a year, a price in cents) keep
    their digits before they become the network's float32.

    Parameters
    ----------
    mean, scale : Tensor of shape (F,)
        What is subtracted, then divided by.
    mask_missing : bool
        Whether NaN means "not observed": it is then replaced by the mean and F indicator
        features (1 = missing) are joined.
    augment : float
        Strength of the `RandomAffine` noise of training.
    """

    mean: torch.Tensor
    scale: torch.Tensor
    _converted: tuple[torch.Tensor, torch.Tensor] | None = None

    def __init__(
        self, mean: torch.Tensor, scale: torch.Tensor, *, mask_missing: bool = False, augment: float = 0.0
    ):
        super().__init__()
        self.noise = RandomAffine(augment)
        self.register_buffer("mean", mean.to(torch.float64))
        self.register_buffer("scale", scale.to(torch.float64))
        self.mask_missing = mask_missing
        self.output_size = len(mean) * (2 if mask_missing else 1)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Scale: (B, T, F) of any real dtype -> (B, T, F or 2 F) float32."""
        dtype = values.dtype if values.dtype.is_floating_point else torch.float64
        mean, scale = self._constants(dtype)
        scaled = (values - mean).div_(scale).to(torch.float32)
        if self.training:
            scaled = self.noise(scaled)
        if not self.mask_missing:
            return scaled
        missing = scaled.isnan()
        return torch.cat([scaled.masked_fill(missing, 0.0), missing.to(scaled.dtype)], dim=-1)

    def _constants(self, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and scale as numbers of `dtype`, converted once."""
        converted = self._converted
        if converted is None or converted[0].dtype != dtype:
            with torch.inference_mode(False):  # for trainings too
                self._converted = converted = self.mean.to(dtype), self.scale.to(dtype)
        return converted

    def _apply(self, *args: Any, **options: Any) -> Standardize:
        self._converted = None
        return super()._apply(*args, **options)

    def _load_from_state_dict(self, *args: Any, **options: Any) -> None:
        self._converted = None
        super()._load_from_state_dict(*args, **options)

    def __getstate__(self):
        return {**self.__dict__, "_converted": None}


class TokenEmbedding(nn.Module):
    """A vector for each token id, and one, zero, for every id never seen in training.

    Parameters
    ----------
    n_tokens : int
        Ids 0 to ``n_tokens - 1`` are known.
    size : int
        Width of the vectors.
    deviation : float
        Standard deviation of the initial vectors, around zero.
    dropout : float
        Share of the ids whose vector is zero throughout a training batch (Gal & Ghahramani 2016).
    generator : torch.Generator or None
        Source of the initial vectors.
    """

    def __init__(
        self,
        n_tokens: int,
        size: int,
        *,
        deviation: float = 1.0,
        dropout: float = 0.0,
        generator: Generator = None,
    ):
        super().__init__()
        self.n_tokens = n_tokens
        self.output_size = size
        self.words = SeededDropout(dropout)
        self.deviation = deviation
        self.table = new_embedding(n_tokens + 1, size, generator=generator)
        with torch.no_grad():
            self.table.weight *= deviation
            self.table.weight[n_tokens] = 0.0

    def begin_with(self, vectors: torch.Tensor, found: torch.Tensor, *, freeze: bool = False) -> None:
        """Put in vectors (n_tokens, size) of the ids found (n_tokens,), which learn on unless frozen.

        The others keep their random vectors, at the mean and deviation of those found, or are zero
        among frozen ones.
        """
        weight = self.table.weight
        with torch.no_grad():
            # A single number has no deviation: others are then equal to it.
            deviation, mean = torch.std_mean(vectors[found], correction=min(1, vectors[found].numel() - 1))
            others = torch.zeros_like(vectors) if freeze else weight[:-1] / self.deviation * deviation + mean
            weight[:-1] = torch.where(found.unsqueeze(1), vectors, others)
        weight.requires_grad_(not freeze)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Look up: (B, T) int -> (B, T, size)."""
        tokens = tokens.clamp(max=self.n_tokens)
        vectors = self.table(tokens)
        if not (self.training and self.words.strength):
            return vectors
        kept = self.words(vectors.new_ones(self.n_tokens + 1))
        return vectors * kept[tokens].unsqueeze(-1)


class MixedInputs(nn.Module):
    """Steps of token ids and numbers: ids become vectors, numbers are scaled, and all are joined.

    Parameters
    ----------
    tables : dict of int to TokenEmbedding
        For each column of ids.
    numbers : Standardize or None
        For the other columns, in their order; None if there are none.
    """

    def __init__(self, tables: dict[int, TokenEmbedding], numbers: Standardize | None):
        super().__init__()
        self.columns = list(tables)
        self.tables = nn.ModuleList(tables.values())
        self.numbers = numbers
        self.output_size = sum(table.output_size for table in tables.values())
        self.output_size += 0 if numbers is None else numbers.output_size

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Join: (B, T, F) -> (B, T, output_size)."""
        parts = [table(values[..., i].long()) for i, table in zip(self.columns, self.tables, strict=True)]
        if self.numbers is not None:
            rest = [i for i in range(values.shape[-1]) if i not in self.columns]
            parts.append(self.numbers(values[..., rest]))
        return torch.cat(parts, dim=-1)


class Patches(nn.Module):
    """Read `size` neighbouring steps as one: a long sequence becomes a short one of wide steps.

    Parameters
    ----------
    size : int
        Steps per patch; the last patch of a sequence is filled up with zeros.
    """

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Join steps: (B, T, F), (B,) -> (B, ceil(T / size), size * F), (B,)."""
        batch, n_steps, n_features = x.shape
        padded = has_padding(lengths, n_steps)
        if padded:
            x = x.masked_fill(~valid_steps(lengths, n_steps).unsqueeze(-1), 0.0)
        n_patches = -(-n_steps // self.size)
        x = nn.functional.pad(x, (0, 0, 0, n_patches * self.size - n_steps))
        patched = x.reshape(batch, n_patches, self.size * n_features)
        if not padded:
            lengths = lengths[:1]
        return patched, ((lengths + self.size - 1) // self.size).expand(batch)
