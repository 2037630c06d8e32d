"""The hair before the face: a cap whose lower edge is the locks of bangs and sides. Units as in the head."""

from dataclasses import dataclass

import numpy as np

from .brush import Brush
from .curves import Points, curve, joined
from .locks import edge, lock
from .palette import mixed
from .traits import Traits

_CROWN = -1.42
_NO_AHOGE = {"hat", "beret", "headphones"}
# how far the tips lean from the parting, how low they hang, how much they differ, how deep the gaps are
_STYLES = {
    "straight": (0.0, -0.01, 0.02, 0.15),
    "swept": (0.17, -0.06, 0.06, 0.30),
    "parted": (0.21, -0.02, 0.07, 0.36),
    "messy": (0.08, -0.02, 0.11, 0.36),
    "sharp": (0.05, 0.05, 0.10, 0.50),
}


@dataclass(frozen=True)
class Bangs:
    """The lower edge of the hair before the face, from right to left: `tips` lie between the `valleys` beside them."""

    tips: Points
    valleys: Points
    parting: float
    side_tip: tuple[float, float]
    volume: float


def bangs(traits: Traits) -> Bangs:
    """Draws the locks of a style: where they part, how long they are, which way they lean."""
    rng = traits.rng("bangs")
    parting = {"swept": 0.42, "parted": 0.0, "straight": 0.1}.get(traits.bangs, float(rng.uniform(0, 0.3)))
    parting *= float(rng.choice([-1, 1]))
    count = {"straight": 6, "parted": 6, "swept": 5, "messy": 7, "sharp": 5}[traits.bangs] + int(rng.integers(-1, 2))
    edges = np.linspace(0.82, -0.82, count + 1)
    edges[1:-1] += rng.uniform(-0.06, 0.06, count - 1)
    tips, valleys = _tips(rng, traits.bangs, edges, parting), _valleys(rng, traits.bangs, edges, parting)
    side_tip = (float(rng.uniform(0.80, 0.98)), _side_length(traits))
    return Bangs(tips, valleys, parting, side_tip, float(rng.uniform(0.98, 1.07)))


def _tips(rng: np.random.Generator, style: str, edges: Points, parting: float) -> Points:
    lean, low, spread, _ = _STYLES[style]
    middles = (edges[:-1] + edges[1:]) / 2
    away = np.sign(middles - parting) * (1 - np.abs(middles) * 0.5)
    tips = np.stack([middles + away * lean, low + rng.uniform(-spread, spread, middles.size)], axis=1)
    if style in ("parted", "swept"):
        tips[:, 1] += 0.18 * np.abs(middles - parting) - 0.10
    return tips


def _valleys(rng: np.random.Generator, style: str, edges: Points, parting: float) -> Points:
    _, low, _, depth = _STYLES[style]
    valleys = np.stack([edges, low - depth + rng.uniform(-0.4, 0.4, edges.size) * depth], axis=1)
    if style in ("parted", "swept", "sharp"):
        nearest = 1 + int(np.argmin(np.abs(edges[1:-1] - parting)))
        valleys[nearest] = (parting, -0.55 if style == "sharp" else -0.78)
    valleys[[0, -1], 1] = -0.12
    return valleys


def _side_length(traits: Traits) -> float:
    low, high = {"short": (0.35, 0.6), "bob": (0.85, 1.1), "buns": (0.6, 1.2)}.get(traits.hair, (0.8, 1.7))
    return float(traits.rng("side locks").uniform(low, high))


def cap_path(shape: Bangs) -> list[Points]:
    """The closed path of the front hair: over the head, then back along the tips of side locks and bangs."""
    tip_x, tip_y = shape.side_tip
    angles = np.radians(np.arange(180, 361, 22.5))
    height = -0.22 - (_CROWN * shape.volume + 0.22) * np.sin(angles)
    dome = np.stack([1.13 * shape.volume * np.cos(angles), height], axis=1)
    side = np.array([(tip_x, tip_y), (1.07, min(tip_y - 0.15, 0.55))])
    outer = np.concatenate([side * (-1, 1), dome, side[::-1]])
    right = np.array([tip_x, tip_y])
    path = [outer, edge(right, shape.valleys[0], -0.10)]
    for tip, before, after in zip(shape.tips, shape.valleys[:-1], shape.valleys[1:], strict=True):
        lean = 0.13 if tip[0] < shape.parting else -0.13
        path += [edge(before, tip, 0.10 + lean), edge(tip, after, 0.10 - lean)]
    return [*path, edge(shape.valleys[-1], right * (-1, 1), -0.10)]


