"""Hair: what hangs behind, and the cap of bangs and side locks before the face. Units as in the head."""

from dataclasses import dataclass

import numpy as np

from .brush import Brush
from .curves import Points, curve, joined, sampled, stroke_outline
from .palette import mixed
from .traits import Traits

_CROWN = -1.40


@dataclass(frozen=True)
class Bangs:
    """The lower edge of the hair before the face, from right to left: `tips` lie between the `valleys` beside them."""

    tips: Points
    valleys: Points
    parting: float
    side_tip: tuple[float, float]


def bangs(traits: Traits) -> Bangs:
    """Draws the locks of a style: where they part, how long they are, which way they lean."""
    rng = traits.rng("bangs")
    parting = {"swept": 0.42, "parted": 0.0, "straight": 0.1}.get(traits.bangs, rng.uniform(-0.3, 0.3))
    parting *= rng.choice([-1, 1])
    count = {"straight": 6, "parted": 6, "swept": 5, "messy": 7, "sharp": 5}[traits.bangs] + int(rng.integers(-1, 2))
    edges = np.linspace(0.82, -0.82, count + 1)
    edges[1:-1] += rng.uniform(-0.06, 0.06, count - 1)
    middles = (edges[:-1] + edges[1:]) / 2
    away = np.sign(middles - parting) * (1 - np.abs(middles) * 0.5)
    lean, low, spread, depth = {
        "straight": (0.0, 0.02, 0.02, 0.13),
        "swept": (0.16, -0.02, 0.07, 0.28),
        "parted": (0.20, 0.02, 0.08, 0.34),
        "messy": (0.07, 0.0, 0.14, 0.34),
        "sharp": (0.04, 0.10, 0.10, 0.46),
    }[traits.bangs]
    tips = np.stack([middles + away * lean, low + rng.uniform(-spread, spread, count)], axis=1)
    if traits.bangs in ("parted", "swept"):
        tips[:, 1] += 0.16 * np.abs(middles - parting) - 0.10
    valleys = np.stack([edges, low - depth + rng.uniform(-0.4, 0.4, count + 1) * depth], axis=1)
    if traits.bangs in ("parted", "swept", "sharp"):
        nearest = 1 + int(np.argmin(np.abs(edges[1:-1] - parting)))
        valleys[nearest] = (parting, -0.72 if traits.bangs != "sharp" else -0.5)
    valleys[[0, -1], 1] = -0.12
    return Bangs(tips, valleys, parting, (rng.uniform(0.80, 0.98), _side_length(traits)))


def _side_length(traits: Traits) -> float:
    rng = traits.rng("side locks")
    low, high = {"short": (0.35, 0.6), "bob": (0.85, 1.1), "buns": (0.6, 1.2)}.get(traits.hair, (0.8, 1.7))
    return float(rng.uniform(low, high))


def _lock(start: Points, end: Points, bulge: float) -> Points:
    """Three points of an edge that bends to its right (bulge > 0) on the way from start to end."""
    way = end - start
    return np.array([start, start + way * 0.55 + np.array([-way[1], way[0]]) * bulge, end])


def cap_path(shape: Bangs, volume: float) -> list[Points]:
    """The closed path of the front hair: over the head, then back along the tips of side locks and bangs."""
    tip_x, tip_y = shape.side_tip
    middle = min(tip_y, 0.55)
    side = [(tip_x, tip_y), (1.08, middle), (1.13 * volume, 0.05), (1.12 * volume, -0.45), (0.90 * volume, -1.0)]
    crown = _CROWN * volume
    outer = [*[(-x, y) for x, y in side], (-0.42, crown + 0.06), (0.0, crown), (0.42, crown + 0.06), *side[::-1]]
    path = [np.array(outer), _lock(np.array([tip_x, tip_y]), shape.valleys[0], -0.10)]
    for tip, before, after in zip(shape.tips, shape.valleys[:-1], shape.valleys[1:], strict=True):
        lean = 0.12 if tip[0] < shape.parting else -0.12
        path += [_lock(before, tip, 0.10 + lean), _lock(tip, after, 0.10 - lean)]
    return [*path, _lock(shape.valleys[-1], np.array([-tip_x, tip_y]), -0.10)]


