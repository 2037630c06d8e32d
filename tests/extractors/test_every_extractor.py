"""What every extractor promises. A new file in extractors/ is tested here the moment it exists.

Golden hashes are kept per (name, version) in goldens.json, of what the default settings draw; an extractor that needs
weights (`needs_weights = True`) is held to all of it where these come with the package, else to its settings only.
"""

import hashlib
import importlib
import inspect
import json
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

import lcpipe.extractors
from lcpipe.pipeline.line_settings import laid_over
from lcpipe.pipeline.line_weights import available, weights_for

GOLDENS = Path(__file__).with_name("goldens.json")
NAMES = [m.name for m in pkgutil.iter_modules(lcpipe.extractors.__path__) if not m.name.startswith("_")]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"lcpipe.extractors.{name}")


def _needs_weights(module: ModuleType) -> bool:
    return bool(getattr(module, "needs_weights", False))


DRAWABLE = [name for name in NAMES if available(_module(name))]
EXACT = [name for name in DRAWABLE if not _needs_weights(_module(name))]  # a network's sums depend on the processor


def _draw(name: str, *pictures: np.ndarray) -> list[np.ndarray]:
    rngs = [np.random.Generator(np.random.PCG64(7)) for _ in pictures]
    return _prepared(name)(list(pictures), rngs)


@cache
def _prepared(name: str) -> Any:
    module = _module(name)
    return module.prepare(module.Settings(), weights_for(module, module.Settings()))


def picture(height: int = 120, width: int = 160) -> np.ndarray:
    """Shapes against each other with contrasts from 1 to 255, edges sharp and soft, a gradient and noise; uint8 RGB."""
    canvas = np.full((height, width, 3), 250, np.uint8)
    canvas[:, : width // 3] = np.linspace(40, 220, height, dtype=np.uint8)[:, None, None]
    for i, contrast in enumerate((1, 2, 4, 8, 16, 32, 64, 128, 255)):
        center = (20 + 16 * i, 30 + 9 * (i % 5))
        color = tuple(int(max(0, 250 - contrast * weight)) for weight in (1.0, 0.6, 0.3))
        cv2.circle(canvas, center, 9, color, -1, cv2.LINE_AA if i % 2 else cv2.LINE_8)
        cv2.line(canvas, (10, height - 8 - 3 * i), (width - 10, height - 20 - 2 * i), color, 1 + i % 3, cv2.LINE_AA)
    noise = np.random.Generator(np.random.PCG64(3)).integers(0, 12, (30, 40, 3), np.uint8)
    canvas[60:90, 100:140] = cv2.subtract(canvas[60:90, 100:140], noise)
    return canvas


@pytest.mark.parametrize("name", NAMES)
def test_defines_version_settings_and_prepare(name: str) -> None:
    module = _module(name)
    assert isinstance(module.version, int)
    assert module.version >= 1
    assert module.Settings.__dataclass_params__.frozen
    assert list(inspect.signature(module.prepare).parameters) == ["settings", "weights", "device"]
    assert (module.__doc__ or "").strip()


@pytest.mark.parametrize("name", NAMES)
def test_refuses_unknown_settings(name: str) -> None:
    with pytest.raises(ValidationError, match="sgima"):
        TypeAdapter(_module(name).Settings).validate_python({"sgima": 1.0})


@pytest.mark.parametrize("name", NAMES)
def test_presets_are_settings(name: str) -> None:
    for preset in getattr(_module(name), "PRESETS", {}):
        assert _table(_module(name), preset, {}, name)


def _table(module: ModuleType, preset: str | None, own: dict[str, Any], where: str) -> dict[str, Any]:
    """What a recipe would make of a preset, whether the weights are there or not."""
    return laid_over(module, preset, own, where, _table)


@pytest.mark.parametrize("name", DRAWABLE)
@pytest.mark.parametrize("level", [0, 1, 77, 254, 255])
def test_constant_picture_is_paper(name: str, level: int) -> None:
    (line,) = _draw(name, np.full((40, 56, 3), level, np.uint8))
    assert (line == 255).all()


@pytest.mark.parametrize("name", DRAWABLE)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (37, 53), (300, 20_000)])
def test_keeps_the_size(name: str, size: tuple[int, int]) -> None:
    noise = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (*size, 3), np.uint8)
    (line,) = _draw(name, noise)
    assert line.shape == size
    assert line.dtype == np.uint8


@pytest.mark.parametrize("name", DRAWABLE)
def test_draws_ink_on_paper_of_255(name: str) -> None:
    (line,) = _draw(name, picture())
    assert np.bincount(line.ravel(), minlength=256).argmax() == 255
    assert 0.002 < (line < 128).mean() < 0.5


@pytest.mark.parametrize("name", DRAWABLE)
def test_does_the_same_twice_and_leaves_the_picture_alone(name: str) -> None:
    original = picture()
    given = original.copy()
    np.testing.assert_array_equal(_draw(name, given)[0], _draw(name, given)[0])
    np.testing.assert_array_equal(given, original)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("axis", [0, 1])
def test_flips_commute(name: str, axis: int) -> None:
    flipped = np.ascontiguousarray(np.flip(picture(), axis))
    np.testing.assert_array_equal(_draw(name, flipped)[0], np.flip(_draw(name, picture())[0], axis))


@pytest.mark.parametrize("name", EXACT)
def test_takes_noncontiguous_pictures(name: str) -> None:
    strided = picture()[::2, ::-3]
    np.testing.assert_array_equal(_draw(name, strided)[0], _draw(name, np.ascontiguousarray(strided))[0])


@pytest.mark.parametrize("name", EXACT)
def test_several_pictures_equal_one_by_one(name: str) -> None:
    pictures = [picture(), picture(90, 200), np.full((5, 5, 3), 9, np.uint8)]
    for together, alone in zip(_draw(name, *pictures), pictures, strict=True):
        np.testing.assert_array_equal(together, _draw(name, alone)[0])


@pytest.mark.parametrize("name", EXACT)
def test_draws_what_this_version_drew(name: str) -> None:
    key = f"{name} {_module(name).version}"
    drawn = hashlib.sha256(_draw(name, picture())[0].tobytes()).hexdigest()
    goldens = json.loads(GOLDENS.read_text())
    assert key in goldens, f'no golden: when the drawing is right, add "{key}": "{drawn}" to {GOLDENS.name}'
    assert drawn == goldens[key], f"{name} draws other lines than before: raise version, then add its golden {drawn}"
