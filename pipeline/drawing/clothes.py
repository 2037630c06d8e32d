"""Shoulders, sleeves and collars. Units as in the head, upright: the neck ends at y = 1.55, shoulders lie at 1.8."""

import numpy as np

from .brush import Brush
from .curves import Points, curve, joined, mirrored
from .palette import Tone
from .traits import Traits


def draw_body(brush: Brush, traits: Traits) -> None:
    """Sleeves, then the torso before them, then the collar."""
    main = traits.colors.white if traits.clothes in ("sailor", "shirt") else traits.colors.cloth
    brush = brush.inked(main.line if traits.ink == "colored" else brush.ink)
    rng = traits.rng("body")
    wide = rng.uniform(0.92, 1.05)
    if traits.clothes == "dress":
        _bare_arms(brush, traits, wide)
    else:
        _sleeves(brush, traits, main, wide)
    _torso(brush, traits, main, wide)
    {
        "sailor": _sailor,
        "shirt": _shirt,
        "hoodie": _hoodie,
        "dress": _dress,
        "kimono": _kimono,
        "turtleneck": _turtleneck,
    }[traits.clothes](brush, traits)


def _torso(brush: Brush, traits: Traits, main: Tone, wide: float) -> None:
    right = np.array([(0.34, 1.53), (0.62, 1.66), (1.02 * wide, 1.80), (1.16 * wide, 2.02)])
    side = np.array([(1.16 * wide, 2.02), (1.04 * wide, 2.45), (0.98, 2.8), (0.86, 3.6), (1.05, 4.6), (1.3, 6.5)])
    neck = np.array([(-0.34, 1.53), (0.0, 1.62), (0.34, 1.53)])
    path = [neck, right, side, mirrored(side), mirrored(right)]
    torso = brush.cover(joined(path), main.base)
    with brush.inside(torso) as within:
        if traits.painting != "flat":
            _torso_shade(within, traits, main)
        for side_sign in (-1, 1):
            within.stroke([(side_sign * 0.98, 2.62), (side_sign * 0.7, 2.72), (side_sign * 0.5, 2.66)], 0.8, 0.6, 0.05)
            within.stroke([(side_sign * 0.92, 3.3), (side_sign * 0.6, 3.42), (side_sign * 0.42, 3.38)], 0.8, 0.6, 0.05)
    brush.outline(path[1:], 1.1, 0.5)


def _torso_shade(brush: Brush, traits: Traits, main: Tone) -> None:
    if traits.painting == "soft":
        brush.gradient([(-2, 1.5), (2, 1.5), (2, 5), (-2, 5)], main.base, main.shade)
    brush.fill(
        curve([(-0.75, 1.5), (-0.4, 1.86), (0.1, 1.94), (0.75, 1.75), (0.8, 1.4), (-0.7, 1.4)], True), main.shade
    )
    brush.fill(curve([(1.2, 2.2), (0.72, 2.62), (0.78, 3.4), (0.7, 5.0), (1.6, 5.0)], True), main.shade)
    brush.fill(curve([(-1.2, 2.5), (-0.88, 2.7), (-0.82, 3.4), (-0.95, 5.0), (-1.6, 5.0)], True), main.shade)


def _arm(wide: float, side: int, swell: float) -> list[Points]:
    outer = [(0.80 * wide, 1.72), (1.14 * wide, 1.84), (1.36 * wide + swell * 0.5, 2.12), (1.45 * wide + swell, 2.8), (1.50 + swell, 3.6),
             (1.46 + swell, 5.2)]  # fmt: skip
    inner = [(0.98 - swell, 5.2), (1.02 - swell * 0.5, 3.6), (1.02, 2.8), (0.98 * wide, 2.4)]
    return [np.array(points) * (side, 1) for points in (outer, inner)]


