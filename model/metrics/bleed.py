"""Does a hint stay where it belongs? What changes outside its closed area when it is taken away.

Formula: the hints of one closed area of the drawing (that of the middle hinted cell) are removed and it is painted
    again; the mean CIEDE2000 between both pictures is taken inside and outside the area, without ink.
    outside: that mean outside; share: outside / (inside + outside).
Range and unit: 0 to about 100 ΔE2000; the share 0 to 1, 0.5 for a change that is the same everywhere. Lower is better.
Source: locality as in studies of scribble propagation (Levin et al. 2004, doi:10.1145/1015706.1015780).
Use: pictures without a hint, or whose hint lies in an area that is nearly all of the drawing, have no value.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from ..hint_shapes import INK_BELOW
from ..hints import HINT_SCALE
from ..lab import lab_of
from ..regions import closed_areas
from .sample import Metric, Sample, Value

VALUES = (Value("bleed_outside", "ΔE2000", "lower"), Value("bleed_share", "share", "lower"))
WHOLE = 0.9  # an area of more than this share of the drawing has no outside to speak of
STILL = 1e-3  # ΔE2000: a picture that does not change at all has no share


def middle_area(sample: Sample) -> NDArray[np.bool_] | None:
    """The closed area of the middle hinted cell, bool (H, W); None without one that has an outside."""
    areas = closed_areas(sample.line)
    rows, columns = np.nonzero(sample.hints[3])
    center = HINT_SCALE // 2
    at = areas[
        np.minimum(rows * HINT_SCALE + center, areas.shape[0] - 1),
        np.minimum(columns * HINT_SCALE + center, areas.shape[1] - 1),
    ]
    for label in np.roll(at, -(len(at) // 2)):
        area: NDArray[np.bool_] = areas == label
        if label > 0 and area.mean() <= WHOLE:
            return area
    return None


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        area = None if sample.repaint is None or not sample.hints[3].any() else middle_area(sample)
        if area is None or sample.repaint is None:
            return {}
        height, width = sample.hints.shape[1:]
        inside = np.zeros((height * HINT_SCALE, width * HINT_SCALE), bool)
        inside[: area.shape[0], : area.shape[1]] = area
        cells = inside.reshape(height, HINT_SCALE, width, HINT_SCALE).any(axis=(1, 3))
        without = sample.repaint(np.where(cells, np.float32(0), sample.hints).astype(np.float32))
        change = deltaE_ciede2000(sample.painted_lab, lab_of(without))  # type: ignore[no-untyped-call]
        paper = sample.line >= INK_BELOW
        within, beyond = float(change[area & paper].mean()), float(change[~area & paper].mean())
        values = {"bleed_outside": beyond}
        return values | ({"bleed_share": beyond / (within + beyond)} if within + beyond > STILL else {})

    return Metric(measure, needs_truth=False)
