"""Simulated hints of a person: points, short strokes and filled areas whose colour is the picture's where they begin.

The published simulation lives in `hints`; this one fits small pictures, where the published budget leaves hardly any.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .hint_points import full_hints
from .hint_shapes import closed_area
from .hints import Float32, Hints, Stroke, hint_map, jitter_box

UInt8 = NDArray[np.uint8]

SIZES_PX = (3.0, 16.0)
STEP_PX = 12.0
OF_ONE_COLOR = 0.85  # the share of an area that must have its median colour to be filled with it
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


def mixed_hints(
    rng: np.random.Generator, color: UInt8, line: UInt8, most: int, *, regions: float = 0.0, shifted: float = 0.0
) -> Float32:
    """One to `most` points, strokes and filled areas, every order of magnitude equally likely, as a map.

    `color` uint8 (H, W, 3), `line` uint8 (H, W). `regions` is the share of hints that fill the area they lie in;
    `shifted` the share of pictures whose hints come from a slightly different crop, as in the released code: it teaches
    that a hint means "this colour near this place".
    """
    source = shifted_crop(rng, color) if rng.random() < shifted else color
    count = int(np.exp(rng.uniform(0, np.log(most + 1))))
    drawn = (drawn_region(rng, source, line) if rng.random() < regions else None for _ in range(count))
    strokes = tuple(region or drawn_stroke(rng, source) for region in drawn)
    return hint_map(Hints(strokes), color.shape[0], color.shape[1], line)


def shifted_crop(rng: np.random.Generator, color: UInt8) -> UInt8:
    """The picture cropped a little and enlarged again: colours near their places."""
    x, y, width, height = jitter_box(rng, *color.shape[:2])
    crop = color[y : y + height, x : x + width]
    return np.asarray(cv2.resize(crop, color.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def drawn_region(rng: np.random.Generator, color: UInt8, line: UInt8) -> Stroke | None:
    """The closed area at a random place, with its median colour; None where it has no one colour."""
    height, width = line.shape
    x, y = rng.random(2) * (width, height)
    box, covered = closed_area((float(x), float(y), 1.0), line)
    inside = color[box][covered]
    if not len(inside):
        return None
    chosen = np.median(inside, axis=0).astype(int)
    alike = np.abs(inside.astype(int) - chosen).sum(axis=1) <= SAME_COLOR
    if alike.mean() < OF_ONE_COLOR:
        return None
    red, green, blue = (int(value) for value in chosen)
    return Stroke("region", (red, green, blue), 1.0, ((float(x), float(y), 1.0),))


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
