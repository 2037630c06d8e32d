"""Writes the Parquet files of a dataset: the same rows give the same bytes, one row group in memory at a time."""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .errors import DatasetError
from .schema import DROPS, IMAGE, MAIN_PICTURE, SCHEMA_VERSION, image_columns
from .storage import atomic_writer

Row = TypeVar("Row")

SHARD_BYTES = 512 * 1024**2
TRAIN_SHARDS = 20  # fewer files than that leave workers of shuffling readers idle (huggingface/datasets#8669)
TRAIN_SHARD_ROWS = 16
GROUP_ROWS = 100  # what the hub's viewer asks for
AHEAD_BYTES = 32 * 1024**2  # that wait to be written and hashed
_WRITE_BYTES = 1024**2  # a page header of 23 bytes is not worth waking another thread
_SYNC_BYTES = 32 * 1024**2  # to the disk while the next are made: the last sync would wait for all of them
GROUP_BYTES = 32 * 1024**2  # one range request of streaming readers

# A picture gets a page of its own: unchanged, it is the same bytes in every version of a dataset. Stores that keep
# equal bytes once make more of that than of Parquet's content-defined chunks (benchmarks/bench_versions.py).
PAGE_BYTES = 4 * 1024


@dataclass(frozen=True)
class ShardFacts:
    """What the manifest says about one Parquet file; `path` is relative to the dataset's folder."""

    path: str
    bytes: int
    sha256: str
    rows: int


