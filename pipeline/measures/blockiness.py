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
_CALM = 0.25  # levels: keeps the ratio of two nothings from being large


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`blockiness`: how much larger steps are from block to block than elsewhere; the mean of columns and rows.

    The grid may begin anywhere, as in a crop: it is where steps are largest. Pictures of under four blocks have none.
    """
    across = cv2.reduce(cv2.absdiff(pixels[:, 1:], pixels[:, :-1]), 0, cv2.REDUCE_AVG, dtype=cv2.CV_64F)
    down = cv2.reduce(cv2.absdiff(pixels[1:], pixels[:-1]), 1, cv2.REDUCE_AVG, dtype=cv2.CV_64F)
    return {"blockiness": (_excess(across) + _excess(down)) / 2}


def _excess(steps: cv2.typing.MatLike) -> float:
    line = np.asarray(steps, np.float64).ravel()
    blocks = len(line) // _BLOCK_PX
    if blocks < 4:
        return 0.0
    phases = np.median(line[: blocks * _BLOCK_PX].reshape(blocks, _BLOCK_PX), axis=0)
    rest = float(np.median(phases))
    return float(phases.max() - rest) / (rest + _CALM)
