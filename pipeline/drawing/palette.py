"""Colours that go together: hue in degrees, saturation and value in [0, 1], and the shades a painter makes of them."""

import colorsys
from dataclasses import dataclass

import numpy as np

from lcpipe.pipeline.dataset.materials import MATERIAL_HUES

from .brush import Color

_SKINS = ((24, 0.10, 1.0), (20, 0.15, 0.99), (26, 0.22, 0.97), (25, 0.33, 0.87), (22, 0.44, 0.70), (20, 0.50, 0.52))
_SKIN_SHARES = (0.32, 0.30, 0.18, 0.10, 0.06, 0.04)
_HAIRS = (
    (22, 0.60, 0.32), (28, 0.62, 0.48), (36, 0.52, 0.80), (46, 0.44, 0.97), (14, 0.72, 0.80), (350, 0.42, 0.97),
    (330, 0.34, 0.98), (280, 0.40, 0.72), (250, 0.45, 0.66), (220, 0.55, 0.70), (200, 0.45, 0.93), (172, 0.48, 0.80),
    (130, 0.42, 0.60), (95, 0.36, 0.78), (220, 0.08, 0.92), (240, 0.10, 0.66), (235, 0.30, 0.26), (355, 0.75, 0.62),
)  # fmt: skip


@dataclass(frozen=True)
class Tone:
    """One material: its colour, its shadow, the deep of it, its light and its line."""

    base: Color
    shade: Color
    deep: Color
    light: Color
    line: Color


@dataclass(frozen=True)
class Palette:
    """Every colour of one picture."""

    skin: Tone
    hair: Tone
    iris: Tone
    cloth: Tone
    trim: Tone
    accent: Tone
    white: Tone
    ground: Tone
    sky: Tone
    blush: Color


def color(hue: float, saturation: float, value: float) -> Color:
    """An sRGB colour from hue (degrees), saturation and value."""
    parts = colorsys.hsv_to_rgb(hue % 360 / 360, float(np.clip(saturation, 0, 1)), float(np.clip(value, 0, 1)))
    red, green, blue = (round(255 * part) for part in parts)
    return red, green, blue


def mixed(first: Color, second: Color, share: float) -> Color:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def tone(hue: float, saturation: float, value: float) -> Tone:
    """A material: shadows are cooler and richer, lights paler."""
    saturation *= 0.72 if 70 < hue % 360 < 170 else 1.0  # greens look louder than their figures
    cool = 8.0 if 60 < hue % 360 < 240 else -8.0
    return Tone(
        base=color(hue, saturation, value),
        shade=color(hue + cool, saturation + 0.14, value * 0.83),
        deep=color(hue + 2 * cool, saturation + 0.20, value * 0.66),
        light=color(hue - cool, saturation * 0.45, min(1.0, value * 1.08 + 0.12)),
        line=color(hue + cool, min(1.0, saturation + 0.30), value * 0.33),
    )


def palette(rng: np.random.Generator) -> Palette:
    """Draws the colours of one picture: clothes beside or opposite the hair, a pale ground."""
    hue, saturation, value = _HAIRS[rng.integers(len(_HAIRS))]
    turned = hue + rng.uniform(-10, 10)
    apart = rng.choice([30, 150, 180, 210, 330]) + rng.uniform(-15, 15)
    skin = _SKINS[rng.choice(len(_SKINS), p=_SKIN_SHARES)]
    return Palette(
        skin=_skin(*skin),
        hair=tone(turned, saturation + rng.uniform(-0.08, 0.08), value),
        iris=tone(rng.uniform(0, 360), rng.uniform(0.45, 0.8), rng.uniform(0.62, 0.92)),
        cloth=tone(turned + apart, rng.uniform(0.15, 0.7), rng.uniform(0.35, 0.95)),
        trim=tone(turned + apart + rng.choice([0, 40, 180]), rng.uniform(0.3, 0.75), rng.uniform(0.35, 0.8)),
        accent=tone(rng.uniform(0, 360), rng.uniform(0.55, 0.85), rng.uniform(0.75, 0.95)),
        white=Tone((250, 250, 252), (216, 220, 234), (186, 192, 214), (255, 255, 255), (70, 74, 96)),
        ground=tone(turned + rng.choice([0, 120, 180, 240]), rng.uniform(0.06, 0.38), rng.uniform(0.72, 0.98)),
        sky=tone(rng.uniform(190, 225), rng.uniform(0.25, 0.6), rng.uniform(0.8, 0.98)),
        blush=mixed(color(skin[0], skin[1], skin[2]), (240, 96, 96), 0.55),
    )


def material_palette() -> Palette:
    """Every material in the hue that stands for it, in its shades and lights; the ground is grey."""
    tones = {name: tone(hue, 0.9, 0.95) for name, hue in MATERIAL_HUES.items()}
    grey = tone(0, 0.0, 0.85)
    return Palette(**tones, ground=grey, sky=grey, blush=tones["skin"].base)


def _skin(hue: float, saturation: float, value: float) -> Tone:
    return Tone(
        base=color(hue, saturation, value),
        shade=color(hue - 8, saturation + 0.13, value * 0.91),
        deep=color(hue - 10, saturation + 0.22, value * 0.80),
        light=color(hue + 4, saturation * 0.5, min(1.0, value * 1.05)),
        line=color(hue - 8, min(1.0, saturation + 0.45), value * 0.40),
    )
