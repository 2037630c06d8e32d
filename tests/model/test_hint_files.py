"""Hints from files: strokes, projects and RGBA pictures give the same map; what does not fit is named."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lcpipe.model.hint_files import read_hints
from lcpipe.model.hint_json import parse_hints
from lcpipe.model.hints import hint_map, paint_hints
from lcpipe.pipeline.dataset.errors import LcpipeError

STROKES: dict[str, Any] = {
    "version": 1,
    "strokes": [
        {"kind": "region", "color": "#ffcc99", "points": [[20, 30]]},
        {"kind": "stroke", "color": "#3366ff", "size": 6, "points": [[50, 10], [80, 50]]},
        {"kind": "erase", "size": 4, "points": [[60, 20]]},
    ],
}


def drawing() -> NDArray[np.uint8]:
    line = np.full((64, 96), 255, np.uint8)
    line[8:56, 8] = line[8:56, 40] = line[8, 8:41] = line[55, 8:41] = 0
    return line


def png(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


def project(strokes: Any, line: NDArray[np.uint8]) -> dict[str, Any]:
    return {"drawing": "data:image/png;base64," + base64.b64encode(png(line)).decode(), "hints": strokes}


def test_three_kinds_of_files_give_the_same_map(tmp_path: Path) -> None:
    line, hints = drawing(), parse_hints(STROKES)
    expected = hint_map(hints, 64, 96, line)
    (tmp_path / "strokes.json").write_text(json.dumps(STROKES))
    (tmp_path / "project.json").write_text("\ufeff" + json.dumps(project(STROKES, line)), encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(png(paint_hints(hints, 64, 96, line)))
    for name in ("strokes.json", "project.json", "picture.png"):
        assert read_hints(str(tmp_path / name), line).tobytes() == expected.tobytes(), name


def test_a_palette_picture_with_transparency_is_read(tmp_path: Path) -> None:
    canvas = paint_hints(parse_hints(STROKES), 64, 96, drawing())
    Image.fromarray(canvas).quantize().save(tmp_path / "hints.png")
    assert read_hints(str(tmp_path / "hints.png"), drawing())[3].any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither strokes"),
        (b"no picture", "neither strokes"),
        (b'{"strokes": [', "not valid JSON"),
        (b'{"strokes": [\xff]}', "not valid JSON"),
        (b"[]", "expected an object"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"strokes": [{"kind": "dot"}]}', r"hints: strokes\[0\]"),
        (b'{"drawing": 5, "hints": {"strokes": []}}', "no base64 data URL"),
        (b'{"drawing": "data:image/png;base64,A", "hints": {"strokes": []}}', "damaged"),
        (b'{"drawing": "data:image/png;base64,AAAA", "hints": {"strokes": []}}', "not a picture"),
        (b'{"picture": "", "hints": {"strokes": []}}', "unknown key 'picture'"),
        (png(np.zeros((64, 96, 3), np.uint8)), "no transparency"),
        (png(np.zeros((32, 96, 4), np.uint8)), "96 x 32 pixels, the drawing 96 x 64"),
        (png(np.zeros((64, 96, 4), np.uint8))[:60], "neither strokes"),
        (json.dumps(project(STROKES, np.zeros((5, 7), np.uint8))).encode(), "7 x 5 pixels, the drawing 96 x 64"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_the_file(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "hints").write_bytes(content)
    with pytest.raises(LcpipeError, match=message) as caught:
        read_hints(str(tmp_path / "hints"), drawing())
    assert "hints" in caught.value.where
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LcpipeError, match="no such file"):
        read_hints(str(tmp_path / "absent.json"), drawing())
