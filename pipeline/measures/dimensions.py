"""How large a picture is, and what its file says about it."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 1
needs = "reduced"
columns: dict[str, pa.DataType] = {
    "width": pa.int32(),  # of the upright picture, as `height`
    "height": pa.int32(),
    "short_side": pa.int32(),
    "format": pa.string(),
    "mode": pa.string(),
    "bits": pa.int32(),  # per channel
    "frames": pa.int32(),
    "alpha_share": pa.float32(),  # of the area that is not opaque
    "has_icc": pa.bool_(),
}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """The facts of the decoder as columns; the pixels, which may be reduced, are not looked at."""
    return {
        "width": facts.width,
        "height": facts.height,
        "short_side": min(facts.width, facts.height),
        "format": facts.format,
        "mode": facts.mode,
        "bits": facts.bits,
        "frames": facts.frames,
        "alpha_share": facts.alpha_share,
        "has_icc": facts.has_icc,
    }
