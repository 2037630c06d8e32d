"""The ledger of one source: a row per native id with what became of it, in SQLite.

It is a cache of the world. What was fetched lies in the catalog's parts, and the ledger is made anew from them when it
is lost. Every change is one transaction in write-ahead mode, so that a process killed at any moment has recorded each
request or not made it; a power cut may undo the last transactions, and the parts are checked against that.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..dataset.errors import StorageError
from .listed import Listed, number_of, take_in
from .pictures import Ask

STATES = ("listed", "fetched", "rejected", "gone", "failed")
_TABLES = """
CREATE TABLE IF NOT EXISTS items (
    number INTEGER PRIMARY KEY, native_id TEXT NOT NULL UNIQUE, role TEXT NOT NULL, url TEXT,
    fingerprint TEXT NOT NULL, checksum TEXT, metadata TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rows (
    number INTEGER PRIMARY KEY, host TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0, last_status INTEGER, reason TEXT, detail TEXT, sha256 TEXT, bytes INTEGER,
    part INTEGER, offset INTEGER, etag TEXT, last_modified TEXT, consent TEXT, fetched_at TEXT);
CREATE INDEX IF NOT EXISTS waiting ON rows (host, number) WHERE state = 'listed';
CREATE INDEX IF NOT EXISTS by_part ON rows (part) WHERE part IS NOT NULL;
CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY, sealed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS listing (
    one INTEGER PRIMARY KEY CHECK (one = 1), incremental INTEGER NOT NULL, complete INTEGER NOT NULL, cursor TEXT,
    newest TEXT);
INSERT OR IGNORE INTO listing (one, incremental, complete, cursor, newest) VALUES (1, 0, 0, NULL, NULL);
"""
_FINAL = (
    "UPDATE rows SET state = :state, attempts = :attempts, next_try = :next_try, last_status = :status,"
    " reason = :reason, detail = :detail, sha256 = :sha256, bytes = :bytes, part = :part, offset = :offset,"
    " etag = :etag, last_modified = :last_modified, consent = :consent, fetched_at = :fetched_at,"
    " fetched_sha256 = :fetched_sha256, fetched_bytes = :fetched_bytes WHERE number = :number"
)
_ADDED = (  # since ledgers were first written; `pass` is the listing in which an item was last seen
    ("rows", "fetched_sha256", "TEXT"),
    ("rows", "fetched_bytes", "INTEGER"),
    ("items", "pass", "INTEGER NOT NULL DEFAULT 0"),
    ("listing", "pass", "INTEGER NOT NULL DEFAULT 0"),
    ("listing", "repeated", "INTEGER NOT NULL DEFAULT 0"),
    ("listing", "example", "TEXT"),
)
_NAMED_ONLY = """
CREATE TEMP TABLE named (native_id TEXT PRIMARY KEY);
DROP VIEW to_fetch;
CREATE TEMP VIEW to_fetch AS SELECT * FROM rows WHERE state = 'listed' AND EXISTS (
    SELECT 1 FROM named JOIN items USING (native_id) WHERE items.number = rows.number);
"""
_AGAIN = "UPDATE rows SET attempts = ?, next_try = ?, last_status = ?, reason = ?, detail = ? WHERE number = ?"


@dataclass(frozen=True)
class Progress:
    """How far a source's listing has come."""

    incremental: bool
    complete: bool
    cursor: str | None
    newest: str | None


class Ledger:
    """One source's ledger, used by many threads."""

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._lock = threading.RLock()
        with self._errors():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
            self._db.execute("PRAGMA wal_autocheckpoint=4000")
            self._widen()
            self._db.execute("CREATE TEMP VIEW to_fetch AS SELECT * FROM rows WHERE state = 'listed'")

    def _widen(self) -> None:
        """Gives an older ledger the columns that came later."""
        for table, name, kind in _ADDED:
            if name not in {row[1] for row in self._db.execute(f"PRAGMA table_info({table})")}:
                self._db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All changes of the block at once, or none; blocks may lie inside each other. Raises StorageError."""
        with self._lock, self._errors():
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = "free some space, or remove this file: it is made anew from the catalog's parts"
            raise StorageError(f"the ledger cannot be used: {error}", where=self._path, hint=hint) from error

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._errors():
            return self._db.execute(query, values).fetchall()

    # Listing

    def progress(self) -> Progress:
        """How far the listing has come."""
        ((incremental, complete, cursor, newest),) = self._rows(
            "SELECT incremental, complete, cursor, newest FROM listing"
        )
        return Progress(bool(incremental), bool(complete), cursor, newest)

    def begin_listing(self, *, incremental: bool) -> None:
        """Starts to list from the beginning, or what is newer than all that is known."""
        newest = self._newest() if incremental else None
        with self.transaction() as db:
            values = (int(incremental), newest)
            db.execute("UPDATE listing SET incremental = ?, complete = 0, cursor = NULL, newest = ?", values)

    def begin_pass(self) -> None:
        """The source lists from its start: what comes twice from now on, it holds twice."""
        with self.transaction() as db:
            db.execute("UPDATE listing SET pass = pass + 1, repeated = 0, example = NULL")

    def repeated(self) -> tuple[int, str | None]:
        """How many items of the last listing had the native id of another one, and one such id."""
        ((count, example),) = self._rows("SELECT repeated, example FROM listing")
        return int(count), example

    def end_listing(self) -> None:
        """The source has listed everything."""
        with self.transaction() as db:
            db.execute("UPDATE listing SET complete = 1, cursor = NULL")

    def take_in(self, item: Listed, part: int) -> int | None:
        """The number of an item that is new, or changed; None for one that is known as it is.

        One that is not to be fetched belongs to `part`. One with another fingerprint than before waits again.
        """
        with self.transaction() as db:
            return take_in(db, item, part)

    def set_cursor(self, cursor: str) -> None:
        """The listing goes on from here. In one transaction with the items before it, so that none is lost."""
        with self.transaction() as db:
            db.execute("UPDATE listing SET cursor = ?", (cursor,))

    def _newest(self) -> str | None:
        query = "SELECT native_id FROM items WHERE native_id GLOB '[0-9]*' AND NOT native_id GLOB '*[^0-9]*'"
        numbers = self._rows(f"{query} ORDER BY length(native_id) DESC, native_id DESC LIMIT 1")
        others = self._rows("SELECT native_id FROM items WHERE native_id GLOB '*[^0-9]*' LIMIT 1")
        found = self._rows("SELECT native_id FROM items ORDER BY number DESC LIMIT 1") if others else numbers
        return found[0][0] if found else None

    # Fetching

    def name(self, native_ids: Iterable[str]) -> set[str]:
        """From now on only these are handed out or given up; the others wait on. Returns those not yet listed."""
        with self._lock, self._errors():
            self._db.executescript(_NAMED_ONLY)
            with self.transaction() as db:
                db.executemany("INSERT OR IGNORE INTO named VALUES (?)", ((native_id,) for native_id in native_ids))
        unlisted = "SELECT native_id FROM named WHERE native_id NOT IN (SELECT native_id FROM items)"
        return {row[0] for row in self._rows(unlisted)}

    def waiting_hosts(self) -> dict[str, int]:
        """How many rows wait for each host."""
        return dict(self._rows("SELECT host, count(*) FROM to_fetch GROUP BY host"))

    def waiting(self, host: str, after: int, limit: int) -> list[tuple[float, Ask]]:
        """(not before, what to ask) for rows that wait for a host, in the order in which they were listed."""
        rows = self._rows(
            "SELECT r.next_try, r.number, i.url, i.checksum, r.attempts, r.etag, r.last_modified"
            " FROM to_fetch r JOIN items i USING (number)"
            " WHERE r.host = ? AND r.number > ? ORDER BY r.number LIMIT ?",
            (host, after, limit),
        )
        return [(row[0], Ask(*row[1:])) for row in rows]

    def retry_failed(self, now: float) -> int:
        """Lets rows wait again that failed and may be asked for by now; returns how many."""
        with self.transaction() as db:
            values = (now,)
            query = "UPDATE rows SET state = 'listed', attempts = 0, next_try = 0 WHERE state = 'failed'"
            return db.execute(f"{query} AND host != '' AND next_try <= ?", values).rowcount

    def attempt_again(self, number: int, attempts: int, next_try: float, why: tuple[Any, ...]) -> None:
        """Records an attempt that is to be repeated; `why` is (status, reason, detail)."""
        with self.transaction() as db:
            db.execute(_AGAIN, (attempts, next_try, *why, number))

    def finish(self, values: Mapping[str, Any]) -> None:
        """Records what became of a row, for this run."""
        with self.transaction() as db:
            db.execute(_FINAL, values)

    def fail_waiting(self, host: str, part: int, reason: str, detail: str, next_try: float, limit: int) -> list[int]:
        """Gives up rows that wait for a host; returns their numbers, `limit` at most."""
        with self.transaction() as db:
            query = "SELECT number FROM to_fetch WHERE host = ? ORDER BY number LIMIT ?"
            numbers = [row[0] for row in db.execute(query, (host, limit))]
            db.executemany(
                "UPDATE rows SET state = 'failed', reason = ?, detail = ?, next_try = ?, part = ?, offset = NULL"
                " WHERE number = ?",
                [(reason, detail, next_try, part, number) for number in numbers],
            )
        return numbers

    def tombstone(self, native_id: str, part: int, reason: str, detail: str | None) -> int | None:
        """Marks a fetched picture as gone; returns its number, or None where there is none."""
        with self.transaction() as db:
            query = "SELECT number FROM rows JOIN items USING (number) WHERE native_id = ? AND state = 'fetched'"
            row = db.execute(query, (native_id,)).fetchone()
            if row is not None:
                db.execute(
                    "UPDATE rows SET state = 'gone', reason = ?, detail = ?, part = ?, offset = NULL WHERE number = ?",
                    (reason, detail, part, row[0]),
                )
        return row[0] if row else None

    # Parts

    def open_part(self) -> int:
        """The number of a new part."""
        with self.transaction() as db:
            (last,) = db.execute("SELECT coalesce(max(number), 0) FROM parts").fetchone()
            db.execute("INSERT INTO parts VALUES (?, 0)", (last + 1,))
        return int(last) + 1

    def seal(self, number: int) -> None:
        """The part is written."""
        with self.transaction() as db:
            db.execute("UPDATE parts SET sealed = 1 WHERE number = ?", (number,))

    def unsealed(self) -> list[int]:
        """Parts that a killed run left unwritten."""
        return [row[0] for row in self._rows("SELECT number FROM parts WHERE sealed = 0 ORDER BY number")]

    def part_rows(self, part: int) -> list[dict[str, Any]]:
        """Everything about the rows of a part, in the order of their bytes."""
        with self._lock:
            cursor = self._db.execute(
                "SELECT * FROM rows JOIN items USING (number) WHERE part = ? AND state != 'listed'"
                " ORDER BY offset IS NULL, offset, number",
                (part,),
            )
            names = [column[0] for column in cursor.description]
            found = [dict(zip(names, row, strict=True)) for row in cursor]
        return [row | {"metadata": json.loads(row["metadata"])} for row in found]

    def wait_again(self, numbers: Iterable[int]) -> None:
        """Lets rows wait again whose bytes did not survive."""
        with self.transaction() as db:
            query = "UPDATE rows SET state = 'listed', attempts = 0, part = NULL, offset = NULL WHERE number = ?"
            db.executemany(query, [(number,) for number in numbers])

    def take_over(self, rows: Iterable[tuple[Listed, Mapping[str, Any]]]) -> None:
        """Takes in finished rows of parts, with what became of them: how a lost ledger is made anew."""
        with self.transaction() as db:
            for item, values in rows:
                number = take_in(db, item, 0, once=False) or number_of(db, item.native_id)
                db.execute(_FINAL, {**values, "number": number})

    def adopt_parts(self, last: int) -> None:
        """Goes on numbering after the parts that are there."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO parts VALUES (?, 1)", (last,))

    # Looking

    def fingerprint(self, native_id: str) -> str | None:
        """The fingerprint under which a picture was fetched."""
        query = "SELECT fingerprint FROM items JOIN rows USING (number) WHERE native_id = ? AND state = 'fetched'"
        rows = self._rows(query, (native_id,))
        return rows[0][0] if rows else None

    def due(self, now: float) -> int:
        """How many failed rows may be asked for again."""
        query = "SELECT count(*) FROM rows WHERE state = 'failed' AND host != '' AND next_try <= ?"
        return int(self._rows(query, (now,))[0][0])

    def fetched(self) -> list[tuple[str, str | None]]:
        """(native id, address) of every picture that was fetched."""
        query = "SELECT native_id, url FROM items JOIN rows USING (number) WHERE state = 'fetched' ORDER BY number"
        return [(row[0], row[1]) for row in self._rows(query)]

    def place_of(self, number: int) -> tuple[int, int, int] | None:
        """(part, offset, bytes) of a row's picture."""
        query = "SELECT part, offset, bytes FROM rows WHERE number = ? AND offset IS NOT NULL"
        rows = self._rows(query, (number,))
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    def came_as(self, number: int) -> tuple[str, int] | None:
        """(sha256, bytes) of the file that was fetched, where another is stored in its place."""
        query = "SELECT fetched_sha256, fetched_bytes FROM rows WHERE number = ? AND fetched_sha256 IS NOT NULL"
        rows = self._rows(query, (number,))
        return (rows[0][0], rows[0][1]) if rows else None

    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        found = dict(self._rows("SELECT state, count(*) FROM rows GROUP BY state"))
        return {state: found.get(state, 0) for state in STATES}

    def reasons(self) -> dict[str, int]:
        """How many finished rows have each reason, most frequent first."""
        query = "SELECT reason, count(*) FROM rows WHERE reason IS NOT NULL AND state != 'listed'"
        return dict(self._rows(f"{query} GROUP BY reason ORDER BY count(*) DESC, reason"))

    def failures(self) -> dict[str, int]:
        """How many rows have each reason, most frequent first, of those that had an address and should have come."""
        query = "SELECT reason, count(*) FROM rows JOIN items USING (number) WHERE state IN ('failed', 'rejected')"
        return dict(self._rows(f"{query} AND url IS NOT NULL GROUP BY reason ORDER BY count(*) DESC, reason"))

    def examples(self) -> dict[str, str]:
        """For each reason, the first row that has it: its native id, and what was said of it."""
        query = "SELECT reason, native_id, detail, min(number) FROM rows JOIN items USING (number)"
        found = self._rows(f"{query} WHERE reason IS NOT NULL AND state != 'listed' GROUP BY reason")
        return {reason: f"{native_id}: {detail}" if detail else native_id for reason, native_id, detail, _ in found}

    def example(self, reason: str) -> str:
        """What was said of one row with a reason."""
        query = "SELECT detail FROM rows WHERE reason = ? AND detail IS NOT NULL ORDER BY number LIMIT 1"
        found = self._rows(query, (reason,))
        return str(found[0][0]) if found else ""

    def hosts(self) -> dict[str, dict[str, int]]:
        """How many rows of each host are in each state."""
        table: dict[str, dict[str, int]] = {}
        for host, state, count in self._rows("SELECT host, state, count(*) FROM rows GROUP BY host, state"):
            table.setdefault(host, {})[state] = count
        return table


class Known(Mapping[str, str]):
    """The fingerprints of fetched pictures by native id, looked up one by one: a ledger may have millions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getitem__(self, native_id: str) -> str:
        found = self._ledger.fingerprint(native_id)
        if found is None:
            raise KeyError(native_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return (native_id for native_id, _ in self._ledger.fetched())

    def __len__(self) -> int:
        return self._ledger.counts()["fetched"]
