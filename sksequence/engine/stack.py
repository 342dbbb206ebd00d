"""The parameters of recurrent layers, one on top of the other."""

from __future__ import annotations

from typing import Any

from sksequence._params import Parameters, boolean, integer, none, number, one_of, param

__all__ = ["RecurrentStack"]


class RecurrentStack(Parameters):
    """How many recurrent layers there are, and how they begin.

    Attributes
    ----------
    memory_ : float or None
        Dependency range behind the initial weights, in time steps.
    """

    num_layers: int = param(
        default=1, fixed=True, rule=integer(1), doc="Recurrent layers, one on top of the other."
    )
    memory: Any = param(
        default="auto",
        fixed=True,
        rule=one_of("auto") | number(1) | none(),
        doc="""Dependency range expected, in time steps: sets the initial time scale of gates and states
        (chrono initialisation, Tallec & Ollivier 2018; for the Elman network the spectral radius of
        the recurrent weights). "auto" is the longest training sequence; None is torch's own
        initialisation, which rarely learns dependencies beyond a few dozen steps.""",
    )
    layer_norm: bool = param(
        default=False,
        fixed=True,
        rule=boolean(),
        doc="Whether each recurrent layer's states are normalised (Ba et al. 2016).",
    )
    input_dropout: float = param(
        default=0.0,
        fixed=True,
        rule=number(0, below=1),
        doc="""Share of the features that the first layer reads dropped, the same ones at every step of a
        sequence (variational dropout, Gal & Ghahramani 2016).""",
    )
    recurrent_dropout: float = param(
        default=0.0,
        fixed=True,
        rule=number(0, below=1),
        doc="""Share of the weights from state to state dropped in each training batch (weight drop, Merity et
        al. 2018).""",
    )

    def _set_memory(self, longest: int) -> None:
        """Settle what "auto" means where the longest training sequence has so many steps."""
        self.memory_ = float(longest) if self.memory == "auto" else self.memory
