"""Where the character stands on the picture: one brush for the head, one for the body."""

from dataclasses import replace

import numpy as np

from .brush import SUPERSAMPLE, Brush, Canvas, Color
from .traits import HATS, Traits

_TALLEST = 6.6  # units from top to bottom: below them the arms would need hands


def ink_color(traits: Traits) -> Color:
    """The colour of the lines on the colour plane; the line plane is always black on white."""
    colors = traits.colors
    return {"black": (24, 22, 28), "brown": (74, 42, 36), "colored": colors.hair.line}[traits.ink]


def brushes(canvas: Canvas, traits: Traits) -> tuple[Brush, Brush]:
    """The brush of the head, turned and tilted about the neck, and the upright one of the body."""
    rng = traits.rng("position")
    width, height = traits.size
    hat = bool(HATS & set(traits.extras))
    framing = max(traits.framing, 1.9) if hat else traits.framing
    unit = SUPERSAMPLE * max(min(width, height) / (2 * framing), height / _TALLEST)
    x = SUPERSAMPLE * width * (0.5 + rng.uniform(-0.5, 0.5) * max(0.06, 0.5 * (width - height) / width))
    tall = SUPERSAMPLE * height / unit
    top = 2.0 if hat else 1.6
    y = unit * rng.uniform(top, float(np.clip(tall - 1.5, top + 0.05, top + 0.5)))
    flip = -1.0 if traits.mirrored else 1.0
    body = Brush(canvas, ((flip * unit, 0, x), (0, unit, y)), unit, ink_color(traits), _weight(traits, unit))
    return _tilted(body, traits), body


def _weight(traits: Traits, unit: float) -> float:
    """Lines grow with the figure, but slower than it."""
    return float(traits.weight * 2.3 * (unit / SUPERSAMPLE / 150) ** 0.5)


def _tilted(body: Brush, traits: Traits) -> Brush:
    """Turned about the foot of the neck, so that the neck stays where it is."""
    angle = np.radians(traits.tilt)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    (a, _, x), (_, e, y) = body.matrix
    pivot = 1.2
    matrix = ((a * cos, -a * sin, x + a * sin * pivot), (e * sin, e * cos, y + e * (1 - cos) * pivot))
    return replace(body, matrix=matrix, turn=traits.turn * 0.17)
