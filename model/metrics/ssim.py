"""Structural similarity.

Formula: mean over pixels and channels of
    (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)),  C1 = (0.01·255)², C2 = (0.03·255)²,
    local moments under a Gaussian of σ 1.5 in a window of 11, without the 5 pixels at the border where it leaves.
Range and unit: -1 to 1, no unit, higher is better; 1 for equal pictures.
Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861; equal to scikit-image's structural_similarity with
    gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=2.
Use: a diagnostic, like PSNR.
"""

import numpy as np
from numpy.typing import NDArray

from ..similarity import similarity_terms
from .sample import Metric, Sample, Value

VALUES = (Value("ssim", "", "higher"),)


def ssim(painted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """SSIM of two pictures, uint8 (H, W, 3) with sides of at least 11."""
    return similarity_terms(painted.astype(np.float64), truth.astype(np.float64))[0]


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        return {"ssim": sample.similarity[0]}

    return Metric(measure)