def shard_ranges(sizes_bytes: Sequence[int], split: str) -> list[range]:
    """Cuts the rows of a split, given the encoded bytes of each, into the ranges of its shards.

    Shards of about 512 MiB; of a train split at least 20 while each of them holds 16 rows or more. No rows, no shards.
    """
    rows = len(sizes_bytes)
    count = -(-sum(sizes_bytes) // SHARD_BYTES)
    if split == "train":
        count = max(count, min(TRAIN_SHARDS, rows // TRAIN_SHARD_ROWS))
    count = min(max(count, 1), rows)
    return [range(rows * i // count, rows * (i + 1) // count) for i in range(count)]


def shard_path(config: str, split: str, number: int, of: int) -> str:
    """Where a shard lies in the dataset's folder, `number` counted from 0."""
    return f"data/{config}/{split}-{number:05d}-of-{of:05d}.parquet"


def write_shard(
    uri: str, schema: pa.Schema, rows: Iterable[Mapping[str, Any]], *, config: str, split: str, number: int, of: int
) -> ShardFacts:
    """Writes one shard; a picture's cell is None or {"bytes": encoded, "path": base name}.

    The file appears whole or not at all. Raises DatasetError for rows that do not fit the schema, StorageError.
    """
    pictures = image_columns(schema)
    groups = row_groups(rows, lambda row: sum(len(row[name]["bytes"]) for name in pictures if row.get(name)))
    tables = (row_table(group, schema, uri) for group in groups)
    return write_tables(uri, schema, tables, config=config, split=split, number=number, of=of)


def write_tables(
    uri: str, schema: pa.Schema, tables: Iterable[pa.Table], *, config: str, split: str, number: int, of: int
) -> ShardFacts:
    """Writes one shard, each table of which becomes a row group.

    The file appears whole or not at all. Raises DatasetError for rows that do not fit the schema, StorageError.
    """
    facts = {"config": config, "split": split, "shard": number, "shards": of}
    complete = (_with_picture(table, MAIN_PICTURE[config], uri) for table in tables)
    return _write(uri, shard_path(config, split, number, of), _with_metadata(schema, facts), complete)


def write_drops(uri: str, rows: Iterable[Mapping[str, Any]]) -> ShardFacts:
    """Writes drops.parquet, whole or not at all. Raises DatasetError for rows that do not fit, StorageError."""
    tables = (row_table(group, DROPS, uri) for group in row_groups(rows, lambda row: 0, 10_000))
    return _write(uri, "drops.parquet", _with_metadata(DROPS, {"config": "drops"}), tables)


def _with_picture(table: pa.Table, name: str, where: str) -> pa.Table:
    """The table, every row of which has the picture that no row may be without. Raises DatasetError."""
    if table.column(name).null_count:
        lacking = table.filter(pc.is_null(table.column(name))).column("id")
        raise DatasetError(f"row {lacking[0]} has no {name}", where=where)
    return table


def row_groups(rows: Iterable[Row], size: Callable[[Row], int], most: int = GROUP_ROWS) -> Iterator[list[Row]]:
    """Lists of rows that belong in one row group, `size` being the bytes of a row's pictures.

    At most `most` rows, and at most 32 MiB unless a single row is larger.
    """
    group: list[Row] = []
    filled = 0
    for row in rows:
        added = size(row)
        if group and (len(group) == most or filled + added > GROUP_BYTES):
            yield group
            group, filled = [], 0
        group.append(row)
        filled += added
    if group:
        yield group


def _write(uri: str, path: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> ShardFacts:
    rows = 0
    with (
        atomic_writer(uri) as file,
        HashingFile(file) as hashing,
        pa.BufferedOutputStream(pa.PythonFile(hashing, mode="w"), _WRITE_BYTES) as gathering,
        pq.ParquetWriter(gathering, schema, **_settings(schema)) as writer,
    ):
        for table in tables:
            with _misfits_told(uri):
                writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=len(table))
            rows += len(table)
    return ShardFacts(path, hashing.written, hashing.hexdigest(), rows)


@contextmanager
def _misfits_told(uri: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise DatasetError(f"rows do not fit the schema: {error}", where=uri) from error


def row_table(
    rows: Sequence[Mapping[str, Any]], schema: pa.Schema, where: str, pictures: Mapping[str, pa.Array] | None = None
) -> pa.Table:
    """Rows as a table with the columns of the schema, in its order; columns in `pictures` are taken from there.

    Raises DatasetError for rows that do not fit.
    """
    made = pictures or {}
    with _misfits_told(where):
        unknown = sorted({name for row in rows for name in row} - set(schema.names))
        if unknown:
            raise ValueError(f"no such column: {', '.join(unknown)}")
        columns = [
            made[field.name] if field.name in made else _column(field, [row.get(field.name) for row in rows])
            for field in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema)


def _column(field: pa.Field, cells: list[Any]) -> pa.Array:
    """One column; pictures, which are nearly all of the bytes, part by part, which takes a third of the time."""
    if field.type != IMAGE:
        return pa.array(cells, field.type)
    parts = [pa.array([cell and cell[part.name] for cell in cells], part.type) for part in IMAGE]
    return pa.StructArray.from_arrays(parts, fields=list(IMAGE), mask=pa.array([cell is None for cell in cells]))


def image_array(data: pa.Buffer, lengths: Sequence[int | None], paths: Sequence[str | None]) -> pa.StructArray:
    """An image column of encoded pictures that lie in `data` one after the other; None stands for a null cell."""
    there = pa.array([length is not None for length in lengths], pa.bool_())
    ends = np.cumsum([0, *(length or 0 for length in lengths)], dtype=np.int32)
    encoded = pa.Array.from_buffers(pa.binary(), len(lengths), [there.buffers()[1], pa.py_buffer(ends), data])
    return pa.StructArray.from_arrays(
        [encoded, pa.array(paths, pa.string())], fields=list(IMAGE), mask=pc.invert(there)
    )


def picture_memory() -> pa.MemoryPool:
    """Where the bytes of pictures lie while they are packed.

    The system's: blocks of many MiB that one thread takes and another gives back make Arrow's own pool ask for fresh
    pages each time, which at times cost as much as all the rest of packing.
    """
    return pa.system_memory_pool()


def _settings(schema: pa.Schema) -> dict[str, Any]:
    """Writer settings: pictures are compressed already and have no useful order, all else has."""
    leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
    pictures = [leaf for name in image_columns(schema) for leaf in _leaves(name, IMAGE)]
    others = [leaf for leaf in leaves if leaf not in pictures]
    return picture_settings(pictures) | {
        "compression": dict.fromkeys(pictures, "NONE") | dict.fromkeys(others, "ZSTD"),
        "compression_level": dict.fromkeys(others, 3),
        "use_dictionary": others,
        "write_statistics": others,
    }


def picture_settings(leaves: Sequence[str]) -> dict[str, Any]:
    """Writer settings of a file that holds nothing but encoded pictures, in these Parquet columns."""
    return {
        "compression": dict.fromkeys(leaves, "NONE"),
        "use_dictionary": False,
        "write_statistics": False,
        "write_page_index": True,
        "write_page_checksum": True,
        "data_page_size": PAGE_BYTES,
        "write_batch_size": 1,  # rows after which a page may end
        "version": "2.6",
        "data_page_version": "1.0",
        "memory_pool": picture_memory(),
    }


def _leaves(name: str, kind: pa.DataType) -> list[str]:
    """The paths of the Parquet columns that a column is stored in."""
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{name}.{field.name}", field.type)]
    if pa.types.is_list(kind):
        return _leaves(f"{name}.list.element", kind.value_type)
    return [name]


def _with_metadata(schema: pa.Schema, facts: Mapping[str, Any]) -> pa.Schema:
    """The schema with what Hugging Face's readers and ours look for in a file."""
    features = {field.name: _feature(field.type) for field in schema}
    keys = {
        "huggingface": {"info": {"features": features}},
        "lcpipe": {"schema_version": SCHEMA_VERSION, **facts},
    }
    return schema.with_metadata({key: json.dumps(value) for key, value in keys.items()})


def _feature(kind: pa.DataType) -> dict[str, Any]:
    """A type in the words of the `datasets` library."""
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    return {"dtype": _DTYPES.get(str(kind), str(kind)), "_type": "Value"}


_DTYPES = {"double": "float64", "float": "float32", "halffloat": "float16"}


class HashingFile:
    """Passes writes on and hashes them on the way, in a thread of its own: nobody reads a shard before it is published.

    Another thread sends them to the disk meanwhile: hashing need not wait for it, and the last sync has little to do.
    When the block ends everything is written and hashed; what is written must not change before, as `bytes` do not.
    Each write wakes the thread, so they should be large.
    """

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._writer = ThreadPoolExecutor(1, "write")
        self._syncer = ThreadPoolExecutor(1, "sync")
        self._synced: Future[None] | None = None
        self._waiting: deque[tuple[Future[None], int]] = deque()
        self._ahead_bytes = 0
        self._unsynced = 0
        self.written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        with self._syncer, self._writer:
            if kind is None:
                self._wait(most_ahead=0)
        if kind is None and self._synced is not None:
            self._synced.result()

    def write(self, data: bytes) -> int:
        self._waiting.append((self._writer.submit(self._pass_on, data), len(data)))
        self._ahead_bytes += len(data)
        self.written += len(data)
        self._wait(AHEAD_BYTES)
        return len(data)

    def _wait(self, most_ahead: int) -> None:
        while self._waiting and self._ahead_bytes > most_ahead:
            future, size = self._waiting.popleft()
            future.result()
            self._ahead_bytes -= size

    def _pass_on(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)
        self._unsynced += len(data)
        if self._unsynced > _SYNC_BYTES and (self._synced is None or self._synced.done()):
            if self._synced is not None:
                self._synced.result()  # a disk that fails is told at once
            self._file.flush()
            self._synced = self._syncer.submit(os.fsync, self._file.fileno())
            self._unsynced = 0

    def hexdigest(self) -> str:
        """The sha256 of all that was written, once the block has ended."""
        return self._sha256.hexdigest()

    def tell(self) -> int:
        return self.written

    def flush(self) -> None:
        """Everything is passed on when the block ends."""

    def close(self) -> None:
        """The one who opened the file closes it."""
