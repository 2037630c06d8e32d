"""How sharp a picture is: 1 where edges are one pixel wide, low where it was blurred or enlarged."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import quantile
from ._tiles import tiles

version = 2
needs = "grey"
columns: dict[str, pa.DataType] = {"sharpness": pa.float32()}

_EDGES = 0.99  # the strongest hundredth of all places is edges
_REACH_PX = 5
_STEP, _REACH = (0, 1), (0, 2, 3)  # windows of 2 are two pixels; windows of 5 are three windows of 2, moved so far
_FAINT = 8  # of 255: without any edge there is nothing to be sharp
_TILE_PX, _TILES = 128, 4  # looked at: 16 tiles at most

Plane = NDArray[np.uint8]
Pick = Callable[..., Any]


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`sharpness` in [0, 1]: the step to the next pixel over the range of 5 × 5 pixels, each at its 99th percentile."""
    sample = tiles(pixels, _TILE_PX, _TILES)
    height = len(sample[0])
    if min(sample[0].shape) < _REACH_PX:
        return {"sharpness": 0.0}
    sheet = np.concatenate(sample)
    light, dark = (_windows(sheet, pick, _STEP) for pick in (cv2.max, cv2.min))
    step = _strongest(light, dark, height)
    reach = _strongest(_windows(light, cv2.max, _REACH), _windows(dark, cv2.min, _REACH), height)
    return {"sharpness": step / reach if reach >= _FAINT else 0.0}


def _windows(plane: Plane, pick: Pick, moves: Sequence[int]) -> Plane:
    """The largest or smallest value of a plane uint8 (H, W) and of itself moved left and up by each of `moves`."""
    height, width = (side - moves[-1] for side in plane.shape)
    across = reduce(pick, [plane[:, move : move + width] for move in moves])
    return np.asarray(reduce(pick, [across[move : move + height] for move in moves]), np.uint8)


def _strongest(light: Plane, dark: Plane, height: int) -> int:
    """The range that all but the strongest hundredth of windows do not exceed; those across two tiles do not count."""
    beyond = -len(light) % height  # how many rows a window of this kind reaches beyond its first
    inside = np.arange(len(light)) % height < height - beyond
    return quantile(np.asarray(cv2.subtract(light, dark), np.uint8)[inside], _EDGES)
