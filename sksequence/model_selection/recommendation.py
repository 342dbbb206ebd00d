"""Which network to begin with: measured on the data, kept within budgets, every choice with its reason."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone

from sksequence._params import none, number, one_of
from sksequence.exceptions import InputError, ParameterError
from sksequence.model_selection.candidates import TASKS, task_of
from sksequence.model_selection.dependency import season_dependency, step_dependency
from sksequence.sequences import as_sequences, step_blocks, targets_in_order

__all__ = ["Reason", "Recommendation", "recommend"]

# Taggers and language models are not among what is recommended.
_CLASSES = {task: TASKS[task] for task in ("classification", "regression", "forecasting")}
# Of a network, by whether values are missing.
_MISSING = ("raise", "mask")
_BUDGET = number(above=0) | none()
# Sequences up to this length were as well told apart by Elman networks as by gated ones.
_SHORT = 30
# Below this width, another cell is tried before the preferred one shrinks further.
_NARROW, _NARROWEST = 16, 4
_FEW, _MANY = 30, 10_000
_REPEATS = 15


class Reason(NamedTuple):
    """Why a setting is what it is.

    Parameters
    ----------
    setting : str
        A parameter of the estimator, or what was found out.
    value : object
        What it is set to, or came to.
    reason : str
        With the figure behind it.
    source : str
        Where the figure, or the rule, comes from.
    """

    setting: str
    value: Any
    reason: str
    source: str


@dataclass(frozen=True, eq=False)
class Recommendation:
    """A network to begin with, and why; made by :func:`recommend`.

    Parameters
    ----------
    estimator : estimator
        Unfitted, for `fit`, a Pipeline or a search.
    reasons : list of Reason
        One (setting, value, reason, source) for each choice; the figure behind it is in the reason.

    See Also
    --------
    recommend : Makes it.
    """

    estimator: Any
    reasons: list[Reason]

    @property
    def table(self) -> pd.DataFrame:
        """The reasons, one row a setting, with columns "value", "reason" and "source"."""
        return pd.DataFrame(self.reasons, columns=Reason._fields).set_index("setting")

    def __repr__(self) -> str:
        width = max(len(r.setting) for r in self.reasons)
        lines = [
            f"  {r.setting:<{width}}  {r.value}\n  {'':<{width}}    {r.reason} ({r.source})"
            for r in self.reasons
        ]
        return "\n".join([f"Recommendation: {self.estimator!r}", *lines])

    def _repr_html_(self) -> str:
        table = self.table.to_html(escape=True)
        return f"<p><b>Recommendation</b>: <code>{html.escape(repr(self.estimator))}</code></p>{table}"


def recommend(X, y=None, *, task=None, latency=None, memory=None, random_state=None):
    """Recommend a network to begin with, and say why.

    Looks at the data, measures by small networks how far back the target depends on them, and keeps within
    budgets. What it gives is a start for a search, not the end of one.

    Parameters
    ----------
    X : array-like
        Sequences, as classifiers and regressors take them, or series, as forecasters do; NaN is a value that
        is missing. Texts come as what :class:`SequenceTokenizer` makes of them.
    y : array-like or None, default=None
        A label, number, or row of these for each sequence; of forecasters as in their `fit`.
    task : {"classification", "regression", "forecasting"} or None, default=None
        None takes "forecasting" without y, "regression" if y holds fractions, else "classification": name
        "regression" where targets are whole numbers.
    latency : float or None, default=None
        Seconds that the prediction for one sequence, the longest, may take on this machine (of forecasters:
        for the training series). None allows any.
    memory : float or None, default=None
        Bytes that the weights of the network may take. None allows any.
    random_state : int, RandomState instance or None, default=None
        Fixes what is measured, but for times, and is passed to the estimator.

    Returns
    -------
    recommendation : Recommendation
        With `estimator`, `reasons` and `table`.

    Raises
    ------
    InputError
        If X or y cannot be read, or no network meets the budgets.
    ParameterError
        If a parameter's value is not allowed.

    Notes
    -----
    Two GRU of 32 units are trained for some 200 steps on up to 400 sequences, one that answers from its last
    state, one from all of them, and compared on a quarter of these. What the first depends on,
    by :func:`~sksequence.inspection.memory_range`, is the dependency range; it counts where this
    network is better than the best constant by more than a standard error. Of tokens the last 256 steps are
    read. For forecasters the range is the season that the index and the autocorrelation show.

    Sizes are halved, and other cells tried, until the budgets are met. Bytes are counted, seconds are the
    median of 15 predictions by an untrained network of just that size.

    References
    ----------
    Bengio, Simard & Frasconi (1994), "Learning long-term dependencies with gradient descent is difficult".
    Tallec & Ollivier (2018), "Can recurrent neural networks warp time?".

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence import recommend
    >>> X = np.random.default_rng(0).normal(size=(200, 12, 1))
    >>> found = recommend(X, (X[:, -1, 0] > 0).astype(int), random_state=0)
    >>> found.estimator
    RNNClassifier(memory=2.0, random_state=0)
    """
    _check(task, latency, memory)
    task = task or _task_of(X, y)
    if task == "forecasting":
        chosen, cells = _for_series(X, y, random_state)
    else:
        X, y = _read(X, y)
        chosen, cells = _for_sequences(task, X, y, random_state)
    settings = {r.setting: r.value for r in chosen if r.setting != "dependency range"}
    candidates = {cell: make(**settings, random_state=random_state) for cell, make in _CLASSES[task].items()}
    estimator, size = _within(candidates, cells, X, y, latency, memory)
    return Recommendation(estimator, _all_reasons(estimator, cells, chosen, size))


def _check(task, latency, memory) -> None:
    rules = {
        "task": (task, one_of(*_CLASSES) | none()),
        "latency": (latency, _BUDGET),
        "memory": (memory, _BUDGET),
    }
    for name, (value, rule) in rules.items():
        if not rule.allows(value):
            raise ParameterError(
                f"The {name!r} parameter of recommend must be {rule.words}. Got {value!r} instead."
            )


def _task_of(X, y) -> str:
    task = task_of({}, X, y)
    if task == "tagging":
        raise InputError(
            "recommend: y holds a sequence of labels for each sequence, but taggers are not among what is "
            "recommended. Begin with LSTMTagger."
        )
    if task == "language":
        raise InputError(
            "recommend: texts or tokens came without y, but language models are not among what is "
            "recommended. Begin with LSTMLanguageModel, or pass y."
        )
    return task


def _read(X, y) -> tuple[Any, Any]:
    """Sequences and targets, read once for all that follows."""
    if y is None:
        raise InputError("recommend: y is None, but a target for each sequence is needed. Pass y.")
    sequences = as_sequences(X, caller="recommend", missing="mask", tokens=None)
    return sequences, targets_in_order(y, sequences, "recommend")


# ---------------------------------------------------------------------- the rules
class _Cells(NamedTuple):
    """Cells, the preferred one first, and why."""

    order: tuple[str, ...]
    reason: str
    source: str


def _for_sequences(task: str, X, y, random_state) -> tuple[list[Reason], _Cells]:
    holes = not X.is_tokens and any(np.isnan(block).any() for _, block in step_blocks(X))
    found = step_dependency(_CLASSES[task]["GRU"](missing=_MISSING[holes]), X, y, random_state)
    reach, n = found.reach, found.n_sequences
    hidden = 32 if n < _FEW else 128 if n >= _MANY else 64
    near = found.learned and 2 * reach <= found.longest
    pooling = "last" if found.last_gains > found.last_error else ("last", "mean", "max")
    gain = "last state alone and all states: no difference in loss"
    if found.last_gains or found.last_error:
        gain = f"last state alone, less all: loss {-found.last_gains:+.2g} ± {found.last_error:.2g}"
    reasons = [
        Reason("dependency range", f"{reach:,} of {found.longest:,} steps", found.words, "measured here"),
        Reason("hidden_size", hidden, f"{n:,} sequences", "docs/choosing.md, sizes and training"),
        Reason(
            "memory",
            2.0 * reach if near else "auto",
            f"twice the {reach:,} steps that hold 95 % of the dependence, of up to {found.longest:,}"
            if near
            else "the dependence reaches through half of the longest sequence, or is not known",
            "Tallec & Ollivier (2018)",
        ),
        Reason("pooling", pooling, gain, "measured here"),
        Reason(
            "bidirectional",
            False,
            "accuracy .923 with and .919 without, for twice the time",
            "docs/choosing.md, both directions",
        ),
        *_missing(holes),
    ]
    return reasons, _cells_for(reach, found.learned)


def _missing(holes: bool) -> list[Reason]:
    """The setting that values which are missing ask for."""
    why = "values are missing: they are read as not observed"
    return [Reason("missing", "mask", why, "seen in the data")] if holes else []


def _cells_for(reach: int, learned: bool) -> _Cells:
    if reach <= _SHORT:
        back = (
            f"what counts lies {reach:,} steps back at most"
            if learned
            else f"how far back counts is not known, but no sequence has more than {reach:,} steps"
        )
        why = (
            f"{back}; on two sets of up to 29 steps the RNN reached accuracies of .991 and .970 with a third "
            "of the weights, the GRU .984 and .960"
        )
        return _Cells(("RNN", "GRU", "LSTM"), why, "docs/performance.md")
    why = f"what counts may lie {reach:,} steps back; mean accuracy of six sets .925, LSTM .920, RNN .912"
    return _Cells(("GRU", "LSTM", "RNN"), why, "docs/performance.md")


def _for_series(X, y, random_state) -> tuple[list[Reason], _Cells]:
    reader = _CLASSES["forecasting"]["LSTM"](missing="mask", random_state=random_state)
    found = season_dependency(reader, X, y, "recommend")
    horizon = found.season
    reasons = [
        Reason("dependency range", f"{found.season:,} steps", found.words, "measured here"),
        Reason("horizon", horizon, "one season; 1 where there is none: set what you need", "a start"),
        Reason("hidden_size", found.hidden_size, f"{found.n_rows:,} rows", "what hidden_size='auto' takes"),
        *_missing(found.missing),
    ]
    why = "the gated cell with the quickest kernel in PyTorch on a CPU; the benchmarks of forecasters are its"
    return reasons, _Cells(("LSTM", "GRU", "RNN"), why, "docs/choosing.md, docs/benchmarks.md")


# ---------------------------------------------------------------------- the budgets
class _Size(NamedTuple):
    """What a network takes: seconds for a prediction, bytes of weights."""

    seconds: float
    n_bytes: int


def _within(candidates: dict, cells: _Cells, X, y, latency, memory) -> tuple[Any, _Size]:
    """The first candidate, from the preferred to the smallest, that meets the budgets."""
    width = next(iter(candidates.values())).hidden_size
    widths = [width >> i for i in range(width.bit_length()) if width >> i >= _NARROWEST]
    wide, narrow = [w for w in widths if w >= _NARROW], [w for w in widths if w < _NARROW]
    least: list[tuple[_Size, Any]] = []
    for cell, hidden in [*product(cells.order, wide), *product(cells.order, narrow)]:
        candidate = clone(candidates[cell]).set_params(hidden_size=hidden)
        size = _measured(candidate, X, y)
        if size.seconds <= (latency or np.inf) and size.n_bytes <= (memory or np.inf):
            return candidate, size
        least.append((size, candidate))
    fastest = min(least, key=lambda one: one[0].seconds)
    smallest = min(least, key=lambda one: one[0].n_bytes)
    budgets = {f"latency={latency} s": latency, f"memory={memory} bytes": memory}
    asked = " and ".join(words for words, budget in budgets.items() if budget is not None)
    raise InputError(
        f"recommend: {asked} came, but the quickest network ({_named(fastest[1])}) takes "
        f"{fastest[0].seconds:.2g} s here and the smallest ({_named(smallest[1])}) "
        f"{smallest[0].n_bytes:,} bytes. Allow more."
    )


def _measured(candidate, X, y) -> _Size:
    model = clone(candidate)._initialize(X, y, "recommend")
    n_bytes = sum(p.numel() * p.element_size() for p in model.net_.module_.parameters())
    # A forecaster knows its series; others are asked about the longest sequence.
    asked = () if hasattr(model, "context_") else (X[[int(X.lengths.argmax())]],)
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        model.predict(*asked)
        times.append(time.perf_counter() - begin)
    return _Size(float(np.median(times)), n_bytes)


def _all_reasons(estimator, cells: _Cells, chosen: list[Reason], size: _Size) -> list[Reason]:
    """The reasons, with those that the budgets overrule."""
    cell = type(estimator)._cell.upper()
    why = cells.reason if cell == cells.order[0] else f"{cells.order[0]} does not meet the budgets"
    source = cells.source if cell == cells.order[0] else "measured here"
    reasons = [Reason("cell", cell, why, source)]
    for reason in chosen:
        if reason.setting == "hidden_size" and reason.value != estimator.hidden_size:
            why = f"the widest within the budgets; {reason.value} without them"
            reason = Reason("hidden_size", estimator.hidden_size, why, "measured here")
        reasons.append(reason)
    took = f"{size.seconds * 1e3:.2g} ms"
    return [
        *reasons,
        Reason("latency", took, f"median of {_REPEATS} predictions of one sequence", "measured here"),
        Reason("weights", f"{size.n_bytes:,} bytes", f"{size.n_bytes // 4:,} weights", "counted"),
    ]


def _named(estimator) -> str:
    return f"{type(estimator)._cell.upper()}, {estimator.hidden_size} units"
