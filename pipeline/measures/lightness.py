"""How light a picture is, and how far its lights and darks lie apart, as the eye sees them (CIE L*)."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import quantile, split

version = 2
needs = "reduced"
columns: dict[str, pa.DataType] = {
    "lightness": pa.float32(),  # the mean; 0 black, 100 white, as all of them
    "lightness_std": pa.float32(),
    "lightness_p05": pa.float32(),
    "lightness_p95": pa.float32(),
}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """Mean, standard deviation and the 5th and 95th percentile of L* in [0, 100] (CIE 1976, D65)."""
    plane = split(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), np.uint8))[0]
    mean, std = cv2.meanStdDev(plane)
    values = (mean.item(), std.item(), quantile(plane, 0.05), quantile(plane, 0.95))
    return dict(zip(columns, (value * 100 / 255 for value in values), strict=True))
