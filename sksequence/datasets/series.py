"""Time series, read from the files beside this module."""

from importlib.resources import files

import pandas as pd

__all__ = ["load_bike_rides", "load_bikes", "load_nottingham"]


def _read(name: str, freq: str) -> pd.DataFrame:
    """One file of the `data` folder, indexed by its first column."""
    with (files("sksequence.datasets") / "data" / name).open("rb") as file:
        compression = "gzip" if name.endswith(".gz") else None
        table = pd.read_csv(file, index_col=0, parse_dates=[0], compression=compression)
    # Floats throughout: sequences of integers would be read as tokens.
    return table.astype(float).asfreq(freq)


def load_bikes() -> pd.DataFrame:
    """Hourly bike rides in Washington, D.C., in 2011, with calendar and weather.

    Rides repeat by day and, less closely, by week: two rush hours on working days, one broad
    hump on the others; rain keeps people off bikes. `workingday` is known ahead. The weather of
    an hour is not known before that hour, so treat it as past-only (or as a perfect weather
    forecast, and say so).

    Returns
    -------
    bikes : DataFrame of shape (8760, 6), float64
        Indexed by local hour, without daylight saving, with frequency "h". The columns:

        - `rides`: bikes rented in the hour, a count from 0 to 651;
        - `workingday`: 1 on days that are neither weekend nor public holiday, else 0;
        - `temperature`: air temperature, scaled by its source to 0..1 (no unit);
        - `humidity`: relative humidity, 0..1;
        - `wind`: wind speed, scaled by its source to 0..1 (no unit);
        - `weather`: 1 clear, 2 mist or cloud, 3 light rain or snow, 4 heavy rain or snow.

    See Also
    --------
    load_bike_rides : the rides alone, as one series.

    Notes
    -----
    The source has no row for 115 of the 8,760 hours, most of them at night and during a
    snowstorm in January and a hurricane in August, and no row with 0 rides: it was counted
    from a log of rides. Those hours stand here with 0 rides and the weather of the hour before.

    Licence: Creative Commons Attribution 4.0 (CC BY 4.0). Rides come from the trip log that
    Capital Bikeshare publishes; they were put together with weather and holidays in [1]_, the
    "Bike Sharing" data set of the UCI Machine Learning Repository.

    References
    ----------
    .. [1] Fanaee-T, H., & Gama, J. (2014). Event labeling combining ensemble detectors and
       background knowledge. Progress in Artificial Intelligence, 2(2-3), 113-127.

    Examples
    --------
    >>> from sksequence.datasets import load_bikes
    >>> bikes = load_bikes()
    >>> bikes.loc["2011-07-01 17:00", ["rides", "workingday", "weather"]].tolist()
    [461.0, 1.0, 1.0]
    """
    return _read("bike_rides_2011.csv.gz", "h")


def load_bike_rides() -> pd.Series:
    """Hourly bike rides in Washington, D.C., in 2011: one series with two seasons.

    Over the last 2,760 hours of the year, repeating the hour a day earlier is wrong by 57 rides
    on average and repeating the hour a week earlier by 52: good models have room below that.

    Returns
    -------
    rides : Series of shape (8760,), float64, name "rides"
        Bikes rented in each hour, indexed by local hour with frequency "h". The seasons are
        24 and 168 steps long.

    See Also
    --------
    load_bikes : the same rides with calendar and weather, their source and licence (CC BY 4.0).

    Examples
    --------
    >>> from sksequence.datasets import load_bike_rides
    >>> rides = load_bike_rides()
    >>> rides.index.freqstr, int(rides.sum())
    ('h', 1243103)
    """
    return load_bikes()["rides"]


def load_nottingham() -> pd.Series:
    """Monthly mean air temperature at Nottingham Castle, England, 1920 to 1939.

    A short series with one plain season of 12 steps and no trend.

    Returns
    -------
    temperature : Series of shape (240,), float64, name "temperature"
        In degrees Fahrenheit, indexed by the first day of the month with frequency "MS".

    Notes
    -----
    Licence: public domain. These are measured facts of 1920 to 1939, printed as series R of [1]_
    and since then in many collections of time series.

    References
    ----------
    .. [1] Anderson, O. D. (1976). Time Series Analysis and Forecasting: The Box-Jenkins
       Approach. Butterworths.

    Examples
    --------
    >>> from sksequence.datasets import load_nottingham
    >>> load_nottingham()["1920-01":"1920-03"].tolist()
    [40.6, 40.8, 44.4]
    """
    return _read("nottingham_1920_1939.csv", "MS")["temperature"]