def _sleeves(brush: Brush, traits: Traits, main: Tone, wide: float) -> None:
    swell = {"hoodie": 0.14, "kimono": 0.24}.get(traits.clothes, 0.03)
    for side in (-1, 1):
        path = _arm(wide, side, swell)
        arm = brush.cover(joined(path), main.base)
        with brush.inside(arm) as within:
            if traits.painting != "flat":
                shade = [(0.9, 2.2), (1.16, 2.5), (1.2, 3.2), (1.1, 5.4), (0.6, 5.4)]
                within.fill(curve(np.array(shade) * (side, 1), True), main.shade)
            for y in (2.5, 3.05, 3.7):
                within.stroke([(side * 1.0, y), (side * 1.2, y + 0.10), (side * 1.34, y + 0.04)], 0.8, 0.7, 0.05)
        brush.outline(path, 1.1, 0.5)


def _bare_arms(brush: Brush, traits: Traits, wide: float) -> None:
    skin, cloth = traits.colors.skin, traits.colors.cloth
    for side in (-1, 1):
        path = _arm(wide, side, -0.08)
        arm = brush.cover(joined(path), skin.base)
        with brush.inside(arm) as within:
            if traits.painting != "flat":
                within.fill(
                    curve(np.array([(0.9, 2.2), (1.14, 2.6), (1.18, 3.2), (1.14, 5.4), (0.6, 5.4)]) * (side, 1), True),
                    skin.shade,
                )
        brush.outline(path, 1.0, 0.5)
        puff = [(0.84, 1.70), (1.15, 1.74), (1.50, 1.98), (1.58, 2.34), (1.42, 2.56)]
        cuff = [(1.42, 2.56), (1.2, 2.66), (0.98, 2.62), (0.86, 2.5)]
        brush.shape([np.array(puff) * (side, 1), np.array(cuff) * (side, 1)], cloth.base, 1.0)
        for x in (1.08, 1.22, 1.34):
            brush.stroke([(side * x, 2.6), (side * (x + 0.03), 2.42), (side * (x + 0.02), 2.3)], 0.8, 0.7, 0.05)


def _collar_wing(side: int, low: float, out: float) -> list[Points]:
    return [
        np.array([(side * 0.06, 1.70), (side * 0.2, 1.62), (side * 0.38, 1.46)]),
        np.array([(side * 0.38, 1.46), (side * out, 1.70), (side * (out - 0.06), low)]),
        np.array([(side * (out - 0.06), low), (side * 0.25, low - 0.16), (side * 0.06, 1.70)]),
    ]


def _sailor(brush: Brush, traits: Traits) -> None:
    cloth, accent, skin = traits.colors.cloth, traits.colors.accent, traits.colors.skin
    brush.shape([[(-0.36, 1.5), (-0.2, 1.9), (0.0, 2.2)], [(0.0, 2.2), (0.2, 1.9), (0.36, 1.5)]], skin.base, 0.8)
    for side in (-1, 1):
        inner = np.array([(side * 0.36, 1.47), (side * 0.26, 1.85), (0.0, 2.32)])
        outer = np.array([(0.0, 2.32), (side * 0.42, 2.24), (side * 0.80, 2.14)])
        edge = np.array([(side * 0.80, 2.14), (side * 0.86, 1.9), (side * 0.80, 1.70), (side * 0.36, 1.47)])
        brush.shape([inner, outer, edge], cloth.base)
        stripe = np.array(
            [(side * 0.05, 2.25), (side * 0.40, 2.16), (side * 0.72, 2.06), (side * 0.77, 1.88), (side * 0.72, 1.7)]
        )
        brush.inked(traits.colors.white.base).stroke(stripe, 1.0, 0.8, 0.8)
    bow(brush, accent, 0.0, 2.34, 0.42, tails=True)


