"""One item as a source listed it, and how the ledger takes it in: as new, as changed, or as known."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Listed:
    """One item as the ledger keeps it; a `state` other than `listed` says that nothing is to be fetched."""

    native_id: str
    role: str
    url: str | None
    host: str
    fingerprint: str
    checksum: str | None
    metadata: Mapping[str, Any]
    state: str = "listed"
    reason: str | None = None
    detail: str | None = None


def take_in(db: sqlite3.Connection, item: Listed, part: int, *, once: bool = True) -> int | None:
    """The number of an item that is new, or changed; None for one that is known as it is.

    Where an id comes a second time in one listing, the first stays and the second is counted; without `once` it stands.
    """
    query = "SELECT number, fingerprint, state FROM items JOIN rows USING (number) WHERE native_id = ?"
    known = db.execute(query, (item.native_id,)).fetchone()
    if once and _is_repeated(db, item.native_id):
        return None
    values = (
        item.role,
        item.url,
        item.fingerprint,
        item.checksum,
        json.dumps(dict(item.metadata), ensure_ascii=False, default=str),
    )
    own_part = part if item.state != "listed" else None
    if known is None:
        query = (
            "INSERT INTO items (role, url, fingerprint, checksum, metadata, native_id, pass)"
            " VALUES (?, ?, ?, ?, ?, ?, (SELECT pass FROM listing))"
        )
        number = int(db.execute(query, (*values, item.native_id)).lastrowid or 0)
        db.execute(
            "INSERT INTO rows (number, host, state, reason, detail, part) VALUES (?, ?, ?, ?, ?, ?)",
            (number, item.host, item.state, item.reason, item.detail, own_part),
        )
        return number
    if known[1] == item.fingerprint and item.state in ("listed", known[2]):
        return None
    db.execute(
        "UPDATE items SET role = ?, url = ?, fingerprint = ?, checksum = ?, metadata = ? WHERE number = ?",
        (*values, known[0]),
    )
    db.execute(
        "UPDATE rows SET host = ?, state = ?, reason = ?, detail = ?, attempts = 0, next_try = 0,"
        " part = coalesce(?, part), offset = CASE WHEN ? IS NULL THEN offset END WHERE number = ?",
        (item.host, item.state, item.reason, item.detail, own_part, own_part, known[0]),
    )
    return int(known[0])


def _is_repeated(db: sqlite3.Connection, native_id: str) -> bool:
    """Takes note of an item that is listed: true, and counted, when the same listing had it before."""
    repeated = db.execute(
        "UPDATE listing SET repeated = repeated + 1, example = coalesce(example, :id)"
        " WHERE pass = (SELECT pass FROM items WHERE native_id = :id)",
        {"id": native_id},
    ).rowcount
    db.execute("UPDATE items SET pass = (SELECT pass FROM listing) WHERE native_id = ?", (native_id,))
    return repeated > 0


def number_of(db: sqlite3.Connection, native_id: str) -> int:
    """The number of an item that is known."""
    return int(db.execute("SELECT number FROM items WHERE native_id = ?", (native_id,)).fetchone()[0])
