"""neuralforecast as a subject of peers.py."""

from __future__ import annotations

import neuralforecast
import numpy as np
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MAE
from neuralforecast.models import GRU, LSTM

version = neuralforecast.__version__


class Model:
    """LSTM or GRU with a linear decoder of its last `horizon` states."""

    def __init__(self, cell: str, task, batch_size: int):
        self.task, self.batch_size = task, batch_size
        self.make = {"LSTM": LSTM, "GRU": GRU}[cell]

    def read(self, table):
        """Its own form is the long table."""
        return table

    def fit(self, panel, passes: int):
        """A model trained for as many steps as so many passes over all windows take."""
        model = self.make(
            h=self.task.horizon,
            input_size=self.task.window,
            encoder_n_layers=1,
            encoder_hidden_size=64,
            decoder_layers=1,
            recurrent=False,
            loss=MAE(),
            scaler_type="standard",
            learning_rate=1e-3,
            max_steps=passes * self.task.steps_a_pass,
            val_check_steps=passes * self.task.steps_a_pass,
            windows_batch_size=self.batch_size,  # windows of a step; `batch_size` stays at its 32 series
            valid_batch_size=self.batch_size,
            random_seed=0,
            accelerator="cpu",
            devices=1,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        forecaster = NeuralForecast(models=[model], freq="h")
        forecaster.fit(panel)
        return forecaster

    def steps(self, model) -> int:
        """Gradient steps taken: it notes the loss of each."""
        return len(model.models[0].train_trajectories)

    def n_parameters(self, model) -> int:
        """Weights of the network."""
        return sum(p.numel() for p in model.models[0].parameters() if p.requires_grad)

    def predict(self, model, windows):
        """Continue every window."""
        return model.predict(df=windows)

    def backtest(self, model, series):
        """Forecast from every origin with the fitted model."""
        return model.cross_validation(
            df=series, n_windows=self.task.origins_a_series, step_size=1, use_fitted=True
        )

    def forecasts(self, output) -> np.ndarray:
        """What `predict` or `backtest` returned, series by series, origin by origin, as (n, horizon)."""
        return output[self.make.__name__].to_numpy().reshape(-1, self.task.horizon)


subjects = {"plain": Model}
