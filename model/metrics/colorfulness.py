"""Is it as colourful as it should be? Grey, "safe" pictures are caught here.

Formula: M = sqrt(σ²rg + σ²yb) + 0.3 sqrt(μ²rg + μ²yb) with rg = R - G, yb = (R + G) / 2 - B; the error is |M - M of the
    truth|. chroma: the earth mover's distance between both pictures' histograms of CIELAB chroma.
Range and unit: M 0 (grey) to about 130, no unit; chroma 0 to about 130 ΔE*ab; lower errors are better.
Source: Hasler & Süsstrunk 2003, doi:10.1117/12.477378; the distance of one-dimensional laws is ∫|F - G|.
Use: beside a distance to the truth, which a grey picture may win.
"""

import numpy as np
from numpy.typing import NDArray

from ..lab import lab_of
from ..last_answer import remember_last
from .sample import Metric, Sample, Value

VALUES = (Value("colorfulness_error", "", "lower"), Value("colorfulness_chroma", "ΔE*ab", "lower"))
BINS = 256
MOST_CHROMA = 135.0


def colorfulness(picture: NDArray[np.uint8]) -> float:
    """Hasler and Süsstrunk's M of a picture, uint8 (H, W, 3)."""
    red, green, blue = (picture[..., channel].astype(np.float64) for channel in range(3))
    first, second = red - green, (red + green) / 2 - blue
    return float(np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean()))


def chroma_law(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distribution function of a picture's chroma: CIELAB, float64 (H, W, 3) -> float64 (256,)."""
    counts, _ = np.histogram(np.hypot(lab[..., 1], lab[..., 2]), BINS, (0, MOST_CHROMA))
    return np.asarray(np.cumsum(counts) / counts.sum(), np.float64)


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""
    of_truth = remember_last(lambda truth: (colorfulness(truth), chroma_law(lab_of(truth))))

    def measure(sample: Sample) -> dict[str, float]:
        wanted, law = of_truth(sample.truth)
        apart = np.abs(chroma_law(sample.painted_lab) - law).sum() * MOST_CHROMA / BINS
        return {"colorfulness_error": abs(colorfulness(sample.painted) - wanted), "colorfulness_chroma": float(apart)}

    return Metric(measure)
