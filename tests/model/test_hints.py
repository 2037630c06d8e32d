"""Strokes become the map that the generator reads: geometry as the oracle."""

import numpy as np
import pytest

from lcpipe.model.hints import Hints, Kind, Stroke, cell_map, hint_map, paint_hints
from lcpipe.pipeline.dataset.errors import LcpipeError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def stroke(kind: Kind, color: tuple[int, int, int], size: float, *points: tuple[float, ...]) -> Stroke:
    return Stroke(kind, color, size, tuple((p[0], p[1], p[2] if len(p) > 2 else 1.0) for p in points))


def covered(*strokes: Stroke, height: int = 64, width: int = 96, line: np.ndarray | None = None) -> np.ndarray:
    return paint_hints(Hints(strokes), height, width, line)[..., 3] > 0


def two_rooms() -> np.ndarray:
    """A drawing of 64 x 96: a box with a wall in the middle."""
    line = np.full((64, 96), 255, np.uint8)
    line[8:56, 8] = line[8:56, 48] = line[8:56, 88] = 0
    line[8, 8:89] = line[55, 8:89] = 0
    return line


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7.5, 20, 41])
@pytest.mark.parametrize("center", [(48, 32), (48.5, 32.5), (47.3, 31.8)])
def test_a_point_is_a_disc_of_its_diameter(size: float, center: tuple[float, float]) -> None:
    y, x = np.mgrid[:64, :96] + 0.5
    disc = np.hypot(x - center[0], y - center[1]) <= size / 2
    disc[int(center[1]), int(center[0])] = True
    assert (covered(stroke("point", RED, size, center)) == disc).all()


@pytest.mark.parametrize(
    "ends", [((20, 20), (70, 40)), ((70.2, 50.1), (20, 10)), ((30, 10), (30, 50)), ((10, 30), (80, 30))]
)
def test_a_stroke_sweeps_its_disc(ends: tuple[tuple[float, float], ...]) -> None:
    y, x = np.mgrid[:64, :96] + 0.5
    (x0, y0), (x1, y1) = ends
    along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0, 1)
    near = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)) <= 5
    assert (covered(stroke("stroke", RED, 10, *ends)) != near).sum() <= 2  # rounding on the rim


def test_pressure_scales_the_diameter() -> None:
    mask = covered(stroke("stroke", RED, 20, (20, 32, 1), (76, 32, 0.1)))
    height = mask.sum(axis=0)
    assert height[22] == 20
    assert 8 <= height[50] <= 13
    assert height[76] <= 2


def test_a_small_disc_inside_a_large_one_adds_nothing() -> None:
    large = covered(stroke("stroke", RED, 30, (40, 30, 1)))
    assert (covered(stroke("stroke", RED, 30, (40, 30, 1), (43, 32, 0.1))) == large).all()


def test_several_points_are_dabs_and_a_stroke_joins_them() -> None:
    places = (10, 30), (80, 30)
    assert not covered(stroke("point", RED, 6, *places))[30, 45]
    assert covered(stroke("stroke", RED, 6, *places))[30, 45]


def test_shapes_outside_the_drawing_are_cut_off() -> None:
    assert covered(stroke("point", RED, 20, (0, 0)))[:9, 0].all()
    assert covered(stroke("stroke", RED, 4, (-500, 32), (600, 32))).sum() == 4 * 96
    for place in [(-50, 5), (500, 5), (5, -50), (5, 500)]:
        assert not covered(stroke("point", RED, 8, place)).any()
        assert not covered(stroke("region", RED, 8, place), line=two_rooms()).any()


def test_later_covers_earlier_and_erase_removes_what_lies_below() -> None:
    below, above = stroke("point", RED, 20, (30, 30)), stroke("point", GREEN, 10, (30, 30))
    rubber = stroke("erase", RED, 4, (30, 30))
    canvas = paint_hints(Hints((below, above, rubber)), 64, 96)
    assert tuple(canvas[30, 38]) == (*RED, 255)
    assert tuple(canvas[30, 34]) == (*GREEN, 255)
    assert tuple(canvas[30, 30]) == (0, 0, 0, 0)
    again = paint_hints(Hints((below, above, rubber, stroke("point", BLUE, 2, (30, 30)))), 64, 96)
    assert tuple(again[30, 30]) == (*BLUE, 255)


def test_a_region_fills_the_closed_area_under_its_point() -> None:
    mask = covered(stroke("region", RED, 8, (20, 30)), line=two_rooms())
    assert mask.sum() == (48 - 9) * (55 - 9)
    assert mask[9, 9]
    assert not mask[30, 60]


def test_a_region_clicked_on_a_line_means_the_paper_beside_it() -> None:
    assert covered(stroke("region", RED, 8, (48, 30)), line=two_rooms()).sum() == 46 * 39


def test_a_region_in_solid_ink_is_that_ink() -> None:
    line = np.full((64, 96), 255, np.uint8)
    line[10:50, 10:50] = 0
    assert covered(stroke("region", RED, 8, (30, 30)), line=line).sum() == 40 * 40


def test_a_slanted_line_of_one_pixel_closes_a_region() -> None:
    line = np.where(np.eye(64, dtype=bool), 0, 255).astype(np.uint8)
    assert covered(stroke("region", RED, 8, (60, 3)), height=64, width=64, line=line).sum() == 64 * 63 // 2


def test_a_region_of_several_points_is_a_polygon() -> None:
    mask = covered(stroke("region", RED, 8, (10, 10), (50, 10), (50, 40), (10, 40)))
    assert mask.sum() == 41 * 31
    assert mask[10, 10]
    assert mask[40, 50]


def test_a_region_of_one_point_needs_the_drawing() -> None:
    with pytest.raises(LcpipeError, match="no drawing"):
        hint_map(Hints((stroke("region", RED, 8, (10, 10)),)), 64, 96)


def test_a_cell_holds_the_mean_of_what_covers_it() -> None:
    canvas = np.zeros((8, 8, 4), np.uint8)
    canvas[:4, 0] = (*RED, 255)
    canvas[:2, 1] = (*BLUE, 128)
    canvas[2:4, 1] = (*GREEN, 127)  # less than half opaque: no hint
    hints = cell_map(canvas)
    assert hints[3].tolist() == [[1, 0], [0, 0]]
    assert hints[:3, 0, 0] == pytest.approx([4 / 6 * 2 - 1, -1, 2 / 6 * 2 - 1], abs=1e-6)
    assert not hints[:3, 1].any()


@pytest.mark.parametrize(("height", "width"), [(64, 96), (65, 97), (3, 2), (1, 1)])
def test_any_size_has_a_map(height: int, width: int) -> None:
    hints = hint_map(Hints((stroke("point", RED, 8, (width, height)),)), height, width)
    assert hints.shape == (4, -(-height // 4), -(-width // 4))
    assert hints.dtype == np.float32
    assert hints[:, -1, -1].tolist() == [1, -1, -1, 1]


def test_no_strokes_are_no_hints() -> None:
    assert not hint_map(Hints(), 64, 96).any()
