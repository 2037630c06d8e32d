"""Curves: points in, more points out. A path is a list of open curves that meet at its corners."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Path = Sequence[ArrayLike]

_STEPS = 9  # samples between two points: the chords of a lock of hair are then some pixels long


def curve(points: ArrayLike, closed: bool = False) -> Points:
    """A Catmull-Rom curve through the points, float64 (n, 2)."""
    knots = np.asarray(points, np.float64)
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        knots = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = (np.arange(_STEPS) / _STEPS)[:, None, None]
    a, b, c, d = knots[:-3], knots[1:-2], knots[2:-1], knots[3:]
    inner = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([inner.transpose(1, 0, 2).reshape(-1, 2), knots[-2:-1]])


def sampled(path: Path) -> list[Points]:
    """Each curve of the path, sampled."""
    return [curve(points) for points in path]


def joined(path: Path) -> Points:
    """The polygon that a path encloses, float64 (n, 2)."""
    return np.concatenate(sampled(path))


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0.0, stop: float = 360.0) -> Points:
    """Points of an arc, in degrees from the right, clockwise on a picture."""
    angles = np.radians(np.linspace(start, stop, max(9, int(abs(stop - start) / 9))))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)


def mirrored(points: ArrayLike) -> Points:
    """The same points on the other side of the middle, in reversed order."""
    return np.asarray(points, np.float64)[::-1] * (-1.0, 1.0)


def stroke_outline(points: Points, widths: NDArray[np.float64]) -> Points:
    """The polygon of a stroke with a width at each of its points."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    offset = np.stack([-along[:, 1], along[:, 0]], axis=1) * widths[:, None] / 2
    return np.concatenate([points + offset, (points - offset)[::-1]])


def taper(count: int, start: float, end: float) -> NDArray[np.float64]:
    """A profile of widths, 1 in the middle and `start` and `end` at the ends."""
    t = np.linspace(0.0, 1.0, count)
    rise = np.sin(np.pi * np.clip(t, 0, 0.5)) ** 0.8
    fall = np.sin(np.pi * np.clip(1 - t, 0, 0.5)) ** 0.8
    return (start + (1 - start) * rise) * (end + (1 - end) * fall)
