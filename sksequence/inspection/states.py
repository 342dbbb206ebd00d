"""The states of a fitted network over the steps of chosen sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sksequence.engine import OpenLayer, Probe
from sksequence.exceptions import InputError
from sksequence.inspection.probes import check_option, probe_of
from sksequence.modules import reverse, single_thread, valid_steps
from sksequence.sequences import SequenceArray

__all__ = ["HiddenStates", "hidden_states"]


@dataclass(frozen=True, eq=False)
class HiddenStates:
    """States of one recurrent layer; made by :func:`hidden_states`.

    Parameters
    ----------
    states : SequenceArray of shape (n_sequences,)
        ``states[i]`` is an ndarray (n_steps, n_units): the units of the forward direction, then those of
        the backward one, whose step 0 is its last.
    layer : int
        0 is the layer that reads the input.
    step_size : int
        Time steps that lie between one state and the next: 1, or those of a patch or segment.
    kind : {"hidden", "cell"}
        Whether they are the states that the layer gives, or those that an LSTM keeps to itself.

    See Also
    --------
    hidden_states : Computes it.
    HiddenStateDisplay : Shows it as a map.
    """

    states: SequenceArray
    layer: int
    step_size: int
    kind: str

    def dead_units(self, tolerance=0.01):
        """Units that do nothing: their state hardly moves, whatever comes.

        Parameters
        ----------
        tolerance : float, default=0.01
            Least distance between the smallest and the largest state, over all steps of all sequences,
            of a unit that is alive; the states of tanh units lie between -1 and 1.

        Returns
        -------
        units : ndarray of int
            Their positions.
        """
        values = self.states.values
        return np.flatnonzero(values.max(axis=0) - values.min(axis=0) < tolerance)

    def __repr__(self) -> str:
        n = self.states.n_features
        return (
            f"HiddenStates({len(self.states):,} sequences, layer {self.layer}, {self.kind}, {n} units, "
            f"{len(self.dead_units())} dead)"
        )

    def plot(self, sequence=0, *, ax=None):
        """Draw the map of one sequence.

        Parameters
        ----------
        sequence : int, default=0
            Which one.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : HiddenStateDisplay

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        from sksequence.inspection.state_display import HiddenStateDisplay

        return HiddenStateDisplay(self, sequence=sequence).plot(ax=ax)


def hidden_states(estimator, X, *, layer=-1, kind="hidden", member=0):
    """Compute the states of a recurrent layer at every step of every sequence.

    Parameters
    ----------
    estimator : fitted estimator
        Any recurrent estimator of sksequence, or a Pipeline that ends in one.
    X : array-like
        Sequences, as the estimator takes them; of series, every window is one. Of language models step 0
        is the boundary before a text.
    layer : int, default=-1
        0 is the layer that reads the input, -1 the last one.
    kind : {"hidden", "cell"}, default="hidden"
        States that the layer gives, or, of an LSTM, those that it keeps to itself.
    member : int, default=0
        Which network of an ensemble.

    Returns
    -------
    states : HiddenStates
        With `states`, a SequenceArray, `dead_units` and `plot`.

    Raises
    ------
    InputError
        If there is no such layer or kind of state, or X cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import LSTMClassifier
    >>> from sksequence.inspection import hidden_states
    >>> X = np.random.default_rng(0).normal(size=(20, 8, 1))
    >>> model = LSTMClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, X[:, 0, 0] > 0)
    >>> hidden_states(model, X[:3]).states
    SequenceArray(3 sequences of 8 steps, 4 features, float32)
    """
    caller = "hidden_states"
    check_option("kind", kind, ("hidden", "cell"), caller)
    probe = probe_of(estimator, X, caller)
    chosen, depth = _chosen(probe.open_layers(), layer, member, caller)
    if kind == "cell" and chosen[0].unrolled.kernel.mode != "LSTM":
        raise InputError(f"{caller}: kind='cell' came, but only an LSTM has cell states. Leave it out.")
    states = _states(probe, chosen, kind)
    return HiddenStates(states, depth, probe.step_size, kind)


def _chosen(layers: list[OpenLayer], layer: int, member: int, caller: str) -> tuple[list[OpenLayer], int]:
    """Both directions of one layer, and its number."""
    n_members = max(one.member for one in layers) + 1
    n_layers = max(one.depth for one in layers) + 1
    for name, value, n in (("layer", layer, n_layers), ("member", member, n_members)):
        if not isinstance(value, (int, np.integer)) or not -n <= value < n:
            raise InputError(
                f"{caller}: {name}={value!r} came, but the network has {n}, counted from 0. Pass one of "
                "these."
            )
    depth, member = layer % n_layers, member % n_members
    return [one for one in layers if (one.depth, one.member) == (depth, member)], depth


def _states(probe: Probe, layers: list[OpenLayer], kind: str) -> SequenceArray:
    """States of all directions side by side, in the order of the sequences."""
    lengths = np.empty(len(probe), dtype=np.int64)
    parts = []
    with single_thread(), torch.no_grad():
        for rows, inputs in probe.batches():
            probe.outputs(probe.steps(inputs), inputs)
            n_steps = probe.n_steps(inputs)
            directions = []
            for layer in layers:
                trace = layer.unrolled.trace
                states = torch.stack(trace.cell if kind == "cell" else trace.hidden, dim=1)
                directions.append(reverse(states, n_steps) if layer.direction == "backward" else states)
            inside = valid_steps(n_steps, int(n_steps.max()))
            lengths[rows.numpy()] = n_steps.cpu().numpy()
            parts.append((rows.numpy(), torch.cat(directions, dim=2)[inside].cpu().numpy()))
    order = np.concatenate([rows for rows, _ in parts])
    starts = np.empty_like(lengths)
    # Batches hold sequences of like length: they stand in that order, each where its own values begin.
    starts[order] = np.cumsum(lengths[order]) - lengths[order]
    names = [f"{layer.direction} {i}" for layer in layers for i in range(layer.unrolled.kernel.hidden_size)]
    values = np.concatenate([values for _, values in parts])
    return SequenceArray(values, starts, lengths, feature_names=names)
