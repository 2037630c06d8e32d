"""How noisy a picture is: the standard deviation of its grain in levels of 255, 0 for flat colours."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"noise": pa.float32()}

_TILE_PX = 16
_CALM_SHARE = 0.25  # of the tiles: those hold no lines and no shading, only grain
_CLIPPED = 8  # of 255: paper and black hide grain, so such tiles tell nothing
_DEVIATION = np.sqrt(np.pi / 2) / 6  # Immerkær 1996, equation 4: from the mean of |Laplacian of Laplacian| to σ


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`noise`: σ after Immerkær (1996), of the calmest quarter of the tiles that are neither black nor paper."""
    height, width = (side // _TILE_PX for side in pixels.shape)
    if not height or not width:
        return {"noise": 0.0}
    kernel = np.array([1, -2, 1], np.float32)
    grain = cv2.absdiff(cv2.sepFilter2D(pixels, cv2.CV_16S, kernel, kernel), 0.0)  # type: ignore[call-overload]
    tiles = cv2.resize(_cut(grain.astype(np.float32)), (width, height), interpolation=cv2.INTER_AREA).ravel()
    level = cv2.resize(_cut(pixels), (width, height), interpolation=cv2.INTER_AREA).ravel()
    telling = tiles[(level > _CLIPPED) & (level < 255 - _CLIPPED)]
    return {"noise": float(np.quantile(telling, _CALM_SHARE) * _DEVIATION) if len(telling) else 0.0}


def _cut(plane: NDArray[Any]) -> NDArray[Any]:
    """The plane without what is left over of the last tiles."""
    height, width = plane.shape[0] // _TILE_PX * _TILE_PX, plane.shape[1] // _TILE_PX * _TILE_PX
    return np.ascontiguousarray(plane[:height, :width])
