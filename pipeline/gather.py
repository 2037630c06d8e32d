"""Gathers rows to pack into tables, with their pictures from the cache, each of which is held against its sha256.

The pictures of a column are read straight into the one buffer that the column is made of; the next row group is read
while one is in use, so two of them are in memory.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

import pyarrow as pa

from .dataset.canonical import sha256_hex
from .dataset.schema import image_columns
from .dataset.shards import image_array, picture_memory, row_groups, row_table
from .dataset.storage import filesystem, is_local, storage_errors
from .parts import Place, damaged_part
from .rows import DatasetRow

_READERS = 2


@dataclass(frozen=True)
class Slot:
    """Where a picture lies, what it must be, and the place in a column's buffer where it goes."""

    place: Place
    sha256: str
    into: memoryview


def gathered(rows: Sequence[DatasetRow], schema: pa.Schema, where: str) -> Iterator[pa.Table]:
    """The tables of the row groups of a shard, in order.

    Raises StorageError, also for a picture that is not as it was written; DatasetError for rows that do not fit.
    """
    groups = row_groups(rows, lambda row: row.picture_bytes)
    with ThreadPoolExecutor(1, "gather") as ahead, ThreadPoolExecutor(_READERS, "read") as readers:
        coming = None
        for group in groups:
            ready, coming = coming, ahead.submit(_table, group, schema, where, readers)
            if ready is not None:
                yield ready.result()
        if coming is not None:
            yield coming.result()


def _table(rows: Sequence[DatasetRow], schema: pa.Schema, where: str, readers: ThreadPoolExecutor) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    slots: list[Slot] = []
    for name in image_columns(schema):
        columns[name], added = _column(rows, name)
        slots += added
    slots.sort(key=lambda slot: (slot.place.blob, slot.place.offset))
    blobs = [list(group) for _, group in groupby(slots, key=lambda slot: slot.place.blob)]
    for _ in readers.map(_read, blobs):
        pass  # only for the errors
    return row_table([row.values for row in rows], schema, where, columns)


def _column(rows: Sequence[DatasetRow], name: str) -> tuple[pa.Array, list[Slot]]:
    """A column of pictures whose bytes are still to be read, and where each of them goes."""
    there = [row for row in rows if name in row.places]
    lengths = [row.places[name].length for row in there]
    data = pa.allocate_buffer(sum(lengths), memory_pool=picture_memory())
    view = memoryview(data).cast("B")
    ends = accumulate(lengths)
    slots = [
        Slot(row.places[name], row.values[name]["sha256"], view[end - length : end])
        for row, length, end in zip(there, lengths, ends, strict=True)
    ]
    cells = [row.places[name].length if name in row.places else None for row in rows]
    paths = [row.values[name]["path"] if name in row.places else None for row in rows]
    return image_array(data, cells, paths), slots


def _read(slots: Sequence[Slot]) -> None:
    """Reads pictures of one blob, given in the order in which they lie there. Raises StorageError."""
    blob = slots[0].place.blob
    fs, path = filesystem(blob)
    with storage_errors(blob):
        try:
            whole = _read_file(path, slots) if is_local(fs) else _read_ranges(fs, path, slots)
        except FileNotFoundError:
            whole = False
    if not whole:
        raise damaged_part(blob)


def _read_file(path: str, slots: Sequence[Slot]) -> bool:
    """Fills the slots from a file on the disk; False where it holds other bytes. Hashed while the cache is warm."""
    with open(path, "rb", buffering=0) as file:
        for slot in slots:
            file.seek(slot.place.offset)
            if file.readinto(slot.into) != slot.place.length or sha256_hex(slot.into) != slot.sha256:
                return False
    return True


def _read_ranges(fs: Any, path: str, slots: Sequence[Slot]) -> bool:
    """Fills the slots from an object store, which is asked for all ranges at once; False where it has other bytes."""
    starts = [slot.place.offset for slot in slots]
    ends = [slot.place.offset + slot.place.length for slot in slots]
    for slot, data in zip(slots, fs.cat_ranges([path] * len(slots), starts, ends, on_error="raise"), strict=True):
        if sha256_hex(data) != slot.sha256:
            return False
        slot.into[:] = data
    return True
