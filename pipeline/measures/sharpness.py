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
    sample = np.stack(tiles(pixels, _TILE_PX, _TILES))
    lightest, darkest = _sheet(sample, 0), _sheet(sample, 255)
    reach, step = (_strongest(lightest, darkest, sample.shape, side_px) for side_px in (_REACH_PX, 2))
    return {"sharpness": step / reach if reach >= _FAINT else 0.0}


def _sheet(sample: NDArray[np.uint8], gap: int) -> NDArray[np.uint8]:
    """The tiles uint8 (N, h, w), one below the other and so far apart that no window sees two; uint8 (H, W)."""
    count, height, width = sample.shape
    sheet = np.full((count, height + _REACH_PX, width + _REACH_PX), gap, np.uint8)
    sheet[:, :height, :width] = sample
    return sheet.reshape(-1, width + _REACH_PX)


def _strongest(lightest: NDArray[np.uint8], darkest: NDArray[np.uint8], shape: tuple[int, ...], side_px: int) -> int:
    """The range within windows of `side_px` that all but the strongest hundredth do not exceed."""
    count, height, width = shape
    window = np.ones((side_px, side_px), np.uint8)
    ranges = np.asarray(cv2.subtract(cv2.dilate(lightest, window), cv2.erode(darkest, window)), np.uint8)
    inside = ranges.reshape(count, height + _REACH_PX, width + _REACH_PX)[:, :height, :width]
    return quantile(inside.reshape(count * height, width), _EDGES)
