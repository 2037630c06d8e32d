"""Names for rows and datasets that depend on what they hold, never on how their files are laid out.

A row digest is the sha256 of the canonical JSON of the row: pictures as the sha256 of their encoded bytes, other bytes
as hex, times as ISO text in UTC, numbers as the column stores them, nulls left out. The dataset digest is made of the
schema version and of the row digests of each split, sorted by id.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from .canonical import digest_of, sha256_hex
from .schema import IMAGE, SCHEMA_VERSION, image_columns


def row_digest(row: Mapping[str, Any], schema: pa.Schema) -> str:
    """The digest of one row. A picture's cell is None, {"sha256": hex} or {"bytes": encoded}; columns that are not in
    `row` are null. Raises ValueError for a column that is not in `schema`, and for NaN and infinities."""
    unknown = sorted(set(row) - set(schema.names))
    if unknown:
        raise ValueError(f"not in the schema: {', '.join(unknown)}")
    return digest_of(_struct(row, schema))


def row_digests(table: pa.Table) -> list[tuple[str, str]]:
    """(id, row digest) of every row of a table with all its columns, without copying the pictures."""
    pictures = image_columns(table.schema)
    rows = table.drop_columns(list(pictures)).to_pylist()
    for name in pictures:
        for row, cell in zip(rows, table.column(name), strict=True):
            data = cell["bytes"].as_buffer() if cell.is_valid else None
            row[name] = None if data is None else {"sha256": sha256_hex(memoryview(data))}
    return [(row["id"], row_digest(row, table.schema)) for row in rows]


def dataset_digest(
    rows: Mapping[str, Mapping[str, Iterable[tuple[str, str]]]], schema_version: str = SCHEMA_VERSION
) -> str:
    """The digest of a dataset from {config: {split: [(id, row digest), ...]}}; splits without rows do not count."""
    splits = {config: {split: sorted(pairs) for split, pairs in by_split.items()} for config, by_split in rows.items()}
    configs = {
        config: {split: _split_digest(pairs) for split, pairs in by_split.items() if pairs}
        for config, by_split in splits.items()
    }
    return digest_of({"schema_version": schema_version, "configs": {k: v for k, v in configs.items() if v}})


def _split_digest(pairs: Iterable[tuple[str, str]]) -> str:
    state = hashlib.sha256()
    for _, digest in pairs:
        state.update(digest.encode())
    return state.hexdigest()


def _struct(values: Mapping[str, Any], fields: Iterable[pa.Field]) -> dict[str, Any]:
    """Fields that are not null, in their canonical form."""
    return {
        field.name: _plain(values[field.name], field.type) for field in fields if values.get(field.name) is not None
    }


def _plain(value: Any, kind: pa.DataType) -> Any:
    """A value of a column's type as JSON that is the same before writing and after reading."""
    if value is None:
        return None
    if kind == IMAGE:
        return value["sha256"] if "sha256" in value else sha256_hex(value["bytes"])
    if pa.types.is_struct(kind):
        return _struct(value, kind)
    if pa.types.is_list(kind):
        return [_plain(item, kind.value_type) for item in value]
    return _scalar(value, kind)


def _scalar(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_timestamp(kind):
        return _iso(value)
    if pa.types.is_float32(kind):
        return float(np.float32(value))
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_boolean(kind):
        return bool(value)
    if pa.types.is_integer(kind):
        return int(value)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _iso(time: datetime) -> str:
    """ISO text in UTC with microseconds; times without a zone are UTC."""
    utc = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")
