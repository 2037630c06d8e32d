"""Paints line drawings of any size with a trained model: the one way from uint8 pixels to uint8 pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lcpipe.pipeline.dataset.errors import LcpipeError

from .checkpoints import load_model
from .features import LocalFeatures
from .hint_shapes import UInt8
from .hints import HINT_SCALE, Float32
from .networks import Generator
from .shares import Stop
from .tiles import Drawn, paint, prepare
from .torch_settings import check_device

STRIDE = 16  # the generator halves a drawing four times
MAX_PIXELS = 16_000_000  # the widest layers take about 400 bytes a pixel


def never() -> bool:
    """Somebody waits for the picture."""
    return False


@dataclass(frozen=True)
class Prepared:
    """A padded drawing with what it alone decides, so that new hints on it cost only themselves."""

    height: int
    width: int
    drawing: Tensor
    drawn: Drawn

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        fine, deep = self.drawn.fine, self.drawn.deep
        parts = (self.drawing, deep.at8, deep.at16, *((fine.at4, fine.at2, fine.at1) if fine else ()))
        return sum(part.nbytes for part in parts if part is not None)


@dataclass(frozen=True)
class Painter:
    """A trained generator, ready to paint."""

    generator: Generator
    features: LocalFeatures | None
    metadata: dict[str, Any]
    device: torch.device

    def paint(self, line: UInt8, hints: Float32) -> UInt8:
        """Paints `line`, uint8 (H, W) with paper 255, by `hints`, float32 (4, ceil(H/4), ceil(W/4)) -> uint8 (H, W, 3).

        The same input gives the same bytes on one machine. Raises LcpipeError when the model gives no numbers.
        """
        return self.paint_prepared(self.prepare(line), hints)

    @torch.inference_mode()
    def prepare(self, line: UInt8, stop: Stop = never) -> Prepared:
        """The part of the work that hints do not change. Raises LcpipeError for a drawing too large, Cancelled."""
        height, width = line.shape
        if height * width > MAX_PIXELS:
            raise LcpipeError(f"a drawing of {width} x {height} pixels is too large to paint", hint="shrink it first")
        drawing = F.pad(_batch(self._line(line)), (0, -width % STRIDE, 0, -height % STRIDE), value=1.0)
        features = None if self.features is None else self.features(drawing).to(self.dtype)
        drawing = drawing.to(self.dtype)
        return Prepared(height, width, drawing, prepare(self.generator, drawing, features, stop))

    @torch.inference_mode()
    def paint_prepared(self, prepared: Prepared, hints: Float32, stop: Stop = never) -> UInt8:
        """As `paint`; `stop` is asked between blocks and tiles. Raises LcpipeError, Cancelled."""
        height, width = prepared.height, prepared.width
        padding = _missing(hints, *prepared.drawing.shape[2:])
        map_ = F.pad(_batch(self._map(hints, height, width)), padding).to(self.dtype)
        picture = np.empty((height, width, 3), np.uint8)
        for y, x, tile in paint(self.generator, prepared.drawing, prepared.drawn, map_, stop):
            if not bool(torch.isfinite(tile.sum())):
                raise LcpipeError("the model painted values that are no numbers", hint="train it again, or use another")
            picture[y.start : y.stop, x.start : x.stop] = _pixels(tile)[: height - y.start, : width - x.start]
        return picture

    @property
    def dtype(self) -> torch.dtype:
        """What the generator computes in."""
        return self.generator.exit.weight.dtype

    def _line(self, line: UInt8) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(line)).to(self.device).float()[None] / 127.5 - 1

    def _map(self, hints: Float32, height: int, width: int) -> Tensor:
        wanted = (4, -(-height // HINT_SCALE), -(-width // HINT_SCALE))
        if hints.shape != wanted:
            raise LcpipeError(f"the hint map is {hints.shape}, this drawing needs {wanted}", hint="make it anew")
        return torch.from_numpy(np.ascontiguousarray(hints)).to(self.device)


def _batch(picture: Tensor) -> Tensor:
    """One picture as a batch in the memory order in which convolutions are several times faster on a CPU."""
    return picture[None].contiguous(memory_format=torch.channels_last)


def _missing(hints: Float32, height: int, width: int) -> tuple[int, int, int, int]:
    """What a hint map lacks on the right and at the bottom for a padded drawing."""
    return 0, width // HINT_SCALE - hints.shape[2], 0, height // HINT_SCALE - hints.shape[1]


def _pixels(painted: Tensor) -> UInt8:
    """(3, H, W) in [-1, 1] -> uint8 (H, W, 3)."""
    scaled = ((painted.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(1, 2, 0).contiguous().cpu().numpy()


def load_painter(path: str | Path, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Painter:
    """A painter from a model file. Raises WeightsError for a file that is none, RunError for a missing device."""
    check_device(device)
    generator, features, metadata = load_model(path)
    place = torch.device(device)
    generator = generator.to(place, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if features is not None:
        features = features.to(place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Painter(generator, features, metadata, place)


def quick_dtype(device: str, processor: Mapping[str, Any] | None = None) -> torch.dtype:
    """What pictures for people are painted in; figures are made in fp32 everywhere.

    bf16 where the processor has tiles for it: many times faster there, and no value moves by more than 2 or so of 255.
    Without tiles bf16 is the slower one (1.4 times, on a Xeon with AVX512-BF16). Two runs on a machine choose alike.
    """
    known = torch.cpu.get_capabilities() if processor is None else processor
    return torch.bfloat16 if device.partition(":")[0] == "cpu" and known.get("amx_bf16") else torch.float32
