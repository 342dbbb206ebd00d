"""How many held-back windows a coverage takes, and what is done with too few."""

from __future__ import annotations

import math

from sksequence.forecasting.order_statistics import LAST_BITS

__all__ = ["share_mirrored", "windows_needed"]

# By which it is judged whether windows are enough for two tails, whatever coverage is asked for later.
_USUAL_COVERAGE = 0.9


def windows_needed(coverage: float, *, simultaneous: bool = False) -> int:
    """Held-back windows that a coverage needs, if its bounds are not to be the largest scores seen.

    Parameters
    ----------
    coverage : float
        Share of values, or of windows, to be inside, between 0 and 1.
    simultaneous : bool, default=False
        Whether whole windows are to be inside: one tail, where equal tails have two.

    Returns
    -------
    n_windows : int
        The least n with ``n >= 2 / (1 - coverage) - 1``, or ``1 / (1 - coverage) - 1`` for one tail.

    Examples
    --------
    >>> windows_needed(0.9), windows_needed(0.9, simultaneous=True)
    (19, 9)
    """
    tails = 1 if simultaneous else 2
    return max(1, math.ceil(tails / (1 - coverage) - 1 - LAST_BITS))


def share_mirrored(n_windows: int, n_series: int, horizon: int) -> float:
    """Share of held-back windows that count with both signs: all of few, none of enough.

    Two tails of a 90 % interval take 19 independent windows. Those of one series that overlap are worth
    about one for every horizon. With fewer, whether forecasts were too high or too low of late says next to
    nothing about the time to come: one level that passed would shift the interval away from the next one.

    Parameters
    ----------
    n_windows : int
        Held-back windows of a column.
    n_series : int
        Series that they come from.
    horizon : int
        Steps forecast.

    Returns
    -------
    share : float
        ``1 - n / 19`` for n independent windows, 0 for 19 and more.

    Examples
    --------
    >>> share_mirrored(96, n_series=1, horizon=10), share_mirrored(5_000, n_series=1, horizon=10)
    (0.4473684210526316, 0.0)
    """
    n_independent = n_series + max(n_windows - n_series, 0) / horizon
    return max(0.0, 1 - min(n_independent, n_windows) / windows_needed(_USUAL_COVERAGE))
