"""The pixels that a hint covers: a swept disc, a polygon, or the closed area of the drawing that a point lies in.

A shape is a box of the drawing and a mask in it. A pixel belongs to a shape when its centre does; x runs right, y down.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

INK_BELOW = 192  # a quarter of a pixel's area under ink closes a region

UInt8: TypeAlias = NDArray[np.uint8]
Bool: TypeAlias = NDArray[np.bool_]
Float: TypeAlias = NDArray[np.float64]
Box: TypeAlias = tuple[slice, slice]
Point: TypeAlias = tuple[float, float, float]  # x, y, pressure
Disc: TypeAlias = tuple[float, float, float]  # x, y, radius

_NEAR_INK_PX = 8  # a click this close to paper meant the paper


def swept_disc(
    points: Sequence[Point], size: float, height: int, width: int, *, joined: bool = True
) -> tuple[Box, Bool]:
    """A disc of diameter `size` times the pressure, swept along the points, or (not joined) set at each."""
    discs = [(x, y, max(size * pressure, 1) / 2) for x, y, pressure in points]
    rows = _span([y - r for _, y, r in discs], [y + r for _, y, r in discs], height)
    columns = _span([x - r for x, _, r in discs], [x + r for x, _, r in discs], width)
    box_width = columns.stop - columns.start
    # Every row of every sweep is one interval: +1 where it begins, -1 behind its end, and the running sum covers.
    edges = np.zeros((rows.stop - rows.start, box_width + 1), np.int32)
    for row, first, stop in _intervals(discs, discs[1:] if joined and len(discs) > 1 else discs, rows):
        begin, end = (np.clip(edge - columns.start, 0, box_width) for edge in (first, stop))
        np.add.at(edges, (row, begin), 1)
        np.add.at(edges, (row, end), -1)
    return (rows, columns), edges.cumsum(axis=1)[:, :-1] > 0


def _span(low: Sequence[float], high: Sequence[float], limit: int) -> slice:
    """The pixels from the lowest to the highest place, inside the drawing."""
    start = min(max(math.floor(min(low)), 0), limit)
    return slice(start, max(start, min(math.floor(max(high)) + 1, limit)))


def _intervals(discs: Sequence[Disc], ends: Sequence[Disc], rows: slice) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """(row in the box, first column, column behind the last) of all sweeps, and of the pixels that hold the discs."""
    for start, end in zip(discs, ends, strict=False):
        top = max(math.floor(min(start[1] - start[2], end[1] - end[2])), rows.start)
        bottom = min(math.floor(max(start[1] + start[2], end[1] + end[2])) + 1, rows.stop)
        row = np.arange(top, max(top, bottom))
        left, right = _sweep(start, end, row + 0.5)
        hit = ~np.isnan(left)
        first, last = np.ceil(left[hit] - 0.5), np.floor(right[hit] - 0.5)
        yield row[hit] - rows.start, first.astype(np.int64), np.maximum(last + 1, first).astype(np.int64)
    held = np.array([(math.floor(y), math.floor(x)) for x, y, _ in discs])
    held = held[(held[:, 0] >= rows.start) & (held[:, 0] < rows.stop)]
    yield held[:, 0] - rows.start, held[:, 1], held[:, 1] + 1


def _sweep(start: Disc, end: Disc, y: Float) -> tuple[Float, Float]:
    """Left and right end, at the heights `y`, of the convex hull of two discs; NaN where it is not met."""
    left, right = _disc(start, y)
    other_left, other_right = _disc(end, y)
    left, right = np.fmin(left, other_left), np.fmax(right, other_right)
    for ax, ay, bx, by in _tangents(start, end):
        if ay != by:
            along = (y - ay) / (by - ay)
            x = np.where((along >= 0) & (along <= 1), ax + along * (bx - ax), np.nan)
            left, right = np.fmin(left, x), np.fmax(right, x)
    return left, right


def _disc(disc: Disc, y: Float) -> tuple[Float, Float]:
    """Left and right end of a disc at the heights `y`, NaN beside it."""
    square = disc[2] ** 2 - (y - disc[1]) ** 2
    half = np.where(square >= 0, np.sqrt(np.maximum(square, 0)), np.nan)
    return disc[0] - half, disc[0] + half


def _tangents(start: Disc, end: Disc) -> Iterator[tuple[float, float, float, float]]:
    """The two outer tangents of two discs as (ax, ay, bx, by); none when one disc holds the other."""
    dx, dy, shrink = end[0] - start[0], end[1] - start[1], start[2] - end[2]
    square = dx * dx + dy * dy
    if square <= shrink * shrink:
        return
    cross = math.sqrt(square - shrink * shrink)
    for side in (-1, 1):
        nx = (dx * shrink - side * dy * cross) / square
        ny = (dy * shrink + side * dx * cross) / square
        yield start[0] + start[2] * nx, start[1] + start[2] * ny, end[0] + end[2] * nx, end[1] + end[2] * ny


def polygon(points: Sequence[Point], height: int, width: int) -> tuple[Box, Bool]:
    """The inside of a polygon, with the pixels that hold its edge."""
    corners = np.array([[math.floor(x), math.floor(y)] for x, y, _ in points], np.int32)
    rows = _span([float(y) for _, y in corners], [float(y) for _, y in corners], height)
    columns = _span([float(x) for x, _ in corners], [float(x) for x, _ in corners], width)
    covered = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    if covered.size:
        cv2.fillPoly(covered, [corners - np.array([columns.start, rows.start], np.int32)], [1])
    return (rows, columns), covered.astype(bool)


def closed_area(point: Point, line: UInt8) -> tuple[Box, Bool]:
    """The area between lines that a point lies in; a point on a line means the paper beside it."""
    height, width = line.shape
    x, y = math.floor(point[0]), math.floor(point[1])
    if not (0 <= x < width and 0 <= y < height):
        return (slice(0), slice(0)), np.zeros((0, 0), np.bool_)
    paper = (line >= INK_BELOW).astype(np.uint8)
    x, y = _nearest_paper(paper, x, y)
    # Four neighbours: a slanted line of one pixel keeps the areas on its sides apart.
    _, labels = cv2.connectedComponents((paper == paper[y, x]).astype(np.uint8), connectivity=4)
    return (slice(None), slice(None)), np.asarray(labels == labels[y, x])


def _nearest_paper(paper: UInt8, x: int, y: int) -> tuple[int, int]:
    """The nearest pixel of paper, or the place itself deep inside solid ink."""
    top, left = max(y - _NEAR_INK_PX, 0), max(x - _NEAR_INK_PX, 0)
    rows, columns = np.nonzero(paper[top : y + _NEAR_INK_PX + 1, left : x + _NEAR_INK_PX + 1])
    distance = np.hypot(rows + top - y, columns + left - x)
    if not distance.size or distance.min() > _NEAR_INK_PX:
        return x, y
    nearest = int(distance.argmin())
    return int(columns[nearest]) + left, int(rows[nearest]) + top
