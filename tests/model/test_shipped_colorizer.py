"""The model that comes with the package: small, with a card, and it paints by hints on drawings of any size."""

import colorsys
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from lcpipe.model.colorize import shipped_model
from lcpipe.model.hints import Hints, Stroke, hint_map, no_hints
from lcpipe.model.painter import Painter, load_painter
from lcpipe.pipeline.drawing.character import draw_character


def test_the_shipped_model_is_small_and_its_card_says_where_it_is_from() -> None:
    model = Path(shipped_model())
    assert model.name == "colorizer.safetensors"
    assert model.stat().st_size <= 16 * 2**20
    card = model.with_suffix(".md").read_text(encoding="utf-8")
    metadata = load_painter(model).metadata
    assert metadata["dataset"]["digest"] in card
    assert f"{metadata['run']['step']:,} steps" in card
    assert f"{model.stat().st_size:,} bytes" in card
    assert {"MIT", "cannot do"} <= set(re.findall("MIT|cannot do", card))


def test_hints_change_what_it_paints_towards_their_colours() -> None:
    painter = load_painter(shipped_model())
    line = np.full((90, 130), 255, np.uint8)
    line[10:80, 64:66] = 0
    red = Hints((Stroke("stroke", (200, 60, 50), 14, ((20.0, 30.0, 1.0), (40.0, 60.0, 1.0))),))
    plain, hinted = painter.paint(line, no_hints(90, 130)), painter.paint(line, hint_map(red, 90, 130))
    assert hinted.shape == (90, 130, 3)
    there = (slice(40, 50), slice(25, 35))
    change = hinted[there].astype(int).mean((0, 1)) - plain[there].mean((0, 1))
    assert change[0] - change[2] > 20


@pytest.fixture(scope="module")
def painter() -> Painter:
    return load_painter(shipped_model())


@pytest.fixture(scope="module")
def line() -> np.ndarray:
    return np.asarray(
        cv2.resize(draw_character(9_999, (768, 768)).line, (160, 160), interpolation=cv2.INTER_AREA), np.uint8
    )


@pytest.mark.parametrize("degrees", [0, 60, 120, 180, 240, 280, 320])
def test_a_hint_of_any_hue_gives_that_hue(painter: Painter, line: np.ndarray, degrees: int) -> None:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(degrees / 360, 0.6, 0.75))
    hint = Hints((Stroke("point", (red, green, blue), 20, ((20.0, 20.0, 1.0),)),))
    painted = painter.paint(line, hint_map(hint, *line.shape))[16:24, 16:24]
    hue, saturation, _ = cv2.cvtColor(painted.mean((0, 1), np.float32, keepdims=True) / 255, cv2.COLOR_RGB2HSV)[0, 0]
    assert abs((hue - degrees + 180) % 360 - 180) < 30
    assert saturation > 0.3
