"""Tiles cover a drawing once, and nobody can see where they meet."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.small_model import make_small_model

from lcpipe.model import tiles
from lcpipe.model.hints import Hints, Stroke, hint_map
from lcpipe.model.networks import Generator, GeneratorConfig, scale_weights
from lcpipe.model.painter import Painter, load_painter
from lcpipe.model.shares import Cancelled


@given(st.integers(1, 300), st.integers(0, 200), st.sampled_from([128, 512]))
def test_tiles_cover_an_axis_once(sixteenths: int, reach_px: int, tile_px: int) -> None:
    length = 16 * sixteenths
    cut = tiles.spans(length, reach_px, tile_px)
    assert [place for span in cut for place in range(span.start, span.stop)] == list(range(length))
    for span in cut:
        assert span.stop - span.start <= tile_px + 15
        assert span.outer_start % 16 == span.outer_stop % 16 == 0
        assert span.outer_start in (0, min(span.outer_start, span.start - reach_px))
        assert span.outer_stop in (length, max(span.outer_stop, span.stop + reach_px))


def scribbled(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A drawing with lines everywhere, and hints across the borders of tiles."""
    rng = np.random.Generator(np.random.PCG64(7))
    line = np.where(rng.random((height // 8, width // 8)) < 0.2, 0, 255).astype(np.uint8)
    line = np.kron(line, np.ones((8, 8), np.uint8))
    strokes = tuple(
        Stroke(
            "stroke",
            tuple(int(v) for v in rng.integers(0, 256, 3)),
            20.0,
            tuple((*rng.uniform(0, width, 2), 1.0) for _ in range(3)),
        )  # type: ignore[arg-type]
        for _ in range(12)
    )
    return line, hint_map(Hints(strokes), height, width, line)


@pytest.mark.parametrize("blocks", [(2, 1, 2, 2), (3, 8, 8, 5)])
def test_a_picture_of_tiles_is_that_of_one_pass(blocks: tuple[int, int, int, int]) -> None:
    torch.manual_seed(3)
    generator = Generator(GeneratorConfig(8, blocks, 0)).eval()
    scale_weights(generator)
    painter = Painter(generator, None, {}, torch.device("cpu"))
    line, hints = scribbled(1024, 1024)
    tiled = painter.paint(line, hints).astype(np.int16)
    with torch.inference_mode():
        drawing = torch.from_numpy(line).float()[None, None] / 127.5 - 1
        whole = generator(drawing, torch.from_numpy(hints)[None])[0]
    one_pass = ((whole + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0).numpy().astype(np.int16)
    assert len(tiles.spans(1024, generator.finish_reach_px)) == 2
    assert np.ptp(one_pass) > 30  # a picture, not one grey
    assert np.abs(tiled - one_pass).mean() <= 0.01
    assert np.abs(tiled - one_pass).max() <= 1


def test_what_was_prepared_paints_the_same_bytes(tmp_path: Path) -> None:
    painter = load_painter(make_small_model(tmp_path / "model.safetensors"))
    line, hints = scribbled(528, 64)
    prepared = painter.prepare(line)
    assert painter.paint_prepared(prepared, hints).tobytes() == painter.paint(line, hints).tobytes()
    assert painter.paint_prepared(prepared, hints).tobytes() == painter.paint(line, hints).tobytes()


def test_painting_ends_between_levels_and_tiles_when_nobody_waits(tmp_path: Path) -> None:
    painter = load_painter(make_small_model(tmp_path / "model.safetensors"))
    line, hints = scribbled(1040, 64)
    prepared = painter.prepare(line)
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        painter.paint_prepared(prepared, hints, stop)
    assert len(asked) == 3
