"""The probe sheet: fixed drawings and hints, one row each, authentic line art among them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lcpipe.model.hints import Float32
from lcpipe.model.samples import GAP_PX, HINT_COUNTS, UInt8, build_probes, centre, paint_sheet, png, probe_hints
from lcpipe.pipeline.dataset.reading import open_dataset


def grey(line: UInt8, hints: Float32) -> UInt8:
    """A painter that knows one colour."""
    assert hints.shape == (4, line.shape[0] // 4, line.shape[1] // 4)
    return np.full((*line.shape, 3), 128, np.uint8)


def test_synthetic_and_authentic_drawings_are_shown(tiny_dataset: Path) -> None:
    probes = build_probes(open_dataset(str(tiny_dataset)), 48, "xdog_03")
    assert [probe.own for probe in probes] == [True, False, False]
    assert {probe.line.shape for probe in probes} == {(48, 48)}
    sheet = paint_sheet(grey, probes)
    assert sheet.picture.shape == (3 * (48 + GAP_PX), (2 + len(HINT_COUNTS)) * (48 + GAP_PX), 3)
    assert sheet.error == pytest.approx(np.abs(128.0 - probes[0].color).mean() / 255)


def test_a_painter_that_knows_the_answer_makes_no_error(tiny_dataset: Path) -> None:
    probes = build_probes(open_dataset(str(tiny_dataset)), 64, "xdog_03")
    sheet = paint_sheet(lambda line, hints: probes[0].color, probes)
    assert sheet.error == 0


def test_hints_are_fixed_and_as_many_as_said(tiny_dataset: Path) -> None:
    probe = build_probes(open_dataset(str(tiny_dataset)), 64, "xdog_03")[0]
    maps = [probe_hints(probe, 0, count) for count in HINT_COUNTS]
    assert not maps[0].any()
    assert maps[1][3].sum() < maps[2][3].sum()
    assert maps[2][3].all()
    assert probe_hints(probe, 0, 16).tobytes() == maps[1].tobytes()
    assert probe_hints(probe, 1, 16).tobytes() != maps[1].tobytes()


def test_small_drawings_lie_on_white_paper() -> None:
    placed = centre(np.zeros((10, 30), np.uint8), 20)
    assert placed.shape == (20, 20)
    assert (placed[5:15] == 0).all()
    assert (placed[:5] == 255).all()


def test_png_keeps_every_pixel() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    decoded = cv2.imdecode(np.frombuffer(png(picture), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert decoded is not None
    assert np.array_equal(decoded, picture)
