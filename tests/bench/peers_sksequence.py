"""sksequence as a subject of peers.py: step by step like the others, and at its defaults."""

from __future__ import annotations

import numpy as np

import sksequence

__all__ = ["Defaults", "Plain"]

version = sksequence.__version__


class Plain:
    """The step-by-step network without seasons, trained as the others are."""

    options: dict = {  # noqa: RUF012
        "segment": 1,
        "seasons": None,
        "hidden_size": 64,
        "normalization": "window",
        "log": False,
        "dropout": 0.0,
        "lr": 1e-3,
        "lr_schedule": "constant",
        "weight_decay": 0.0,
        "gradient_clip": None,
    }

    def __init__(self, cell: str, task, batch_size: int):
        self.task = task
        self.make = getattr(sksequence, f"{cell}Forecaster")
        self.shared = {"window": task.window, "horizon": task.horizon, "batch_size": batch_size}

    def read(self, table):
        """Long table -> what `fit` takes."""
        return table.set_index(["unique_id", "ds"])

    def fit(self, panel, passes: int):
        """A model trained for so many passes over all windows, once."""
        model = self.make(
            **self.shared, **self.options, max_epochs=passes, validation_fraction=None, random_state=0
        )
        return model.fit(panel)

    def steps(self, model) -> int:
        """Gradient steps taken."""
        return max(int(state["step"]) for state in model.net_.optimizer_.state.values())

    def n_parameters(self, model) -> int:
        """Weights of the network."""
        return model.n_parameters_

    def predict(self, model, windows):
        """Continue every window."""
        return model.predict(windows)

    def backtest(self, model, series):
        """Forecast from every origin."""
        return model.backtest(series)

    def forecasts(self, output) -> np.ndarray:
        """What `predict` or `backtest` returned, series by series, origin by origin, as (n, horizon)."""
        column = "forecast" if "forecast" in output.columns else "y"
        return output[column].to_numpy().reshape(-1, self.task.horizon)


class Defaults(Plain):
    """Everything at its default but the window, the batches and the number of passes."""

    options: dict = {}  # noqa: RUF012


subjects = {"plain": Plain, "defaults": Defaults}
