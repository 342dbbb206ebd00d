import socket

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from sksequence import datasets
from sksequence.datasets import load_bike_rides, load_bikes, load_digit_columns, load_nottingham


@pytest.mark.parametrize(
    ("series", "freq", "first", "last", "length"),
    [
        (load_bike_rides, "h", "2011-01-01 00:00", "2011-12-31 23:00", 8760),
        (load_nottingham, "MS", "1920-01-01", "1939-12-01", 240),
    ],
)
def test_series_have_a_regular_index(series, freq, first, last, length):
    y = series()
    assert isinstance(y, pd.Series)
    assert y.index.freqstr == freq
    assert (y.index[0], y.index[-1]) == (pd.Timestamp(first), pd.Timestamp(last))
    assert len(y) == length
    assert y.dtype == np.float64
    assert y.notna().all()
    assert y.name


def test_bikes_columns_are_in_their_stated_ranges():
    bikes = load_bikes()
    assert list(bikes) == ["rides", "workingday", "temperature", "humidity", "wind", "weather"]
    assert bikes.notna().all(axis=None)
    assert (bikes["rides"].min(), bikes["rides"].max()) == (0, 651)
    assert (bikes["rides"] == 0).sum() == 115
    assert set(bikes["workingday"]) == {0, 1}
    assert set(bikes["weather"]) == {1, 2, 3, 4}
    assert bikes[["temperature", "humidity", "wind"]].to_numpy().min() >= 0
    assert bikes[["temperature", "humidity", "wind"]].to_numpy().max() <= 1


def test_bikes_working_days_are_weekdays_without_holidays():
    days = load_bikes()["workingday"].groupby(lambda hour: hour.date()).agg(["min", "max"])
    assert (days["min"] == days["max"]).all()  # a property of the day
    weekday = pd.DatetimeIndex(days.index).day_of_week < 5
    assert not days.loc[~weekday, "max"].any()
    assert (days.loc[weekday, "max"] == 0).sum() == 10  # public holidays of Washington, D.C.


def test_bike_rides_repeat_by_day_and_week():
    y = load_bike_rides().to_numpy()
    error = {lag: np.abs(y[6000:] - y[6000 - lag : -lag]).mean() for lag in (1, 12, 24, 168)}
    assert min(error, key=error.get) in (1, 168)
    assert error[168] < error[24] < error[12]
    # As the docstring says.
    assert (round(error[24]), round(error[168])) == (57, 52)


def test_nottingham_is_seasonal_without_trend():
    y = load_nottingham()
    by_month = y.groupby(y.index.month).mean()
    assert by_month.idxmax() == 7
    assert by_month.idxmin() in (1, 2)
    assert abs(y[:120].mean() - y[120:].mean()) < 1


def test_digit_columns_are_the_images_of_scikit_learn():
    X, y = load_digit_columns(return_X_y=True)
    digits = load_digits()
    assert np.array_equal(y, digits.target)
    assert len(X) == len(digits.images)
    for sequence, image in zip(X.to_list(), digits.images, strict=True):
        assert sequence.sum() == image.sum()  # only blank columns were left out
        assert sequence[0].any()
        assert sequence[-1].any()
        (columns,) = np.nonzero(image.any(axis=0))
        assert np.array_equal(sequence, image[:, columns[0] : columns[-1] + 1].T)


def test_digit_columns_are_ragged():
    bunch = load_digit_columns()
    X = bunch.data
    assert (X.lengths.min(), X.lengths.max(), X.n_features) == (2, 8, 8)
    assert len(np.unique(X.lengths)) == 7
    assert X[0].dtype == np.float32
    assert bunch.target.shape == X.shape
    assert list(X.feature_names) == bunch.feature_names == [f"row{i}" for i in range(8)]
    assert np.array_equal(bunch.target_names, np.unique(bunch.target))


def test_datasets_need_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a data set asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    for name in datasets.__all__:
        assert getattr(datasets, name)() is not None


def test_datasets_are_small_and_their_sources_are_told(repository):
    folder = repository / "sksequence" / "datasets" / "data"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    files = [file for file in folder.iterdir() if file.name != "README.md"]
    assert sum(file.stat().st_size for file in files) < 100_000
    assert [file.name for file in files if file.name not in readme] == []
