"""Picture of what the gates of a network do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sksequence.inspection.axes import INK, STYLES, make_axes, pyplot
from sksequence.inspection.gates import gate_activity
from sksequence.inspection.probes import check_option

__all__ = ["GateDisplay"]

_SHOWN = ("saturation", "time_scale")


class GateDisplay:
    """Picture of the gates of a network: how often they are saturated, or how long they keep.

    Use :meth:`from_estimator` to make it.

    Parameters
    ----------
    units : DataFrame
        From :func:`gate_activity` with ``by="unit"``.

    Attributes
    ----------
    units_ : DataFrame
        What is drawn, one row for each unit of each gate.
    figure_ : Figure
        What was drawn on last.
    ax_ : Axes
        Its axes.

    See Also
    --------
    gate_activity : The numbers.
    """

    def __init__(self, units: pd.DataFrame):
        self.units_ = units

    @classmethod
    def from_estimator(cls, estimator, X, *, show="saturation", max_samples=256, ax=None):
        """Measure the gates of a fitted network, and draw them.

        Parameters
        ----------
        estimator : fitted estimator
            As in :func:`gate_activity`.
        X : array-like
            Sequences, as the estimator takes them.
        show : {"saturation", "time_scale"}, default="saturation"
            As in :meth:`plot`.
        max_samples : int or None, default=256
            As in :func:`gate_activity`.
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : GateDisplay

        Raises
        ------
        InputError
            If the network has no gates.
        MissingDependencyError
            If matplotlib is not installed.
        """
        pyplot(f"{cls.__name__}.from_estimator")
        check_option("show", show, _SHOWN, f"{cls.__name__}.from_estimator")
        units = gate_activity(estimator, X, by="unit", max_samples=max_samples)
        return cls(units).plot(ax=ax, show=show)

    def plot(self, ax=None, *, show="saturation"):
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; None makes a new figure.
        show : {"saturation", "time_scale"}, default="saturation"
            Share of the values of each gate that are shut (below 0.1), between, and open (above 0.9);
            or the time scales of the units, by the gate that keeps the state.

        Returns
        -------
        display : GateDisplay
            Itself, with `figure_` and `ax_`.

        Raises
        ------
        MissingDependencyError
            If matplotlib is not installed.
        """
        caller = f"{type(self).__name__}.plot"
        check_option("show", show, _SHOWN, caller)
        levels = [name for name in self.units_.index.names if name != "unit"]
        groups = {
            self._name(key, levels): rows for key, rows in self.units_.groupby(level=levels, sort=False)
        }
        if show == "saturation":
            place = self._saturation(groups, ax, caller)
        else:
            place = self._time_scales(groups, ax, caller)
        self.ax_, self.figure_ = place, place.figure
        return self

    def _name(self, key: tuple, levels: list[str]) -> str:
        """What tells a gate from the others: levels that are the same for all are left out."""
        several = [len(self.units_.index.unique(level)) > 1 or level == "gate" for level in levels]
        words = {"layer": "layer {}", "member": "member {}"}
        return ", ".join(
            words.get(level, "{}").format(value)
            for level, value, told in zip(levels, key, several, strict=True)
            if told
        )

    def _saturation(self, groups: dict, ax, caller: str):
        (place,), _ = make_axes(1, ax, caller, size=(7.0, 1.3 + 0.36 * len(groups)))
        rows = np.arange(len(groups))
        shut = np.array([units["shut"].mean() for units in groups.values()])
        opened = np.array([units["open"].mean() for units in groups.values()])
        parts = (
            ("shut, below 0.1", shut, STYLES[0]["color"], "///"),
            ("between", 1 - shut - opened, "0.9", ""),
            ("open, above 0.9", opened, STYLES[4]["color"], "..."),
        )
        left = np.zeros(len(rows))
        for label, share, color, hatch in parts:
            place.barh(rows, share, left=left, color=color, hatch=hatch, edgecolor="white", label=label)
            left += share
        place.set_yticks(rows, list(groups))
        place.invert_yaxis()
        place.set_xlim(0, 1)
        place.set_xlabel("share of all values, over units, steps and sequences")
        place.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)
        return place

    def _time_scales(self, groups: dict, ax, caller: str):
        (place,), _ = make_axes(1, ax, caller, size=(7.0, 4.0))
        from matplotlib.ticker import LogLocator, NullFormatter

        kept = {name: units["time_scale"].dropna().to_numpy() for name, units in groups.items()}
        kept = {name: np.sort(scales) for name, scales in kept.items() if len(scales)}
        for i, (name, scales) in enumerate(kept.items()):
            share = np.arange(1, len(scales) + 1) / len(scales)
            finite = np.isfinite(scales)
            style = STYLES[i % len(STYLES)] | {"linewidth": 1.6, "drawstyle": "steps-post"}
            label = f"{name}: median {np.median(scales):,.3g}"
            place.plot(scales[finite], share[finite], label=label, **style)
        place.set_xscale("log")
        place.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        place.xaxis.set_major_formatter("{x:g}")
        place.xaxis.set_minor_formatter(NullFormatter())
        place.set_ylim(0, 1.02)
        place.axhline(0.5, color=INK, linewidth=0.6)
        place.set_xlabel("time steps until 1/e of the state is left")
        place.set_ylabel("share of units that keep no longer")
        place.legend(loc="best", frameon=False)
        return place
