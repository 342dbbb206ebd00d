"""Which steps and which features of sequences the score of an estimator rests on, by permuting them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import check_scoring

from sksequence.engine import draw_seed
from sksequence.exceptions import InputError
from sksequence.inspection.probes import last_step
from sksequence.sequences import SequenceArray, as_sequences, holds_texts, names_ids

__all__ = ["SequenceImportance", "sequence_permutation_importance"]


@dataclass(frozen=True, eq=False)
class SequenceImportance:
    """How far the score falls when blocks of steps, or features, are permuted.

    Made by :func:`sequence_permutation_importance`.

    Parameters
    ----------
    baseline : float
        Score of the data as they are.
    blocks : DataFrame of shape (n_blocks, 4)
        A row for each block, the earliest first. "first" and "last" are its steps, counted from the end
        as in NumPy: -1 is the last step. "mean" and "std" are those of the fall of the score, over
        repeats.
    channels : DataFrame of shape (n_features, 2)
        "mean" and "std" of each feature, indexed by its name or number.
    joint : DataFrame of shape (n_features, n_blocks) or None
        Mean fall for each feature in each block, where it was asked for.

    See Also
    --------
    sequence_permutation_importance : Measures it.
    ImportanceDisplay : Shows it.
    """

    baseline: float
    blocks: pd.DataFrame
    channels: pd.DataFrame
    joint: pd.DataFrame | None = None

    def __repr__(self) -> str:
        blocks, channels = (
            table.sort_values("mean", ascending=False)[:3] for table in (self.blocks, self.channels)
        )
        steps = [f"{_span(row)}: {_told(row)}" for _, row in blocks.iterrows()]
        features = [f"{name}: {_told(row)}" for name, row in channels.iterrows()]
        return (
            f"SequenceImportance(score {self.baseline:.4g})\n"
            f"  most important steps, by how far the score falls: {'; '.join(steps)}\n"
            f"  features: {'; '.join(features)}"
        )

    def plot(self, *, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : Axes, array of Axes, or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ImportanceDisplay

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        from sksequence.inspection.importance_display import ImportanceDisplay

        return ImportanceDisplay(self).plot(ax=ax)


def _span(row: pd.Series) -> str:
    first, last = int(row["first"]), int(row["last"])
    return f"{first}" if first == last else f"{first} to {last}"


def _told(row: pd.Series) -> str:
    return f"{row['mean']:.3g} ± {row['std']:.2g}"


def sequence_permutation_importance(
    estimator, X, y=None, *, n_blocks=10, scoring=None, n_repeats=5, joint=False, random_state=None
):
    """Measure how far the score falls when blocks of time steps, or features, are exchanged among sequences.

    Permutation importance (Breiman 2001) for sequences: what scikit-learn's own does for the columns of a
    table. Any fitted estimator that reads sequences will do; use data that it was not trained on.

    Parameters
    ----------
    estimator : fitted estimator
        With `predict` or whatever `scoring` needs; also a Pipeline, an ensemble or a search.
    X : array-like of sequences
        As the estimator takes them, of numbers or token ids; it gets them in the form in which they came.
    y : array-like or None, default=None
        Targets.
    n_blocks : int, default=10
        Blocks of neighbouring steps, as equal as may be. Blocks are counted from the end of each sequence,
        so that sequences of different lengths are aligned at their last steps.
    scoring : str, callable or None, default=None
        As in scikit-learn; None is the estimator's own `score`.
    n_repeats : int, default=5
        Permutations of each block and each feature.
    joint : bool, default=False
        Whether to permute every feature in every block, too: a map of n_features times n_blocks.
    random_state : None, int or numpy.random.RandomState, default=None
        Fixes the permutations. The global random state of NumPy is not touched.

    Returns
    -------
    importance : SequenceImportance
        With `baseline`, `blocks`, `channels`, `joint` and `plot`.

    Raises
    ------
    InputError
        If the estimator is a forecaster, which reads series, or a language model, whose targets stand in X,
        or X cannot be read.

    Notes
    -----
    A sequence gets the steps of another one that are as far from the end. Where the other is too short
    for that, its own stay. Steps that say the same as others look less important than they are: the
    score falls only as far as the rest cannot make up for them.

    References
    ----------
    Breiman (2001), "Random forests" (permutation importance).

    Examples
    --------
    The label is the sign of the second feature at the last step:

    >>> import numpy as np
    >>> from sksequence import GRUClassifier
    >>> from sksequence.inspection import sequence_permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 2))
    >>> y = X[:, -1, 1] > 0
    >>> model = GRUClassifier(hidden_size=8, random_state=0).fit(X, y)
    >>> found = sequence_permutation_importance(model, X, y, n_blocks=4, random_state=0)
    >>> int(found.blocks["mean"].idxmax()), int(found.channels["mean"].idxmax())
    (3, 1)
    """
    caller = "sequence_permutation_importance"
    inner = last_step(estimator)
    if hasattr(inner, "backtest"):
        raise InputError(
            f"{caller}: a {type(inner).__name__} came, which reads series, but an estimator that reads "
            "sequences is needed. See memory_range for the past that a forecaster depends on."
        )
    if hasattr(inner, "perplexity"):
        raise InputError(
            f"{caller}: a {type(inner).__name__} came, but its targets are the tokens of X itself, which "
            "would be exchanged, too. See memory_range for how far back it looks."
        )
    for name, value in (("n_blocks", n_blocks), ("n_repeats", n_repeats)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise InputError(f"{caller}: {name}={value!r} came, but an int >= 1 is needed. Pass one.")
    if holds_texts(X):
        raise InputError(
            f"{caller}: texts came, but what is exchanged are the steps of sequences. Of a Pipeline, pass "
            "its last step pipe[-1], and pipe[:-1].transform(X) as X."
        )
    tokens = bool(getattr(inner, "_reads_tokens", False) or getattr(X, "is_tokens", False))
    read_as = None if names_ids(X) else tokens  # a table says which columns are ids
    sequences = _apart(as_sequences(X, caller=caller, missing="mask", tokens=read_as))
    scorer = check_scoring(estimator, scoring=scoring)
    baseline = float(scorer(estimator, X, y))
    exchange = _Exchange(sequences, np.random.default_rng(draw_seed(random_state)))

    def falls(lags: range, channels: slice) -> np.ndarray:
        """How far the score falls with so many permutations of a part."""
        permuted = (exchange.permuted(lags, channels) for _ in range(n_repeats))
        return baseline - np.array([scorer(estimator, _in_form_of(X, values), y) for values in permuted])

    parts = list(_blocks(sequences.n_timesteps, n_blocks))
    everything, whole = slice(None), range(sequences.n_timesteps)
    blocks = pd.DataFrame([_summary(falls(lags, everything)) for lags in parts])
    blocks.insert(0, "first", [-lags.stop for lags in parts])
    blocks.insert(1, "last", [-lags.start - 1 for lags in parts])
    names = pd.Index(sequences.feature_names or range(sequences.n_features), name="channel")
    each = [slice(i, i + 1) for i in range(sequences.n_features)]
    channels = pd.DataFrame([_summary(falls(whole, channel)) for channel in each], index=names)
    table = None
    if joint:
        means = [[falls(lags, channel).mean() for lags in parts] for channel in each]
        table = pd.DataFrame(means, index=names, columns=pd.RangeIndex(len(parts), name="block"))
    return SequenceImportance(baseline, blocks.rename_axis("block"), channels, table)


def _summary(falls: np.ndarray) -> dict[str, float]:
    return {"mean": float(falls.mean()), "std": float(falls.std())}


def _blocks(n_timesteps: int, n_blocks: int) -> Iterator[range]:
    """Lags of each block, the earliest block first."""
    edges = np.unique(np.linspace(0, n_timesteps, min(n_blocks, n_timesteps) + 1).round().astype(int))
    for start, stop in zip(edges[-2::-1], edges[:0:-1], strict=True):
        yield range(int(start), int(stop))


def _apart(sequences: SequenceArray) -> SequenceArray:
    """The same sequences, end to end: no two share a value."""
    ends = np.cumsum(sequences.lengths)
    return SequenceArray(
        np.concatenate(list(sequences)),
        ends - sequences.lengths,
        sequences.lengths,
        feature_names=sequences.feature_names,
        ids=sequences.ids,
        table_columns=sequences.table_columns,
        table_names=sequences.table_names,
    )


class _Exchange:
    """Exchanges parts of sequences among them."""

    def __init__(self, sequences: SequenceArray, generator: np.random.Generator):
        self.sequences = sequences
        self.generator = generator
        self.ends = sequences.starts + sequences.lengths

    def permuted(self, lags: range, channels: slice) -> SequenceArray:
        """Sequences that have each other's values at some lags and in some channels."""
        sequences, steps = self.sequences, np.arange(lags.start, lags.stop)
        own = np.flatnonzero(sequences.lengths > lags.start)
        other = self.generator.permutation(own)
        shared = np.minimum(sequences.lengths[own], sequences.lengths[other])[:, None] > steps
        to, source = ((self.ends[rows, None] - 1 - steps)[shared] for rows in (own, other))
        values = sequences.values.copy()
        values[to, channels] = sequences.values[source, channels]
        return sequences.with_values(values, feature_names=sequences.feature_names)


def _in_form_of(X: Any, sequences: SequenceArray) -> Any:
    """Sequences in the form in which X came; those of other libraries as a SequenceArray."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        return _filled(X, sequences)
    if isinstance(X, pd.DataFrame) and X.index.nlevels == 1:
        values = _filled(X.to_numpy(), sequences)
        return pd.DataFrame(values, index=X.index, columns=X.columns)
    if isinstance(X, (list, tuple, np.ndarray)):
        return _listed(X, sequences)
    return sequences


def _filled(X: np.ndarray, sequences: SequenceArray) -> np.ndarray:
    """An array of the shape of X, padded as X is."""
    filled = X.astype(sequences.dtype)
    inside = np.arange(X.shape[1]) < sequences.lengths[:, None]
    filled[inside] = sequences.values if X.ndim > 2 else sequences.values[:, 0]
    return filled


def _listed(X: Any, sequences: SequenceArray) -> list:
    """A list whose items have as many axes as those of X."""
    flat: Callable[[np.ndarray], np.ndarray] = (
        (lambda item: item[:, 0]) if np.ndim(X[0]) == 1 else (lambda item: item)
    )
    return [flat(item) for item in sequences]
