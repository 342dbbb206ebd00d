"""One long row of tokens, read on many tracks at once, piece by piece, with a state that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sksequence.engine.placement import Device, placed
from sksequence.engine.schedule import Budget
from sksequence.modules import Carry

__all__ = ["Pieces", "Stream"]


@dataclass(frozen=True)
class Stream:
    """Tokens in the order in which they were written; the first follows the last.

    Attributes
    ----------
    tokens : ndarray of int64 of shape (n,)
        What is read, and, one step later, what is to be foretold.
    n_steps : int
        Longest piece through which errors are propagated back, in tokens.
    """

    tokens: np.ndarray
    n_steps: int

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def X(self) -> np.ndarray:
        """The tokens, under the name that skorch's callbacks look for."""
        return self.tokens

    @property
    def y(self) -> None:
        """Nothing: the targets are the tokens themselves."""
        return None

    def split(self, fraction: float) -> tuple[Stream, Stream]:
        """The earlier and the latest part; the latter holds `fraction` of the tokens."""
        cut = len(self) - int(np.ceil(fraction * len(self)))
        return Stream(self.tokens[:cut], self.n_steps), Stream(self.tokens[cut:], self.n_steps)

    def n_pieces(self, n_tracks: int) -> int:
        """Pieces of a pass on so many tracks."""
        return -(-self._track(n_tracks) // self.n_steps)

    def _track(self, n_tracks: int) -> int:
        """Tokens of a track; the stream may be shorter than there are tracks."""
        return len(self) // min(n_tracks, len(self))

    def training_batches(
        self, budget: Budget, generator: torch.Generator | None, device: Device = "cpu"
    ) -> Pieces:
        """Passes that begin anywhere."""
        return Pieces(self, min(budget.batch_size, len(self)), generator, device)

    def validation_batches(self, budget: Budget, device: Device = "cpu") -> Pieces:
        """Passes from the first token."""
        return Pieces(self, min(budget.batch_size, len(self)), device=device)


class Pieces:
    """Passes over a stream: it is cut into tracks, and all tracks are read together, piece by piece.

    Each pass begins at another place, so that tracks and pieces are cut elsewhere. Pieces are of equal
    length, but for one token; the fewer tokens than tracks that are left over have their turn in a later
    pass.

    Parameters
    ----------
    stream : Stream
        What is read.
    n_tracks : int
        At most its length.
    generator : torch.Generator or None
        Draws the beginning of each pass.
    device : str or torch.device
        A GPU holds the tokens if they fit.
    """

    def __init__(
        self,
        stream: Stream,
        n_tracks: int,
        generator: torch.Generator | None = None,
        device: Device = "cpu",
    ):
        self.tokens = placed(torch.from_numpy(np.ascontiguousarray(stream.tokens)), device)
        self.n_tracks = n_tracks
        self.generator = generator
        length, n_pieces = len(stream) // n_tracks, stream.n_pieces(n_tracks)
        self.cuts = np.linspace(0, length, n_pieces + 1).round().astype(int).tolist()

    def __len__(self) -> int:
        return len(self.cuts) - 1

    def __iter__(self) -> Iterator[tuple[dict[str, Any], torch.Tensor]]:
        n = len(self.tokens)
        begin = 0 if self.generator is None else int(torch.randint(n, (), generator=self.generator))
        turned = self.tokens.roll(-begin)
        tracks, following = self._tracks(turned), self._tracks(turned.roll(-1))
        carry = Carry(self.n_tracks)
        for first, stop in zip(self.cuts, self.cuts[1:], strict=False):
            targets = following[:, first:stop]
            yield (
                {
                    "values": tracks[:, first:stop],
                    "lengths": torch.tensor(stop - first).expand(self.n_tracks),
                    "targets": targets,
                    "carry": carry,
                },
                targets,
            )

    def _tracks(self, tokens: torch.Tensor) -> torch.Tensor:
        """As rows (n_tracks, length)."""
        return tokens[: self.n_tracks * self.cuts[-1]].view(self.n_tracks, -1)
