"""How saturated a picture is: chroma as a share of the brightest channel, as in HSV."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import chroma, highest, quantile

version = 2
needs = "planes"
columns: dict[str, pa.DataType] = {
    "saturation": pa.float32(),  # the mean
    "saturation_p95": pa.float32(),
}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """Mean and 95th percentile of (max − min) / max of the channels, in [0, 1]; 0 for black."""
    share = np.asarray(cv2.divide(chroma(pixels), highest(pixels), scale=255), np.uint8)
    return {"saturation": cv2.mean(share)[0] / 255, "saturation_p95": quantile(share, 0.95) / 255}
