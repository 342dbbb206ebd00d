"""What a language model knows of its tokens, as a plain value that other estimators begin with."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import torch

from sksequence._params import Rule
from sksequence.exceptions import ParameterError
from sksequence.modules import Encoder, RecurrentLayer

__all__ = ["INIT_FROM", "EncoderWeights", "weights_of"]

_ENTRY = "ahead.weight_ih_l0"  # what a layer reads its input with


class EncoderWeights:
    """Token vectors and recurrent layers of a fitted language model.

    A value that never changes: a copy, such as scikit-learn's `clone` makes of every parameter, is the
    value itself, and costs nothing.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
        The recurrence.
    encoder : Encoder
        Of one direction, over tokens.
    vocabulary : tuple of str or None
        What each id stands for.
    """

    def __init__(self, cell: str, encoder: Encoder, vocabulary: tuple[str, ...] | None):
        inputs: Any = encoder.inputs
        self.cell = cell
        self.vocabulary = vocabulary
        self.vectors = _frozen(inputs.table.weight[: inputs.n_tokens])
        self.layers = [
            {name: _frozen(tensor) for name, tensor in layer.state_dict().items()} for layer in encoder.layers
        ]

    @property
    def sizes(self) -> dict[str, Any]:
        """Parameters that an estimator which begins with these weights needs."""
        return {
            "hidden_size": self.layers[0]["ahead.weight_hh_l0"].shape[1],
            "num_layers": len(self.layers),
            "layer_norm": "norm.weight" in self.layers[0],
        }

    @property
    def width(self) -> int:
        """Of the token vectors."""
        return self.vectors.shape[1]

    def embeddings_for(self, vocabulary: tuple[str, ...] | None) -> Any:
        """Token vectors by word where both sides know their words, else by id."""
        if self.vocabulary is None or vocabulary is None:
            return self.vectors
        return self.vocabulary, self.vectors

    def at_deviation(self, deviation: float) -> EncoderWeights:
        """The same network, with token vectors of this standard deviation.

        What the vectors are scaled by, the first layer's input weights are divided by, so that every state
        stays as it was. What changes is how fast the two learn: an optimiser such as Adam moves every weight
        by about `lr` a step, which is much for a vector of small numbers, and next to nothing for one of
        large ones. A language model's vectors keep most of the random numbers that they began with, by which
        each word is told from all others; large ones drown what few labels say of a word.

        Parameters
        ----------
        deviation : float
            Of all numbers in the vectors.

        Returns
        -------
        weights : EncoderWeights
        """
        scale = deviation / max(float(self.vectors.std()), 1e-12)
        same = copy(self)
        same.vectors = self.vectors * np.float32(scale)
        entry = self.layers[0][_ENTRY] / np.float32(scale)
        same.layers = [self.layers[0] | {_ENTRY: entry}, *self.layers[1:]]
        return same

    def put_into(self, encoder: Encoder) -> None:
        """Let the forward direction of another encoder of these sizes begin with these layers."""
        with torch.no_grad():
            for layer, weights in zip(encoder.layers, self.layers, strict=True):
                assert isinstance(layer, RecurrentLayer)
                own = layer.state_dict()
                for name, array in weights.items():
                    _put(own[name], torch.tensor(array))

    def __deepcopy__(self, memo):
        return self

    def __repr__(self) -> str:
        sizes, n = self.sizes, len(self.vectors)
        layers = f"{sizes['num_layers']} x {sizes['hidden_size']} units"
        return f"EncoderWeights({self.cell}, {layers}, {n} tokens of width {self.width})"


def _frozen(tensor: torch.Tensor) -> np.ndarray:
    array = tensor.detach().to("cpu", torch.float32).numpy().copy()
    array.flags.writeable = False
    return array


def _put(target: torch.Tensor, source: torch.Tensor) -> None:
    """Fill a weight; of a wider one, which reads or norms two directions, the forward part.

    What the forward direction would get of the backward one below is zero at first, so that it begins as
    the model was.
    """
    if target.shape == source.shape:
        target.copy_(source)
        return
    width = source.shape[-1]
    target[..., :width] = source
    if target.ndim == 2:
        target[..., width:] = 0.0


INIT_FROM = Rule(
    lambda v: isinstance(v, EncoderWeights) or hasattr(v, "encoder_weights"),
    "a fitted language model or its encoder_weights()",
)


def weights_of(source: Any, owner: str) -> EncoderWeights:
    """The weights behind an `init_from`.

    Parameters
    ----------
    source : EncoderWeights or fitted estimator
        A value, or what has a method `encoder_weights` that gives it.
    owner : str
        The estimator that begins with them, for the error.

    Raises
    ------
    ParameterError
        If the source is an estimator that is not fitted.
    """
    if isinstance(source, EncoderWeights):
        return source
    if not hasattr(source, "net_"):
        raise ParameterError(
            f"The 'init_from' parameter of {owner} is a {type(source).__name__} that is not fitted; clone, "
            "which pipelines and searches call, makes it so. Pass encoder_weights() of the fitted model."
        )
    return source.encoder_weights()