def draw_front(brush: Brush, traits: Traits, face: Points) -> None:
    """Bangs and side locks, and their shadow on the face."""
    rng, shape = traits.rng("front hair"), bangs(traits)
    path = cap_path(shape)
    cap = joined(path)
    if traits.painting != "flat":
        with brush.near(0.0).inside(face) as within:
            within.near(brush.depth).fill(cap + (0.02, 0.075), traits.colors.skin.shade)
    brush.cover(cap, traits.colors.hair.base)
    with brush.inside(cap) as within:
        _paint(within, traits, shape, cap)
        _strands(within, rng, shape)
    brush.outline(path, 1.0, 0.35)
    if rng.random() < 0.4 and not _NO_AHOGE & set(traits.extras):
        _ahoge(brush, traits, shape)


def _paint(brush: Brush, traits: Traits, shape: Bangs, cap: Points) -> None:
    hair = traits.colors.hair
    if traits.painting == "flat":
        return
    if traits.painting == "soft":
        brush.gradient(cap, mixed(hair.base, hair.light, 0.25), mixed(hair.base, hair.shade, 0.8))
    side = [(1.3, -1.1), (0.90, -0.85), (0.91, -0.3), (0.99, 0.15), (0.9, 0.5), (0.95, 1.9), (1.4, 1.0)]
    for half in brush.halves():
        half.fill(curve(side, True), hair.shade)
    for tip, before, after in zip(shape.tips, shape.valleys[:-1], shape.valleys[1:], strict=True):
        left, right = (before, after) if tip[0] < shape.parting else (after, before)
        inner = right * 0.55 + left * 0.1 + tip * 0.35
        brush.fill(np.array([right + (0, -0.24), right, tip, inner]), hair.shade)
    _ring(brush, traits, shape.volume)


def _ring(brush: Brush, traits: Traits, volume: float) -> None:
    """The light on the hair: a ragged band around the head."""
    rng = traits.rng("hair light")
    x = np.linspace(-0.90, 0.90, 2 * int(rng.integers(6, 10)) + 1)
    x[1:-1] += rng.uniform(-0.03, 0.03, x.size - 2)
    arc = -1.0 * volume + 0.40 * x**2 + rng.uniform(-0.05, 0.10)
    ragged = np.where(np.arange(x.size) % 2 == 0, 0.15, 1.0) * rng.uniform(0.5, 1.0, x.size)
    ends = np.clip((0.95 - np.abs(x)) * 4, 0, 1)
    top, low = np.stack([x, arc - 0.05 * ragged * ends], axis=1), np.stack([x, arc + 0.17 * ragged * ends], axis=1)
    brush.fill(np.concatenate([top, low[::-1]]), traits.colors.hair.light)


def _strands(brush: Brush, rng: np.random.Generator, shape: Bangs) -> None:
    """Lines inside the hair, from the valleys towards the crown, thinner upwards."""
    crown = np.array([shape.parting * 0.6, _CROWN * shape.volume + 0.08])
    for valley in shape.valleys:
        way = crown - valley
        bow = np.array([-np.sign(way[0]) * 0.22 * abs(way[0]), -0.06])
        line = curve([valley, valley + way * 0.33 + bow * 0.8, valley + way * 0.7 + bow, crown])
        brush.stroke_sampled(line[: max(4, int(len(line) * rng.uniform(0.35, 0.8)))], 0.85, 0.7, 0.05)
    for half in brush.halves():
        x, y = shape.side_tip
        half.stroke([(x * 1.02, y * 0.85), (1.0, min(0.3, y * 0.5)), (1.02, -0.2)], 0.7, 0.1, 0.1)


def _ahoge(brush: Brush, traits: Traits, shape: Bangs) -> None:
    rng = traits.rng("ahoge")
    x, y, side = shape.parting * 0.5, _CROWN * shape.volume + 0.05, float(rng.choice([-1, 1]))
    spine = [(x, y), (x + side * 0.08, y - 0.28), (x + side * 0.34, y - 0.36), (x + side * 0.46, y - 0.16)]
    lock(brush, traits, spine, 0.14)
