"""How far back a target depends on the data, before a network is chosen: a short training, or a season."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import train_test_split

from sksequence.engine import draw_seed
from sksequence.exceptions import InputError
from sksequence.forecasting.seasons import choose_seasons, season_strength
from sksequence.inspection import memory_range
from sksequence.sequences import SequenceArray

__all__ = ["SeasonDependency", "StepDependency", "season_dependency", "step_dependency"]

# Enough to see what matters, in a few seconds.
_SEQUENCES, _UPDATES, _WIDTH = 400, 200, 32
_TOKENS = 256
_HELD_BACK = 0.25


@dataclass(frozen=True)
class StepDependency:
    """What two small networks, one that answers from its last state, one from all, showed.

    Attributes
    ----------
    n_sequences, longest : int
        Sequences there are, and time steps of the longest.
    reach : int
        Time steps, counted from the last, that hold 95 % of the dependence; `longest` if not learned.
    learned : bool
        Whether the first network was better on sequences held back than the best constant.
    last_gains, last_error : float
        By how much its loss on them is below that of the second, and the standard error of this.
    words : str
        What was seen, in figures.
    """

    n_sequences: int
    longest: int
    reach: int
    learned: bool
    last_gains: float
    last_error: float
    words: str


@dataclass(frozen=True)
class SeasonDependency:
    """The season of series, and the width that a forecaster takes for them.

    Attributes
    ----------
    season : int
        In time steps; 1 for none.
    n_rows, hidden_size : int
        Rows of all series together; units.
    missing : bool
        Whether values are missing.
    words : str
        What was seen, in figures.
    """

    season: int
    n_rows: int
    hidden_size: int
    missing: bool
    words: str


def step_dependency(model, X: SequenceArray, y, random_state) -> StepDependency:
    """Measure how far back the target of sequences depends on them.

    Parameters
    ----------
    model : classifier or regressor
        The small networks are of its class, and take missing values as it does.
    X : SequenceArray
        All sequences.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    random_state : int, RandomState instance or None
        Fixes the sample, the split and the weights.
    """
    y, seed = np.asarray(y), draw_seed(random_state)
    if len(y) != len(X):
        raise InputError(
            f"recommend: X has {len(X)} sequences and y has {len(y)} targets, but each sequence needs one "
            "target. Pass X and y of equal length."
        )
    if len(X) < 4:
        raise InputError(f"recommend: {len(X)} sequences came, but 4 are needed to measure. Pass more.")
    longest = X.n_timesteps
    index = np.random.default_rng(seed).permutation(len(X))[:_SEQUENCES]
    train, held = train_test_split(index, test_size=_HELD_BACK, random_state=seed % 2**32)
    X_seen = _ends(X) if X.is_tokens else X
    settings = {"hidden_size": _WIDTH, "max_epochs": _passes(len(train)), "random_state": seed}
    settings["missing"] = model.missing
    last = type(model)(pooling="last", **settings).fit(X_seen[train], y[train])
    every = type(model)(**settings).fit(X_seen[train], y[train])
    classes = hasattr(model, "predict_proba")
    guess = (DummyClassifier() if classes else DummyRegressor()).fit(train[:, None], y[train])
    of_last, of_all = (_losses(m.predict(X_seen[held]), y[held], classes) for m in (last, every))
    better, doubt = _mean_and_error(_losses(guess.predict(held[:, None]), y[held], classes) - of_last)
    gains, error = _mean_and_error(of_all - of_last)
    measured = memory_range(last, X_seen[train])
    learned = better > doubt and np.isfinite(measured.lag_95)
    words = f"a GRU of {_WIDTH} units beats the best constant by {better:.3g} ± {doubt:.2g} in loss"
    if learned:
        words += f"; half-life {measured.half_life:,.0f}, 95 % within {measured.lag_95:,.0f} steps"
    else:
        words += ": too little to see a range"
    reach = int(measured.lag_95) + 1 if learned else longest
    return StepDependency(len(X), longest, reach, bool(learned), gains, error, words)


def season_dependency(forecaster, X, y, caller: str) -> SeasonDependency:
    """Find the season of series, as forecasters do.

    Parameters
    ----------
    forecaster : forecaster
        Unfitted; it reads the series, with values that may be missing.
    X, y : array-like
        As in its `fit`.
    caller : str
        Who asks, for errors.
    """
    model = forecaster._initialize(X, y, caller)
    panel = model._read(X, caller, y=y)
    targets = model._task(panel).targets
    channels, line = list(targets.channels), targets.timelines[0]
    season = choose_seasons(channels, line and line.step)[0]
    strength = season_strength(channels, season)
    words = f"autocorrelation {strength:.2f} one season back" if season > 1 else "no season stands out"
    return SeasonDependency(
        season, int(panel.lengths.sum()), model.hidden_size_, bool(panel.has_missing), words
    )


def _passes(n: int) -> int:
    """Passes over n sequences, in batches of an eighth of them but 8 to 32, that take the steps there are."""
    return max(1, round(_UPDATES / np.ceil(n / np.clip(n // 8, 8, 32))))


def _ends(X: SequenceArray) -> SequenceArray:
    """The last steps of long sequences."""
    kept = np.minimum(X.lengths, _TOKENS)
    return X._replace(_starts=X.starts + X.lengths - kept, _lengths=kept)


def _losses(prediction: np.ndarray, y: np.ndarray, classes: bool) -> np.ndarray:
    """Loss of each sequence: wrong or not, or the squared error, over the outputs."""
    wrong = (prediction != y).astype(float) if classes else (prediction - y) ** 2
    return wrong.reshape(len(y), -1).mean(axis=1)


def _mean_and_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / np.sqrt(max(len(values) - 1, 1)))
