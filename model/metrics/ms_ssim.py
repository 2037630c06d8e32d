"""Multi-scale structural similarity.

Formula: product over five scales of the mean contrast-structure term cs^w, and at the coarsest of the mean SSIM^w, with
    w = 0.0448, 0.2856, 0.3001, 0.2363, 0.1333; each scale halves the picture by 2x2 means; the moments are those of
    `ssim`, over pixels and channels; a negative mean counts as 0.
Range and unit: 0 to 1, no unit, higher is better; 1 for equal pictures.
Source: Wang, Simoncelli & Bovik 2003, doi:10.1109/ACSSC.2003.1292216; equal to torchmetrics' multi-scale SSIM with
    data_range=255 and normalize="relu".
Use: a diagnostic, like PSNR. Pictures of at least 176 pixels a side: the coarsest scale must hold the window.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from ..similarity import WINDOW_PX, similarity_terms
from .sample import Metric, Sample, Value

VALUES = (Value("ms_ssim", "", "higher"),)
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST_PX = WINDOW_PX * 2 ** (len(WEIGHTS) - 1)


def ms_ssim(sample: Sample) -> float:
    """MS-SSIM of a painted drawing and its truth, with sides of at least 176."""
    x, y = sample.painted.astype(np.float64), sample.truth.astype(np.float64)
    product = float(max(sample.similarity[1], 0.0) ** WEIGHTS[0])
    for place, weight in enumerate(WEIGHTS[1:], start=1):
        x, y = _halved(x), _halved(y)
        whole, contrast = similarity_terms(x, y)
        product *= max(whole if place == len(WEIGHTS) - 1 else contrast, 0.0) ** weight
    return product


def _halved(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of 2x2 pixels; an odd last row or column is left out, as average pooling does."""
    height, width = (side - side % 2 for side in picture.shape[:2])
    size = (width // 2, height // 2)
    return np.asarray(cv2.resize(picture[:height, :width], size, interpolation=cv2.INTER_AREA), np.float64)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        if min(sample.line.shape) < SMALLEST_PX:
            return {}
        return {"ms_ssim": ms_ssim(sample)}

    return Metric(measure)
