"""The report says what is in the dataset, runs nothing, loads nothing, and stays small."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lcpipe.pipeline.dataset.reading import Dataset
from lcpipe.pipeline.overview import Stage, overview
from lcpipe.pipeline.report import report_html
from lcpipe.pipeline.report_charts import bars, bin_counts, funnel, histogram, stacked
from lcpipe.pipeline.report_gallery import gallery, loose_line_art, within

TAGS = frozenset(
    """html head meta title style body header div p h1 h2 h3 small ul ol li b span nav a main section footer svg rect
    polygon dl dt dd bdi table thead tbody tr th td figure figcaption img code details summary pre input
    label""".split()
)


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_the_page_tells_the_counts(tiny: Dataset) -> None:
    page = report_html(tiny)
    assert tiny.digest in page
    assert "Of 32 pictures found, 26 are kept, 3 became the authentic lines" in page
    for word in ("near_duplicate", "min_side", "decode_failed", "CC0-1.0", "artist_1", "xdog_05", "extractor = "):
        assert word in page


def test_clusters_name_what_was_dropped_for_them(tiny: Dataset) -> None:
    (kept,) = [id for id in tiny.drops().column("kept_id").to_pylist() if id]
    page = report_html(tiny)
    assert f'<code>{kept[:12]}</code></td><td class="n">1</td><td class="n">1</td>' in page


def test_the_same_dataset_gives_the_same_page(tiny: Dataset) -> None:
    assert report_html(tiny) == report_html(tiny)


@pytest.mark.parametrize("name", ["tiny", "hostile", "empty", "damaged"])
def test_nothing_from_outside_becomes_markup(name: str, request: pytest.FixtureRequest) -> None:
    page = _Page(report_html(request.getfixturevalue(name)))
    assert page.tags <= TAGS
    assert not [attribute for attribute, _ in page.attributes if attribute.startswith("on") or attribute == "style"]
    links = [value for attribute, value in page.attributes if attribute in ("href", "src")]
    assert all(link.startswith(("#", "data:image/jpeg;base64,", "data:image/png;base64,")) for link in links)


def test_hostile_text_is_short_and_keeps_its_direction_to_itself(hostile: Dataset) -> None:
    page = report_html(hostile)
    assert "x" * 500 not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_the_policy_lets_only_our_own_style_through(tiny: Dataset) -> None:
    page = report_html(tiny)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy.group(1).startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "script-src" not in policy.group(1)


def test_an_empty_dataset_has_a_report(empty: Dataset) -> None:
    page = report_html(empty)
    assert "Nothing was dropped" in page


def test_damaged_pictures_do_not_stop_the_report(damaged: Dataset) -> None:
    page = report_html(damaged)
    assert "data:image" not in page
    assert damaged.digest in page


def test_the_gallery_shows_every_split_and_partners_first(tiny: Dataset) -> None:
    shown = gallery(tiny, overview(tiny).pairs, limit=12)
    assert {row.split for row in shown} == {"train", "validation", "test"}
    assert len(shown) == 12
    assert [thumb.label for thumb in shown[0].thumbs] == ["color", "line_xdog_03", "line_xdog_05", "line_authentic"]
    assert len(shown[0].thumbs) >= len(shown[-1].thumbs)
    assert all(thumb.uri.startswith("data:image/") for row in shown for thumb in row.thumbs)
    assert len(loose_line_art(tiny)) == 2


def test_a_sample_stays_when_it_grows(tiny: Dataset) -> None:
    pairs = overview(tiny).pairs
    few = {row.facts["id"] for row in gallery(tiny, pairs, limit=6) if row.split == "train"}
    many = {row.facts["id"] for row in gallery(tiny, pairs, limit=18) if row.split == "train"}
    assert few <= many


def test_the_page_has_an_end(tiny: Dataset) -> None:
    shown = gallery(tiny, overview(tiny).pairs, limit=10)
    size = sum(len(thumb.uri) for row in shown[:3] for thumb in row.thumbs)
    assert within(shown, size) == shown[:3]
    assert within(shown, 0) == []


def test_ink_is_a_share_of_the_picture(tiny: Dataset) -> None:
    inks = [thumb.ink for row in gallery(tiny, overview(tiny).pairs) for thumb in row.thumbs if thumb.ink is not None]
    assert all(0 < ink < 0.5 for ink in inks)


def test_charts_of_nothing_are_words() -> None:
    assert "nothing recorded" in bars(())
    assert "no rows" in stacked(())
    assert histogram([], [0, 1, 2], ["a", "b"]).count("<title>") == 2
    assert "polygon" in funnel(0, [Stage("crawl", 0, ())], 0, 0)


def test_values_outside_the_bins_are_counted_at_the_ends() -> None:
    assert bin_counts([-5, 0, 1.5, 2, 99], [0, 1, 2]) == [2, 3]


@pytest.mark.browser
def test_a_browser_shows_the_page_and_runs_nothing(hostile: Dataset, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    page = tmp_path / "report.html"
    page.write_text(report_html(hostile), encoding="utf-8")
    switches = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    command = [chromium, *switches.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]
    seen = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "<title>&lt;script&gt;" in seen
    assert "<script" not in seen
    assert seen.count("<section") == 7
