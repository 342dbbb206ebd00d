"""What a notebook shows of a fitted network: its learning curve and key figures, below the diagram."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["TrainingPanel", "panel"]

# Columns of the history that are drawn, their names, and how: colours that the colour-blind can tell
# (Okabe & Ito 2008), and dashes beside them.
_CURVES = (
    ("train_loss", "training loss", "#0072B2", ""),
    ("valid_loss", "validation loss", "#D55E00", "5 3"),
)
_WIDTH, _HEIGHT, _MARGIN = 260, 84, 4
# A curve this wide shows no more points.
_MOST_POINTS = 200
_TEXT = "font-family:system-ui,sans-serif;font-size:12px;line-height:1.5"


class TrainingPanel:
    """Mixin of estimators that are trained epoch by epoch: a panel below scikit-learn's diagram.

    The diagram itself, also that of a Pipeline around the estimator, is left to scikit-learn.
    """

    def _key_figures(self) -> list[tuple[str, str]]:
        """Names and values that stand beside the learning curve."""
        history: pd.DataFrame = self.history_  # type: ignore[attr-defined]
        figures = [
            ("parameters", f"{self.n_parameters_:,}"),  # type: ignore[attr-defined]
            ("epochs", f"{self.n_iter_:,}"),  # type: ignore[attr-defined]
        ]
        if history.empty:
            return figures
        last = history.iloc[-1]
        figures += [(name, f"{last[column]:.4g}") for column, name, *_ in _CURVES if column in history]
        if "valid_loss" in history and history["valid_loss"].notna().any():
            epoch = history["valid_loss"].idxmin()
            figures.append(("least of these", f"{history.at[epoch, 'valid_loss']:.4g}, epoch {epoch:,}"))
        if "seconds" in history:
            figures.append(("trained for", f"{history['seconds'].sum():,.3g} s"))
        return figures

    def _repr_html_inner(self) -> str:
        """The diagram as text of HTML, for those who know no MIME bundles."""
        return super()._repr_html_inner() + self._panel()  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        """What a notebook shows."""
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += self._panel()
        return bundle

    def _panel(self) -> str:
        if not hasattr(self, "net_"):
            return ""
        return panel(self.history_, self._key_figures())  # type: ignore[attr-defined]


def panel(history: pd.DataFrame, figures: Sequence[tuple[str, str]]) -> str:
    """A learning curve, and figures beside it."""
    rows = "".join(
        f'<tr><td style="text-align:left;opacity:.75;padding:0 1em 0 0">{escape(name)}</td>'
        f'<td style="text-align:left;padding:0">{escape(value)}</td></tr>'
        for name, value in figures
    )
    return (
        f'<div class="sksequence-training" style="{_TEXT};display:flex;flex-wrap:wrap;gap:1.5em;'
        f'align-items:center;margin:.5em 0">{_curve(history)}'
        f'<table style="border-collapse:collapse;border:none;margin:0;font-size:12px"><tbody>{rows}</tbody>'
        "</table></div>"
    )


@dataclass(frozen=True, eq=False)
class _Line:
    """One loss by epoch, and how it is drawn."""

    name: str
    color: str
    dashes: str
    epochs: np.ndarray
    losses: np.ndarray

    def svg(self, x: Callable, y: Callable) -> str:
        """A line, at most so many points of it, and its last value."""
        few = np.unique(np.linspace(0, len(self.losses) - 1, _MOST_POINTS).astype(int))
        places = list(zip(x(self.epochs[few]), y(self.losses[few]), strict=True))
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        end_x, end_y = places[-1]
        return (
            f'<polyline points="{points}" fill="none" stroke="{self.color}" stroke-width="1.8" '
            f'stroke-dasharray="{self.dashes or "none"}" stroke-linejoin="round"/>'
            f'<circle cx="{end_x:.1f}" cy="{end_y:.1f}" r="2.5" fill="{self.color}"/>'
        )


def _lines(history: pd.DataFrame) -> list[_Line]:
    """The losses that there are, without those that are no numbers."""
    lines = []
    for column, name, color, dashes in _CURVES:
        if column in history:
            losses = history[column].to_numpy(dtype=float)
            finite = np.isfinite(losses)
            if finite.any():
                epochs = history.index.to_numpy(dtype=float)[finite]
                lines.append(_Line(name, color, dashes, epochs, losses[finite]))
    return lines


def _curve(history: pd.DataFrame) -> str:
    """The losses by epoch, as a small SVG in the colour of the text around; empty where there are none."""
    lines = _lines(history)
    if not lines:
        return ""
    every = np.concatenate([line.losses for line in lines])
    low, high = float(every.min()), float(every.max())
    last = max(float(line.epochs[-1]) for line in lines)
    wide, tall = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    drawn = "".join(
        line.svg(
            lambda epochs: _MARGIN + (epochs - 1) / max(last - 1, 1) * wide,
            lambda losses: _MARGIN + (high - losses) / (high - low or 1.0) * tall,
        )
        for line in lines
    )
    names = "".join(
        f'<text x="{_WIDTH}" y="{_HEIGHT + 14 * (i + 1)}" text-anchor="end" fill="{line.color}">'
        f"{'- - ' if line.dashes else '— '}{escape(line.name)}</text>"
        for i, line in enumerate(lines)
    )
    quiet = 'fill="currentColor" opacity=".75"'
    passed = f"epochs 1 to {last:,.0f}" if last > 1 else "epoch 1"
    span = f"{low:.3g} to {high:.3g}" if high > low else f"{low:.3g}"
    height = _HEIGHT + 6 + 14 * len(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="learning curve" width="{_WIDTH}" '
        f'height="{height}" viewBox="0 0 {_WIDTH} {height}" font-size="11">'
        f'<path d="M0 {_HEIGHT}H{_WIDTH}M0 {_HEIGHT}V0" fill="none" stroke="currentColor" opacity=".4"/>'
        f'{drawn}{names}<text x="0" y="{_HEIGHT + 14}" {quiet}>{passed}</text>'
        f'<text x="{_WIDTH}" y="10" text-anchor="end" {quiet}>{span}</text></svg>'
    )
