"""Simulated points and strokes: as many as asked, coloured like the picture, the same for the same generator."""

import numpy as np
import pytest

from lcpipe.model.hint_draws import (
    counted_hints,
    drawn_region,
    drawn_stroke,
    mixed_hints,
    painted_hints,
    stroke_hints,
)
from lcpipe.pipeline.dataset.draws import generator

HALVES = np.zeros((64, 96, 3), np.uint8)
HALVES[:, :48] = (200, 40, 40)
HALVES[:, 48:] = (40, 40, 200)


def test_maps_have_the_picture_s_colors() -> None:
    seen = set()
    for seed in range(40):
        map_ = counted_hints(generator(seed, 0, "test"), HALVES, 3)
        assert map_.shape == (4, 16, 24)
        assert map_.dtype == np.float32
        seen |= {tuple(np.round((color + 1) * 127.5).astype(int)) for color in map_[:3, map_[3] == 1].T}
    assert {(200, 40, 40), (40, 40, 200)} <= seen


def test_strokes_stay_in_the_area_where_they_begin() -> None:
    for seed in range(200):
        stroke = drawn_stroke(generator(seed, 0, "test"), HALVES)
        sides = {x < 48 for x, _, _ in stroke.points}
        assert len(sides) == 1
        assert stroke.kind == ("stroke" if len(stroke.points) > 1 else "point")


def test_painted_pictures_have_their_own_colours_in_some_of_all_cells() -> None:
    shares = []
    for seed in range(60):
        map_ = painted_hints(generator(seed, 0, "test"), HALVES)
        seen = {tuple(np.round((color + 1) * 127.5).astype(int)) for color in map_[:3, map_[3] == 1].T}
        assert seen <= {(200, 40, 40), (40, 40, 200)}
        assert not map_[:, map_[3] == 0].any()
        shares.append(float(map_[3].mean()))
    assert min(shares) < 0.2
    assert max(shares) > 0.8


def test_no_hints_is_a_number_too() -> None:
    assert not counted_hints(generator(0, 0, "test"), HALVES, 0).any()


def test_fewer_hints_are_likelier_and_sometimes_there_are_none() -> None:
    shares = [float(stroke_hints(generator(seed, 0, "test"), HALVES, 24)[3].mean()) for seed in range(200)]
    assert 0 < shares.count(0) < 60
    assert np.median(shares) < np.mean(shares)


def test_the_same_generator_gives_the_same_map() -> None:
    first, second = (stroke_hints(generator(7, 3, "hints"), HALVES, 24) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("side", [16, 20])
def test_small_pictures_work(side: int) -> None:
    assert counted_hints(generator(0, 0, "test"), np.zeros((side, side, 3), np.uint8), 5).shape[1:] == (side // 4,) * 2


HALVES_LINE = np.full((64, 96), 255, np.uint8)
HALVES_LINE[:, 47:49] = 0


def test_a_region_fills_the_area_between_lines_with_its_colour() -> None:
    colors = set()
    for seed in range(20):
        region = drawn_region(generator(seed, 0, "test"), HALVES, HALVES_LINE)
        assert region is not None
        assert region.kind == "region"
        colors.add(region.color)
    assert colors == {(200, 40, 40), (40, 40, 200)}


def test_an_area_of_many_colours_is_not_filled() -> None:
    assert drawn_region(generator(0, 0, "test"), HALVES, np.full((64, 96), 255, np.uint8)) is None


def test_mixed_hints_keep_their_budget_and_always_give_one() -> None:
    shares = []
    for seed in range(120):
        map_ = mixed_hints(generator(seed, 0, "test"), HALVES, HALVES_LINE, 16, regions=0.0)
        assert map_.shape == (4, 16, 24)
        assert not map_[:, map_[3] == 0].any()
        shares.append(float(map_[3].sum()))
    assert min(shares) >= 1
    assert np.median(shares) < np.mean(shares)
    filled = [mixed_hints(generator(s, 0, "test"), HALVES, HALVES_LINE, 2, regions=1.0)[3].mean() for s in range(8)]
    assert min(filled) > 0.4


def test_shifted_hints_are_colours_near_their_places() -> None:
    ramp = np.tile(np.linspace(0, 255, 96, dtype=np.uint8)[None, :, None], (64, 1, 3))
    blank = np.full((64, 96), 255, np.uint8)
    distances = []
    for seed in range(60):
        map_ = mixed_hints(generator(seed, 0, "test"), ramp, blank, 1, shifted=1.0)
        columns = np.nonzero(map_[3])[1]
        found = (map_[0, map_[3] == 1] + 1) / 2 * 95
        distances.append(np.abs(found - columns * 4 - 2).mean())
    assert 0.5 < np.mean(distances) < 16
