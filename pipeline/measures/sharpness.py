"""How sharp a picture is: 1 where edges are one pixel wide, low where it was blurred or enlarged."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import quantile
from ._tiles import tiles

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"sharpness": pa.float32()}

_EDGES = 0.99  # the strongest hundredth of all places is edges
_REACH_PX = 5
_FAINT = 8  # of 255: without any edge there is nothing to be sharp
_TILE_PX, _TILES = 128, 4  # looked at: 16 tiles at most


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`sharpness` in [0, 1]: the step to the next pixel over the range of 5 × 5 pixels, each at its 99th percentile."""
    sample = tiles(pixels, _TILE_PX, _TILES)
    reach, step = (_strongest(sample, side_px) for side_px in (_REACH_PX, 2))
    return {"sharpness": step / reach if reach >= _FAINT else 0.0}


def _strongest(sample: list[NDArray[np.uint8]], side_px: int) -> int:
    """The range within windows of `side_px` that all but the strongest hundredth do not exceed."""
    window = np.ones((side_px, side_px), np.uint8)
    ranges = [cv2.subtract(cv2.dilate(tile, window), cv2.erode(tile, window)).ravel() for tile in sample]
    return quantile(np.concatenate(ranges).astype(np.uint8, copy=False)[None], _EDGES)
