"""What is behind the character. Most grounds are colour only, as in many illustrations; some have lines.

Units: half the short side of the picture; the origin is its middle.
"""

from collections.abc import Callable, Mapping

import numpy as np

from .brush import SUPERSAMPLE, Brush, Canvas, Color
from .curves import Points, curve, ellipse, joined
from .palette import mixed
from .pose import ink_color
from .traits import Traits

_FAR = 1.5  # beyond the corners of the widest picture


def draw_background(canvas: Canvas, traits: Traits) -> None:
    """Paints the ground of the picture."""
    width, height = traits.size
    unit = SUPERSAMPLE * min(width, height) / 2
    matrix = ((unit, 0.0, SUPERSAMPLE * width / 2), (0.0, unit, SUPERSAMPLE * height / 2))
    _GROUNDS[traits.ground](Brush(canvas, matrix, unit, ink_color(traits), traits.weight * 1.4), traits)


def _whole() -> Points:
    return np.array([(-_FAR, -_FAR), (_FAR, -_FAR), (_FAR, _FAR), (-_FAR, _FAR)])


def _plain(brush: Brush, traits: Traits) -> None:
    if traits.rng("paper").random() < 0.5:
        brush.fill(_whole(), (255, 255, 255))


def _gradient(brush: Brush, traits: Traits) -> None:
    ground = traits.colors.ground
    brush.gradient(
        _whole(),
        *((ground.light, ground.shade) if traits.rng("paper").random() < 0.5 else (ground.shade, ground.light)),
    )


def _second(traits: Traits) -> Color:
    """The colour of a pattern: a step lighter or darker than the ground."""
    ground = traits.colors.ground
    return mixed(ground.base, ground.light if traits.rng("pattern").random() < 0.6 else ground.deep, 0.55)


