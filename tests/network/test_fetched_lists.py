"""Lists of addresses in every format, fetched from a site: with their metadata, their gaps and their checksums."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.boards import Board
from support.small_site import picture

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.errors import LcpipeError, RecipeError
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Recipe, parse_recipe

HEAD = {"url": "url", "artist": "artist"}
LIST = {"license": "CC0-1.0", "artist": "somebody", "tags": "a b"}


@pytest.fixture
def board() -> Iterator[Board]:
    one = Board(70)
    yield one
    one.close()


def rows_of(tmp_path: Path, wanted: Recipe) -> dict[str, dict[str, Any]]:
    (crawled,) = crawl(wanted, str(tmp_path / "cache"), Reporter(-1))
    return {row["native_id"]: row for row in crawled.listing.to_pylist()}


def lists(board: Board, tmp_path: Path) -> dict[str, Path]:
    """The same list in every format."""
    rows = [{"url": f"{board.url}/p/{number}.png", **LIST} for number in range(1, 6)]
    files = {kind: tmp_path / f"list.{kind}" for kind in ("csv", "tsv", "jsonl", "parquet", "txt")}
    for kind, mark in (("csv", ","), ("tsv", "\t")):
        lines = [mark.join(rows[0]), *(mark.join(row.values()) for row in rows)]
        files[kind].write_text("\n".join(lines) + "\n")
    files["jsonl"].write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    pq.write_table(pa.Table.from_pylist(rows), files["parquet"])
    files["txt"].write_text("# pictures\n" + "\n".join(row["url"] for row in rows) + "\n")
    return files


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "txt"])
def test_a_list_of_addresses_is_fetched_with_its_metadata(tmp_path: Path, board: Board, kind: str) -> None:
    path = lists(board, tmp_path)[kind]
    wanted = listed_recipe(tmp_path, board, path=path.name, columns={"tags_general": "tags"})
    rows = rows_of(tmp_path, wanted)
    assert sorted(rows) == [f"{board.url}/p/{number}.png" for number in range(1, 6)]
    for row in rows.values():
        if kind != "txt":
            assert (row["license"], row["artist"], row["tags_general"]) == ("CC0-1.0", "somebody", ["a", "b"])
        assert row["reason"] is None


def listed_recipe(tmp_path: Path, board: Board, **settings: Any) -> Recipe:
    table = {
        "name": "trial",
        "sources": {"site": {"kind": "urls", **settings}},
        "crawl": {"allow_hosts": [board.name], "requests_per_second": 100_000.0, "backoff_s": 0.01, "max_failed": 1.0},
    }
    return parse_recipe(table, folder=tmp_path, where="recipe.toml")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("list.csv", b"name,artist\na,b\n", "no column with addresses"),
        ("list.csv", b"url\n\xff\xfe\x00\n", "cannot read the list"),
        ("list.jsonl", b"{]\n", "line 1"),
        ("list.jsonl", b"[1]\n", "line 1"),
        ("list.parquet", b"PAR1 no", "cannot read the list"),
        ("list.xlsx", b"x", "a list cannot be"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_line(
    tmp_path: Path, board: Board, name: str, data: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LcpipeError) as caught:
        rows_of(tmp_path, listed_recipe(tmp_path, board, path=name))
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_row_without_an_address_is_a_row_with_a_reason(tmp_path: Path, board: Board, kind: str) -> None:
    rows = [{"url": f"{board.url}/p/1.png", "artist": "a"}, {"url": None, "artist": "b"}, {"url": "x y", "artist": "c"}]
    if kind == "csv":
        (tmp_path / "list.csv").write_text("".join(f"{row['url'] or ''},{row['artist']}\n" for row in [HEAD, *rows]))
    elif kind == "jsonl":
        given = [{key: value for key, value in row.items() if value} for row in rows]
        (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, given)))
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    found = rows_of(tmp_path, listed_recipe(tmp_path, board, path=f"list.{kind}"))
    reasons = {row["artist"]: row["reason"] for row in found.values()}
    assert reasons == {"a": None, "b": "removed", "c": "blocked_address"}


def test_a_list_that_is_not_there_is_named(tmp_path: Path, board: Board) -> None:
    with pytest.raises(RecipeError, match="no such list"):
        rows_of(tmp_path, listed_recipe(tmp_path, board, path="none.csv"))


def test_checksums_of_a_list_are_held(tmp_path: Path, board: Board) -> None:
    right = hashlib.sha256(picture(1)).hexdigest()
    (tmp_path / "list.csv").write_text(f"url,sha256\n{board.url}/p/1.png,{right}\n{board.url}/p/2.png,{'0' * 64}\n")
    rows = rows_of(tmp_path, listed_recipe(tmp_path, board, path="list.csv", checksums=True))
    assert [row["reason"] for _, row in sorted(rows.items())] == [None, "source_changed"]
    assert os.path.exists(tmp_path / "cache")
