"""Draws the lines of a colour picture on request, with any extractor whose weights, if it needs some, are there."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import cv2
import numpy as np
from safetensors.numpy import load_file

import lcpipe.extractors
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import PictureError
from lcpipe.pipeline.dataset.reasons import Reason

from ..hint_shapes import UInt8
from ..weights import weights_folder
from .answers import AnswerError

Draw: TypeAlias = Callable[[Sequence[UInt8], Sequence[np.random.Generator]], list[UInt8]]

SHIPPED = "sketch"
OVERSAMPLE = 2  # drawn at twice the size and shrunk, as datasets are: soft edges instead of stair-steps
LARGEST_SHORT_SIDE_PX = 2048
MAX_EDGE_PX = 30_000


@cache
def methods() -> dict[str, str]:
    """Every usable extractor by name, with what it says of itself; the network that is shipped comes first."""
    names = sorted(entry.name for entry in pkgutil.iter_modules(lcpipe.extractors.__path__) if entry.name[0] != "_")
    found = {name: about for name in names if (about := _about(name))}
    return dict(sorted(found.items(), key=lambda entry: entry[0] != SHIPPED))


def _about(name: str) -> str:
    """What an extractor says of itself; nothing where its weights or packages are missing, or it only draws by lot."""
    try:
        module = _module(name)
    except ImportError:
        return ""
    missing = getattr(module, "needs_weights", False) and _weights_file(module) is None
    return "" if missing or hasattr(module, "inner") else (module.__doc__ or name).strip().splitlines()[0]


def _weights_file(module: ModuleType) -> Path | None:
    """The file of a learned extractor, brought by the user or shipped with the package."""
    name = str(module.WEIGHTS)
    places = (weights_folder() / name, Path(str(resources.files("lcpipe.manifests"))) / "models" / name)
    return next((place for place in places if place.is_file()), None)


@cache
def _prepared(name: str) -> Draw:
    """An extractor with its settings and weights, ready to draw."""
    module = _module(name)
    file = _weights_file(module) if getattr(module, "needs_weights", False) else None
    draw: Draw = module.prepare(module.Settings(**settings_of(module)), None if file is None else load_file(file))
    return draw


def extract(pixels: UInt8, name: str) -> UInt8:
    """The lines of a picture uint8 (H, W, 3) as uint8 (H, W). Raises AnswerError (404), PictureError."""
    if name not in methods():
        raise AnswerError(404, f"no method is called {name!r}", hint=f"there are {', '.join(methods())}")
    height, width = pixels.shape[:2]
    short = min(height, width)
    scale = min(OVERSAMPLE, max(LARGEST_SHORT_SIDE_PX / short, 1.0), MAX_EDGE_PX / max(height, width))
    large = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_CUBIC)
    try:
        (lines,) = _prepared(name)([np.asarray(large, np.uint8)], [generator(0, "studio", "extract-lines")])
    except (ValueError, ArithmeticError, RuntimeError, cv2.error) as error:
        raise PictureError(f"{name} cannot draw this picture: {error}", reason=Reason.EXTRACTOR_FAILED) from None
    return np.asarray(cv2.resize(lines, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def settings_of(module: ModuleType) -> dict[str, Any]:
    """The default preset of an extractor, with the middle of every value that a dataset would draw at random."""
    presets: Mapping[str, Mapping[str, Any]] = getattr(module, "PRESETS", {})
    table = presets.get(getattr(module, "DEFAULT_PRESET", ""), {})
    return {key: _middle(value) for key, value in table.items()}


def _middle(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "choice" in value:
        choices = sorted(value["choice"])
        return choices[len(choices) // 2]
    low, high = value["uniform"]
    return (low + high) / 2


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{lcpipe.extractors.__name__}.{name}")
