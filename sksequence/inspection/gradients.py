"""How far back a network's loss teaches: gradients of the loss at every step, before any training step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from sksequence.engine import OpenLayer, Probe
from sksequence.exceptions import InputError
from sksequence.inspection.probes import network_of
from sksequence.modules import single_thread, valid_steps

__all__ = ["StateGradients", "gradient_flow"]

# Norms at both ends are means over this share of the steps.
_END = 0.1


@dataclass(frozen=True, eq=False)
class StateGradients:
    """Gradients of the loss with respect to the states of every layer; made by :func:`gradient_flow`.

    Parameters
    ----------
    norms : DataFrame of shape (n_lags, n_layers)
        Root mean square, over sequences, of the norm of the gradient of a sequence's loss with respect to
        the state so many steps before the last that a layer read: row 0 is that last step. Columns are
        (layer, direction), of an ensemble (member, layer, direction). A backward direction reads the
        first step last.
    n_sequences : ndarray of int of shape (n_lags,)
        Sequences that are long enough to have such a step; the others do not count.
    step_size : int
        Time steps that a recurrent step reads: 1, or those of a patch or segment.
    threshold : float
        What counts as vanished: the share of the gradient at the last steps that is left at the first
        ones; as exploded, its inverse.
    remedies : dict of str to str
        What to do, by "vanishing" and "exploding".

    See Also
    --------
    gradient_flow : Computes it.
    GradientFlowDisplay : Shows it.
    """

    norms: pd.DataFrame
    n_sequences: np.ndarray
    step_size: int
    threshold: float
    remedies: dict[str, str]

    @property
    def ratio(self) -> pd.Series:
        """Of each layer, the norm at the first tenth of the steps, in units of that at the last tenth.

        NaN where there is no gradient at all.
        """
        n = max(1, int(_END * len(self.norms)))
        squares = self.norms.to_numpy() ** 2 * self.n_sequences[:, None]
        last, first = (
            np.sqrt(squares[part].sum(axis=0) / self.n_sequences[part].sum())
            for part in (slice(None, n), slice(-n, None))
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return pd.Series(first / last, index=self.norms.columns)

    @property
    def vanishing(self) -> bool:
        """Whether the first steps of any layer get less than `threshold` of what the last ones get."""
        return bool((self.ratio < self.threshold).any())

    @property
    def exploding(self) -> bool:
        """Whether they get more than 1 / `threshold` of it, or no finite number."""
        finite = np.isfinite(self.norms.to_numpy()).all()
        return bool((self.ratio > 1 / self.threshold).any() or not finite)

    @property
    def remedy(self) -> str:
        """What to do; empty where gradients neither vanish nor explode."""
        found = {"vanishing": self.vanishing, "exploding": self.exploding}
        return " ".join(self.remedies[name] for name, is_found in found.items() if is_found)

    def __repr__(self) -> str:
        steps = len(self.norms) * self.step_size
        lines = [f"StateGradients({int(self.n_sequences[0]):,} sequences of up to {steps:,} time steps)"]
        for key, ratio in self.ratio.items():
            lines.append(
                f"  {name_of(key, self.norms)}: {ratio:.2g} of the gradient is left at the first steps"
            )
        flags = [name for name in ("vanishing", "exploding") if getattr(self, name)]
        lines.append(
            f"{' and '.join(flags).capitalize()}. {self.remedy}"
            if flags
            else "Neither vanishing nor exploding."
        )
        return "\n".join(lines)

    def plot(self, *, ax=None, **line_kw):
        """Draw the norms.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How all lines are drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : GradientFlowDisplay

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        from sksequence.inspection.gradient_display import GradientFlowDisplay

        return GradientFlowDisplay({"": self}).plot(ax=ax, **line_kw)


def name_of(key: tuple, norms: pd.DataFrame) -> str:
    """A layer by what tells it from the others: "layer 0", "layer 0, backward"."""
    words = {"member": "member {}", "layer": "layer {}", "direction": "{}"}
    return ", ".join(
        words[str(level)].format(value)
        for level, value in zip(norms.columns.names, key, strict=True)
        if level == "layer" or norms.columns.unique(level).size > 1
    )


