"""Reading: every row once, only the bytes of the columns asked for, clear words about what is not there."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec import AbstractFileSystem
from support.tiny_dataset import make_tiny_dataset

from lcpipe.pipeline.dataset.decode import decode, decode_line
from lcpipe.pipeline.dataset.errors import DatasetError, StorageError
from lcpipe.pipeline.dataset.reading import Dataset, RowGroup, open_dataset, read_row_group
from lcpipe.pipeline.dataset.schema import line_art_schema
from lcpipe.pipeline.dataset.shards import write_shard


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = make_tiny_dataset(tmp_path_factory.mktemp("read") / "d", rows=9, lines=("xdog_03", "soft"))
    return open_dataset(root)


def test_what_a_dataset_says_about_itself(dataset):
    assert (dataset.name, dataset.version, len(dataset.digest)) == ("tiny", "1.0.0", 64)
    assert dataset.configs == ("pairs", "line_art")
    assert dataset.line_columns == ("xdog_03", "soft")
    assert dataset.splits("pairs") == ("train", "validation", "test")
    assert dataset.splits("line_art") == ("test",)
    assert dataset.splits("nothing") == ()
    assert [dataset.count("pairs", split) for split in dataset.splits()] == [7, 1, 1]


def test_rows_are_whole(dataset):
    rows = list(dataset.rows())
    assert len(rows) == len({row["id"] for row in rows}) == 7
    for row in rows:
        assert decode(row["color"]["bytes"]).pixels.shape == (row["height"], row["width"], 3)
        assert decode_line(row["line_soft"]["bytes"]).shape == (row["height"], row["width"])
        assert row["color"]["path"] == f"{row['id']}.jpg"


def test_columns_are_chosen_and_rows_keep_their_order(dataset):
    ids = [row["id"] for row in dataset.rows(columns=["id"])]
    assert list(next(dataset.rows(columns=["id", "width"]))) == ["id", "width"]
    assert dataset.table(columns=["id"])["id"].to_pylist() == ids
    assert dataset.table("pairs", "nothing").num_rows == 0
    groups = dataset.row_groups()
    assert [id for group in groups for id in read_row_group(group, ["id"])["id"].to_pylist()] == ids
    assert sum(group.rows for group in groups) == 7


def test_rows_are_found_by_id_or_prefix(dataset):
    for config, split in (("pairs", "validation"), ("line_art", "test")):
        row = next(dataset.rows(config, split))
        found = dataset.find(row["id"][:10].upper())
        assert (found.config, found.split, found.row) == (config, split, row)
        assert dataset.find(row["id"]) == found
    assert dataset.find("0" * 64) is None
    with pytest.raises(DatasetError, match="too short"):
        dataset.find("abc")


def test_a_prefix_of_several_ids_is_refused(tmp_path: Path):
    drawing = next(open_dataset(make_tiny_dataset(tmp_path / "d")).rows("line_art", "test"))
    rows = [drawing | {"id": f"abcdef{i:058x}"} for i in range(2)]
    place = {"config": "line_art", "split": "test", "number": 0, "of": 1}
    facts = write_shard(str(tmp_path / "data/line_art/test-00000-of-00001.parquet"), line_art_schema(), rows, **place)
    draft = Dataset(str(tmp_path), {"files": [{"path": facts.path, "config": "line_art", "split": "test", "rows": 2}]})
    with pytest.raises(DatasetError, match="several ids begin with 'abcdef'"):
        draft.find("abcdef")
    assert draft.find("abcdef" + "0" * 57 + "1").row["id"] == rows[1]["id"]


def test_drops_are_read(dataset):
    drops = dataset.drops()
    assert drops.num_rows == 3
    assert drops["reason"].to_pylist() == ["min_side", "near_duplicate", "decode_failed"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({}, "was not written by lcpipe"),
        ({"lcpipe": "[" * 100_000}, "was not written by lcpipe"),
        ({"lcpipe": "[]"}, "was not written by lcpipe"),
        ({"lcpipe": json.dumps({"config": "line_art"})}, "is no shard of pairs"),
    ],
)
def test_a_foreign_file_among_the_shards_is_named(tmp_path: Path, written: dict[str, str], says: str):
    dataset = open_dataset(make_tiny_dataset(tmp_path / "d"))
    shard = dataset.shards()[0]
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(written), shard)
    looks = (
        lambda: dataset.schema("pairs"), lambda: list(dataset.rows()), lambda: dataset.table(columns=["id"]),
        dataset.row_groups, lambda: dataset.find("abcdef"),
        lambda: read_row_group(RowGroup(shard, "pairs", 0, 1)),
    )  # fmt: skip
    for look in looks:
        with pytest.raises(DatasetError, match=says) as caught:
            look()
        assert caught.value.where == shard


def test_a_shard_that_was_written_anew_without_a_column_is_named(tmp_path: Path):
    dataset = open_dataset(make_tiny_dataset(tmp_path / "d"))
    shard = dataset.shards()[0]
    pq.write_table(pq.read_table(shard).drop_columns(["license"]), shard)
    with pytest.raises(DatasetError, match="was changed: no column license"):
        dataset.table(columns=["id"])


def test_foreign_drops_are_named(tmp_path: Path):
    dataset = open_dataset(make_tiny_dataset(tmp_path / "d"))
    pq.write_table(pa.table({"id": ["a"]}), f"{dataset.root}/drops.parquet")
    with pytest.raises(DatasetError, match="no column"):
        dataset.drops()


class CountingFile(io.FileIO):
    """A file that adds the bytes it reads to `read_so_far`."""

    read_so_far = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size)
        CountingFile.read_so_far += len(data)
        return data


class CountingFileSystem(AbstractFileSystem):
    """The local disk as if it were a store of ranges, which counts the bytes that are read."""

    protocol = "counting"

    def _open(self, path: str, mode: str = "rb", **options: Any) -> CountingFile:
        return CountingFile(path, mode)


def test_one_picture_column_leaves_the_bytes_of_the_others_alone(tmp_path: Path):
    fsspec.register_implementation("counting", CountingFileSystem, clobber=True)
    root = make_tiny_dataset(tmp_path / "d", side=256, lines=("a", "b"), splits={"train": 100})
    dataset = open_dataset(f"counting://{root}")
    (uri,) = dataset.shards()

    def bytes_read(*columns: str) -> int:
        CountingFile.read_so_far = 0
        for group in dataset.row_groups():
            read_row_group(group, columns)
        return CountingFile.read_so_far

    sizes = {name: sum(len(row[name]["bytes"]) for row in dataset.rows(columns=[name])) for name in ("color", "line_a")}
    footer = bytes_read("width")
    assert footer < 0.4 * sizes["line_a"]
    for name, size in sizes.items():
        assert size < bytes_read(name) < size + footer + 20_000  # names and page headers
    assert sum(sizes.values()) < bytes_read("color", "line_a") < sum(sizes.values()) + footer + 2 * 20_000


def test_a_dataset_can_lie_on_an_object_store(tmp_path: Path, tiny_dataset: Path):
    memory = fsspec.filesystem("memory")
    memory.put(str(tiny_dataset), "/bucket/tiny", recursive=True)
    remote, local = open_dataset("memory://bucket/tiny"), open_dataset(tiny_dataset)
    assert list(remote.rows()) == list(local.rows())
    assert remote.drops().equals(local.drops())


def test_what_is_not_there_is_one_clear_line(dataset, tmp_path: Path):
    with pytest.raises(DatasetError, match=r"no column colour .*there are id, color"):
        next(dataset.rows(columns=["colour"]))
    with pytest.raises(DatasetError, match="not a dataset"):
        open_dataset(tmp_path)
    with pytest.raises(StorageError, match="give a folder, or an address"):
        open_dataset("nowhere://x")
    copied = shutil.copytree(dataset.root, tmp_path / "copy")
    Path(open_dataset(copied).shards()[0]).unlink()
    with pytest.raises(StorageError, match="no such file"):
        list(open_dataset(copied).rows())


def test_damage_in_a_page_is_noticed_when_it_is_read(tmp_path: Path):
    root = make_tiny_dataset(tmp_path / "d")
    shard = Path(open_dataset(root).shards()[0])
    data = bytearray(shard.read_bytes())
    data[data.index(b"JFIF") + 300] ^= 1
    shard.write_bytes(data)
    with pytest.raises(DatasetError, match="CRC"):
        list(open_dataset(root).rows(columns=["color"]))
    assert len(list(open_dataset(root).rows(columns=["id"]))) == 6


def test_a_row_group_is_a_value(dataset):
    assert dataset.row_groups()[0] == RowGroup(dataset.shards()[0], "pairs", 0, 7)
    assert isinstance(read_row_group(dataset.row_groups()[0]), pa.Table)
