"""Text from outside cannot become markup, whatever it holds."""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.markup import block, code_span, counted, escaped, isolated, markdown, percent, plain, size_text

NASTY = [
    "<script>alert(1)</script>",
    '" onload="x',
    "' x='",
    "a&b",
    "\u202eabc\u202c",
    "a\nb\x00c",
    "</style>",
    "[x](javascript:1)",
]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))


def tags_of(page: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Every start tag of a page with its attributes."""
    reader = _Reader()
    reader.feed(page)
    return reader.tags


@pytest.mark.parametrize("text", NASTY)
def test_escaped_text_adds_no_tag_and_no_attribute(text: str) -> None:
    page = f'<p title="{escaped(text)}">{isolated(text)}</p>'
    assert [(tag, len(attrs)) for tag, attrs in tags_of(page)] == [("p", 1), ("bdi", 0)]


@given(st.text(max_size=400))
def test_escaped_text_never_breaks_out(text: str) -> None:
    assert [tag for tag, _ in tags_of(f'<p title="{escaped(text)}">{isolated(text)}</p>')] == ["p", "bdi"]


@given(st.text(max_size=400), st.integers(2, 50))
def test_plain_text_is_one_short_line(text: str, limit: int) -> None:
    line = plain(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert not any("\u202a" <= character <= "\u202e" for character in line)


def test_long_text_ends_in_an_ellipsis() -> None:
    assert plain("x" * 10_000, 20) == "x" * 19 + "…"
    assert plain("x" * 20, 20) == "x" * 20


def test_text_that_only_hides_behind_marks_is_cut_too() -> None:
    assert len(plain("\u200b" * 10_000 + "x" * 10_000, 20)) <= 20


def test_markdown_shows_text_as_it_is() -> None:
    shown = markdown("[a](b) <i>*c_d*</i> https://x.y www.x.y @z |")
    assert not set("[]<>*_@|") & set(shown)
    assert "://" not in shown
    assert "www." not in shown
    assert html.unescape(shown) == "[a](b) <i>*c_d*</i> https://x.y www.x.y @z |"


@pytest.mark.parametrize("text", ["# a", "- a", "+ a", "12. a", "3) a"])
def test_markdown_text_starts_no_list_and_no_heading(text: str) -> None:
    assert markdown(text).startswith("&#")
    assert html.unescape(markdown(text)) == text


def test_plain_names_stay_readable_in_markdown() -> None:
    assert markdown("CC-BY-4.0 (art: me, 2024)") == "CC-BY-4.0 (art: me, 2024)"


def test_a_code_span_cannot_be_left() -> None:
    assert code_span("a`b\n<i>") == "`a'b <i>`"


def test_a_block_keeps_its_lines_and_has_an_end() -> None:
    assert block("a <b>\nc", 100) == "a &lt;b&gt;\nc"
    assert block("x" * 50, 10) == "x" * 10 + "\n…"


def test_numbers_as_people_read_them() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(12_345, "row") == "12,345 rows"
    sizes = [size_text(size) for size in (0, 999, 1000, 3_400_000, 5 * 10**12)]
    assert sizes == ["0 B", "999 B", "1.0 kB", "3.4 MB", "5.0 TB"]
    shares = [percent(part, 100) for part in (0, 0.01, 3, 3.14, 50, 100)]
    assert shares == ["0 %", "<0.1 %", "3 %", "3.1 %", "50 %", "100 %"]
    assert percent(1, 0) == "0 %"
