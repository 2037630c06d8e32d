"""Dimensions, margins and thumbnails against pictures built to measure."""

import numpy as np
import pytest

from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.measure import Views
from lcpipe.pipeline.measures import dimensions, thumbnail, white_border

FACTS = Facts(
    format="JPEG", mode="CMYK", width=900, height=400, bits=8, frames=3, alpha_share=0.25, orientation=6, has_icc=True
)


def test_dimensions_are_the_facts_of_the_file() -> None:
    reduced = np.zeros((2, 4, 3), np.uint8)
    assert dimensions.measure(reduced, FACTS) == {
        "width": 900, "height": 400, "short_side": 400, "format": "JPEG", "mode": "CMYK", "bits": 8, "frames": 3,
        "alpha_share": 0.25, "has_icc": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("top", "bottom", "left", "right"), [(0, 0, 0, 0), (10, 0, 0, 0), (3, 7, 20, 5), (0, 50, 0, 1)]
)
def test_margins_are_shares_of_the_sides(top: int, bottom: int, left: int, right: int) -> None:
    pixels = np.full((100, 200, 3), 250, np.uint8)
    pixels[top : 100 - bottom, left : 200 - right] = (255, 255, 200)
    assert white_border.measure(pixels, FACTS) == {
        "white_border_top": top / 100,
        "white_border_bottom": bottom / 100,
        "white_border_left": left / 200,
        "white_border_right": right / 200,
        "white_border": max(top / 100, bottom / 100, left / 200, right / 200),
    }


@pytest.mark.parametrize(("level", "share"), [(255, 1.0), (246, 1.0), (200, 0.0), (0, 0.0)])
def test_an_empty_sheet_is_all_margin(level: int, share: float) -> None:
    values = white_border.measure(np.full((30, 40, 3), level, np.uint8), FACTS)
    assert set(values.values()) == {share}


def test_a_thumbnail_holds_area_means() -> None:
    squares = np.random.Generator(np.random.PCG64(2)).integers(0, 256, (32, 32, 3), np.uint8)
    pixels = squares.repeat(6, axis=0).repeat(4, axis=1)
    stored = np.frombuffer(thumbnail.measure(Views(pixels).squeezed, FACTS)["thumbnail"], np.uint8).reshape(32, 32, 3)
    np.testing.assert_array_equal(stored, squares)
