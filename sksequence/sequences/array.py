"""SequenceArray: sequences of any length as windows on one array."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from typing import Any

import numpy as np

from sksequence.exceptions import InputError
from sksequence.sequences.constructors import Constructors
from sksequence.sequences.layout import (
    as_positions,
    as_values,
    covered_spans,
    frozen,
    range_of_lengths,
    refuse_outside,
    starts_among,
    step_rows,
)

__all__ = ["SequenceArray"]


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


class SequenceArray(Constructors):
    """Sequences of any length, each a view of the same array.

    Sequence ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``. Sequences may overlap and may
    stand in any order, so a fold, a shuffle or all the windows of a long series are new `starts`
    and `lengths` over the same `values`: indexing never copies a step.

    ``np.asarray(sequences)`` is ``sequences.to_padded()``, a new array of shape
    (n_sequences, n_timesteps, n_features).

    Parameters
    ----------
    values : array-like of shape (total_steps, n_features) or (total_steps,)
        All the steps. Float32 and float64 arrays, memory maps among them, are kept as they are. An
        integer dtype means tokens and has one column. Anything else numeric becomes float64.
    starts : array-like of int of shape (n_sequences,)
        Row at which each sequence begins.
    lengths : array-like of int of shape (n_sequences,)
        Number of steps of each sequence.
    feature_names : sequence of str of length n_features, default=None
        Names of the columns of `values`.
    ids : array-like of shape (n_sequences,), default=None
        A key for each sequence, kept by indexing and written by :meth:`to_long`.
    table_columns : int, default=None
        Number of columns of the (n_samples, n_timesteps) table that the sequences came from.
    table_names : sequence of str, default=None
        Names of those columns.
    vocabulary : sequence of str, default=None
        What each token id stands for, by id; for tokens only.

    Attributes
    ----------
    values, starts, lengths, feature_names, ids, table_columns, table_names, vocabulary
        As given; `starts` and `lengths` are read-only arrays of int64.

    Raises
    ------
    InputError
        If a sequence reaches outside `values`, or the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.sequences import SequenceArray
    >>> sequences = SequenceArray(np.arange(6.0).reshape(6, 1), starts=[0, 1, 2], lengths=[4, 4, 4])
    >>> sequences
    SequenceArray(3 sequences of 4 steps, 1 feature, float64)
    >>> sequences[1].ravel()
    array([1., 2., 3., 4.])
    >>> sequences[[2, 0]].starts
    array([2, 0])
    """

    ndim = 1
    # Plain lists of numbers may be a table written out or sequences that happen to be equally long.
    _from_lists = False
    # Columns that hold token ids, though as floats, as WordFeatures gives them.
    _id_columns: tuple[int, ...] = ()
    # Names of tokens by id; where there are columns of ids, those of each column, none of numbers.
    _vocabulary: tuple | None = None
    # Steps of each sequence where all of them, in their order, are a 3-D array; 0 where nobody looked.
    _block_steps = 0
    _feature_names: tuple[str, ...] | None = None
    _table_names: tuple | None = None
    _table_columns: int | None = None
    _ids: np.ndarray | None = None
    _origin: Any = None

    def __init__(
        self,
        values,
        starts,
        lengths,
        *,
        feature_names=None,
        ids=None,
        table_columns: int | None = None,
        table_names=None,
        vocabulary=None,
        _origin=None,
    ):
        self._values = as_values(values)
        self._starts = as_positions(starts, "starts")
        self._lengths = as_positions(lengths, "lengths")
        self._feature_names = None if feature_names is None else tuple(map(str, feature_names))
        self._ids = None if ids is None else np.asarray(ids)
        self._table_columns = table_columns
        self._table_names = None if table_names is None else tuple(table_names)
        self._vocabulary = None if vocabulary is None else tuple(vocabulary)
        self._origin = _origin
        self._check()

    @classmethod
    def _of_block(cls, values, n_timesteps: int, **attributes) -> SequenceArray:
        """Sequences of so many steps each, end to end from the first row to the last: nothing to check."""
        new = object.__new__(cls)
        new._values = as_values(values)
        new._starts = np.arange(0, len(values), n_timesteps, dtype=np.int64)
        new._lengths = np.empty_like(new._starts)
        new._lengths.fill(n_timesteps)
        for positions in (new._starts, new._lengths):
            positions.flags.writeable = False
        new._block_steps = n_timesteps
        new.__dict__.update(attributes)
        return new

    def _check(self) -> None:
        n, total = len(self._starts), len(self._values)
        if len(self._lengths) != n:
            raise InputError(
                f"SequenceArray: {n} starts and {len(self._lengths)} lengths came, but each sequence "
                "needs one of both. Pass arrays of equal length."
            )
        for what, given, needed in (
            ("feature names", self._feature_names, self.n_features),
            ("ids", self._ids, n),
        ):
            if given is not None and len(given) != needed:
                raise InputError(
                    f"SequenceArray: {len(given)} {what} came, but {needed} are needed. "
                    f"Pass {needed} or None."
                )
        refuse_outside(self._starts, self._lengths, total)

    # Reading -------------------------------------------------------------------------------------

    @property
    def values(self) -> np.ndarray:
        """All the steps, of shape (total_steps, n_features)."""
        return self._values

    @property
    def starts(self) -> np.ndarray:
        """Row of `values` at which each sequence begins, of shape (n_sequences,)."""
        return self._starts

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each sequence, of shape (n_sequences,)."""
        return self._lengths

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the features, or None."""
        return self._feature_names

    @property
    def ids(self) -> np.ndarray | None:
        """Key of each sequence, of shape (n_sequences,), or None."""
        return self._ids

    @property
    def table_columns(self) -> int | None:
        """Number of columns of the (n_samples, n_timesteps) table of origin, or None."""
        return self._table_columns

    @property
    def table_names(self) -> tuple[str, ...] | None:
        """Column names of the table of origin, or None."""
        return self._table_names

    @property
    def vocabulary(self) -> tuple[str, ...] | None:
        """What each token id stands for, or None."""
        return self._vocabulary if self.is_tokens else None

    @property
    def shape(self) -> tuple[int]:
        """``(n_sequences,)``."""
        return (len(self._starts),)

    @property
    def dtype(self) -> np.dtype:
        """Dtype of the values."""
        return self._values.dtype

    @property
    def n_features(self) -> int:
        """Number of values of each step."""
        return self._values.shape[1]

    @property
    def n_timesteps(self) -> int:
        """Length of the longest sequence; 0 if there is none."""
        return int(self._lengths.max(initial=0))

    @property
    def is_tokens(self) -> bool:
        """Whether the values are integers."""
        return self._values.dtype.kind in "iu"

    @property
    def nbytes(self) -> int:
        """Bytes of values, starts and lengths together."""
        return self._values.nbytes + self._starts.nbytes + self._lengths.nbytes

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[np.ndarray]:
        for start, length in zip(self._starts.tolist(), self._lengths.tolist(), strict=True):
            yield self._values[start : start + length]

    def __getitem__(self, key) -> Any:
        # scikit-learn indexes array-likes as `array[key, ...]`.
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            start, length = self._starts[key], self._lengths[key]
            return self._values[start : start + length]
        if not isinstance(key, slice):
            key = np.asarray(key)
            key = key.astype(np.intp) if key.size == 0 and key.dtype != bool else key
            if key.ndim != 1 or key.dtype.kind not in "biu":
                raise IndexError(
                    "a SequenceArray is indexed by an int, a slice, or a 1-D array of ints or bools; "
                    f"got an array of shape {key.shape} and dtype {key.dtype}"
                )
        return self._replace(
            _starts=frozen(self._starts[key]),
            _lengths=frozen(self._lengths[key]),
            _ids=None if self._ids is None else self._ids[key],
        )

    def __repr__(self) -> str:
        kind = "tokens" if self.is_tokens else _count(self.n_features, "feature")
        steps = f" of {range_of_lengths(self._lengths)}" if len(self) else ""
        return f"SequenceArray({_count(len(self), 'sequence')}{steps}, {kind}, {self.dtype})"

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if copy is False:
            raise ValueError("a SequenceArray cannot become an ndarray without a copy")
        if self.is_tokens and len(set(self._lengths.tolist())) > 1:
            raise InputError(
                "SequenceArray: tokens of unequal length came where an array is made of them, as in some "
                "estimators of scikit-learn, but integers have no NaN to pad with. Put the tokenizer "
                "into the estimator, as in BaggingClassifier(make_pipeline(SequenceTokenizer(), "
                "LSTMClassifier())) on a table of one column, or call to_padded with value=."
            )
        return self.to_padded().astype(self.dtype if dtype is None else dtype, copy=False)

    # Changing ------------------------------------------------------------------------------------

    @property
    def _holds_ids(self) -> bool:
        """Whether some column, of several, holds token ids."""
        return bool(self._id_columns)

    def _replace(self, **attributes) -> SequenceArray:
        """Replace some attributes, already valid, in a shallow twin."""
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        if "_starts" in attributes:
            new._block_steps = 0
        new.__dict__.update(attributes)
        return new

    def with_values(self, values, *, feature_names=None) -> SequenceArray:
        """Put other values under the same sequences.

        Parameters
        ----------
        values : array-like of shape (total_steps, n_features_new)
            As many rows as `values` has.
        feature_names : sequence of str, default=None
            Names of the new features.

        Returns
        -------
        sequences : SequenceArray
            With the same starts, lengths and ids. What is known of the table of origin stays while
            the number of features does.
        """
        same_width = np.ndim(values) == 2 and np.shape(values)[1] == self.n_features
        return SequenceArray(
            values,
            self._starts,
            self._lengths,
            feature_names=feature_names,
            ids=self._ids,
            table_columns=self._table_columns if same_width else None,
            table_names=self._table_names if same_width else None,
            # New values do not fit the dtypes and columns of the table of origin.
            _origin=None if self._origin is None else self._origin.keys_only(),
        )

    def astype(self, dtype) -> SequenceArray:
        """Convert the values.

        Parameters
        ----------
        dtype : dtype
            Of numbers.

        Returns
        -------
        sequences : SequenceArray
            The same object if nothing changes.
        """
        if self.dtype == np.dtype(dtype):
            return self
        kept = self.compact()
        return kept._replace(_values=as_values(kept._values.astype(dtype)))

    def spans(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of `values` that the sequences cover, as disjoint intervals in order.

        Returns
        -------
        starts, stops : ndarrays of int64 of shape (n_intervals,)
        """
        return covered_spans(self._starts, self._lengths)

    def compact(self) -> SequenceArray:
        """Keep only the rows of `values` that some sequence covers, each once.

        Returns
        -------
        sequences : SequenceArray
            The same object where every row is covered already.
        """
        opens, closes = self.spans()
        widths = closes - opens
        if widths.sum() == len(self._values):
            return self
        rows: Any = slice(int(opens[0]), int(closes[0])) if len(opens) == 1 else step_rows(opens, widths)
        return self._replace(
            _values=self._values[rows],
            _starts=frozen(starts_among(self._starts, self._lengths, opens, widths)),
            _origin=None if self._origin is None else self._origin.take(rows),
        )

    def __reduce__(self):
        state = dict(self.compact().__dict__)
        # A memory map is stored as the array that it shows.
        state["_values"] = np.asarray(state["_values"])
        return copyreg.__newobj__, (type(self),), state  # type: ignore[attr-defined]

    def __setstate__(self, state):
        state["_starts"], state["_lengths"] = frozen(state["_starts"]), frozen(state["_lengths"])
        self.__dict__.update(state)

    # Out -----------------------------------------------------------------------------------------

    def to_list(self) -> list[np.ndarray]:
        """Give the sequences one by one.

        Returns
        -------
        sequences : list of ndarray of shape (length_i, n_features)
            Views of `values`.
        """
        return list(self)

    def to_padded(self, length: int | None = None, value: float = np.nan, *, side="right") -> np.ndarray:
        """One array of equal lengths.

        Parameters
        ----------
        length : int, default=None
            Number of steps; longer sequences lose their last ones. None: that of the longest.
        value : float, default=nan
            What stands where a sequence has no step. Tokens of unequal length need an int.
        side : {"right", "left"}, default="right"
            Where the padding goes.

        Returns
        -------
        padded : ndarray of shape (n_sequences, length, n_features)

        Raises
        ------
        InputError
            If `value` is NaN where tokens have to be padded.
        """
        from sksequence.sequences.padded import write_padded

        return write_padded(self, length, value, side)

    def to_long(self):
        """One row per step, as the kind of table that the sequences came from.

        Returns
        -------
        table : DataFrame or Table
            What came into :meth:`from_long`, sorted, with its ids, times, column names and dtypes,
            and only the sequences still here. Otherwise a pandas DataFrame with an index of two
            levels, "sequence" and "time"; tokens with a vocabulary are then a categorical column of
            their names.
        """
        from sksequence.sequences.tables import write_long

        return write_long(self)
