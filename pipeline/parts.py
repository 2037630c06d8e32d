"""Immutable parts of finished rows: an Arrow IPC index, and beside it a blob with the rows' bytes.

A row is one range read of the blob. The index is written last, so a part without an index is not one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from .dataset.canonical import sha256_hex
from .dataset.errors import StorageError
from .dataset.storage import atomic_writer, filesystem, is_local, join, names, read_bytes, storage_errors, write_bytes

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
    write_table(join(root, f"{name}.arrow"), table)


def read_indexes(root: str) -> Iterator[tuple[str, pa.Table]]:
    """(part name, index) of every finished part under `root`, in the order of their names. Raises StorageError."""
    for file in names(root):
        if file.endswith(".arrow") and not file.startswith("."):
            yield file.removesuffix(".arrow"), read_table(join(root, file))


def write_table(uri: str, table: pa.Table) -> None:
    """Writes a table as one Arrow IPC file. Raises StorageError."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    write_bytes(uri, sink.getvalue().to_pybytes())


def write_tables(uri: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Writes tables of one schema as one Arrow IPC file, one after the other. Raises StorageError."""
    with atomic_writer(uri) as file, pa.ipc.new_file(file, schema) as writer:
        for table in tables:
            writer.write_table(table.combine_chunks())


def read_table(uri: str) -> pa.Table:
    """The table of an Arrow IPC file. Raises StorageError, also when the file is damaged."""
    try:
        with pa.ipc.open_file(pa.py_buffer(read_bytes(uri))) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(uri, str(error)) from None
    return table


def damaged(uri: str, why: str) -> StorageError:
    """What is said of a file of the cache that is not as it was written."""
    hint = "remove this file and run the same command again: what it held is made anew"
    return StorageError(f"a file of the cache is damaged: {why.splitlines()[0]}", where=uri, hint=hint)


def blob_uri(root: str, name: str) -> str:
    """The address of a part's blob."""
    return join(root, f"{name}.blob")


def read_checked(place: Place, sha256: str) -> bytes:
    """The bytes of one row, held against their sha256. Raises StorageError: it names the part that is damaged."""
    try:
        data = read_place(place)
    except StorageError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        data = b""
    if sha256_hex(data) != sha256:
        raise damaged_part(place.blob)
    return data


def damaged_part(blob: str) -> StorageError:
    """What is said of a part whose blob is not as its index lists it: the index is what has to go."""
    return damaged(f"{blob.removesuffix('.blob')}.arrow", "the bytes beside it are not those it lists")


def read_place(place: Place) -> bytes:
    """The bytes of one row: one range read. Raises StorageError."""
    fs, path = filesystem(place.blob)
    with storage_errors(place.blob):
        if is_local(fs):
            with open(path, "rb") as file:
                file.seek(place.offset)
                return file.read(place.length)
        return bytes(fs.cat_file(path, start=place.offset, end=place.offset + place.length))
