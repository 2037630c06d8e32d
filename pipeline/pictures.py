"""From refs to pictures: one row per id; where several places carry the same picture, the strictest stands."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .catalog import LISTING, METADATA, PART_PICTURES, TAG_COLUMNS
from .dataset.schema import REF
from .licenses import strictest
from .parts import Place
from .pixels import Original

RATING_ORDER = ("g", "s", "q", "e")
PICTURES = pa.schema(
    [
        ("id", pa.string()),
        ("refs", pa.list_(REF)),
        ("role", pa.string()),
        *METADATA,
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)


def pictures(listings: Sequence[pa.Table]) -> pa.Table:
    """One row per picture, ordered by id, with the columns of `PICTURES`; `reason` says why it has no bytes."""
    listed = pa.concat_tables(listings) if listings else LISTING.empty_table()
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in listed.drop_columns(["blob", "offset", "length", "path", "fingerprint", "bytes"]).to_pylist():
        grouped.setdefault(row["id"], []).append(row)
    return pa.Table.from_pylist([_merged(grouped[key]) for key in sorted(grouped)], schema=PICTURES)


def originals(listings: Sequence[pa.Table], only: set[str] | None = None) -> list[list[Original]]:
    """Where each picture's bytes are, in the groups in which the catalog holds them; each picture once."""
    seen: set[str] = set()
    groups: list[list[Original]] = []
    for listing in listings:
        readable = listing.filter(pc.is_null(listing.column("reason")))
        groups += _grouped(readable.select(["id", "path", "blob", "offset", "length"]).to_pylist(), seen, only)
    return groups


def _grouped(rows: Iterable[dict[str, Any]], seen: set[str], only: set[str] | None) -> list[list[Original]]:
    fresh: list[Original] = []
    for row in rows:
        if row["id"] not in seen and (only is None or row["id"] in only):
            seen.add(row["id"])
            place = Place(row["blob"], row["offset"], row["length"]) if row["blob"] else None
            fresh.append(Original(row["id"], row["path"], place))
    return [fresh[i : i + PART_PICTURES] for i in range(0, len(fresh), PART_PICTURES)]


def _merged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    rows = sorted(rows, key=lambda row: (row["source"], row["native_id"]))
    merged = {name: _first(rows, name) for name in METADATA.names} | {"id": rows[0]["id"], "role": _role(rows)}
    merged["refs"] = [{name: row.get(name) for name in REF.names} for row in rows]
    merged["license"] = strictest([row["license"] for row in rows])
    merged["license_url"] = next((row["license_url"] for row in rows if row["license"] == merged["license"]), None)
    merged["rating"] = max((row["rating"] for row in rows if row["rating"]), key=RATING_ORDER.index, default=None)
    merged["consent"] = next(
        (r["consent"] for r in rows if r["consent"] and r["consent"]["decision"] == "opted_out"), merged["consent"]
    )
    for name in TAG_COLUMNS:
        tags = [tag for row in rows for tag in row[name] or ()]
        merged[name] = sorted(set(tags)) if tags else None
    # Rows share an id by their bytes: one of them has a reason only where the picture was taken down after it came.
    refused = next((row for row in rows if row["reason"] is not None), None)
    merged["reason"] = refused["reason"] if refused else None
    merged["detail"] = refused["detail"] if refused else None
    return merged


def _first(rows: list[dict[str, Any]], name: str) -> Any:
    return next((row[name] for row in rows if row[name] is not None), None)


def _role(rows: list[dict[str, Any]]) -> str:
    """A role that a place states beats `auto`; where places disagree, the picture decides."""
    stated = {row["role"] for row in rows} - {"auto"}
    return stated.pop() if len(stated) == 1 else "auto"
