"""From sequences to right-padded batches: one gather by index, no Python per sequence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from sksequence.engine.placement import Choice, Device, chosen_on, is_cuda, placed
from sksequence.engine.schedule import Budget
from sksequence.sequences import SequenceArray

__all__ = ["Batches", "Examples", "Gather", "prediction_batch"]

# Sequences of similar length are batched together within pools of at most this many batches, and at
# most a quarter of the data: wide enough that little is padded, narrow enough that every pass
# brings other companions together.
_POOL = 16
_LEAST_POOLS = 4
_PREDICTION_BATCH = 256
# A GPU takes as many sequences at a time as have so many steps together, for it mostly waits to be told.
_GPU_BATCH, _GPU_STEPS = 4096, 1 << 18
# Values that are copied in less time than a warning is silenced.
_QUICKLY_COPIED = 1 << 12


def _as_tensor(array: np.ndarray) -> torch.Tensor:
    """The array's own memory as a tensor; it is only read, so a read-only memory map will do."""
    if array.flags.writeable:
        return torch.from_numpy(array)
    if array.size <= _QUICKLY_COPIED:
        return torch.from_numpy(array.copy())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writ")
        return torch.from_numpy(array)


def _torch_integers(ids: np.ndarray) -> np.ndarray:
    """Token ids in a dtype that torch gathers; only what it has none for is copied."""
    if ids.dtype.isnative and ids.dtype in (np.int8, np.uint8, np.int16, np.int32, np.int64):
        return ids
    return ids.astype(np.int64)


@dataclass(frozen=True)
class Examples:
    """Sequences and what belongs to each of them.

    Attributes
    ----------
    sequences : SequenceArray of shape (n,)
        What the network reads.
    targets : ndarray of shape (n, ...), SequenceArray of shape (n,) or None
        What it should give; a SequenceArray of equal lengths is gathered without a copy of the whole.
    weights : ndarray of shape (n,) or None
        How much each counts in the loss.
    extras : dict of str to ndarray of shape (n, ...) or SequenceArray of shape (n,)
        Further arguments of the module's ``forward``, by name; sequences are padded like the inputs.
    """

    sequences: SequenceArray
    targets: Any = None
    weights: np.ndarray | None = None
    extras: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def X(self) -> SequenceArray:
        """The sequences, under the name that skorch's callbacks look for."""
        return self.sequences

    @property
    def y(self) -> Any:
        """The targets, under the name that skorch's callbacks look for."""
        return self.targets

    def take(self, index: np.ndarray) -> Examples:
        """The chosen examples, over the same values."""
        return Examples(
            self.sequences[index],
            None if self.targets is None else self.targets[index],
            None if self.weights is None else self.weights[index],
            {name: array[index] for name, array in self.extras.items()},
        )

    def training_batches(
        self, budget: Budget, generator: torch.Generator | None, device: Device = "cpu"
    ) -> Batches:
        """Batches in random order, as planned."""
        return Batches(
            self,
            batch_size=budget.batch_size,
            generator=generator,
            per_epoch=budget.per_epoch,
            device=device,
        )

    def validation_batches(self, budget: Budget, device: Device = "cpu") -> Batches:
        """All examples, once."""
        return Batches(self, device=device)


