"""Nothing is lost: autosave, project files, exports that equal what the command line paints."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from support.odd_pictures import drawn, encoded
from support.pages import Paint, until

from lcpipe.model.colorize import colorize
from lcpipe.model.hint_files import data_url
from lcpipe.model.hint_json import parse_hints

pytestmark = pytest.mark.browser

STROKE = ((120.0, 250.0), (150.0, 300.0), (190.0, 210.0))


def test_an_export_is_the_command_lines_picture_byte_for_byte(
    paint: Paint, models: tuple[Path, Path], tmp_path: Path
) -> None:
    paint.color("#d94f70")
    paint.draw(*STROKE)
    paint.page.locator("#canvas").focus()
    paint.page.keyboard.press("f")
    paint.color("#3f5ba9")
    paint.draw((170.0, 60.0), (170.0, 60.0))
    project = paint.save("project", tmp_path)
    exported = paint.save("png", tmp_path)
    document = json.loads(project.read_text())
    assert set(document) == {"drawing", "hints"}
    assert [stroke.kind for stroke in parse_hints(document["hints"]).strokes] == ["stroke", "region"]
    drawing = paint.save("project", tmp_path).parent / "drawing.png"
    sample = paint.page.request.get(paint.page.url.rstrip("/") + "/static/samples/1-beret.png")
    drawing.write_bytes(sample.body())
    colorize([str(drawing)], str(tmp_path / "cli.png"), model=str(models[0]), hints=str(project))
    assert exported.read_bytes() == (tmp_path / "cli.png").read_bytes()


def test_a_project_is_loaded_again_with_its_strokes(paint: Paint, tmp_path: Path) -> None:
    paint.draw(*STROKE)
    first = paint.save("project", tmp_path)
    shown = paint.pictures
    paint.page.click("#clear")
    paint.after(shown)
    assert paint.hints == 0
    paint.load(first)
    until(paint.page, "document.querySelector('#hint-count').textContent === '· 1'")
    paint.painted()
    (tmp_path / "second").mkdir()
    second = paint.save("project", tmp_path / "second")
    assert json.loads(second.read_text()) == json.loads(first.read_text())


def test_strokes_alone_are_laid_on_the_open_drawing_and_can_be_undone(paint: Paint, tmp_path: Path) -> None:
    file = tmp_path / "hints.json"
    strokes = [{"kind": "point", "color": "#ff0000", "size": 20, "points": [[100, 100]]}]
    file.write_text(json.dumps({"version": 1, "strokes": strokes}))
    paint.load(file)
    until(paint.page, "document.querySelector('#hint-count').textContent === '· 1'")
    paint.page.click("#undo")
    until(paint.page, "document.querySelector('#hint-count').textContent === ''")


def test_a_closed_page_is_found_again_as_it_was_left(paint: Paint) -> None:
    paint.kept()
    paint.draw(*STROKE)
    paint.page.reload()
    paint.page.wait_for_selector("body[data-ready]")
    paint.painted()
    assert paint.hints == 1
    assert paint.page.text_content("#drawing-name") == "beret · 448 × 512"


def test_colours_and_layers_are_saved(paint: Paint, tmp_path: Path) -> None:
    paint.draw(*STROKE)
    assert paint.save("colors", tmp_path).read_bytes().startswith(b"\x89PNG")
    with zipfile.ZipFile(paint.save("ora", tmp_path)) as layers:
        stack = ElementTree.fromstring(layers.read("stack.xml"))  # noqa: S314 our own file
        assert layers.read("mimetype") == b"image/openraster"
        assert [layer.get("name") for layer in stack.iter("layer")] == ["Hints", "Lines", "Colours", "Painted"]
        sizes = {Image.open(io.BytesIO(layers.read(layer.get("src", "")))).size for layer in stack.iter("layer")}
    assert sizes == {(448, 512)}


def test_a_hint_layer_is_loaded_again_and_painted_alike_by_the_command_line(
    paint: Paint, models: tuple[Path, Path], tmp_path: Path
) -> None:
    paint.draw(*STROKE)
    paint.page.locator("#canvas").focus()
    paint.page.keyboard.press("f")
    paint.draw((170.0, 60.0), (170.0, 60.0))
    project, layer, picture = (paint.save(what, tmp_path) for what in ("project", "hints", "png"))
    drawing = tmp_path / "drawing.png"
    drawing.write_bytes(data_url(json.loads(project.read_text())["drawing"]))
    colorize([str(drawing)], str(tmp_path / "cli.png"), model=str(models[0]), hints=str(layer))
    assert picture.read_bytes() == (tmp_path / "cli.png").read_bytes()
    shown = paint.pictures
    paint.page.click("#clear")
    paint.after(shown)
    shown = paint.pictures
    paint.load(layer)
    paint.after(shown)
    assert paint.hints == 2
    (tmp_path / "again").mkdir()
    assert json.loads(paint.save("project", tmp_path / "again").read_text()) == json.loads(project.read_text())


def test_hints_drawn_elsewhere_are_laid_on_when_the_person_says_so(
    paint: Paint, models: tuple[Path, Path], tmp_path: Path, pictures: Path
) -> None:
    layer = np.zeros((512, 448, 4), np.uint8)
    layer[100:140, 90:200] = (220, 60, 80, 255)
    layer[110:120, 100:190] = 0  # a hole, which a filled outline would close
    layer[300:340, 90:130] = (60, 90, 200, 255)
    Image.fromarray(layer).save(tmp_path / "layer.png")
    paint.load(tmp_path / "layer.png")
    paint.page.wait_for_selector("#layer-dialog[open]")
    paint.page.screenshot(path=pictures / "layer.png")
    paint.page.keyboard.press("Escape")
    assert paint.hints == 0
    paint.load(tmp_path / "layer.png")
    shown = paint.pictures
    paint.page.click("#layer-dialog [value=hints]")
    paint.after(shown)
    assert paint.hints == 3  # the area with a hole is two
    picture, project = paint.save("png", tmp_path), paint.save("project", tmp_path)
    drawing = tmp_path / "drawing.png"
    drawing.write_bytes(data_url(json.loads(project.read_text())["drawing"]))
    colorize([str(drawing)], str(tmp_path / "cli.png"), model=str(models[0]), hints=str(tmp_path / "layer.png"))
    assert picture.read_bytes() == (tmp_path / "cli.png").read_bytes()
    paint.load(tmp_path / "layer.png")
    paint.page.click("#layer-dialog [value=drawing]")
    until(paint.page, "document.querySelector('#drawing-name').textContent === 'layer · 448 × 512'")
    assert paint.hints == 0


def test_a_colour_picture_is_asked_about(paint: Paint, tmp_path: Path, pictures: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(encoded(drawn(160, 120), "PNG"))
    paint.load(file)
    paint.page.wait_for_selector("#method-dialog[open]")
    paint.page.screenshot(path=pictures / "method.png")
    paint.page.click("#method-draw")
    until(paint.page, "document.querySelector('#drawing-name').textContent === 'photo · 160 × 120'")
    paint.painted()


@pytest.mark.parametrize(("name", "says"), [("a.png", "not a picture"), ("a.json", "not valid JSON")])
def test_a_file_that_is_none_is_explained_and_the_drawing_stays(
    paint: Paint, tmp_path: Path, name: str, says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(b"nothing of the kind")
    paint.load(file)
    paint.page.wait_for_selector(".toast.bad")
    assert says in paint.page.text_content(".toast.bad")
    assert paint.page.text_content("#drawing-name") == "beret · 448 × 512"


def test_two_tabs_do_not_disturb_each_other(paint: Paint) -> None:
    paint.kept()
    other = Paint(paint.page.context.new_page())
    other.page.goto(paint.page.url)
    other.page.wait_for_selector("body[data-ready]")
    other.painted()
    paint.page.bring_to_front()
    paint.draw(*STROKE)
    other.page.bring_to_front()
    other.page.click("[data-mode=over]")
    other.draw((200.0, 330.0), (240.0, 420.0))
    assert (paint.hints, other.hints) == (1, 1)
    assert not paint.page.is_visible("#problem")
    other.page.click("#clear")
    other.kept()
    paint.page.reload()
    paint.page.wait_for_selector("body[data-ready]")
    assert paint.hints == 1  # its own, though the other tab was the last to keep something


def test_damaged_memories_of_the_browser_stop_nothing(open_page: Any) -> None:
    page = open_page()
    damage = """() => {
        for (const [key, value] of [["colors", "{"], ["palettes", "7"], ["view", '"]no'], ["studio", "["]])
            localStorage.setItem(`lcpipe-${key}`, value);
    }"""
    page.evaluate(damage)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.locator("[data-mode][aria-pressed=true]").count() == 1
    assert page.input_value("#hex") == "#e2725b"
    Paint(page).open_sample()
