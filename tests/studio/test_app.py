"""The routes: drawings go in, pictures come out, the same that the command line paints; faults are answered."""

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from support.odd_pictures import bombs, drawn, encoded
from support.studio import Client

from lcpipe.model.colorize import colorize
from lcpipe.pipeline.dataset.decode import decode_line

STROKES = [
    {"kind": "stroke", "color": "#d94f70", "size": 9, "points": [[10, 12, 1], [40, 30, 0.5], [70.25, 33, 1]]},
    {"kind": "region", "color": "#3f5ba9", "size": 8, "points": [[40, 40, 1]]},
    {"kind": "erase", "color": "#000000", "size": 6, "points": [[40, 30, 1], [44, 60, 1]]},
    {"kind": "point", "color": "#ffe0cf", "size": 12, "points": [[60, 60, 1]]},
]


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_drawing_is_named_by_its_pixels_and_given_back_as_they_are(studio: Client, drawing_file: Path) -> None:
    first = studio.post("/api/drawings", drawing_file.read_bytes()).json
    line = decode_line(drawing_file.read_bytes())
    assert (first["width"], first["height"], first["drawn"]) == (line.shape[1], line.shape[0], True)
    again = studio.post("/api/drawings", encoded(Image.fromarray(line), "BMP")).json
    assert again["id"] == first["id"]
    answer = studio.get(f"/api/drawings/{first['id']}")
    assert answer.headers["content-type"] == "image/png"
    assert (pixels(answer.body) == line).all()


def test_a_colour_picture_is_noticed_and_its_lines_are_drawn_on_request(studio: Client) -> None:
    picture = encoded(drawn(96, 64), "PNG")
    assert studio.post("/api/drawings", picture).json["drawn"] is False
    lines = studio.post("/api/drawings?method=xdog", picture).json
    assert (lines["drawn"], lines["width"], lines["height"]) == (True, 96, 64)
    found = pixels(studio.get(f"/api/drawings/{lines['id']}").body)
    assert found.ndim == 2
    assert (found == 255).mean() > 0.5


def test_the_export_is_byte_for_byte_what_the_command_line_paints(
    studio: Client, line: str, drawing_file: Path, small_model: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project.json"
    project.write_text(json.dumps({"hints": {"version": 1, "line": line, "strokes": STROKES}}))
    colorize([str(drawing_file)], str(tmp_path / "painted.png"), model=str(small_model), hints=str(project))
    exported = studio.paint(line, STROKES, kind="export", format="png")
    assert exported.status == 200
    assert exported.body == (tmp_path / "painted.png").read_bytes()
    assert (pixels(studio.paint(line, STROKES).body) == pixels(exported.body)).all()
    assert (pixels(studio.paint(line, STROKES[:2]).body) != pixels(exported.body)).any()


def test_the_hint_layer_gives_the_same_picture_again(
    studio: Client, line: str, drawing_file: Path, small_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "hints.png").write_bytes(studio.paint(line, STROKES, kind="export", format="hints").body)
    colorize([str(drawing_file)], str(tmp_path / "a.png"), model=str(small_model), hints=str(tmp_path / "hints.png"))
    assert (tmp_path / "a.png").read_bytes() == studio.paint(line, STROKES, kind="export", format="png").body


def test_layers_are_an_openraster_file(studio: Client, line: str) -> None:
    data = studio.paint(line, STROKES, kind="export", format="ora").body
    assert data == studio.paint(line, STROKES, kind="export", format="ora").body
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.namelist()[0] == "mimetype"
    assert archive.read("mimetype") == b"image/openraster"
    assert archive.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
    layers = list(ElementTree.fromstring(archive.read("stack.xml")).iter("layer"))  # noqa: S314 our own file
    assert [layer.get("name") for layer in layers] == ["Hints", "Lines", "Colours", "Painted"]
    for layer in layers:
        assert pixels(archive.read(str(layer.get("src")))).shape == (80, 80, 4)
    assert pixels(archive.read("mergedimage.png")).shape == (80, 80, 3)


def test_colours_without_lines_have_no_ink(studio: Client, line: str, drawing_file: Path) -> None:
    colors = pixels(studio.paint(line, STROKES, kind="export", format="colors").body)
    full = pixels(studio.paint(line, STROKES, kind="export", format="png").body)
    ink = decode_line(drawing_file.read_bytes()) < 100
    assert colors.shape == full.shape
    assert (colors != full).any(axis=2)[ink].mean() > 0.5


def test_a_preview_is_small_and_follows_the_hints(studio: Client) -> None:
    big = np.full((300, 1200), 255, np.uint8)
    big[150:154] = 0
    line = studio.post("/api/drawings", encoded(Image.fromarray(big), "PNG")).json["id"]
    plain = pixels(studio.paint(line, [], kind="preview").body)
    assert plain.shape == (128, 512, 3)
    stroke = {"kind": "point", "color": "#ff0000", "size": 90, "points": [[1100, 80]]}
    hinted = pixels(studio.paint(line, [stroke], kind="preview").body)
    changed = np.argwhere((plain != hinted).any(axis=2))
    assert np.abs(changed.mean(axis=0) - (80 * 128 / 300, 1100 * 512 / 1200)).max() < 40


def test_a_pixel_and_a_ribbon_are_painted(studio: Client) -> None:
    for height, width in ((1, 1), (300, 4000)):
        line = studio.post(
            "/api/drawings", encoded(Image.fromarray(np.full((height, width), 255, np.uint8)), "PNG")
        ).json
        for kind in ("preview", "full"):
            answer = studio.paint(line["id"], [], kind=kind)
            assert answer.status == 200, answer.body
        assert pixels(answer.body).shape == (height, width, 3)


def test_a_drawing_with_transparency_lies_on_white(studio: Client) -> None:
    canvas = np.zeros((20, 30, 4), np.uint8)
    canvas[10, :, 3] = 255
    kept = studio.post("/api/drawings", encoded(Image.fromarray(canvas), "PNG")).json
    found = pixels(studio.get(f"/api/drawings/{kept['id']}").body)
    assert (found[10] == 0).all()
    assert (found[0] == 255).all()


@pytest.mark.parametrize("name", sorted(bombs()))
def test_a_bomb_is_refused_unread(studio: Client, name: str) -> None:
    answer = studio.post("/api/drawings", bombs()[name])
    assert answer.status == 413
    assert "pixels" in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"no picture at all", 400), (b"\x89PNG\r\n\x1a\n" + bytes(60), 400), (bytes(70 * 2**20), 413)],
)
def test_what_is_no_picture_is_refused_in_one_line(studio: Client, body: bytes, status: int) -> None:
    answer = studio.post("/api/drawings", body)
    assert answer.status == status
    assert set(answer.json) == {"error", "where", "hint"}
    assert "\n" not in answer.json["error"]


