"""Small real data sets that come with the package and need no network."""

from sksequence.datasets.digits import load_digit_columns
from sksequence.datasets.series import load_bike_rides, load_bikes, load_nottingham

__all__ = ["load_bike_rides", "load_bikes", "load_digit_columns", "load_nottingham"]
