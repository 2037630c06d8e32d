"""Planes of bytes: the extremes of the channels, and exact quantiles and shares. NumPy is ten times slower at these."""

from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Planes = Sequence[Plane] | Plane  # several of (H, W), or one array (N, H, W)


def split(pixels: NDArray[np.uint8]) -> list[Plane]:
    """The three channels of uint8 (H, W, 3), each uint8 (H, W)."""
    return [np.asarray(plane, np.uint8) for plane in cv2.split(pixels)]


def highest(planes: Planes) -> Plane:
    """The largest value at each place, uint8 (H, W)."""
    return reduce(lambda a, b: np.asarray(cv2.max(a, b), np.uint8), planes)


def lowest(planes: Planes) -> Plane:
    """The smallest value at each place, uint8 (H, W)."""
    return reduce(lambda a, b: np.asarray(cv2.min(a, b), np.uint8), planes)


def chroma(planes: Planes) -> Plane:
    """max(R, G, B) − min(R, G, B), uint8 (H, W): 0 for every grey."""
    return np.asarray(cv2.subtract(highest(planes), lowest(planes)), np.uint8)


def quantile(plane: Plane, share: float) -> int:
    """The smallest byte that at least `share` of the plane does not exceed.

    Found by halving: eight counts take less than half the time of a histogram, which waits for its own last sum.
    """
    low, high = 0, 255
    while low < high:
        middle = (low + high) // 2
        enough = plane.size - _above(plane, middle) >= share * plane.size
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def share_above(plane: Plane, threshold: int) -> float:
    """The share of a plane that is greater than `threshold`."""
    return _above(plane, threshold) / plane.size


def _above(plane: Plane, threshold: int) -> int:
    return cv2.countNonZero(cv2.threshold(plane, threshold, 255, cv2.THRESH_BINARY)[1])
