"""Charts of the report as HTML and inline SVG: pure functions of numbers, no script.

Labels are HTML, so that they wrap and stay readable on a phone; only shapes are SVG, stretched to the width there is.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .markup import escaped, isolated, percent
from .overview import Counts, Stage

_TONES = 6


def bars(counts: Counts, *, whole: int | None = None, empty: str = "nothing recorded") -> str:
    """Horizontal bars, one per value, with number and share. The longest fills the width."""
    if not counts:
        return f'<p class="quiet">{escaped(empty)}</p>'
    longest = max(count for _, count in counts)
    total = sum(count for _, count in counts) if whole is None else whole
    return f'<dl class="bars">{"".join(_bar(label, count, longest, total) for label, count in counts)}</dl>'


def _bar(label: str, count: int, longest: int, total: int) -> str:
    return (
        f'<div><dt title="{escaped(label, 400)}">{isolated(label, 60)}</dt>'
        '<dd><svg class="bar" aria-hidden="true">'
        f'<rect width="{100 * count / longest:.2f}%" height="100%" rx="3"/></svg>'
        f'<span class="num">{count:,}</span><span class="share">{percent(count, total)}</span></dd></div>'
    )


def stacked(counts: Counts) -> str:
    """One bar cut into named parts, with its legend."""
    total = sum(count for _, count in counts)
    if not total:
        return '<p class="quiet">no rows</p>'
    parts, legend, start = [], [], 0.0
    for number, (label, count) in enumerate(counts):
        width, tone = 100 * count / total, f"tone{number % _TONES}"
        parts.append(f'<rect class="{tone}" x="{start:.3f}%" width="{width:.3f}%" height="100%"/>')
        legend.append(
            f'<li><svg class="key" aria-hidden="true"><rect class="{tone}" width="100%" height="100%" rx="3"/></svg>'
            f"{isolated(label, 40)} <b>{count:,}</b> <span class='share'>{percent(count, total)}</span></li>"
        )
        start += width
    return f'<svg class="stack" aria-hidden="true">{"".join(parts)}</svg><ul class="legend">{"".join(legend)}</ul>'


def histogram(values: Sequence[float], edges: Sequence[float], marks: Sequence[str]) -> str:
    """Columns over bins `[edges[i], edges[i + 1])`; `marks` are labels spread evenly below, first to last."""
    heights = bin_counts(values, edges)
    tallest = max([*heights, 1])
    width = 100 / len(heights)
    columns = "".join(
        f'<rect x="{number * width + 0.08 * width:.3f}" width="{0.84 * width:.3f}" y="{40 - 38 * count / tallest:.3f}" '
        f'height="{38 * count / tallest:.3f}"><title>{low:g} to {high:g}: {count:,}</title></rect>'
        for number, (count, (low, high)) in enumerate(zip(heights, pairwise(edges), strict=True))
    )
    axis = "".join(f"<span>{escaped(mark)}</span>" for mark in marks)
    return (
        f'<svg class="hist" viewBox="0 0 100 40" preserveAspectRatio="none" role="img">{columns}'
        f'<rect class="ground" y="39.6" width="100" height=".4"/></svg><p class="axis">{axis}</p>'
    )


def bin_counts(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many values fall into each bin; what lies outside counts in the first or the last one."""
    inside = np.clip(np.asarray(values, np.float64), edges[0], edges[-1])
    return [int(count) for count in np.histogram(inside, np.asarray(edges, np.float64))[0]]


def funnel(found: int, stages: Sequence[Stage], paired: int, kept: int) -> str:
    """The way from found to kept: one band per stage, as wide as what is left, with what left it on the right."""
    rows = [_band("found", found, found, found, "")]
    before = found
    for stage in stages:
        rows.append(_band(stage.name, before, stage.left, found, _leavers(stage.dropped)))
        before = stage.left
    partner = f'<li class="good">{isolated("became a partner")} <b>{paired:,}</b></li>' if paired else ""
    rows.append(_band("kept", before, kept, found, partner))
    return f'<ol class="funnel">{"".join(rows)}</ol>'


def _leavers(dropped: Counts) -> str:
    return "".join(f"<li>{isolated(reason, 40)} <b>−{count:,}</b></li>" for reason, count in dropped)


def _band(name: str, before: int, after: int, found: int, leavers: str) -> str:
    wide, narrow = (50 * count / max(found, 1) for count in (before, after))
    shape = f"{50 - wide:.2f},0 {50 + wide:.2f},0 {50 + narrow:.2f},100 {50 - narrow:.2f},100"
    return (
        f'<li><span class="stage">{escaped(name)}</span><span class="band">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><polygon points="{shape}"/></svg>'
        f'<b>{after:,}</b></span><ul class="leavers">{leavers}</ul></li>'
    )
