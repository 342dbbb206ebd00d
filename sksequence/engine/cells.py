"""The three kinds of recurrence as mixins: what an RNN, an LSTM and a GRU estimator add to a task."""

from __future__ import annotations

from typing import Any, ClassVar

from sksequence._params import Parameters, one_of, param

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class RecurrentCell(Parameters):
    """Names the recurrence of an estimator."""

    _cell: ClassVar[str]

    def _kernel_options(self) -> dict[str, Any]:
        """Keyword arguments of the recurrence beyond its sizes."""
        return {}


class RNNCell(RecurrentCell):
    """The Elman network."""

    _cell = "rnn"

    nonlinearity: str = param(
        default="tanh",
        fixed=True,
        rule=one_of("tanh", "relu"),
        doc="Function applied to the state at every step.",
    )

    def _kernel_options(self) -> dict[str, Any]:
        return {"nonlinearity": self.nonlinearity}


class LSTMCell(RecurrentCell):
    """Long short-term memory."""

    _cell = "lstm"


class GRUCell(RecurrentCell):
    """The gated recurrent unit."""

    _cell = "gru"
