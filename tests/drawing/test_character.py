"""Characters: the same for a seed, different between seeds, and lines that are the picture's own."""

from itertools import combinations

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image

from lcpipe.pipeline.dataset.materials import MATERIAL_HUES
from lcpipe.pipeline.drawing.character import Drawing, character_tags, draw_character, draw_materials

SEEDS = range(40)
APART = 6  # two pictures within so many bits of the perceptual hash count as near duplicates


@pytest.fixture(scope="module")
def drawings() -> list[Drawing]:
    return [draw_character(seed) for seed in SEEDS]


def test_a_picture_and_its_lines_share_one_size(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert drawing.color.dtype == drawing.line.dtype == np.uint8
        assert drawing.color.shape == (*drawing.line.shape, 3)
        assert min(drawing.line.shape) >= 768


def test_seeds_differ_in_their_aspect(drawings: list[Drawing]) -> None:
    assert {drawing.line.shape for drawing in drawings} == {(768, 768), (1024, 768), (768, 1024)}


def test_a_size_that_is_given_is_kept() -> None:
    assert draw_character(1, (320, 200)).color.shape == (200, 320, 3)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_seed_gives_the_same_bytes_on_any_number_of_threads(drawings: list[Drawing], threads: int) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        again = draw_character(3)
    finally:
        cv2.setNumThreads(before)
    assert np.array_equal(again.color, drawings[3].color)
    assert np.array_equal(again.line, drawings[3].line)


def test_lines_are_ink_on_white_paper(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert np.median(drawing.line) == 255
        assert drawing.line.min() < 10
        assert 0.008 < (drawing.line < 128).mean() < 0.15


def test_lines_lie_where_the_picture_has_edges(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        rims = (drawing.line < 100) & (cv2.dilate(drawing.line, np.ones((5, 5), np.uint8)) > 200)
        change = cv2.morphologyEx(drawing.color, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)).max(axis=2)
        assert (change[rims] > 10).mean() > 0.95
        assert np.median(change[drawing.line == 255]) < 16


def test_tags_need_no_drawing(drawings: list[Drawing]) -> None:
    for seed, drawing in zip(SEEDS, drawings, strict=True):
        assert drawing.tags == character_tags(seed)
        assert "solo" in drawing.tags
        assert not any(" " in tag for tag in drawing.tags)


def test_no_two_of_forty_look_alike(drawings: list[Drawing]) -> None:
    assert _closest([drawing.color for drawing in drawings]) > APART


@pytest.mark.slow
def test_no_two_of_two_hundred_look_alike() -> None:
    assert _closest([draw_character(seed).color for seed in range(200)]) > APART


def _closest(pictures: list[np.ndarray]) -> int:
    hashes = [imagehash.phash(Image.fromarray(picture)) for picture in pictures]
    return min(int(a - b) for a, b in combinations(hashes, 2))


def test_materials_have_the_lines_and_the_tags_of_the_character(drawings: list[Drawing]) -> None:
    painted = draw_materials(SEEDS[0])
    assert np.array_equal(painted.line, drawings[0].line)
    assert painted.tags == drawings[0].tags
    hsv = cv2.cvtColor(painted.color, cv2.COLOR_RGB2HSV)
    colorful = hsv[(hsv[..., 1] > 128) & (hsv[..., 2] > 160)][:, 0] * 2.0
    apart = np.abs((colorful[:, None] - [*MATERIAL_HUES.values()] + 180) % 360 - 180).min(axis=1)
    assert (apart < 18).mean() > 0.99
