"""Painting as a person does: strokes with the mouse, colours, tools, undo, views; what is seen follows."""

from pathlib import Path
from typing import Any

import pytest
from support.pages import Paint, until

pytestmark = pytest.mark.browser

CHEEK, HAIR, HAT = (190.0, 210.0), (120.0, 250.0), (170.0, 70.0)


def test_a_stroke_changes_the_picture_and_undo_brings_it_back(paint: Paint, pictures: Path) -> None:
    paint.page.keyboard.press("o")  # hints are hidden: what is seen is the picture
    before = paint.seen(CHEEK)
    paint.color("#d94f70")
    paint.draw(CHEEK, HAIR)
    assert paint.hints == 1
    after = paint.seen(CHEEK)
    assert after != before
    paint.page.screenshot(path=pictures / "stroke.png")
    shown = paint.pictures
    paint.page.keyboard.press("Control+z")
    paint.after(shown)
    assert (paint.hints, paint.seen(CHEEK)) == (0, before)
    shown = paint.pictures
    paint.page.click("#redo")
    paint.after(shown)
    assert (paint.hints, paint.seen(CHEEK)) == (1, after)


def test_undo_goes_on_after_tools_and_colours_have_changed(paint: Paint) -> None:
    for tool, color, place in (("b", "#aa2222", HAIR), ("p", "#22aa22", CHEEK), ("f", "#2222aa", HAT)):
        paint.page.locator("#canvas").focus()
        paint.page.keyboard.press(tool)
        paint.color(color)
        paint.draw(place, (place[0] + 2, place[1] + 1))
    paint.page.locator("#canvas").focus()
    paint.page.keyboard.press("e")
    paint.draw(HAIR, CHEEK)
    kinds = paint.page.locator("#hint-list li").all_text_contents()
    assert kinds == ["Erased", "Filled area", "Point", "Brush stroke"]
    for left in (3, 2, 1, 0):
        shown = paint.pictures
        paint.page.click("#undo")
        paint.after(shown)
        assert paint.hints == left
    assert paint.page.is_disabled("#undo")


def test_the_eyedropper_never_takes_the_main_colour(paint: Paint) -> None:
    paint.color("#123456")
    paint.page.keyboard.down("Alt")
    paint.page.mouse.click(*paint.on_screen(HAT))
    paint.page.keyboard.up("Alt")
    assert paint.page.get_attribute("#slot-picked", "aria-pressed") == "true"
    assert "#123456" in paint.page.get_attribute("#slot-main", "aria-label")
    assert paint.hints == 0
    paint.page.locator("#canvas").focus()
    paint.page.keyboard.press("x")
    assert paint.page.input_value("#hex") == "#123456"


def test_a_hint_is_moved_and_removed(paint: Paint) -> None:
    paint.page.keyboard.press("p")
    paint.draw(CHEEK, CHEEK)
    paint.page.keyboard.press("v")
    paint.draw(CHEEK, HAIR)
    paint.page.mouse.click(*paint.on_screen(CHEEK))  # nothing is there any more
    paint.page.keyboard.press("Delete")
    assert paint.hints == 1
    paint.page.mouse.click(*paint.on_screen(HAIR))
    shown = paint.pictures
    paint.page.keyboard.press("Delete")
    paint.after(shown)
    assert paint.hints == 0


def test_a_new_drawing_never_shows_the_old_ones_picture(paint: Paint) -> None:
    paint.drag(CHEEK, HAIR)
    paint.page.click("#open")
    paint.page.locator("#dialog-samples button").nth(1).click()
    until(paint.page, "document.querySelector('#drawing-name').textContent.startsWith('laughing')")
    paint.painted()
    assert paint.hints == 0
    assert paint.page.is_disabled("#undo")


def test_zoom_turn_and_fit(paint: Paint) -> None:
    fitted = paint.page.text_content("#zoom-fit")
    paint.page.mouse.move(*paint.on_screen(CHEEK))
    paint.page.mouse.wheel(0, -400)
    until(paint.page, f"document.querySelector('#zoom-fit').textContent !== '{fitted}'")
    paint.page.click("#turn-right")
    paint.page.click("#zoom-fit")
    assert paint.page.text_content("#zoom-fit") == fitted


def test_every_view_and_two_models(paint: Paint, pictures: Path) -> None:
    paint.draw(CHEEK, HAIR)
    for mode in ("over", "beside", "wipe", "compare"):
        shown = paint.pictures
        paint.page.click(f"[data-mode={mode}]")
        if mode == "compare":
            paint.after(shown)
            assert paint.page.text_content("#label-right") == "second"
        assert paint.page.get_attribute(f"[data-mode={mode}]", "aria-pressed") == "true"
        paint.page.screenshot(path=pictures / f"view-{mode}.png")


