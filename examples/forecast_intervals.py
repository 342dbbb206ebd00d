"""How sure is a forecast? Intervals of four losses: how much they hold, and how wide they are.

    python examples/forecast_intervals.py

Hourly bike rides, a day ahead. Takes about half a minute of one core; writes outputs/forecast_intervals.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from sksequence import LSTMForecaster, SeasonalNaiveForecaster
from sksequence.datasets import load_bike_rides
from sksequence.inspection import ForecastDisplay
from sksequence.metrics import interval_coverage, interval_score, mean_interval_width

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
HORIZON = 24  # hours
HELD_BACK = 8 * 7 * 24
COVERAGE = 0.9
LOSSES = ("absolute_error", "quantile", "normal", "negative_binomial")


def judge(table):
    """Coverage, mean width and interval score of a backtest."""
    bounds = table["lower"], table["upper"]
    return {
        "coverage": interval_coverage(table["target"], *bounds),
        "width": mean_interval_width(*bounds),
        "score": interval_score(table["target"], *bounds, coverage=COVERAGE),
    }


def main():
    rides = load_bike_rides()["2011-06":]
    known, later = rides[:-HELD_BACK], rides[-HELD_BACK:]
    models = {"seasonal naive": SeasonalNaiveForecaster(horizon=HORIZON, season=168).fit(known)}
    for loss in LOSSES:
        models[loss] = LSTMForecaster(horizon=HORIZON, window=336, loss=loss, random_state=0).fit(known)

    print(f"{100 * COVERAGE:.0f} % intervals, {HELD_BACK // 168} weeks held back, from every hour:")
    print(f"{'':20} coverage  width  interval score")
    tables = {name: model.backtest(later, coverage=COVERAGE) for name, model in models.items()}
    for name, table in tables.items():
        found = judge(table)
        print(f"{name:20} {found['coverage']:8.3f}  {found['width']:5.0f}  {found['score']:14.0f}")

    figure, axes = plt.subplots(2, 1, figsize=(10.5, 6.5), layout="constrained")
    shown = ForecastDisplay.from_estimator(
        models["quantile"], actual=later, coverage=COVERAGE, history=72, ax=axes[0]
    )
    shown.ax_.set_title("A day ahead, loss='quantile', and what came", loc="left", fontweight="bold")
    axes[0].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    draw_coverage(axes[1], {name: tables[name] for name in LOSSES})

    print("\nThe same, learning from the errors of earlier origins, as `update` does:")
    for name in LOSSES:
        table = models[name].backtest(later, coverage=COVERAGE, adaptive=True)
        found = judge(table)
        print(f"{name:20} {found['coverage']:8.3f}  {found['width']:5.0f}  {found['score']:14.0f}")

    OUTPUTS.mkdir(exist_ok=True)
    figure.savefig(OUTPUTS / "forecast_intervals.png", dpi=110)
    plt.close(figure)
    print(f"\nPicture: {OUTPUTS.name}/forecast_intervals.png")


def draw_coverage(ax, tables):
    """Share of the values inside, by hours ahead."""
    styles = zip(tables.items(), ("-", "--", "-.", ":"), strict=True)
    for (name, table), style in styles:
        inside = (table["lower"] <= table["target"]) & (table["target"] <= table["upper"])
        share = inside.groupby(table["step"]).mean()
        ax.plot(share.index, share, style, label=name)
    ax.axhline(COVERAGE, color="#222222", lw=0.8)
    ax.set(xlabel="hours ahead", ylabel="share inside", ylim=(0.6, 1))
    ax.set_title("Coverage by hours ahead", loc="left", fontweight="bold")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


if __name__ == "__main__":
    main()
