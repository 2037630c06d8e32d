"""What every measure promises. A new file in pipeline/measures/ is tested here the moment it exists."""

import hashlib
import importlib
import inspect
import json
import pkgutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pyarrow as pa
import pytest
from support.plugin_tables import VIEWS

import lcpipe.pipeline.measures
from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.measure import Views
from lcpipe.pipeline.measure_asks import is_configured

GOLDENS = Path(__file__).with_name("goldens.json")
FILES = [m.name for m in pkgutil.iter_modules(lcpipe.pipeline.measures.__path__) if not m.name.startswith("_")]
FACTS = Facts(
    format="PNG", mode="RGB", width=160, height=120, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"lcpipe.pipeline.measures.{name}")


NAMES = [name for name in FILES if not is_configured(_module(name))]
CONFIGURED = [name for name in FILES if is_configured(_module(name))]  # measured once for each table of a recipe


def _measure(name: str, pixels: np.ndarray) -> dict[str, object]:
    facts = replace(FACTS, width=pixels.shape[1], height=pixels.shape[0])
    return dict(_module(name).measure(getattr(Views(pixels), _module(name).needs), facts))


def picture() -> np.ndarray:
    """Coloured discs of all contrasts and thin lines on paper, uint8 (120, 160, 3)."""
    canvas = np.full((120, 160, 3), 252, np.uint8)
    for i, contrast in enumerate((1, 3, 9, 27, 81, 243)):
        color = tuple(int(max(0, 252 - contrast * weight)) for weight in (1.0, 0.5, 0.2))
        cv2.circle(canvas, (22 + 23 * i, 40 + 8 * (i % 3)), 11, color, -1, cv2.LINE_AA)
        cv2.line(canvas, (12, 90 + 4 * i), (150, 80 + 5 * i), color, 1, cv2.LINE_AA)
    return canvas


@pytest.mark.parametrize("name", NAMES)
def test_defines_version_needs_columns_and_measure(name: str) -> None:
    module = _module(name)
    assert module.version >= 1
    assert module.needs in VIEWS
    assert module.columns
    assert all(isinstance(kind, pa.DataType) for kind in module.columns.values())
    assert list(inspect.signature(module.measure).parameters) == ["pixels", "facts"]
    assert (module.__doc__ or "").strip()


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_measure_with_settings_defines_columns_and_prepare(name: str) -> None:
    module = _module(name)
    assert module.version >= 1
    assert module.Settings.__dataclass_params__.frozen
    assert module.Settings.__pydantic_config__ == {"extra": "forbid"}
    assert {"path", "looks_at"} <= set(module.Settings.__dataclass_fields__)
    assert list(inspect.signature(module.columns).parameters) == ["name", "settings"]
    assert list(inspect.signature(module.prepare).parameters) == ["name", "settings", "net"]
    assert (module.__doc__ or "").strip()


def test_no_two_measures_share_a_column() -> None:
    columns = [column for name in NAMES for column in _module(name).columns]
    assert len(columns) == len(set(columns))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 5), (33, 47), (512, 512), (8, 512)])
@pytest.mark.parametrize("kind", ["black", "white", "noise"])
def test_gives_its_columns_for_any_picture(name: str, size: tuple[int, int], kind: str) -> None:
    noise = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (*size, 3), np.uint8)
    pixels = {"black": np.zeros_like(noise), "white": np.full_like(noise, 255), "noise": noise}[kind]
    values = _measure(name, pixels)
    columns = _module(name).columns
    assert list(values) == list(columns)
    row = pa.Table.from_pylist([values], schema=pa.schema(list(columns.items()))).to_pylist()[0]
    assert all(value is not None and value == value for value in row.values()), "null or NaN"


@pytest.mark.parametrize("name", NAMES)
def test_does_the_same_twice_and_leaves_the_picture_alone(name: str) -> None:
    original = picture()
    given = original.copy()
    assert _measure(name, given) == _measure(name, given)
    np.testing.assert_array_equal(given, original)


@pytest.mark.parametrize("name", NAMES)
def test_takes_noncontiguous_and_read_only_pictures(name: str) -> None:
    strided = picture()[::2, ::-1]
    frozen = np.ascontiguousarray(strided)
    frozen.flags.writeable = False
    assert _measure(name, strided) == _measure(name, frozen)


@pytest.mark.parametrize("name", NAMES)
def test_measures_what_this_version_measured(name: str) -> None:
    key = f"{name} {_module(name).version}"
    measured = hashlib.sha256(repr([_rounded(v) for v in _measure(name, picture()).values()]).encode()).hexdigest()
    goldens = json.loads(GOLDENS.read_text())
    assert key in goldens, f'no golden: when the values are right, add "{key}": "{measured}" to {GOLDENS.name}'
    assert measured == goldens[key], f"{name} measures other values: raise version, then add its golden {measured}"


def _rounded(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value
