"""Chroma of pixels and exact quantiles of bytes, for the measures that look at colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def chroma(pixels: NDArray[np.uint8]) -> Plane:
    """max(R, G, B) − min(R, G, B) of uint8 (H, W, 3), uint8 (H, W): 0 for every grey."""
    red, green, blue = cv2.split(pixels)
    high = cv2.max(cv2.max(red, green), blue)
    low = cv2.min(cv2.min(red, green), blue)
    return np.asarray(cv2.subtract(high, low), np.uint8)


def counts(plane: Plane) -> NDArray[np.int64]:
    """How often each byte occurs, int64 (256,)."""
    return np.asarray(cv2.calcHist([plane], [0], None, [256], [0, 256]), np.int64).reshape(256)


def quantile(plane: Plane, share: float) -> int:
    """The smallest byte that at least `share` of the plane does not exceed."""
    return int(np.searchsorted(np.cumsum(counts(plane)), share * plane.size))
