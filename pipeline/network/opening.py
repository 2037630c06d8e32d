"""Opens what a crawl works with: the ledger of a source, made anew where it is lost, and the network of a run."""

import fcntl
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..catalog import LISTING, METADATA, completed
from ..dataset.errors import FetchError, LcpipeError, StorageError
from ..dataset.storage import filesystem, is_local, storage_errors
from ..parts import blob_uri, read_indexes
from ..recipe import Crawl
from .addresses import Guard
from .agent import product, user_agent
from .exchange import Connections
from .ledger import Ledger
from .listed import Listed
from .recorder import state_of
from .sites import Sites
from .targets import target
from .traffic import Manners, Traffic
from .web import Network

LEDGER = "ledger.sqlite"
CAME = ("fetched_sha256", "fetched_bytes")  # of the file as it came, where another is stored in its place
_PART = re.compile(r"[0-9]{8}")


def local_root(root: str) -> Path:
    """The folder of a source's catalog on this machine. Raises LcpipeError where the cache is elsewhere."""
    fs, path = filesystem(root)
    if not is_local(fs):
        raise LcpipeError(
            "a crawl needs a cache on this machine",
            where=root,
            hint="give --cache a local folder; datasets can go anywhere",
        )
    return Path(path)


@contextmanager
def opened_ledger(root: str, source: str) -> Iterator[Ledger]:
    """The ledger of a source, for this process alone. Raises LcpipeError while another one crawls, StorageError."""
    folder = local_root(root)
    with storage_errors(root):
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "crawl.lock", "ab")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LcpipeError(
                "another crawl of this source is running", where=source, hint="wait for it, or stop it"
            ) from None
        ledger = _ledger(folder, source)
        try:
            yield ledger
        finally:
            ledger.close()


def _ledger(folder: Path, source: str) -> Ledger:
    """The ledger that is there, or a new one with what the parts hold."""
    file = folder / LEDGER
    fresh = not file.exists()
    try:
        ledger = Ledger(file)
    except StorageError as error:
        if "malformed" not in error.what and "not a database" not in error.what:
            raise
        for name in (LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm"):
            with suppress(FileNotFoundError):
                (folder / name).replace(folder / f"{name}.damaged")
        fresh, ledger = True, Ledger(file)
    if fresh:
        rebuild(ledger, str(folder), source)
    return ledger


def rebuild(ledger: Ledger, root: str, source: str) -> None:
    """Fills an empty ledger from the parts of the catalog. What was listed and not asked for is listed anew."""
    last = 0
    for spool in Path(root).glob("*.spool"):
        spool.unlink()  # bytes that no row refers to
    for name, index in read_indexes(root):
        if _PART.fullmatch(name):
            last = int(name)
            ledger.take_over(_taken(row, last) for row in index.to_pylist())
    if last:
        ledger.adopt_parts(last)
    if (Path(root) / "listing.ipc").exists():
        ledger.end_listing()


def _taken(row: Mapping[str, Any], part: int) -> tuple[Listed, dict[str, Any]]:
    state = state_of(row["reason"], row["url"])
    metadata = {name: row[name] for name in METADATA.names if name not in CAME and row[name] is not None}
    facts = (row["native_id"], row["role"], row["url"], _host_of(row["url"]), row["fingerprint"], row["checksum"])
    listed = Listed(*facts, metadata, state, row["reason"], row["detail"])
    kept = ("reason", "detail", "status", "bytes", "offset", "etag", "last_modified", "fetched_at")
    values = {name: row[name] for name in kept} | {"state": state, "part": part, "attempts": 0, "next_try": 0.0}
    has_picture = row["bytes"] is not None
    values |= {name: row.get(name) for name in CAME}  # younger than the first parts
    return listed, values | {"sha256": row["id"] if has_picture else None, "consent": None}


def _host_of(url: str | None) -> str:
    try:
        return target(url or "").name
    except FetchError:
        return ""


def newest_rows(root: str) -> Iterator[pa.Table]:
    """What the parts of a catalog hold: the newest row of every native id, with the columns of `LISTING`.

    One table a part, so that memory hardly depends on how much there is: 24 bytes a row.
    """
    names = [_digests(index) for _, index in read_indexes(root)]
    backwards = np.concatenate([np.array([], "S16"), *names])[::-1]
    newest = np.zeros(len(backwards), bool)
    newest[len(backwards) - 1 - np.unique(backwards, return_index=True)[1]] = True
    first = 0
    for name, index in read_indexes(root):
        blob = [blob_uri(root, name) if offset is not None else None for offset in index.column("offset").to_pylist()]
        full = completed(index).append_column("blob", pa.array(blob, pa.string())).select(LISTING.names).cast(LISTING)
        yield full.filter(pa.array(newest[first : first + len(index)]))
        first += len(index)


def _digests(index: pa.Table) -> npt.NDArray[np.bytes_]:
    """16 bytes for each native id of a part."""
    names = index.column("native_id").to_pylist()
    return np.array([hashlib.sha256(name.encode()).digest()[:16] for name in names], "S16")


@contextmanager
def opened_network(settings: Crawl, cache: str, seed: int, guard: Guard | None = None) -> Iterator[Network]:
    """The network as the recipe wants it treated, for all sources of a run. Raises RecipeError, StorageError."""
    agent = user_agent(settings.contact, settings.user_agent)
    guard = guard or Guard(frozenset(settings.allow_hosts), settings.contact is not None, settings.plain_http)
    folder = local_root(f"{cache.rstrip('/')}/catalog")
    with storage_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    headers = {"User-Agent": agent, "Accept-Encoding": "identity", "Accept": "*/*"}
    sites = Sites(str(folder / "sites.sqlite"), product(agent), headers, time.time)
    connections = Connections(guard, settings.timeout_s, settings.deadline_s)
    traffic = Traffic(_manners(settings, seed))
    for host, seconds, reason in sites.waits():
        traffic.hold(host, seconds, reason)
    try:
        yield Network(connections, traffic, sites, headers, settings.attempts, product(agent), guard)
    finally:
        connections.close()
        sites.close()


def _manners(settings: Crawl, seed: int) -> Manners:
    return Manners(
        settings.requests_per_second,
        settings.connections_per_host,
        settings.backoff_s,
        settings.longest_wait_s,
        seed,
    )
