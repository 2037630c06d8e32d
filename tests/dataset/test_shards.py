"""Shards: the settings of the contract, the same bytes each time, whole or not there, one row group in memory."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.dataset import shards
from lcpipe.pipeline.dataset.errors import DatasetError, StorageError
from lcpipe.pipeline.dataset.schema import DROPS, SCHEMA_VERSION, pairs_schema
from lcpipe.pipeline.dataset.shards import shard_path, shard_ranges, write_drops, write_shard

MIB = 1024**2
PARAMS = pa.struct([("extractor", pa.string()), ("sigma", pa.float64())])
SCHEMA = pairs_schema({"a": PARAMS})
PLACE = {"config": "pairs", "split": "train", "number": 0, "of": 1}


def row(i: int, size_bytes: int = 300) -> dict:
    picture = {"bytes": i.to_bytes(4, "big") * (size_bytes // 8), "path": f"{i}.jpg"}
    return {
        "id": f"{i:064x}", "color": picture, "line_a": picture, "line_a_params": {"extractor": "xdog", "sigma": 0.3},
        "width": 16, "height": 16, "original_width": 20, "original_height": 20, "phash": bytes(8), "cluster": "c",
        "license": "unknown", "refs": [{"source": "local", "native_id": str(i)}], "tags_general": ["a", "b"],
    }  # fmt: skip


@given(st.lists(st.integers(0, 2 * shards.SHARD_BYTES), max_size=700), st.sampled_from(["train", "test"]))
def test_ranges_hold_every_row_once_and_none_is_empty(sizes, split):
    ranges = shard_ranges(sizes, split)
    assert [i for part in ranges for i in part] == list(range(len(sizes)))
    assert all(len(part) for part in ranges)
    assert max(map(len, ranges), default=0) - min(map(len, ranges), default=0) <= 1


@pytest.mark.parametrize(
    ("rows", "size", "split", "expected"),
    [
        (0, 1, "train", 0), (1, 1, "train", 1), (15, 1, "train", 1), (31, 1, "train", 1), (32, 1, "train", 2),
        (320, 1, "train", 20), (100_000, 1, "train", 20), (320, 1, "test", 1), (5_000, MIB, "test", 10),
        (50_000, MIB, "train", 98), (2, 900 * MIB, "test", 2),
    ],
)  # fmt: skip
def test_how_many_shards(rows, size, split, expected):
    assert len(shard_ranges([size] * rows, split)) == expected


def test_names_sort_in_order():
    assert shard_path("pairs", "train", 3, 20) == "data/pairs/train-00003-of-00020.parquet"


def test_facts_are_those_of_the_file(tmp_path: Path):
    path = tmp_path / "deep" / "a.parquet"
    facts = write_shard(str(path), SCHEMA, map(row, range(250)), **PLACE)
    data = path.read_bytes()
    assert (facts.path, facts.rows) == ("data/pairs/train-00000-of-00001.parquet", 250)
    assert (facts.bytes, facts.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_same_rows_give_the_same_bytes(tmp_path: Path):
    once = write_shard(str(tmp_path / "a"), SCHEMA, map(row, range(120)), **PLACE)
    again = write_shard(str(tmp_path / "b"), SCHEMA, [dict(reversed(row(i).items())) for i in range(120)], **PLACE)
    assert once == again
    other = write_shard(str(tmp_path / "c"), SCHEMA, map(row, range(121)), **PLACE)
    assert other.sha256 != once.sha256


def test_row_groups_end_at_100_rows_or_32_mib(tmp_path: Path):
    def sizes_of(rows):
        write_shard(str(tmp_path / "a"), SCHEMA, rows, **PLACE)
        metadata = pq.read_metadata(tmp_path / "a")
        return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]

    assert sizes_of(map(row, range(250))) == [100, 100, 50]
    assert sizes_of(row(i, 9 * MIB) for i in range(8)) == [3, 3, 2]
    assert sizes_of([row(0, 40 * MIB), row(1), row(2, 33 * MIB)]) == [1, 1, 1]


def test_rows_are_taken_only_as_fast_as_they_are_written(tmp_path: Path):
    """A shard of many row groups never has more than one of them in memory: rows are made lazily here and counted."""
    taken = []
    path = tmp_path / "a"

    def rows():
        for i in range(12):
            taken.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
            yield row(i, 16 * MIB)

    write_shard(str(path), SCHEMA, rows(), **PLACE)
    behind = [i * 16 * MIB - written for i, written in enumerate(taken)]
    assert max(behind) <= shards.GROUP_BYTES + shards.AHEAD_BYTES + 2 * MIB


def test_writer_settings(tmp_path: Path):
    write_shard(str(tmp_path / "a"), SCHEMA, map(row, range(5)), **PLACE)
    group = pq.read_metadata(tmp_path / "a").row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    pictures = {name for name in columns if name.endswith((".bytes", ".path"))}
    assert pictures == {f"{c}.{leaf}" for c in ("color", "line_a", "line_authentic") for leaf in ("bytes", "path")}
    for name, column in columns.items():
        assert column.has_offset_index
        assert column.compression == ("UNCOMPRESSED" if name in pictures else "ZSTD"), name
        assert column.is_stats_set == (name not in pictures), name
        assert ("RLE_DICTIONARY" in column.encodings) == (name not in pictures), name


def test_an_unchanged_picture_is_an_unchanged_page(tmp_path: Path):
    """Header and all: so a store that keeps equal bytes once keeps it once, whatever stands around it."""
    pictures = [np.random.default_rng(i).bytes(shards.PAGE_BYTES + 500 * i) for i in range(40)]
    rows = [row(i) | {"color": {"bytes": data, "path": f"{i}.jpg"}} for i, data in enumerate(pictures)]
    write_shard(str(tmp_path / "before"), SCHEMA, rows, **PLACE)
    write_shard(str(tmp_path / "after"), SCHEMA, [rows[i] for i in range(40) if i % 7 != 3], **PLACE)
    before, after = ((tmp_path / name).read_bytes() for name in ("before", "after"))
    ends = [before.index(data) + len(data) for data in pictures]
    for i, (start, end) in enumerate(pairwise(ends), 1):
        assert 20 < end - start - len(pictures[i]) < 50  # its header, and no other picture
        assert after.count(before[start:end]) == (i % 7 != 3), i


def test_metadata_tells_readers_what_the_columns_are(tmp_path: Path):
    write_shard(str(tmp_path / "a"), SCHEMA, [row(0)], config="pairs", split="test", number=2, of=5)
    metadata = pq.read_schema(tmp_path / "a").metadata
    features = json.loads(metadata[b"huggingface"])["info"]["features"]
    assert list(features) == SCHEMA.names
    assert features["color"] == features["line_authentic"] == {"_type": "Image"}
    assert features["tags_general"] == {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}
    assert json.loads(metadata[b"lcpipe"]) == {
        "schema_version": SCHEMA_VERSION, "config": "pairs", "split": "test", "shard": 2, "shards": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"id": None}, "non-nullable"), ({"width": "wide"}, "do not fit"), ({"phash": b"short"}, "do not fit"),
        ({"extra": 1}, "no such column: extra"), ({"color": None}, "has no color"), ({"score": 2**40}, "do not fit"),
        ({"artist": "\ud800"}, "do not fit"), ({"refs": [1]}, "do not fit"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_leave_no_file(tmp_path: Path, wrong, says):
    with pytest.raises(DatasetError, match=says):
        write_shard(str(tmp_path / "a"), SCHEMA, [row(0), row(1) | wrong], **PLACE)
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_rows_are_made_leaves_no_file(tmp_path: Path):
    def rows():
        yield row(0)
        raise RuntimeError("the maker of rows failed")

    with pytest.raises(RuntimeError, match="the maker of rows failed"):
        write_shard(str(tmp_path / "a"), SCHEMA, rows(), **PLACE)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_shard(str(tmp_path / "file" / "a"), SCHEMA, [row(0)], **PLACE)


def test_drops_are_written_and_read(tmp_path: Path):
    drop = {
        "id": "x", "refs": [], "role": None, "stage": "select", "reason": "min_side", "reasons": ["min_side"],
        "kept_id": None, "detail": None, "width": 3, "height": None,
    }  # fmt: skip
    facts = write_drops(str(tmp_path / "drops.parquet"), [drop])
    assert (facts.path, facts.rows) == ("drops.parquet", 1)
    table = pq.read_table(tmp_path / "drops.parquet")
    assert table.schema.equals(DROPS)
    assert table.to_pylist() == [drop]
    assert write_drops(str(tmp_path / "none.parquet"), []).rows == 0
    assert pq.read_table(tmp_path / "none.parquet").schema.equals(DROPS)
