"""Recurrent language models: fitted on texts, they tell how likely a text is, and write new ones."""

from sksequence.engine import GRUCell, LSTMCell, RNNCell
from sksequence.language.model import LanguageModel

__all__ = ["GRULanguageModel", "LSTMLanguageModel", "RNNLanguageModel"]


class RNNLanguageModel(RNNCell, LanguageModel):
    """Model texts with an Elman network (Elman 1990; Mikolov et al. 2010), the plain recurrent network.

    The smallest and quickest of the three; it forgets soonest.
    """


class LSTMLanguageModel(LSTMCell, LanguageModel):
    """Model texts with long short-term memory (Hochreiter & Schmidhuber 1997; Sundermeyer et al. 2012).

    Keeps information over the longest spans, with four times the weights of an Elman network.

    Examples
    --------
    >>> from sksequence import LSTMLanguageModel
    >>> model = LSTMLanguageModel(hidden_size=32, bptt=16, max_epochs=30, random_state=0)
    >>> model = model.fit(["tick tock " * 40] * 4)
    >>> model.generate("tick t", max_tokens=14, temperature=0)
    'ock tick tock '
    >>> model.perplexity(["tick tock tick"]) < 1.5
    True
    """


class GRULanguageModel(GRUCell, LanguageModel):
    """Model texts with gated recurrent units (Cho et al. 2014).

    About as able as the LSTM, with three quarters of its weights.
    """
