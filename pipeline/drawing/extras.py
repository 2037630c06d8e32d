"""What a character wears on the head and face. Units as in the head."""

from collections.abc import Callable, Mapping

import numpy as np

from .brush import Brush
from .collars import bow
from .curves import Points, curve, ellipse, joined
from .eyes import APART, LINE_Y
from .palette import Tone
from .traits import Traits


def draw_extras(head: Brush, body: Brush, traits: Traits) -> None:
    """Everything of `extras`, in order."""
    for name in traits.extras:
        _EXTRAS[name](body if name == "choker" else head, traits)


def _ribbon(brush: Brush, traits: Traits) -> None:
    side = traits.rng("ribbon").choice([-1, 0, 1])
    bow(brush, traits.colors.accent, (side * 0.78, -1.22 if side else -1.36), 0.5, tails=bool(side))


def _hairband(brush: Brush, traits: Traits) -> None:
    tone, rng = traits.colors.accent, traits.rng("hairband")
    low = [(-1.13, -0.40), (-0.85, -0.92), (-0.35, -1.14), (0.0, -1.18), (0.35, -1.14), (0.85, -0.92), (1.13, -0.40)]
    top = np.array(low)[::-1] * (1.03, 1.0) - (0, 0.15)
    brush.shape([low, [low[-1], top[0]], top, [top[-1], low[0]]], tone.base)
    if rng.random() < 0.5:
        bow(brush, tone, (0.62, -1.17), 0.30)


def _beret(brush: Brush, traits: Traits) -> None:
    tone = traits.colors.trim
    crown = [(-1.15, -0.92), (-1.28, -1.30), (-0.85, -1.74), (0.0, -1.90), (0.9, -1.72), (1.42, -1.28), (1.20, -0.92)]
    rim = [(1.20, -0.92), (0.75, -1.08), (0.0, -1.15), (-0.7, -1.08), (-1.15, -0.92)]
    cap = brush.cover(joined([crown, rim]), tone.base)
    with brush.inside(cap) as within:
        if traits.painting != "flat":
            within.fill(
                curve([(1.0, -1.8), (0.95, -1.3), (0.3, -1.2), (-1.3, -1.12), (-1.2, -0.8), (1.6, -0.8)], True),
                tone.shade,
            )
        within.stroke([(0.85, -1.02), (1.0, -1.2), (1.22, -1.3)], 0.8, 0.6, 0.05)
    brush.outline([crown], 1.1)
    band = np.array(rim)[::-1] + (0, 0.13)
    brush.shape([rim, [rim[-1], band[0]], band, [band[-1], rim[0]]], tone.deep)
    brush.shape([[(-0.05, -1.86), (-0.02, -2.02), (0.06, -2.02), (0.06, -1.86)]], tone.base)


def _hat(brush: Brush, traits: Traits) -> None:
    tone, accent = traits.colors.trim, traits.colors.accent
    crown = [(-1.02, -0.95), (-1.05, -1.5), (-0.62, -1.88), (0.0, -1.96), (0.62, -1.88), (1.05, -1.5), (1.02, -0.95)]
    dome = brush.cover(joined([crown, [(1.02, -0.95), (0.0, -1.02), (-1.02, -0.95)]]), tone.base)
    with brush.inside(dome) as within:
        if traits.painting != "flat":
            within.fill(curve([(0.7, -2.0), (0.72, -1.5), (0.6, -0.9), (1.3, -0.9), (1.3, -2.0)], True), tone.shade)
        top, low = [(-1.1, -1.16), (0.0, -1.30), (1.1, -1.16)], [(1.1, -0.9), (0.0, -1.04), (-1.1, -0.9)]
        within.shape([top, [top[-1], low[0]], low, [low[-1], top[0]]], accent.base)
    brush.outline([crown], 1.1)
    top = [(-1.78, -0.60), (-1.3, -0.92), (0.0, -1.08), (1.3, -0.92), (1.78, -0.60)]
    low = [(1.78, -0.60), (1.2, -0.70), (0.0, -0.78), (-1.2, -0.70), (-1.78, -0.60)]
    brush.shape([top, low], tone.base, 1.1)


def _cat_ears(brush: Brush, traits: Traits) -> None:
    hair, skin = traits.colors.hair, traits.colors.skin
    for half in brush.halves():
        outer = [(0.30, -1.26), (0.48, -1.66), (0.80, -2.02)], [(0.80, -2.02), (1.04, -1.55), (1.04, -0.92)]
        half.shape([*outer, [(1.04, -0.92), (0.7, -1.06), (0.30, -1.26)]], hair.base, 1.1)
        inner = [(0.46, -1.28), (0.58, -1.58), (0.78, -1.84)], [(0.78, -1.84), (0.92, -1.5), (0.94, -1.04)]
        half.shape([*inner, [(0.94, -1.04), (0.7, -1.12), (0.46, -1.28)]], skin.shade, 0.8)
        tuft = (
            [(0.40, -1.22), (0.52, -1.50)],
            [(0.52, -1.50), (0.60, -1.30), (0.68, -1.56)],
            [(0.68, -1.56), (0.74, -1.26), (0.66, -1.08)],
        )
        half.cover(joined([*tuft, [(0.66, -1.08), (0.40, -1.20)]]), hair.base)
        half.outline(tuft, 0.8)
        half.cover(
            curve([(0.36, -1.24), (0.70, -1.12), (1.0, -0.96), (0.95, -0.80), (0.6, -0.95), (0.34, -1.08)], True),
            hair.base,
        )


