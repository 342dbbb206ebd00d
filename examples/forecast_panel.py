"""Forecast many series at once: one network for all, tested from every origin, applied to a new series.

    python examples/forecast_panel.py

Takes some 15 seconds; writes outputs/forecast_panel.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from sksequence import LSTMForecaster, SeasonalNaiveForecaster
from sksequence.datasets import load_bike_rides

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
HORIZON = 7  # days
HELD_BACK = 8 * 7


def load_panel():
    """The rides of each hour of the day, day by day: 24 series of 365 days, as a long table."""
    rides = load_bike_rides()
    panel = rides.to_frame()
    panel["hour"], panel["day"] = rides.index.hour, rides.index.normalize()
    return panel.set_index(["hour", "day"]).sort_index()


def main():
    panel = load_panel()
    hours, days = (panel.index.get_level_values(level) for level in ("hour", "day"))
    print(f"{hours.nunique()} series, {days.nunique()} days each:")
    print(panel.head(3).to_string())
    start = days.max() - pd.Timedelta(days=HELD_BACK)
    known, later = panel[days <= start], panel[days > start]

    # One network learns from all 24 series, each window on its own scale. Among 5, 10 and 20 passes over
    # the data and the default, 10 had the best `skill_`, which is measured inside the training data.
    forecaster = LSTMForecaster(horizon=HORIZON, random_state=0).fit(known)
    print(
        f"\nwindow_ {forecaster.window_} days, seasons_ {forecaster.seasons_}, "
        f"normalization_ {forecaster.normalization_!r}, skill_ {forecaster.skill_:.2f}"
    )
    forecasts = forecaster.predict()
    print(f"The next {HORIZON} days of every series come back in the form of the training table:")
    print(forecasts.head(3).round(1).to_string())

    table = forecaster.backtest(later)
    table["day"] = table["origin"] + pd.to_timedelta(table["step"], unit="D")
    a_week_earlier = panel["rides"].groupby("hour").shift(7)
    table["naive"] = a_week_earlier.loc[pd.MultiIndex.from_frame(table[["series", "day"]])].to_numpy()
    errors = table[["forecast", "naive"]].sub(table["target"], axis=0).abs()
    print(f"\nMean absolute error, {len(table):,} forecasts over {HELD_BACK // 7} weeks held back:")
    mean = errors.mean()
    print(f"    LSTM            {mean['forecast']:5.1f} rides an hour")
    print(f"    a week earlier  {mean['naive']:5.1f} rides an hour")

    # A series that the network has never seen: all rides of a day. Only its last days are needed.
    total = panel["rides"].groupby("day").sum()
    context = total[:start]
    came = total[start:][1 : HORIZON + 1]
    naive = SeasonalNaiveForecaster(horizon=HORIZON, season=7).fit(context)
    print("\nA new series, the sum of all hours, forecast without training again:")
    new = {"LSTM": forecaster.predict(context), "a week earlier": naive.predict(), "came": came}
    print(pd.DataFrame(new).round(0).astype(int).to_string())
    draw(panel, table)


def draw(panel, table, hours=(3, 8, 13, 17)):
    """Four of the series: what came, and the forecast a week ahead made every seventh day."""
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(2, 2, figsize=(10.5, 5.2), sharex=True, layout="constrained")
    weekly = table[(table["origin"] - table["origin"].min()).dt.days % HORIZON == 0]
    for ax, hour in zip(axes.flat, hours, strict=True):
        shown = weekly[weekly["series"] == hour]
        came = panel.loc[hour, "rides"]
        came = came[shown["day"].min() - pd.Timedelta(days=14) : shown["day"].max()]
        ax.plot(came.index, came, color="#222222", lw=1.3, label="what came")
        dashed = {"color": "#D55E00", "lw": 1.3, "ls": (0, (3, 1.6))}
        ax.plot(shown["day"], shown["naive"], label="naive: a week earlier", **dashed)
        ax.plot(shown["day"], shown["forecast"], color="#0072B2", lw=2.3, label="LSTM, 1 to 7 days ahead")
        ax.axvspan(came.index[0], shown["day"].min() - pd.Timedelta(days=1), color="#EEEEEE", lw=0, zorder=0)
        ax.set_title(f"rides from {hour}:00 to {hour + 1}:00", loc="left", fontweight="bold")
        ax.set_xlim(came.index[0], came.index[-1])
        ax.set_ylim(bottom=0)
        ax.grid(axis="y", color="#DDDDDD", lw=0.6)
        ax.set_axisbelow(True)
        mondays = pd.date_range(came.index[0], came.index[-1], freq="14D")
        ax.set_xticks(mondays, [f"{day.day} {day:%b}" for day in mondays])
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, handlelength=2.6)
    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "forecast_panel.png", dpi=110)
    plt.close(figure)
    print(f"\nPicture: {OUTPUTS.name}/forecast_panel.png")


if __name__ == "__main__":
    main()