def draw_front(brush: Brush, traits: Traits, face: Points) -> None:
    """Bangs and side locks, and their shadow on the face."""
    rng = traits.rng("front hair")
    shape, volume = bangs(traits), float(rng.uniform(0.97, 1.07))
    path = cap_path(shape, volume)
    cap = joined(path)
    if traits.painting != "flat":
        _shadow_on_face(brush, traits, cap, face)
    brush.cover(cap, traits.colors.hair.base)
    with brush.inside(cap) as within:
        _paint(within, traits, shape, volume, cap)
        _strands(within, rng, shape, volume)
    brush.outline(path, 1.0, 0.35)
    if rng.random() < 0.4:
        _ahoge(brush, traits, shape, volume)


def _shadow_on_face(brush: Brush, traits: Traits, cap: Points, face: Points) -> None:
    with brush.near(0.0).inside(face) as within:
        within.near(brush.depth).fill(cap + (0.02, 0.085), traits.colors.skin.shade)


def _paint(brush: Brush, traits: Traits, shape: Bangs, volume: float, cap: Points) -> None:
    hair = traits.colors.hair
    if traits.painting == "soft":
        brush.gradient(cap, mixed(hair.base, hair.light, 0.25), mixed(hair.base, hair.shade, 0.8))
    if traits.painting != "flat":
        for side in (-1, 1):
            brush.fill(curve([(side * 1.25, -1.0), (side * 0.93, -0.6), (side * 0.99, 0.1), (side * 0.9, 0.5),
                              (side * 0.95, 1.9), (side * 1.4, 1.0)], True), hair.shade)  # fmt: skip
        for tip, before, after in zip(shape.tips, shape.valleys[:-1], shape.valleys[1:], strict=True):
            left, right = (before, after) if tip[0] < shape.parting else (after, before)
            brush.fill(np.array([right + (0, -0.2), right, tip, right * 0.55 + left * 0.1 + tip * 0.35]), hair.shade)
        _ring(brush, traits, volume)


def _ring(brush: Brush, traits: Traits, volume: float) -> None:
    """The light on the hair: a ragged band around the head."""
    rng = traits.rng("hair light")
    x = np.linspace(-0.92, 0.92, 2 * int(rng.integers(6, 11)) + 1)
    arc = -1.02 * volume + 0.42 * x**2 + rng.uniform(-0.04, 0.08)
    ragged = np.where(np.arange(x.size) % 2 == 0, 0.015, 1.0) * rng.uniform(0.5, 1.0, x.size)
    ends = np.clip((0.95 - np.abs(x)) * 4, 0, 1)
    top, low = np.stack([x, arc - 0.06 * ragged * ends], axis=1), np.stack([x, arc + 0.13 * ragged * ends], axis=1)
    brush.fill(np.concatenate([top, low[::-1]]), traits.colors.hair.light)


def _strands(brush: Brush, rng: np.random.Generator, shape: Bangs, volume: float) -> None:
    """Lines inside the hair, from the valleys towards the crown, thinner upwards."""
    crown = np.array([shape.parting * 0.6, _CROWN * volume + 0.08])
    for valley in shape.valleys:
        reach = rng.uniform(0.35, 0.8)
        out = np.array([valley[0] * 1.12, (valley[1] + crown[1]) / 2])
        line = curve([valley, valley * 0.4 + out * 0.6, out * 0.5 + crown * 0.5, crown])
        brush.stroke_sampled(line[: max(4, int(len(line) * reach))], 0.85, 0.7, 0.05)
    for side in (-1, 1):
        tip = np.array([side * shape.side_tip[0], shape.side_tip[1]])
        brush.stroke([tip * (1.02, 0.85), (side * 1.0, 0.3), (side * 1.01, -0.2)], 0.7, 0.1, 0.1)


def _ahoge(brush: Brush, traits: Traits, shape: Bangs, volume: float) -> None:
    rng = traits.rng("ahoge")
    x, y, side = shape.parting * 0.5, _CROWN * volume + 0.05, rng.choice([-1, 1])
    spine = [(x, y), (x + side * 0.08, y - 0.28), (x + side * 0.34, y - 0.36), (x + side * 0.46, y - 0.16)]
    lock(brush, traits, spine, 0.13)


