"""Hints for evaluation: fixed, nested, true in colour and never on ink."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lcpipe.model.hint_points import full_hints, sampled_points
from lcpipe.model.hints import hint_map


def drawing() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    color = np.full((64, 96, 3), (250, 200, 150), np.uint8)
    color[:, 48:] = (20, 60, 200)
    line = np.full((64, 96), 255, np.uint8)
    line[:, 46:50] = 0
    line[30] = 120
    color[line < 255] = 0
    return color, line


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("size", [4, 8, 16])
@pytest.mark.parametrize("count", [0, 1, 4, 16])
def test_points_cover_whole_cells_without_ink(count: int, size: int) -> None:
    color, line = drawing()
    points = sampled_points(rng(), color, line, count, size)
    hints = hint_map(points, 64, 96)
    assert len(points.strokes) == count
    assert (hints[3].sum() == count) if size == 4 else (hints[3].sum() <= count * (size // 4) ** 2)
    inked = line.reshape(16, 4, 24, 4).min(axis=(1, 3)) < 255
    assert not hints[3][inked].any()


def test_fewer_points_are_a_part_of_more() -> None:
    color, line = drawing()
    few, many = (sampled_points(rng(), color, line, count, 8).strokes for count in (4, 64))
    assert few == many[:4]


def test_colors_are_those_of_the_original_without_its_ink() -> None:
    color, line = drawing()
    strokes = sampled_points(rng(), color, line, 10_000, 4).strokes
    assert len(strokes) == (line.reshape(16, 4, 24, 4).min(axis=(1, 3)) == 255).sum()
    for stroke in strokes:
        x = stroke.points[0][0]
        assert stroke.color == ((250, 200, 150) if x < 48 else (20, 60, 200))


@pytest.mark.parametrize("side", [4, 7, 64])
def test_a_drawing_without_room_has_no_points(side: int) -> None:
    color, ink = np.zeros((side, side, 3), np.uint8), np.zeros((side, side), np.uint8)
    assert not sampled_points(rng(), color, ink, 5, 8).strokes
    assert bool(sampled_points(rng(), color, ink + np.uint8(255), 5, 8).strokes) == (side >= 8)


def test_full_hints_are_the_picture_at_a_quarter() -> None:
    color, _ = drawing()
    hints = full_hints(color)
    assert (hints[3] == 1).all()
    assert (hints[:3, 0, 0] + 1) * 127.5 == pytest.approx([250, 200, 150], abs=1e-3)
