"""The timelines of a panel that was read: one step, and rows put in where an index has gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sksequence.exceptions import InputError
from sksequence.forecasting.finite import refuse_unreadable
from sksequence.forecasting.indexes import repeats
from sksequence.forecasting.panel import Panel, column_views
from sksequence.forecasting.request import Request, refuse_keys
from sksequence.forecasting.timeline import Timeline

__all__ = ["on_timelines"]


def on_timelines(panel: Panel, indexes: Sequence, request: Request) -> Panel:
    """The panel with its timelines, its gaps filled, its values checked."""
    timelines: list[Timeline | None] = []
    places = []
    step = _known_step(panel, indexes, request)
    line, place = None, None
    for i, repeated in enumerate(repeats(indexes).tolist()):
        # One that is like the one before shares its timeline, so that what follows is done once.
        if not repeated:
            index = indexes[i]
            if index is None:
                refuse_keys(replace(request, id=None, time=None), panel.name(i))
                line, place = None, None
            else:
                line, place = _timeline(index, panel, i, step, request)
                step = line.step
        timelines.append(line)
        places.append(place)
    panel = replace(panel, timelines=tuple(timelines), called=request.called)
    if any(place is not None for place in places):
        panel = _with_inserted(panel, places, indexes, request)
    return refuse_unreadable(panel, request.caller, missing=request.missing, whole=request.whole)


def _known_step(panel: Panel, indexes: Sequence, request: Request):
    """What is known of the step: the first series may be too short to show it, not so the longest."""
    longest = int(panel.lengths.argmax())
    if request.step is not None or request.freq is not None or panel.lengths[0] > 2 or not longest:
        return request.step
    index = indexes[longest]
    return None if index is None else _timeline(index, panel, longest, None, request)[0].step


def _timeline(index, panel: Panel, i: int, step, request: Request):
    """The timeline of series `i`, and the places of its rows in it where some are missing."""
    if request.freq is None:
        line = Timeline.like(index, step)
        if line is not None:
            return line, None
    known = {"caller": request.caller, "series": panel.name(i), "known": step}
    if request.freq is None:
        return Timeline.of(index, **known), None
    line, places = Timeline.regular(index, request.freq, **known)
    if places is not None and request.missing != "mask":
        gap = int(np.flatnonzero(np.diff(places) > 1)[0])
        raise InputError(
            f"{request.caller}: the index of {known['series']} has no row for {line.index[places[gap] + 1]}, "
            f"the first of {len(line.index) - len(places)} that are missing with freq={request.freq!r}, but "
            "every step needs a value. Fill them with asfreq, or set missing='mask'."
        )
    return line, places


def _with_inserted(panel: Panel, places: list, indexes: Sequence, request: Request) -> Panel:
    """Rows of NaN where the index had gaps."""
    old = panel.lengths
    new = np.array(
        [
            length if line is None else len(line.index)
            for length, line in zip(old, panel.timelines, strict=True)
        ]
    )
    total, begins = int(new.sum()), np.cumsum(new) - new
    there = np.concatenate(
        [
            begin + (np.arange(n) if place is None else place)
            for begin, place, n in zip(begins, places, old, strict=True)
        ]
    )
    values = np.full((panel.n_columns, total), np.nan)
    values[:, there] = panel.channels.values.reshape(panel.n_columns, -1)
    rows = np.full(total, -1)
    rows[there] = np.arange(len(there)) if panel.rows is None else panel.rows
    return replace(panel, channels=column_views(values, new), rows=rows)