def _flower(brush: Brush, traits: Traits) -> None:
    rng, tone = traits.rng("flower"), traits.colors.accent
    side, count = rng.choice([-1, 1]), int(rng.integers(5, 7))
    x, y = side * 0.80, -0.86
    for index in range(2):
        leaf = np.array([(0.0, 0.0), (0.2, -0.16), (0.48, -0.1), (0.22, 0.06)]) * (side, 1) + (
            x + side * 0.1,
            y + 0.3 * index - 0.05,
        )
        brush.shape([curve(leaf, True)], (112, 168, 96), 0.8)
    for angle in np.arange(count) * 2 * np.pi / count + rng.uniform(0, 1):
        brush.shape([curve(_petal(x, y, angle, 0.34), True)], tone.base, 0.9)
        brush.stroke([(x, y), (x + 0.2 * np.cos(angle), y + 0.2 * np.sin(angle))], 0.6)
    brush.shape([ellipse(x, y, 0.09, 0.09)], (250, 214, 96), 0.9)


def _petal(x: float, y: float, angle: float, size: float) -> Points:
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    shape = ((0.05, 0.0), (0.5, 0.38), (0.95, 0.26), (0.86, 0.0), (0.95, -0.26), (0.5, -0.38))
    return np.array([np.array((x, y)) + size * (a * along + b * across) for a, b in shape])


def _headphones(brush: Brush, traits: Traits) -> None:
    tone, accent = traits.colors.trim, traits.colors.accent
    low = [(-1.12, 0.0), (-1.10, -0.7), (-0.62, -1.32), (0.0, -1.46), (0.62, -1.32), (1.10, -0.7), (1.12, 0.0)]
    top = [(1.28, 0.0), (1.25, -0.76), (0.70, -1.48), (0.0, -1.64), (-0.70, -1.48), (-1.25, -0.76), (-1.28, 0.0)]
    brush.shape([low, [low[-1], top[0]], top, [top[-1], low[0]]], tone.base)
    for half in brush.halves():
        half.shape([curve([(1.0, -0.2), (1.16, -0.26), (1.2, 0.16), (1.14, 0.56), (0.98, 0.5)], True)], tone.shade)
        half.shape([curve([(1.12, -0.28), (1.34, -0.22), (1.42, 0.14), (1.34, 0.50), (1.12, 0.56)], True)], accent.base)
        half.stroke([(1.24, -0.1), (1.30, 0.14), (1.24, 0.38)], 0.8)


def _glasses(brush: Brush, traits: Traits) -> None:
    rng, near = traits.rng("glasses"), brush.near(1.0)
    rx, ry, square = rng.uniform(0.34, 0.38), rng.uniform(0.28, 0.36), rng.choice([1.0, 0.62])
    angles = np.linspace(0, 2 * np.pi, 49)
    ring = np.stack(
        [
            np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** square * rx,
            np.sign(np.sin(angles)) * np.abs(np.sin(angles)) ** square * ry,
        ],
        1,
    )
    for half in near.inked(traits.colors.trim.line).halves():
        half.stroke_sampled(ring + (APART, LINE_Y + 0.06), 1.7, 1, 1)
        half.stroke([(APART + rx, LINE_Y), (0.97, LINE_Y - 0.06)], 1.4, 1, 0.6)
    near.inked(traits.colors.trim.line).stroke(
        [(-APART + rx, LINE_Y), (0.0, LINE_Y - 0.05), (APART - rx, LINE_Y)], 1.4, 1, 1
    )


def _hairpin(brush: Brush, traits: Traits) -> None:
    rng, pen = traits.rng("hairpin"), brush.near(0.6)
    pen = pen.halves()[int(rng.integers(2))]
    if rng.random() < 0.5:
        for angle in (0.0, 0.5):
            pen.shape([_bar(0.66, -0.50, 0.42, 0.055, 0.5 + angle)], traits.colors.accent.base, 0.8)
        return
    angles = np.arange(11) * np.pi / 5 - np.pi / 2
    radius = np.where(np.arange(11) % 2, 0.08, 0.19)
    star = np.stack([0.70 + radius * np.cos(angles), -0.50 + radius * np.sin(angles)], axis=1)
    pen.shape([star[index : index + 2] for index in range(10)], (252, 218, 92), 0.9)


def _bar(x: float, y: float, length: float, thick: float, angle: float) -> Points:
    along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * thick
    middle = np.array((x, y))
    return np.array(
        [
            middle - along + across,
            middle + along + across,
            middle + along - across,
            middle - along - across,
            middle - along + across,
        ]
    )


def _choker(brush: Brush, traits: Traits) -> None:
    if traits.clothes in ("turtleneck", "hoodie"):
        return
    tone: Tone = traits.colors.trim
    top, low = [(-0.30, 1.22), (0.0, 1.32), (0.30, 1.22)], [(0.31, 1.34), (0.0, 1.45), (-0.31, 1.34)]
    brush.shape([top, [top[-1], low[0]], low, [low[-1], top[0]]], tone.deep)
    brush.shape([ellipse(0.0, 1.47, 0.06, 0.07)], (248, 214, 100), 0.8)


_EXTRAS: Mapping[str, Callable[[Brush, Traits], None]] = {
    "ribbon": _ribbon,
    "hairband": _hairband,
    "beret": _beret,
    "hat": _hat,
    "cat_ears": _cat_ears,
    "flower": _flower,
    "headphones": _headphones,
    "glasses": _glasses,
    "hairpin": _hairpin,
    "choker": _choker,
}
