"""Margins of one plain colour, side by side: what frames, letterboxes and scans have in common."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ._planes import highest, split

_NEAR = 12  # of 255: what JPEG and paper do to a plain colour
_ODD = 0.01  # of a line that may differ: dust, a signature's tail


@dataclass(frozen=True)
class Margin:
    """A plain margin: its share of the height or width, and its colour."""

    share: float
    color: tuple[int, int, int]


def margins(pixels: NDArray[np.uint8]) -> tuple[Margin, Margin, Margin, Margin]:
    """The plain margins of uint8 (H, W, 3): top, bottom, left, right. Each side has a colour of its own."""
    top, bottom, left, right = (_margin(side) for side in _sides(pixels))
    return top, bottom, left, right


def _sides(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """The picture turned so that each side in its turn is the first row."""
    yield pixels
    yield pixels[::-1]
    turned = np.ascontiguousarray(pixels.swapaxes(0, 1))
    yield turned
    yield turned[::-1]


def _margin(pixels: NDArray[np.uint8]) -> Margin:
    color = np.median(pixels[0], axis=0).astype(np.uint8)
    named = (int(color[0]), int(color[1]), int(color[2]))
    if _odd(pixels[:1], color)[0] > _ODD:  # nearly all pictures: nothing to look at any further
        return Margin(0.0, named)
    lines = _odd(np.ascontiguousarray(pixels), color) > _ODD
    return Margin(float(np.argmax(lines)) / len(lines) if lines.any() else 1.0, named)


def _odd(pixels: NDArray[np.uint8], color: NDArray[np.uint8]) -> NDArray[np.float64]:
    """For each row the share of pixels that differ from the colour in some channel."""
    distance = highest([cv2.absdiff(p, float(c)) for p, c in zip(split(pixels), color, strict=True)])  # type: ignore[call-overload]
    return np.count_nonzero(distance > _NEAR, axis=1) / pixels.shape[1]
