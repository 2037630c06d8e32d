"""How grey a picture is: 1 for pure grey, near 0 where a part of it is strongly coloured."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import chroma, quantile

version = 2
needs = "planes"
columns: dict[str, pa.DataType] = {"grayness": pa.float32()}

_COLORED_SHARE = 0.02  # of the area: a small figure on white paper is colour, a stamp on a page is not


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`grayness` = 1 − C/255, C the chroma max(R, G, B) − min(R, G, B) that 2 % of the pixels exceed."""
    return {"grayness": 1 - quantile(chroma(pixels), 1 - _COLORED_SHARE) / 255}
