"""A painter takes any drawing, pads what the network needs, and gives the same bytes each time."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lcpipe.model.checkpoints import save_model
from lcpipe.model.hints import Hints, Stroke, hint_map, no_hints
from lcpipe.model.networks import Generator, GeneratorConfig
from lcpipe.model.painter import load_painter, quick_dtype
from lcpipe.pipeline.dataset.errors import LcpipeError, RunError, WeightsError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "model.safetensors"
    save_model(str(path), Generator(GeneratorConfig(8, (1, 1, 1, 1), 0)), None, {"preset": "tiny"})
    return path


def drawing(height: int, width: int) -> np.ndarray:
    line = np.full((height, width), 255, np.uint8)
    line[height // 2] = 0
    return line


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 47), (1, 1), (16, 300), (33, 2)])
def test_any_size_is_painted(model: Path, height: int, width: int) -> None:
    painted = load_painter(model).paint(drawing(height, width), no_hints(height, width))
    assert painted.shape == (height, width, 3)
    assert painted.dtype == np.uint8


def test_the_same_input_gives_the_same_bytes(model: Path) -> None:
    line, hints = drawing(64, 80), no_hints(64, 80)
    assert load_painter(model).paint(line, hints).tobytes() == load_painter(model).paint(line, hints).tobytes()


def test_bf16_paints_nearly_the_same(model: Path) -> None:
    line, hints = drawing(64, 80), no_hints(64, 80)
    exact = load_painter(model).paint(line, hints).astype(int)
    quick = load_painter(model, dtype=torch.bfloat16)
    assert quick.dtype == torch.bfloat16
    assert np.abs(quick.paint(line, hints) - exact).max() <= 3


@pytest.mark.parametrize(
    ("device", "tiles", "wanted"),
    [("cpu", True, torch.bfloat16), ("cpu", False, torch.float32), ("cuda:0", True, torch.float32)],
)
def test_precision_follows_the_processor(device: str, tiles: bool, wanted: torch.dtype) -> None:
    assert quick_dtype(device, {"amx_bf16": tiles}) == wanted
    assert quick_dtype("cpu") == quick_dtype("cpu")


def test_hints_change_the_picture(model: Path) -> None:
    painter, line = load_painter(model), drawing(64, 64)
    hints = hint_map(Hints((Stroke("point", (255, 0, 0), 30, ((32, 20, 1),)),)), 64, 64)
    assert (painter.paint(line, hints) != painter.paint(line, no_hints(64, 64))).any()


def test_padding_is_paper(model: Path) -> None:
    painter, line = load_painter(model), drawing(60, 60)
    whole = np.full((64, 64), 255, np.uint8)
    whole[:60, :60] = line
    assert (painter.paint(whole, no_hints(64, 64))[:60, :60] == painter.paint(line, no_hints(60, 60))).all()


def test_a_map_of_another_size_is_refused(model: Path) -> None:
    with pytest.raises(LcpipeError, match="this drawing needs"):
        load_painter(model).paint(drawing(64, 64), no_hints(32, 32))


def test_a_model_that_paints_no_numbers_is_named(model: Path) -> None:
    painter = load_painter(model)
    with torch.no_grad():
        next(painter.generator.parameters()).fill_(float("nan"))
    with pytest.raises(LcpipeError, match="no numbers"):
        painter.paint(drawing(64, 64), no_hints(64, 64))


def test_a_drawing_too_large_for_memory_is_refused(model: Path) -> None:
    line = np.lib.stride_tricks.as_strided(np.full(1, 255, np.uint8), (30_000, 30_000), (0, 0))
    with pytest.raises(LcpipeError, match="too large to paint"):
        load_painter(model).paint(line, no_hints(4, 4))


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_named(model: Path, device: str) -> None:
    with pytest.raises(RunError, match="cannot use the device"):
        load_painter(model, device)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no model")
    with pytest.raises(WeightsError):
        load_painter(tmp_path / "model.safetensors")
