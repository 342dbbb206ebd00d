"""Pictures of estimators and of their forecasts, and the numbers that they show."""

from sksequence.inspection.attention import attention_weights
from sksequence.inspection.attributions import input_attributions
from sksequence.inspection.backtests import BacktestDisplay
from sksequence.inspection.errors import StepErrorDisplay
from sksequence.inspection.forecasts import ForecastDisplay
from sksequence.inspection.gate_display import GateDisplay
from sksequence.inspection.gates import gate_activity
from sksequence.inspection.gradient_display import GradientFlowDisplay
from sksequence.inspection.gradients import StateGradients, gradient_flow
from sksequence.inspection.importance import SequenceImportance, sequence_permutation_importance
from sksequence.inspection.importance_display import ImportanceDisplay
from sksequence.inspection.memory import MemoryRange, memory_range
from sksequence.inspection.memory_display import MemoryRangeDisplay
from sksequence.inspection.state_display import HiddenStateDisplay
from sksequence.inspection.states import HiddenStates, hidden_states
from sksequence.inspection.training_display import TrainingCurveDisplay

__all__ = [
    "BacktestDisplay",
    "ForecastDisplay",
    "GateDisplay",
    "GradientFlowDisplay",
    "HiddenStateDisplay",
    "HiddenStates",
    "ImportanceDisplay",
    "MemoryRange",
    "MemoryRangeDisplay",
    "SequenceImportance",
    "StateGradients",
    "StepErrorDisplay",
    "TrainingCurveDisplay",
    "attention_weights",
    "gate_activity",
    "gradient_flow",
    "hidden_states",
    "input_attributions",
    "memory_range",
    "sequence_permutation_importance",
]
