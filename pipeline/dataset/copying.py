"""Copies a dataset from one place to another, local or on object stores: only what is missing, the manifest last.

Every file arrives under a name that ends in `.part`, is held against its sha256 there, and only then gets its own name.
So a file under its own name is whole, a copy that was interrupted goes on with the others, and a folder without a
manifest is no dataset.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from .canonical import sha256_hex
from .errors import DatasetError, StorageError
from .manifest import MANIFEST, manifest_file, parse_manifest, read_manifest
from .storage import filesystem, is_inside, is_local, join, storage_errors

THREADS = 4
CHUNK_BYTES = 8 * 1024**2
PART = ".part"
_LOOKS = 5  # stores may need a moment to show what was just written
_FIRST_WAIT_S = 0.1

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Copied:
    """What a copy did: files and bytes that were sent, and files that were there already."""

    root: str
    digest: str
    files: int
    bytes: int
    kept: int


def copy(
    source: str, target: str, *, threads: int = THREADS, advance: Callable[[int], None] = lambda size: None
) -> Copied:
    """Makes `target` the same dataset as `source`; `advance` is told the bytes of every file that has arrived.

    Nothing is overwritten. Raises DatasetError where the source is damaged or something else lies in the target, and
    StorageError where a store fails: the same call again goes on.
    """
    source, target = source.rstrip("/"), target.rstrip("/")
    manifest, sealed = read_manifest(source), manifest_file(source)
    entries = _entries(manifest, source)
    _refuse_other(sealed, entries, source, target)
    with ThreadPoolExecutor(threads) as pool:
        there = list(pool.map(partial(_is_there, target), entries))
        missing = [entry for entry, is_there in zip(entries, there, strict=True) if not is_there]
        if missing:
            _withdraw(target)
        try:
            for entry in pool.map(partial(_sent, source, target), missing):
                advance(entry["bytes"])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        list(pool.map(partial(_await, target), entries))
    if not _holds(target, sealed):
        last = {"path": MANIFEST, "bytes": len(sealed), "sha256": sha256_hex(sealed)}
        _sent(source, target, last)
        _await(target, last)
    sent = sum(entry["bytes"] for entry in missing)
    return Copied(target, manifest["digest"], len(missing), sent, len(entries) - len(missing))


def missing_bytes(source: str, target: str) -> int:
    """How many bytes a copy would have to send. Raises DatasetError, StorageError."""
    entries = _entries(read_manifest(source.rstrip("/")), source)
    return sum(entry["bytes"] for entry in entries if not _is_there(target.rstrip("/"), entry))


def _entries(manifest: Mapping[str, Any], source: str) -> Sequence[Entry]:
    entries = manifest["files"]
    outside = [entry["path"] for entry in entries if not is_inside(entry["path"])]
    if outside:
        raise DatasetError(f"the manifest names a file outside: {outside[0]!r}", where=source, hint="do not trust it")
    return cast(Sequence[Entry], entries)


def _refuse_other(sealed: bytes, entries: Sequence[Entry], source: str, target: str) -> None:
    """Refuses a target that holds anything but this dataset, or parts of it."""
    fs, path = filesystem(target)
    if path == filesystem(source)[1] and type(fs) is type(filesystem(source)[0]):
        raise DatasetError("source and target are the same place", where=target, hint="name another folder")
    with storage_errors(target):
        fs.invalidate_cache()
        if fs.isfile(path):
            raise StorageError("a file lies where the folder should be", where=target, hint="name another folder")
        names = {name.removeprefix(path.rstrip("/") + "/") for name in fs.find(path)}
    ours = {MANIFEST, *(entry["path"] for entry in entries)}
    others = sorted(names - ours - {name + PART for name in ours})
    if others:
        hint = "name an empty folder; nothing was written"
        raise DatasetError(f"the folder holds other files: {', '.join(others[:3])}", where=target, hint=hint)
    _holds(target, sealed)


def _holds(target: str, sealed: bytes) -> bool:
    """Whether a target has this manifest; False where it has none. Raises DatasetError when it has another one."""
    if _size(join(target, MANIFEST)) is None:
        return False
    there = manifest_file(target)
    if there != sealed:
        other = parse_manifest(there, join(target, MANIFEST))
        what = f"another dataset lies there: {other['name']} {other['version']}, digest {other['digest'][:12]}"
        raise DatasetError(what, where=target, hint="name another folder; it was left as it is")
    return True


def _withdraw(target: str) -> None:
    """Takes the manifest away from a target that lacks files: it must not look whole while they are on their way."""
    fs, path = filesystem(join(target, MANIFEST))
    with storage_errors(target):
        if fs.exists(path):
            fs.rm_file(path)


def _is_there(target: str, entry: Entry) -> bool:
    """True for a file that has arrived. On a local disk it is read again; on a store its name says that it was."""
    uri = join(target, entry["path"])
    size = _size(uri)
    if size is None:
        return False
    fs, path = filesystem(uri)
    if size != entry["bytes"] or (is_local(fs) and _hash(uri) != entry["sha256"]):
        hint = "remove it, then run the same command again"
        raise DatasetError("another file lies there under the name of one of the dataset", where=uri, hint=hint)
    return True


def _size(uri: str) -> int | None:
    """The size of a file as the store knows it now; None where there is none."""
    fs, path = filesystem(uri)
    with storage_errors(uri):
        fs.invalidate_cache(path)
        try:
            return int(fs.info(path)["size"])
        except FileNotFoundError:
            return None


def _await(target: str, entry: Entry) -> None:
    """Waits a few seconds for a store to show a file whole. Raises StorageError when it does not."""
    uri = join(target, entry["path"])
    for look in range(_LOOKS):
        if _size(uri) == entry["bytes"]:
            return
        time.sleep(_FIRST_WAIT_S * 2**look)
    hint = "run the same command again; the manifest was not written" if entry["path"] != MANIFEST else "look again"
    raise StorageError("the store does not show a file that was sent", where=uri, hint=hint)


def _sent(source: str, target: str, entry: Entry) -> Entry:
    """Sends one file and returns its entry."""
    start, end = join(source, entry["path"]), join(target, entry["path"])
    fs, path = filesystem(end)
    if is_local(fs):
        _to_disk(start, Path(path), entry)
    else:
        with _on_disk(start, entry) as file:
            _to_store(file, end, entry)
    return entry


def _to_disk(start: str, path: Path, entry: Entry) -> None:
    part = path.with_name(path.name + PART)
    with storage_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "ab") as file:  # not emptied before it is ours: another copy may be writing it
            _hold_alone(file, str(part))
            file.truncate(0)
            _transfer(start, file, entry)
            file.flush()
            os.fsync(file.fileno())
            os.replace(part, path)


def _hold_alone(file: IO[bytes], where: str) -> None:
    """Locks a file for this process, as far as the system knows how. Raises StorageError when another has it."""
    try:
        import fcntl
    except ImportError:  # not a Unix
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "wait for it to end, then run the same command again"
        raise StorageError("another copy is writing there", where=where, hint=hint) from None


@contextmanager
def _on_disk(uri: str, entry: Entry) -> Iterator[str]:
    """The path of a checked local file with the bytes of `uri`: itself where it is one."""
    fs, path = filesystem(uri)
    if is_local(fs):
        _check(_hash(uri), uri, entry, "the source is damaged")
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="lcpipe-") as file:
        _transfer(uri, cast(IO[bytes], file), entry)
        file.flush()
        yield file.name


def _to_store(file: str, end: str, entry: Entry) -> None:
    """Puts a local file, reads it back, and gives it its name on the store's own side."""
    fs, path = filesystem(end)
    with storage_errors(end):
        fs.put_file(file, path + PART)
        _await(end.removesuffix(entry["path"]).rstrip("/"), {**entry, "path": entry["path"] + PART})
        _check(_hash(end + PART), end, entry, "the store has other bytes than were sent")
        fs.cp_file(path + PART, path)
        fs.rm_file(path + PART)


def _transfer(uri: str, file: IO[bytes], entry: Entry) -> None:
    """Writes the bytes of `uri` to a file and holds them against their sha256. Raises DatasetError."""
    state = hashlib.sha256()
    for chunk in _chunks(uri):
        state.update(chunk)
        file.write(chunk)
    _check(state.hexdigest(), uri, entry, "the source is damaged")


def _check(sha256: str, where: str, entry: Entry, what: str) -> None:
    if sha256 != entry["sha256"]:
        hint = "`lcpipe verify` says what is wrong with the source" if "source" in what else "run the command again"
        raise DatasetError(f"{what}: sha256 {sha256[:12]}…, not {entry['sha256'][:12]}…", where=where, hint=hint)


def _hash(uri: str) -> str:
    state = hashlib.sha256()
    for chunk in _chunks(uri):
        state.update(chunk)
    return state.hexdigest()


def _chunks(uri: str) -> Iterator[bytes]:
    fs, path = filesystem(uri)
    with storage_errors(uri), fs.open(path, "rb", block_size=CHUNK_BYTES) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
