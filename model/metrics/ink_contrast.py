"""Are the lines still there? How much darker the painting is on the drawing's ink than beside it.

Formula: mean Rec.601 luma of the painting on a ring of 3 pixels around the ink, less that on the ink (line < 128), as a
    share of the same difference in the drawing itself.
Range and unit: about 0 (no lines left) to 1 (as strong as drawn), may be beyond; no unit, higher is better.
Source: Michelson-like contrast along given edges; the drawing is its own reference.
Use: drawings without ink have no value. A painter that turns all black loses its lines, too: there is no contrast.
"""

import cv2
import numpy as np

from .sample import Metric, Sample, Value

VALUES = (Value("ink_contrast", "share", "higher"),)
INK = 128
RING_PX = 3


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        ink = (sample.line < INK).astype(np.uint8)
        around = cv2.dilate(ink, np.ones((2 * RING_PX + 1, 2 * RING_PX + 1), np.uint8)) - ink
        if not ink.any() or not around.any():
            return {}
        luma = cv2.cvtColor(sample.painted, cv2.COLOR_RGB2GRAY).astype(np.float64)
        drawn = sample.line[around > 0].mean() - sample.line[ink > 0].mean()
        return {"ink_contrast": float((luma[around > 0].mean() - luma[ink > 0].mean()) / drawn)} if drawn > 0 else {}

    return Metric(measure, needs_truth=False)
