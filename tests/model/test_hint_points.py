"""Hints for evaluation: fixed, nested, true in colour and never on ink."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lcpipe.model.hint_points import full_hints, paper_cells, sampled_points
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


@pytest.mark.parametrize("count", [0, 1, 4, 16, 64])
def test_as_many_cells_as_asked_for(count: int) -> None:
    color, line = drawing()
    hints = hint_map(sampled_points(rng(), color, line, count), 64, 96)
    assert hints[3].sum() == count
    assert not hints[3][~paper_cells(line)].any()


def test_fewer_points_are_a_part_of_more() -> None:
    color, line = drawing()
    few, many = (sampled_points(rng(), color, line, count).strokes for count in (4, 64))
    assert few == many[:4]


def test_colors_are_those_of_the_original_without_its_ink() -> None:
    color, line = drawing()
    strokes = sampled_points(rng(), color, line, 10_000).strokes
    assert len(strokes) == paper_cells(line).sum()
    for stroke in strokes:
        x = stroke.points[0][0]
        assert stroke.color == ((250, 200, 150) if x < 48 else (20, 60, 200))


def test_a_drawing_of_ink_alone_has_no_place_for_points() -> None:
    assert not sampled_points(rng(), np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8), 5).strokes


def test_full_hints_are_the_picture_at_a_quarter() -> None:
    color, _ = drawing()
    hints = full_hints(color)
    assert (hints[3] == 1).all()
    assert (hints[:3, 0, 0] + 1) * 127.5 == pytest.approx([250, 200, 150], abs=1e-3)
