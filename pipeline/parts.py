"""Immutable parts of finished rows: an Arrow IPC index, and beside it a blob with the rows' bytes.

A row is one range read of the blob. The index is written last, so a part without an index is not one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from .dataset.storage import atomic_writer, filesystem, is_local, join, read_bytes, storage_errors, write_bytes

Row = tuple[Mapping[str, Any], bytes | None]


@dataclass(frozen=True)
class Place:
    """Where a row's bytes lie."""

    blob: str
    offset: int
    length: int


def write_part(root: str, name: str, schema: pa.Schema, rows: Iterable[Row]) -> int:
    """Writes the part `name` under `root` from (index values, bytes or None) and returns the number of rows.

    `schema` has the columns of the index without `offset` and `length`, which are added: null where a row has no bytes.
    One row is in memory at a time. Raises StorageError.
    """
    index: list[dict[str, Any]] = []
    with atomic_writer(join(root, f"{name}.blob")) as blob:
        offset = 0
        for values, data in rows:
            length = len(data) if data is not None else None
            index.append({**values, "offset": offset if data is not None else None, "length": length})
            if data is not None:
                blob.write(data)
                offset += len(data)
    full = schema.append(pa.field("offset", pa.int64())).append(pa.field("length", pa.int64()))
    write_index(root, name, pa.Table.from_pylist(index, schema=full))
    return len(index)


def write_index(root: str, name: str, table: pa.Table) -> None:
    """Writes a part that has no bytes of its own: only its table. Raises StorageError."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    write_bytes(join(root, f"{name}.arrow"), sink.getvalue().to_pybytes())


def read_indexes(root: str) -> Iterator[tuple[str, pa.Table]]:
    """(part name, index) of every finished part under `root`, in the order of their names."""
    fs, path = filesystem(root)
    if not fs.isdir(path):
        return
    for file in sorted(fs.glob(join(path, "*.arrow"))):
        name = file.rsplit("/", 1)[-1].removesuffix(".arrow")
        with pa.ipc.open_file(pa.py_buffer(read_bytes(join(root, f"{name}.arrow")))) as reader:
            yield name, reader.read_all()


def blob_uri(root: str, name: str) -> str:
    """The address of a part's blob."""
    return join(root, f"{name}.blob")


def read_place(place: Place) -> bytes:
    """The bytes of one row: one range read. Raises StorageError."""
    fs, path = filesystem(place.blob)
    with storage_errors(place.blob):
        if is_local(fs):
            with open(path, "rb") as file:
                file.seek(place.offset)
                return file.read(place.length)
        return bytes(fs.cat_file(path, start=place.offset, end=place.offset + place.length))