def lock(brush: Brush, traits: Traits, spine: list[tuple[float, float]], width: float, strands: int = 0) -> None:
    """One free lock along a spine: full near its root, pointed at its end."""
    hair, way = traits.colors.hair, curve(spine)
    t = np.linspace(0, 1, len(way))
    widths = width * (0.45 + 0.55 * np.sin(np.pi * np.clip(t * 1.3, 0, 1) / 1.0) ** 0.7) * np.clip((1 - t) * 2.2, 0, 1)
    ring = stroke_outline(way, widths)
    brush.cover(ring, hair.base)
    with brush.inside(ring) as within:
        if traits.painting != "flat":
            within.fill(np.concatenate([way, ring[len(way) :]]), hair.shade)
        for index in range(strands):
            share = (index + 1) / (strands + 1) - 0.5
            inner = stroke_outline(way, 2 * share * widths)[: len(way)]
            within.stroke_sampled(inner[int(len(way) * 0.1) : int(len(way) * 0.85)], 0.7, 0.2, 0.05)
    half = len(way)
    brush.stroke_sampled(ring[:half], 1.0, 0.5, 0.4)
    brush.stroke_sampled(ring[half:], 1.0, 0.4, 0.5)


def draw_back(brush: Brush, traits: Traits) -> None:
    """Whatever hangs behind the neck."""
    rng = traits.rng("back hair")
    if traits.hair == "ponytail":
        _ponytail(brush, traits, rng)
    if traits.hair == "twintails":
        for side in (-1, 1):
            _tail(brush, traits, rng, side)
    low, wide, count = {
        "bob": (1.12, 1.20, 7), "short": (0.85, 1.10, 7), "long": (3.1, 1.35, 9), "wavy": (2.5, 1.55, 8),
    }.get(traits.hair, (0.95, 1.06, 7))  # fmt: skip
    low *= rng.uniform(0.93, 1.12)
    _mass(brush, traits, rng, low, wide, count)
    if traits.hair == "buns":
        for side in (-1, 1):
            _bun(brush, traits, side)


def _mass(brush: Brush, traits: Traits, rng: np.random.Generator, low: float, wide: float, count: int) -> None:
    hair = traits.colors.hair
    heights = np.linspace(-0.6, low, 7)
    wave = 0.09 * np.sin(heights * 4.5 + rng.uniform(0, 6)) if traits.hair == "wavy" else np.zeros(7)
    xs = 1.08 + (wide - 1.08) * np.sin(np.linspace(0, np.pi * 0.62, 7)) + wave
    right = np.stack([xs, heights], axis=1)
    left = mirror(right)
    top = [(-0.85, -1.05), (0.0, -1.35), (0.85, -1.05)]
    path: list[Points] = [np.concatenate([left, top, right])]
    tips = np.linspace(xs[-1], -xs[-1], count + 1)
    for index in range(count):
        a, b = tips[index], tips[index + 1]
        drop = rng.uniform(0.06, 0.16) * min(low, 1.8)
        start = path[-1][-1]
        tip = np.array([(a + b) / 2 + (a + b) * 0.04, low + drop])
        end = np.array([b, low - drop * 0.4]) if index < count - 1 else left[0]
        path += [_lock(start, tip, 0.08), _lock(tip, end, 0.08)]
    mass = brush.cover(joined(path), hair.shade if traits.painting != "flat" else hair.base)
    with brush.inside(mass) as within:
        if traits.painting == "soft":
            within.gradient(mass, hair.deep, hair.base)
        elif traits.painting == "cel":
            within.fill(
                curve([(-0.8, 0.5), (-0.75, 1.2), (-0.7, low * 0.8), (0.7, low * 0.8), (0.75, 1.2), (0.8, 0.5)], True),
                hair.deep,
            )
        for tip in path[2:-1:2]:
            x, y = tip[2] if len(tip) else (0, 0)
            within.stroke(
                [(x, y), (x * 1.02, y - 0.3 * low), (x * 0.96, y - rng.uniform(0.4, 0.7) * low)], 0.8, 0.7, 0.05
            )
    for points in sampled(path):
        brush.stroke_sampled(points, 1.0, 0.4, 0.4)


