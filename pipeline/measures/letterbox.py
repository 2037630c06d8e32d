"""How much of a picture is black bars above and below it or at both of its sides, as in frames of a film."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._margins import Margin, margins

version = 2
needs = "reduced"
columns: dict[str, pa.DataType] = {"letterbox": pa.float32()}

_DARK = 40  # of 255: bars are black, or nearly
_ALIKE = 0.6  # the narrower bar is at least this share of the wider one


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`letterbox`: the share of the height or width that two opposite dark bars take; 1 for a black picture."""
    top, bottom, left, right = margins(pixels)
    return {"letterbox": min(1.0, max(_bars(top, bottom), _bars(left, right)))}


def _bars(one: Margin, other: Margin) -> float:
    narrow, wide = sorted((one.share, other.share))
    dark = max(*one.color, *other.color) <= _DARK
    return narrow + wide if dark and narrow >= _ALIKE * wide else 0.0
