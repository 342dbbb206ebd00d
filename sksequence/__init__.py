"""Recurrent networks as scikit-learn estimators: classify, regress, tag and forecast any sequences."""

from sksequence.classification import GRUClassifier, LSTMClassifier, RNNClassifier
from sksequence.engine import GradientFlow, TrainingBoard
from sksequence.forecasting import (
    DriftForecaster,
    GRUForecaster,
    LinearForecaster,
    LSTMForecaster,
    NaiveForecaster,
    RNNForecaster,
    SeasonalNaiveForecaster,
)
from sksequence.inspection import (
    BacktestDisplay,
    ForecastDisplay,
    GateDisplay,
    GradientFlowDisplay,
    HiddenStateDisplay,
    ImportanceDisplay,
    MemoryRangeDisplay,
    StepErrorDisplay,
    TrainingCurveDisplay,
)
from sksequence.language import GRULanguageModel, LSTMLanguageModel, RNNLanguageModel
from sksequence.model_selection import (
    ComparisonDisplay,
    RollingOriginSplit,
    compare,
    forecast_scorer,
    recommend,
)
from sksequence.preprocessing import (
    CalendarFeatures,
    PerTimestep,
    SequencePadder,
    SequenceTokenizer,
    SummaryFeatures,
    WindowTransformer,
    WordFeatures,
    cooccurrence_vectors,
    make_windows,
)
from sksequence.regression import GRURegressor, LSTMRegressor, RNNRegressor
from sksequence.sequences import SequenceArray, as_sequences
from sksequence.tagging import GRUTagger, LSTMTagger, RNNTagger

__version__ = "0.1.0"

__all__ = [
    "BacktestDisplay",
    "CalendarFeatures",
    "ComparisonDisplay",
    "DriftForecaster",
    "ForecastDisplay",
    "GRUClassifier",
    "GRUForecaster",
    "GRULanguageModel",
    "GRURegressor",
    "GRUTagger",
    "GateDisplay",
    "GradientFlow",
    "GradientFlowDisplay",
    "HiddenStateDisplay",
    "ImportanceDisplay",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMLanguageModel",
    "LSTMRegressor",
    "LSTMTagger",
    "LinearForecaster",
    "MemoryRangeDisplay",
    "NaiveForecaster",
    "PerTimestep",
    "RNNClassifier",
    "RNNForecaster",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNTagger",
    "RollingOriginSplit",
    "SeasonalNaiveForecaster",
    "SequenceArray",
    "SequencePadder",
    "SequenceTokenizer",
    "StepErrorDisplay",
    "SummaryFeatures",
    "TrainingBoard",
    "TrainingCurveDisplay",
    "WindowTransformer",
    "WordFeatures",
    "as_sequences",
    "compare",
    "cooccurrence_vectors",
    "forecast_scorer",
    "make_windows",
    "recommend",
]
