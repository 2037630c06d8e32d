"""What every metric measures: one painted drawing beside its truth, and the values that a metric names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..weights import WeightsFile


@dataclass(frozen=True)
class Sample:
    """One painted drawing; all arrays belong to the same pixels, H and W are multiples of 4."""

    painted: NDArray[np.uint8]  # (H, W, 3)
    truth: NDArray[np.uint8]  # (H, W, 3)
    line: NDArray[np.uint8]  # (H, W), 0 ink, 255 paper
    hints: NDArray[np.float32]  # (4, H/4, W/4)


@dataclass(frozen=True)
class Value:
    """One number of a metric: its name in reports, its unit, and which way is better."""

    name: str
    unit: str
    better: Literal["higher", "lower"]


Measure: TypeAlias = Callable[[Sample], dict[str, float]]


@dataclass(frozen=True)
class Metric:
    """A metric at work, and the files it reads. A value that a sample cannot have is left out."""

    measure: Measure
    weights: tuple[WeightsFile, ...] = ()
