"""How noisy a picture is: the standard deviation of its grain in levels of 255, 0 for flat colours."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._tiles import tiles

version = 2
needs = "grey"
columns: dict[str, pa.DataType] = {"noise": pa.float32()}

_TILE_PX = 16
_SAMPLE_PX, _SAMPLES = 64, 4  # looked at: 16 parts of the picture at most
_CALM_SHARE = 0.25  # of the tiles: those hold no lines and no shading, only grain
_CLIPPED = 8  # of 255: paper and black hide grain, so such tiles tell nothing
_DEVIATION = np.sqrt(np.pi / 2) / 6  # Immerkær 1996, equation 4: from the mean of |Laplacian of Laplacian| to σ


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`noise`: σ after Immerkær (1996), of the calmest quarter of the tiles that are neither black nor paper."""
    kernel = np.array([1, -2, 1], np.float32)
    sample = tiles(pixels, _SAMPLE_PX, _SAMPLES)
    if min(sample[0].shape) < _TILE_PX:
        return {"noise": 0.0}
    grain = _means([np.asarray(cv2.sepFilter2D(tile, cv2.CV_32F, kernel, kernel)) for tile in sample], np.abs)
    level = _means(sample, np.positive)
    telling = grain[(level > _CLIPPED) & (level < 255 - _CLIPPED)]
    return {"noise": float(np.quantile(telling, _CALM_SHARE) * _DEVIATION) if len(telling) else 0.0}


def _means(planes: list[NDArray[Any]], of: np.ufunc) -> NDArray[Any]:
    """The means of squares of 16 pixels of all planes, without what is left over of the last ones of each."""
    height, width = (side // _TILE_PX for side in planes[0].shape)
    whole = np.concatenate([plane[: height * _TILE_PX, : width * _TILE_PX] for plane in planes])
    size = (width, height * len(planes))
    return np.asarray(cv2.resize(of(whole), size, interpolation=cv2.INTER_AREA)).ravel()
