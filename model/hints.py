"""Hints: what a person says about colours, as strokes and as the 4-channel map at 1/4 size that the generator reads.

One rasteriser for training, evaluation, the command line and the page, so that they cannot drift apart.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lcpipe.pipeline.dataset.errors import LcpipeError

from .hint_shapes import Bool, Box, UInt8, closed_area, polygon, swept_disc

HINT_SCALE = 4  # a cell of the map is 4 x 4 pixels of the drawing

Kind: TypeAlias = Literal["point", "stroke", "region", "erase"]
Float32: TypeAlias = NDArray[np.float32]

_CROP_TRIES = 10
_CROP_AREA = (0.9, 1.0)
_CROP_ASPECT = (7 / 8, 8 / 7)
_XI_STD = 0.005


@dataclass(frozen=True)
class Stroke:
    """One hint in pixels of the drawing: `size` is a diameter, a point is (x, y, pressure from 0 to 1)."""

    kind: Kind
    color: tuple[int, int, int]
    size: float
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Hints:
    """Strokes in the order they were made: later covers earlier, `erase` removes what lies below it."""

    strokes: tuple[Stroke, ...] = ()


def hint_map(hints: Hints, height: int, width: int, line: UInt8 | None = None) -> Float32:
    """Strokes as the generator's map, float32 (4, ceil(H/4), ceil(W/4)); `line`, uint8 (H, W), bounds the regions."""
    return cell_map(paint_hints(hints, height, width, line))


def paint_hints(hints: Hints, height: int, width: int, line: UInt8 | None = None) -> UInt8:
    """Strokes at the drawing's own size, uint8 (H, W, 4): RGB, and alpha 255 where a hint covers the pixel."""
    canvas = np.zeros((height, width, 4), np.uint8)
    paint_strokes(canvas, hints.strokes, line)
    return canvas


def paint_strokes(canvas: UInt8, strokes: Iterable[Stroke], line: UInt8 | None = None) -> None:
    """Lays strokes over what `canvas`, uint8 (H, W, 4), holds already, and changes it: the page adds one at a time."""
    height, width = canvas.shape[:2]
    for stroke in strokes:
        value = (0, 0, 0, 0) if stroke.kind == "erase" else (*stroke.color, 255)
        box, covered = _covered(stroke, height, width, line)
        canvas[box][covered] = value


def cell_map(canvas: UInt8) -> Float32:
    """An RGBA picture as the map: a cell has the mean colour of its pixels with alpha >= 128, and mask 1 if any."""
    height, width = canvas.shape[:2]
    padded = np.pad(canvas, ((0, -height % HINT_SCALE), (0, -width % HINT_SCALE), (0, 0)))
    covered = padded[..., 3] >= 128
    padded.view(np.uint32)[..., 0] *= covered  # a pixel at once
    padded[..., 3] = covered
    sums = _cell_sums(padded).astype(np.float32)
    color, area = sums[..., :3], sums[..., 3:]
    mask = (area > 0).astype(np.float32)
    rgb = np.where(mask, color / np.maximum(area, 1) / np.float32(127.5) - 1, np.float32(0))
    return np.concatenate([rgb, mask], axis=2, dtype=np.float32).transpose(2, 0, 1).copy()


def _cell_sums(values: UInt8) -> NDArray[np.uint16]:
    """Sums over the cells of an (H, W, 4) array, sides multiples of the scale; rows first, whose values lie close."""
    height, width, channels = values.shape
    rows = values.reshape(height // HINT_SCALE, HINT_SCALE, width * channels).sum(axis=1, dtype=np.uint16)
    cells = rows.reshape(height // HINT_SCALE, width // HINT_SCALE, HINT_SCALE, channels)
    return np.asarray(np.einsum("hwpc->hwc", cells), np.uint16)


def _covered(stroke: Stroke, height: int, width: int, line: UInt8 | None) -> tuple[Box, Bool]:
    """The pixels that a stroke covers, as a box of the drawing and a mask in it."""
    if stroke.kind != "region":
        return swept_disc(stroke.points, stroke.size, height, width, joined=stroke.kind != "point")
    if len(stroke.points) > 1:
        return polygon(stroke.points, height, width)
    if line is None:
        raise LcpipeError("a region hint has no drawing to be filled in", hint="give it three or more points instead")
    return closed_area(stroke.points[0], line)


def no_hints(height: int, width: int) -> Float32:
    """The map of a drawing without hints, float32 (4, ceil(H/4), ceil(W/4)): all zero."""
    return np.zeros((4, -(-height // HINT_SCALE), -(-width // HINT_SCALE)), np.float32)


def published_hints(rng: np.random.Generator, color: UInt8) -> Float32:
    """Hints of one training sample as Ci et al. 2018 draw them, float32 (4, H/4, W/4).

    `color` is the cropped and flipped picture, uint8 (H, W, 3). Colours come from a slightly different crop of it, so a
    hint means "this colour near this place". The half of a batch that carries no hint at all is the loader's decision.
    """
    height, width = color.shape[0] // HINT_SCALE, color.shape[1] // HINT_SCALE
    x, y, box_width, box_height = jitter_box(rng, color.shape[0], color.shape[1])
    crop = Image.fromarray(color[y : y + box_height, x : x + box_width])
    source = crop.resize((width, height), Image.Resampling.BICUBIC)
    mask = published_mask(rng, height, width)
    rgb = np.asarray(source, np.float32).transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return np.concatenate([np.where(mask, rgb, np.float32(0)), mask[None]])


def jitter_box(rng: np.random.Generator, height: int, width: int) -> tuple[int, int, int, int]:
    """The (x, y, width, height) of RandomSizedCrop: area U(0.9, 1), aspect U(7/8, 8/7), the whole after ten misses."""
    for _ in range(_CROP_TRIES):
        area, aspect = rng.uniform(*_CROP_AREA), rng.uniform(*_CROP_ASPECT)
        if rng.random() < 0.5:
            aspect = 1 / aspect
        box_width = round(width * math.sqrt(area * aspect))
        box_height = round(height * math.sqrt(area / aspect))
        if box_width <= width and box_height <= height:
            x, y = rng.integers(width - box_width + 1), rng.integers(height - box_height + 1)
            return int(x), int(y), box_width, box_height
    return 0, 0, width, height


def published_mask(rng: np.random.Generator, height: int, width: int) -> Float32:
    """Which cells carry a hint, float32 (h, w) of {0, 1}: U(0, 1) >= xi with one xi ~ N(1, 0.005) cut to [0, 1]."""
    xi = 1 - abs(rng.normal(0, _XI_STD))  # N(1, s) cut at 1 is 1 - |N(0, s)|; the cut at 0 lies 200 deviations away
    return (rng.random((height, width)) >= xi).astype(np.float32)
