"""Metrics of two sets of pictures within an evaluation: features are collected while painting, distances taken once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lcpipe.pipeline.dataset.draws import generator

from .hint_shapes import UInt8
from .metrics.sample import SetMetric
from .protocols import Level, Protocol

DIGITS = 6
TRUTH = "truth"
Vectors: TypeAlias = list[NDArray[np.float32]]


@dataclass(frozen=True)
class Collected:
    """Features by (metric, level), and by (metric, "truth") of what the painted pictures are compared with."""

    metrics: Mapping[str, SetMetric]
    features: dict[tuple[str, str], Vectors] = field(default_factory=dict)

    def add(self, level: str, picture: UInt8) -> None:
        """Looks at a painted picture of a level, or at a true one."""
        for name, metric in self.metrics.items():
            self.features.setdefault((name, level), []).append(metric.features(picture))

    def add_truths(self, pictures: Iterable[UInt8]) -> None:
        """Looks at true pictures; none at all where no metric asks for them."""
        for picture in pictures if self.metrics else ():
            self.add(TRUTH, picture)

    def means(self, level: Level, protocol: Protocol, column: str) -> dict[str, dict[str, Any]]:
        """The distances of a level's pictures to the true ones, by value name; left out where there are too few."""
        return {
            metric.values[0].name: self._distance(name, metric, level, protocol, column)
            for name, metric in self.metrics.items()
            if self.enough(name, metric, str(level))
        }

    def enough(self, name: str, metric: SetMetric, level: str) -> bool:
        """True when both sets have the pictures that a metric needs."""
        return min(len(self.features.get((name, which), ())) for which in (level, TRUTH)) >= metric.least

    def _distance(self, name: str, metric: SetMetric, level: Level, protocol: Protocol, column: str) -> dict[str, Any]:
        painted, truth = (np.stack(self.features[name, which]) for which in (str(level), TRUTH))
        rng = generator(protocol.seed, f"{column} {level} {name}", "bootstrap")
        spread = metric.between(painted, truth, rng, protocol.bootstrap.level)
        numbers = {"mean": spread.value, "low": spread.low, "high": spread.high}
        return {"n": len(painted), **{key: round(number, DIGITS) for key, number in numbers.items()}}

    def notes(self, levels: Iterable[Level]) -> list[str]:
        """What a reader must know about these numbers, each said once."""
        said: dict[str, None] = {}
        for name, metric in self.metrics.items():
            for level in levels:
                n = len(self.features.get((name, str(level)), ()))
                few = "" if self.enough(name, metric, str(level)) else f"{name} needs {metric.least} pictures, not {n}"
                said[few or metric.note(n)] = None
        return [note for note in said if note]
