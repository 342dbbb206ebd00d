"""Forecasters at their defaults on public series; skipped where the data are not."""

import importlib.util

import numpy as np
import pytest

from sksequence import GRUForecaster, LSTMForecaster, RNNForecaster

CELLS = (RNNForecaster, LSTMForecaster, GRUForecaster)


@pytest.fixture(scope="module")
def loaders(data_root):
    spec = importlib.util.spec_from_file_location("archive_loaders", data_root / "loaders.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("cell", CELLS)
def test_sunspots_are_forecast_better_than_naively(loaders, cell):
    sunspots = loaders.load_series("sunspots_monthly")
    model = cell(horizon=12, random_state=0).fit(sunspots)
    assert model.skill_ > 0
    assert min(model.skills_.values()) > 0
    forecast = model.predict()
    assert forecast.shape == (12,)
    assert (np.abs(forecast - sunspots[-24:].mean()) < 4 * sunspots.std()).all()


def test_hourly_panel_is_forecast_better_than_yesterday(loaders):
    _, train, _, _ = loaders.load_m4("hourly")
    # 3,000 steps at defaults, twice, are minutes; six short passes show skill already.
    model = LSTMForecaster(horizon=48, hidden_size=64, max_epochs=6, random_state=0).fit(train[:400:20])
    assert len(model.predict()) == len(train[:400:20])
    assert model.skill_ > 0
