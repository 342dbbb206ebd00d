"""Pictures of estimators and of their forecasts, and the numbers that they show."""

from sksequence.inspection.backtests import BacktestDisplay
from sksequence.inspection.errors import StepErrorDisplay
from sksequence.inspection.forecasts import ForecastDisplay
from sksequence.inspection.memory import MemoryRange, memory_range
from sksequence.inspection.memory_display import MemoryRangeDisplay

__all__ = [
    "BacktestDisplay",
    "ForecastDisplay",
    "MemoryRange",
    "MemoryRangeDisplay",
    "StepErrorDisplay",
    "memory_range",
]
