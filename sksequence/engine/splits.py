"""Which examples are held back for validation."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from sksequence.engine.seeds import generator_for
from sksequence.exceptions import InputError

__all__ = ["hold_back"]


def hold_back(
    n_samples: int, fraction: float, seed: int, *, labels: np.ndarray | None = None, caller: str = "fit"
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of training and validation examples, at random; stratified if `labels` are given.

    Parameters
    ----------
    n_samples : int
        Examples there are.
    fraction : float
        Share for validation.
    seed : int
        Of the fit.
    labels : ndarray of shape (n_samples,) or None
        Classes whose shares both parts keep, where every class has at least two members.

    caller : str
        Who asks, for the error.

    Returns
    -------
    train, valid : ndarray of int
        In ascending order.

    Raises
    ------
    InputError
        If either part would be empty.
    """
    n_valid = int(np.ceil(fraction * n_samples))
    if n_valid >= n_samples:
        raise InputError(
            f"{caller}: validation_fraction={fraction} of {n_samples} samples leaves none for training, but "
            "early_stopping needs both parts. Give more samples or set early_stopping=False."
        )
    stratify = None
    if labels is not None:
        counts = np.unique(labels, return_counts=True)[1]
        # scikit-learn refuses to stratify parts smaller than the number of classes.
        if counts.min() >= 2 and n_valid >= len(counts) and n_samples - n_valid >= len(counts):
            stratify = labels
    state = generator_for("split", seed).initial_seed() % (2**32)
    train, valid = train_test_split(
        np.arange(n_samples), test_size=n_valid, random_state=state, stratify=stratify
    )
    return np.sort(train), np.sort(valid)
