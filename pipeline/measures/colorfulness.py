"""How colourful a picture looks (Hasler & Süsstrunk 2003): 0 for grey, about 15 slightly, 45 quite, 110 extremely."""

import math
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
needs = "planes"
columns: dict[str, pa.DataType] = {"colorfulness": pa.float32()}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`colorfulness` M³ = σ + 0.3·μ of the opponents rg = R − G and yb = (R + G)/2 − B, in units of 8-bit sRGB."""
    red, green, blue = pixels
    r, g, b = (cv2.mean(plane)[0] for plane in (red, green, blue))
    squares = [
        cv2.norm(one, other, cv2.NORM_L2SQR) / red.size for one, other in ((red, green), (red, blue), (green, blue))
    ]
    # (R − B) + (G − B) and (R − B) − (G − B) are the diagonals of a parallelogram: 8-bit planes are all it takes.
    rg, yb = (r - g, squares[0]), ((r + g) / 2 - b, (2 * squares[1] + 2 * squares[2] - squares[0]) / 4)
    variances = [max(square - mean**2, 0.0) for mean, square in (rg, yb)]
    return {"colorfulness": math.sqrt(sum(variances)) + 0.3 * math.hypot(rg[0], yb[0])}
