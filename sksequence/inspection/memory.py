"""How far back the output of a network depends on its input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sksequence.engine import Probe
from sksequence.inspection.probes import check_option, probe_of
from sksequence.modules import single_thread, valid_steps

__all__ = ["MemoryRange", "memory_range"]

# Occluding more stretches than this tells little more about a long sequence.
_MOST_BLOCKS = 128


@dataclass(frozen=True, eq=False)
class MemoryRange:
    """How strongly the output of a network depends on the input, by lag; made by :func:`memory_range`.

    The square of the curve is read as a distribution over lags: `half_life` is its median, `lag_95` its
    95 % quantile. To first order, this is how much of the output's variance each lag causes if the inputs
    are independent; an input `k` steps back that alone decides about the output has a half-life of `k`.

    Parameters
    ----------
    curve : ndarray of shape (n_lags,)
        Root mean square, over sequences, of the dependence on the input so many steps before the last:
        ``curve[0]`` is the last step. In units of the network's outputs (scores before the softmax,
        standardised targets, forecasts in deviations of their window).
    n_sequences : ndarray of int of shape (n_lags,)
        Sequences that are long enough to have such a step; the others do not count in `curve`.
    method : {"gradient", "jacobian", "occlusion"}
        How it was measured.

    See Also
    --------
    memory_range : Measures it.
    MemoryRangeDisplay : Shows several.
    """

    curve: np.ndarray
    n_sequences: np.ndarray
    method: str

    @property
    def half_life(self) -> float:
        """Smallest lag, in time steps, up to which half of the dependence lies; NaN where there is none."""
        return self.lag(0.5)

    @property
    def lag_95(self) -> float:
        """Smallest lag, in time steps, up to which 95 % of the dependence lies; NaN where there is none."""
        return self.lag(0.95)

    def lag(self, share: float) -> float:
        """Smallest lag up to which a share of the dependence lies, over all sequences.

        Parameters
        ----------
        share : float
            Between 0 and 1.

        Returns
        -------
        lag : float
            In time steps, 0 being the last one; NaN if the output depends on no input.
        """
        held = np.cumsum(self.curve**2 * self.n_sequences)
        if not held[-1] > 0:
            return float("nan")
        return float(np.searchsorted(held, share * held[-1] * (1 - 1e-12)))

    def __repr__(self) -> str:
        if np.isnan(self.half_life):
            return f"MemoryRange(the output depends on no input; {len(self.curve):,} lags, {self.method})"
        return (
            f"MemoryRange(half_life={self.half_life:,.0f}, lag_95={self.lag_95:,.0f} time steps; "
            f"{len(self.curve):,} lags, {self.method})"
        )

    def plot(self, ax=None, **line_kw):
        """Draw the curve.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        **line_kw
            How the line is drawn, as in :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : MemoryRangeDisplay

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        from sksequence.inspection.memory_display import MemoryRangeDisplay

        return MemoryRangeDisplay({"": self}).plot(ax=ax, **line_kw)


def memory_range(
    estimator,
    X,
    *,
    method="gradient",
    max_samples=256,
    n_projections=16,
    fill="mean",
    random_state=0,
):
    """Measure how strongly the output depends on the input k steps back, for every k.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier, regressor, tagger, forecaster or language model of sksequence, or a Pipeline that
        ends in one. Of taggers the output at the last step counts; of forecasters that are recursive the
        first steps; of language models the scores of what may follow each text.
    X : array-like
        Sequences, as the estimator takes them. Of series, every window is a sequence, and the target's
        own past is the input. Texts are read from the boundary before them; cut long ones.
    method : {"gradient", "jacobian", "occlusion"}, default="gradient"
        "jacobian" takes the Frobenius norm of the Jacobian of the outputs with respect to the
        standardised input (the vector, of tokens) at each lag. "gradient" weighs each entry of it by how
        far that input lies from its mean: for inputs that are alike at all lags the two agree on average,
        but where a feature never varies at some lag, nothing depended on it there, however steep the
        network is. "occlusion" replaces the input at a lag and takes the norm of the change of the
        outputs: "gradient" is its limit for small changes. It occludes sequences of more than 128 steps
        in as many stretches of neighbouring steps.
    max_samples : int or None, default=256
        Sequences looked at, evenly spaced among those that came; None looks at all.
    n_projections : int, default=16
        With more outputs than these, the Jacobian's norm is estimated by as many random combinations of
        them (Hutchinson 1989); with fewer it is exact.
    fill : {"mean", "other"}, default="mean"
        What occlusion puts in place of a step: the mean of all steps, or the step at the same lag of
        another sequence. The latter changes the input by twice the variance, which is taken out.
    random_state : int, default=0
        Which combinations, and which other sequences, are drawn.

    Returns
    -------
    memory : MemoryRange
        With `curve`, `half_life`, `lag_95` and `plot`.

    Raises
    ------
    InputError
        If there is no recurrent network inside, an option is unknown, or X cannot be read.

    Notes
    -----
    What is measured is what the fitted function depends on, by whatever way: a state that lasts, pooling
    over all steps, or a second direction. With ``pooling="last"`` and one direction it is what the
    recurrence itself carried. A long sequence that is read in patches has a value for every step
    still, but the network is bound to treat a patch as one, and neighbours within it get alike.

    References
    ----------
    Hutchinson (1989), "A stochastic estimator of the trace of the influence matrix".
    Zeiler & Fergus (2014), "Visualizing and understanding convolutional networks" (occlusion).

    Examples
    --------
    The target is the input two steps before the last:

    >>> import numpy as np
    >>> from sksequence import LSTMRegressor
    >>> from sksequence.inspection import memory_range
    >>> X = np.random.default_rng(0).normal(size=(200, 8, 1))
    >>> model = LSTMRegressor(hidden_size=16, pooling="last", random_state=0).fit(X, X[:, -3, 0])
    >>> memory_range(model, X).half_life
    2.0
    """
    caller = "memory_range"
    check_option("method", method, ("gradient", "jacobian", "occlusion"), caller)
    check_option("fill", fill, ("mean", "other"), caller)
    probe = probe_of(estimator, X, caller)
    index = probe.thinned(max_samples)
    n_lags = int(probe.examples.sequences.lengths[index].max())
    energy, count = np.zeros(n_lags), np.zeros(n_lags, dtype=np.int64)
    generator = torch.Generator().manual_seed(int(random_state))
    with single_thread():
        mean = _mean_step(probe, index)
        for _, inputs in probe.batches(index):
            if method == "occlusion":
                squares = _squared_effect(probe, inputs, mean if fill == "mean" else None, generator)
            else:
                center = mean if method == "gradient" else None
                squares = _squared_jacobian(probe, inputs, center, n_projections, generator)
            lags = inputs["lengths"][:, None] - 1 - torch.arange(squares.shape[1], device=squares.device)
            inside = (lags >= 0).cpu()
            places = lags.cpu()[inside].numpy()
            energy += np.bincount(places, squares.double().cpu()[inside].numpy(), minlength=n_lags)
            count += np.bincount(places, minlength=n_lags)
    return MemoryRange(np.sqrt(energy / count), count, method)


