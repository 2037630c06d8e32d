"""What a garment has at the neck and in front: collars, ties, bows. Units as in the body."""

from collections.abc import Callable, Mapping

import numpy as np

from .brush import Brush
from .curves import curve, joined
from .palette import Tone
from .traits import Traits


def draw_collar(brush: Brush, traits: Traits) -> None:
    """The collar of the garment that the traits name."""
    _COLLARS[traits.clothes](brush, traits)


def bow(brush: Brush, tone: Tone, at: tuple[float, float], size: float, tails: bool = False) -> None:
    """A ribbon tied to a bow, `size` is the length of a wing."""
    for half in _around(brush, at, size):
        if tails:
            inner = [(0.05, 0.1), (0.20, 0.75), (0.26, 1.5)]
            outer = [(0.72, 1.32), (0.52, 0.6), (0.05, 0.1)]
            half.shape([inner, [(0.26, 1.5), (0.46, 1.26)], [(0.46, 1.26), (0.72, 1.32)], outer], tone.shade)
    for half in _around(brush, at, size):
        wing = half.shape(
            [
                [(0.0, 0.0), (0.45, -0.44), (0.96, -0.54)],
                [(0.96, -0.54), (1.08, -0.05), (0.93, 0.46)],
                [(0.93, 0.46), (0.45, 0.36), (0, 0)],
            ],
            tone.base,
        )
        with half.inside(wing) as within:
            within.fill(curve([(0.1, 0.0), (0.6, 0.12), (1.1, 0.1), (1.0, 0.7), (0.3, 0.6)], True), tone.shade)
            within.stroke([(0.18, -0.04), (0.45, -0.14), (0.70, -0.16)], 0.8, 0.7, 0.05)
            within.stroke([(0.18, 0.05), (0.42, 0.12), (0.60, 0.2)], 0.8, 0.7, 0.05)
        half.outline([[(0.0, 0.0), (0.45, -0.44), (0.96, -0.54)], [(0.93, 0.46), (0.45, 0.36), (0, 0)]])
    centre = _around(brush, at, size)[0]
    centre.shape([curve([(-0.19, -0.2), (0.19, -0.2), (0.21, 0.2), (-0.21, 0.2)], True)], tone.base)


def _around(brush: Brush, at: tuple[float, float], size: float) -> tuple[Brush, Brush]:
    return brush.moved(at, size).halves()


def _sailor(brush: Brush, traits: Traits) -> None:
    cloth, white = traits.colors.cloth, traits.colors.white
    _neckline(brush, traits, 2.28)
    for half in brush.halves():
        inner = [(0.36, 1.47), (0.27, 1.88), (0.0, 2.34)]
        outer = [(0.0, 2.34), (0.38, 2.32), (0.82, 2.20)]
        edge = [(0.82, 2.20), (0.93, 1.98), (0.86, 1.72), (0.62, 1.58), (0.36, 1.47)]
        polygon = half.shape([inner, outer, edge], cloth.base)
        with half.inside(polygon) as within:
            if traits.painting != "flat":
                within.fill(curve([(0.3, 1.4), (0.46, 1.7), (0.1, 2.3), (-0.1, 2.0)], True), cloth.shade)
            for gap in (0.0, 0.06):
                line = [
                    (0.0, 2.24 - gap),
                    (0.38, 2.23 - gap),
                    (0.75 - gap, 2.12 - gap),
                    (0.84 - gap, 1.96),
                    (0.78 - gap, 1.6),
                ]
                within.inked(white.base).stroke(line, 0.9, 0.8, 0.8)
        half.outline([inner, outer, edge])
    bow(brush, traits.colors.accent, (0.0, 2.36), 0.42, tails=True)


def _neckline(brush: Brush, traits: Traits, low: float) -> None:
    """Skin between the edges of a collar, down to a point, with the collar bones."""
    skin = traits.colors.skin
    polygon = brush.cover(
        joined([[(-0.37, 1.46), (-0.26, 1.85), (0.0, low)], [(0.0, low), (0.26, 1.85), (0.37, 1.46)]]), skin.base
    )
    with brush.inside(polygon) as within:
        if traits.painting != "flat":
            within.fill(curve([(-0.4, 1.3), (-0.1, 1.66), (0.4, 1.5), (0.4, 1.3)], True), skin.shade)
        for half in within.halves():
            half.stroke([(0.34, 1.66), (0.14, 1.76), (0.06, 1.86)], 0.7, 0.5, 0.1)


