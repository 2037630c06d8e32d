"""The two planes a character is drawn on, and the brush that draws on both: what is covered loses its lines."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .curves import Path, Points, curve, joined, sampled, stroke_outline, taper

UInt8 = NDArray[np.uint8]
Color = tuple[int, int, int]
Box = tuple[slice, slice]

SUPERSAMPLE = 2
PAPER, INK = 255, 0
_SHIFT = 4  # OpenCV takes coordinates as integers, in sixteenths of a pixel here
_REACH = 20_000.0  # beyond it OpenCV's fixed-point coordinates would overflow


@dataclass(frozen=True)
class Canvas:
    """Colour uint8 (H, W, 3) and lines uint8 (H, W), both larger than the picture by SUPERSAMPLE."""

    color: UInt8
    line: UInt8

    def shrunk(self) -> tuple[UInt8, UInt8]:
        """Both planes at the size of the picture."""
        height, width = (side // SUPERSAMPLE for side in self.line.shape)
        color = cv2.resize(self.color, (width, height), interpolation=cv2.INTER_AREA)
        line = cv2.resize(self.line, (width, height), interpolation=cv2.INTER_AREA)
        return color.astype(np.uint8, copy=False), line.astype(np.uint8, copy=False)


def blank(height: int, width: int, color: Color) -> Canvas:
    """A canvas of one colour without a line."""
    rows, columns = height * SUPERSAMPLE, width * SUPERSAMPLE
    plane = np.empty((rows, columns, 3), np.uint8)
    plane[:] = color
    return Canvas(plane, np.full((rows, columns), PAPER, np.uint8))


@dataclass(frozen=True)
class Brush:
    """Draws in units of its own: `matrix` takes these to pixels of the canvas, `unit` is their length there.

    `turn` moves what lies nearer to the viewer sideways, as a turned head does; `depth` says how near this brush is.
    """

    canvas: Canvas
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    unit: float
    ink: Color
    weight: float = 1.0
    turn: float = 0.0
    depth: float = 0.0
    side: int = 1
    mark: int = INK

    def halves(self) -> "tuple[Brush, Brush]":
        """This brush and its mirror image: what is drawn with both lies on either side of the middle."""
        return self, replace(self, side=-self.side)

    def near(self, depth: float) -> "Brush":
        """The same brush for what lies `depth` before the middle of the head."""
        return replace(self, depth=depth)

    def moved(self, at: tuple[float, float], scale: float) -> "Brush":
        """A brush whose origin lies at a place of this one and whose unit is `scale` of this one's, without a turn."""
        ((x, y),) = self.pixels([at])
        (a, b, _), (d, e, _) = self.matrix
        a, b, d, e = (scale * value for value in (a * self.side, b, d * self.side, e))
        return replace(self, matrix=((a, b, x), (d, e, y)), unit=self.unit * scale, turn=0.0, side=1)

    def lit(self, ink: Color) -> "Brush":
        """The same brush for light lines inside black ones: on the line plane they are paper."""
        return replace(self, ink=ink, mark=PAPER)

    def inked(self, ink: Color) -> "Brush":
        """The same brush with lines of another colour."""
        return replace(self, ink=ink)

    def pixels(self, points: ArrayLike) -> Points:
        """Points in pixels of the canvas, float64 (n, 2)."""
        given = np.asarray(points, np.float64)
        x, y = self.side * given[:, 0], given[:, 1]
        x = x + self.turn * self.depth * (1 - 0.4 * np.minimum(x * x, 1.5))
        (a, b, c), (d, e, f) = self.matrix
        return np.clip(np.stack([a * x + b * y + c, d * x + e * y + f], axis=1), -_REACH, _REACH)

    def fill(self, polygon: ArrayLike, color: Color) -> None:
        """Paints an area on the colour plane only: shade, light, a pattern."""
        cv2.fillPoly(self.canvas.color, [_fixed(self.pixels(polygon))], color, cv2.LINE_AA, _SHIFT)

    def cover(self, polygon: ArrayLike, color: Color) -> Points:
        """Paints an area that hides the lines below it; returns the polygon for `inside`."""
        points = np.asarray(polygon, np.float64)
        fixed = [_fixed(self.pixels(points))]
        cv2.fillPoly(self.canvas.color, fixed, color, cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.canvas.line, fixed, PAPER, cv2.LINE_AA, _SHIFT)
        return points

    def blot(self, polygon: ArrayLike, color: Color) -> None:
        """An area of solid ink in both planes."""
        fixed = [_fixed(self.pixels(polygon))]
        cv2.fillPoly(self.canvas.color, fixed, color, cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.canvas.line, fixed, INK, cv2.LINE_AA, _SHIFT)

    def stroke(self, points: ArrayLike, width: float = 1.0, start: float = 0.15, end: float = 0.15) -> None:
        """A line through the points; its width is a multiple of the brush's, `start` and `end` say how blunt it is."""
        self.stroke_sampled(curve(points), width, start, end)

    def stroke_sampled(self, points: Points, width: float = 1.0, start: float = 0.15, end: float = 0.15) -> None:
        """A line through points that lie close together already."""
        way = self.pixels(points)
        widths = taper(len(way), start, end) * width * self.weight * SUPERSAMPLE
        outline = [_fixed(stroke_outline(way, np.maximum(widths, 0.8)))]
        for plane, ink in ((self.canvas.color, self.ink), (self.canvas.line, self.mark)):
            cv2.fillPoly(plane, outline, ink, cv2.LINE_AA, _SHIFT)

    def outline(self, path: Path, width: float = 1.0, blunt: float = 0.45) -> None:
        """The lines around a path, one stroke for each of its curves."""
        for points in sampled(path):
            self.stroke_sampled(points, width, blunt, blunt)

    def shape(self, path: Path, color: Color, width: float = 1.0) -> Points:
        """A covered area with its outline; returns the polygon."""
        polygon = self.cover(joined(path), color)
        self.outline(path, width)
        return polygon

    def blush(self, x: float, y: float, rx: float, ry: float, color: Color, strength: float) -> None:
        """A soft spot on the colour plane."""
        corners = self.pixels([(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)])
        box = _box(corners, self.canvas.line.shape)
        plane = self.canvas.color[box]
        rows, columns = np.ogrid[box]
        ((cx, cy),) = self.pixels([(x, y)])
        distance = ((columns - cx) / (rx * self.unit)) ** 2 + ((rows - cy) / (ry * self.unit)) ** 2
        alpha = (np.clip(1 - distance, 0, 1) ** 1.2 * strength)[..., None].astype(np.float32)
        plane[:] = np.round(plane + (np.asarray(color, np.float32) - plane) * alpha).astype(np.uint8)

    def gradient(self, polygon: ArrayLike, top: Color, bottom: Color) -> None:
        """Repaints an area of the colour plane from one colour at its top to another at its bottom."""
        pixels = self.pixels(polygon)
        box = _box(pixels, self.canvas.line.shape)
        plane = self.canvas.color[box]
        rows = np.arange(box[0].start, box[0].stop)
        share = np.clip((rows - pixels[:, 1].min()) / max(np.ptp(pixels[:, 1]), 1.0), 0, 1)[:, None]
        ramp = np.round(np.asarray(top) + (np.asarray(bottom) - np.asarray(top)) * share).astype(np.uint8)
        full = np.ascontiguousarray(np.broadcast_to(ramp[:, None], plane.shape))
        plane[:] = cv2.copyTo(full, _mask(pixels, box, plane.shape[:2]), plane.copy())

    @contextlib.contextmanager
    def inside(self, polygon: ArrayLike) -> Iterator["Brush"]:
        """A brush whose marks stay inside the polygon, on both planes."""
        pixels = self.pixels(polygon)
        box = _box(pixels, self.canvas.line.shape)
        part = Canvas(self.canvas.color[box].copy(), self.canvas.line[box].copy())
        (a, b, c), (d, e, f) = self.matrix
        moved = ((a, b, c - box[1].start), (d, e, f - box[0].start))
        yield replace(self, canvas=part, matrix=moved)
        mask = _mask(pixels, box, part.line.shape)
        for plane, new in ((self.canvas.color, part.color), (self.canvas.line, part.line)):
            plane[box] = cv2.copyTo(new, mask, plane[box].copy())


def _fixed(pixels: Points) -> NDArray[np.int32]:
    return np.round(pixels * (1 << _SHIFT)).astype(np.int32)


def _box(pixels: Points, shape: tuple[int, ...]) -> Box:
    """Rows and columns around the points, at least one of each: what lies outside the canvas gets its border."""
    last = np.array(shape[1::-1]) - 1
    low = np.clip(np.floor(pixels.min(axis=0)).astype(int) - 1, 0, last)
    high = np.clip(np.ceil(pixels.max(axis=0)).astype(int) + 2, low + 1, last + 1)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _mask(pixels: Points, box: Box, shape: tuple[int, ...]) -> UInt8:
    mask = np.zeros(shape, np.uint8)
    moved = _fixed(pixels - (box[1].start, box[0].start))
    cv2.fillPoly(mask, [moved], 255, cv2.LINE_8, _SHIFT)
    return mask
