"""The task `lines`: styles that keep true lines in place, a loss that falls, and runs that go on bit for bit."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from lcpipe.extractors import sketch
from lcpipe.model.line_augment import CHANGES, restyled
from lcpipe.model.line_task import line_loss
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.trainer import train
from lcpipe.pipeline.drawing.character import draw_character

SMALL = ("size=64", "batch=2", "threads=1", "workers=0", "data.scale=[1.0,1.0]")


def config(steps: int) -> RunConfig:
    return configure("lines", [*SMALL, "output.log_every=1"], steps)


def crop() -> tuple[np.ndarray, np.ndarray]:
    drawing = draw_character(3)
    box = slice(250, 346), slice(300, 396)
    return drawing.color[box].astype(np.float32) / 255, 1 - drawing.line[box].astype(np.float32) / 255


@pytest.mark.parametrize("change", [change for change, _ in CHANGES], ids=lambda change: change.__name__)
def test_every_change_keeps_size_and_leaves_what_it_is_given(change) -> None:  # type: ignore[no-untyped-def]
    picture, ink = crop()
    before = picture.copy()
    for seed in range(3):
        changed = change(np.random.Generator(np.random.PCG64(seed)), picture, ink)
        assert changed.shape == picture.shape
        assert np.isfinite(changed).all()
    np.testing.assert_array_equal(picture, before)


def test_styles_are_a_function_of_the_generator() -> None:
    picture, ink = crop()
    one, same, other = (restyled(np.random.Generator(np.random.PCG64(seed)), picture, ink) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.05
    assert one.min() >= 0
    assert one.max() <= 1


def test_loss_is_least_where_the_ink_is_right() -> None:
    ink = torch.zeros(1, 1, 16, 16)
    ink[..., 8, :] = 1
    right, shifted, blank = (line_loss(20 * one - 10, ink) for one in (ink, ink.roll(4, 2), torch.zeros_like(ink)))
    assert right < 0.1 < shifted
    assert right < blank


def test_trains_resumes_bit_for_bit_and_gives_what_sketch_draws_with(tiny_dataset: Path, tmp_path: Path) -> None:
    whole = train(str(tiny_dataset), tmp_path / "whole", config(4))
    train(str(tiny_dataset), tmp_path / "parts", config(2))
    parts = train(str(tiny_dataset), tmp_path / "parts", config(4))
    assert parts.resumed_from == 2
    assert whole.model.read_bytes() == parts.model.read_bytes()
    draw = sketch.prepare(sketch.Settings(), load_file(whole.model))
    assert draw([np.zeros((20, 30, 3), np.uint8)], [])[0].shape == (20, 30)
