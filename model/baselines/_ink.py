"""Keeps the drawing visible upon whatever lies below it."""

import numpy as np
from numpy.typing import NDArray


def under_ink(color: NDArray[np.uint8], line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture, uint8 (H, W, 3), multiplied with a drawing, uint8 (H, W), as an artist's line layer is."""
    return (color.astype(np.uint16) * line[..., None] // 255).astype(np.uint8)
