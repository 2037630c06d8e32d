"""Are the drawing's lines the painting's lines? Ink of the drawing against lines extracted from the painting.

Formula: XDoG (σ 0.8, hard) draws the painting's lines; precision is the share of them within 2 pixels of the drawing's
    ink (< 128), recall the share of that ink within 2 pixels of them, F1 their harmonic mean. chamfer: mean distance
    from the ink of either to the nearest ink of the other, at most 32 pixels, averaged over both ways.
Range and unit: F1 0 to 1, higher is better; chamfer 0 to 32 px, lower is better.
Source: boundary F-measure (Martin et al. 2004, doi:10.1109/TPAMI.2004.1273918) with distance transforms.
Use: drawings without ink have no value. Edges of shading that are no lines cost precision.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from lcpipe.extractors import xdog
from lcpipe.pipeline.dataset.draws import generator

from .sample import Metric, Sample, Value

VALUES = (Value("line_f1", "", "higher"), Value("line_f1_chamfer", "px", "lower"))
INK = 128
NEAR_PX = 2.0
FAR_PX = 32.0
LINES = xdog.Settings(sigma=0.8, phi=1e9)


def agreement(drawn: NDArray[np.bool_], found: NDArray[np.bool_]) -> tuple[float, float]:
    """(F1 within 2 px, symmetric chamfer distance in px) of two sets of ink, bool (H, W); (0, 32) when one is empty."""
    if not drawn.any() or not found.any():
        return 0.0, FAR_PX
    to_drawn, to_found = (
        np.minimum(cv2.distanceTransform((~ink).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), FAR_PX)
        for ink in (drawn, found)
    )
    precision, recall = float((to_drawn[found] <= NEAR_PX).mean()), float((to_found[drawn] <= NEAR_PX).mean())
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f1, float((to_drawn[found].mean() + to_found[drawn].mean()) / 2)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""
    draw = xdog.prepare(LINES)

    def measure(sample: Sample) -> dict[str, float]:
        drawn = sample.line < INK
        if not drawn.any():
            return {}
        (lines,) = draw([sample.painted], [generator(0, "line_f1", "evaluation")])
        f1, chamfer = agreement(drawn, lines < INK)
        return {"line_f1": f1, "line_f1_chamfer": chamfer}

    return Metric(measure, needs_truth=False)
