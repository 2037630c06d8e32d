"""Writes down what became of each request: bytes first, then the ledger's row, and of both together a catalog part.

The bytes of a part are appended to one file as they come. When the part is full the file is synced, renamed and given
its index; what a killed run left open is closed by the next, after each picture's digest was checked.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from ..catalog import FETCHED, PART_BYTES, PART_PICTURES, ref_id
from ..dataset.canonical import sha256_hex
from ..dataset.errors import FetchError, StorageError
from ..dataset.reasons import Reason
from ..dataset.storage import storage_errors
from ..described import described, fitted_table, plain
from ..parts import Place, blob_uri, read_place, write_index
from ..sources._item import Item
from .ledger import Ledger
from .listed import Listed
from .pictures import REJECTED, Ask, Outcome
from .reducing import Reducer
from .signals import OPTED_OUT
from .targets import target

PART_ROWS = 4096  # of which at most `PART_PICTURES` have bytes
LISTED_AT_ONCE = 16  # pictures that a listing brings along and that are made smaller at once
GONE_REASONS = (Reason.REMOVED, "http_404", "http_410", "http_451")


@dataclass(frozen=True)
class Patience:
    """When a request is repeated: `pause(key, attempt)` in seconds, none longer than `longest_s`."""

    pause: Callable[[str, int], float]
    longest_s: float


@dataclass(frozen=True)
class _Open:
    """The part that is being filled."""

    number: int
    file: IO[bytes] | None = None
    size: int = 0
    pictures: int = 0
    rows: int = 0

    @property
    def full(self) -> bool:
        return self.pictures >= PART_PICTURES or self.size >= PART_BYTES or self.rows >= PART_ROWS


class Recorder:
    """Records for one source, from many threads."""

    def __init__(
        self, root: str, source: str, ledger: Ledger, patience: Patience, reducer: Reducer | None = None
    ) -> None:
        self._root, self._source, self._ledger, self._patience = Path(root), source, ledger, patience
        self._reducer = reducer
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self.finished = 0
        self.received_bytes = 0

    def listed(self, items: Sequence[Item]) -> set[str]:
        """Takes in what the source has listed, all of it and its last cursor at once; returns the hosts to ask.

        Raises StorageError.
        """
        cursor = next((item.cursor for item in reversed(items) if item.cursor is not None), None)
        came = self._arrived([item.data for item in items])
        with self._lock, self._ledger.transaction(), storage_errors(str(self._root)):
            hosts = {self._take_in(item, outcome) for item, outcome in zip(items, came, strict=True)}
            if cursor is not None:
                self._ledger.set_cursor(cursor)
            full = self._full_part()
        if full:
            self._write(full)
        return hosts - {""}

    def record(self, ask: Ask, outcome: Outcome) -> float | None:
        """Records one outcome. Returns when to ask again, as `time.time()`, or None for never. Raises StorageError."""
        if outcome.data is not None and self._reducer is not None:
            outcome = outcome.replaced(self._reducer(outcome.data))
        attempts, now = ask.attempts + 1, time.time()
        if outcome.retry_after is None or outcome.retry_after <= self._patience.longest_s:
            if outcome.state == "failed" and attempts < outcome.tries:
                pause = outcome.retry_after or self._patience.pause(f"{self._source}/{ask.number}", attempts)
                why = (outcome.status, outcome.reason, outcome.detail)
                self._ledger.attempt_again(ask.number, attempts, now + pause, why)
                return now + pause
        if outcome.state == "unchanged":
            outcome = self._as_before(ask, outcome)
        next_try = now + (outcome.retry_after or 0.0) if outcome.state == "failed" else 0.0
        with self._lock, storage_errors(str(self._root)):
            self._finish(ask.number, outcome, attempts, next_try)
            full = self._full_part()
        if full:
            self._write(full)
        return None

    def give_up(self, host: str, reason: str, seconds: float) -> None:
        """Fails everything that waits for a host, for this run."""
        detail, next_try = "the host was given up for this run", time.time() + seconds
        numbers: list[int] = [0]
        while numbers:
            with self._lock, storage_errors(str(self._root)):
                part = self._part()
                numbers = self._ledger.fail_waiting(host, part.number, reason, detail, next_try, PART_ROWS)
                self._open = replace(part, rows=part.rows + len(numbers))
                self.finished += len(numbers)
                full = self._full_part()
            if full:
                self._write(full)

    def tombstone(self, native_id: str, reason: str, detail: str | None) -> bool:
        """Marks a published picture as taken down; False where it was not one."""
        with self._lock, storage_errors(str(self._root)):
            part = self._part()
            number = self._ledger.tombstone(native_id, part.number, reason, detail)
            self._open = replace(part, rows=part.rows + (number is not None))
            full = self._full_part()
        if full:
            self._write(full)
        return number is not None

    def close(self) -> None:
        """Writes the part that is open. Raises StorageError."""
        with self._lock:
            part, self._open = self._open, None
        if part is not None:
            self._write(part)

    def recover(self) -> None:
        """Closes the parts that a killed run left open. Raises StorageError."""
        for number in self._ledger.unsealed():
            if not self._index(number).exists():
                self._save(number)
            self._ledger.seal(number)

    # One row

    def _arrived(self, bodies: Sequence[bytes | None]) -> list[Outcome | None]:
        """What is stored of pictures that the listing itself brought."""

        def stored(data: bytes | None) -> Outcome | None:
            if data is None:
                return None
            came = Outcome("fetched", data=data, sha256=sha256_hex(data))
            return came.replaced(self._reducer(data)) if self._reducer else came

        if self._reducer is None or not any(bodies):
            return [stored(data) for data in bodies]
        with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
            return list(pool.map(stored, bodies))

    def _take_in(self, item: Item, arrived: Outcome | None) -> str:
        """The host that an item now waits for, if any."""
        if item.url is None and item.data is None and item.reason is None:
            if self._ledger.fingerprint(item.native_id) == item.fingerprint:
                return ""  # the source says that this is known, and it is
        part = self._part()
        listed = listed_item(item)
        number = self._ledger.take_in(listed, part.number)
        if number is None:
            return ""
        if arrived is not None:
            self._finish(number, arrived, 0, 0.0)
        elif listed.state != "listed":
            self._open = replace(part, rows=part.rows + 1)
            self.finished += 1
        return listed.host

    def _finish(self, number: int, outcome: Outcome, attempts: int, next_try: float) -> None:
        """Appends the bytes, then records the row. A kill between the two leaves bytes that nobody refers to."""
        part, data = self._part(), outcome.data
        if data is not None:
            part = self._open = replace(part, file=part.file or _created(self._spool(part.number)))
            _write_at(cast(IO[bytes], part.file), part.size, data)
        self._ledger.finish(_values(number, outcome, attempts, next_try, part))
        size, pictures = len(data or b""), int(data is not None)
        self._open = replace(part, size=part.size + size, pictures=part.pictures + pictures, rows=part.rows + 1)
        self.finished += 1
        self.received_bytes += size

    def _as_before(self, ask: Ask, outcome: Outcome) -> Outcome:
        """A picture that its host says is unchanged: the bytes that the catalog has."""
        place = self._ledger.place_of(ask.number)
        try:
            data = read_place(Place(blob_uri(str(self._root), _name(place[0])), place[1], place[2])) if place else b""
        except StorageError:
            data = b""
        if not data:  # the next run asks without a condition, as a failed row keeps no ETag
            return Outcome("failed", "http_304", "the host says unchanged of what is not here", outcome.status)
        return replace(
            outcome,
            state="fetched",
            data=data,
            sha256=sha256_hex(data),
            fetched=self._ledger.came_as(ask.number),
            etag=ask.etag,
            last_modified=ask.last_modified,
        )

    # Parts

    def _part(self) -> _Open:
        if self._open is None:
            number = self._ledger.open_part()
            # A kill or an error may have left bytes here that no row refers to; offsets are counted from their end.
            spool = self._spool(number)
            self._open = _Open(number, size=spool.stat().st_size if spool.exists() else 0)
        return self._open

    def _full_part(self) -> _Open | None:
        """The open part if it is full: the caller writes it, and others go on with a new one."""
        if self._open is None or not self._open.full:
            return None
        part, self._open = self._open, None
        return part

    def _write(self, part: _Open) -> None:
        with storage_errors(str(self._root)):
            if part.file is not None:
                os.fsync(part.file.fileno())
                part.file.close()
                os.replace(self._spool(part.number), self._blob(part.number))
        rows = self._ledger.part_rows(part.number)
        if rows:
            write_index(str(self._root), _name(part.number), _table(self._source, rows))
        self._ledger.seal(part.number)

    def _save(self, number: int) -> None:
        """Makes a part of what a killed run had written: every row whose bytes are there."""
        spool, blob = self._spool(number), self._blob(number)
        file = spool if spool.exists() else blob
        rows = self._ledger.part_rows(number)
        lost = {row["number"] for row in rows if row["offset"] is not None and not _is_there(file, row)}
        self._ledger.wait_again(lost)
        kept = [row for row in rows if row["number"] not in lost]
        with storage_errors(str(self._root)):
            if any(row["offset"] is not None for row in kept):
                with open(file, "rb") as written:
                    os.fsync(written.fileno())
                os.replace(file, blob)
            else:
                file.unlink(missing_ok=True)
        if kept:
            write_index(str(self._root), _name(number), _table(self._source, kept))

    def _spool(self, number: int) -> Path:
        return self._root / f"{_name(number)}.spool"

    def _blob(self, number: int) -> Path:
        return self._root / f"{_name(number)}.blob"

    def _index(self, number: int) -> Path:
        return self._root / f"{_name(number)}.arrow"


def listed_item(item: Item) -> Listed:
    """An item as the ledger takes it in: for which host it waits, or why nothing is to be asked."""
    host, reason, detail = "", item.reason, item.detail
    decision = (item.metadata.get("consent") or {}).get("decision") or ""
    if reason is None and str(decision).strip().lower().replace("-", "_") == OPTED_OUT:
        reason, detail = Reason.OPTED_OUT, "the source says so"
    if reason is None and item.data is None:
        try:
            host = target(item.url or "").name
        except FetchError as error:
            reason, detail = error.reason, error.what
    state = "listed" if reason is None else state_of(reason, item.url)
    listed = Listed(
        item.native_id, item.role, item.url, host, item.fingerprint, item.checksum, item.metadata, state, reason, detail
    )
    return listed if _is_encodable(listed) else Listed(**plain(asdict(listed)))


def _is_encodable(listed: Listed) -> bool:
    """False for texts with halves of UTF-16 pairs, which JSON can hold and nothing else."""
    try:
        json.dumps(listed.__dict__, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def state_of(reason: str | None, url: str | None) -> str:
    """The state of a finished row, as its reason tells; what has no address has not failed, and is not asked again."""
    if reason is None:
        return "fetched"
    if reason in GONE_REASONS:
        return "gone"
    return "failed" if url is not None and reason not in REJECTED else "rejected"


def _values(number: int, outcome: Outcome, attempts: int, next_try: float, part: _Open) -> dict[str, Any]:
    data, signals = outcome.data, outcome.consent
    return {
        "number": number,
        "state": outcome.state,
        "attempts": attempts,
        "next_try": next_try,
        "status": outcome.status,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "sha256": outcome.sha256,
        "bytes": len(data) if data is not None else None,
        "part": part.number,
        "offset": part.size if data is not None else None,
        "etag": outcome.etag,
        "last_modified": outcome.last_modified,
        "consent": json.dumps([signals.decision, *signals.signals]) if signals.signals else None,
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "fetched_sha256": outcome.fetched[0] if outcome.fetched else None,
        "fetched_bytes": outcome.fetched[1] if outcome.fetched else None,
    }


def _table(source: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    schema = FETCHED.append(pa.field("offset", pa.int64())).append(pa.field("length", pa.int64()))
    return fitted_table([_row(source, row) for row in rows], schema)


def _row(source: str, row: dict[str, Any]) -> dict[str, Any]:
    """One row of the ledger as the catalog has it."""
    found = described(source, row["role"], {**row["metadata"], "consent": _decided(row)})
    same = ("native_id", "fingerprint", "bytes", "reason", "detail", "url", "checksum", "etag", "last_modified")
    found |= {name: row[name] for name in (*same, "fetched_at", "fetched_sha256", "fetched_bytes", "offset")}
    identity = row["sha256"] or ref_id(source, row["native_id"])
    length = row["bytes"] if row["offset"] is not None else None
    return found | {"id": identity, "path": None, "status": row["last_status"], "length": length}


def _decided(row: dict[str, Any]) -> dict[str, Any] | None:
    """What the source and the host say together: any opt-out stands, and every signal is kept."""
    stated = row["metadata"].get("consent")
    if row["consent"] is None:
        return dict(stated) if stated else None
    decision, *signals = json.loads(row["consent"])
    if stated:
        signals = [*(stated.get("signals") or ()), *signals]
        decision = decision if decision == OPTED_OUT else stated.get("decision") or decision
    return {"decision": decision, "signals": signals}


def _created(path: Path) -> IO[bytes]:
    return open(path, "r+b" if path.exists() else "w+b", buffering=0)


def _write_at(file: IO[bytes], offset: int, data: bytes) -> None:
    """Writes at a place, not at the end: what a full disk cut short is written over."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file.fileno(), view, offset)
        view, offset = view[written:], offset + written


def _is_there(file: Path, row: Mapping[str, Any]) -> bool:
    try:
        with open(file, "rb") as bytes_of:
            bytes_of.seek(row["offset"])
            return sha256_hex(bytes_of.read(row["bytes"])) == str(row["sha256"])
    except FileNotFoundError:
        return False


def _name(number: int) -> str:
    return f"{number:08d}"
