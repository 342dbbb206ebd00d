"""Windows on a long series: new starts and lengths, and not one copied step."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sksequence._params import REQUIRED, Parameters, integer, param
from sksequence.exceptions import InputError, ParameterError, SequenceTooShortError
from sksequence.preprocessing.transformer import SequenceTransformer
from sksequence.sequences import SequenceArray, check_features
from sksequence.sequences.forms import read_series

__all__ = ["WindowTransformer", "make_windows"]


class WindowTransformer(Parameters, SequenceTransformer, auto_wrap_output_keys=None):
    """Turn each row of a series into the window of rows that ends there.

    The number of samples is kept, so it stands in a Pipeline with a `y` per row, under TimeSeriesSplit.
    The first windows are shorter, those of the first rows given to `transform` too: rows seen earlier
    are not remembered. To predict later rows with full windows, pass ``window - 1`` earlier rows
    with them. Float series are not copied. With ``set_output(transform="pandas")`` every window is
    written out, `window` times the size of the series.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of the series.
    feature_names_in_ : ndarray of str
        Their names, where known.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.preprocessing import WindowTransformer
    >>> windows = WindowTransformer(3).fit_transform(np.arange(5.0).reshape(5, 1))
    >>> windows
    SequenceArray(5 sequences of 1 to 3 steps, median 3, 1 feature, float64)
    >>> windows[4].ravel()
    array([2., 3., 4.])
    """

    window: int = param(
        default=REQUIRED,
        rule=integer(1),
        doc="Number of time steps that a window holds at most.",
        kw_only=False,
    )

    def fit(self, X, y=None):
        """Check the series and remember its features.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_features) or (n_timesteps,)
            Rows are time steps. NaN may stand inside.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If `X` is not one series of numbers.
        """
        self._check_parameters()
        caller = f"{type(self).__name__}.fit"
        check_features(self, read_series(X, caller), caller, reset=True)
        return self

    def transform(self, X):
        """Give the window that ends at each row.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_features) or (n_timesteps,)

        Returns
        -------
        windows : SequenceArray of n_timesteps sequences
            Over the values of `X` itself; a DataFrame where `set_output` asks for it.

        Raises
        ------
        InputError
            If the features are not those of `fit`.
        """
        check_is_fitted(self)
        series = read_series(X, f"{type(self).__name__}.transform")
        check_features(self, series, f"{type(self).__name__}.transform", reset=False)
        n = len(series.values)
        # In place, so that a million windows cost their 16 MB and no more.
        starts = np.arange(1 - self.window, n + 1 - self.window)
        np.maximum(starts, 0, out=starts)
        lengths = np.arange(1, n + 1)
        np.minimum(lengths, self.window, out=lengths)
        windows = SequenceArray(series.values, starts, lengths, feature_names=series.feature_names)
        return self._as_output(windows)


def make_windows(X, window: int, horizon: int = 1, stride: int = 1, *, target=None):
    """Cut a series into windows and the steps that follow each.

    Parameters
    ----------
    X : array-like of shape (n_timesteps, n_features) or (n_timesteps,)
        Rows are time steps; floats are not copied.
    window : int >= 1
        Steps of each window.
    horizon : int >= 1, default=1
        Steps that follow it.
    stride : int >= 1, default=1
        Steps from one window to the next.
    target : str, int, or list of these, default=None
        Columns of `y_windows`, by name or position. None: all.

    Returns
    -------
    X_windows : SequenceArray of n_windows sequences
        Of length `window`, over the values of `X` itself.
    y_windows : ndarray of shape (n_windows, horizon, n_targets)
        Read-only view of `X`, or, with a list in `target`, of a copy of these columns.
    origins : ndarray of int of shape (n_windows,)
        Row of `X` with which each window ends. ``y_windows[i, 0]`` is row ``origins[i] + 1``.

    Raises
    ------
    SequenceTooShortError
        If the series has fewer than ``window + horizon`` steps.
    InputError
        If the times of an index fall back.
    ParameterError
        If `window`, `horizon` or `stride` is no int >= 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.preprocessing import make_windows
    >>> X_windows, y_windows, origins = make_windows(np.arange(6.0), window=3, horizon=2)
    >>> X_windows[0].ravel(), y_windows[0].ravel()
    (array([0., 1., 2.]), array([3., 4.]))
    >>> origins
    array([2, 3])
    """
    at_least_one = integer(1)
    for name, value in (("window", window), ("horizon", horizon), ("stride", stride)):
        if not at_least_one.allows(value):
            raise ParameterError(
                f"The {name!r} parameter of make_windows must be {at_least_one.words}. Got {value!r} instead."
            )
    series = read_series(X, "make_windows")
    _refuse_backwards(X)
    n = len(series.values)
    if n < window + horizon:
        raise SequenceTooShortError(
            f"make_windows: a series of {n} steps came, but window + horizon = {window} + {horizon} = "
            f"{window + horizon} are needed. Shorten the window or the horizon, or pass more steps."
        )
    origins = np.arange(window - 1, n - horizon, stride)
    lengths = np.full(len(origins), window)
    X_windows = SequenceArray(
        series.values, origins - (window - 1), lengths, feature_names=series.feature_names
    )
    targets = series.values[:, _columns(series, target)]
    following = np.lib.stride_tricks.sliding_window_view(targets, horizon, axis=0)  # (n - horizon + 1, F, H)
    y_windows = following[window::stride][: len(origins)].transpose(0, 2, 1)
    return X_windows, y_windows, origins


def _refuse_backwards(X) -> None:
    """Refuse an index of times that falls back, or numbers that only fall; others say nothing of order."""
    index: Any = getattr(X, "index", None)
    # Lists have an `index`, too.
    if not hasattr(index, "is_monotonic_increasing") or index.is_monotonic_increasing:
        return
    if hasattr(index, "asi8") or (index.dtype.kind in "iuf" and index.is_monotonic_decreasing):
        i = int(np.argmax(np.asarray(index[1:] < index[:-1])))
        raise InputError(
            f"make_windows: the index of X runs backwards, with {index[i]} in row {i} and {index[i + 1]} in "
            f"row {i + 1}, but what follows a window must be later. Sort the rows, for example with "
            "X.sort_index()."
        )


def _columns(series: SequenceArray, target):
    """What selects the target columns; a slice where one column suffices, for that copies nothing."""
    if target is None:
        return slice(None)
    names = series.feature_names or ()
    places = []
    for wanted in target if isinstance(target, (list, tuple, np.ndarray)) else [target]:
        if wanted in names:
            places.append(names.index(wanted))
        elif not isinstance(wanted, str) and -series.n_features <= wanted < series.n_features:
            places.append(int(wanted) % series.n_features)
        else:
            there = list(names) or f"{series.n_features} columns without names"
            raise InputError(
                f"make_windows: target {wanted!r} came, but the series has {there}. Pass a name or "
                "position that it has."
            )
    return slice(places[0], places[0] + 1) if len(places) == 1 else places
