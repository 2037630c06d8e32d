"""Line-art-ness on drawn pictures, and on the real ones where they are."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from lcpipe.pipeline.dataset.decode import Facts, decode
from lcpipe.pipeline.dataset.errors import PictureError
from lcpipe.pipeline.measures import line_art
from lcpipe.pipeline.pixels import coarse

FACTS = Facts(
    format="PNG", mode="RGB", width=1, height=1, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)


def _score(pixels: np.ndarray) -> float:
    return float(line_art.measure(pixels, FACTS)["line_art"])


def drawing(ink: tuple[int, int, int], paper: tuple[int, int, int], fill: tuple[int, int, int] | None) -> np.ndarray:
    """Overlapping discs with outlines, uint8 (400, 400, 3)."""
    canvas = np.full((400, 400, 3), paper, np.uint8)
    for i in range(7):
        center = (110 + 30 * i, 120 + 28 * ((3 * i) % 7))
        cv2.circle(canvas, center, 70, fill or paper, -1, cv2.LINE_AA)
        cv2.circle(canvas, center, 70, ink, 3, cv2.LINE_AA)
    return canvas


@pytest.mark.parametrize("ink", [(0, 0, 0), (90, 90, 90), (40, 60, 170)])
@pytest.mark.parametrize("paper", [(255, 255, 255), (240, 228, 205)])
def test_outlines_on_paper_are_line_art(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> None:
    assert _score(drawing(ink, paper, None)) > 0.8


@pytest.mark.parametrize("fill", [(250, 200, 190), (90, 160, 90), (30, 30, 40)])
def test_filled_outlines_are_not(fill: tuple[int, int, int]) -> None:
    assert _score(drawing((0, 0, 0), (255, 255, 255), fill)) < 0.2


def test_a_small_filled_figure_on_a_large_page_is_not() -> None:
    page = np.full((500, 500, 3), 255, np.uint8)
    page[200:300, 200:300] = cv2.resize(drawing((0, 0, 0), (255, 255, 255), (200, 120, 90)), (100, 100))
    assert _score(page) < 0.5


def test_light_on_dark_is_not_a_drawing_on_paper() -> None:
    assert _score(255 - drawing((0, 0, 0), (255, 255, 255), None)) == 0.0


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_sheet_is_not(level: int) -> None:
    assert _score(np.full((50, 50, 3), level, np.uint8)) == 0.0


@pytest.mark.slow
def test_tells_real_line_art_from_illustrations(shared: Path) -> None:
    corpus, wrong, total = shared / "corpus", [], 0
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] != "near_duplicate"]
    for row in rows:
        try:
            pixels = decode((corpus / row["path"]).read_bytes()).pixels
        except PictureError:
            continue
        total += 1
        if (_score(coarse(pixels, 512)) >= 0.5) != (row["kind"] in ("lineart", "lineart_manga", "pair_line")):
            wrong.append(row["path"])
    assert total >= 470
    assert len(wrong) <= 0.015 * total, wrong
