"""Pairs are changed together, and a rough hand changes ink only."""

import numpy as np
import pytest

from lcpipe.model import augment
from lcpipe.model.augment import CHANCE, crop_and_flip, recolored, scaled, sketched
from lcpipe.pipeline.dataset.draws import generator

CHANGES = (augment.weighted, augment.faded, augment.grained, augment.gapped, augment.softened)


def drawing(side: int = 96) -> np.ndarray:
    line = np.full((side, side), 255, np.uint8)
    line[side // 4, 8:-8] = 0
    line[8:-8, side // 2] = 0
    return line


def test_a_scaled_pair_stays_a_pair_and_above_the_crop() -> None:
    line = drawing()
    color = np.dstack([line] * 3)
    sides = set()
    for seed in range(40):
        small_color, small_line = scaled(generator(seed, 0, "scale"), color, line, (0.3, 1.0), 64)
        assert small_color.shape[:2] == small_line.shape
        assert np.abs(small_color[..., 0].astype(int) - small_line).max() <= 1
        sides.add(small_line.shape[0])
    assert min(sides) == 64
    assert max(sides) > 80


def test_pictures_of_the_crop_s_size_are_left_alone() -> None:
    line = drawing(64)
    color, same = scaled(generator(0, 0, "scale"), np.dstack([line] * 3), line, (0.5, 1.0), 64)
    assert same is line
    assert crop_and_flip(generator(0, 0, "crop"), color, same, 64)[1].shape == (64, 64)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_moves_ink_and_leaves_blank_paper_alone(change: object) -> None:
    assert callable(change)
    ink = 255.0 - drawing().astype(np.float32)
    moved = [change(generator(seed, 0, "hand"), ink.copy()) for seed in range(8)]
    assert all(result.shape == ink.shape and result.dtype == np.float32 for result in moved)
    assert all(not np.array_equal(result, ink) for result in moved)
    blank = np.zeros((32, 48), np.float32)
    assert not change(generator(0, 0, "hand"), blank).any()


def test_a_rough_hand_keeps_paper_white_and_most_of_the_drawing() -> None:
    line = drawing()
    far = np.full(line.shape, True)
    far[20:29], far[:, 44:53] = False, False
    left = []
    for seed in range(64):
        result = sketched(generator(seed, 0, "hand"), line)
        assert result.dtype == np.uint8
        assert (result[far] == 255).all()
        left.append((255.0 - result).sum() / (255.0 - line).sum())
    assert np.median(left) > 0.3
    assert min(left) > 0.01


def test_sometimes_nothing_is_changed_and_the_same_draw_gives_the_same_lines() -> None:
    line = drawing()
    same = [np.array_equal(sketched(generator(seed, 0, "hand"), line), line) for seed in range(200)]
    assert 0 < sum(same) < 200 * 4 * CHANCE ** len(CHANGES)
    assert np.array_equal(sketched(generator(1, 0, "hand"), line), sketched(generator(1, 0, "hand"), line))


def test_recolored_pictures_change_hue_and_keep_greys_skin_and_edges() -> None:
    color = np.full((8, 12, 3), 128, np.uint8)
    color[:, 4:8], color[:, 8:] = (40, 70, 160), (60, 140, 50)
    color[0] = (240, 210, 190)
    hues = set()
    for seed in range(20):
        turned = recolored(generator(seed, 0, "dye"), color)
        assert turned.dtype == np.uint8
        assert (turned[0] == color[0]).all()
        assert (turned[1:, :4] == 128).all()
        assert all((turned[1:, span] == turned[1, span.start]).all() for span in (slice(4, 8), slice(8, 12)))
        assert (turned[1, 4] != turned[1, 8]).any()
        hues.add(int(turned[1, 4].argmax()))
    assert hues == {0, 1, 2}
