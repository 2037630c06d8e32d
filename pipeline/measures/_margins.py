"""Margins of one plain colour, side by side: what frames, letterboxes and scans have in common."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_NEAR = 12  # of 255: what JPEG and paper do to a plain colour
_ODD = 0.01  # of a line that may differ: dust, a signature's tail


@dataclass(frozen=True)
class Margin:
    """A plain margin: its share of the height or width, and its colour."""

    share: float
    color: tuple[int, int, int]


def margins(pixels: NDArray[np.uint8]) -> tuple[Margin, Margin, Margin, Margin]:
    """The plain margins of uint8 (H, W, 3): top, bottom, left, right. Each side has a colour of its own."""
    return (
        _margin(pixels, pixels[0], 1, 1),
        _margin(pixels, pixels[-1], 1, -1),
        _margin(pixels, pixels[:, 0], 0, 1),
        _margin(pixels, pixels[:, -1], 0, -1),
    )


def _margin(pixels: NDArray[np.uint8], edge: NDArray[np.uint8], along: int, step: int) -> Margin:
    """The margin that begins at the line `edge`; lines run along axis `along`, and inwards in steps of `step`."""
    middle = [(len(edge) - 1) // 2, len(edge) // 2]
    median = np.partition(np.ascontiguousarray(edge.T), middle, axis=1)[:, middle]
    color = median.sum(axis=1, dtype=np.int64) // 2
    named = (int(color[0]), int(color[1]), int(color[2]))
    if _odd(edge[None], color, 1)[0] > _ODD:  # most pictures: there is nothing to look at any further
        return Margin(0.0, named)
    lines = _odd(pixels, color, along)[::step] > _ODD
    return Margin(float(np.argmax(lines)) / len(lines) if lines.any() else 1.0, named)


def _odd(pixels: NDArray[np.uint8], color: NDArray[np.int64], along: int) -> NDArray[np.float64]:
    """For each line along an axis, the share of its pixels that differ from the colour in some channel."""
    plain = cv2.inRange(np.ascontiguousarray(pixels), color - _NEAR, color + _NEAR)
    shares = cv2.reduce(plain, along, cv2.REDUCE_AVG, dtype=cv2.CV_64F).ravel() / 255
    return 1.0 - np.asarray(shares, np.float64)
