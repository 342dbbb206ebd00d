"""How much each step counts in a pooling with attention."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sksequence.exceptions import InputError
from sksequence.inspection.probes import probe_of
from sksequence.modules import Pooling, single_thread, valid_steps
from sksequence.sequences import RaggedList

__all__ = ["attention_weights"]


def attention_weights(estimator, X):
    """Compute how much each step counts, where the pooling of a fitted network includes attention.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier or regressor of sksequence with "attention" in its `pooling`, or a Pipeline that
        ends in one.
    X : array-like
        Sequences, as the estimator takes them.

    Returns
    -------
    weights : list of ndarray of float32 of shape (length_i,)
        Of each sequence, in the order of X; they sum to 1. Of a network that reads patches of
        `patch_size_` steps as one, a weight for each patch.

    Raises
    ------
    InputError
        If there is no attention inside, or X cannot be read.

    Notes
    -----
    A step's weight says how much its state counts, and the state knows of earlier steps, in a
    bidirectional network of later ones, too. Other summaries in `pooling` have no weights and may say the
    same. So a weight is not yet an explanation (Jain & Wallace 2019); see
    :func:`sequence_permutation_importance` for what the score rests on.

    References
    ----------
    Jain & Wallace (2019), "Attention is not explanation".

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import GRUClassifier
    >>> from sksequence.inspection import attention_weights
    >>> X = [np.ones((3, 1)), np.zeros((5, 1))] * 5
    >>> model = GRUClassifier(pooling="attention", max_epochs=1, random_state=0).fit(X, [0, 1] * 5)
    >>> [len(weights) for weights in attention_weights(model, X[:2])]
    [3, 5]
    """
    caller = "attention_weights"
    probe = probe_of(estimator, X, caller)
    encoder: Any = getattr(probe.module, "encoder", None)
    pooling = getattr(probe.module, "pooling", None)
    if not isinstance(pooling, Pooling) or pooling.score is None:
        came = f"with pooling={list(pooling.kinds)}" if isinstance(pooling, Pooling) else "without pooling"
        raise InputError(
            f'{caller}: a network {came} came, but only "attention" has weights. Fit a classifier or a '
            'regressor with pooling="attention", alone or with others.'
        )
    found: list[np.ndarray] = [np.empty(0)] * len(probe)
    with single_thread(), torch.no_grad():
        for rows, inputs in probe.batches():
            states, n_steps = encoder(probe.steps(inputs), inputs["lengths"])
            inside = valid_steps(n_steps, states.shape[1])
            weights = pooling.attention_weights(states, inside.unsqueeze(-1))[:, :, 0].cpu().numpy()
            for row, each, n in zip(rows.tolist(), weights, n_steps.tolist(), strict=True):
                found[row] = each[:n]
    return RaggedList(found)
