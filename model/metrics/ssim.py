"""Structural similarity.

Formula: mean over pixels and channels of
    (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)),  C1 = (0.01·255)², C2 = (0.03·255)²,
    local moments under a Gaussian of σ 1.5 in a window of 11, without the 5 pixels at the border where it leaves.
Range and unit: -1 to 1, no unit, higher is better; 1 for equal pictures.
Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861; equal to scikit-image's structural_similarity with
    gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=2.
Use: a diagnostic, like PSNR.
"""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from .sample import Metric, Sample, Value

VALUES = (Value("ssim", "", "higher"),)
WINDOW_PX = 11
SIGMA_PX = 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Float: TypeAlias = NDArray[np.float64]


def ssim(painted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """SSIM of two pictures, uint8 (H, W, 3) with sides of at least 11."""
    return similarity_terms(painted.astype(np.float64), truth.astype(np.float64))[0]


def similarity_terms(x: Float, y: Float) -> tuple[float, float]:
    """(mean SSIM, mean of its contrast-structure factor) of two pictures, float64 (H, W, 3) in [0, 255]."""
    mean_x, mean_y = _local_mean(x), _local_mean(y)
    var_x, var_y = _local_mean(x * x) - mean_x**2, _local_mean(y * y) - mean_y**2
    covariance = _local_mean(x * y) - mean_x * mean_y
    contrast = (2 * covariance + C2) / (var_x + var_y + C2)
    whole = contrast * (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    inner = slice(WINDOW_PX // 2, -(WINDOW_PX // 2))
    return float(whole[inner, inner].mean()), float(contrast[inner, inner].mean())


def _local_mean(values: Float) -> Float:
    return np.asarray(cv2.GaussianBlur(values, (WINDOW_PX, WINDOW_PX), SIGMA_PX), np.float64)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        return {"ssim": ssim(sample.painted, sample.truth)}

    return Metric(measure)
