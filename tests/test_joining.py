"""A separate y beside X, row by row."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sksequence.exceptions import InputError
from sksequence.forecasting.panel import Panel
from sksequence.forecasting.series import join, read_series
from sksequence.sequences import SequenceArray

DAYS = pd.date_range("2024", periods=4, name="day")
X2 = np.arange(8.0).reshape(4, 2)
Y = np.array([5.0, 6.0, 7.0, 8.0])


def joined(X, y, **options) -> Panel:
    """Read and join."""
    x = read_series(X, caller="F.fit", **options)
    return join(x, read_series(y, caller="F.fit"), caller="F.fit")


def frame(columns=("a", "b"), index=DAYS) -> pd.DataFrame:
    """Make a table."""
    return pd.DataFrame(X2, index=index, columns=list(columns))


NAMES = [
    (X2, Y, (0, 1, 2), False),
    (X2, pd.Series(Y, name="load"), (0, 1, 2), False),
    (X2, X2 + 10, (0, 1, 2, 3), False),
    (Y, Y, (0, 1), False),
    (frame(), pd.Series(Y, DAYS, name="load"), ("a", "b", "load"), True),
    (frame(), pd.Series(Y, DAYS), ("a", "b", "y"), True),
    (frame(), Y, ("a", "b", "y"), True),
    (frame(), X2 + 10, ("a", "b", "y0", "y1"), True),
    (frame(), frame("cd"), ("a", "b", "c", "d"), True),
    (pd.Series(Y, name="t"), pd.Series(Y, name="load"), ("t", "load"), True),
    (pd.Series(Y), pd.Series(Y), ("x", "y"), True),
    (pl.DataFrame({"a": Y}), pl.Series("load", Y), ("a", "load"), True),
    (pl.DataFrame({"a": Y}), pl.Series(Y), ("a", "y"), True),
]


@pytest.mark.parametrize(("X", "y", "columns", "named"), NAMES, ids=range(len(NAMES)))
def test_join_names_the_columns_of_y(X, y, columns, named):
    panel = joined(X, y)
    assert panel.columns == columns
    assert panel.named == named
    expected = np.column_stack([np.asarray(X), np.asarray(y)])
    np.testing.assert_array_equal(panel.series(0), expected)
    assert panel.n_series == 1


def test_join_gives_tables_in_the_form_of_X():
    both = joined(frame(), pd.Series(Y, DAYS, name="load", dtype=np.float32))
    wrapped = both.select(["b", "load"], caller="F.fit").wrap(np.zeros((1, 2, 2)))
    assert wrapped.columns.tolist() == ["b", "load"]
    assert wrapped.index.tolist() == list(pd.date_range("2024-01-05", periods=2))
    series = joined(pd.Series(Y, DAYS, name="t"), pd.Series(Y, DAYS)).wrap(np.ones((1, 2, 2)))
    assert series.columns.tolist() == ["t", "y"]
    assert joined(Y, Y).wrap(np.ones((1, 2, 2))).shape == (2, 2)
    column = joined(pl.Series("t", Y), Y).wrap(np.ones((1, 2, 2)))
    assert isinstance(column, pl.DataFrame)
    assert column.columns == ["t", "y"]


def test_join_takes_the_index_of_y_where_X_has_none():
    both = joined(X2, pd.Series(Y, DAYS))
    assert both.timelines[0].index.equals(DAYS)
    assert joined(frame(), Y).timelines[0].index.equals(DAYS)


PANELS = [
    ([X2, X2[:3]], [Y, Y[:3]]),
    ({"p": X2, "q": X2[:3]}, {"p": Y, "q": Y[:3]}),
    ({"p": X2, "q": X2[:3]}, [Y, Y[:3]]),
    (SequenceArray(np.concatenate([X2, X2]), [4, 0], [4, 3]), SequenceArray(Y, [0, 0], [4, 3])),
]


@pytest.mark.parametrize(("X", "y"), PANELS, ids=range(len(PANELS)))
def test_join_keeps_series_apart(X, y):
    both = joined(X, y)
    assert both.n_series == 2
    np.testing.assert_array_equal(both.series(0), np.column_stack([X2, Y]))
    np.testing.assert_array_equal(both.series(1), np.column_stack([X2, Y])[:3])


def test_join_of_stacks():
    X, y = np.arange(12.0).reshape(2, 3, 2), np.arange(6.0).reshape(2, 3, 1)
    both = joined(X, y)
    for i in range(2):
        np.testing.assert_array_equal(both.series(i), np.concatenate([X[i], y[i]], axis=1))


def test_join_of_long_tables():
    X = pd.concat({"p": frame(), "q": frame(index=DAYS).iloc[1:]}, names=["id"])
    y = pd.Series(np.arange(7.0), X.index)
    both = joined(X, y)
    assert both.columns == ("a", "b", "y")
    np.testing.assert_array_equal(both.series(1)[:, 2], [4, 5, 6])
    with pytest.raises(InputError, match="series 'p' of X stands where y has series 'q'"):
        joined(X.loc[["p"]], pd.concat({"q": pd.Series(Y, DAYS)}))


@pytest.mark.parametrize("gap", [False, True])
def test_join_orders_y_as_the_rows_of_a_long_table(gap):
    X = pd.DataFrame({"day": DAYS[[1, 0, 0, 3, 2, 2, 1]], "id": list("qpqpqpp"), "a": np.arange(7.0)})
    X = X.drop(4 if not gap else 5).reset_index(drop=True)
    options = {"id": "id", "time": "day"} | ({"freq": "D", "missing": "mask"} if gap else {})
    both = joined(X, X["a"].to_numpy() + 100, **options)
    np.testing.assert_array_equal(both.series(0)[:, 1], both.series(0)[:, 0] + 100)
    np.testing.assert_array_equal(both.series(1)[:, 1], both.series(1)[:, 0] + 100)
    assert both.has_missing == gap
    assert joined(X, X["a"].rename("z"), **options).columns == ("a", "z")


def test_join_fills_y_where_rows_were_inserted():
    X = frame().drop(index=DAYS[1])
    both = joined(X, Y[:3], freq="D", missing="mask")
    np.testing.assert_array_equal(both.series(0)[:, 2], [5, np.nan, 6, 7])


ERRORS = [
    (X2, Y[:3], "X has 4 rows and y has 3 rows, but y needs a row for each row of X"),
    ([X2, X2], [Y], "X has 2 series of 4 to 4 rows and y has 1 series of 4 to 4 rows"),
    ({"p": X2, "q": X2}, {"p": Y, "r": Y}, "series 'q' of X stands where y has series 'r'"),
    (
        frame(),
        pd.Series(Y, DAYS + pd.Timedelta("1D")),
        "row 0 of X is 2024-01-01 .* in X and 2024-01-02 .* in y",
    ),
    (
        frame(),
        pd.Series(Y),
        "row 0 of X is 2024-01-01 00:00:00 in X and 0 in y, but both need the same index",
    ),
    (frame(), pd.Series(Y, DAYS, name="b"), "y has the column 'b', but X has one of that name"),
    (frame(("a", "y")), Y, "y has the column 'y', but X has one of that name"),
]


@pytest.mark.parametrize(("X", "y", "message"), ERRORS, ids=range(len(ERRORS)))
def test_join_says_what_is_wrong(X, y, message):
    with pytest.raises(InputError, match=f"^F.fit: {message}"):
        joined(X, y)


def test_join_copies_neither_side_of_the_input_away():
    x = read_series(frame(), caller="F.fit")
    before = x.channels.values.copy()
    both = join(x, read_series(Y, caller="F.fit"), caller="F.fit")
    both.channels.values[:] = 0
    np.testing.assert_array_equal(x.channels.values, before)
