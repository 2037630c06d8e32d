"""How many colours a picture is made of: few for flat colouring, many for paintings and photographs."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
needs = "reduced"
columns: dict[str, pa.DataType] = {"palette": pa.int32()}

_LEVELS = 16  # a channel: steps of 16, so that grain makes no colours
_COVERED = 0.95  # of the area


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`palette`: how many of 16³ colours it takes, the most frequent first, to cover 95 % of the area."""
    counts = cv2.calcHist([pixels], [0, 1, 2], None, [_LEVELS] * 3, [0, 256] * 3).ravel()
    covered = np.cumsum(np.sort(counts.astype(np.int64))[::-1])
    return {"palette": int(np.searchsorted(covered, _COVERED * covered[-1])) + 1}
