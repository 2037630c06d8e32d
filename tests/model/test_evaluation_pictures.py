"""Sheets and charts: everything has its place, and odd numbers draw something."""

import numpy as np
import pytest
from PIL import ImageFont

from lcpipe.model.evaluation_charts import Curve, curve_chart, ticks
from lcpipe.model.evaluation_sheets import GAP_PX, HEAD_PX, MARGIN_PX, Column, table


def picture(height: int, width: int, color: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), color, np.uint8)


def test_pictures_of_all_shapes_fit_their_cells() -> None:
    red, blue = (255, 0, 0), (0, 0, 255)
    sheet = table(
        [
            Column("a", [picture(30, 60, red), picture(500, 100, red)]),
            Column("b", [picture(30, 60, blue), picture(500, 100, blue)]),
        ],
        40,
    )
    assert sheet.shape == (2 * MARGIN_PX + HEAD_PX + 20 + GAP_PX + 40, 2 * MARGIN_PX + 2 * 40 + GAP_PX, 3)
    for color in (red, blue):
        assert (sheet == color).all(axis=2).sum() == 40 * 20 + 8 * 40


def test_titles_have_room_where_cells_are_small() -> None:
    small = [Column("painted, full hints", [picture(32, 32, (9, 9, 9))]), Column("b", [picture(32, 32, (9, 9, 9))])]
    title = int(ImageFont.load_default(size=15).getlength("painted, full hints"))
    assert table(small, 32).shape[1] == 2 * MARGIN_PX + 2 * title + GAP_PX


@pytest.mark.parametrize(("low", "high"), [(9, 17), (-0.02, 0.31), (0, 100), (1e-6, 3e-6), (-5, -1)])
def test_ticks_are_few_round_numbers_within(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    assert low <= found[0]
    assert found[-1] <= high


@pytest.mark.parametrize(
    "points",
    [
        [(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)],
        [None, (0.0, 0.0, 0.0)],
        [(-3.0, 2.0, 9.0), (1e6, 1e6, 1e6)],
    ],
)
def test_a_chart_draws_every_mean_that_there_is(points: list[tuple[float, float, float] | None]) -> None:
    chart = curve_chart([Curve("a", points)], ["0", "<full>"])
    assert chart.count("<circle") == sum(point is not None for point in points)
    assert "nan" not in chart
    assert "&lt;full&gt;" in chart


def test_nothing_measured_is_no_chart() -> None:
    assert curve_chart([Curve("a", [None, None])], ["0", "1"]) == ""
