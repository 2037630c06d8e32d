"""What extractors share: checks of pictures and numbers, luma, thresholds, and drawing large pictures tile by tile."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
HARD_PHI = 1e6  # a threshold as steep as this leaves no greys


def between(name: str, value: float, low: float, high: float) -> None:
    """Raises ValueError unless `low` ≤ value ≤ `high`; NaN is never."""
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}, but has to be a number from {low} to {high}")


def checked(picture: Picture) -> Picture:
    """The picture itself; ValueError unless it is uint8 (H, W, 3) and not empty."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ValueError(f"a picture is uint8 (H, W, 3) and not empty, this is {picture.dtype} {picture.shape}")
    return picture


def strength(p: float | None, tau: float | None) -> float:
    """p, from whichever of p and τ = p / (1 + p) was given (neither: 19); ValueError for both, or out of bounds."""
    if p is not None and tau is not None:
        raise ValueError("p and tau say the same thing (tau = p / (1 + p)): give one of them")
    between("p", 1.0 if p is None else p, 0.01, 999.0)  # beyond, float32 noise on flat paper decides
    between("tau", 0.5 if tau is None else tau, 0.01, 0.999)
    if tau is not None:
        return tau / (1 - tau)
    return 19.0 if p is None else p


def thresholded(s: Plane, epsilon: float, phi: float) -> Plane:
    """T(S) in [0, 1]: 1 where S ≥ ε, else 1 + tanh(φ·(S − ε)), or 0 where φ is hard."""
    if phi >= HARD_PHI:
        return np.asarray(s >= np.float32(epsilon), np.float32)
    return np.asarray(1 + np.tanh(np.minimum(0, np.float32(phi) * (s - np.float32(epsilon)))), np.float32)


def tiled(picture: Picture, side_px: int, halo_px: int, draw: Callable[[Picture], Picture]) -> Picture:
    """`draw` of a whole picture from tiles that overlap by `halo_px`, within which a pixel's surroundings end."""
    height, width = picture.shape[:2]
    line = np.empty((height, width), np.uint8)
    for rows, seen_rows, inner_rows in _spans(height, side_px, halo_px):
        for columns, seen_columns, inner_columns in _spans(width, side_px, halo_px):
            drawn = draw(np.ascontiguousarray(picture[seen_rows, seen_columns]))
            line[rows, columns] = drawn[inner_rows, inner_columns]
    return line


def _spans(length: int, side: int, halo: int) -> Iterator[tuple[slice, slice, slice]]:
    """Of each tile along one axis: what it gives, what it sees, and where the first lies in the second."""
    for start in range(0, length, side):
        end, low = min(length, start + side), max(0, start - halo)
        yield slice(start, end), slice(low, min(length, end + halo)), slice(start - low, end - low)


def rec601(picture: Picture) -> Plane:
    """The luma of encoded sRGB, float32 (H, W) in [0, 255]."""
    return np.asarray(cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2GRAY), np.float32)
