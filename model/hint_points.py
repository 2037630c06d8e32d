"""Hints for evaluation: colours of the unshifted original at places that are not ink, the same for every model."""

import cv2
import numpy as np

from .hint_shapes import INK_BELOW, UInt8
from .hints import HINT_SCALE, Float32, Hints, Stroke, cell_map


def sampled_points(rng: np.random.Generator, color: UInt8, line: UInt8, count: int, size_px: int) -> Hints:
    """Up to `count` points of a diameter, clear of ink: `color` uint8 (H, W, 3), `line` uint8 (H, W).

    Fewer points of the same generator are a part of more, so a row of counts shows what a further hint adds.
    """
    places = np.argwhere(clear_places(line, size_px))
    chosen = places[rng.permutation(len(places))[:count]]
    return Hints(tuple(_point(color, int(y), int(x), size_px) for y, x in chosen))


def clear_places(line: UInt8, size_px: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Where a square of `size_px` around a place holds no ink, bool (H, W); only where it fills whole cells."""
    # cv2 takes the anchor of an even window from its lower right half: the window is then [-size/2, size/2).
    darkest = cv2.erode(line, np.ones((size_px, size_px), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=[0])
    aligned = np.zeros(line.shape, np.bool_)
    aligned[size_px // 2 :: HINT_SCALE, size_px // 2 :: HINT_SCALE] = True
    return aligned & (darkest >= INK_BELOW)


def _point(color: UInt8, y: int, x: int, size_px: int) -> Stroke:
    """A point with the median colour of the square around it."""
    half = size_px // 2
    patch = color[y - half : y + half, x - half : x + half].reshape(-1, 3)
    red, green, blue = (int(value) for value in np.median(patch, axis=0).round())
    return Stroke("point", (red, green, blue), size_px, ((float(x), float(y), 1.0),))


def full_hints(color: UInt8) -> Float32:
    """A hint in every cell, the mean of the original's colours there, float32 (4, ceil(H/4), ceil(W/4))."""
    return cell_map(np.dstack([color, np.full(color.shape[:2], 255, np.uint8)]))