def _shirt(brush: Brush, traits: Traits) -> None:
    brush.stroke([(0.03, 1.9), (0.05, 3.0), (0.04, 5.0)], 0.8, 0.5, 0.5)
    for y in np.arange(2.6, 5.2, 0.62):
        brush.shape(
            [curve([(0.07, y), (0.12, y + 0.05), (0.07, y + 0.10), (0.02, y + 0.05)], True)],
            traits.colors.white.base,
            0.7,
        )
    if traits.rng("tie").random() < 0.5:
        _tie(brush, traits.colors.accent)
        _wings(brush, traits)
    else:
        _wings(brush, traits)
        bow(brush, traits.colors.accent, (0.0, 1.80), 0.30, tails=True)


def _tie(brush: Brush, tone: Tone) -> None:
    left, right = [(-0.08, 1.84), (-0.15, 2.6), (-0.20, 3.2)], [(0.20, 3.2), (0.15, 2.6), (0.08, 1.84)]
    path = [left, [(-0.20, 3.2), (0.0, 3.44)], [(0.0, 3.44), (0.20, 3.2)], right]
    band = brush.cover(joined(path), tone.base)
    with brush.inside(band) as within:
        for y in np.arange(2.0, 3.5, 0.34):
            within.fill([(-0.3, y + 0.1), (0.3, y - 0.1), (0.3, y), (-0.3, y + 0.2)], tone.shade)
    brush.outline(path)
    knot = [[(-0.14, 1.62), (0.0, 1.59), (0.14, 1.62)], [(0.14, 1.62), (0.09, 1.85)], [(0.09, 1.85), (-0.09, 1.85)]]
    brush.shape([*knot, [(-0.09, 1.85), (-0.14, 1.62)]], tone.base)


def _wings(brush: Brush, traits: Traits) -> None:
    white = traits.colors.white
    for half in brush.halves():
        fold, edge = [(0.06, 1.70), (0.2, 1.62), (0.38, 1.44)], [(0.38, 1.44), (0.56, 1.70), (0.50, 2.02)]
        wing = half.shape([fold, edge, [(0.50, 2.02), (0.26, 1.88), (0.06, 1.70)]], white.base)
        if traits.painting != "flat":
            with half.inside(wing) as within:
                within.fill(curve([(0.2, 1.6), (0.4, 1.4), (0.5, 1.6), (0.3, 1.72)], True), white.shade)
        half.outline([fold, edge])


def _hoodie(brush: Brush, traits: Traits) -> None:
    cloth, white = traits.colors.cloth, traits.colors.white
    for half in brush.halves():
        outer = [(0.30, 1.34), (0.62, 1.38), (0.92, 1.62), (0.84, 1.92), (0.46, 2.14), (0.0, 2.24)]
        inner = [(0.0, 2.24), (0.15, 1.92), (0.30, 1.34)]
        hood = half.cover(joined([outer, inner]), cloth.base)
        with half.inside(hood) as within:
            if traits.painting != "flat":
                within.fill(curve([(0.3, 1.3), (0.52, 1.6), (0.3, 2.0), (0.0, 2.3), (0.0, 1.8)], True), cloth.shade)
            within.stroke([(0.06, 2.16), (0.30, 1.90), (0.46, 1.46)], 0.8, 0.2, 0.2)
            within.stroke([(0.84, 1.86), (0.66, 1.80), (0.58, 1.66)], 0.8, 0.6, 0.05)
        half.outline([outer, inner], 1.1)
        cord = [(0.15, 2.08), (0.20, 2.5), (0.17, 3.0)]
        half.stroke(cord, 3.0, 0.9, 0.9)
        half.lit(white.base).stroke(cord, 1.3, 0.9, 0.9)
    pocket = [[(-0.62, 3.75), (0.0, 3.70), (0.62, 3.75)], [(0.62, 3.75), (0.74, 4.2), (0.86, 4.6)]]
    brush.outline([*pocket, [(-0.86, 4.6), (-0.74, 4.2), (-0.62, 3.75)]], 0.9)


