"""A pen as a hand holds it: the palm on the screen, the other end that erases, and a hint seen while it is moved."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.pages import Paint, until

pytestmark = pytest.mark.browser

CHEEK, HAIR, CHIN = (190.0, 210.0), (120.0, 250.0), (210.0, 270.0)
# The end of a pen that erases: no driver has one, but the page is told of it by a button of its own.
ERASED = """([fromX, fromY, toX, toY]) => {
    const canvas = document.querySelector("#canvas");
    const pen = { pointerId: 1, pointerType: "pen", pressure: 0.5, buttons: 32 };
    const said = (type, clientX, clientY, button) =>
        canvas.dispatchEvent(new PointerEvent(type, { ...pen, button, clientX, clientY, bubbles: true }));
    said("pointerdown", fromX, fromY, 5);
    said("pointermove", toX, toY, -1);
    said("pointerup", toX, toY, 5);
}"""


def pen(session: Any, kind: str, place: tuple[float, float]) -> None:
    more = {"pointerType": "pen", "force": 0.5, "button": "left", "clickCount": 1}
    held = {} if kind == "mouseReleased" else {"buttons": 1}
    session.send("Input.dispatchMouseEvent", {"type": kind, "x": place[0], "y": place[1], **more, **held})


def palm(session: Any, kind: str, *places: tuple[float, float]) -> None:
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_palm_beside_the_pen_draws_nothing(open_page: Any) -> None:
    page = open_page(has_touch=True)
    paint = Paint(page)
    paint.open_sample()
    session = page.context.new_cdp_session(page)
    start, middle, end, edge = map(paint.on_screen, (HAIR, CHIN, CHEEK, (380.0, 480.0)))
    shown = paint.pictures
    pen(session, "mousePressed", start)
    pen(session, "mouseMoved", middle)
    palm(session, "touchStart", edge)
    palm(session, "touchMove", (edge[0] + 30, edge[1]))
    pen(session, "mouseMoved", end)
    palm(session, "touchEnd")
    assert paint.hints == 0  # the stroke goes on
    pen(session, "mouseReleased", end)
    paint.after(shown)
    assert paint.hints == 1
    before = paint.seen(CHEEK)
    palm(session, "touchStart", edge)
    palm(session, "touchMove", (edge[0] - 60, edge[1] - 60))
    palm(session, "touchEnd")
    assert paint.seen(CHEEK) != before  # now a finger moves the drawing
    assert paint.hints == 1


def test_the_other_end_of_a_pen_erases_whatever_tool_is_chosen(paint: Paint, tmp_path: Path) -> None:
    paint.draw(HAIR, CHEEK)
    shown = paint.pictures
    paint.page.evaluate(ERASED, [*paint.on_screen(HAIR), *paint.on_screen(CHIN)])
    paint.after(shown)
    strokes = json.loads(paint.save("project", tmp_path).read_text())["hints"]["strokes"]
    assert [one["kind"] for one in strokes] == ["stroke", "erase"]


def test_a_hint_is_seen_where_it_is_being_moved(paint: Paint) -> None:
    paint.color("#00ff00")
    paint.draw(HAIR, (150.0, 250.0))
    paint.page.locator("#canvas").focus()
    paint.page.keyboard.press("v")
    paint.page.mouse.move(*paint.on_screen(HAIR))
    paint.page.mouse.down()
    before = paint.seen((300.0, 400.0), 20)
    paint.page.mouse.move(*paint.on_screen((300.0, 405.0)), steps=3)
    assert paint.seen((300.0, 400.0), 20) != before
    paint.page.keyboard.press("Escape")
    paint.page.mouse.up()
    until(paint.page, "document.querySelector('#undo').disabled === false")
    paint.page.click("#undo")
    assert paint.hints == 0  # nothing but the stroke was there to take back
