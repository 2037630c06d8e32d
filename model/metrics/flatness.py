"""Is an area one colour? How much colour varies within the closed areas of the drawing.

Formula: in every closed area of at least 64 pixels without its 2-pixel rim, the root mean square distance of CIELAB
    colours to the area's own mean; their mean, weighted by area. A painter is compared with the truth: excess is what
    it has beyond the truth's own variation (shading), at least 0.
Range and unit: 0 to about 100 ΔE*ab, lower is better.
Source: flat filling of trapped-ball areas (Zhang et al. 2009, doi:10.1109/TVCG.2009.9); finds bleed and checkerboards.
Use: pictures whose drawing closes no area have no value. A flat truth is not the only good one: read the excess.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.morphology import disk, erosion

from ..lab import lab_of
from ..last_answer import remember_last
from ..regions import closed_areas
from .sample import Metric, Sample, Value

VALUES = (Value("flatness_rms", "ΔE*ab", "lower"), Value("flatness_excess", "ΔE*ab", "lower"))
LEAST_PX = 64
RIM = disk(2)  # type: ignore[no-untyped-call]


def inner_areas(line: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Labels of large closed areas without their rims, int32 (H, W); all else is 0."""
    areas = closed_areas(line)
    inner = np.where(erosion(areas > 0, RIM), areas, 0)
    large = np.bincount(inner.ravel()) >= LEAST_PX
    large[0] = False
    return np.where(large[inner], inner, 0).astype(np.int32)


def variation(picture: NDArray[np.float64], areas: NDArray[np.int32]) -> float:
    """The area-weighted root mean square distance of colours, CIELAB float64 (H, W, 3), to the mean of their area."""
    chosen = areas > 0
    label, lab = areas[chosen], picture[chosen]
    count = np.bincount(label)
    there = count > 0
    squares = sum(
        np.bincount(label, lab[:, channel] ** 2)[there] / count[there]
        - (np.bincount(label, lab[:, channel])[there] / count[there]) ** 2
        for channel in range(3)
    )
    return float(np.average(np.sqrt(np.maximum(squares, 0)), weights=count[there]))


def prepare(device: str) -> Metric:
    """The metric at work; it needs no weights."""
    areas_of, truth_lab = remember_last(inner_areas), remember_last(lab_of)

    def measure(sample: Sample) -> dict[str, float]:
        areas = areas_of(sample.line)
        if not areas.any():
            return {}
        painted, truth = variation(sample.painted_lab, areas), variation(truth_lab(sample.truth), areas)
        return {"flatness_rms": painted, "flatness_excess": max(painted - truth, 0.0)}

    return Metric(measure)
