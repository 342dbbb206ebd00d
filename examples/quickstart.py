"""The main jobs in one run: forecast a real series, choose a network by grid search, save and load.

    python examples/quickstart.py

Takes about a minute on a laptop, needs no network, and writes outputs/forecast.png.
"""

from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    LSTMClassifier,
    LSTMForecaster,
    PerTimestep,
    RNNClassifier,
    SeasonalNaiveForecaster,
)
from sksequence.datasets import load_bike_rides, load_digit_columns

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
HORIZON = 24
HELD_BACK = 8 * 7 * 24  # eight weeks of hours


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def forecast_rides():
    """Fit on the first ten months, forecast the next day, test on eight weeks held back."""
    heading("1. Forecast: hourly bike rides in Washington, D.C., 24 hours ahead")
    rides = load_bike_rides()
    known, later = rides[:-HELD_BACK], rides[-HELD_BACK:]
    print(f"Training on {len(known):,} hours up to {known.index[-1]:%d %B %Y}: half a minute.", flush=True)

    forecaster = LSTMForecaster(horizon=HORIZON, random_state=0).fit(known)
    naive = SeasonalNaiveForecaster(horizon=HORIZON).fit(known)
    print(
        f"It looks back {forecaster.window_} hours and found seasons of "
        f"{' and '.join(map(str, forecaster.seasons_))} hours.\n"
        "Its skill over the strongest of four simple forecasts, measured inside the "
        f"training data: {forecaster.skill_:.2f}\n"
    )

    next_day = pd.DataFrame({"LSTM": forecaster.predict(), "naive": naive.predict(), "came": later[:HORIZON]})
    print(f"The next day, {next_day.index[0]:%A %d %B}, every third hour:")
    print(next_day.iloc[::3].round(0).astype(int).rename(index=lambda t: f"{t:%H:%M}").to_string())

    table = forecaster.backtest(later)  # a forecast of 24 hours from every hour
    table["time"] = table["origin"] + pd.to_timedelta(table["step"], unit="h")
    table["naive"] = rides.shift(naive.season_).loc[table["time"]].to_numpy()  # the same hour a day earlier
    errors = table[["forecast", "naive"]].sub(table["target"], axis=0).abs()
    mean = errors.mean()
    n_forecasts = table["origin"].nunique()
    print(f"\nMean absolute error over eight weeks held back ({n_forecasts:,} forecasts of 24 hours):")
    print(f"    LSTM   {mean['forecast']:5.1f} rides an hour")
    print(f"    naive  {mean['naive']:5.1f} rides an hour")
    print(f"    The LSTM is {1 - mean['forecast'] / mean['naive']:.0%} closer to what came.")
    draw_forecast(known, table, errors)


def draw_forecast(known, table, errors):
    """History, then a week of forecasts, each made at midnight; beside it the error by hours ahead."""
    # Colours of Okabe and Ito; every line also has its own stroke, so that none depends on colour.
    came = {"color": "#222222", "lw": 1.4}
    lstm = {"color": "#0072B2", "lw": 2.4}
    naive = {"color": "#D55E00", "lw": 1.5, "ls": (0, (3, 1.6))}
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11.5, 4.2), width_ratios=(3.4, 1), layout="constrained"
    )

    start = known.index[-1]
    history = known[-2 * 24 :]
    week = table[(table["origin"].dt.hour == 23) & (table["origin"] < start + pd.Timedelta(days=6))]
    left.axvspan(history.index[0], start, color="#EEEEEE", lw=0, zorder=0)
    shown = pd.concat([history, week.set_index("time")["target"]])
    left.plot(shown.index, shown, label="what came", **came)
    left.plot(week["time"], week["naive"], label="naive: the day before again", **naive)
    left.plot(week["time"], week["forecast"], label="LSTM, forecast at midnight", **lstm)
    left.set_ylim(0, 1.24 * shown.max())
    left.set_xlim(shown.index[0], shown.index[-1])
    days = pd.date_range(shown.index[0].ceil("D"), shown.index[-1], freq="D")
    left.set_xticks(days + pd.Timedelta(hours=12), [f"{day:%a}\n{day.day} {day:%b}" for day in days])
    left.tick_params(axis="x", length=0)
    left.grid(axis="y", color="#DDDDDD", lw=0.6)
    left.set_axisbelow(True)
    left.text(history.index[1], 1.2 * shown.max(), "history", color="#666666", va="top")
    left.legend(loc="upper right", ncols=3, frameon=False, handlelength=2.4, columnspacing=1.2)
    left.set_ylabel("rides an hour")
    left.set_title("Bike rides in Washington, D.C., forecast a day ahead", loc="left", fontweight="bold")

    by_step = errors.groupby(table["step"]).mean()
    right.plot(by_step.index, by_step["naive"], **naive)
    right.plot(by_step.index, by_step["forecast"], **lstm)
    for name, label, style in (("naive", "naive", naive), ("forecast", "LSTM", lstm)):
        right.text(24, by_step[name].iloc[-1] + 1.5, label, color=style["color"], ha="right", va="bottom")
    right.set_ylim(0, 1.25 * by_step.max().max())
    right.set_xticks([1, 6, 12, 18, 24])
    right.set_xlabel("hours ahead")
    right.grid(axis="y", color="#DDDDDD", lw=0.6)
    right.set_title("Mean absolute error", loc="left", fontweight="bold")

    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "forecast.png", dpi=110)
    plt.close(figure)
    print(f"Picture: {OUTPUTS.name}/forecast.png")


def search(X, y):
    """Grid search over the kind of network, in a Pipeline."""
    pipeline = make_pipeline(PerTimestep(StandardScaler()), LSTMClassifier())
    networks = [RNNClassifier(random_state=0), LSTMClassifier(random_state=0), GRUClassifier(random_state=0)]
    return GridSearchCV(pipeline, {"lstmclassifier": networks}, cv=3).fit(X, y)


def compare_networks():
    """Which network reads handwritten digits best? Their widths differ: the sequences are ragged."""
    heading("2. Classify: handwritten digits, read column by column")
    X, y = load_digit_columns(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=800, stratify=y, random_state=0)
    print(X)
    found = search(X, y)
    table = pd.DataFrame(
        {
            "network": [type(p["lstmclassifier"]).__name__ for p in found.cv_results_["params"]],
            "accuracy": found.cv_results_["mean_test_score"].round(3),
            "± over folds": found.cv_results_["std_test_score"].round(3),
            "seconds a fit": found.cv_results_["mean_fit_time"].round(1),
        }
    )
    print(table.to_string(index=False))
    best = type(found.best_params_["lstmclassifier"]).__name__
    accuracy = found.score(X_test, y_test)
    print(f"Best by cross-validation: {best}; accuracy on {len(y_test)} other digits: {accuracy:.3f}")
    return found.best_estimator_, X_test


def save_and_load(model, X):
    """A fitted pipeline is one joblib file."""
    heading("3. Save and load")
    OUTPUTS.mkdir(exist_ok=True)
    path = OUTPUTS / "digits.joblib"
    joblib.dump(model, path)
    again = joblib.load(path)
    same = np.array_equal(model.predict_proba(X), again.predict_proba(X))
    print(f"{OUTPUTS.name}/{path.name}: {path.stat().st_size / 1024:.0f} kB")
    print(f"The loaded pipeline gives the same probabilities for all {len(X)} digits: {same}")


if __name__ == "__main__":
    forecast_rides()
    model, digits = compare_networks()
    save_and_load(model, digits)
