"""The model that comes with the package: small, with a card, and it paints by hints on drawings of any size."""

import re
from pathlib import Path

import numpy as np

from lcpipe.model.colorize import shipped_model
from lcpipe.model.hints import Hints, Stroke, hint_map, no_hints
from lcpipe.model.painter import load_painter


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