def _dots(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("dots")
    step, radius = rng.uniform(0.17, 0.36), rng.uniform(0.18, 0.36)
    for row, y in enumerate(np.arange(-_FAR, _FAR, step * 0.87)):
        for x in np.arange(-_FAR, _FAR, step) + step / 2 * (row % 2):
            brush.fill(ellipse(x, y, step * radius, step * radius), _second(traits))


def _stripes(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("stripes")
    step, slope = rng.uniform(0.14, 0.4), rng.choice([-0.6, 0.0, 0.0, 0.6])
    for x in np.arange(-3.0, 3.0, step):
        brush.fill(
            [(x - 2 * slope, -2), (x + step / 2 - 2 * slope, -2), (x + step / 2 + 2 * slope, 2), (x + 2 * slope, 2)],
            _second(traits),
        )


def _checks(brush: Brush, traits: Traits) -> None:
    step = traits.rng("checks").uniform(0.2, 0.4)
    for row, y in enumerate(np.arange(-_FAR, _FAR, step)):
        for x in np.arange(-_FAR, _FAR, 2 * step) + step * (row % 2):
            brush.fill([(x, y), (x + step, y), (x + step, y + step), (x, y + step)], _second(traits))


def _sunburst(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("rays")
    count, start = int(rng.integers(9, 20)), rng.uniform(0, 6.28)
    x, y = rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.5)
    for angle in start + np.arange(count) * 2 * np.pi / count:
        ray = [(x + 4 * np.cos(angle + turn), y + 4 * np.sin(angle + turn)) for turn in (0, np.pi / count)]
        brush.fill([(x, y), *ray], _second(traits))


def _sky(brush: Brush, traits: Traits) -> None:
    brush.gradient(_whole(), traits.colors.sky.base, mixed(traits.colors.sky.light, (255, 255, 255), 0.3))


def _clouds(brush: Brush, traits: Traits) -> None:
    _sky(brush, traits)
    rng = traits.rng("clouds")
    for _ in range(int(rng.integers(4, 8))):
        _cloud(brush, rng, rng.uniform(-1.3, 1.3), rng.uniform(-1.1, 0.6), rng.uniform(0.25, 0.6))


def _cloud(brush: Brush, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    puffs = [
        (x + size * at, y - size * 0.28 * rng.random() * (1 - at * at), size * rng.uniform(0.24, 0.4))
        for at in np.linspace(-0.8, 0.8, 6)
    ]
    for shift, color in ((0.07, (214, 228, 244)), (0.0, (252, 253, 255))):
        for px, py, radius in puffs:
            brush.fill(ellipse(px, py + shift * size, radius, radius * 0.8), color)


def _hills(brush: Brush, traits: Traits) -> None:
    _clouds(brush, traits)
    rng = traits.rng("hills")
    green = ((150, 200, 140), (116, 176, 112), (88, 150, 96))
    for index, color in enumerate(green):
        x = np.linspace(-1.6, 1.6, 9)
        ridge = np.stack([x, 0.25 + 0.27 * index + rng.uniform(-0.12, 0.12, 9)], axis=1)
        brush.cover(np.concatenate([curve(ridge), [(1.6, 2.0), (-1.6, 2.0)]]), color)
        brush.stroke(ridge, 1.0, 1, 1)


def _night(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("stars")
    brush.gradient(_whole(), (22, 26, 66), mixed((92, 72, 140), traits.colors.ground.deep, 0.3))
    x, y = rng.uniform(-1.0, 1.0), rng.uniform(-0.95, -0.4)
    brush.fill(ellipse(x, y, 0.2, 0.2), (255, 246, 206))
    for _ in range(int(rng.integers(40, 90))):
        _star(brush, rng.uniform(-1.4, 1.4), rng.uniform(-1.35, 1.35), rng.uniform(0.006, 0.035))


def _star(brush: Brush, x: float, y: float, size: float) -> None:
    angles = np.arange(8) * np.pi / 4
    radius = np.where(np.arange(8) % 2, 0.35, 1.0) * size
    brush.fill(np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1), (255, 250, 226))


def _hearts(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("hearts")
    color, lined = _second(traits), rng.random() < 0.4
    step = rng.uniform(0.34, 0.5)
    for row, y in enumerate(np.arange(-_FAR, _FAR, step)):
        for x in np.arange(-_FAR, _FAR, step) + step / 2 * (row % 2):
            _heart(brush, x, y, step * 0.28, color, lined)


def _heart(brush: Brush, x: float, y: float, size: float, color: Color, lined: bool) -> None:
    pen = brush.moved((x, y), size)
    left, right = pen.halves()
    half = [(0.0, 0.95), (0.62, 0.38), (0.9, -0.2), (0.52, -0.62), (0.0, -0.28)]
    for side in (left, right):
        side.fill(curve(half), color)
        if lined:
            side.stroke(half, 1.0, 0.6, 0.6)


def _window(brush: Brush, traits: Traits) -> None:
    rng, wall, trim = traits.rng("window"), traits.colors.ground, traits.colors.white
    brush.cover(_whole(), wall.base)
    x, wide, top, low = (
        rng.uniform(-0.35, 0.35),
        rng.uniform(0.62, 0.95),
        rng.uniform(-0.95, -0.75),
        rng.uniform(0.35, 0.7),
    )
    brush.shape(_box(x - wide - 0.07, top - 0.07, x + wide + 0.07, low + 0.07), trim.base)
    pane = brush.shape(_box(x - wide, top, x + wide, low), traits.colors.sky.base)
    with brush.inside(pane) as within:
        _hills(within, traits) if rng.random() < 0.5 else _clouds(within, traits)
    for bar in (
        _box(x - 0.03, top, x + 0.03, low),
        _box(x - wide, top * 0.4 + low * 0.6, x + wide, top * 0.4 + low * 0.6 + 0.05),
    ):
        brush.shape(bar, trim.base)
    brush.outline(_box(x - wide, top, x + wide, low))
    for side in (-1, 1):
        _curtain(brush, traits, x + side * wide, side, top, low)


def _curtain(brush: Brush, traits: Traits, x: float, side: int, top: float, low: float) -> None:
    pen = brush.moved((x, 0.0), 1.0).halves()[0 if side > 0 else 1]
    tone = traits.colors.trim
    edge = [(-0.26, top - 0.12), (-0.18, 0.0), (-0.02, low * 0.8), (-0.12, low + 0.3)]
    path = [edge, [edge[-1], (0.24, low + 0.3)], [(0.24, low + 0.3), (0.26, top - 0.12)], [(0.26, top - 0.12), edge[0]]]
    cloth = pen.cover(joined(path), mixed(tone.base, (255, 255, 255), 0.35))
    with pen.inside(cloth) as within:
        for shift in (0.09, 0.2, 0.31):
            within.stroke(np.array(edge) * (1 - shift, 1) + (shift * 0.5, 0), 0.9, 0.3, 0.1)
    pen.outline(path)


def _box(left: float, top: float, right: float, low: float) -> list[Points]:
    corners = np.array([(left, top), (right, top), (right, low), (left, low), (left, top)])
    return [corners[index : index + 2] for index in range(4)]


def _room(brush: Brush, traits: Traits) -> None:
    """A shelf with books before a wall."""
    rng, wall, wood = traits.rng("room"), traits.colors.ground, (176, 132, 92)
    brush.cover(_whole(), wall.base)
    left = rng.uniform(-1.5, -0.9)
    for y in np.arange(rng.uniform(-0.75, -0.5), 1.2, 0.56):
        brush.shape(_box(left, y, left + 2.6, y + 0.06), wood)
        x = left + 0.05
        while x < left + 2.45:
            wide, tall = rng.uniform(0.05, 0.13), rng.uniform(0.26, 0.44)
            if rng.random() < 0.85:
                brush.shape(_box(x, y - tall, x + wide, y), _book(traits, rng))
                brush.stroke([(x, y - tall * 0.8), (x + wide, y - tall * 0.8)], 0.7, 0.8, 0.8)
            x += wide


def _book(traits: Traits, rng: np.random.Generator) -> Color:
    tones = (traits.colors.trim, traits.colors.accent, traits.colors.cloth, traits.colors.sky)
    return mixed(tones[int(rng.integers(4))].base, traits.colors.ground.light, rng.uniform(0.2, 0.6))


_GROUNDS: Mapping[str, Callable[[Brush, Traits], None]] = {
    "plain": _plain,
    "gradient": _gradient,
    "dots": _dots,
    "stripes": _stripes,
    "checks": _checks,
    "sunburst": _sunburst,
    "clouds": _clouds,
    "hills": _hills,
    "night": _night,
    "hearts": _hearts,
    "window": _window,
    "room": _room,
}
