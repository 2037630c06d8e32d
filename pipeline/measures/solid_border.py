"""How much margin of one plain colour a picture has on each side, whatever colour: frames, cut-outs, screenshots."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._margins import margins

version = 2
needs = "reduced"
columns: dict[str, pa.DataType] = {
    "solid_border_top": pa.float32(),
    "solid_border_bottom": pa.float32(),
    "solid_border_left": pa.float32(),
    "solid_border_right": pa.float32(),
    "solid_border": pa.float32(),  # the largest of the four
}


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """Shares of the height (top, bottom) and of the width (left, right) in which every line is of the side's colour."""
    shares = [margin.share for margin in margins(pixels)]
    return dict(zip(columns, (*shares, max(shares)), strict=True))
