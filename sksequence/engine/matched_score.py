"""The score of predictions, with targets matched to their sequences as in training."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from sksequence.engine.sample_weight import read_weights

__all__ = ["MatchedScore"]


class MatchedScore:
    """Lets scikit-learn's `score` see targets in the order of the sequences; stands before its mixins."""

    def score(self, X, y, sample_weight=None):
        """Accuracy of classifiers, R² of regressors, of the predictions for these sequences.

        Parameters
        ----------
        X : array-like of sequences
            As in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets. A Series indexed by the ids of a long table is matched to them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence.

        Returns
        -------
        score : float
            At most 1, the best.
        """
        check_is_fitted(self, "net_")
        owner: Any = self
        sequences = owner._read(X, "score")
        caller = f"{type(self).__name__}.score"
        y = owner._aligned(y, sequences, caller)
        parent: Any = super()
        if sample_weight is not None:
            sample_weight = read_weights(sample_weight, sequences, caller)
        return parent.score(sequences, y, sample_weight)
