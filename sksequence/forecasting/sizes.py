"""Window, segment, width and length of training, chosen from the amount and rhythm of the data.

Every rule is a row of one table, found on validation rows of public series (ETTh1, M4 Hourly, airline
passengers, monthly sunspots, Mauna Loa CO2, El Niño temperatures). A window is a number of seasons
and is read in a number of segments:

=========  =====================================  =======  ========  =====  =======  =====  ========
kind       when                                   seasons  segments  width  updates  batch  scaled
=========  =====================================  =======  ========  =====  =======  =====  ========
long       one table, 5,000 rows or more               30        15    128      300    256  no
panel      several series, 5,000 rows or more          14         7    128   to 3000    256  yes
short      fewer rows                                   3         3     64      200    128  panels
aperiodic  no season, or one that hardly repeats       12        12     64      200    128  panels
=========  =====================================  =======  ========  =====  =======  =====  ========

A panel gets as many updates as make ten passes over its windows, 200 to 3000: small panels lose skill
beyond that (24 daily series of bike rides, 20 of M4 Hourly). An aperiodic series counts 12 steps as a
season. A longer season than the first is seen twice by the window, or once, where the rows allow.
"Scaled" windows are centred on their last season and divided by their standard deviation; the others
only lose their last value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Sizes", "choose_sizes", "takes_logarithm"]

_MANY_ROWS = 5_000
# A longest look-back, unless three seasons need more: 720 hours were the most that paid.
_LONGEST_WINDOW = 720
_LEAST_SEASONS = 3
# Sunspots repeat with a correlation of 0.46 and are better off without seasons; 0.54 and more gain.
_LEAST_STRENGTH = 0.5
_APERIODIC_STEPS = 12
_PANEL_PASSES = 10


@dataclass(frozen=True)
class Sizes:
    """What a forecaster with "auto" settings uses.

    Attributes
    ----------
    window : int
        Look-back, in steps.
    segment : int
        Steps of one recurrent step.
    hidden_size : int
        Units.
    seasons : tuple of int
        Seasons of the seasonal branch, in steps; empty for none.
    center : {"last", "season"}
        What windows are centred on.
    scale : bool
        Whether windows are divided by their standard deviation.
    n_updates : int
        Optimiser steps.
    batch_size : int
        Windows in each.
    """

    window: int
    segment: int
    hidden_size: int
    seasons: tuple[int, ...]
    center: str
    scale: bool
    n_updates: int
    batch_size: int


@dataclass(frozen=True)
class _Kind:
    """A row of the table."""

    n_seasons: int
    n_segments: int
    hidden_size: int
    n_updates: int
    batch_size: int


_LONG = _Kind(30, 15, 128, 300, 256)
_PANEL = _Kind(14, 7, 128, 3000, 256)
_SHORT = _Kind(3, 3, 64, 200, 128)
_APERIODIC = _Kind(12, 12, 64, 200, 128)


def choose_sizes(
    lengths: np.ndarray,
    horizon: int,
    seasons: Sequence[int] = (1,),
    *,
    strength: float = 1.0,
    window: int | None = None,
) -> Sizes:
    """Sizes for a set of series.

    Parameters
    ----------
    lengths : array-like of int of shape (n_series,)
        Training rows of each series.
    horizon : int
        Steps to forecast.
    seasons : sequence of int
        Season lengths, the main one first, as from
        :func:`~sksequence.forecasting.seasons.choose_seasons`.
    strength : float
        How much of the main season repeats, as from
        :func:`~sksequence.forecasting.seasons.season_strength`.
    window : int, optional
        A window already decided on; only the rest is chosen.

    Returns
    -------
    sizes : Sizes

    Notes
    -----
    The window shrinks until training still sees windows from a good part of the rows: to half of
    what one series has beyond its horizon, and to all but two horizons of a panel's median series.

    Examples
    --------
    >>> choose_sizes([8640], horizon=96, seasons=(24,)).window
    720
    >>> choose_sizes([40], horizon=12, seasons=(12,)).window
    14
    """
    lengths = np.asarray(lengths)
    is_panel = len(lengths) > 1
    rhythmic = tuple(season for season in seasons if season > 1) if strength >= _LEAST_STRENGTH else ()
    kind = _choose_kind(lengths, rhythmic)
    season = rhythmic[0] if rhythmic else _APERIODIC_STEPS
    if window is None:
        rows = int(np.median(lengths))
        # A panel has other series to learn from, a single series only other windows.
        most = rows - 2 * horizon if is_panel else (rows - horizon) // 2
        longest = max(_LONGEST_WINDOW, _LEAST_SEASONS * season)
        wanted = min(kind.n_seasons * season, longest)
        # A longer rhythm, such as the week of hours, should be seen twice, or once.
        spans = (n * max(rhythmic, default=1) for n in (1, 2))
        wanted = max(wanted, *(span if span <= min(most, longest) else 1 for span in spans))
        window = max(1, min(wanted, most))
    return Sizes(
        window=window,
        segment=math.ceil(window / kind.n_segments),
        hidden_size=kind.hidden_size,
        seasons=tuple(season for season in rhythmic if season <= window),
        center="season" if is_panel and rhythmic else "last",
        scale=is_panel,
        n_updates=_updates(kind, int(np.maximum(lengths - window - horizon + 1, 0).sum())),
        batch_size=kind.batch_size,
    )


def _updates(kind: _Kind, n_windows: int) -> int:
    """Optimiser steps; a panel of few windows gets fewer."""
    if kind is not _PANEL:
        return kind.n_updates
    return max(_SHORT.n_updates, min(kind.n_updates, _PANEL_PASSES * n_windows // kind.batch_size))


def _choose_kind(lengths: np.ndarray, seasons: tuple[int, ...]) -> _Kind:
    if not seasons:
        return _APERIODIC
    if lengths.sum() < _MANY_ROWS:
        return _SHORT
    return _PANEL if len(lengths) > 1 else _LONG


def takes_logarithm(values: np.ndarray, n_series: int) -> bool:
    """Whether to forecast logarithms: in panels of positive values, whose series differ in size.

    Parameters
    ----------
    values : ndarray
        All training values.
    n_series : int
        Number of series; a single table is standardised instead.
    """
    return n_series > 1 and bool((values > 0).all())
