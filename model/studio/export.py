"""What a finished drawing can be saved as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from ..colorize import encode_png
from ..hint_layers import layer_png
from ..hint_shapes import UInt8
from ..hints import Hints
from .drawings import Drawing
from .openraster import Layer, openraster

PAPER = 235  # lighter than this is not ink at all
INK_MARGIN_PX = 2  # the network shades a little beside the lines, too


@dataclass(frozen=True)
class Painted:
    """A drawing with its strokes, these as a layer, uint8 (H, W, 4), and the picture, uint8 (H, W, 3)."""

    drawing: Drawing
    strokes: Hints
    hints: UInt8
    picture: UInt8


@dataclass(frozen=True)
class Format:
    """One way to save: what the file's name ends with, its type, and how it is written."""

    suffix: str
    media_type: str
    write: Callable[[Painted], bytes]


def encode_bitmap(picture: UInt8) -> bytes:
    """A picture to look at, uint8 (H, W, 3), as BMP: on loopback bytes are cheaper than packing and unpacking them."""
    return cv2.imencode(".bmp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def without_lines(picture: UInt8, line: UInt8) -> UInt8:
    """The colours alone, uint8 (H, W, 3): what is ink takes the colour of the nearest paper, smoothed over."""
    ink = (line < PAPER).astype(np.uint8)
    side = 2 * INK_MARGIN_PX + 1
    ink = np.asarray(cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)
    if ink.all() or not ink.any():
        return picture
    _, labels = cv2.distanceTransformWithLabels(ink, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    paper = ink == 0
    colors = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colors[labels[paper]] = picture[paper]
    filled = colors[labels]
    smooth = cv2.medianBlur(filled, 5)
    return np.where(paper[..., None], picture, smooth).astype(np.uint8)


def ink_layer(line: UInt8) -> UInt8:
    """The lines alone, uint8 (H, W, 4): black, as opaque as the line is dark."""
    layer = np.zeros((*line.shape, 4), np.uint8)
    layer[..., 3] = 255 - line
    return layer


def _layers(painted: Painted) -> bytes:
    colors = np.dstack([without_lines(painted.picture, painted.drawing.line), np.full_like(painted.drawing.line, 255)])
    picture = np.dstack([painted.picture, np.full_like(painted.drawing.line, 255)])
    layers = [
        Layer("Hints", painted.hints, visible=False),
        Layer("Lines", ink_layer(painted.drawing.line)),
        Layer("Colours", colors),
        Layer("Painted", picture, visible=False),
    ]
    ink = painted.drawing.line[..., None].astype(np.uint16)
    merged = (colors[..., :3].astype(np.uint16) * ink + 127) // 255
    return openraster(layers, merged.astype(np.uint8))


FORMATS: Mapping[str, Format] = {
    "png": Format(".png", "image/png", lambda painted: encode_png(painted.picture)),
    "colors": Format(
        "-colors.png", "image/png", lambda painted: encode_png(without_lines(painted.picture, painted.drawing.line))
    ),
    "ora": Format(".ora", "image/openraster", _layers),
    "hints": Format(
        "-hints.png", "image/png", lambda painted: layer_png(painted.hints, painted.strokes, painted.drawing.id)
    ),
    "lines": Format("-lines.png", "image/png", lambda painted: painted.drawing.png()),
}
