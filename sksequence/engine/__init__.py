"""Training and prediction; the only place that knows skorch."""

from sksequence.engine.allocator import returned_memory
from sksequence.engine.batches import Batches, Examples
from sksequence.engine.board import TrainingBoard
from sksequence.engine.cells import GRUCell, LSTMCell, RNNCell
from sksequence.engine.class_weight import ClassWeight
from sksequence.engine.encoder_weights import EncoderWeights
from sksequence.engine.estimator import RecurrentEstimator
from sksequence.engine.gradients import GradientFlow
from sksequence.engine.guarded import guarded
from sksequence.engine.matched_score import MatchedScore
from sksequence.engine.overflow import refuse_answer
from sksequence.engine.probe import OpenLayer, Probe
from sksequence.engine.reporting import with_callbacks
from sksequence.engine.sample_weight import read_weights
from sksequence.engine.schedule import Budget, plan
from sksequence.engine.scored import Meaning
from sksequence.engine.seeds import draw_seed
from sksequence.engine.stack import RecurrentStack
from sksequence.engine.stream import Stream
from sksequence.engine.supervised import SequencePredictor, SupervisedReader
from sksequence.engine.tokens import TokenInput

__all__ = [
    "Batches",
    "Budget",
    "ClassWeight",
    "EncoderWeights",
    "Examples",
    "GRUCell",
    "GradientFlow",
    "LSTMCell",
    "MatchedScore",
    "Meaning",
    "OpenLayer",
    "Probe",
    "RNNCell",
    "RecurrentEstimator",
    "RecurrentStack",
    "SequencePredictor",
    "Stream",
    "SupervisedReader",
    "TokenInput",
    "TrainingBoard",
    "draw_seed",
    "guarded",
    "plan",
    "read_weights",
    "refuse_answer",
    "returned_memory",
    "with_callbacks",
]
