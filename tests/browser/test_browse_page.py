"""Looking through a dataset as a person does: search, open a pair, wipe, mark rows, save the list, paint a sketch."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.pages import Paint, until

pytestmark = pytest.mark.browser


def counted(page: Any, text: str) -> None:
    until(page, f"document.querySelector('#count').textContent === {text!r}")


def test_search_and_filters_narrow_what_is_shown(open_page: Any) -> None:
    page = open_page("/browse")
    counted(page, "10 pairs")
    page.select_option("#method", "authentic")
    until(page, "document.querySelectorAll('.tile').length < 10")
    page.click("#reset")
    counted(page, "10 pairs")
    page.fill("#q", "nothing-has-this-tag")
    page.wait_for_selector("#nothing:visible")
    assert "Take away a word" in page.text_content("#nothing")
    page.click("#reset")
    page.fill("#low", "x")
    page.wait_for_selector("#problem:visible")
    assert "lowest pair score" in page.text_content("#problem")
    page.click("#reset")
    counted(page, "10 pairs")
    page.wait_for_selector("#nothing", state="hidden")


def test_a_pair_is_wiped_and_walked_through(open_page: Any, pictures: Path) -> None:
    page = open_page("/browse")
    page.locator(".tile > button").first.click()
    page.wait_for_selector("#row-dialog[open]")
    until(page, "document.querySelector('#wipe-above').naturalWidth > 0")
    first = page.text_content("#row-title")
    page.locator("#wipe-share").fill("800")
    assert page.locator("#wipe-over").evaluate("one => one.style.clipPath") == "inset(0px 20% 0px 0px)"
    page.screenshot(path=pictures / "pair.png")
    page.keyboard.press("Tab")
    page.click("#row-after")
    until(page, f"document.querySelector('#row-title').textContent !== {first!r}")
    page.keyboard.press("ArrowLeft")
    until(page, f"document.querySelector('#row-title').textContent === {first!r}")
    page.keyboard.press("Escape")
    page.wait_for_selector("#row-dialog", state="hidden")


def test_marked_rows_are_saved_as_a_list_to_exclude(open_page: Any, tmp_path: Path) -> None:
    page = open_page("/browse")
    ids = page.locator(".tile").evaluate_all("tiles => tiles.map((one) => one.dataset.id)")[:2]
    for number in (0, 1):
        page.locator(".tile .mark").nth(number).click()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.text_content("#mark-count") == "2 rows marked"
    with page.expect_download() as started:
        page.click("#mark-save")
    started.value.save_as(tmp_path / "exclude.toml")
    assert tomllib.loads((tmp_path / "exclude.toml").read_text())["ids"] == sorted(ids)
    page.click("#mark-clear")
    assert not page.is_visible("#marks")


def test_drops_are_filtered_by_their_reason(open_page: Any) -> None:
    page = open_page("/browse")
    page.click("#tab-drops")
    counted(page, "3 dropped pictures")
    page.click(".reasons button >> text=min_side")
    counted(page, "1 dropped picture")
    page.keyboard.press("Tab")
    page.locator("#tab-drops").focus()
    page.keyboard.press("ArrowRight")
    counted(page, "1 cluster")


def test_the_lines_of_a_row_are_painted(open_page: Any) -> None:
    page = open_page("/browse")
    page.locator(".tile > button").first.click()
    page.click("#row-paint")
    page.wait_for_selector("body[data-ready].paint")
    paint = Paint(page)
    paint.painted()
    assert paint.size == (64, 64)


def test_a_sketch_of_the_dataset_is_opened(open_page: Any, pictures: Path) -> None:
    page = open_page()
    page.click("#open")
    page.wait_for_selector("#sketches button")
    page.screenshot(path=pictures / "open.png")
    page.locator("#sketches button").first.click()
    Paint(page).painted()
