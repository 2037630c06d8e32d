"""Contact sheets."""

import numpy as np

from lcpipe.pipeline.drawing.sheet import contact_sheet


def test_a_sheet_has_a_tile_for_each_picture() -> None:
    dark = np.zeros((40, 80, 3), np.uint8)
    sheet = contact_sheet([dark, np.zeros((80, 80), np.uint8), dark], 2, 20)
    assert sheet.shape == (40, 40, 3)
    assert sheet.dtype == np.uint8
    assert (sheet[:20, 20:] == 0).all()
    assert (sheet[5:15, :20] == 0).all()
    assert (sheet[:5, :20] == 255).all()
    assert (sheet[20:, 20:] == 255).all()


def test_an_empty_sheet_is_white() -> None:
    assert (contact_sheet([], 3, 10) == 255).all()
