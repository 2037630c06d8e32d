"""What every metric measures: a painted drawing beside its truth, or two sets of pictures; the values it names."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..lab import lab_of
from ..similarity import similarity_terms
from ..weights import WeightsFile

Repaint: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.uint8]]


@dataclass(frozen=True)
class Sample:
    """One painted drawing; all arrays belong to the same pixels, H and W are multiples of 4."""

    painted: NDArray[np.uint8]  # (H, W, 3)
    truth: NDArray[np.uint8]  # (H, W, 3); (0, 0, 3) where there is none
    line: NDArray[np.uint8]  # (H, W), 0 ink, 255 paper
    hints: NDArray[np.float32]  # (4, H/4, W/4)
    repaint: Repaint | None = None  # the same drawing by other hints, where whoever painted it is still at hand

    @cached_property
    def similarity(self) -> tuple[float, float]:
        """(SSIM, its contrast-structure factor) at full size: two metrics ask for them."""
        return similarity_terms(self.painted.astype(np.float64), self.truth.astype(np.float64))

    @cached_property
    def painted_lab(self) -> NDArray[np.float64]:
        """The painted picture in CIELAB, float64 (H, W, 3): as many as three metrics ask for it."""
        return lab_of(self.painted)


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
    needs_truth: bool = True


@dataclass(frozen=True)
class Spread:
    """A number of two sets of pictures, and the ends of its bootstrap interval."""

    value: float
    low: float
    high: float


Features: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
Between: TypeAlias = Callable[[NDArray[np.float32], NDArray[np.float32], np.random.Generator, float], Spread]


@dataclass(frozen=True)
class SetMetric:
    """A metric of two sets: `features` of a picture, uint8 (H, W, 3) -> float32 (d,), and a number `between` two sets.

    `between(x, y, rng, level)` takes features (n, d) and (m, d), n and m at least `least`; `note` says what a reader
    must know about a small n.
    """

    features: Features
    between: Between
    values: tuple[Value, ...]
    weights: tuple[WeightsFile, ...]
    least: int
    note: Callable[[int], str]
