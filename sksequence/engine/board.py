"""What a training shows in TensorBoard beside its losses: gradients by layer, and what gates do."""

from __future__ import annotations

import copy
from typing import Any

import torch
from skorch.callbacks import TensorBoard
from skorch.callbacks.logging import rename_tensorboard_key
from torch import nn

from sksequence.engine.batches import Examples
from sksequence.engine.gradients import short_name
from sksequence.engine.probe import OpenLayer
from sksequence.modules import OPEN, SHUT, Encoder, unroll, valid_steps

__all__ = ["TrainingBoard"]


class TrainingBoard(TensorBoard):
    """Write to TensorBoard what skorch's callback writes, gradients of all weights, and gates.

    After every epoch: all numbers of the history, among them those of :class:`GradientFlow` where it stands
    before this callback; a histogram of the gradient of every weight, as it was after clipping in the last
    batch; for every gate of every layer a histogram of its values, and the shares that are shut (below 0.1)
    and open (above 0.9). Unlike skorch's own it leaves training its lean loop.

    Parameters
    ----------
    writer : torch.utils.tensorboard.SummaryWriter
        Where to write; it needs the package tensorboard.
    close_after_train : bool, default=True
        Whether to close the writer at the end of training.
    keys_ignored : str, list of str or None, default=None
        Keys of the history to leave out.
    n_sequences : int, default=64
        Sequences whose gates are computed: the first ones held back, where there are some, else the first
        ones learned from. 0 leaves gates out, as language models do, which read a stream.

    Examples
    --------
    >>> from skorch.utils import noop
    >>> from sksequence import GradientFlow, LSTMClassifier, TrainingBoard
    >>> from torch.utils.tensorboard import SummaryWriter  # doctest: +SKIP
    >>> watch = [GradientFlow(), TrainingBoard(SummaryWriter("runs/lstm"))]  # doctest: +SKIP
    >>> LSTMClassifier(callbacks=watch).fit(X, y)  # doctest: +SKIP
    """

    def __init__(self, writer, close_after_train=True, keys_ignored=None, n_sequences=64):
        super().__init__(writer, close_after_train, keys_ignored, key_mapper=_tag)
        self.n_sequences = n_sequences

    # skorch's own listens to batches only to know the first one.
    reads_batches = False

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Write what the epoch has shown.

        Parameters
        ----------
        net : skorch.NeuralNet
            What is trained.
        dataset_train, dataset_valid : Examples or None
            What it learns from, and what it is watched on.
        **kwargs
            As skorch passes them; not read.
        """
        epoch = net.history[-1, "epoch"]
        for name, weight in net.module_.named_parameters():
            if weight.grad is not None:
                self.writer.add_histogram(f"Gradients/{short_name(name)}", weight.grad, global_step=epoch)
        seen = dataset_train if dataset_valid is None else dataset_valid
        if self.n_sequences and isinstance(seen, Examples):
            for name, values in _gates(net, seen, self.n_sequences).items():
                self.writer.add_histogram(f"Gates/{name}", values, global_step=epoch)
                shares = {"shut": (values < SHUT), "open": (values > OPEN)}
                for what, share in shares.items():
                    self.writer.add_scalar(f"Saturation/{name}, {what}", float(share.float().mean()), epoch)
        super().on_epoch_end(net, **kwargs)


def _tag(key: str) -> str:
    """Where a number of the history stands among the curves."""
    layer = key.removeprefix("gradient_norm_")
    return f"Gradient norm/{layer}" if layer != key else rename_tensorboard_key(key)


@torch.no_grad()
def _gates(net, examples: Examples, n: int) -> dict[str, torch.Tensor]:
    """Values of every gate over all valid steps of the first sequences, by layer, direction and name."""
    module = copy.deepcopy(net.module_).eval()
    layers = [OpenLayer.at(path, layer) for path, layer in unroll(module).items()]
    rows = torch.arange(min(n, len(examples)))
    inputs: dict[str, Any] = examples.validation_batches(net.budget).batch(rows)[0]
    inputs = {name: tensor.to(net.device) for name, tensor in inputs.items() if name != "sample_weight"}
    module(**inputs)
    found = {}
    for layer in layers:
        place = f"layer {layer.depth}, {layer.direction}"
        if layer.member:
            place = f"member {layer.member}, {place}"
        for gate, values in layer.unrolled.trace.gates.items():
            inside = _inside(module, inputs["lengths"], values.shape[1])
            found[f"{place}, {gate}"] = values[inside].flatten()
    return found


def _inside(module: nn.Module, lengths: torch.Tensor, n_steps: int) -> torch.Tensor:
    """Recurrent steps that are no padding: (B,) -> (B, T)."""
    encoder = getattr(module, "encoder", None)
    if not isinstance(encoder, Encoder):
        # Windows of a forecaster are filled up in front.
        return torch.ones(len(lengths), n_steps, dtype=torch.bool, device=lengths.device)
    if encoder.patches is not None:
        lengths = torch.div(lengths + encoder.patches.size - 1, encoder.patches.size, rounding_mode="floor")
    return valid_steps(lengths, n_steps)
