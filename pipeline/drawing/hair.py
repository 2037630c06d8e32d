"""Hair behind the neck: the mass of it, and tails, buns and braids. Units as in the head."""

import numpy as np

from .brush import Brush
from .curves import Points, curve, joined
from .locks import braid, bun, edge, ponytail, twin_tail
from .traits import Traits

_MASSES = {"bob": (1.10, 1.22, 7), "short": (0.80, 1.10, 7), "long": (3.1, 1.38, 9), "wavy": (2.5, 1.60, 8)}
_TIED_BACK = (0.92, 1.06, 7)  # how low it hangs, its width and the number of tips


def draw_back(brush: Brush, traits: Traits) -> None:
    """Whatever hangs behind the neck."""
    rng = traits.rng("back hair")
    if traits.hair == "ponytail":
        ponytail(brush, traits)
    if traits.hair == "twintails":
        length, out = rng.uniform(2.2, 3.0), rng.uniform(0.3, 0.8)
        for half in brush.halves():
            twin_tail(half, traits, length, out)
    _mass(brush, traits, rng)
    if traits.hair == "buns":
        for half in brush.halves():
            bun(half, traits)


def draw_braids(brush: Brush, traits: Traits) -> None:
    """Braids hang before the shoulders."""
    if traits.hair == "braids":
        for half in brush.halves():
            braid(half, traits)


def _mass(brush: Brush, traits: Traits, rng: np.random.Generator) -> None:
    hair, (low, wide, count) = traits.colors.hair, _MASSES.get(traits.hair, _TIED_BACK)
    low *= rng.uniform(0.93, 1.12)
    path = _mass_path(rng, low, wide, count, waves=traits.hair == "wavy")
    mass = brush.cover(joined(path), hair.base if traits.painting == "flat" else hair.shade)
    with brush.inside(mass) as within:
        if traits.painting == "soft":
            within.gradient(mass, hair.deep, hair.base)
        elif traits.painting == "cel":
            side = [(0.8, 0.5), (0.75, 1.2), (0.74, low * 0.8)]
            within.fill(curve([*side, *[(-x, y) for x, y in side[::-1]]], True), hair.deep)
        for tip in path[2::2]:
            x, y = tip[0]
            reach = rng.uniform(0.35, 0.75) * min(low, 2.2)
            within.stroke([(x, y), (x * 1.03, y - reach * 0.5), (x * 0.97, y - reach)], 0.8, 0.7, 0.05)
    brush.outline(path, 1.0, 0.4)


def _mass_path(rng: np.random.Generator, low: float, wide: float, count: int, waves: bool) -> list[Points]:
    """Down the right side, along the tips to the left, and up and over the head."""
    heights = np.linspace(-0.6, low, 9)
    xs = 1.08 + (wide - 1.08) * np.sin(np.linspace(0, np.pi * 0.62, 9))
    if waves:
        xs = xs + 0.11 * np.sin(heights * 4.5 + rng.uniform(0, 6)) * np.linspace(0.2, 1, 9)
    right = np.stack([xs, heights], axis=1)
    left = right[::-1] * (-1.0, 1.0)
    path: list[Points] = [np.concatenate([left, [(-0.85, -1.05), (0.0, -1.35), (0.85, -1.05)], right])]
    bounds = np.linspace(xs[-1], -xs[-1], count + 1)
    for a, b in zip(bounds[:-1], bounds[1:], strict=True):
        drop = rng.uniform(0.07, 0.18) * min(low, 1.8)
        tip = np.array([(a + b) * 0.54, low + drop])
        end = left[0] if b == bounds[-1] else np.array([b, low - drop * 0.5])
        path += [edge(path[-1][-1], tip, 0.08), edge(tip, end, 0.08)]
    return path