def _shirt(brush: Brush, traits: Traits) -> None:
    accent = traits.colors.accent
    brush.stroke([(0.0, 1.8), (0.02, 3.0), (0.0, 5.0)], 0.8, 0.5, 0.5)
    tie = [
        [(-0.09, 1.82), (-0.17, 2.6), (-0.2, 3.2)],
        [(-0.2, 3.2), (0.0, 3.42), (0.2, 3.2)],
        [(0.2, 3.2), (0.17, 2.6), (0.09, 1.82)],
    ]
    band = brush.cover(joined(tie), accent.base)
    with brush.inside(band) as within:
        for y in np.arange(2.0, 3.4, 0.34):
            within.fill(np.array([(-0.3, y + 0.1), (0.3, y - 0.1), (0.3, y), (-0.3, y + 0.2)]), accent.shade)
    brush.outline(tie)
    knot = [[(-0.13, 1.64), (0.0, 1.6), (0.13, 1.64)], [(0.13, 1.64), (0.09, 1.84), (-0.09, 1.84), (-0.13, 1.64)]]
    brush.shape(knot, accent.base)
    for side in (-1, 1):
        brush.shape(_collar_wing(side, 1.98, 0.50), traits.colors.white.base)


def _hoodie(brush: Brush, traits: Traits) -> None:
    cloth = traits.colors.cloth
    for side in (-1, 1):
        hood = [[(side * 0.30, 1.36), (side * 0.62, 1.42), (side * 0.88, 1.66), (side * 0.72, 1.92)],
                [(side * 0.72, 1.92), (side * 0.42, 2.08), (side * 0.0, 2.20)],
                [(side * 0.0, 2.20), (side * 0.16, 1.90), (side * 0.30, 1.36)]]  # fmt: skip
        brush.shape(hood, cloth.base, 1.1)
        brush.stroke([(side * 0.06, 2.12), (side * 0.28, 1.86), (side * 0.42, 1.5)], 0.8, 0.2, 0.2)
        cord = [(side * 0.16, 2.08), (side * 0.2, 2.5), (side * 0.18, 2.95)]
        brush.inked(traits.colors.white.line).stroke(cord, 2.6, 0.9, 0.9)
        brush.inked(traits.colors.white.base).stroke(cord, 1.2, 0.9, 0.9)
    pocket = [(-0.75, 4.4), (-0.55, 3.7), (0.0, 3.66), (0.55, 3.7), (0.75, 4.4)]
    brush.stroke(pocket, 0.9, 0.4, 0.4)


def _dress(brush: Brush, traits: Traits) -> None:
    skin, white = traits.colors.skin, traits.colors.white
    brush.shape(
        [[(-0.36, 1.5), (-0.44, 1.8), (-0.3, 2.02), (0.0, 2.1), (0.3, 2.02), (0.44, 1.8), (0.36, 1.5)]], skin.base, 0.8
    )
    brush.stroke([(-0.26, 1.74), (-0.1, 1.82), (-0.05, 1.86)], 0.7, 0.2, 0.1)
    brush.stroke([(0.26, 1.74), (0.1, 1.82), (0.05, 1.86)], 0.7, 0.2, 0.1)
    for side in (-1, 1):
        for index in range(4):
            x, y = side * (0.46 - 0.11 * index), 1.72 + (0.0, 0.2, 0.34, 0.40)[index]
            brush.shape([curve([(x - 0.10, y - 0.06), (x + 0.10, y - 0.06), (x + 0.11, y + 0.09), (x, y + 0.12), (x - 0.11, y + 0.09)], True)],
                        white.base, 0.8)  # fmt: skip
    bow(brush, traits.colors.accent, 0.0, 2.24, 0.34, tails=True)
    brush.stroke([(-0.9, 3.42), (0.0, 3.56), (0.9, 3.42)], 0.9, 0.5, 0.5)


