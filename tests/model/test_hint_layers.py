"""A picture of hints becomes strokes that cover its very pixels, and carries those it was made of."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from lcpipe.model.hint_layers import KEY, layer_png, read_layer, traced
from lcpipe.model.hints import Hints, Stroke, paint_hints
from lcpipe.pipeline.dataset.errors import LcpipeError


def png(pixels: np.ndarray, **text: str) -> bytes:
    said = PngImagePlugin.PngInfo()
    for key, value in text.items():
        said.add_text(key.replace("_", "-"), value)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=said)
    return file.getvalue()


@given(st.integers(1, 24), st.integers(1, 24), st.integers(1, 4), st.integers(0, 2**32), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_traced_hints_cover_the_same_pixels(height: int, width: int, colors: int, seed: int, side: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    cells = rng.integers(0, colors + 1, (height, width))
    table = np.vstack([[9, 9, 9, 127], np.c_[rng.integers(0, 256, (colors, 3)), np.full(colors, 128)]])
    canvas = np.kron(table[cells], np.ones((side, side, 1))).astype(np.uint8)
    covered = canvas[..., 3:] >= 128
    wanted = np.where(covered, np.dstack([canvas[..., :3], np.full_like(canvas[..., 3], 255)]), 0)
    assert (paint_hints(traced(canvas), *canvas.shape[:2]) == wanted).all()


def test_a_ring_stays_open_and_holds_what_lies_in_it() -> None:
    canvas = np.zeros((40, 40, 4), np.uint8)
    canvas[5:35, 5:35] = (200, 0, 0, 255)
    canvas[10:30, 10:30] = 0
    canvas[15:25, 15:25] = (0, 0, 200, 255)
    assert (paint_hints(traced(canvas), 40, 40) == canvas).all()


def test_a_layer_carries_its_strokes() -> None:
    hints = Hints(
        (Stroke("stroke", (1, 2, 3), 7.25, ((3.5, 4.25, 0.5), (20, 9, 1))), Stroke("erase", (0, 0, 0), 3, ((9, 6, 1),)))
    )
    data = layer_png(paint_hints(hints, 24, 32), hints, "0" * 64)
    assert read_layer(data, 24, 32) == (True, hints)
    assert json.loads(Image.open(io.BytesIO(data)).info[KEY])["line"] == "0" * 64
    with pytest.raises(LcpipeError, match="32 x 24 pixels: open their drawing first"):
        read_layer(data, 24, 31)


@pytest.mark.parametrize("text", ["{", "[]", '{"strokes": [{"kind": "line"}]}', "[" * 100_000])
def test_damaged_strokes_are_refused(text: str) -> None:
    with pytest.raises(LcpipeError):
        read_layer(png(np.zeros((8, 8, 4), np.uint8), lcpipe_hints=text), 8, 8)


def test_other_pictures_are_no_layers() -> None:
    clear, half = np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 4), np.uint8)
    half[:4] = 255
    assert read_layer(b"no picture", 8, 8) is None
    assert read_layer(png(np.zeros((8, 8, 3), np.uint8)), 8, 8) is None
    assert read_layer(png(clear), 8, 8) is None
    assert read_layer(png(np.full_like(half, 255)), 8, 8) is None
    assert read_layer(png(half), 8, 9) is None
    assert read_layer(png(half), 8, 8) is not None


def test_too_many_areas_are_refused() -> None:
    canvas = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (102, 102, 4)).astype(np.uint8)
    canvas[..., 3] = 255
    canvas[0, 0, 3] = 0
    with pytest.raises(LcpipeError, match="more than 10000 areas"):
        traced(canvas)


def test_an_area_full_of_holes_is_cut_through_them() -> None:
    canvas = np.full((60, 80, 4), 255, np.uint8)
    canvas[1:-1:2, 1:-1:2] = 0
    assert (paint_hints(traced(canvas), 60, 80) == canvas).all()
