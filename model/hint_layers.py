"""Hints as a transparent picture: written with the strokes it shows, and turned back into strokes, exactly."""

import io
import json
import warnings
from collections.abc import Iterator
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from scipy.ndimage import find_objects
from skimage.measure import label

from lcpipe.pipeline.dataset.errors import LcpipeError

from .hint_json import MAX_POINTS, MAX_STROKES, hints_json, parse_hints
from .hint_shapes import Bool, UInt8
from .hints import Hints, Kind, Stroke

Int: TypeAlias = NDArray[np.integer[Any]]

KEY = "lcpipe-hints"  # a PNG's text of this name holds the strokes as JSON
FORMATS = ["PNG"]  # others may need more than reading: what is not named here is not opened
COVERS = 128  # of 255: from this alpha on a pixel is a hint


def layer_png(canvas: UInt8, hints: Hints, line: str) -> bytes:
    """The hints of the drawing `line` at its size, uint8 (H, W, 4), as PNG that carries the strokes too."""
    said = PngImagePlugin.PngInfo()
    said.add_text(KEY, json.dumps({**hints_json(hints), "line": line}, separators=(",", ":")))
    file = io.BytesIO()
    Image.fromarray(canvas).save(file, "PNG", pnginfo=said)
    return file.getvalue()


def read_layer(data: bytes, height: int, width: int) -> tuple[bool, Hints] | None:
    """Whether a picture carries its strokes, and its hints; None for a picture that cannot be a layer of hints.

    That is one of another size, or one that is nowhere or everywhere transparent. Raises LcpipeError where the picture
    says that it is a layer, but not of a drawing of this size, or where its strokes are damaged or too many.
    """
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            warnings.simplefilter("ignore")  # of large pictures: the drawing itself is as large
            strokes, size = picture.info.get(KEY), picture.size
            if isinstance(strokes, str):
                return True, _carried(strokes, size, (width, height))
            if size != (width, height) or not ("A" in picture.getbands() or "transparency" in picture.info):
                return None
            canvas = np.asarray(picture.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    covered = canvas[..., 3] >= COVERS
    return None if covered.all() or not covered.any() else (False, traced(canvas))


def carries_strokes(data: bytes) -> bool:
    """Whether a picture says that it is a layer of hints; its pixels are not read."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            warnings.simplefilter("ignore")
            return KEY in picture.info
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def _carried(strokes: str, size: tuple[int, int], wanted: tuple[int, int]) -> Hints:
    if size != wanted:
        what = "these hints are for a drawing of {} x {} pixels".format(*size)
        raise LcpipeError(what, hint="open their drawing first")
    try:
        document: Any = json.loads(strokes)
    except (ValueError, RecursionError):
        raise LcpipeError("the strokes in this picture are damaged", hint="save the hint layer again") from None
    return parse_hints(document)


def traced(canvas: UInt8) -> Hints:
    """Strokes that cover the very pixels of a layer, uint8 (H, W, 4), with alpha >= 128. Raises LcpipeError.

    Every area of one colour becomes its outline. An outline fills its holes, so larger ones come first, and those with
    holes that show the paper are cut through them.
    """
    covered = canvas[..., 3] >= COVERS
    colors = np.where(covered, (canvas[..., :3].astype(np.int32) << (16, 8, 0)).sum(axis=2), -1)
    labels = _labelled(colors, -1)
    areas: list[tuple[int, Stroke]] = []
    points = 0
    if labels.max() > MAX_STROKES:
        raise _too_many()
    for number, box in enumerate(find_objects(labels), 1):
        mask = labels[box] == number
        corner = box[1].start, box[0].start
        color = tuple(int(value) for value in canvas[box][mask][0, :3])
        for outline in _outlines(mask, ~covered[box]):
            points += len(outline)
            size = np.ptp(outline, axis=0) + 1
            areas.append((int(size[0] * size[1]), _stroke(outline + corner, color)))
            if len(areas) > MAX_STROKES or points > MAX_POINTS:
                raise _too_many()
    return Hints(tuple(stroke for _, stroke in sorted(areas, key=lambda area: -area[0])))


def _too_many() -> LcpipeError:
    what = f"the picture of hints has more than {MAX_STROKES} areas of one colour, or {MAX_POINTS} corners of them"
    return LcpipeError(what, hint="paint hints in few plain colours, without soft edges")


def _stroke(outline: Int, color: tuple[int, ...]) -> Stroke:
    """Pixels (N, 2) around an area; what has no inside is a dot or a straight line one pixel wide."""
    kinds: tuple[Kind, ...] = ("point", "stroke", "region")
    points = tuple((float(x) + 0.5, float(y) + 0.5, 1.0) for x, y in outline)
    return Stroke(kinds[min(len(points), 3) - 1], (color[0], color[1], color[2]), 1.0, points)


def _labelled(values: NDArray[Any], background: int) -> Int:
    """The areas of equal values, numbered from 1 on, and 0 for the background.

    By four neighbours: what lies in an outline cannot leave it where it touches itself by a corner.
    """
    return np.asarray(label(values, background=background, connectivity=1), np.int64)  # type: ignore[no-untyped-call]


def _outlines(area: Bool, paper: Bool) -> Iterator[Int]:
    """The outline, int (N, 2) of (x, y), of an area, bool (h, w) of its box; several where a hole shows the paper."""
    found, _ = cv2.findContours(area.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    holes = cv2.fillPoly(np.zeros(area.shape, np.uint8), found, [1]).astype(bool) & ~area & paper
    if not holes.any():
        yield found[0][:, 0].astype(np.int64)
        return
    columns = np.nonzero(holes.any(axis=0))[0]
    cut = int(columns[len(columns) // 2]) + 1  # through the middle one: its hole lies open at the edge of a part
    for start, stop in ((0, cut), (cut, area.shape[1])):
        parts = _labelled(area[:, start:stop], 0)
        for number, box in enumerate(find_objects(parts), 1):
            corner = box[1].start + start, box[0].start
            for outline in _outlines(parts[box] == number, paper[:, start:stop][box]):
                yield outline + corner
