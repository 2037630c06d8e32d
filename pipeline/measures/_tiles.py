"""Evenly spread tiles of a plane: what holds everywhere can be measured on a sample."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def tiles(plane: Plane, side_px: int, most: int) -> list[Plane]:
    """Up to `most` × `most` tiles of uint8 (H, W), evenly spread and never overlapping; the whole plane if smaller."""
    rows, columns = (_starts(length, side_px, most) for length in plane.shape)
    return [plane[y : y + side_px, x : x + side_px] for y in rows for x in columns]


def _starts(length: int, side_px: int, most: int) -> list[int]:
    count = min(max(length // side_px, 1), most)
    return [i * length // count for i in range(count)]
