"""Peak signal-to-noise ratio.

Formula: 10 log10(255² / MSE), MSE over all pixels and channels of 8-bit sRGB.
Range and unit: 0 to 100 dB, higher is better; equal pictures have no finite value and are given 100.
Source: the textbook definition, as torchmetrics' PeakSignalNoiseRatio(data_range=255).
Use: a diagnostic. One drawing has many valid colourings, so it says something only where hints are dense.
"""

import math

import numpy as np

from .sample import Metric, Sample, Value

VALUES = (Value("psnr", "dB", "higher"),)
EQUAL_DB = 100.0


def psnr(painted: np.ndarray, truth: np.ndarray) -> float:
    """PSNR of two pictures, uint8 of the same shape, in dB."""
    error = float(np.mean((painted.astype(np.float64) - truth) ** 2))
    return EQUAL_DB if error == 0 else min(10 * math.log10(255**2 / error), EQUAL_DB)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""

    def measure(sample: Sample) -> dict[str, float]:
        return {"psnr": psnr(sample.painted, sample.truth)}

    return Metric(measure)