def _squared_jacobian(
    probe: Probe, inputs: dict, center: torch.Tensor | None, most: int, generator: torch.Generator
) -> torch.Tensor:
    """Squared norm of the Jacobian at every step, each entry times the distance from a `center`, (B, T)."""
    with torch.enable_grad():
        steps = probe.steps(inputs).requires_grad_()
        outputs = probe.outputs(steps, inputs)  # (B, K)
    n_outputs = outputs.shape[1]
    if n_outputs <= most:
        combinations = torch.eye(n_outputs)
    else:
        # Signs, scaled so that the sum of the squares has the norm as its expectation.
        signs = torch.randint(0, 2, (most, n_outputs), generator=generator) * 2.0 - 1.0
        combinations = signs / most**0.5
    weights = 1.0 if center is None else steps.detach() - center
    total = torch.zeros(steps.shape[:2], device=steps.device)
    for combination in combinations.to(steps.device):
        (gradient,) = torch.autograd.grad(
            outputs, steps, combination.expand_as(outputs), retain_graph=True, materialize_grads=True
        )
        total += (gradient * weights).square().sum(-1)
    return total


def _mean_step(probe: Probe, index: np.ndarray) -> torch.Tensor:
    """Mean of all steps that the network reads, (F,)."""
    total, n = torch.zeros((), dtype=torch.float64, device=probe.device), 0
    for _, inputs in probe.batches(index):
        steps = probe.steps(inputs)
        inside = valid_steps(inputs["lengths"], steps.shape[1])
        total = total + steps[inside].double().sum(0)
        n += int(inside.sum())
    return (total / n).float()


@torch.no_grad()
def _squared_effect(
    probe: Probe, inputs: dict, filler: torch.Tensor | None, generator: torch.Generator
) -> torch.Tensor:
    """Squared change of the outputs when a step is replaced, (B, T)."""
    steps, lengths = probe.steps(inputs), inputs["lengths"]
    before = probe.outputs(steps, inputs)
    n_steps = steps.shape[1]
    lags = lengths[:, None] - 1 - torch.arange(n_steps, device=steps.device)  # (B, T), negative in padding
    replacement = _of_others(steps, lengths, lags, generator) if filler is None else filler.expand_as(steps)
    width = -(-n_steps // _MOST_BLOCKS)
    block = torch.div(lags, width, rounding_mode="floor")
    total = torch.zeros(steps.shape[:2], device=steps.device)
    for number in range(int(block.max()) + 1):
        inside = block == number
        after = probe.outputs(torch.where(inside[:, :, None], replacement, steps), inputs)
        effect = (after - before).square().sum(1, keepdim=True)  # (B, 1)
        total += inside * effect / inside.sum(1, keepdim=True).clamp(min=1)
    return total if filler is not None else total / 2


def _of_others(
    steps: torch.Tensor, lengths: torch.Tensor, lags: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """The step at the same lag of another sequence, its first where it has no such, (B, T, F)."""
    order = torch.randperm(len(steps), generator=generator).to(steps.device)
    other = torch.empty_like(order)
    other[order] = order.roll(1)
    source = (lengths[other, None] - 1 - lags).clamp(min=0).minimum(lengths[other, None] - 1)
    return steps[other[:, None], source]
