"""From refs to pictures: one row per id; where several places carry the same picture, the strictest stands."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .catalog import LISTING, LISTS, METADATA, PART_PICTURES
from .dataset.schema import REF
from .licenses import strictest
from .parts import Place
from .pixels import Original

OTHERS = ("source", "artist", "parent_id", "pair_key")  # of which one picture may have as many as places
RATING_ORDER = ("g", "s", "q", "e")
PICTURES = pa.schema(
    [
        ("id", pa.string()),
        ("refs", pa.list_(REF)),
        ("role", pa.string()),
        *METADATA,
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("others", pa.list_(pa.struct([(name, pa.string()) for name in OTHERS]))),  # what each place says, if several
    ]
)


def pictures(listings: Sequence[pa.Table]) -> pa.Table:
    """One row per picture, ordered by id, with the columns of `PICTURES`; `reason` says why it has no bytes."""
    listed = pa.concat_tables(listings) if listings else LISTING.empty_table()
    listed = listed.drop_columns(["blob", "offset", "length", "path", "fingerprint", "bytes"]).combine_chunks()
    plain = _is_plain(listed)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in listed.filter(pc.invert(plain)).to_pylist():
        grouped.setdefault(row["id"], []).append(row)
    merged = pa.Table.from_pylist([_merged(rows) for rows in grouped.values()], schema=PICTURES)
    single = listed.filter(plain) if grouped else listed  # mostly all of them: a copy less
    return pa.concat_tables([_as_picture(single), merged]).sort_by("id").combine_chunks()


def _is_plain(listed: pa.Table) -> pa.Array:
    """Which rows are pictures as they stand: found in one place, their tags sorted, each once. Nearly all are."""
    codes = listed.column("id").combine_chunks().dictionary_encode()
    codes = codes.indices.to_numpy() if isinstance(codes, pa.DictionaryArray) else np.empty(0, np.int64)
    plain = np.bincount(codes)[codes] == 1 if len(codes) else np.empty(0, bool)
    for name in LISTS:
        lists = _array(listed.column(name))
        flat, of = pc.list_flatten(lists), pc.list_parent_indices(lists).to_numpy()
        rising = pc.fill_null(pc.less(flat[:-1], flat[1:]), False).to_numpy(zero_copy_only=False).astype(bool)
        plain[of[1:][(of[1:] == of[:-1]) & ~rising]] = False
        plain &= ~pc.fill_null(pc.equal(pc.list_value_length(lists), 0), False).to_numpy(zero_copy_only=False)
    return pa.array(plain, pa.bool_())


def _as_picture(listed: pa.Table) -> pa.Table:
    """The table of plain rows with the columns of `PICTURES`: what `_merged` makes of each."""
    places = [_array(listed.column(name)) for name in REF.names]
    refs = pa.ListArray.from_arrays(
        pa.array(np.arange(len(listed) + 1), pa.int32()), pa.StructArray.from_arrays(places, fields=list(REF))
    )
    own = {"refs": refs, "others": pa.nulls(len(listed), PICTURES.field("others").type)}
    columns = {name: own[name] if name in own else listed.column(name) for name in PICTURES.names}
    return pa.table(columns).cast(PICTURES)


def _array(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays([pa.nulls(0, whole.type), *whole.chunks]) if isinstance(whole, pa.ChunkedArray) else whole


def originals(listings: Sequence[pa.Table], only: set[str] | None = None) -> list[list[Original]]:
    """Where the bytes of each picture, or `only` of some, are, in the groups of the catalog; each picture once."""
    seen: set[str] = set()
    groups: list[list[Original]] = []
    for listing in listings:
        readable = pc.is_null(listing.column("reason"))
        if only is not None:
            asked = pc.is_in(listing.column("id"), value_set=pa.array(sorted(only), pa.string()))
            readable = pc.and_(readable, asked)
        places = listing.select(["id", "path", "blob", "offset", "length"])
        groups += _grouped(places.filter(readable).to_pylist(), seen)
    return groups


def _grouped(rows: Iterable[dict[str, Any]], seen: set[str]) -> list[list[Original]]:
    fresh: list[Original] = []
    for row in rows:
        if row["id"] not in seen:
            seen.add(row["id"])
            place = Place(row["blob"], row["offset"], row["length"]) if row["blob"] else None
            fresh.append(Original(row["id"], row["path"], place))
    return [fresh[i : i + PART_PICTURES] for i in range(0, len(fresh), PART_PICTURES)]


def _merged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    rows = sorted(rows, key=lambda row: (row["source"], row["native_id"]))
    merged = {name: _first(rows, name) for name in METADATA.names} | {"id": rows[0]["id"], "role": _role(rows)}
    merged["refs"] = [{name: row.get(name) for name in REF.names} for row in rows]
    merged["others"] = [{name: row[name] for name in OTHERS} for row in rows] if len(rows) > 1 else None
    merged["license"] = strictest([row["license"] for row in rows])
    merged["license_url"] = next((row["license_url"] for row in rows if row["license"] == merged["license"]), None)
    merged["rating"] = max((row["rating"] for row in rows if row["rating"]), key=RATING_ORDER.index, default=None)
    merged["consent"] = next(
        (r["consent"] for r in rows if r["consent"] and r["consent"]["decision"] == "opted_out"), merged["consent"]
    )
    for name in LISTS:
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
