"""Gathered rows have the very bytes that the cache keeps, or the part is named that keeps others."""

import uuid
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError, StorageError
from lcpipe.pipeline.dataset.schema import pairs_schema
from lcpipe.pipeline.dataset.shards import GROUP_ROWS, row_table, write_shard, write_tables
from lcpipe.pipeline.gather import gathered
from lcpipe.pipeline.parts import Place, write_part
from lcpipe.pipeline.rows import DatasetRow

SCHEMA = pairs_schema({"a": pa.struct([("extractor", pa.string())])})
INDEX = pa.schema([("id", pa.string())])
PLACE = {"config": "pairs", "split": "train", "number": 0, "of": 1}


def made(root: str, count: int) -> tuple[list[DatasetRow], list[dict]]:
    """Rows whose pictures lie in two parts, in an order that is not theirs, and the same rows with their bytes."""
    parts: dict[str, list[bytes]] = {"even": [], "odd": []}
    rows, whole = [], []
    for i in range(count):
        name = "odd" if i % 2 else "even"
        cells = {"color": bytes([i % 251]) * (900 + i), "line_a": bytes([i % 13]) * 70} | (
            {"line_authentic": b"drawn" * 9} if i % 5 == 0 else {}
        )
        places = {}
        for column, data in cells.items():
            places[column] = Place(f"{root}/{name}.blob", sum(map(len, parts[name])), len(data))
            parts[name].append(data)
        values = {"id": f"{i:064x}", "width": 16, "height": 16, "original_width": 16, "original_height": 16}
        values |= {"phash": bytes(8), "cluster": "c", "license": "unknown", "refs": []}
        pictures = {column: {"bytes": data, "path": f"{i}.png"} for column, data in cells.items()}
        whole.append(values | pictures)
        named = {column: {"sha256": sha256_hex(data), "path": f"{i}.png"} for column, data in cells.items()}
        rows.append(DatasetRow("pairs", "train", values | {"line_authentic": None} | named, places))
    for name, data in parts.items():
        write_part(root, name, INDEX, [({"id": name}, one) for one in data])
    return rows[::-1], whole[::-1]


@pytest.mark.parametrize("store", ["disk", "memory"])
def test_tables_are_those_of_rows_with_their_bytes(tmp_path: Path, store: str) -> None:
    root = str(tmp_path) if store == "disk" else f"memory://{uuid.uuid4().hex}"
    rows, whole = made(root, GROUP_ROWS + 7)
    tables = list(gathered(rows, SCHEMA, "x"))
    assert [len(table) for table in tables] == [GROUP_ROWS, 7]
    assert pa.concat_tables(tables).equals(row_table(whole, SCHEMA, "x"))
    ours = write_tables(str(tmp_path / "a.parquet"), SCHEMA, gathered(rows, SCHEMA, "x"), **PLACE)
    assert ours == write_shard(str(tmp_path / "b.parquet"), SCHEMA, whole, **PLACE)


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing", "another"])
@pytest.mark.parametrize("store", ["disk", "memory"])
def test_a_damaged_part_is_named_and_nothing_is_written(tmp_path: Path, store: str, damage: str) -> None:
    root = str(tmp_path / "cache") if store == "disk" else f"memory://{uuid.uuid4().hex}"
    rows, _ = made(root, 20)
    fs, blob = fsspec.core.url_to_fs(f"{root}/odd.blob")
    data = fs.cat_file(blob)
    wrong = {"flipped": data[:50] + bytes([data[50] ^ 1]) + data[51:], "cut": data[:-9], "another": data[::-1]}
    fs.pipe_file(blob, wrong[damage]) if damage in wrong else fs.rm_file(blob)
    with pytest.raises(StorageError, match="the bytes beside it are not those it lists") as caught:
        write_tables(str(tmp_path / "a.parquet"), SCHEMA, gathered(rows, SCHEMA, "x"), **PLACE)
    assert caught.value.where == f"{root}/odd.arrow"
    assert not list(tmp_path.glob("*.parquet")) + list(tmp_path.glob("*.tmp"))


def test_rows_that_do_not_fit_are_named(tmp_path: Path) -> None:
    rows, _ = made(str(tmp_path / "cache"), 2)
    rows[1].values["width"] = "wide"
    with pytest.raises(DatasetError, match="rows do not fit the schema"):
        write_tables(str(tmp_path / "a.parquet"), SCHEMA, gathered(rows, SCHEMA, "x"), **PLACE)
