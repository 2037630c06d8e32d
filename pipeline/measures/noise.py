"""How noisy a picture is: the standard deviation of its grain in levels of 255, 0 for flat colours."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._tiles import tiles

version = 3
needs = "grey"
columns: dict[str, pa.DataType] = {"noise": pa.float32()}

_TILE_PX = 16
_SAMPLE_PX, _SAMPLES = 4 * _TILE_PX + 2, 4  # looked at: 16 parts of the picture at most, each with a rim of a pixel
_CALM_SHARE = 0.25  # of the tiles: those hold no lines and no shading, only grain
_CLIPPED = 8  # of 255: paper and black hide grain, so such tiles tell nothing
_DEVIATION = np.sqrt(np.pi / 2) / 6  # Immerkær 1996, equation 4: from the mean of |Laplacian of Laplacian| to σ
_KERNEL = np.array([1, -2, 1], np.float32)


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`noise`: σ after Immerkær (1996), of the calmest quarter of the tiles that are neither black nor paper."""
    sample = np.stack(tiles(pixels, _SAMPLE_PX, _SAMPLES))
    if min(sample.shape[1:]) < _TILE_PX + 2:
        return {"noise": 0.0}
    sheet = np.concatenate(sample)
    filtered = np.asarray(cv2.sepFilter2D(sheet, cv2.CV_32F, _KERNEL, _KERNEL)).reshape(sample.shape)
    grain, level = _means(np.abs(filtered)), _means(sample)
    telling = grain[(level > _CLIPPED) & (level < 255 - _CLIPPED)]
    return {"noise": float(np.quantile(telling, _CALM_SHARE) * _DEVIATION) if len(telling) else 0.0}


def _means(sample: NDArray[Any]) -> NDArray[Any]:
    """The means of squares of 16 pixels within the rims of (N, H, W), without what is left over at their ends."""
    height, width = ((side - 2) // _TILE_PX for side in sample.shape[1:])
    inside = sample[:, 1 : 1 + height * _TILE_PX, 1 : 1 + width * _TILE_PX]
    size = (width, height * len(sample))
    return np.asarray(cv2.resize(np.concatenate(inside), size, interpolation=cv2.INTER_AREA)).ravel()
