"""Grayness and colourfulness against pictures whose values follow from the formula."""

import numpy as np
import pytest

from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.measure import Views
from lcpipe.pipeline.measures import colorfulness, grayness

FACTS = Facts(
    format="PNG", mode="RGB", width=1, height=1, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)


def _gray(pixels: np.ndarray) -> float:
    return float(grayness.measure(Views(pixels).planes, FACTS)["grayness"])


def _colorful(pixels: np.ndarray) -> float:
    return float(colorfulness.measure(Views(pixels).planes, FACTS)["colorfulness"])


def grey_noise() -> np.ndarray:
    return np.random.Generator(np.random.PCG64(0)).integers(0, 256, (60, 80, 1), np.uint8).repeat(3, axis=2)


def test_grey_is_the_maximum() -> None:
    assert _gray(grey_noise()) == 1.0
    assert _colorful(grey_noise()) == 0.0


def test_grayness_is_one_minus_the_chroma() -> None:
    pixels = np.full((10, 10, 3), (200, 149, 180), np.uint8)
    assert _gray(pixels) == pytest.approx(1 - 51 / 255)


@pytest.mark.parametrize(("colored", "grey"), [(1, True), (2, True), (3, False), (50, False)])
def test_two_rows_in_a_hundred_may_be_coloured(colored: int, grey: bool) -> None:
    pixels = np.full((100, 30, 3), 240, np.uint8)
    pixels[:colored] = (255, 0, 0)
    assert (_gray(pixels) == 1.0) is grey


def test_colorfulness_is_the_formula() -> None:
    pixels = np.random.Generator(np.random.PCG64(4)).integers(0, 256, (50, 70, 3), np.uint8)
    red, green, blue = np.moveaxis(pixels.astype(np.float64), 2, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    wanted = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert _colorful(pixels) == pytest.approx(wanted, rel=1e-6)


def test_of_one_plain_color_only_the_offset_counts() -> None:
    assert _colorful(np.full((9, 9, 3), (255, 0, 0), np.uint8)) == pytest.approx(0.3 * np.hypot(255, 127.5))
