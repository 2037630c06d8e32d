"""How visible the 8 × 8 blocks of JPEG are: 0 for none, about 0.3 where one sees them, above 1 where they hurt."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"blockiness": pa.float32()}

_BLOCK_PX = 8
_EVERY = 3  # rows and columns looked at: a stride that no block shares
_CALM = 0.25  # levels: keeps the ratio of two nothings from being large


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`blockiness`: how much larger steps are from block to block than elsewhere; the mean of columns and rows.

    The grid may begin anywhere, as in a crop: it is where steps are largest. Pictures of under four blocks have none.
    """
    rows, columns_ = pixels[::_EVERY], np.asarray(cv2.transpose(np.ascontiguousarray(pixels[:, ::_EVERY])), np.uint8)
    return {"blockiness": (_excess(rows) + _excess(columns_)) / 2}


def _excess(rows: NDArray[np.uint8]) -> float:
    if rows.shape[1] < 4 * _BLOCK_PX:
        return 0.0
    steps = cv2.absdiff(rows[:, 1:], rows[:, :-1])
    sums = cv2.reduce(steps, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    line = sums * (1.0 / len(steps))
    blocks = len(line) // _BLOCK_PX
    phases = np.median(line[: blocks * _BLOCK_PX].reshape(blocks, _BLOCK_PX), axis=0)
    rest = float(np.median(phases))
    return float(phases.max() - rest) / (rest + _CALM)
