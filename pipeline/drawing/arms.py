"""A raised arm whose hand waves. Units as in the body; the hand has its wrist at its origin and points up."""

import numpy as np

from .brush import Brush
from .curves import Points, curve, joined
from .palette import Tone
from .traits import Traits

_FINGERS = (
    (-0.17, -0.30, -0.24, 0.30),
    (-0.06, -0.36, -0.07, 0.36),
    (0.06, -0.35, 0.08, 0.34),
    (0.16, -0.28, 0.26, 0.26),
)


def draw_waving_arm(brush: Brush, traits: Traits, main: Tone) -> None:
    """Upper arm down to the elbow, then forearm and hand up beside the head."""
    bare = traits.clothes == "dress"
    cloth = traits.colors.skin if bare else main
    loose = {"hoodie": 0.08, "kimono": 0.16}.get(traits.clothes, -0.03 if bare else 0.02)
    outer = [(0.76, 1.70), (1.06, 1.80), (1.40, 2.20), (1.74 + loose, 2.82), (1.66, 3.06 + loose)]
    inner = [(1.66, 3.06 + loose), (1.42, 2.98), (1.10, 2.72), (0.94, 2.40)]
    _limb(brush, traits, cloth, [outer, inner])
    _hand(brush.moved((1.86, 1.42), 1.12), traits)
    right = [(1.70 + loose, 3.06), (1.92 + loose, 2.86), (2.02 + loose, 2.2), (2.02 + 1.2 * loose, 1.50)]
    left = [(1.70 - 1.2 * loose, 1.50), (1.64 - loose, 2.0), (1.50 - loose, 2.72), (1.70 + loose, 3.06)]
    _limb(brush, traits, cloth, [right, [right[-1], (1.86, 1.54), left[0]], left])
    for y in () if bare else (2.50, 2.66):
        brush.stroke([(1.60, y + 0.16), (1.74, y + 0.12), (1.84, y)], 0.8, 0.6, 0.05)


def _limb(brush: Brush, traits: Traits, cloth: Tone, path: list[list[tuple[float, float]]]) -> None:
    limb = brush.cover(joined(path), cloth.base)
    if traits.painting != "flat":
        with brush.inside(limb) as within:
            within.fill(limb + (-0.22, 0.16), cloth.shade)
    brush.outline(path, 1.1, 0.5)


def _hand(brush: Brush, traits: Traits) -> None:
    skin = traits.colors.skin
    for x, y, lean, length in _FINGERS:
        finger = _finger((x, y), lean, length, 0.058)
        brush.cover(finger, skin.base)
        brush.stroke_sampled(finger, 0.9, 0.7, 0.7)
    thumb = _finger((-0.18, -0.10), -0.85, 0.26, 0.062)
    brush.cover(thumb, skin.base)
    brush.stroke_sampled(thumb, 0.9, 0.7, 0.7)
    left, right = (
        [(-0.12, 0.14), (-0.16, 0.0), (-0.21, -0.16), (-0.225, -0.30)],
        [(0.22, -0.28), (0.20, -0.1), (0.13, 0.14)],
    )
    palm = brush.cover(joined([left, [(-0.225, -0.30), (0.0, -0.40), (0.22, -0.28)], right]), skin.base)
    if traits.painting != "flat":
        with brush.inside(palm) as within:
            within.fill(curve([(-0.3, 0.02), (0.0, 0.04), (0.3, -0.02), (0.3, 0.3), (-0.3, 0.3)], True), skin.shade)
    brush.stroke(right, 1.0, 0.3, 0.6)
    brush.stroke(left[:2], 1.0, 0.6, 0.3)
    brush.stroke([(-0.20, -0.20), (-0.225, -0.30)], 1.0, 0.6, 0.3)
    brush.stroke([(-0.10, -0.02), (-0.03, -0.10), (-0.04, -0.2)], 0.7, 0.3, 0.05)


def _finger(root: tuple[float, float], lean: float, length: float, radius: float) -> Points:
    """A finger from its root up, leaning by so many radians, open at the root."""
    tip = np.radians(np.linspace(180, 360, 9))
    cap = np.stack([radius * np.cos(tip), radius * np.sin(tip) - length], axis=1)
    shape = np.concatenate([[(-radius * 1.05, 0.06)], cap, [(radius * 1.05, 0.06)]])
    cos, sin = np.cos(lean), np.sin(lean)
    return np.asarray(shape @ np.array([(cos, sin), (-sin, cos)]) + root)
