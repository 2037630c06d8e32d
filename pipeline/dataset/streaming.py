"""Streams decoded rows: one thread reads a row group ahead, others decode; rows come in the order of the shards."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from .decode import Pixels
from .errors import DatasetError, PictureError
from .reading import Dataset
from .schema import image_columns
from .stored import stored_color, stored_line

_ROWS_AHEAD = 4  # per decoding thread: enough to keep all of them busy, little enough to hold in memory
_HINT = "`lcpipe verify --full` says which rows are damaged"


def decoded_rows(
    dataset: Dataset,
    config: str = "pairs",
    split: str = "train",
    columns: Sequence[str] | None = None,
    *,
    threads: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of a split with their pictures decoded: colour as uint8 (H, W, 3) sRGB, lines as uint8 (H, W).

    A null cell is None. `threads` decode at once, by default one per core. Raises DatasetError for a damaged picture.
    """
    with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(threads or os.cpu_count() or 1, "decode") as pool:
        waiting: deque[Future[dict[str, Any]]] = deque()
        try:
            for table in _ahead(dataset.tables(config, split, columns), reader):
                pictures = image_columns(table.schema)
                for row in _rows(table, pictures):
                    waiting.append(pool.submit(_decoded, row, pictures))
                    if len(waiting) > _ROWS_AHEAD * (threads or os.cpu_count() or 1):
                        yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # whoever stops in the middle waits for no picture that is not begun
            for future in waiting:
                future.cancel()


def _ahead(tables: Iterator[pa.Table], reader: ThreadPoolExecutor) -> Iterator[pa.Table]:
    """The tables, the next of which is being read while one is worked on."""
    coming = reader.submit(next, tables, None)
    while (table := coming.result()) is not None:
        coming = reader.submit(next, tables, None)
        yield table


def _rows(table: pa.Table, pictures: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows whose pictures are still encoded."""
    cells = [table.column(name) for name in pictures]
    for at, row in enumerate(table.drop_columns(list(pictures)).to_pylist() or [{}] * len(table)):
        encoded = {name: column[at]["bytes"] for name, column in zip(pictures, cells, strict=True)}
        yield {name: row[name] if name in row else encoded[name] for name in table.column_names}


def _decoded(row: dict[str, Any], pictures: Sequence[str]) -> dict[str, Any]:
    return row | {name: _pixels(name, row[name], row) for name in pictures}


def _pixels(name: str, cell: Any, row: dict[str, Any]) -> Pixels | None:
    data = cell.as_py()
    if data is None:
        return None
    try:
        return stored_line(data) if name.startswith("line_") else stored_color(data)
    except PictureError as error:
        who = str(row.get("id", ""))[:12]
        raise DatasetError(f"{name} of a row cannot be decoded: {error.what}", where=who, hint=_HINT) from error
