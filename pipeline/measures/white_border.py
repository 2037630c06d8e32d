"""How much near-white, empty margin a picture has on each side, as with scans and composed pages."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
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
    height, width = pixels.shape[:2]
    paper = cv2.inRange(pixels, np.full(3, _NEAR_WHITE), np.full(3, 255))
    x, y, across, down = cv2.boundingRect(cv2.bitwise_not(paper))
    if across == 0:  # all of it is margin, on every side
        return dict.fromkeys(columns, 1.0)
    shares = (y / height, (height - y - down) / height, x / width, (width - x - across) / width)
    return dict(zip(columns, (*shares, max(shares)), strict=True))
