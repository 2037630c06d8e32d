"""Locks of hair: the edge of one, a free one along a spine, and the braids and tails made of them."""

from collections.abc import Sequence

import numpy as np

from .brush import Brush
from .curves import Points, curve, stroke_outline
from .traits import Traits


def edge(start: Points, end: Points, bulge: float) -> Points:
    """Three points of an edge that bends to its right (bulge > 0) on the way from start to end."""
    way = end - start
    return np.array([start, start + way * 0.55 + np.array([-way[1], way[0]]) * bulge, end])


def lock(brush: Brush, traits: Traits, spine: Sequence[tuple[float, float]], width: float, strands: int = 0) -> None:
    """One free lock along a spine: full near its root, pointed at its end."""
    hair, way = traits.colors.hair, curve(spine)
    t = np.linspace(0, 1, len(way))
    widths = (
        width
        * (0.40 + 0.60 * np.sin(np.pi * np.clip(t * 1.2 + 0.1, 0, 1)) ** 0.7)
        * np.clip((1 - t) * 1.8, 0, 1) ** 0.8
    )
    ring, count = stroke_outline(way, widths), len(way)
    brush.cover(ring, hair.base)
    with brush.inside(ring) as within:
        if traits.painting != "flat":
            within.fill(np.concatenate([way, ring[count:]]), hair.shade)
        if traits.painting != "flat" and strands:
            _shine(within, traits, way, widths)
        for share in (np.arange(strands) + 1) / (strands + 1) - 0.5:
            inner = stroke_outline(way, 2 * share * widths)[:count]
            within.stroke_sampled(inner[int(count * 0.1) : int(count * (0.8 - 0.3 * abs(share)))], 0.7, 0.2, 0.05)
    brush.stroke_sampled(ring[:count], 1.0, 0.5, 0.4)
    brush.stroke_sampled(ring[count:], 1.0, 0.4, 0.5)


def _shine(brush: Brush, traits: Traits, way: Points, widths: Points) -> None:
    first, last = int(len(way) * 0.30), int(len(way) * 0.46)
    light = stroke_outline(way[first:last], widths[first:last] * np.sin(np.linspace(0, np.pi, last - first)) * 0.8)
    brush.fill(light[: last - first].tolist() + way[first:last][::-1].tolist(), traits.colors.hair.light)


def braid(brush: Brush, traits: Traits) -> None:
    """One braid before the right shoulder: leaves laid over one another, then a band and a tuft."""
    hair, accent = traits.colors.hair, traits.colors.accent
    for index in range(8):
        x, y, width = 0.96 + 0.02 * index, 0.80 + index * 0.185, 0.23 - 0.008 * index
        for side, color in ((-1, hair.shade), (1, hair.base)):
            points = np.array([(-1.0, -0.13), (-0.3, -0.14), (0.3, 0.10), (-0.35, 0.16), (-0.85, 0.06)])
            leaf = curve(points * (side * width, 1) + (x, y), True)
            brush.cover(leaf, color)
            brush.stroke_sampled(leaf, 0.85, 0.6, 0.6)
    lock(brush, traits, [(1.12, 2.20), (1.12, 2.45), (1.15, 2.8)], 0.30, 1)
    brush.shape([curve([(0.99, 2.16), (1.25, 2.16), (1.24, 2.29), (1.0, 2.29)], True)], accent.base)


def twin_tail(brush: Brush, traits: Traits, length: float, out: float) -> None:
    """The tail on the right, of three locks, and what ties it."""
    for width, bend, reach in ((0.55, 0.0, 0.85), (0.72, 0.12, 1.0), (0.46, -0.18, 0.72)):
        far = 1.3 + out + bend
        spine = [(0.95, -0.62), (1.25 + out * 0.55 + bend, -0.60), (far + 0.05, 0.30)]
        lock(
            brush,
            traits,
            [*spine, (far - 0.12 - out * 0.1, 0.3 + length * 0.45 * reach), (far, length * reach)],
            width,
            2,
        )
    tie = [(0.86, -0.84), (1.14, -0.80), (1.10, -0.43), (0.88, -0.42)]
    brush.shape([curve(tie, True)], traits.colors.accent.base)


def ponytail(brush: Brush, traits: Traits) -> None:
    """A tail bound high on the back of the head."""
    for width, bend in ((0.75, 0.20), (0.95, 0.0), (0.7, -0.16)):
        spine = [(0.35, -1.2), (0.9, -1.62), (1.45 + bend, -1.1), (1.55 + bend, 0.0), (1.45 + bend * 1.4, 1.2 + bend)]
        lock(brush, traits, spine, width, 3)
    brush.shape([curve([(0.3, -1.42), (0.58, -1.54), (0.74, -1.28), (0.5, -1.1)], True)], traits.colors.accent.base)


def bun(brush: Brush, traits: Traits) -> None:
    """The bun on the right."""
    hair, (x, y) = traits.colors.hair, (0.82, -1.16)
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = curve(np.stack([x + 0.38 * np.cos(angles), y + 0.36 * np.sin(angles)], axis=1), True)
    brush.cover(ring, hair.base)
    with brush.inside(ring) as within:
        if traits.painting != "flat":
            low = [(x - 0.4, y), (x, y + 0.16), (x + 0.4, y), (x + 0.4, y + 0.5), (x - 0.4, y + 0.5)]
            within.fill(curve(low, True), hair.shade)
            within.fill(curve([(x - 0.2, y - 0.2), (x, y - 0.27), (x + 0.2, y - 0.2), (x, y - 0.16)], True), hair.light)
        for bend in (-0.12, 0.05, 0.2):
            way = [(x - 0.3, y + bend + 0.12), (x, y + bend - 0.10), (x + 0.3, y + bend + 0.05)]
            within.stroke(way, 0.8, 0.1, 0.1)
    brush.stroke_sampled(ring, 1.0, 0.8, 0.8)
