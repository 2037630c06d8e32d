"""The closed areas of a line drawing: what a person would fill with one colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .hint_shapes import INK_BELOW


def closed_areas(line: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Labels of the areas between the lines of a drawing, uint8 (H, W) -> int32 (H, W); ink 0, areas from 1."""
    paper = (line >= INK_BELOW).astype(np.uint8)
    return np.asarray(cv2.connectedComponents(paper, connectivity=4, ltype=cv2.CV_32S)[1], np.int32)
