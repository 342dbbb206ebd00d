"""Networks as plain ``torch.nn.Module``: they know neither scikit-learn nor skorch."""

from sksequence.modules.adversary import Adversary
from sksequence.modules.cells import CELLS, Cell, new_embedding, new_linear, new_recurrence
from sksequence.modules.company import LEAST_ROWS
from sksequence.modules.crf import (
    Chain,
    ChainLoss,
    log_marginals,
    log_partition,
    log_step_proba,
    path_score,
    viterbi,
)
from sksequence.modules.inputs import MixedInputs, Patches, Standardize, TokenEmbedding
from sksequence.modules.language import Carry, GivenLoss, LanguageNetwork
from sksequence.modules.masking import reverse, valid_steps
from sksequence.modules.network import Encoder, RecurrentLayer, SequenceNetwork
from sksequence.modules.noise import RandomAffine, SeededDropout, SteadyDropout, seed_noise
from sksequence.modules.pooling import POOLINGS, Pooling
from sksequence.modules.tagging import ChainNetwork, StepLoss, StepNetwork
from sksequence.modules.threads import single_thread
from sksequence.modules.unrolled import GATES, KEEPING, OPEN, SHUT, Trace, Unrolled, unroll

__all__ = [
    "CELLS",
    "GATES",
    "KEEPING",
    "LEAST_ROWS",
    "OPEN",
    "POOLINGS",
    "SHUT",
    "Adversary",
    "Carry",
    "Cell",
    "Chain",
    "ChainLoss",
    "ChainNetwork",
    "Encoder",
    "GivenLoss",
    "LanguageNetwork",
    "MixedInputs",
    "Patches",
    "Pooling",
    "RandomAffine",
    "RecurrentLayer",
    "SeededDropout",
    "SequenceNetwork",
    "Standardize",
    "SteadyDropout",
    "StepLoss",
    "StepNetwork",
    "TokenEmbedding",
    "Trace",
    "Unrolled",
    "log_marginals",
    "log_partition",
    "log_step_proba",
    "new_embedding",
    "new_linear",
    "new_recurrence",
    "path_score",
    "reverse",
    "seed_noise",
    "single_thread",
    "unroll",
    "valid_steps",
    "viterbi",
]
