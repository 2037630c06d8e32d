"""How colourful a picture looks (Hasler & Süsstrunk 2003): 0 for grey, about 15 slightly, 45 quite, 110 extremely."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 1
needs = "reduced"
columns: dict[str, pa.DataType] = {"colorfulness": pa.float32()}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`colorfulness` M³ = σ + 0.3·μ of the opponents rg = R − G and yb = (R + G)/2 − B, in units of 8-bit sRGB."""
    red, green, blue = (plane.astype(np.int16) for plane in cv2.split(pixels))
    mean_rg, std_rg = cv2.meanStdDev(red - green)
    mean_yb, std_yb = cv2.meanStdDev(red + green - 2 * blue)
    spread = np.hypot(std_rg.item(), std_yb.item() / 2)
    offset = np.hypot(mean_rg.item(), mean_yb.item() / 2)
    return {"colorfulness": float(spread + 0.3 * offset)}
