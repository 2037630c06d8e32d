"""The page is for everybody: the keyboard alone, a phone, dark colours, and no serious fault that axe can find."""

import time
from pathlib import Path
from typing import Any

import pytest
from support.pages import Paint, until

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


def faults(page: Any) -> list[str]:
    """What axe calls serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install 'lcpipe[dev]'")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def pressed(page: Any, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def test_painting_with_the_keyboard_alone(open_page: Any, pictures: Path) -> None:
    page = open_page()
    paint = Paint(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#samples') !== null"):
            break
    page.keyboard.press("Enter")
    paint.painted()
    assert page.evaluate("document.activeElement.id") == "canvas"
    shown = paint.pictures
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    pressed(page, "ArrowLeft", 4)
    pressed(page, "ArrowUp", 3)
    page.screenshot(path=pictures / "keyboard.png")
    page.keyboard.press("Enter")
    paint.after(shown)
    assert paint.hints == 1
    page.keyboard.press("f")
    shown = paint.pictures
    page.keyboard.press("Enter")
    paint.after(shown)
    assert paint.hints == 2
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert paint.hints == 2
    shown = paint.pictures
    page.keyboard.press("Control+z")
    paint.after(shown)
    assert paint.hints == 1
    until(page, "document.querySelector('#live').textContent.includes('hint')")


def test_caps_lock_changes_no_shortcut_and_arrows_move_the_drawing(paint: Paint) -> None:
    paint.page.keyboard.press("H")  # a capital without Shift, as a locked Caps key sends it
    assert paint.page.get_attribute("[data-tool=hand]", "aria-pressed") == "true"
    before = paint.seen((200.0, 200.0))
    paint.page.keyboard.press("ArrowRight")
    assert paint.seen((200.0, 200.0)) != before
    paint.page.keyboard.press("ArrowLeft")
    assert paint.seen((200.0, 200.0)) == before


def test_a_phone_shows_everything_and_fingers_work(open_page: Any, pictures: Path) -> None:
    page = open_page(**PHONE)
    paint = Paint(page)
    for width in (920, 667, 390):  # narrow windows: nothing lies where nobody can reach it
        page.set_viewport_size({"width": width, "height": 780})
        inside = """() => {
            const stage = document.querySelector("#stage").getBoundingClientRect();
            return [...document.querySelectorAll("#samples button")].map((one) => one.getBoundingClientRect())
                .every(({ left, right }) => left >= stage.left && right <= stage.right);
        }"""
        assert page.evaluate(inside)
    page.screenshot(path=pictures / "phone-empty.png")
    paint.open_sample()
    page.screenshot(path=pictures / "phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.evaluate(
        """[...document.querySelectorAll("header button, .tools button, .viewbar button")]
        .filter((one) => one.offsetWidth && Math.min(one.offsetWidth, one.offsetHeight) < 40)
        .map((one) => one.id || one.dataset.mode)"""
    )
    assert small == []
    outside = page.evaluate(
        """[...document.querySelectorAll("header *, .tools *, .chip, .hint")]
        .filter((one) => one.offsetWidth && one.getBoundingClientRect().right > 390.5)
        .map((one) => one.id || one.className)"""
    )
    assert outside == []
    shown = paint.pictures
    page.touchscreen.tap(*paint.on_screen((200, 300)))
    paint.after(shown)
    assert paint.hints == 1
    shown = paint.pictures
    two_fingers(page, paint.on_screen((150, 250)), paint.on_screen((300, 250)), (0, 0))
    paint.after(shown)
    assert paint.hints == 0
    before = page.text_content("#zoom-fit")
    two_fingers(page, paint.on_screen((150, 250)), paint.on_screen((300, 250)), (60, 20))
    until(page, f"document.querySelector('#zoom-fit').textContent !== {before!r}")
    assert paint.hints == 0
    page.click("#panel-toggle")
    page.screenshot(path=pictures / "phone-colours.png")
    assert page.is_visible("#hex")
    page.click("#help-below")
    page.wait_for_selector("#help-dialog[open]")
    page.screenshot(path=pictures / "phone-help.png")


def two_fingers(page: Any, first: tuple[float, float], second: tuple[float, float], by: tuple[float, float]) -> None:
    """Sets two fingers down, moves the second and lifts both: within milliseconds, however slow the machine is."""
    session = page.context.new_cdp_session(page)
    x, y = second
    began = time.time()
    moments = (began + number / 1000 for number in range(100))

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points, "timestamp": next(moments)})

    touch("touchStart", first)
    touch("touchStart", first, second)
    for step in range(1, 5) if by != (0, 0) else ():
        touch("touchMove", first, (x + by[0] * step / 4, y + by[1] * step / 4))
    touch("touchEnd")
    session.detach()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_while_painting(open_page: Any, scheme: str, pictures: Path) -> None:
    page = open_page(color_scheme=scheme)
    assert faults(page) == []
    paint = Paint(page)
    paint.open_sample()
    paint.draw((120.0, 250.0), (190.0, 210.0))
    assert faults(page) == []
    page.screenshot(path=pictures / f"paint-{scheme}.png")
    for opener in ("#save", "#palette-more", "#open", "#help"):
        page.click(opener)
        assert faults(page) == []
        page.screenshot(path=pictures / f"{opener.strip('#')}-{scheme}.png")
        page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_while_browsing(open_page: Any, scheme: str, pictures: Path) -> None:
    page = open_page("/browse", color_scheme=scheme)
    assert faults(page) == []
    page.screenshot(path=pictures / f"browse-{scheme}.png")
    for tab in ("drops", "clusters"):
        page.click(f"#tab-{tab}")
        until(page, "document.querySelector('#count').textContent !== 'Looking…'")
        assert faults(page) == []
        page.screenshot(path=pictures / f"{tab}-{scheme}.png")


def test_dark_or_light_is_remembered(open_page: Any) -> None:
    page = open_page()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