def mirror(points: Points) -> Points:
    """The same points on the left, from the lowest upwards."""
    return points[::-1] * (-1.0, 1.0)


def _tail(brush: Brush, traits: Traits, rng: np.random.Generator, side: int) -> None:
    length, out = rng.uniform(2.2, 3.0), rng.uniform(0.5, 0.85)
    root = (side * 0.95, -0.62)
    for width, bend, reach in ((0.5, 0.0, 0.85), (0.62, 0.12, 1.0), (0.42, -0.18, 0.72)):
        spine = [root, (side * (1.25 + out * 0.55 + bend), -0.55), (side * (1.35 + out + bend), 0.35),
                 (side * (1.18 + out * 0.9 + bend), 0.3 + length * 0.45 * reach), (side * (1.3 + out + bend), length * reach)]  # fmt: skip
        lock(brush, traits, spine, width, 2)
    brush.shape([curve([(side * 0.86, -0.80), (side * 1.12, -0.75), (side * 1.08, -0.45), (side * 0.88, -0.42)], True)],
                traits.colors.accent.base)  # fmt: skip


def _ponytail(brush: Brush, traits: Traits, rng: np.random.Generator) -> None:
    for width, bend in ((0.5, 0.25), (0.7, 0.0), (0.45, -0.2)):
        spine = [(0.35, -1.2), (0.9, -1.62), (1.45 + bend, -1.1), (1.55 + bend, 0.0), (1.45 + bend * 1.4, 1.1 + bend)]
        lock(brush, traits, spine, width, 2)
    brush.shape([curve([(0.3, -1.42), (0.56, -1.52), (0.70, -1.28), (0.5, -1.1)], True)], traits.colors.accent.base)


def _bun(brush: Brush, traits: Traits, side: int) -> None:
    hair = traits.colors.hair
    x, y, radius = side * 0.82, -1.18, 0.36
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = curve(np.stack([x + radius * np.cos(angles), y + radius * 0.94 * np.sin(angles)], axis=1), True)
    brush.cover(ring, hair.base)
    with brush.inside(ring) as within:
        if traits.painting != "flat":
            within.fill(
                curve([(x - 0.4, y), (x, y + 0.16), (x + 0.4, y), (x + 0.4, y + 0.5), (x - 0.4, y + 0.5)], True),
                hair.shade,
            )
        for bend in (-0.12, 0.05, 0.2):
            within.stroke(
                [(x - side * 0.3, y + bend + 0.12), (x, y + bend - 0.10), (x + side * 0.3, y + bend + 0.05)],
                0.8,
                0.1,
                0.1,
            )
    brush.stroke_sampled(ring, 1.0, 0.8, 0.8)


def draw_braids(brush: Brush, traits: Traits) -> None:
    """Two braids before the shoulders: leaves laid over one another, then a ribbon and a tuft."""
    if traits.hair != "braids":
        return
    for side in (-1, 1):
        for index in range(7):
            y, width = 0.85 + index * 0.20, 0.21 - 0.008 * index
            for turn in (-1, 1):
                x = side * (0.98 + 0.02 * index)
                leaf = curve([(x - turn * width, y - 0.10), (x - turn * width * 0.3, y - 0.12), (x + turn * width * 0.25, y + 0.12),
                              (x - turn * width * 0.6, y + 0.12)], True)  # fmt: skip
                brush.cover(leaf, traits.colors.hair.base if turn > 0 else traits.colors.hair.shade)
                brush.stroke_sampled(leaf, 0.85, 0.6, 0.6)
        x = side * 1.12
        lock(brush, traits, [(x, 2.18), (x, 2.45), (x + side * 0.03, 2.8)], 0.26, 1)
        brush.shape(
            [curve([(x - 0.14, 2.12), (x + 0.14, 2.12), (x + 0.13, 2.26), (x - 0.13, 2.26)], True)],
            traits.colors.accent.base,
        )