class Gather:
    """Any choice of sequences as one right-padded tensor.

    Padding repeats a sequence's last step, so every number in a batch is a real one.

    Parameters
    ----------
    sequences : SequenceArray
        Read in place.
    device : str or torch.device
        A GPU holds the values if they fit; else they stay where they are, and so do the batches.
    """

    def __init__(self, sequences: SequenceArray, device: Device = "cpu"):
        values = sequences.values
        if sequences.is_tokens:
            values = _torch_integers(values[:, 0])
        self.values = placed(_as_tensor(values), device)
        device = self.values.device
        self.is_tokens = sequences.is_tokens
        self._lengths, self._starts = lengths, starts = sequences.lengths, sequences.starts
        # A 3-D array as it came need not be looked at.
        is_block = sequences._block_steps > 0
        longest = sequences._block_steps or sequences.n_timesteps
        self.equal = is_block or bool((lengths == longest).all())
        # The longest, which all are as long as if they are equal: as one number nobody need look whether a
        # batch holds padding.
        self.longest, self.each = longest, torch.full((), longest, device=device)
        # Equal lengths end to end (a 3-D array, and every fold of it) are rows of a reshaped view.
        aligned = is_block or (self.equal and len(values) % longest == 0 and not (starts % longest).any())
        self.blocks = self.values.view(-1, longest, *values.shape[1:]) if aligned else None
        # All of them in the order in which they lie: a run of them is a slice of the view.
        in_order = is_block or (aligned and bool((np.diff(starts) == longest).all()))
        self.first = int(starts[0]) // longest if in_order else None

    def __len__(self) -> int:
        return len(self._starts)

    # A prediction of a few sequences of equal length needs none of these.
    @cached_property
    def lengths(self) -> torch.Tensor:
        """Steps of each sequence, (n,), in the computer's memory."""
        lengths = self._lengths
        # Those that are all alike may be one number in memory, and stay so.
        return _as_tensor(np.ascontiguousarray(lengths) if any(lengths.strides) else lengths)

    @cached_property
    def starts(self) -> torch.Tensor:
        """Where each sequence starts: its row of the view, or its first value, (n,)."""
        aligned, starts = self.blocks is not None, self._starts
        starts = starts // self.longest if aligned else np.ascontiguousarray(starts)
        return _as_tensor(starts).to(self.values.device)

    @cached_property
    def steps(self) -> torch.Tensor:
        """The steps of the longest sequence, (T,)."""
        return torch.arange(self.longest, device=self.values.device)

    def __call__(self, index: Choice) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (B, T, F), or (B, T) of tokens, and lengths (B,) of the sequences in `index` (B,)."""
        if self.blocks is not None:
            values = self._of_blocks(self.blocks, index)
            return self._whole(values), self.each.expand(values.shape[0])
        starts = self.starts[chosen_on(index, self.starts)]
        if self.equal:
            lengths = self.each.expand(starts.shape[0])
            steps = self.steps
        else:
            lengths = self.lengths[index]
            n_steps = int(lengths.max())
            lengths = lengths.to(self.values.device, non_blocking=True)
            steps = torch.minimum(self.steps[:n_steps], (lengths - 1).unsqueeze(1))
        flat = (starts.unsqueeze(1) + steps).reshape(-1)
        values = self.values.index_select(0, flat).unflatten(0, (starts.shape[0], steps.shape[-1]))
        return self._whole(values), lengths

    def _of_blocks(self, blocks: torch.Tensor, index: Choice) -> torch.Tensor:
        """Rows of the view, in place where they lie side by side."""
        if isinstance(index, slice) and self.first is not None:
            stop = min(index.stop, len(self))
            return blocks[self.first + index.start : self.first + stop]
        here = chosen_on(index, blocks)
        if isinstance(here, slice) or self.first != 0:
            here = self.starts[here]
        return blocks.index_select(0, here)

    def _whole(self, batch: torch.Tensor) -> torch.Tensor:
        """Token ids as what embeddings take; those of a file keep their width until here."""
        return batch.long() if self.is_tokens else batch


def _rows(array: Any, device: Device) -> Gather | torch.Tensor:
    """What there is for each example, ready to be chosen from."""
    if isinstance(array, SequenceArray):
        return Gather(array, device)
    return placed(_as_tensor(np.ascontiguousarray(array)), device)


def _taken(rows: Gather | torch.Tensor, index: Choice) -> torch.Tensor:
    """That of the examples in `index` (B,)."""
    if isinstance(rows, Gather):
        return rows(index)[0]
    here = chosen_on(index, rows)
    return rows[here] if isinstance(here, slice) else rows.index_select(0, here)


def prediction_batch(sequences: SequenceArray, device: Device) -> int:
    """How many sequences are predicted at a time."""
    if not is_cuda(device):
        return _PREDICTION_BATCH
    return max(_PREDICTION_BATCH, min(_GPU_BATCH, _GPU_STEPS // sequences.n_timesteps))


class Batches:
    """Batches of examples, for training (shuffled, bucketed by length) or prediction (by length).

    Iterating gives ``(inputs, targets)`` with `inputs` a dict of the module's arguments, and of
    ``sample_weight`` where there are weights.

    Parameters
    ----------
    examples : Examples
        Read in place.
    batch_size : int
        Sequences a batch.
    generator : torch.Generator or None
        Order of training batches. None keeps the order of the examples.
    per_epoch : int or None
        Batches that one iteration gives. None gives all; fewer go on, next time, where the last
        iteration stopped, so that no example comes twice before all came once.
    device : str or torch.device
        A GPU holds what fits, and its batches are made there; else they are made on the CPU.
    """

    def __init__(
        self,
        examples: Examples,
        *,
        batch_size: int = _PREDICTION_BATCH,
        generator: torch.Generator | None = None,
        per_epoch: int | None = None,
        device: Device = "cpu",
    ):
        self.inputs = Gather(examples.sequences, device)
        self.targets = None if examples.targets is None else _rows(examples.targets, device)
        extras = dict(examples.extras)
        if examples.weights is not None:
            extras["sample_weight"] = np.asarray(examples.weights, dtype=np.float32)
        self.extras = {name: _rows(array, device) for name, array in extras.items()}
        self.batch_size = batch_size
        self.generator = generator
        self.per_epoch = per_epoch
        self._rest: list[torch.Tensor] = []

    def __len__(self) -> int:
        return self.per_epoch or -(-len(self.inputs) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, torch.Tensor], Any]]:
        return map(self.batch, self.order())

    def batch(self, index: Choice) -> tuple[dict[str, torch.Tensor], Any]:
        """The inputs and targets of the examples in `index` (B,)."""
        values, lengths = self.inputs(index)
        inputs = {"values": values, "lengths": lengths}
        for name, extra in self.extras.items():
            inputs[name] = _taken(extra, index)
        return inputs, None if self.targets is None else _taken(self.targets, index)

    def order(self) -> list[torch.Tensor]:
        """Which examples stand in which batch."""
        if self.generator is None:
            return list(torch.arange(len(self.inputs)).split(self.batch_size))
        if self.per_epoch is None:
            return self._shuffled()
        while len(self._rest) < self.per_epoch:
            self._rest += self._shuffled()
        now, self._rest = self._rest[: self.per_epoch], self._rest[self.per_epoch :]
        return now

    def by_length(self) -> list[torch.Tensor]:
        """All examples, those of like length together, so that prediction pads little."""
        if self.inputs.equal:
            return list(torch.arange(len(self.inputs)).split(self.batch_size))
        return list(self.inputs.lengths.argsort(stable=True).split(self.batch_size))

    def runs(self) -> Sequence[Choice]:
        """The same, as runs of neighbours, which need no copy, where all are of one length."""
        if not self.inputs.equal:
            return self.by_length()
        firsts = range(0, len(self.inputs), self.batch_size)
        return [slice(first, first + self.batch_size) for first in firsts]

    def _shuffled(self) -> list[torch.Tensor]:
        n = len(self.inputs)
        # There may be more windows than values: numbers no wider than needed.
        dtype = torch.int32 if n < 1 << 31 else torch.int64
        order = torch.randperm(n, generator=self.generator, dtype=dtype)
        if self.inputs.equal:
            return list(order.split(self.batch_size))
        n_batches = -(-len(order) // self.batch_size)
        pool_size = max(1, min(_POOL, n_batches // _LEAST_POOLS)) * self.batch_size
        batches = []
        for pool in order.split(pool_size):
            by_length = pool[self.inputs.lengths[pool].argsort(stable=True)]
            batches += by_length.split(self.batch_size)
        shuffle = torch.randperm(len(batches), generator=self.generator)
        return [batches[i] for i in shuffle.tolist()]
