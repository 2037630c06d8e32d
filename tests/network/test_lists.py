"""Lists of addresses as they really come: with byte order marks, old line ends, gaps, and values of any type."""

import datetime
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.network.recorder import listed_item
from lcpipe.pipeline.sources import urls
from lcpipe.pipeline.sources._item import Item, SourceState

FIRST, SECOND = "https://example.org/1.png", "https://example.org/2.png"
NAN = float("nan")


def items(tmp_path: Path, name: str, data: bytes, **settings: Any) -> list[Item]:
    """What a list with these bytes yields; each item is one that the ledger takes."""
    (tmp_path / name).write_bytes(data)
    found = list(urls.listing(urls.Settings(path=name, **settings), SourceState(tmp_path)))
    for item in found:
        listed_item(item)
    return found


def parquet(**columns: Any) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["list.txt", "list.csv", "list.tsv"])
def test_every_line_end_and_a_byte_order_mark_are_read(tmp_path: Path, name: str, end: str, mark: str) -> None:
    head = [] if name.endswith("txt") else ["url"]
    text = mark + "".join(line + end for line in [*head, FIRST, SECOND])
    assert [item.url for item in items(tmp_path, name, text.encode())] == [FIRST, SECOND]


def test_a_gap_is_no_value(tmp_path: Path) -> None:
    """Tables write gaps in columns of numbers as NaN, and whole numbers beside them as 3.0."""
    rows = {"url": [FIRST, None], "score": [3.0, NAN], "artist": [NAN, NAN], "tags_general": [["a", None], None]}
    one, none = items(tmp_path, "list.parquet", parquet(**rows))
    assert one.metadata == {"license": "unknown", "source_url": FIRST, "score": 3, "tags_general": ["a"]}
    assert (none.url, none.reason, none.native_id) == (None, "removed", "row 2")
    (gap,) = items(tmp_path, "list.jsonl", b'{"url": NaN, "score": NaN}')
    assert (gap.reason, gap.metadata.get("score")) == ("removed", None)


def test_values_of_other_types_are_kept_as_text(tmp_path: Path) -> None:
    rows = {
        "url": [FIRST.encode(), b"\xff\xfe"],
        "id": [7, 8],
        "created_at": [datetime.datetime(2024, 1, 2), None],
        "artist": [b"J\xc3\xb6rg", b"\xff"],
        "license": [Decimal("1.5"), None],
    }
    one, other = items(tmp_path, "list.parquet", parquet(**rows), id_column="id")
    assert (one.native_id, one.url, other.url) == ("7", FIRST, "\\xff\\xfe")
    assert one.metadata["created_at"] == "2024-01-02T00:00:00"
    assert (one.metadata["artist"], one.metadata["license"], other.metadata["artist"]) == ("Jörg", "1.5", "\\xff")


@pytest.mark.parametrize("value", [{"a": datetime.datetime(2024, 1, 2)}, [b"x"], {"a": b"\xff"}])
def test_what_is_no_value_is_one_line(tmp_path: Path, value: Any) -> None:
    with pytest.raises(RecipeError, match="'artist' cannot be .* row 1"):
        items(tmp_path, "list.parquet", parquet(url=[FIRST], artist=[value]))


def test_a_damaged_page_of_a_table_is_one_line(tmp_path: Path) -> None:
    data = parquet(url=[f"{FIRST}?{number}" for number in range(500)])
    with pytest.raises(RecipeError, match="cannot read the list") as caught:
        items(tmp_path, "list.parquet", data[:20] + b"\xff" * 60 + data[80:])
    assert "\n" not in str(caught.value)


def test_a_list_without_an_ending_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="without an ending"):
        items(tmp_path, "list", b"")
