"""How large the gradients of each part of a network are, epoch by epoch."""

from __future__ import annotations

import re

import torch
from skorch.callbacks import Callback

__all__ = ["GradientFlow", "short_name"]


class GradientFlow(Callback):
    """Record the norm of the gradient of every layer in every epoch, as columns of `history_`.

    Norms are taken before clipping, once an optimiser step, and averaged over the steps of an epoch, as
    the column "gradient_norm" is; their columns are "gradient_norm_" and the name of the layer:
    "gradient_norm_layers.0" for the recurrent layer that reads the input, "gradient_norm_head" for the
    last one. It listens to the optimiser, so that training keeps its lean loop.

    Parameters
    ----------
    by : {"layer", "parameter"}, default="layer"
        Whether a column is a layer, all its weights together, or one array of weights.

    See Also
    --------
    sksequence.inspection.gradient_flow : Gradients by time step, of a fitted network.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import GradientFlow, LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(20, 8, 1))
    >>> model = LSTMClassifier(max_epochs=2, callbacks=[GradientFlow()], random_state=0)
    >>> history = model.fit(X, X[:, 0, 0] > 0).history_
    >>> [name for name in history if name.startswith("gradient_norm_")]
    ['gradient_norm_layers.0', 'gradient_norm_norm', 'gradient_norm_head']
    """

    def __init__(self, by="layer"):
        self.by = by

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Find the layers, and listen to the optimiser.

        Parameters
        ----------
        net : skorch.NeuralNet
            What is trained.
        X, y : object
            As skorch passes them; not read.
        **kwargs
            As skorch passes them; not read.

        Raises
        ------
        ValueError
            If `by` is neither "layer" nor "parameter".
        """
        if self.by not in ("layer", "parameter"):
            raise ValueError(
                f"GradientFlow: by={self.by!r} came, but 'layer' or 'parameter' is needed. Name one."
            )
        named = [(name, p) for name, p in net.module_.named_parameters() if p.requires_grad]
        owners = [short_name(name if self.by == "parameter" else _layer(name)) for name, _ in named]
        self.names_ = list(dict.fromkeys(owners))
        self.weights_ = [p for _, p in named]
        # Which weights belong to which layer: squares of norms are summed by it.
        rows = torch.tensor([self.names_.index(owner) for owner in owners])
        self.belongs_ = torch.eye(len(self.names_))[:, rows].to(self.weights_[0].device)  # (layers, weights)
        self.norms_: list[torch.Tensor] = []
        self.handle_ = net.optimizer_.register_step_post_hook(lambda *_: self._listen(net))

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Forget the epoch before.

        Parameters
        ----------
        net : skorch.NeuralNet
            What is trained.
        dataset_train, dataset_valid : object
            As skorch passes them; not read.
        **kwargs
            As skorch passes them; not read.
        """
        self.norms_.clear()

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Record the means of the epoch.

        Parameters
        ----------
        net : skorch.NeuralNet
            What is trained.
        dataset_train, dataset_valid : object
            As skorch passes them; not read.
        **kwargs
            As skorch passes them; not read.
        """
        if self.norms_:
            means = torch.stack(self.norms_).mean(dim=0).tolist()
            for name, mean in zip(self.names_, means, strict=True):
                net.history.record(f"gradient_norm_{name}", mean)

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Listen no longer.

        Parameters
        ----------
        net : skorch.NeuralNet
            What is trained.
        X, y : object
            As skorch passes them; not read.
        **kwargs
            As skorch passes them; not read.
        """
        self.handle_.remove()
        self.weights_, self.norms_ = [], []

    @torch.no_grad()
    def _listen(self, net) -> None:
        """Norms of one step: (layers,)."""
        zero = self.belongs_.new_zeros(())
        norms = [zero if p.grad is None else p.grad.norm().to(zero.dtype) for p in self.weights_]
        self.norms_.append((self.belongs_ @ torch.stack(norms).square()).sqrt() / net.clipped_to)

    def __getstate__(self):
        # All but the names belongs to its training.
        return {k: v for k, v in self.__dict__.items() if not k.endswith("_") or k == "names_"}


def _layer(name: str) -> str:
    """The layer that a weight belongs to; both directions are one."""
    numbered = re.match(r".*?layers\.\d+", name)
    return numbered[0] if numbered else name.rpartition(".")[0] or name


def short_name(name: str) -> str:
    """Without the encoder's own name, where more follows."""
    return name.removeprefix("encoder.")
