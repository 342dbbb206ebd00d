"""One token at a time, in plain NumPy: what a call of torch costs is more than a small network's step.

A step is written from the weights of the fitted layers and equals theirs. Sigmoids are taken as
``sigmoid(x) = (1 + tanh(x / 2)) / 2``, with the halves put into the weights beforehand, so that all gates of
a cell need a single tanh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from sksequence.modules import LanguageNetwork

__all__ = ["Stepper"]

# What the first layer adds to its gates is kept for every token up to so many numbers.
_TABLE_SIZE = 1 << 22

State = tuple[np.ndarray, ...]


def _array(tensor: torch.Tensor) -> np.ndarray:
    """A tensor's values, float32, on the CPU."""
    return tensor.detach().to("cpu", torch.float32).numpy()


def _halved(array: np.ndarray, gates: tuple[int, ...], size: int) -> np.ndarray:
    """A copy in which the rows of these gates, whose function is a sigmoid, are halved."""
    array = array.copy()
    for gate in gates:
        array[gate * size : (gate + 1) * size] *= 0.5
    return array


def _rnn(nonlinearity: str) -> Callable:
    def step(into: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, state: State) -> State:
        sums = state[0] @ recurrent
        sums += into
        sums += bias
        return (np.tanh(sums, out=sums) if nonlinearity == "tanh" else np.maximum(sums, 0, out=sums),)

    return step


def _lstm(into: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, state: State) -> State:
    h, c = state
    gates = h @ recurrent
    gates += into
    gates += bias
    np.tanh(gates, out=gates)
    size = h.shape[1]
    candidate = gates[:, 2 * size : 3 * size].copy()
    gates += 1.0
    gates *= 0.5
    c = gates[:, size : 2 * size] * c
    c += gates[:, :size] * candidate
    return gates[:, 3 * size :] * np.tanh(c), c


def _gru(into: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, state: State) -> State:
    (h,) = state
    size = h.shape[1]
    kept = h @ recurrent
    kept += bias
    gates = np.tanh(into[:, : 2 * size] + kept[:, : 2 * size])
    gates += 1.0
    gates *= 0.5
    candidate = np.tanh(into[:, 2 * size :] + gates[:, :size] * kept[:, 2 * size :])
    return (candidate + gates[:, size:] * (h - candidate),)


# Of each kernel of torch: the gates with a sigmoid, and the step.
_KINDS: dict[str, tuple[tuple[int, ...], Callable[[Any], Callable]]] = {
    "RNN_TANH": ((), lambda rnn: _rnn("tanh")),
    "RNN_RELU": ((), lambda rnn: _rnn("relu")),
    "LSTM": ((0, 1, 3), lambda rnn: _lstm),
    "GRU": ((0, 1), lambda rnn: _gru),
}


class _Layer:
    """One recurrent layer: its weights as the step wants them."""

    def __init__(self, layer: Any):
        rnn = layer.ahead
        sigmoids, step = _KINDS[rnn.mode]
        self.step = step(rnn)
        size = rnn.hidden_size
        w_ih, w_hh, b_ih, b_hh = (
            _halved(_array(getattr(rnn, f"{name}_l0")), sigmoids, size)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        self.inputs, self.recurrent = np.ascontiguousarray(w_ih.T), np.ascontiguousarray(w_hh.T)
        self.input_bias, self.bias = b_ih, b_hh
        self.norm = None
        if layer.norm is not None:
            self.norm = _array(layer.norm.weight), _array(layer.norm.bias), layer.norm.eps

    def into(self, x: np.ndarray) -> np.ndarray:
        """What inputs (n, F) add to the gates (n, G H)."""
        return x @ self.inputs + self.input_bias

    def output(self, h: np.ndarray) -> np.ndarray:
        """The state as the next layer sees it."""
        if self.norm is None:
            return h
        weight, bias, eps = self.norm
        centred = h - h.mean(axis=1, keepdims=True)
        return centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + eps) * weight + bias


class Stepper:
    """A language network that reads token after token, several texts side by side.

    Parameters
    ----------
    network : LanguageNetwork
        Fitted.
    states : list of tuple of ndarray of shape (n, H)
        Of each layer, after what was read before; they are replaced, never changed.
    """

    def __init__(self, network: LanguageNetwork, states: list[State]):
        self.states = list(states)
        self.layers = [_Layer(layer) for layer in network.encoder.layers]
        inputs: Any = network.encoder.inputs
        self.vectors = _array(inputs.table.weight)
        first = self.layers[0]
        few = len(self.vectors) * first.recurrent.shape[1] <= _TABLE_SIZE
        self.table = first.into(self.vectors) if few else None
        weight, self.bias = map(_array, network.output())
        projection = network.projection
        if projection is not None:
            # Two maps in a row are one; it is smaller where the vocabulary is not large.
            self.before = np.ascontiguousarray(_array(projection.weight).T), _array(projection.bias)
        self.projects = projection is not None
        self.weight = np.ascontiguousarray(weight.T)

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """Read one token a text, (n,), and give the scores of all that may follow, (n, V)."""
        first = self.layers[0]
        into = self.table[tokens] if self.table is not None else first.into(self.vectors[tokens])
        x = self._advance(0, into)
        for depth, layer in enumerate(self.layers[1:], start=1):
            x = self._advance(depth, layer.into(x))
        return self.scores(x)

    def _advance(self, depth: int, into: np.ndarray) -> np.ndarray:
        """Output (n, H) of a layer whose gates get `into` (n, G H) from below."""
        layer = self.layers[depth]
        self.states[depth] = layer.step(into, layer.recurrent, layer.bias, self.states[depth])
        return layer.output(self.states[depth][0])

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Scores of all tokens, (n, V), after outputs of the last layer, (n, H)."""
        if self.projects:
            weight, bias = self.before
            x = x @ weight + bias
        return x @ self.weight + self.bias

    def keep(self, rows: np.ndarray) -> None:
        """Go on with these texts alone."""
        self.states = [tuple(part[rows] for part in state) for state in self.states]
