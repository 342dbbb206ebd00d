"""Networks as plain ``torch.nn.Module``: they know neither scikit-learn nor skorch."""

from sksequence.modules.cells import CELLS, Cell, new_embedding, new_linear, new_recurrence
from sksequence.modules.dropout import SeededDropout, seed_dropout
from sksequence.modules.inputs import Patches, Standardize, TokenEmbedding
from sksequence.modules.masking import reverse, valid_steps
from sksequence.modules.network import Encoder, RecurrentLayer, SequenceNetwork
from sksequence.modules.pooling import POOLINGS, Pooling

__all__ = [
    "CELLS",
    "POOLINGS",
    "Cell",
    "Encoder",
    "Patches",
    "Pooling",
    "RecurrentLayer",
    "SeededDropout",
    "SequenceNetwork",
    "Standardize",
    "TokenEmbedding",
    "new_embedding",
    "new_linear",
    "new_recurrence",
    "reverse",
    "seed_dropout",
    "valid_steps",
]
