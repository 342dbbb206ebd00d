"""Data on the device where they are used: all at once where they fit, else batch by batch."""

from __future__ import annotations

import torch

__all__ = ["Choice", "Device", "chosen_on", "is_cuda", "placed"]

Device = str | torch.device
# Share of the GPU's free memory that data may take; the rest is for the network and its batches.
_SHARE = 0.25

# Which examples: their numbers, or a run of neighbours.
Choice = torch.Tensor | slice


def is_cuda(device: Device) -> bool:
    """Whether a device is a GPU."""
    return str(device).startswith("cuda")


def placed(tensor: torch.Tensor, device: Device) -> torch.Tensor:
    """The tensor on a GPU that has plenty of room for it, else where it is.

    What lies there is gathered there: no batch waits for the computer's memory, and none is copied twice.
    """
    if not is_cuda(device) or tensor.device == torch.device(device):
        return tensor
    return tensor.to(device) if tensor.nbytes <= _SHARE * torch.cuda.mem_get_info(device)[0] else tensor


def chosen_on(index: Choice, tensor: torch.Tensor) -> Choice:
    """A choice of examples as `tensor` takes it, on its device; nothing waits for the copy of an index."""
    if isinstance(index, slice) or index.device == tensor.device:
        return index
    return index.to(tensor.device, non_blocking=True)
