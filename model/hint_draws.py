"""Simulated hints of a person: points and short strokes whose colour is the picture's where they begin.

The published simulation lives in `hints`; this one fits small pictures, where the published budget leaves hardly any.
"""

import numpy as np
from numpy.typing import NDArray

from .hint_points import full_hints
from .hints import Float32, Hints, Stroke, hint_map

UInt8 = NDArray[np.uint8]

SIZES_PX = (3.0, 16.0)
STEP_PX = 12.0
SAME_COLOR = 48  # the sum over channels of 8-bit differences up to which a stroke stays in "its" area


def stroke_hints(rng: np.random.Generator, color: UInt8, most: int) -> Float32:
    """None to `most` - 1 hints, fewer being likelier, as a map float32 (4, H/4, W/4) of a picture uint8 (H, W, 3)."""
    return counted_hints(rng, color, int(most * rng.random() ** 2))


def painted_hints(rng: np.random.Generator, color: UInt8) -> Float32:
    """The picture's own colours in a random share of all cells, a map float32 (4, H/4, W/4)."""
    full = full_hints(color)
    return np.asarray(full * (rng.random(full.shape[1:]) < rng.random()), dtype=np.float32)


def counted_hints(rng: np.random.Generator, color: UInt8, count: int) -> Float32:
    """Exactly `count` points and strokes as a map float32 (4, H/4, W/4)."""
    strokes = tuple(drawn_stroke(rng, color) for _ in range(count))
    return hint_map(Hints(strokes), *color.shape[:2])


def drawn_stroke(rng: np.random.Generator, color: UInt8) -> Stroke:
    """A point, or half of the time a stroke of up to four steps that ends where the colour does."""
    low, high = SIZES_PX
    size = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    steps = rng.uniform(-STEP_PX, STEP_PX, (int(rng.integers(1, 5)) if rng.random() < 0.5 else 0, 2))
    start = rng.random(2) * (color.shape[1], color.shape[0])
    chosen = patch_color(color, start)
    path = [start]
    for step in steps:
        following = path[-1] + step
        if not same_area(color, following, chosen):
            break
        path.append(following)
    points = tuple((float(x), float(y), 1.0) for x, y in path)
    return Stroke("stroke" if len(path) > 1 else "point", chosen, size, points)


def patch_color(color: UInt8, at: NDArray[np.float64]) -> tuple[int, int, int]:
    """The median colour of the 5x5 pixels around a place: what a person would call its colour, even beside a line."""
    x, y = int(at[0]), int(at[1])
    patch = color[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].reshape(-1, 3)
    red, green, blue = np.median(patch, axis=0)
    return int(red), int(green), int(blue)


def same_area(color: UInt8, at: NDArray[np.float64], chosen: tuple[int, int, int]) -> bool:
    """Whether a place lies in the picture and has nearly the chosen colour."""
    height, width = color.shape[:2]
    if not (0 <= at[0] < width and 0 <= at[1] < height):
        return False
    found = color[int(at[1]), int(at[0])].astype(int)
    return bool(np.abs(found - chosen).sum() <= SAME_COLOR)
