"""The report in a real browser: it asks nobody for anything, runs nothing, fits a phone, and can be browsed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.tiny_dataset import PARAMS, make_tiny_dataset

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.manifest import write_manifest
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.schema import pairs_schema
from lcpipe.pipeline.dataset.shards import shard_path, write_drops, write_shard
from lcpipe.pipeline.report import report_html

pytestmark = pytest.mark.browser

ROWS = 100_000
LIMIT_BYTES = 20_000_000
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def opened(browser: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens reports; afterwards nothing may have been asked for, and no error shown."""
    contexts: list[Any] = []
    asked: list[str] = []
    errors: list[str] = []

    def open_report(dataset: Dataset, **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(report_html(dataset), encoding="utf-8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []


def test_hostile_titles_are_shown_and_not_run(opened: Any, hostile: Dataset):
    page = opened(hostile)
    assert page.title().startswith("<script>")
    assert page.locator("script").count() == 0
    assert page.evaluate("document.title") != "owned"
    assert page.locator("section").count() == 7


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_at_any_width(opened: Any, tiny: Dataset, hostile: Dataset, width: int):
    for dataset in (tiny, hostile):
        page = opened(dataset, viewport={"width": width, "height": 800})
        assert page.evaluate(OVERFLOW) <= 0


def test_the_page_is_dark_where_people_want_that(opened: Any, tiny: Dataset):
    colors = [opened(tiny, color_scheme=scheme).evaluate(BACKGROUND) for scheme in ("light", "dark")]
    light, dark = (sum(map(int, color.removeprefix("rgb(").removesuffix(")").split(","))) for color in colors)
    assert dark < 150 < 600 < light


def test_one_chooses_what_to_see(opened: Any, tiny: Dataset):
    page = opened(tiny)
    kinds = {"color": 1, "lines": 2, "authentic": 1}
    for chosen, columns in kinds.items():
        page.locator(f"label[for=show-{chosen}]").click()
        figure = page.locator(".browse .slot.partner").first
        assert {kind: figure.locator(f"a.{kind}:visible").count() for kind in kinds} == {
            kind: columns if kind == chosen else 0 for kind in kinds
        }
    assert page.locator(".browse .slot:not(.partner):visible").count() == 0
    page.locator("#show-authentic").press("ArrowLeft")
    assert page.locator("#show-lines").is_checked()
    page.locator("label[for=show-all]").click()
    assert page.locator(".browse .slot:not(.partner):visible").count() > 0


def test_pictures_open_large_and_close_where_they_were(opened: Any, tiny: Dataset):
    page = opened(tiny, viewport={"width": 390, "height": 800})
    page.locator("#p3 a.color").click()
    box = page.locator("#p3").bounding_box()
    assert (box["x"], box["width"]) == (0, 390)
    page.locator("#p3 [aria-label=next]").click()
    assert page.locator("#p4 .steps").is_visible()
    page.locator("#p4 [aria-label=close]").click()
    assert not page.locator("#p4 .steps").is_visible()
    assert page.locator("#p4").bounding_box()["y"] < 800
    assert page.evaluate(OVERFLOW) <= 0


def test_every_picture_is_one(opened: Any, tiny: Dataset):
    page = opened(tiny)
    page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_function("[...document.images].every(one => one.complete)")
    assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0)")


@pytest.mark.slow
def test_a_hundred_thousand_rows_fit_into_one_page(opened: Any, tmp_path: Path):
    dataset = large(tmp_path / "large")
    page = opened(dataset, viewport={"width": 390, "height": 800})
    assert (tmp_path / "report.html").stat().st_size < LIMIT_BYTES
    assert "100,000" in page.locator("header").inner_text()
    assert page.locator(".pair").count() > 30
    assert page.evaluate(OVERFLOW) <= 0


def large(root: Path) -> Dataset:
    """100,000 rows whose pictures repeat, and as many drops."""
    small = open_dataset(str(make_tiny_dataset(root.parent / "small", rows=26, side=128)))
    drawn, drop = list(small.rows()), small.drops().to_pylist()[0]
    place = {"config": "pairs", "split": "train", "number": 0, "of": 1}

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(ROWS):
            id = sha256_hex(str(number).encode())
            row = drawn[number % len(drawn)]
            yield row | {
                "id": id,
                "cluster": id,
                "artist": f"artist {number}",
                "tags_general": [f"tag {number}", "1girl"],
            }

    facts = write_shard(
        f"{root}/{shard_path('pairs', 'train', 0, 1)}", pairs_schema({"xdog_03": PARAMS}), rows(), **place
    )
    drops = write_drops(f"{root}/drops.parquet", (drop | {"id": sha256_hex(f"d{n}".encode())} for n in range(ROWS)))
    counts = {"found": 2 * ROWS, "kept": ROWS, "paired": 0, "dropped": ROWS, "reasons": {drop["reason"]: ROWS}}
    entry = {"path": facts.path, "bytes": facts.bytes, "sha256": facts.sha256, "rows": ROWS}
    files = [
        entry | {"config": "pairs", "split": "train"},
        {"path": drops.path, "bytes": drops.bytes, "sha256": drops.sha256},
    ]
    counts["splits"] = {"pairs": {"train": ROWS}}
    write_manifest(str(root), small.manifest | {"counts": counts, "files": files})
    return open_dataset(str(root))
