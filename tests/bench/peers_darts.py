"""darts as a subject of peers.py."""

from __future__ import annotations

import darts
import numpy as np
import torch
from darts import TimeSeries
from darts.models import BlockRNNModel

version = darts.__version__


class Model:
    """BlockRNNModel: LSTM or GRU with a linear decoder of its last `horizon` states."""

    def __init__(self, cell: str, task, batch_size: int):
        self.cell, self.task, self.batch_size = cell, task, batch_size

    def read(self, table):
        """Long table -> list of TimeSeries."""
        return TimeSeries.from_group_dataframe(
            table,
            group_cols="unique_id",
            time_col="ds",
            value_cols="y",
            drop_group_cols="unique_id",
            freq="h",
        )

    def fit(self, panel, passes: int):
        """A model trained for so many passes over all windows."""
        model = BlockRNNModel(
            input_chunk_length=self.task.window,
            output_chunk_length=self.task.horizon,
            model=self.cell,
            hidden_dim=64,
            n_rnn_layers=1,
            batch_size=self.batch_size,
            n_epochs=passes,
            use_reversible_instance_norm=True,
            loss_fn=torch.nn.L1Loss(),
            optimizer_kwargs={"lr": 1e-3},
            random_state=0,
            pl_trainer_kwargs={
                "accelerator": "cpu",
                "devices": 1,
                "logger": False,
                "enable_progress_bar": False,
                "enable_model_summary": False,
                "enable_checkpointing": False,
            },
        )
        return model.fit(panel)

    def steps(self, model) -> int:
        """Gradient steps taken."""
        return model.trainer.global_step

    def n_parameters(self, model) -> int:
        """Weights of the network."""
        return sum(p.numel() for p in model.model.parameters() if p.requires_grad)

    def predict(self, model, windows):
        """Continue every window."""
        return model.predict(self.task.horizon, series=windows)

    def backtest(self, model, series):
        """Forecast from every origin with the fitted model."""
        return model.historical_forecasts(
            series, forecast_horizon=self.task.horizon, retrain=False, last_points_only=False
        )

    def forecasts(self, output) -> np.ndarray:
        """What `predict` or `backtest` returned, series by series, origin by origin, as (n, horizon)."""
        flat = [one for each in output for one in (each if isinstance(each, list) else [each])]
        return np.stack([one.values(copy=False)[:, 0] for one in flat])


subjects = {"plain": Model}
