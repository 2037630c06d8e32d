"""Hints for evaluation: colours of the unshifted original at places that are not ink, the same for every model."""

import numpy as np

from .hint_shapes import INK_BELOW, UInt8
from .hints import HINT_SCALE, Float32, Hints, Stroke, cell_map

_PATCH = 2  # the colour of a point is the median of (2 * 2 + 1) squared pixels of paper around it


def sampled_points(rng: np.random.Generator, color: UInt8, line: UInt8, count: int) -> Hints:
    """Up to `count` points, each one cell large: `color` uint8 (H, W, 3), `line` uint8 (H, W).

    Fewer points of the same generator are a part of more, so a row of counts shows what a further hint adds.
    """
    paper = paper_cells(line)
    places = np.argwhere(paper)
    chosen = places[rng.permutation(len(places))[:count]]
    return Hints(tuple(_point(color, line, int(row), int(column)) for row, column in chosen))


def paper_cells(line: UInt8) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The whole cells of a drawing without any ink, bool (H // 4, W // 4)."""
    height, width = (side // HINT_SCALE for side in line.shape)
    cells = line[: height * HINT_SCALE, : width * HINT_SCALE].reshape(height, HINT_SCALE, width, HINT_SCALE)
    return cells.min(axis=(1, 3)) >= INK_BELOW  # type: ignore[no-any-return]


def _point(color: UInt8, line: UInt8, row: int, column: int) -> Stroke:
    """A disc in the middle of a cell that touches no other cell."""
    y, x = row * HINT_SCALE + HINT_SCALE // 2, column * HINT_SCALE + HINT_SCALE // 2
    near = slice(max(y - _PATCH, 0), y + _PATCH + 1), slice(max(x - _PATCH, 0), x + _PATCH + 1)
    patch = color[near][line[near] >= INK_BELOW]
    red, green, blue = (int(value) for value in np.median(patch, axis=0).round())
    return Stroke("point", (red, green, blue), HINT_SCALE, ((float(x), float(y), 1.0),))


def full_hints(color: UInt8) -> Float32:
    """A hint in every cell, the mean of the original's colours there, float32 (4, ceil(H/4), ceil(W/4))."""
    return cell_map(np.dstack([color, np.full(color.shape[:2], 255, np.uint8)]))
