"""How much near-white, empty margin a picture has on each side, as with scans and composed pages."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import lowest, split

version = 1
needs = "reduced"
columns: dict[str, pa.DataType] = {
    "white_border_top": pa.float32(),
    "white_border_bottom": pa.float32(),
    "white_border_left": pa.float32(),
    "white_border_right": pa.float32(),
    "white_border": pa.float32(),  # the largest of the four
}

_NEAR_WHITE = 245  # JPEG leaves paper a little below 255


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """Shares of the height (top, bottom) and of the width (left, right) that are near-white in every pixel."""
    darkest = lowest(split(pixels))
    down, across = (cv2.reduce(darkest, axis, cv2.REDUCE_MIN).reshape(-1) < _NEAR_WHITE for axis in (1, 0))
    top, bottom, left, right = (_empty(line) for line in (down, down[::-1], across, across[::-1]))
    return {
        "white_border_top": top,
        "white_border_bottom": bottom,
        "white_border_left": left,
        "white_border_right": right,
        "white_border": max(top, bottom, left, right),
    }


def _empty(inked: NDArray[np.bool_]) -> float:
    """The share of lines before the first that is inked: 1 when none is."""
    return float(np.argmax(inked) / len(inked)) if inked.any() else 1.0
