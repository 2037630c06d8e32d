"""Charts of an evaluation as inline SVG: pure functions of its document, no script."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .protocols import MODEL

WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 28
TONES, DASHES = 6, 4


@dataclass(frozen=True)
class Curve:
    """One group's means of a value: (low, mean, high) by hint level, None where it has none; `style` is its class."""

    style: str
    points: Sequence[tuple[float, float, float] | None]


def curves_of(groups: Sequence[Mapping[str, Any]], value: str) -> list[Curve]:
    """A value of every group over the hint levels."""
    return [
        Curve(style, [_point(level["means"].get(value)) for level in group["levels"]])
        for style, group in zip(styles(groups), groups, strict=True)
    ]


def group_title(group: Mapping[str, Any]) -> str:
    """How a group is called: its lines, and who painted them if that is not the model itself."""
    return str(group["lines"]) if group["by"] == MODEL else f"{group['lines']} · {group['by']}"


def styles(groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """The class of every group's curve: a colour for its lines, a dash for its painter."""
    lines, painters = (list(dict.fromkeys(group[key] for group in groups)) for key in ("lines", "by"))
    return [f"tone{lines.index(group['lines']) % TONES} dash{painters.index(group['by']) % DASHES}" for group in groups]


def _point(mean: Mapping[str, float] | None) -> tuple[float, float, float] | None:
    return None if mean is None else (mean["low"], mean["mean"], mean["high"])


def curve_chart(curves: Sequence[Curve], labels: Sequence[str]) -> str:
    """Means over hint levels with their intervals as whiskers; empty when there is nothing to draw."""
    ends = [end for curve in curves for point in curve.points if point for end in point]
    if not ends:
        return ""
    low, high = _room(min(ends), max(ends))
    places = [LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / len(labels) for index in range(len(labels))]
    body = _axes(low, high, places, labels)
    for number, curve in enumerate(curves):
        body += _curve(curve, places, low, high, number, len(curves))
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{body}</svg>'


def _room(low: float, high: float) -> tuple[float, float]:
    """A range with some room around what is drawn."""
    margin = (high - low) * 0.08 or max(abs(high) * 0.05, 0.01)
    return low - margin, high + margin


def _height(value: float, low: float, high: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)


def _axes(low: float, high: float, places: Sequence[float], labels: Sequence[str]) -> str:
    """A few lines across with their values, and the hint levels below."""
    parts = []
    for value in ticks(low, high):
        y = _height(value, low, high)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for x, label in zip(places, labels, strict=True):
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(label)}</text>')
    return "".join(parts)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers in a range, three to seven of them."""
    magnitude = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = max(factor * magnitude for factor in (1, 2, 5) if factor * magnitude <= (high - low) / 3)
    return [round(count * step, 9) for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _curve(curve: Curve, places: Sequence[float], low: float, high: float, number: int, of: int) -> str:
    """One line with a whisker at every level; curves stand a little apart, so that whiskers can be told."""
    aside = (number - (of - 1) / 2) * 5
    dots, line = [], []
    for x, point in zip(places, curve.points, strict=True):
        if point is None:
            continue
        bottom, middle, top = (_height(value, low, high) for value in point)
        line.append(f"{x + aside:.1f},{middle:.1f}")
        dots.append(f'<line x1="{x + aside:.1f}" x2="{x + aside:.1f}" y1="{bottom:.1f}" y2="{top:.1f}"/>')
        dots.append(f'<circle cx="{x + aside:.1f}" cy="{middle:.1f}" r="3"/>')
    return f'<g class="{curve.style}"><polyline points="{" ".join(line)}"/>{"".join(dots)}</g>'
