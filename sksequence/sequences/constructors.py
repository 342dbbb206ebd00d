"""How a SequenceArray is made of other forms: lists, padded arrays, long tables, Arrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sksequence.sequences.array import SequenceArray

__all__ = ["Constructors"]


class Constructors:
    """The class methods of a SequenceArray that read other forms.

    What reads a form stands in a file of its own, which makes SequenceArrays: it is imported when asked for.
    """

    @classmethod
    def from_list(cls, sequences, *, feature_names=None) -> SequenceArray:
        """Join a list of arrays of shape (length_i, n_features) or (length_i,), copied once.

        Parameters
        ----------
        sequences : list, tuple or 1-D object array of array-likes
            Integers stay integers (tokens) if the sequences have one feature.
        feature_names : sequence of str, default=None
            Names of the features.

        Returns
        -------
        sequences : SequenceArray

        Examples
        --------
        >>> from sksequence.sequences import SequenceArray
        >>> SequenceArray.from_list([[1.0, 2.0, 3.0], [4.0]])
        SequenceArray(2 sequences of 1 to 3 steps, median 2, 1 feature, float64)
        """
        from sksequence.sequences.items import join_sequences

        joined = join_sequences(list(sequences), "SequenceArray.from_list")
        return (
            joined
            if feature_names is None
            else joined.with_values(joined._values, feature_names=feature_names)
        )

    @classmethod
    def from_padded(cls, X, lengths=None, *, feature_names=None) -> SequenceArray:
        """View an array of padded sequences; C-contiguous float arrays are not copied.

        Parameters
        ----------
        X : array-like of shape (n_sequences, n_timesteps, n_features) or (n_sequences, n_timesteps)
            Sequences padded on the right.
        lengths : array-like of int of shape (n_sequences,), default=None
            Steps of each sequence. None: trailing steps that are NaN in every feature are padding.
        feature_names : sequence of str, default=None
            Names of the features.

        Returns
        -------
        sequences : SequenceArray

        Raises
        ------
        InputError
            If `X` has another number of dimensions, or a length exceeds n_timesteps.

        Examples
        --------
        >>> import numpy as np
        >>> from sksequence.sequences import SequenceArray
        >>> SequenceArray.from_padded(np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])).lengths
        array([2, 3])
        """
        from sksequence.sequences.padded import view_padded

        viewed = view_padded(np.asanyarray(X), lengths, "SequenceArray.from_padded")
        return (
            viewed
            if feature_names is None
            else viewed.with_values(viewed._values, feature_names=feature_names)
        )

    @classmethod
    def from_long(cls, table, *, sequence=None, time=None, columns=None) -> SequenceArray:
        """Read a table with one row per step, in any order.

        Parameters
        ----------
        table : DataFrame or Table
            Of pandas, polars, pyarrow or another library that narwhals reads.
        sequence : str, default=None
            Column that says which sequence a row belongs to. None: the first level of a pandas
            index of two levels.
        time : str, default=None
            Column that orders the rows of a sequence. None: the second level of the index, or, if
            `sequence` is a column, the order in which the rows stand.
        columns : list of str, default=None
            Columns that hold the values. None: all the others. They must be numeric, or
            categorical ones of pandas: a single one is read as tokens, its categories as their
            `vocabulary`, several, or one among numbers, as columns of ids.

        Returns
        -------
        sequences : SequenceArray
            Sequences in the order of their sorted `ids`.

        Raises
        ------
        InputError
            If a column is missing or not numeric, a (sequence, time) pair comes twice, or a key
            is missing or cannot be sorted.

        Examples
        --------
        >>> import pandas as pd
        >>> from sksequence.sequences import SequenceArray
        >>> long = pd.DataFrame({"id": ["b", "a", "a"], "day": [0, 1, 0], "load": [3.0, 2.0, 1.0]})
        >>> sequences = SequenceArray.from_long(long, sequence="id", time="day")
        >>> sequences.to_padded(value=0)[:, :, 0]
        array([[1., 2.],
               [3., 0.]])
        """
        from sksequence.sequences.tables import read_long

        # Only a column of categories is read as tokens; integers may as well be numbers.
        return read_long(table, sequence, time, columns, "SequenceArray.from_long", tokens=None)

    @classmethod
    def from_arrow(cls, column) -> SequenceArray:
        """Read an Arrow column of lists, or several; a column of float lists is not copied.

        Parameters
        ----------
        column : pyarrow Array or ChunkedArray, polars Series, or anything that exports Arrow
            Of lists of numbers (one feature), of lists of structs (one feature per field), or of
            lists of lists of equal size (one feature per place). Integers stay integers if the
            sequences have one feature. Of a table or DataFrame, every column is a feature.

        Returns
        -------
        sequences : SequenceArray

        Raises
        ------
        InputError
            If the column is of another type, or holds a null, or columns differ in their lengths.
        """
        from sksequence.sequences.arrow import read_arrow

        return read_arrow(column, "SequenceArray.from_arrow")
