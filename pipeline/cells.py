"""Rendered cells: one encoded picture per (record, what was asked), kept in immutable parts, never rendered twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .dataset.canonical import digest_of
from .dataset.storage import join
from .parts import Place, Row, blob_uri, read_indexes, write_part

INDEX = pa.schema(
    [
        ("ask", pa.string()),
        ("record", pa.string()),
        ("sha256", pa.string()),  # of the encoded bytes; null where there is no picture
        ("suffix", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("facts", pa.string()),  # canonical JSON: drawn settings, or score and transform of a pair
        ("reason", pa.string()),  # why there is no picture
        ("detail", pa.string()),
    ]
)


@dataclass(frozen=True)
class Cell:
    """One rendered picture, or the reason why there is none."""

    sha256: str | None
    suffix: str | None
    width: int | None
    height: int | None
    facts: str | None
    reason: str | None
    detail: str | None
    place: Place | None


Key = tuple[str, str]  # (ask, record)


def store(cache: str) -> str:
    """Where the cells of a cache lie."""
    return join(cache, "cells")


def write_cells(root: str, rows: Iterable[Row], asked: Iterable[Key]) -> None:
    """Writes one part; its name comes from what was asked, so the same work gives the same part."""
    write_part(root, digest_of(sorted(map(list, asked)))[:24], INDEX, rows)


def read_cells(root: str, asks: Iterable[str]) -> dict[Key, Cell]:
    """Every finished cell of the given asks, by (ask, record)."""
    wanted = pa.array(sorted(set(asks)), pa.string())
    cells: dict[Key, Cell] = {}
    for name, index in read_indexes(root):
        ours = index.filter(pc.is_in(index.column("ask"), value_set=wanted))
        for row in ours.to_pylist():
            cells[row["ask"], row["record"]] = _cell(row, blob_uri(root, name))
    return cells


def _cell(row: Mapping[str, Any], blob: str) -> Cell:
    place = Place(blob, row["offset"], row["length"]) if row["offset"] is not None else None
    names = ("sha256", "suffix", "width", "height", "facts", "reason", "detail")
    return Cell(**{name: row[name] for name in names}, place=place)
