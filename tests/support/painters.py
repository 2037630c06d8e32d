"""A drawing with its truth, and painters that are good or bad in one known way, for tests of metrics."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lcpipe.model.baselines.flat_fill import FlatFill
from lcpipe.model.hint_points import sampled_points
from lcpipe.model.hints import hint_map
from lcpipe.model.metrics.sample import Sample

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]


def scene(height: int = 192, width: int = 208, seed: int = 0) -> tuple[UInt8, UInt8]:
    """(line, color): a box, a disc and a triangle upon a ground, each of one colour, with black outlines."""
    rng = np.random.default_rng(seed)
    line = np.full((height, width), 255, np.uint8)
    color = np.empty((height, width, 3), np.uint8)
    color[:] = rng.integers(60, 250, 3)
    box, disc, triangle = ([int(part) for part in rng.integers(40, 250, 3)] for _ in range(3))
    corners = np.array([[20, height - 20], [90, height - 20], [55, height - 80]])
    cv2.rectangle(color, (20, 20), (90, 90), box, -1)
    cv2.circle(color, (150, 100), 40, disc, -1)
    cv2.fillPoly(color, [corners], triangle)
    for canvas, ink in ((line, 0), (color, (0, 0, 0))):
        cv2.rectangle(canvas, (20, 20), (90, 90), ink, 2)
        cv2.circle(canvas, (150, 100), 40, ink, 2)
        cv2.polylines(canvas, [corners], True, ink, 2)
    return line, color


def hints_of(line: UInt8, color: UInt8, count: int = 64) -> Float32:
    """Points of the truth's colours."""
    return hint_map(sampled_points(np.random.default_rng(1), color, line, count, 8), *line.shape)


class Copy:
    """Knows the truth, whatever it is told."""

    def __init__(self, color: UInt8) -> None:
        self.color = color

    def paint(self, line: UInt8, hints: Float32) -> UInt8:
        return self.color


class Deaf:
    """Paints by the drawing alone: every area the colour of another seed."""

    def paint(self, line: UInt8, hints: Float32) -> UInt8:
        return scene(*line.shape, seed=7)[1]


class Grey:
    """Fills as it is told, without any colour."""

    def paint(self, line: UInt8, hints: Float32) -> UInt8:
        return np.dstack([cv2.cvtColor(FlatFill().paint(line, hints), cv2.COLOR_RGB2GRAY)] * 3)


class Eraser:
    """Fills as it is told, and loses the lines."""

    def paint(self, line: UInt8, hints: Float32) -> UInt8:
        return np.asarray(cv2.medianBlur(cv2.dilate(FlatFill().paint(line, hints), np.ones((7, 7), np.uint8)), 5))


class Smear:
    """The mean of all hints everywhere, with noise: bad in every way."""

    def paint(self, line: UInt8, hints: Float32) -> UInt8:
        given = hints[:3, hints[3] > 0]
        mean = (given.mean(1) + 1) * 63.75 if given.size else np.zeros(3)
        noise = np.random.default_rng(0).integers(-60, 61, (*line.shape, 3)) + mean
        return np.asarray(noise.clip(0, 255), np.uint8)


def sample_of(painter: "FlatFill | Copy | Deaf | Grey | Eraser | Smear", line: UInt8, color: UInt8) -> Sample:
    """What a painter makes of a drawing with hints, ready to be measured."""
    hints = hints_of(line, color)
    return Sample(painter.paint(line, hints), color, line, hints, lambda other: painter.paint(line, other))
