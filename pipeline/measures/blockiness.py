"""How visible the 8 × 8 blocks of JPEG are: 0 for none, about 0.3 where one sees them, above 1 where they hurt."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
needs = "grey"
columns: dict[str, pa.DataType] = {"blockiness": pa.float32()}

_BLOCK_PX = 8
_EVERY = 3  # rows looked at: a stride that no block shares; columns would have to be gathered first
_CALM = 0.25  # levels: keeps the ratio of two nothings from being large


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`blockiness`: how much larger steps are from block to block than elsewhere; the mean of columns and rows.

    The grid may begin anywhere, as in a crop: it is where steps are largest. Pictures of under four blocks have none.
    """
    rows = pixels[::_EVERY]
    return {"blockiness": (_excess(rows[:, 1:], rows[:, :-1], 0) + _excess(pixels[1:], pixels[:-1], 1)) / 2}


def _excess(one: NDArray[np.uint8], other: NDArray[np.uint8], along: int) -> float:
    """The excess of the steps between planes uint8 (H, W) that lie a pixel apart; lines run along axis `along`."""
    if one.shape[1 - along] < 4 * _BLOCK_PX - 1:
        return 0.0
    sums = cv2.reduce(cv2.absdiff(one, other), along, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    line = sums * (1.0 / one.shape[along])
    blocks = len(line) // _BLOCK_PX
    phases = _median(line[: blocks * _BLOCK_PX].reshape(blocks, _BLOCK_PX))
    rest = float(_median(phases))
    return float(phases.max() - rest) / (rest + _CALM)


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median along the first axis: NumPy's own costs more than all else here."""
    ordered, half = np.sort(values, axis=0), len(values) // 2
    return np.asarray((ordered[half] + ordered[(len(values) - 1) // 2]) / 2)
