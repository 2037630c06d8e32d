"""How much of a picture is lettering: pages of text, speech, watermarks and captions."""

from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

version = 1
needs = "reduced"
columns: dict[str, pa.DataType] = {"text_share": pa.float32()}

_GLYPH_PX = (4, 40)  # height, at a long side of 512
_WIDEST = 2.5  # a glyph's width in heights
_FILLED = (0.12, 0.85)  # of its box that is ink
_NEIGHBORS = 5  # glyphs in a row, at least: fewer are hatching, eyes, folds
_WINDOW_PX, _CONTRAST = 25, 14  # ink differs from its neighbourhood by so many of 255


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`text_share`: the share of the area under rows of at least five marks of one height, dark or light."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    ground = cv2.blur(grey, (_WINDOW_PX, _WINDOW_PX))
    marks = (cv2.subtract(ground, grey), cv2.subtract(grey, ground))
    return {"text_share": max(_rows_of_glyphs(np.asarray(mark, np.uint8)) for mark in marks)}


def _rows_of_glyphs(mark: NDArray[np.uint8]) -> float:
    """The share of the area that rows of glyphs cover, given how far each pixel stands out; uint8 (H, W)."""
    _, ink = cv2.threshold(mark, _CONTRAST, 255, cv2.THRESH_BINARY)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    x, y, width, height, area = boxes[1:].T
    fits = (height >= _GLYPH_PX[0]) & (height <= _GLYPH_PX[1]) & (width <= _WIDEST * height)
    filled = area / np.maximum(width * height, 1)
    fits &= (filled >= _FILLED[0]) & (filled <= _FILLED[1])
    glyphs = np.stack([x, y, width, height], axis=1)[fits]
    covered = 0
    for row in _rows(glyphs[np.lexsort((glyphs[:, 0], glyphs[:, 1] + glyphs[:, 3] // 2))]):
        covered += int((row[:, 2] * row[:, 3]).sum())
    return min(1.0, covered / mark.size)


def _rows(glyphs: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Runs of glyphs (x, y, width, height) of about one height on one line, with no gap wider than two heights."""
    found = []
    used = np.zeros(len(glyphs), bool)
    middle = glyphs[:, 1] + glyphs[:, 3] / 2
    for first in range(len(glyphs)):
        if used[first]:
            continue
        tall = glyphs[first, 3]
        level = (np.abs(middle - middle[first]) <= 0.35 * tall) & ~used
        alike = level & (glyphs[:, 3] >= 0.6 * tall) & (glyphs[:, 3] <= 1.7 * tall)
        row = np.flatnonzero(alike)
        row = row[np.argsort(glyphs[row, 0], kind="stable")]
        used[row] = True
        gaps = glyphs[row[1:], 0] - glyphs[row[:-1], 0] - glyphs[row[:-1], 2]
        for run in np.split(row, np.flatnonzero(gaps > 2 * tall) + 1):
            found += [glyphs[run]] if len(run) >= _NEIGHBORS else []
    return found
