"""Sharpness, blocks, grain, screentone, lettering, bars and palettes on pictures built to have them, or not."""

from typing import Any

import cv2
import numpy as np
import pytest

from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.measure import Views
from lcpipe.pipeline.measures import (
    blockiness,
    letterbox,
    lightness,
    noise,
    palette,
    saturation,
    screentone,
    sharpness,
    solid_border,
    text,
)

FACTS = Facts(
    format="PNG", mode="RGB", width=1, height=1, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)


def value(module: Any, pixels: np.ndarray, column: str | None = None) -> float:
    measured = module.measure(getattr(Views(pixels), module.needs), FACTS)
    return float(measured[column or next(iter(measured))])


@pytest.fixture(scope="module")
def character() -> np.ndarray:
    """One of the project's own pictures, uint8 (768, W, 3)."""
    return draw_character(3).color


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def test_sharpness_falls_with_blur_and_with_enlargement(character: np.ndarray) -> None:
    blurred = [value(sharpness, cv2.GaussianBlur(character, (0, 0), sigma)) for sigma in (1, 2, 4)]
    large = cv2.resize(character, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert value(sharpness, character) > blurred[0] > blurred[1] > blurred[2]
    assert value(sharpness, large) < value(sharpness, character)


def test_an_edge_of_one_pixel_is_as_sharp_as_can_be() -> None:
    edges = np.zeros((200, 200, 3), np.uint8)
    edges[:, ::20] = 255
    assert value(sharpness, edges) == 1.0
    assert value(sharpness, np.full((60, 60, 3), 90, np.uint8)) == 0.0


def test_blocks_grow_with_compression_and_survive_a_crop(character: np.ndarray) -> None:
    rising = [value(blockiness, jpeg(character, quality)) for quality in (95, 30, 5)]
    assert value(blockiness, character) < 0.15
    assert rising[0] < rising[1] < rising[2]
    assert value(blockiness, jpeg(character, 5)[3:-2, 5:-1]) == pytest.approx(rising[2], rel=0.15)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_the_deviation_of_the_grain(character: np.ndarray, sigma: float) -> None:
    grain = np.random.Generator(np.random.PCG64(1)).normal(0, sigma, (*character.shape[:2], 1))
    grainy = np.clip(np.round(character * 0.5 + 60 + grain), 0, 255).astype(np.uint8)
    assert value(noise, grainy) == pytest.approx(sigma, rel=0.25)
    assert value(noise, character) < 1.0


def dots(side: int, period: int) -> np.ndarray:
    y, x = np.mgrid[0:side, 0:side]
    plane = np.where((x % period - period // 2) ** 2 + (y % period - period // 2) ** 2 < (period / 3) ** 2, 0, 255)
    return np.repeat(plane[..., None].astype(np.uint8), 3, axis=2)


@pytest.mark.parametrize("period", [4, 6, 9])
def test_a_grid_of_dots_is_screentone(period: int) -> None:
    page = np.full((768, 768, 3), 255, np.uint8)
    page[:384] = dots(768, period)[:384]
    assert value(screentone, page) == pytest.approx(0.5, abs=0.05)


def test_grain_edges_and_characters_are_none(character: np.ndarray) -> None:
    grain = np.random.Generator(np.random.PCG64(2)).integers(0, 256, (400, 400, 1), np.uint8).repeat(3, axis=2)
    assert value(screentone, grain) == 0.0
    assert value(screentone, character) < 0.05


def page_of_text(size: int, ink: int, paper: int) -> np.ndarray:
    page = np.full((size, size, 3), paper, np.uint8)
    words = "the quick brown fox jumps over a lazy dog and runs away from it at once"
    for row in range(30, size - 10, 26):
        cv2.putText(page, words, (20, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (ink,) * 3, 1, cv2.LINE_AA)
    return page


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 20), (60, 200)])
def test_a_page_of_text_is_text(ink: int, paper: int) -> None:
    assert value(text, page_of_text(512, ink, paper)) > 0.1


def test_a_character_is_hardly_text_and_a_caption_is(character: np.ndarray) -> None:
    plain = np.full((768, 768, 3), (250, 220, 225), np.uint8)
    cv2.putText(plain, "SAMPLE PICTURE 2024", (40, 700), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 0), 2, cv2.LINE_AA)
    assert value(text, character) < 0.02
    assert value(text, plain) > 0.02


def test_borders_of_any_plain_colour_are_found_side_by_side() -> None:
    picture = np.random.Generator(np.random.PCG64(3)).integers(0, 256, (100, 200, 3), np.uint8)
    picture[:10] = (200, 30, 40)
    picture[-25:] = (10, 90, 40)
    measured = solid_border.measure(picture, FACTS)
    assert list(measured.values()) == [0.1, 0.25, 0.0, 0.0, 0.25]


def test_a_speck_of_dust_does_not_end_a_border() -> None:
    picture = np.full((100, 300, 3), 230, np.uint8)
    picture[40:] = np.random.Generator(np.random.PCG64(3)).integers(0, 256, (60, 300, 3), np.uint8)
    picture[20, 100:102] = 0
    assert value(solid_border, picture, "solid_border_top") == 0.4


@pytest.mark.parametrize(
    ("top", "bottom", "level", "share"),
    [(12, 12, 0, 0.24), (12, 10, 20, 0.22), (12, 0, 0, 0.0), (30, 5, 0, 0.0), (12, 12, 255, 0.0), (0, 0, 0, 0.0)],
)
def test_bars_are_dark_and_come_in_pairs(top: int, bottom: int, level: int, share: float) -> None:
    frame = np.random.Generator(np.random.PCG64(3)).integers(60, 256, (100, 160, 3), np.uint8)
    frame[:top] = level
    frame[100 - bottom :] = level
    assert value(letterbox, frame) == pytest.approx(share)
    assert value(letterbox, frame.swapaxes(0, 1)) == pytest.approx(share)


def test_a_palette_counts_the_colours_that_cover_the_area() -> None:
    flat = np.zeros((100, 100, 3), np.uint8)
    flat[:, 50:] = (255, 0, 0)
    flat[:3] = (0, 0, 255)
    assert value(palette, flat) == 2
    assert value(palette, np.full((9, 9, 3), 40, np.uint8)) == 1


def test_saturation_is_that_of_hsv() -> None:
    half = np.full((10, 10, 3), (200, 100, 100), np.uint8)
    assert value(saturation, half) == pytest.approx(0.5, abs=0.003)
    assert value(saturation, np.zeros((5, 5, 3), np.uint8)) == 0.0
    assert value(saturation, np.full((5, 5, 3), (255, 0, 9), np.uint8), "saturation_p95") == 1.0


def test_lightness_runs_from_black_to_white() -> None:
    stripes = np.zeros((20, 100, 3), np.uint8)
    stripes[:, 10:] = 255
    assert value(lightness, stripes, "lightness") == pytest.approx(90)
    assert value(lightness, stripes, "lightness_p05") == 0.0
    assert value(lightness, stripes, "lightness_p95") == 100.0
    assert value(lightness, np.full((5, 5, 3), 119, np.uint8)) == pytest.approx(50, abs=0.5)
