"""Handwritten digits, read column by column."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from sksequence.sequences import SequenceArray

__all__ = ["load_digit_columns"]


def _inked(image: np.ndarray) -> np.ndarray:
    """The columns of an image from the first to the last that carries ink, as time steps."""
    (columns,) = np.nonzero(image.any(axis=0))
    return image[:, columns[0] : columns[-1] + 1].T  # (width, 8)


def load_digit_columns(*, return_X_y=False):
    """Handwritten digits as short sequences of unequal length: a small classification task.

    Each digit is read from left to right, one column of pixels a time step, from its first to
    its last inked column. Most are 6 columns wide; a "1" may have 2 and a few digits fill all 8.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch
        With the fields

        - `data`: SequenceArray of 1,797 sequences, each of shape (width, 8), float32, with width
          between 2 and 8; the ink of each pixel of the column, top to bottom, from 0 (blank) to
          16 (full);
        - `target`: ndarray of shape (1797,), int64, the digit;
        - `target_names`: ndarray of shape (10,), the ten digits;
        - `feature_names`: list of the 8 names of the pixels;
        - `DESCR`: a description.

    (data, target) : tuple if ``return_X_y`` is True
        The first two of these fields.

    Notes
    -----
    The images are those of :func:`sklearn.datasets.load_digits`, which scikit-learn (BSD-3-Clause)
    ships; nothing is stored here a second time. They are the test part of [1]_. The licence of
    the data is CC BY 4.0.

    References
    ----------
    .. [1] Alpaydin, E., & Kaynak, C. (1998). Optical Recognition of Handwritten Digits. UCI
       Machine Learning Repository.

    Examples
    --------
    >>> from sksequence.datasets import load_digit_columns
    >>> X, y = load_digit_columns(return_X_y=True)
    >>> len(X), X[0].shape, int(y[0])
    (1797, (6, 8), 0)
    """
    digits = load_digits()
    names = [f"row{row}" for row in range(digits.images.shape[1])]
    images = [_inked(image).astype(np.float32) for image in digits.images]
    lengths = np.array([len(image) for image in images])
    starts = np.cumsum(lengths) - lengths
    X = SequenceArray(np.concatenate(images), starts, lengths, feature_names=names)
    y = digits.target.astype(np.int64)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        target_names=digits.target_names,
        feature_names=names,
        DESCR=load_digit_columns.__doc__,
    )
