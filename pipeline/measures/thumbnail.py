"""A 32×32 colour thumbnail, which confirms near-duplicates that a hash proposes."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
needs = "squeezed"

SIDE_PX = 32

columns: dict[str, pa.DataType] = {"thumbnail": pa.binary(SIDE_PX * SIDE_PX * 3)}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`thumbnail`: the picture squeezed into a square by area means, uint8 (32, 32, 3) sRGB in row order."""
    return {"thumbnail": pixels.tobytes()}
