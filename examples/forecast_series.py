"""One series from fit to picture: forecast, compare with simple forecasters, look at the errors.

    python examples/forecast_series.py

Monthly temperatures, a year ahead. Takes a few seconds; writes outputs/forecast_series.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from sksequence import LinearForecaster, LSTMForecaster, SeasonalNaiveForecaster
from sksequence.datasets import load_nottingham
from sksequence.inspection import BacktestDisplay, ForecastDisplay, StepErrorDisplay

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
HORIZON = 12  # months


def main():
    temperature = load_nottingham()
    known, later = temperature[:-48], temperature[-48:]
    network = LSTMForecaster(horizon=HORIZON, random_state=0).fit(known)
    print(f"skill_ {network.skill_:.2f}, on rows held back inside the training data, is the least of")
    for name, skill in network.skills_.items():
        print(f"    {name:15} {skill:5.2f}")

    forecasters = {
        "LSTM": network,
        "linear": LinearForecaster(horizon=HORIZON).fit(known),
        "seasonal naive": SeasonalNaiveForecaster(horizon=HORIZON).fit(known),
    }
    figure, axes = plt.subplots(3, 1, figsize=(10.5, 8.5), layout="constrained")
    ForecastDisplay.from_estimator(network, actual=later, history=36, ax=axes[0])
    BacktestDisplay.from_estimator(network, later, step=HORIZON, coverage=0.9, ax=axes[1])
    display = StepErrorDisplay.from_estimator(forecasters, later, ax=axes[2])
    titles = ("A year ahead, and what came", f"Forecast {HORIZON} months before", "Error by months ahead")
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, loc="left", fontweight="bold")
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes[2].set(xlabel="months ahead", ylabel="mean absolute error, °F")
    print(f"\nMean absolute error of the {len(later) // 12} years held back, degrees Fahrenheit:")
    for name, error in display.errors_.mean().items():
        print(f"    {name:15} {error:5.2f}")

    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "forecast_series.png", dpi=110)
    plt.close(figure)
    print(f"\nPicture: {OUTPUTS.name}/forecast_series.png")


if __name__ == "__main__":
    main()
