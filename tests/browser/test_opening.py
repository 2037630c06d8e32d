"""Ways in besides the dialog: what is dropped or pasted anywhere on the page; and a pen that presses."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.pages import Paint, until

pytestmark = pytest.mark.browser

# A file in a DataTransfer, handed over as a person's drag or paste hands it over.
HANDED = """async ([kind, path]) => {
    const data = await (await fetch(path)).blob(), carried = new DataTransfer();
    carried.items.add(new File([data], "handed.png", { type: "image/png" }));
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true })
        : new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
}"""
LAUGHING = "/static/samples/2-laughing.png"


def test_a_drawing_is_dropped_on_the_page(open_page: Any, pictures: Path) -> None:
    page = open_page()
    page.evaluate(HANDED, ["dragenter", LAUGHING])
    page.wait_for_selector("#drop:visible")
    page.screenshot(path=pictures / "drop.png")
    page.evaluate(HANDED, ["drop", LAUGHING])
    paint = Paint(page)
    paint.painted()
    assert page.text_content("#drawing-name") == "handed · 448 × 512"
    assert not page.is_visible("#drop")


def test_a_drawing_is_pasted_over_another(paint: Paint) -> None:
    paint.draw((120.0, 250.0), (190.0, 210.0))
    paint.page.evaluate(HANDED, ["paste", LAUGHING])
    until(paint.page, "document.querySelector('#drawing-name').textContent.startsWith('handed')")
    paint.painted()
    assert paint.hints == 0


def test_a_pen_presses_as_hard_as_it_says(paint: Paint, tmp_path: Path) -> None:
    session = paint.page.context.new_cdp_session(paint.page)
    places = [paint.on_screen(place) for place in ((120.0, 250.0), (160.0, 250.0), (200.0, 250.0))]
    kinds = ("mousePressed", "mouseMoved", "mouseMoved")
    shown = paint.pictures
    for kind, force, (x, y) in zip(kinds, (0.25, 0.5, 1.0), places, strict=True):
        pen = {"pointerType": "pen", "force": force, "button": "left", "buttons": 1, "clickCount": 1}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **pen})
    session.send(
        "Input.dispatchMouseEvent",
        {"type": "mouseReleased", "x": x, "y": y, "pointerType": "pen", "button": "left", "clickCount": 1},
    )
    paint.after(shown)
    (stroke,) = json.loads(paint.save("project", tmp_path).read_text())["hints"]["strokes"]
    assert [point[2] for point in stroke["points"]] == [0.25, 0.5, 1.0]
