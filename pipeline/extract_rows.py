"""Pictures in the rows of Parquet files, ours or of others: an image column holds `{bytes, path}` or bytes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .dataset.errors import DatasetError, PictureError
from .dataset.reasons import Reason

PARQUET = ".parquet"
COLUMNS = ("color", "image")  # ours, and what others usually call it
_NAME_CHARACTERS = 120


@dataclass(frozen=True)
class Row:
    """A row's place in its file, the column of its picture, and a name that is safe for a file."""

    group: int
    index: int
    column: str
    name: str


def rows_of(path: str, must: bool) -> Iterator[Row]:
    """The rows of a Parquet file that have pictures, none if it has no image column, which `must` makes an error.

    Named by `id`, else by the picture's own file name, else by number. Raises DatasetError.
    """
    with _opened(path) as file:
        column = _image_column(file.schema_arrow)
        if column is None:
            if must:
                raise DatasetError("no image column there", where=path, hint=f"name it {' or '.join(COLUMNS)}")
            return
        number = 0
        for group in range(file.num_row_groups):
            for index, name in enumerate(_names(file, group, column)):
                yield Row(group, index, column, _safe(name) or f"{number:09d}")
                number += 1


def read_row(path: str, row: Row) -> bytes:
    """The encoded picture of a row. Raises PictureError where it has none, DatasetError."""
    cells = _group(path, row.group, row.column)
    value = cells[row.index].as_py() if row.index < len(cells) else None
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes) or not data:
        raise PictureError("the row has no picture", reason=Reason.TRUNCATED)
    return data


@lru_cache(maxsize=1)  # the rows of a task follow one another
def _group(path: str, group: int, column: str) -> Any:
    with _opened(path) as file:
        return file.read_row_group(group, columns=[column])[column]


@contextmanager
def _opened(path: str) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DatasetError(f"cannot read the Parquet file: {reason}", where=path, hint="copy it again") from None


def _image_column(schema: pa.Schema) -> str | None:
    """The first column of a known name that holds pictures."""
    for name in COLUMNS:
        if name in schema.names:
            kind = schema.field(name).type
            if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
                return name
            if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
                return name
    return None


def _names(file: pq.ParquetFile, group: int, column: str) -> list[Any]:
    """What the rows of a group are called, without reading their pictures."""
    kind = file.schema_arrow.field(column).type
    if "id" in file.schema_arrow.names:
        return list(file.read_row_group(group, columns=["id"])["id"].to_pylist())
    if pa.types.is_struct(kind) and kind.get_field_index("path") >= 0:
        cells = file.read_row_group(group, columns=[f"{column}.path"])[column].to_pylist()
        return [PurePosixPath(str(cell["path"])).stem if cell and cell["path"] else None for cell in cells]
    return [None] * file.metadata.row_group(group).num_rows


def _safe(name: Any) -> str:
    """A name without anything that a file system could take for more than a name."""
    return re.sub(r"[^\w.-]+", "_", str(name)).strip("._")[:_NAME_CHARACTERS] if name is not None else ""
