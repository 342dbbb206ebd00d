"""Pictures of forecasters, and the numbers that they show."""

from sksequence.inspection.backtests import BacktestDisplay
from sksequence.inspection.errors import StepErrorDisplay
from sksequence.inspection.forecasts import ForecastDisplay

__all__ = ["BacktestDisplay", "ForecastDisplay", "StepErrorDisplay"]