def gradient_flow(estimator, X, y=None, *, max_samples=256, threshold=1e-3):
    """Compute how strongly the loss pulls at the states of a fitted network, step by step.

    The gradient at a step is what that step has to learn from. Where it vanishes towards the first steps,
    what happened there can hardly be learned; where it explodes, training is unstable.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier, regressor, tagger, forecaster or language model of sksequence, or a Pipeline that
        ends in one. One trained for a single epoch shows how training began.
    X : array-like
        Sequences, as the estimator takes them; of series, every training window is one.
    y : array-like or None, default=None
        Targets, as `fit` takes them; None for forecasters and language models, whose targets stand in X.
    max_samples : int or None, default=256
        Sequences looked at, evenly spaced among those that came; None looks at all.
    threshold : float, default=1e-3
        Share of the gradient at the last steps; what is left at the first steps counts as vanished below
        it, as exploded above its inverse.

    Returns
    -------
    gradients : StateGradients
        With `norms`, `ratio`, the flags `vanishing` and `exploding`, `remedy` and `plot`.

    Raises
    ------
    InputError
        If there is no recurrent network inside, or X or y cannot be read.

    Notes
    -----
    The state is what carries the past: the cell state of an LSTM, the hidden state of others. Its gradient
    is the total derivative of the sequence's own loss, unweighted, in evaluation mode: through all later
    steps, and through whatever reads the state at once. So pooling over all steps keeps gradients from
    vanishing, though the recurrence itself may carry nothing; pass an estimator with ``pooling="last"`` to
    see that alone. Of a language model the loss is that of the last token of each text: it shows how far
    back the network can learn from. Gradients are those before clipping.

    References
    ----------
    Bengio et al. (1994), "Learning long-term dependencies with gradient descent is difficult".
    Pascanu et al. (2013), "On the difficulty of training recurrent neural networks".

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import RNNClassifier
    >>> from sksequence.inspection import gradient_flow
    >>> X = np.random.default_rng(0).normal(size=(40, 60, 1))
    >>> y = X[:, -1, 0] > 0
    >>> model = RNNClassifier(memory=None, pooling="last", max_epochs=2, random_state=0).fit(X, y)
    >>> gradient_flow(model, X, y).vanishing
    True
    """
    caller = "gradient_flow"
    if not 0 < threshold < 1:
        raise InputError(
            f"{caller}: threshold={threshold!r} came, but a share between 0 and 1 is needed. Pass one."
        )
    inner, X = network_of(estimator, X, caller)
    probe = inner._lesson(X, y, caller)
    layers = probe.open_layers()
    index = probe.thinned(max_samples)
    with single_thread():
        parts = [_squared_gradients(probe, layers, *lesson) for _, *lesson in probe.lessons(index)]
    squares, lags = map(np.concatenate, zip(*parts, strict=True))
    count = np.bincount(lags)
    means = np.stack([np.bincount(lags, weights=column) for column in squares.T], axis=1) / count[:, None]
    norms = pd.DataFrame(np.sqrt(means), index=pd.RangeIndex(len(count), name="lag"), columns=_keys(layers))
    remedies = _remedies(inner, layers, len(count) * probe.step_size)
    return StateGradients(norms, count, probe.step_size, threshold, remedies)


def _keys(layers: list[OpenLayer]) -> pd.MultiIndex:
    """What the columns are called; members only where there are several."""
    keys = [(layer.member, layer.depth, layer.direction) for layer in layers]
    columns = pd.MultiIndex.from_tuples(keys, names=["member", "layer", "direction"])
    return columns if columns.unique("member").size > 1 else columns.droplevel("member")


def _squared_gradients(
    probe: Probe, layers: list[OpenLayer], inputs: dict, targets: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Squared norms of all valid steps of a batch (n, n_layers), and their lags (n,)."""
    losses = probe.losses(inputs, targets)
    traces = [layer.unrolled.trace.carried for layer in layers]
    states = [state for trace in traces for state in trace]
    gradients = torch.autograd.grad(losses.sum(), states, allow_unused=True)
    norms = torch.stack(
        [
            torch.zeros(len(s), device=s.device) if g is None else g.square().sum(1)
            for g, s in zip(gradients, states, strict=True)
        ],
        dim=1,
    )  # (B, layers T)
    n_steps = probe.n_steps(inputs)
    norms = norms.unflatten(1, (len(layers), -1)).transpose(1, 2)  # (B, T, layers)
    lags = n_steps[:, None] - 1 - torch.arange(norms.shape[1], device=norms.device)
    inside = valid_steps(n_steps, norms.shape[1])
    return norms[inside].double().cpu().numpy(), lags[inside].cpu().numpy()


def _remedies(estimator: Any, layers: list[OpenLayer], n_steps: int) -> dict[str, str]:
    """What to change about an estimator, by what is wrong."""
    parameters = estimator.get_params(deep=False)
    elman = layers[0].unrolled.kernel.mode.startswith("RNN")
    vanishing, exploding = [], []
    if elman:
        vanishing.append("take an LSTM or a GRU, whose gates can keep a gradient")
        exploding.append("take an LSTM or a GRU")
    if parameters.get("nonlinearity") == "relu":
        exploding.append('set nonlinearity="tanh"')
    if "memory" in parameters and (estimator.memory_ is None or estimator.memory_ < n_steps):
        vanishing.append(f"set memory={n_steps}, the range to begin with")
    pooling = parameters.get("pooling")
    if pooling in ("last", ["last"], ("last",)):
        vanishing.append('read all steps at the end, with pooling=("last", "mean", "max")')
    if parameters.get("patch_size") == "auto":
        vanishing.append(f"read more steps as one, with a larger patch_size (now {estimator.patch_size_})")
    clip = parameters["gradient_clip"]
    exploding.append("set gradient_clip=1.0" if clip is None else f"lower gradient_clip (now {clip:g})")
    exploding.append(f"lower lr (now {parameters['lr']:g})")
    return {
        "vanishing": "If what lies far back matters: "
        + "; or ".join(vanishing or ["shorten the sequences"])
        + ".",
        "exploding": "For a steady training: " + "; or ".join(exploding) + ".",
    }
