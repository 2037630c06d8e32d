"""How sharp a picture is: 1 where edges are one pixel wide, low where it was blurred or enlarged."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import quantile

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"sharpness": pa.float32()}

_EDGES = 0.99  # the strongest hundredth of all places is edges
_REACH_PX = 5
_FAINT = 8  # of 255: without any edge there is nothing to be sharp


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`sharpness` in [0, 1]: the step to the next pixel over the range of 5 × 5 pixels, each at its 99th percentile."""
    window = np.ones((_REACH_PX, _REACH_PX), np.uint8)
    wide = cv2.subtract(cv2.dilate(pixels, window), cv2.erode(pixels, window))
    near = np.ones((2, 2), np.uint8)
    step = cv2.subtract(cv2.dilate(pixels, near), cv2.erode(pixels, near))
    reach = quantile(np.asarray(wide, np.uint8), _EDGES)
    return {"sharpness": quantile(np.asarray(step, np.uint8), _EDGES) / reach if reach >= _FAINT else 0.0}