def _dress(brush: Brush, traits: Traits) -> None:
    white = traits.colors.white
    _neckline(brush, traits, 2.1)
    for index in range(5):
        x, y = 0.50 - 0.105 * index, (1.62, 1.84, 2.02, 2.14, 2.20)[index]
        for half in brush.halves():
            frill = [(-0.11, -0.07), (0.10, -0.08), (0.14, 0.07), (0.05, 0.12), (-0.02, 0.09), (-0.12, 0.11)]
            half.shape([curve(np.array(frill) + (x, y), True)], white.base, 0.8)
            half.stroke([(x, y - 0.04), (x + 0.01, y + 0.05)], 0.6)
    bow(brush, traits.colors.accent, (0.0, 2.30), 0.36, tails=True)
    brush.stroke([(-0.84, 3.44), (0.0, 3.58), (0.84, 3.44)], 0.9, 0.5, 0.5)
    for x in (-0.6, -0.36, -0.1, 0.18, 0.42, 0.64):
        brush.stroke([(x, 3.56), (x * 1.12, 3.9), (x * 1.3, 4.5)], 0.8, 0.5, 0.05)


def _kimono(brush: Brush, traits: Traits) -> None:
    _neckline(brush, traits, 2.2)
    for half, tone, shift in _lapels(brush, traits):
        inner = [(0.34 + shift, 1.44), (0.24 + shift, 1.90), (-0.34 + shift * 0.6, 3.1)]
        outer = [(-0.16 + shift, 3.1), (0.40 + shift, 2.0), (0.50 + shift, 1.52)]
        half.shape([inner, [inner[-1], outer[0]], outer], tone.base, 0.9)
    accent, white = traits.colors.accent, traits.colors.white
    top, low = [(-0.96, 3.05), (0.0, 3.17), (0.96, 3.05)], [(0.93, 4.1), (0.0, 4.24), (-0.93, 4.1)]
    obi = brush.shape([top, [top[-1], low[0]], low, [low[-1], top[0]]], accent.base)
    with brush.inside(obi) as within:
        if traits.painting != "flat":
            within.fill([(0.45, 2.9), (1.2, 2.9), (1.2, 4.4), (0.5, 4.4)], accent.shade)
        cord = [[(-1.1, 3.5), (0.0, 3.62), (1.1, 3.5)], [(1.1, 3.66), (0.0, 3.78), (-1.1, 3.66)]]
        within.cover(joined(cord), white.base)
        within.outline(cord, 0.8)
    brush.outline([top, low])


def _lapels(brush: Brush, traits: Traits) -> list[tuple[Brush, Tone, float]]:
    left, right = brush.halves()
    trim, white = traits.colors.trim, traits.colors.white
    return [(right, white, 0.0), (right, trim, 0.12), (left, white, 0.0), (left, trim, 0.12)]


def _turtleneck(brush: Brush, traits: Traits) -> None:
    cloth = traits.colors.cloth
    right = [(0.36, 1.26), (0.42, 1.42), (0.45, 1.66)]
    top, low = [(-0.36, 1.26), (0.0, 1.36), (0.36, 1.26)], [(0.45, 1.66), (0.0, 1.80), (-0.45, 1.66)]
    path = [top, right, low, [(-0.45, 1.66), (-0.42, 1.42), (-0.36, 1.26)]]
    polygon = brush.cover(joined(path), cloth.base)
    with brush.inside(polygon) as within:
        if traits.painting != "flat":
            within.fill(curve([(-0.5, 1.2), (-0.2, 1.46), (0.5, 1.5), (0.5, 1.2)], True), cloth.shade)
        for x in np.linspace(-0.33, 0.33, 7):
            within.stroke([(x, 1.28), (x * 1.15, 1.78)], 0.6, 0.2, 0.2)
    brush.outline(path)


_COLLARS: Mapping[str, Callable[[Brush, Traits], None]] = {
    "sailor": _sailor,
    "shirt": _shirt,
    "hoodie": _hoodie,
    "dress": _dress,
    "kimono": _kimono,
    "turtleneck": _turtleneck,
}
