"""Nothing is lost: autosave, project files, exports that equal what the command line paints."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.odd_pictures import drawn, encoded
from support.pages import Paint, until

from lcpipe.model.colorize import colorize
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
    paint.draw(*STROKE)
    paint.page.reload()
    paint.page.wait_for_selector("body[data-ready]")
    paint.painted()
    assert paint.hints == 1
    assert paint.page.text_content("#drawing-name") == "beret · 448 × 512"


@pytest.mark.parametrize("what", ["colors", "ora", "hints"])
def test_every_other_format_is_saved(paint: Paint, tmp_path: Path, what: str) -> None:
    paint.draw(*STROKE)
    file = paint.save(what, tmp_path)
    assert file.read_bytes()[:2] == (b"PK" if what == "ora" else b"\x89P")
    if what == "hints":
        alpha = np.asarray(Image.open(file))[..., 3]
        assert set(np.unique(alpha)) == {0, 255}


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
    other = Paint(paint.page.context.new_page())
    other.page.goto(paint.page.url)
    other.page.wait_for_selector("body[data-ready]")
    other.painted()
    paint.draw(*STROKE)
    other.page.click("[data-mode=over]")
    other.draw((200.0, 330.0), (240.0, 420.0))
    assert (paint.hints, other.hints) == (1, 1)
    assert not paint.page.is_visible("#problem")