def test_an_older_turn_is_answered_as_stale(studio: Client, line: str) -> None:
    assert studio.paint(line, [], visitor="late", turn=5).status == 200
    assert studio.paint(line, [], visitor="late", turn=5, kind="preview").status == 200


def test_an_unknown_drawing_model_or_format_is_named(studio: Client, line: str) -> None:
    assert studio.paint("0" * 64, []).status == 404
    assert studio.paint(line, [], model="0" * 64).status == 404
    answer = studio.paint(line, [], kind="export", format="psd")
    assert (answer.status, answer.json["hint"]) == (400, "known are png, colors, ora, hints, lines")
    assert studio.paint(line, [{"kind": "scribble"}]).json["where"] == "strokes[0]"


def test_what_the_server_offers(studio: Client) -> None:
    facts = studio.get("/api/about").json
    assert [model["name"] for model in facts["models"]] == ["small"]
    assert "xdog" in facts["methods"]
    assert len(facts["samples"]) >= 3
    assert facts["dataset"] == "tiny"
    for sample in facts["samples"]:
        assert studio.post("/api/drawings", studio.get(f"/static/{sample}").body).json["drawn"] is True


def test_the_pages_name_only_files_that_are_served(studio: Client) -> None:
    for page in ("/", "/browse"):
        text = studio.get(page).body.decode()
        for name in text.split('"/static/')[1:]:
            assert studio.get(f"/static/{name.partition(chr(34))[0]}").status == 200
        assert "http://" not in text
        assert "https://" not in text


def test_a_file_that_the_browser_has_is_not_sent_again(studio: Client) -> None:
    first = studio.get("/static/base.css")
    again = studio.send("GET", "/static/base.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_hint_layer_gives_its_strokes_back(studio: Client, line: str) -> None:
    layer = studio.paint(line, STROKES, kind="export", format="hints").body
    found = studio.post(f"/api/hints?line={line}", layer).json
    assert found["carried"] is True
    assert studio.paint(line, found["strokes"]).body == studio.paint(line, STROKES).body
    answer = studio.post("/api/drawings", layer)
    assert (answer.status, answer.json["error"]) == (400, "this is a layer of hints, no drawing")
    assert studio.post(f"/api/hints?line={line}", studio.get(f"/api/drawings/{line}").body).status == 204
    assert studio.post(f"/api/hints?line={'0' * 64}", layer).status == 404
