"""Eyes and brows of an anime face. Units: half the width of the face; the eye line is y = 0.22."""

from collections.abc import Sequence

import numpy as np

from .brush import Brush
from .curves import Points, curve, ellipse
from .palette import mixed
from .traits import Traits

LINE_Y = 0.22
APART = 0.47  # from the middle of the face to the middle of an eye

_UPPER = {
    "round": ((-0.25, 0.03), (-0.17, -0.17), (0.01, -0.27), (0.19, -0.19), (0.28, 0.00)),
    "tsurime": ((-0.25, 0.08), (-0.16, -0.11), (0.02, -0.23), (0.19, -0.21), (0.30, -0.09)),
    "tareme": ((-0.25, -0.01), (-0.16, -0.20), (0.01, -0.27), (0.19, -0.16), (0.29, 0.07)),
    "half": ((-0.26, 0.00), (-0.15, -0.08), (0.02, -0.12), (0.18, -0.10), (0.29, 0.00)),
}
_LOWER = {
    "round": ((0.25, 0.10), (0.17, 0.25), (0.00, 0.29), (-0.16, 0.24)),
    "tsurime": ((0.26, 0.06), (0.18, 0.22), (0.00, 0.27), (-0.16, 0.23)),
    "tareme": ((0.26, 0.14), (0.17, 0.27), (0.00, 0.29), (-0.16, 0.23)),
    "half": ((0.25, 0.08), (0.17, 0.22), (0.00, 0.26), (-0.16, 0.22)),
}


def draw_eyes(brush: Brush, traits: Traits) -> None:
    """Both eyes and both brows."""
    rng = traits.rng("eye shape")
    size, gaze = rng.uniform(0.92, 1.14), (rng.uniform(-0.04, 0.04), rng.uniform(-0.02, 0.02))
    for side in (-1, 1):
        shut = traits.eyes == "smile" or (traits.eyes == "wink" and side == 1)
        if shut:
            _shut(brush, traits, side)
        else:
            _open(brush, traits, side, size, gaze)
    _brows(brush, traits)


def _placed(points: Sequence[tuple[float, float]] | Points, side: int, size: float = 1.0) -> Points:
    return np.asarray(points, np.float64) * (side * size, size) + (side * APART, LINE_Y)


def _open(brush: Brush, traits: Traits, side: int, size: float, gaze: tuple[float, float]) -> None:
    style = traits.eyes if traits.eyes in _UPPER else "round"
    upper, lower = curve(_placed(_UPPER[style], side, size)), curve(_placed(_LOWER[style], side, size))
    white = brush.cover(np.concatenate([upper, lower]), traits.colors.white.base)
    with brush.inside(white) as within:
        within.fill(upper + (0, -0.3), traits.colors.white.shade)
        _iris(within, traits, side, size, gaze)
        if traits.painting != "flat":
            band = np.concatenate([upper, upper[::-1] + (0, 0.07 * size)])
            within.fill(band, mixed(traits.colors.iris.deep, traits.colors.skin.line, 0.5))
    _lash(brush, side, size, upper, lower)
    crease = curve(_placed(_UPPER[style][1:4], side, size)) + (0, -0.085)
    brush.stroke_sampled(crease, 0.7)


def _iris(brush: Brush, traits: Traits, side: int, size: float, gaze: tuple[float, float]) -> None:
    iris = traits.colors.iris
    ((x, y),) = _placed([(gaze[0] * side - 0.01, gaze[1] - 0.005)], side, size)
    rx, ry = 0.188 * size, 0.275 * size
    ring = brush.cover(ellipse(x, y, rx, ry), iris.base)
    brush.gradient(ring, iris.deep, iris.light)
    if traits.painting != "flat":
        with brush.inside(ring) as within:
            within.fill(ellipse(x, y - ry * 0.75, rx * 1.2, ry * 0.75), iris.deep)
            within.fill(ellipse(x, y + ry * 0.72, rx * 0.62, ry * 0.34), iris.light)
    brush.inked(iris.line).stroke_sampled(ring, 0.9, 1, 1)
    brush.blot(ellipse(x, y + 0.01, rx * 0.46, ry * 0.50), iris.line)
    brush.cover(ellipse(x - rx * 0.42, y - ry * 0.46, rx * 0.36, ry * 0.27), (255, 255, 255))
    brush.cover(ellipse(x + rx * 0.45, y + ry * 0.48, rx * 0.18, ry * 0.14), (255, 255, 255))


def _lash(brush: Brush, side: int, size: float, upper: Points, lower: Points) -> None:
    """The upper lash is the heaviest line of the face: a crescent with a flick at the outer corner."""
    count = len(upper)
    weight = 0.098 * size * np.sin(np.pi * np.linspace(0.12, 0.9, count)) ** 0.9
    top = upper - np.stack([np.zeros(count), weight], axis=1)
    flick = upper[-1:] + np.array([[side * 0.06, -0.055]]) * size
    brush.blot(np.concatenate([upper[::-1], top, flick]), brush.ink)
    brush.stroke_sampled(lower[2:-2], 0.75, 0.5, 0.1)
    for at, length in ((-4, 0.9), (-9, 0.7)):
        base = top[at]
        brush.stroke(
            [base, base + np.array([side * 0.05, -0.03]) * length, base + np.array([side * 0.075, -0.075])], 0.9
        )


def _shut(brush: Brush, traits: Traits, side: int) -> None:
    up = traits.eyes in ("smile", "wink")
    ys = (0.10, -0.04, -0.08, -0.03, 0.11) if up else (0.02, 0.10, 0.12, 0.09, 0.0)
    line = _placed(list(zip((-0.25, -0.13, 0.01, 0.15, 0.28), ys, strict=True)), side)
    brush.stroke(line, 3.0, 0.25, 0.25)
    brush.stroke([line[-1], line[-1] + (side * 0.07, -0.01)], 1.4, 0.8, 0.1)
    brush.stroke([line[-2], line[-2] + (side * 0.09, 0.0)], 1.0, 0.8, 0.1)


def _brows(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("brows")
    lift, slant, width = rng.uniform(-0.03, 0.05), rng.uniform(-0.07, 0.07), rng.uniform(1.0, 2.6)
    pen = brush.inked(traits.colors.hair.line)
    for side in (-1, 1):
        line = [(-0.22, -0.40 + slant), (0.02, -0.47), (0.26, -0.41 - slant)]
        pen.stroke(_placed(line, side) + (0, -lift), width, 0.7, 0.1)
