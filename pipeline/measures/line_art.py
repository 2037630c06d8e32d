"""Line-art-ness in [0, 1]: is this a line drawing on light paper? From 0.5 on the answer is yes.

A morphological closing removes dark strokes narrower than its 7 pixels. What it takes away is ink; what is left and is
not paper is fill. A drawing has much ink for its fill, and its fill has no colour. Both are shares of the area, and
their ratio says the same of a small figure on a large page.
"""

import math
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.decode import Facts

from ._planes import Plane, chroma, highest, quantile, share_above, split

version = 2
needs = "reduced"
columns: dict[str, pa.DataType] = {"line_art": pa.float32()}

_STROKE_PX = 7  # at a long side of 512: wider dark areas are fill
_FILL = 24  # of 255: the difference to paper in any channel that makes a pixel fill
_INK = 30  # of 255: what closing has to lighten
_COLORED = 20  # of 255: chroma beyond tinted paper and JPEG
_LEAST_INK = 0.01  # of the area: below, there is hardly a drawing
_DARKEST_PAPER = 128

# Logistic regression on 555 pictures of the project's test corpus, 98 of them line art, both kinds weighing the same.
_BIAS, _RATIO, _COLOR, _AREA = -1.01, -2.70, -1.06, -5.40


def measure(pixels: NDArray[np.uint8], facts: Facts) -> dict[str, Any]:
    """`line_art`: the logistic of fill to ink, coloured fill and fill, shares of the area; 0 without ink or paper."""
    shares = ink_and_fill(pixels)
    if shares is None:
        return {"line_art": 0.0}
    ink, fill, colored = shares
    evidence = _BIAS + _RATIO * math.log((fill + 0.01) / (ink + 0.01)) + _COLOR * math.log(colored + 0.01)
    return {"line_art": min(1.0, ink / _LEAST_INK) / (1 + math.exp(-evidence - _AREA * fill))}


def ink_and_fill(pixels: NDArray[np.uint8]) -> tuple[float, float, float] | None:
    """The shares of the area that are ink, fill and coloured, of uint8 (H, W, 3); None without light paper."""
    stroke = np.ones((_STROKE_PX, _STROKE_PX), np.uint8)
    closed = np.asarray(cv2.morphologyEx(pixels, cv2.MORPH_CLOSE, stroke), np.uint8)
    planes = split(closed)
    paper = [quantile(plane, 0.5) for plane in planes]
    if min(paper) < _DARKEST_PAPER:
        return None
    fill = share_above(highest([_distance(*pair) for pair in zip(planes, paper, strict=True)]), _FILL)
    ink = share_above(np.asarray(cv2.subtract(_grey(closed), _grey(pixels)), np.uint8), _INK)
    return ink, fill, share_above(chroma(planes), _COLORED)


def _distance(plane: Plane, value: int) -> Plane:
    return np.asarray(cv2.absdiff(plane, float(value)), np.uint8)  # type: ignore[call-overload]


def _grey(pixels: NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
