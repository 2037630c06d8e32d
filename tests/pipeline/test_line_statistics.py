"""The six numbers of the domain gap, on drawings whose numbers are known by construction."""

import cv2
import numpy as np
import pytest

from lcpipe.pipeline.line_statistics import line_statistics, mean_statistics


def sheet() -> np.ndarray:
    return np.full((200, 300), 255, np.uint8)


def test_blank_paper_has_nothing() -> None:
    found = line_statistics(sheet())
    assert (found.ink, found.grey, found.stroke_px, found.specks, found.connected, found.sharpness) == (0,) * 6


def test_solid_ink_is_one_piece() -> None:
    found = line_statistics(np.zeros((20, 20), np.uint8))
    assert found.ink == found.connected == 1


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 9])
def test_stroke_width_is_that_of_the_pen(width: int) -> None:
    line = sheet()
    line[100 : 100 + width, 20:280] = 0
    assert line_statistics(line).stroke_px == pytest.approx(width, abs=0.05)


def test_specks_are_counted_by_the_megapixel() -> None:
    line = sheet()
    line[10:150:20, 10:290:20] = 0  # 7 x 14 dots
    assert line_statistics(line).specks == pytest.approx(98 / 0.06)


def test_pieces_share_the_ink() -> None:
    line = sheet()
    line[20, 20:100] = line[60, 20:40] = 0
    assert line_statistics(line).connected == pytest.approx(0.8)


def test_blur_takes_sharpness_and_gives_grey() -> None:
    line = sheet()
    cv2.circle(line, (150, 100), 60, [0], 3)
    soft = np.asarray(cv2.GaussianBlur(line, (0, 0), 1.0))
    sharp_found, soft_found = line_statistics(line), line_statistics(soft)
    assert sharp_found.sharpness == 1
    assert soft_found.sharpness < 0.5
    assert sharp_found.grey == 0 < soft_found.grey


def test_mean_of_several() -> None:
    ink = np.zeros((20, 20), np.uint8)
    assert mean_statistics([line_statistics(ink), line_statistics(sheet())]).ink == 0.5