def _kimono(brush: Brush, traits: Traits) -> None:
    trim, white, skin = traits.colors.trim, traits.colors.white, traits.colors.skin
    brush.shape([[(-0.36, 1.48), (-0.16, 1.8), (0.04, 2.05)], [(0.04, 2.05), (0.2, 1.8), (0.36, 1.48)]], skin.base, 0.7)
    for side, tone_, shift in ((1, white, 0.0), (1, trim, 0.10), (-1, white, 0.0), (-1, trim, 0.10)):
        inner = [(side * (0.34 + shift), 1.46), (side * (0.22 + shift), 1.86), (side * -0.30, 2.95)]
        outer = [(side * -0.12, 3.02), (side * (0.40 + shift), 1.96), (side * (0.52 + shift), 1.56)]
        brush.shape([inner, outer], tone_.base, 0.9)
    obi = [[(-1.0, 3.05), (0.0, 3.16), (1.0, 3.05)], [(1.0, 3.05), (0.95, 3.7), (0.98, 4.1)], [(0.98, 4.1), (0.0, 4.22), (-0.98, 4.1)],
           [(-0.98, 4.1), (-0.95, 3.7), (-1.0, 3.05)]]  # fmt: skip
    brush.shape(obi, traits.colors.accent.base)
    brush.shape(
        [
            [(-0.99, 3.5), (0.0, 3.6), (0.99, 3.5)],
            [(0.99, 3.5), (0.99, 3.66)],
            [(0.99, 3.66), (0.0, 3.76), (-0.99, 3.66)],
        ],
        white.base,
        0.8,
    )


def _turtleneck(brush: Brush, traits: Traits) -> None:
    cloth = traits.colors.cloth
    roll = [[(-0.37, 1.26), (0.0, 1.36), (0.37, 1.26)], [(0.37, 1.26), (0.42, 1.5), (0.46, 1.66)],
            [(0.46, 1.66), (0.0, 1.80), (-0.46, 1.66)], [(-0.46, 1.66), (-0.42, 1.5), (-0.37, 1.26)]]  # fmt: skip
    polygon = brush.shape(roll, cloth.base)
    with brush.inside(polygon) as within:
        for x in np.linspace(-0.34, 0.34, 7):
            within.stroke([(x, 1.3), (x * 1.15, 1.76)], 0.6, 0.2, 0.2)


def bow(brush: Brush, tone: Tone, x: float, y: float, size: float, tails: bool = False) -> None:
    """A ribbon tied to a bow."""
    for side in (-1, 1):
        if tails:
            tail = [[(x, y), (x + side * 0.3 * size, y + 0.7 * size), (x + side * 0.35 * size, y + 1.5 * size)],
                    [(x + side * 0.35 * size, y + 1.5 * size), (x + side * 0.6 * size, y + 1.3 * size), (x + side * 0.8 * size, y + 1.36 * size)],
                    [(x + side * 0.8 * size, y + 1.36 * size), (x + side * 0.62 * size, y + 0.6 * size), (x, y)]]  # fmt: skip
            brush.shape(tail, tone.shade)
    for side in (-1, 1):
        wing = [[(x, y), (x + side * 0.5 * size, y - 0.42 * size), (x + side * size, y - 0.5 * size)],
                [(x + side * size, y - 0.5 * size), (x + side * 1.08 * size, y), (x + side * 0.95 * size, y + 0.5 * size)],
                [(x + side * 0.95 * size, y + 0.5 * size), (x + side * 0.5 * size, y + 0.34 * size), (x, y)]]  # fmt: skip
        brush.shape(wing, tone.base)
        brush.stroke(
            [
                (x + side * 0.16 * size, y),
                (x + side * 0.45 * size, y - 0.06 * size),
                (x + side * 0.62 * size, y - 0.02 * size),
            ],
            0.8,
            0.7,
            0.05,
        )
    knot = size * 0.2
    brush.shape(
        [curve([(x - knot, y - knot), (x + knot, y - knot), (x + knot, y + knot), (x - knot, y + knot)], True)],
        tone.base,
    )
