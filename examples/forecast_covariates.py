"""What is known beside the series, and what it gains: calendar, working days, weather.

    python examples/forecast_covariates.py

Hourly bike rides, a day ahead, by four forecasters that differ only in the columns they read. Takes about
three minutes of one core; writes outputs/forecast_covariates.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from sksequence import LSTMForecaster, SeasonalNaiveForecaster
from sksequence.datasets import load_bikes
from sksequence.inspection import StepErrorDisplay

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
HORIZON = 24  # hours
HELD_BACK = 8 * 7 * 24
WEATHER = ["temperature", "humidity", "wind", "weather"]

# The columns of X and what the forecaster is told of them. Columns that are neither the target nor known
# ahead are read up to the present.
CHOICES = {
    "rides alone": (["rides"], {}),
    "and calendar, working days": (["rides", "workingday"], {"known_future": ["workingday"]}),
    "and the weather so far": (["rides", "workingday", *WEATHER], {"known_future": ["workingday"]}),
    "and the weather to come": (
        ["rides", "workingday", *WEATHER],
        {"known_future": ["workingday", *WEATHER]},
    ),
}


def fit(columns, options, known):
    """A forecaster of the rides that reads these columns; the calendar, too, where there are others."""
    calendar = "auto" if len(columns) > 1 else None
    model = LSTMForecaster(
        horizon=HORIZON, target="rides", window=168, calendar=calendar, random_state=0, **options
    )
    return model.fit(known[columns])


def main():
    bikes = load_bikes()
    known, later = bikes[:-HELD_BACK], bikes[-HELD_BACK:]
    naive = SeasonalNaiveForecaster(horizon=HORIZON, season=168, target="rides").fit(known[["rides"]])
    tables = {"a week earlier": naive.backtest(later[["rides"]])}
    models = {}
    print(f"Mean absolute error over {HELD_BACK // 168} weeks held back, rides an hour:")
    for name, (columns, options) in CHOICES.items():
        model = models[name] = fit(columns, options, known)
        tables[name] = model.backtest(later[columns])
        error = (tables[name]["target"] - tables[name]["forecast"]).abs().mean()
        print(f"    {name:28} {error:5.1f}   skill_ {model.skill_:.2f}, linear_share_ {model.linear_share_}")
    what_if(models["and calendar, working days"], bikes[["rides", "workingday"]])
    draw(tables)


def what_if(model, table, date="2011-11-11"):
    """A public holiday on a Friday, forecast the evening before with either plan."""
    before, day = table[table.index < date], table.loc[date]
    plans = {"as a working day": 1.0, "as the day off it was": 0.0}
    found = {
        name: model.predict(before, future=day.assign(workingday=value))["rides"]
        for name, value in plans.items()
    }
    found["what came"] = day["rides"]
    print("\nRides of Friday, 11 November, Veterans Day, forecast the evening before:")
    for name, rides in found.items():
        rush = rides.between_time("7:00", "8:00").sum()
        print(f"    {name:24} {rides.sum():5.0f}, of them {rush:4.0f} from 7 to 9 in the morning")


def draw(tables):
    figure, ax = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    StepErrorDisplay.from_tables(tables, ax=ax)
    ax.set_xlabel("hours ahead")
    ax.set_ylabel("mean absolute error, rides an hour")
    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "forecast_covariates.png", dpi=110)
    plt.close(figure)
    print(f"\nPicture: {OUTPUTS.name}/forecast_covariates.png")


if __name__ == "__main__":
    main()
