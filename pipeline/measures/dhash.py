"""The 64-bit difference hash of a picture, the same bits as ImageHash's `dhash`: a second opinion on near-duplicates.

The 8-bit grey picture is shrunk to 9×8 with a Lanczos filter. The bits say where brightness rises from one value to
the next, row by row, first bit highest.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._pillow import resized

version = 1
needs = "grey"
columns: dict[str, pa.DataType] = {"dhash": pa.binary(8)}

_SIDE = 8


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`dhash`: 8 bytes."""
    small = resized(pixels, _SIDE + 1, _SIDE)
    return {"dhash": np.packbits(small[:, 1:] > small[:, :-1]).tobytes()}
