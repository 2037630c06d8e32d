"""What SSIM and its form over many scales have in common: the terms of one scale."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW_PX = 11
SIGMA_PX = 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Float: TypeAlias = NDArray[np.float64]


def similarity_terms(x: Float, y: Float) -> tuple[float, float]:
    """(mean SSIM, mean of its contrast-structure factor) of two pictures, float64 (H, W, 3) in [0, 255].

    Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861, eq. 13 and, without the first factor, eq. 9 and 10.
    """
    mean_x, mean_y = _local_mean(x), _local_mean(y)
    var_x, var_y = _local_mean(x * x) - mean_x**2, _local_mean(y * y) - mean_y**2
    covariance = _local_mean(x * y) - mean_x * mean_y
    contrast = (2 * covariance + C2) / (var_x + var_y + C2)
    whole = contrast * (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    inner = slice(WINDOW_PX // 2, -(WINDOW_PX // 2))
    return float(whole[inner, inner].mean()), float(contrast[inner, inner].mean())


def _local_mean(values: Float) -> Float:
    return np.asarray(cv2.GaussianBlur(values, (WINDOW_PX, WINDOW_PX), SIGMA_PX), np.float64)
