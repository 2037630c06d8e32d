"""Paints for the page: what does not change between two strokes is kept, so that a stroke costs only itself."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import cv2
import numpy as np

from ..hint_shapes import UInt8
from ..hints import Hints, Stroke, cell_map, paint_strokes
from ..painter import Painter, Prepared, load_painter, never, quick_dtype
from ..shares import Stop
from .answers import AnswerError
from .drawings import Drawing

PREVIEW_PX = 256
PREPARED_BYTES = 512 * 2**20  # of all drawings whose shares are kept; a pixel takes up to 140 bytes
CANVAS_PIXELS = 16_000_000  # of all hint layers that are kept, 4 bytes each

V = TypeVar("V")


@dataclass(frozen=True)
class Model:
    """A painter with the name that the page shows and the digest it is asked for by."""

    name: str
    digest: str
    painter: Painter

    def facts(self) -> dict[str, Any]:
        """What the page tells about the model."""
        metadata = self.painter.metadata
        keys = ("preset", "dataset", "run", "metrics", "license", "lcpipe")
        return {"name": self.name, "digest": self.digest, **{key: metadata[key] for key in keys if key in metadata}}


def load_models(paths: list[str], device: str) -> list[Model]:
    """The models of some files, of which the first is the one that paints. Raises WeightsError."""
    models: dict[str, Model] = {}
    for path in paths:
        painter = load_painter(path, device, quick_dtype(device))
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        models.setdefault(digest, Model(_name(Path(path)), digest, painter))
    return list(models.values())


def _name(path: Path) -> str:
    """`runs/shrine/model.safetensors` is called shrine, any other file by its own name."""
    return path.resolve().parent.name if path.stem == "model" else path.stem


@dataclass
class Recent(Generic[V]):
    """Values that were used lately, up to a total size; only the worker's thread uses it."""

    capacity: int
    _kept: OrderedDict[Any, tuple[V, int]] = field(default_factory=OrderedDict)

    def get(self, key: Any) -> V | None:
        """The value of a key, which then counts as just used."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: Any, value: V, size: int) -> V:
        """Keeps a value and lets go of the longest unused ones; what is larger than all room is not kept."""
        self._kept.pop(key, None)
        self._kept[key] = value, size
        while self._kept and sum(size for _, size in self._kept.values()) > self.capacity:
            self._kept.popitem(last=False)
        return value


@dataclass
class Easel:
    """Paints drawings at full size and as previews, with what was prepared for the last few of them."""

    models: list[Model]
    _prepared: Recent[Prepared] = field(default_factory=lambda: Recent(PREPARED_BYTES))
    _layers: Recent[tuple[tuple[Stroke, ...], UInt8]] = field(default_factory=lambda: Recent(CANVAS_PIXELS))

    def model(self, digest: str) -> Model:
        """The model of a digest, or the first. Raises AnswerError (404)."""
        for model in self.models:
            if digest in ("", model.digest):
                return model
        raise AnswerError(404, "no such model is loaded", where=digest[:12], hint="reload the page")

    def full(self, model: Model, drawing: Drawing, hints: Hints, stop: Stop = never) -> UInt8:
        """What `lcpipe colorize` paints of the same drawing and hints, uint8 (H, W, 3). Raises Cancelled."""
        prepared = self._prepare(model, drawing.id, drawing.line, stop)
        return model.painter.paint_prepared(prepared, cell_map(self.layer(drawing, hints)), stop)

    def preview(self, model: Model, drawing: Drawing, hints: Hints, stop: Stop = never) -> UInt8:
        """The picture with about as many pixels as a square of 256, uint8 (h, w, 3); never larger than the drawing."""
        width, height = preview_size(*drawing.size)
        line = np.asarray(cv2.resize(drawing.line, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        layer = self.layer(drawing, hints)
        rows = (np.arange(height) * 2 + 1) * layer.shape[0] // (2 * height)
        columns = (np.arange(width) * 2 + 1) * layer.shape[1] // (2 * width)
        prepared = self._prepare(model, f"{drawing.id} preview", line, stop)
        return model.painter.paint_prepared(prepared, cell_map(layer[rows][:, columns]), stop)

    def layer(self, drawing: Drawing, hints: Hints) -> UInt8:
        """The hints at the drawing's size, uint8 (H, W, 4), which nobody may change: new strokes go on a copy.

        All but the last stroke is what is kept: while that one is being drawn, each of its previews brings it anew.
        """
        below = self._below(drawing, hints.strokes[:-1])
        canvas = below.copy()
        paint_strokes(canvas, hints.strokes[-1:], drawing.line)
        return canvas

    def _below(self, drawing: Drawing, strokes: tuple[Stroke, ...]) -> UInt8:
        """The layer of these strokes, begun from the kept one where that is its beginning."""
        height, width = drawing.line.shape
        before, canvas = self._layers.get(drawing.id) or ((), np.zeros((height, width, 4), np.uint8))
        if before == strokes:
            return canvas
        if strokes[: len(before)] != before:
            before, canvas = (), np.zeros_like(canvas)
        canvas = canvas.copy()
        paint_strokes(canvas, strokes[len(before) :], drawing.line)
        return self._layers.put(drawing.id, (strokes, canvas), height * width)[1]

    def _prepare(self, model: Model, name: str, line: UInt8, stop: Callable[[], bool]) -> Prepared:
        key = model.digest, name
        known = self._prepared.get(key)
        if known is None:
            known = model.painter.prepare(line, stop)
            self._prepared.put(key, known, known.nbytes)
        return known


def preview_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of a preview: about 256 x 256 pixels in the shape of the drawing, never larger than it."""
    scale = min(1.0, PREVIEW_PX / (width * height) ** 0.5)
    if scale == 1.0:
        return width, height
    return max(4, round(width * scale / 4) * 4), max(4, round(height * scale / 4) * 4)
