"""Does the picture have the colours that were asked for? The colour difference at the hints.

Formula: CIEDE2000 between the painted pixel and its cell's hint colour, over the pixels of hinted cells less one pixel
    at the edge of the hinted area, without ink (line < 192); their mean, 95th percentile, and share below 5.
Range and unit: 0 to about 100 ΔE2000 (just noticeable ≈ 2.3), lower is better; the share 0 to 1, higher is better.
Source: CIE 142-2001 as Sharma et al. 2005, doi:10.1002/col.20070 (scikit-image's deltaE_ciede2000); sRGB, D65.
Use: pictures without a hint have no value. The colours of a hint must come from the unshifted original.
"""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from ..hint_shapes import INK_BELOW
from ..hints import HINT_SCALE
from ..lab import lab_of
from .sample import Metric, Sample, Value

VALUES = (
    Value("hint_delta_e_mean", "ΔE2000", "lower"),
    Value("hint_delta_e_p95", "ΔE2000", "lower"),
    Value("hint_delta_e_below_5", "share", "higher"),
)
CLOSE = 5.0

UInt8: TypeAlias = NDArray[np.uint8]


def hint_differences(painted: UInt8, line: UInt8, hints: NDArray[np.float32]) -> NDArray[np.float64]:
    """CIEDE2000 at every pixel that a hint speaks of, float64 (n,): empty when there is none."""
    height, width = line.shape
    cells = hints.transpose(1, 2, 0).repeat(HINT_SCALE, axis=0).repeat(HINT_SCALE, axis=1)[:height, :width]
    inside = cv2.erode(cells[..., 3], np.ones((3, 3), np.uint8)) > 0
    chosen = inside & (line >= INK_BELOW)
    if not chosen.any():
        return np.zeros(0)
    asked = np.clip((cells[chosen, :3].astype(np.float64) + 1) / 2, 0, 1)
    difference = deltaE_ciede2000(rgb2lab(asked), lab_of(painted[chosen]))  # type: ignore[no-untyped-call]
    return np.asarray(difference, np.float64)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        difference = hint_differences(sample.painted, sample.line, sample.hints)
        if not difference.size:
            return {}
        return {
            "hint_delta_e_mean": float(difference.mean()),
            "hint_delta_e_p95": float(np.percentile(difference, 95)),
            "hint_delta_e_below_5": float((difference < CLOSE).mean()),
        }

    return Metric(measure, needs_truth=False)
