"""How much each input of each sequence adds to one output: gradients times input, integrated gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sksequence.engine import Probe
from sksequence.exceptions import InputError, MissingDependencyError
from sksequence.inspection.probes import check_option, network_of
from sksequence.modules import Standardize, single_thread
from sksequence.sequences import RaggedList

__all__ = ["input_attributions"]


def input_attributions(estimator, X, *, output=None, method="integrated_gradients", n_steps=32):
    """Divide an output of a fitted network among the steps and features of each sequence.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier, regressor, tagger, forecaster or language model of sksequence, or a Pipeline that
        ends in one. Of taggers the output at the last step counts, of language models the token after a
        text.
    X : array-like
        Sequences, as the estimator takes them; of series, every window is one, and the target's own past
        is the input.
    output : label, int or None, default=None
        What is divided: of classifiers and taggers the score, before the softmax, of a label, by default of
        the one predicted for each sequence; of language models that of a token, likewise; of others an output
        or a step ahead by its position, by default the first.
    method : {"integrated_gradients", "gradient"}, default="integrated_gradients"
        "gradient" multiplies each input, less its mean, by the gradient at the sequence as it is.
        "integrated_gradients" takes the mean gradient on the way from the mean to the sequence, so that
        the shares add up to the change of the output; it needs Captum (``pip install "sksequence[captum]"``).
    n_steps : int, default=32
        Points on that way.

    Returns
    -------
    attributions : list of ndarray of float32 of shape (length_i, n_features)
        Of each sequence, in the order of X, in the units of the network's outputs (scores, standardised
        targets, forecasts in deviations of their window). Tokens get one share a step, and so do steps
        that hold ids and numbers. Of language models the first share is that of the boundary before a text.

    Raises
    ------
    InputError
        If there is no recurrent network inside, no such output, or X cannot be read.
    MissingDependencyError
        If integrated gradients are asked for, and Captum is not installed.

    References
    ----------
    Sundararajan et al. (2017), "Axiomatic attribution for deep networks" (integrated gradients).
    Shrikumar et al. (2016), "Not just a black box" (gradient times input).

    Examples
    --------
    The target is the second feature at the last step but one:

    >>> import numpy as np
    >>> from sksequence import LSTMRegressor
    >>> from sksequence.inspection import input_attributions
    >>> X = np.random.default_rng(0).normal(size=(300, 6, 2))
    >>> model = LSTMRegressor(hidden_size=16, pooling="last", random_state=0).fit(X, X[:, -2, 1])
    >>> shares = np.abs(input_attributions(model, X, method="gradient")).mean(axis=0)
    >>> tuple(map(int, np.unravel_index(shares.argmax(), shares.shape)))
    (4, 1)
    """
    caller = "input_attributions"
    check_option("method", method, ("integrated_gradients", "gradient"), caller)
    if not isinstance(n_steps, (int, np.integer)) or n_steps < 1:
        raise InputError(f"{caller}: n_steps={n_steps!r} came, but an int >= 1 is needed. Pass one.")
    inner, X = network_of(estimator, X, caller)
    probe = inner._probe(X, caller)
    chooser = _Chooser(inner, output, caller)
    attribute = _gradient if method == "gradient" else _integrated(int(n_steps), caller)
    found: list[np.ndarray] = [np.empty(0)] * len(probe)
    with single_thread():
        for rows, inputs in probe.batches():
            steps = probe.steps(inputs)
            with torch.no_grad():
                chosen = chooser(probe.outputs(steps, inputs))
            shares = _by_feature(probe, attribute(probe, steps, inputs, chosen)).detach().cpu().numpy()
            for row, each, n in zip(rows.tolist(), shares, inputs["lengths"].tolist(), strict=True):
                found[row] = each[:n]
    return RaggedList(found)


class _Chooser:
    """Which output of each sequence is divided."""

    def __init__(self, estimator: Any, output: Any, caller: str):
        multilabel = getattr(estimator, "_multilabel", False)
        labels = getattr(estimator, "classes_", getattr(estimator, "tokens_", None))
        self.classes = None if multilabel else labels
        self.output, self.caller = output, caller

    def __call__(self, outputs: torch.Tensor) -> torch.Tensor:
        """Positions among the outputs: (B, K) -> (B, 1)."""
        if self.output is None and self.classes is not None:
            return outputs.argmax(dim=1, keepdim=True)
        position = 0 if self.output is None else self._position(outputs.shape[1])
        return torch.full((len(outputs), 1), position, device=outputs.device)

    def _position(self, n: int) -> int:
        if self.classes is not None:
            found = np.flatnonzero(self.classes == self.output)
            if len(found) == 1:
                return int(found[0])
            known = f"the labels are {self.classes[:5].tolist()}{', ...' if len(self.classes) > 5 else ''}"
        else:
            if isinstance(self.output, (int, np.integer)) and 0 <= self.output < n:
                return int(self.output)
            known = f"there are {n} outputs, counted from 0"
        raise InputError(f"{self.caller}: output={self.output!r} came, but {known}. Name one.")


def _gradient(probe: Probe, steps: torch.Tensor, inputs: dict, chosen: torch.Tensor) -> torch.Tensor:
    """Gradient times input, (B, T, F)."""
    steps = steps.detach().clone().requires_grad_()
    outputs = probe.outputs(steps, inputs).gather(1, chosen)
    return torch.autograd.grad(outputs.sum(), steps)[0] * steps


def _integrated(n_steps: int, caller: str):
    """Integrated gradients from the mean, which is zero where inputs are standardised."""
    try:
        from captum.attr import IntegratedGradients
    except ImportError as error:
        raise MissingDependencyError(
            f'{caller}: method="integrated_gradients" came, but Captum is missing. Install it, for example '
            'with pip install "sksequence[captum]", or pass method="gradient".'
        ) from error

    def attribute(probe: Probe, steps: torch.Tensor, inputs: dict, chosen: torch.Tensor) -> torch.Tensor:
        names = [name for name in inputs if name != "values"]

        def answer(steps: torch.Tensor, values: torch.Tensor, chosen: torch.Tensor, *beside) -> torch.Tensor:
            given = {"values": values} | dict(zip(names, beside, strict=True))
            return probe.outputs(steps, given).gather(1, chosen)[:, 0]

        beside = (inputs["values"], chosen, *(inputs[name] for name in names))
        return IntegratedGradients(answer).attribute(
            steps, additional_forward_args=beside, n_steps=n_steps, internal_batch_size=len(steps)
        )

    return attribute


def _by_feature(probe: Probe, shares: torch.Tensor) -> torch.Tensor:
    """From what the network reads of a step to the features that came: (B, T, F') -> (B, T, F)."""
    if isinstance(probe.entry, Standardize):
        n = len(probe.entry.mean)
        # What the indicator of a missing feature adds belongs to that feature.
        return shares if shares.shape[2] == n else shares[:, :, :n] + shares[:, :, n:]
    return shares if shares.shape[2] == 1 else shares.sum(dim=2, keepdim=True)
