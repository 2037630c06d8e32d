"""Writes layered pictures as OpenRaster, which Krita, GIMP, MyPaint and others open (openraster.org, version 0.0.5)."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import cv2
import numpy as np
from PIL import Image

from ..hint_shapes import UInt8

THUMBNAIL_PX = 256
_DATE = (1980, 1, 1, 0, 0, 0)  # the same picture gives the same file


@dataclass(frozen=True)
class Layer:
    """One layer, the whole picture's size: uint8 (H, W, 4); `mode` is how it goes over those below."""

    name: str
    pixels: UInt8
    visible: bool = True
    mode: str = "svg:src-over"


def openraster(layers: Sequence[Layer], merged: UInt8) -> bytes:
    """A file of layers, the topmost first, and `merged`, uint8 (H, W, 3), which viewers show."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        _write(archive, "mimetype", b"image/openraster", zipfile.ZIP_STORED)  # first and plain: it tells the format
        _write(archive, "stack.xml", _stack(layers, merged))
        for number, layer in enumerate(layers):
            _write(archive, f"data/layer{number}.png", png(layer.pixels), zipfile.ZIP_STORED)
        _write(archive, "mergedimage.png", png(merged), zipfile.ZIP_STORED)
        _write(archive, "Thumbnails/thumbnail.png", png(_thumbnail(merged)), zipfile.ZIP_STORED)
    return file.getvalue()


def png(pixels: UInt8) -> bytes:
    """Grey, RGB or RGBA pixels as PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _stack(layers: Sequence[Layer], merged: UInt8) -> bytes:
    height, width = merged.shape[:2]
    image = ElementTree.Element("image", {"version": "0.0.5", "w": str(width), "h": str(height)})
    stack = ElementTree.SubElement(image, "stack")
    for number, layer in enumerate(layers):
        visibility = "visible" if layer.visible else "hidden"
        place = {"src": f"data/layer{number}.png", "name": layer.name, "x": "0", "y": "0", "opacity": "1.0"}
        ElementTree.SubElement(stack, "layer", {**place, "visibility": visibility, "composite-op": layer.mode})
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(image)


def _thumbnail(merged: UInt8) -> UInt8:
    height, width = merged.shape[:2]
    scale = min(1.0, THUMBNAIL_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(merged, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write(archive: zipfile.ZipFile, name: str, data: bytes, how: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = how
    archive.writestr(entry, data)
