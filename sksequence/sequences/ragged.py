"""What predictions for each step come as: a list, one array a sequence, that NumPy may join."""

from __future__ import annotations

import numpy as np

__all__ = ["RaggedList"]


class RaggedList(list):
    """A list with one array for each sequence, of any length.

    It is a plain list, but for one thing: NumPy makes an array of objects of it where the lengths
    differ, as ``cross_val_predict`` needs, and an array of (n_sequences, n_timesteps) or more axes
    where they do not.
    """

    @classmethod
    def split(cls, values: np.ndarray, lengths: np.ndarray) -> RaggedList:
        """Cut an array with a row for each step into sequences of these lengths, which are views of it."""
        ends = np.cumsum(lengths).tolist()
        return cls(values[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True))

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if len({np.shape(item) for item in self}) == 1:
            stacked = np.stack(list(self))
            return stacked if dtype is None else stacked.astype(dtype, copy=False)
        array = np.empty(len(self), dtype=object)
        array[:] = list(self)
        return array
