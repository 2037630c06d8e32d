"""A digest names what a row holds: not its layout, its order of columns, its dtype's spelling or its file."""

import random
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.digest import dataset_digest, row_digest, row_digests
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.schema import IMAGE

SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("color", IMAGE), ("single", pa.float32()), ("double", pa.float64()), ("n", pa.int32()),
        ("hash", pa.binary(2)), ("when", pa.timestamp("us", tz="UTC")), ("tags", pa.list_(pa.string())),
        ("params", pa.struct([("k", pa.float32()), ("name", pa.string())])), ("yes", pa.bool_()),
        ("refs", pa.list_(pa.struct([("source", pa.string()), ("url", pa.string())]))),
    ]
)  # fmt: skip
ROW = {
    "id": "a", "color": {"bytes": b"jpeg", "path": "a.jpg"}, "single": 0.1, "double": 0.1, "n": 3, "hash": b"\x01\xff",
    "when": datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "tags": ["x", "ü", None], "params": {"k": 0.3, "name": None},
    "yes": True, "refs": [{"source": "s", "url": None}],
}  # fmt: skip


def test_a_digest_is_a_fixed_function():
    """If this fails, every dataset ever published has lost its name."""
    assert row_digest(ROW, SCHEMA) == "e7e4fbe3bc7496f7c95dd55b50bd69b3ab3d9f215cda0aa78428ad16c4e1b2fb"


def test_a_picture_counts_by_its_bytes_alone():
    by_hash = ROW | {"color": {"sha256": sha256_hex(b"jpeg")}}
    assert row_digest(by_hash, SCHEMA) == row_digest(ROW, SCHEMA)
    assert row_digest(ROW | {"color": {"bytes": b"jpeg", "path": "other"}}, SCHEMA) == row_digest(ROW, SCHEMA)
    assert row_digest(ROW | {"color": {"bytes": b"jpeh", "path": "a.jpg"}}, SCHEMA) != row_digest(ROW, SCHEMA)


@pytest.mark.parametrize("name", [name for name in ROW if name != "color"])
def test_every_column_counts(name):
    other = {
        "id": "b", "single": 0.2, "double": 0.2, "n": 4, "hash": b"\x01\xfe", "when": datetime(2020, 1, 3, tzinfo=UTC),
        "tags": ["x", "ü"], "params": {"k": 0.4}, "yes": False, "refs": [],
    }[name]  # fmt: skip
    assert row_digest(ROW | {name: other}, SCHEMA) != row_digest(ROW, SCHEMA)
    assert row_digest(ROW | {name: None}, SCHEMA) != row_digest(ROW, SCHEMA)


def test_null_and_absent_are_the_same():
    without = {name: value for name, value in ROW.items() if name != "n"}
    assert row_digest(ROW | {"n": None}, SCHEMA) == row_digest(without, SCHEMA)
    assert row_digest(without, pa.schema([f for f in SCHEMA if f.name != "n"])) == row_digest(without, SCHEMA)


def test_values_count_as_the_column_stores_them():
    written = {
        "single": float(np.float32(0.1)), "n": np.int64(3), "double": np.float64(0.1),
        "when": datetime(2020, 1, 2, 5, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
    }  # fmt: skip
    assert row_digest(ROW | written, SCHEMA) == row_digest(ROW, SCHEMA)
    assert row_digest(ROW | {"double": 1}, SCHEMA) == row_digest(ROW | {"double": 1.0}, SCHEMA)
    assert row_digest(ROW | {"when": datetime(2020, 1, 2, 3, 4, 5, 6)}, SCHEMA) == row_digest(ROW, SCHEMA)


def test_what_cannot_be_named_is_refused():
    with pytest.raises(ValueError, match="not in the schema: colour"):
        row_digest(ROW | {"colour": 1}, SCHEMA)
    with pytest.raises(ValueError, match="not JSON compliant"):
        row_digest(ROW | {"double": float("nan")}, SCHEMA)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.fixed_dictionaries(
    {
        "id": TEXT,
        "single": st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
        "double": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
        "n": st.none() | st.integers(-(2**31), 2**31 - 1),
        "hash": st.none() | st.binary(min_size=2, max_size=2),
        "when": st.none() | st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),
        "tags": st.none() | st.lists(st.none() | TEXT),
        "params": st.none() | st.fixed_dictionaries({"k": st.none() | st.floats(0, 1), "name": st.none() | TEXT}),
        "color": st.none() | st.fixed_dictionaries({"bytes": st.binary(max_size=9), "path": st.just("p")}),
    }
)


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_a_row_has_the_same_digest_before_writing_and_after_reading(rows):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), sink)
    table = pq.read_table(pa.BufferReader(sink.getvalue()))
    assert row_digests(table) == [(row["id"], row_digest(row, SCHEMA)) for row in rows]


def test_layout_settings_and_order_of_columns_keep_every_digest(tiny_dataset):
    (uri,) = open_dataset(tiny_dataset).shards()
    table = pq.read_table(uri)
    names = list(table.schema.names)
    random.Random(1).shuffle(names)  # noqa: S311 - a test's order
    sink = pa.BufferOutputStream()
    pq.write_table(table.select(names), sink, compression="gzip", row_group_size=2, use_dictionary=False, version="1.0")
    again = pq.read_table(pa.BufferReader(sink.getvalue()))
    assert row_digests(again) == row_digests(table)


def test_a_dataset_is_named_by_its_rows_not_their_order():
    rows = {"pairs": {"train": [("a", "1"), ("b", "2")], "test": [("c", "3")]}}
    assert dataset_digest({"pairs": {"test": [("c", "3")], "train": [("b", "2"), ("a", "1")]}}) == dataset_digest(rows)
    assert dataset_digest(rows | {"line_art": {"test": []}}) == dataset_digest(rows)
    assert dataset_digest({"pairs": {"train": [("a", "1"), ("b", "2"), ("c", "3")]}}) != dataset_digest(rows)
    assert dataset_digest(rows | {"line_art": {"test": [("d", "4")]}}) != dataset_digest(rows)
    assert dataset_digest(rows, "2.0.0") != dataset_digest(rows)


def test_the_digest_of_a_packed_dataset_is_made_of_its_shards(tiny_dataset):
    dataset = open_dataset(tiny_dataset)
    rows = {
        config: {split: row_digests(dataset.table(config, split)) for split in dataset.splits(config)}
        for config in dataset.configs
    }
    assert dataset_digest(rows) == dataset.digest
