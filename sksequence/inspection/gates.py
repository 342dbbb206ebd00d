"""What the gates of a fitted network do: how often they are shut or open, and for how long they keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from sksequence.engine import OpenLayer, Probe
from sksequence.exceptions import InputError
from sksequence.inspection.probes import check_option, probe_of
from sksequence.modules import GATES, KEEPING, OPEN, SHUT, single_thread, valid_steps

__all__ = ["gate_activity"]

# Share of the steps at which a unit must be saturated to be called so.
_MOST_STEPS = 0.9
_COLUMNS = ["mean", "shut", "open", "log"]


def gate_activity(estimator, X, *, by="gate", max_samples=256):
    """Measure the gates of every layer and direction over the steps of sequences.

    They are computed step by step from the fitted weights; states come out as the fused kernels give
    them.

    Parameters
    ----------
    estimator : fitted estimator
        With LSTM or GRU cells; or a Pipeline that ends in one.
    X : array-like
        Sequences, as the estimator takes them; of series, every window is one.
    by : {"gate", "unit"}, default="gate"
        Whether a row of the table is a gate, all its units together, or one unit of it.
    max_samples : int or None, default=256
        Sequences looked at, evenly spaced among those that came; None looks at all.

    Returns
    -------
    table : DataFrame
        Indexed by "layer" (0 reads the input), "direction" and "gate" (of an LSTM "input", "forget" and
        "output", of a GRU "reset" and "update"), "member" before them for an ensemble, "unit" behind
        them with ``by="unit"``. Columns:

        - "mean": mean value;
        - "shut", "open": share of all values below 0.1, and above 0.9;
        - "units_shut", "units_open": share of the units for which this holds at more than 90 % of the
          steps (only by gate);
        - "time_scale": of the gate that keeps the state (LSTM "forget", GRU "update"), the time in
          which 1/e of it is left, in time steps: -1 / mean log f of a unit; by gate the median over
          units, and "time_scale_10" and "time_scale_90" the quantiles. NaN for other gates.

    Raises
    ------
    InputError
        If the network has no gates, or X cannot be read.

    References
    ----------
    Karpathy et al. (2015), "Visualizing and understanding recurrent networks" (saturated gates).
    Tallec & Ollivier (2018), "Can recurrent neural networks warp time?" (time scales of gates).

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import GRUClassifier
    >>> from sksequence.inspection import gate_activity
    >>> X = np.random.default_rng(0).normal(size=(20, 8, 1))
    >>> model = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, X[:, 0, 0] > 0)
    >>> gate_activity(model, X).index.tolist()
    [(0, 'forward', 'reset'), (0, 'forward', 'update')]
    """
    caller = "gate_activity"
    check_option("by", by, ("gate", "unit"), caller)
    probe = probe_of(estimator, X, caller)
    layers = probe.open_layers()
    if not any(GATES[layer.unrolled.kernel.mode] for layer in layers):
        raise InputError(
            f"{caller}: an Elman network came, but it has no gates. Look at its hidden_states, or take an "
            "LSTM or a GRU."
        )
    units = _units(probe, layers, max_samples)
    return units if by == "unit" else _by_gate(units)


def _units(probe: Probe, layers: list[OpenLayer], max_samples: int | None) -> pd.DataFrame:
    """One row for each unit of each gate."""
    sums: dict[tuple, torch.Tensor] = {}
    n = 0
    with single_thread(), torch.no_grad():
        for _, inputs in probe.batches(probe.thinned(max_samples)):
            probe.outputs(probe.steps(inputs), inputs)
            n_steps = probe.n_steps(inputs)
            inside = valid_steps(n_steps, int(n_steps.max()))
            n += int(inside.sum())
            for layer in layers:
                for gate, values in layer.unrolled.trace.gates.items():
                    # A direction that reads backward has its padding at the end, too.
                    told = _told(values[inside].double())
                    key = (layer.member, layer.depth, layer.direction, gate)
                    sums[key] = sums[key] + told if key in sums else told
    tables = {key: pd.DataFrame((s / n).cpu().numpy(), columns=_COLUMNS) for key, s in sums.items()}
    names = ["member", "layer", "direction", "gate", "unit"]
    table = pd.concat(tables, names=names).sort_index()
    keeps = [KEEPING[layer.unrolled.kernel.mode] for layer in layers][:1]
    log = table.pop("log").where(table.index.get_level_values("gate").isin(keeps))
    table["time_scale"] = np.divide(-probe.step_size, log, out=np.full(len(log), np.inf), where=log != 0)
    return table if len({layer.member for layer in layers}) > 1 else table.droplevel("member")


def _told(values: torch.Tensor) -> torch.Tensor:
    """What is summed over the steps (n, H) of each unit: (H, 4)."""
    parts: list[Any] = [values, values < SHUT, values > OPEN, values.clamp(min=1e-12).log()]
    return torch.stack([part.sum(0).double() for part in parts], dim=1)


def _by_gate(units: pd.DataFrame) -> pd.DataFrame:
    """All units of a gate together."""
    levels = [name for name in units.index.names if name != "unit"]
    groups = units.groupby(level=levels, sort=False)
    table = groups[["mean", "shut", "open"]].mean()
    for name in ("shut", "open"):
        table[f"units_{name}"] = (units[name] > _MOST_STEPS).groupby(level=levels, sort=False).mean()
    for name, share in (("time_scale_10", 0.1), ("time_scale", 0.5), ("time_scale_90", 0.9)):
        # Of infinite times there is no value in between.
        table[name] = groups["time_scale"].quantile(share, interpolation="nearest")
    return table