def test_a_model_can_be_changed(paint: Paint) -> None:
    before = paint.seen(CHEEK)
    shown = paint.pictures
    paint.page.select_option("#model", label="second")
    paint.after(shown)
    assert paint.seen(CHEEK) != before


def test_a_server_that_fails_says_so_and_can_be_tried_again(paint: Paint, pictures: Path) -> None:
    paint.page.route("**/api/colorize", lambda route: route.abort())
    paint.drag(CHEEK, HAIR)
    paint.page.wait_for_selector("#problem:visible")
    assert "does not answer" in paint.page.text_content("#problem")
    paint.page.screenshot(path=pictures / "failed.png")
    paint.page.unroute("**/api/colorize")
    shown = paint.pictures
    paint.page.click("#retry")
    paint.after(shown)
    assert not paint.page.is_visible("#problem")


def test_a_drawing_that_the_server_forgot_is_sent_again(paint: Paint) -> None:
    lost: list[str] = []

    def forget(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fulfill(status=404, json={"error": "this drawing is not here any more", "where": "", "hint": ""})

    paint.page.route("**/api/colorize", forget)
    paint.draw(CHEEK, HAIR)
    assert lost
    assert not paint.page.is_visible("#problem")


def test_quick_strokes_ask_for_few_full_pictures(open_page: Any) -> None:
    page = open_page()
    page.clock.install()  # the page's own clock stands still while the strokes are made: they are quick on any machine
    paint = Paint(page)
    paint.open_sample()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.post_data_json["kind"]) if "colorize" in sent.url else None)
    page.clock.pause_at(page.evaluate("Date.now()") + 5000)
    for number in range(20):
        paint.drag((60 + 12 * number, 90), (70 + 12 * number, 300))
    assert paint.hints == 20
    shown = paint.pictures
    page.clock.resume()
    paint.after(shown)
    assert 1 <= asked.count("full") <= 3
    assert asked.count("preview") >= 1


def test_the_full_picture_is_asked_for_when_the_preview_has_come(paint: Paint) -> None:
    seen: list[str] = []
    paint.page.on("request", lambda sent: seen.append(f"ask {_kind(sent)}") if "colorize" in sent.url else None)
    paint.page.on(
        "response", lambda got: seen.append(f"got {_kind(got.request)}") if "colorize" in got.url and got.ok else None
    )
    paint.page.keyboard.press("p")
    paint.draw(CHEEK, CHEEK)
    full = ["ask full", "got full"]
    assert seen in (["ask preview", "got preview", *full], full)  # none where a full picture takes no longer


def _kind(sent: Any) -> str:
    return str(sent.post_data_json["kind"])


def test_palettes_are_made_and_kept(paint: Paint, tmp_path: Path) -> None:
    page = paint.page
    page.click("#palette-more")
    page.click("[data-palette=new]")
    page.fill("#ask-input", "Sea")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#palette').selectedOptions[0].textContent === 'Sea'")
    paint.color("#1188aa")
    page.click("#palette-more")
    page.click("[data-palette=add]")
    assert page.locator("#palette-colors button").count() == 1
    paint.color("#aa1188")
    for action, left in (("add", 2), ("remove", 1)):
        page.click("#palette-more")
        page.click(f"[data-palette={action}]")
        assert page.locator("#palette-colors button").count() == left
    page.click("#palette-more")
    with page.expect_download() as started:
        page.click("[data-palette=gpl]")
    file = tmp_path / "sea.gpl"
    started.value.save_as(file)
    assert " 17 136 170" in file.read_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.locator("#palette option:checked").text_content() == "Sea"
    with page.expect_file_chooser() as chooser:
        page.click("#palette-more")
        page.click("[data-palette=import]")
    chooser.value.set_files(file)
    until(page, "document.querySelectorAll('#palette option').length === 4")
    with page.expect_file_chooser() as chooser:
        page.click("#palette-more")
        page.click("[data-palette=picture]")
    chooser.value.set_files(
        {"name": "reference.png", "mimeType": "image/png", "buffer": page.locator(".picker").screenshot()}
    )
    until(page, "document.querySelector('#palette').selectedOptions[0].textContent === 'reference'")
    assert page.locator("#palette-colors button").count() >= 8
