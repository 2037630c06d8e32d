"""The catalog: append-only parts of what sources gave, and for each source the listing of what it holds now.

Each (source, settings, place) has a folder `catalog/<source>-<key>/` with parts, and `listing.ipc` written last by
every crawl. A row is one ref (`source:native id`); several refs may carry the same picture, which has one id.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from .dataset.canonical import digest_of, sha256_hex
from .dataset.storage import filesystem, join
from .parts import read_table, write_tables

PART_PICTURES = 64  # of at most 256: small parts share evenly among workers
PART_BYTES = 128 * 1024**2
KEY_DIGITS = 12
REDUCTION = 1  # raised when `[crawl] reduce` makes other bytes of the same picture: another catalog, and no mixture

TAG_COLUMNS = ("tags_general", "tags_character", "tags_copyright", "tags_artist", "tags_meta")
METADATA = pa.schema(
    [
        ("license", pa.string()),
        ("license_url", pa.string()),
        ("artist", pa.string()),
        ("source_url", pa.string()),
        ("page_url", pa.string()),
        ("fetched_sha256", pa.string()),  # of the file as it came, where the catalog keeps another made from it
        ("consent", pa.struct([("decision", pa.string()), ("signals", pa.list_(pa.string()))])),
        ("rating", pa.string()),
        *[(name, pa.list_(pa.string())) for name in TAG_COLUMNS],
        ("score", pa.int32()),
        ("created_at", pa.string()),
        ("parent_id", pa.string()),
        ("pair_key", pa.string()),
        ("pools", pa.list_(pa.string())),  # collections of the source that it is in, as `source:name`
    ]
)
LISTS = (*TAG_COLUMNS, "pools")
UNPUBLISHED = ("pair_key", "pools")  # what only select needs
LISTED = pa.schema(
    [
        ("source", pa.string()),
        ("native_id", pa.string()),
        ("id", pa.string()),
        ("role", pa.string()),
        ("fingerprint", pa.string()),
        ("path", pa.string()),  # a checked reference to a file; null when the part keeps the bytes
        ("bytes", pa.int64()),
        ("reason", pa.string()),  # why there are no bytes
        ("detail", pa.string()),
        *METADATA,
    ]
)
FETCHED = pa.schema(  # of the parts of a network source: enough to make its ledger anew
    [
        *LISTED,
        ("url", pa.string()),
        ("checksum", pa.string()),
        ("status", pa.int32()),
        ("etag", pa.string()),
        ("last_modified", pa.string()),
        ("fetched_at", pa.string()),  # never hashed
        (
            "fetched_bytes",
            pa.int64(),
        ),  # and sha256 in METADATA: of the file as it came, where the part keeps it reduced
    ]
)
LISTING = (
    LISTED.append(pa.field("blob", pa.string()))
    .append(pa.field("offset", pa.int64()))
    .append(pa.field("length", pa.int64()))
)


def source_root(
    cache: str, name: str, kind: str, version: int, table: Mapping[str, Any], place: str, **stored: Any
) -> str:
    """The folder of one source's catalog: named by what was asked, where it was asked, and how it is stored."""
    key = digest_of({"kind": kind, "version": version, "settings": dict(table), "place": place, **stored})[:KEY_DIGITS]
    return join(cache, "catalog", f"{name}-{key}")


def ref_id(source: str, native_id: str) -> str:
    """Stands in for a picture's id where its bytes were never read."""
    return sha256_hex(f"{source}:{native_id}".encode())


def write_listing(root: str, rows: pa.Table | Iterable[pa.Table]) -> None:
    """Records what a source holds now, at once or table after table: the last step of its crawl."""
    tables = [rows] if isinstance(rows, pa.Table) else rows
    write_tables(join(root, "listing.ipc"), LISTING, (table.cast(LISTING) for table in tables))


def read_listing(root: str) -> pa.Table:
    """What a source held at its last finished crawl; empty before the first."""
    uri = join(root, "listing.ipc")
    fs, path = filesystem(uri)
    if not fs.exists(path):
        return LISTING.empty_table()
    return completed(read_table(uri))


def completed(table: pa.Table) -> pa.Table:
    """Rows that an earlier version wrote, with the columns that have come since: `LISTING`, or what it has of more."""
    for one in METADATA:
        if one.name not in table.column_names:
            table = table.add_column(LISTING.get_field_index(one.name), one, pa.nulls(len(table), one.type))
    return table


def listing_digest(listing: pa.Table) -> str:
    """Names a listing by its refs and their ids: provenance of a dataset."""
    columns = [listing.column(name).to_pylist() for name in ("source", "native_id", "id")]
    return digest_of(sorted([list(row) for row in zip(*columns, strict=True)]))
