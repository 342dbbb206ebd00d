"""What is known beside the series: calendar, plans and weather, and what each of them gains.

    python examples/forecast_covariates.py

Hourly bike rides, a day ahead, four forecasters that differ only in the columns they read. Takes about a minute and
a half of one core; writes outputs/forecast_covariates.png.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from sksequence import LSTMForecaster
from sksequence.datasets import load_bikes
from sksequence.inspection import StepErrorDisplay

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"
HORIZON = 24  # hours
HELD_BACK = 8 * 7 * 24
WEATHER = ["temperature", "humidity", "wind", "weather"]

# The columns of X, and what the forecaster is told of them. Columns that are neither the target nor known ahead
# are read up to the present.
CHOICES = {
    "rides alone": (["rides"], {}),
    "and the calendar": (["rides"], {"calendar": "auto"}),
    "and working days": (["rides", "workingday"], {"calendar": "auto", "known_future": ["workingday"]}),
    "and the weather so far": (
        ["rides", "workingday", *WEATHER],
        {"calendar": "auto", "known_future": ["workingday"], "target": "rides"},
    ),
    "and a perfect weather forecast": (
        ["rides", "workingday", *WEATHER],
        {"calendar": "auto", "known_future": ["workingday", *WEATHER], "target": "rides"},
    ),
}


def main():
    bikes = load_bikes()
    known, later = bikes[:-HELD_BACK], bikes[-HELD_BACK:]
