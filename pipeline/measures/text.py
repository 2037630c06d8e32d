"""How much of a picture is lettering: pages of text, speech, watermarks and captions."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 2
needs = "reduced_grey"
columns: dict[str, pa.DataType] = {"text_share": pa.float32()}

_GLYPH_PX = (4, 40)  # height, at a long side of 512
_WIDEST = 2.5  # a glyph's width in heights
_FILLED = (0.12, 0.85)  # of its box that is ink
_NEIGHBORS = 4  # of its like near a letter on its line: fewer are hatching, eyes, folds
_LEVEL, _ALIKE, _REACH = 0.3, 1.6, 4.0  # in heights: how far off the line, how much taller, how far away
_BLOCK = 256  # glyphs compared with their neighbours at a time
_LABELS = 1 << 16
_WINDOW_PX, _CONTRAST = 25, 14  # ink differs from its neighbourhood by so many of 255


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`text_share`: the share of the area under marks of one height that stand in rows of five or more."""
    ground = cv2.blur(pixels, (_WINDOW_PX, _WINDOW_PX))
    marks = (cv2.subtract(ground, pixels), cv2.subtract(pixels, ground))
    return {"text_share": max(_rows_of_glyphs(np.asarray(mark, np.uint8)) for mark in marks)}


def _rows_of_glyphs(mark: NDArray[np.uint8]) -> float:
    """The share of the area that rows of glyphs cover, given how far each pixel stands out; uint8 (H, W)."""
    _, ink = cv2.threshold(mark, _CONTRAST, 255, cv2.THRESH_BINARY)
    # Labels of 16 bits take half the time, where there are enough of them for every pixel of ink.
    labels = cv2.CV_16U if cv2.countNonZero(ink) < _LABELS else cv2.CV_32S
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=labels)
    x, y, width, height, area = boxes[1:].T
    fits = (height >= _GLYPH_PX[0]) & (height <= _GLYPH_PX[1]) & (width <= _WIDEST * height)
    filled = area / np.maximum(width * height, 1)
    fits &= (filled >= _FILLED[0]) & (filled <= _FILLED[1])
    glyphs = boxes[1:][fits][:, :4].astype(np.float64)
    glyphs = glyphs[np.argsort(glyphs[:, 1] + glyphs[:, 3] / 2, kind="stable")]
    lettered = glyphs[_in_rows(glyphs)]
    return min(1.0, float((lettered[:, 2] * lettered[:, 3]).sum()) / mark.size)


def _in_rows(glyphs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the glyphs (x, y, width, height), ordered by their middles, have four like them near on their line."""
    middle, tall = glyphs[:, 1] + glyphs[:, 3] / 2, glyphs[:, 3]
    center = glyphs[:, 0] + glyphs[:, 2] / 2
    found = np.zeros(len(glyphs), bool)
    for top in range(0, len(glyphs), _BLOCK):
        own = slice(top, top + _BLOCK)
        lower, upper = middle[own][0] - _GLYPH_PX[1], middle[own][-1] + _GLYPH_PX[1]
        near = slice(*np.searchsorted(middle, (lower, upper)))
        height = tall[own][:, None]
        alike = np.abs(middle[near] - middle[own][:, None]) <= _LEVEL * height
        alike &= (tall[near] >= height / _ALIKE) & (tall[near] <= height * _ALIKE)
        alike &= np.abs(center[near] - center[own][:, None]) <= _REACH * height
        found[own] = alike.sum(axis=1) > _NEIGHBORS  # itself among them
    return found
