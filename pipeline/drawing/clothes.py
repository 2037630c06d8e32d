"""Shoulders, torso and sleeves. Units as in the head, upright: the neck ends at y = 1.55, the shoulders lie at 1.8."""

import numpy as np

from .arms import draw_waving_arm
from .brush import Brush
from .collars import draw_collar
from .curves import Path, curve, joined, mirrored
from .palette import Tone
from .traits import Traits


def draw_body(brush: Brush, traits: Traits) -> None:
    """Sleeves, then the torso before them, then the collar."""
    main = garment(traits)
    pen = brush.inked(main.line) if traits.ink == "colored" else brush
    wide = traits.rng("body").uniform(0.90, 1.03)
    for half in pen.halves():
        if traits.waving and half.side == 1:
            draw_waving_arm(half, traits, main)
        elif traits.clothes == "dress":
            _bare_arm(half, traits, wide)
        else:
            _sleeve(half, traits, main, wide)
    _torso(pen, traits, main, wide)
    draw_collar(pen, traits)


def garment(traits: Traits) -> Tone:
    """The material of the torso: school clothes are white, with colour at the collar."""
    return traits.colors.white if traits.clothes in ("sailor", "shirt") else traits.colors.cloth


def _torso(brush: Brush, traits: Traits, main: Tone, wide: float) -> None:
    shoulder = np.array([(0.34, 1.53), (0.60, 1.66), (0.98 * wide, 1.78), (1.12 * wide, 1.98)])
    loose = 0.10 if traits.clothes in ("hoodie", "kimono") else 0.0
    side = np.array(
        [shoulder[-1], (1.02 * wide, 2.40), (0.99, 2.78), (0.80 + loose, 3.55), (0.92 + loose, 4.3), (1.3, 6.5)]
    )
    neck = np.array([(-0.34, 1.53), (0.0, 1.62), (0.34, 1.53)])
    path = [neck, shoulder, side, mirrored(side), mirrored(shoulder)]
    torso = brush.cover(joined(path), main.base)
    with brush.inside(torso) as within:
        _torso_shade(within, traits, main)
        for half in within.halves():
            _torso_folds(half)
    brush.outline(path[1:], 1.1, 0.5)


def _torso_folds(brush: Brush) -> None:
    brush.stroke([(1.02, 2.42), (0.84, 2.50), (0.66, 2.48)], 0.8, 0.6, 0.05)
    brush.stroke([(1.00, 2.70), (0.80, 2.90), (0.52, 2.96)], 0.9, 0.6, 0.05)
    brush.stroke([(0.84, 3.40), (0.62, 3.50), (0.46, 3.46)], 0.8, 0.6, 0.05)
    brush.stroke([(0.84, 3.70), (0.68, 3.86), (0.60, 4.1)], 0.8, 0.6, 0.05)


def _torso_shade(brush: Brush, traits: Traits, main: Tone) -> None:
    if traits.painting == "flat":
        return
    if traits.painting == "soft":
        brush.gradient([(-2, 1.5), (2, 1.5), (2, 5), (-2, 5)], main.base, main.shade)
    brush.fill(
        curve([(-0.75, 1.5), (-0.4, 1.86), (0.1, 1.94), (0.75, 1.75), (0.8, 1.4), (-0.7, 1.4)], True), main.shade
    )
    brush.fill(
        curve([(1.3, 2.1), (0.88, 2.45), (0.68, 2.96), (0.60, 3.5), (0.76, 4.2), (0.6, 6), (2, 6)], True), main.shade
    )
    brush.fill(curve([(-0.95, 2.76), (-0.6, 2.98), (-0.15, 2.94), (-0.45, 3.14), (-0.9, 3.3)], True), main.shade)
    brush.fill(curve([(-1.2, 2.6), (-0.92, 2.8), (-0.72, 3.5), (-0.85, 5.0), (-1.6, 5.0)], True), main.shade)


def _arm(wide: float, swell: float) -> Path:
    outer = [(0.76 * wide, 1.70), (1.08 * wide, 1.80), (1.28 * wide + swell * 0.5, 2.04), (1.40 * wide + swell, 2.7)]
    inner = [(1.14 - swell, 5.2), (1.08 - swell, 4.4), (0.98 - swell * 0.5, 3.5), (0.96, 2.8), (0.98 * wide, 2.36)]
    return [np.array([*outer, (1.46 + swell, 3.5), (1.52 + swell, 4.4), (1.50 + swell, 5.2)]), np.array(inner)]


def _sleeve(brush: Brush, traits: Traits, main: Tone, wide: float) -> None:
    swell = {"hoodie": 0.14, "kimono": 0.26, "shirt": 0.05}.get(traits.clothes, 0.0)
    path = _arm(wide, swell)
    arm = brush.cover(joined(path), main.base)
    with brush.inside(arm) as within:
        if traits.painting != "flat":
            within.fill(curve([(0.9, 2.0), (1.14, 2.5), (1.2, 3.2), (1.28, 5.4), (0.6, 5.4)], True), main.shade)
        for y, reach in ((2.42, 0.20), (2.62, 0.12), (3.36, 0.24), (3.52, 0.16), (4.2, 0.2)):
            within.stroke([(0.97, y), (1.06 + reach * 0.4, y + 0.10), (1.08 + reach, y + 0.12)], 0.8, 0.6, 0.05)
    brush.outline(path, 1.1, 0.5)


def _bare_arm(brush: Brush, traits: Traits, wide: float) -> None:
    skin, cloth = traits.colors.skin, traits.colors.cloth
    path = _arm(wide, -0.09)
    arm = brush.cover(joined(path), skin.base)
    if traits.painting != "flat":
        with brush.inside(arm) as within:
            within.fill(curve([(0.9, 2.2), (1.16, 2.7), (1.2, 3.4), (1.26, 5.4), (0.6, 5.4)], True), skin.shade)
            within.fill(curve([(0.8, 2.5), (1.1, 2.78), (1.6, 2.6), (1.6, 2.2), (0.8, 2.2)], True), skin.shade)
    brush.outline(path, 1.0, 0.5)
    _puff(brush, traits, cloth)


def _puff(brush: Brush, traits: Traits, cloth: Tone) -> None:
    top = [(0.80, 1.70), (1.12, 1.70), (1.46, 1.92), (1.60, 2.28), (1.50, 2.56)]
    cuff = [(1.50, 2.56), (1.25, 2.68), (0.98, 2.64), (0.86, 2.5)]
    puff = brush.cover(joined([top, cuff]), cloth.base)
    with brush.inside(puff) as within:
        if traits.painting != "flat":
            within.fill(curve([(0.9, 2.1), (1.2, 2.4), (1.56, 2.4), (1.6, 2.8), (0.8, 2.8)], True), cloth.shade)
        for x in (1.06, 1.20, 1.34, 1.45):
            within.stroke([(x, 2.68), (x + 0.03, 2.46), (x + 0.02, 2.28)], 0.8, 0.7, 0.05)
            within.stroke([(x - 0.1, 1.70), (x - 0.06, 1.84), (x - 0.06, 1.92)], 0.7, 0.6, 0.05)
    brush.outline([top, cuff], 1.1)
    band = brush.cover(
        joined([cuff, [(0.86, 2.58), (1.0, 2.74), (1.27, 2.78), (1.50, 2.66)]]), traits.colors.white.base
    )
    brush.stroke_sampled(band, 0.8, 0.6, 0.6)
