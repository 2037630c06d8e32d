"""Crawl: from sources to the catalog. One process with threads; sources are listed anew, only what is new is read."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from .catalog import (
    LISTED,
    LISTING,
    PART_BYTES,
    PART_PICTURES,
    REDUCTION,
    read_listing,
    ref_id,
    source_root,
    write_listing,
)
from .dataset.canonical import digest_of, sha256_hex
from .dataset.decode import Limits
from .dataset.errors import RecipeError
from .dataset.reasons import Reason
from .described import described
from .parts import blob_uri, read_indexes, write_part
from .progress import Reporter
from .recipe import Plugin, Recipe
from .sources._item import Item, SourceState

THREADS = 4
TOLD = frozenset({"terms_url"})  # settings that change nothing of what is asked for: they name no other catalog


@dataclass(frozen=True)
class Crawled:
    """One source's part of the catalog after its crawl; rows have the columns of `catalog.LISTING`."""

    source: Plugin
    listing: pa.Table


def crawl(
    recipe: Recipe,
    cache: str,
    reporter: Reporter,
    *,
    retry_failed: bool = False,
    incremental: bool = False,
    on_new: Callable[[], None] = lambda: None,
    locked: Mapping[tuple[str, str], str] | None = None,
) -> list[Crawled]:
    """Brings the catalog up to date with every source of the recipe; calls `on_new` when files turn out to be new.

    A finished crawl of the network asks nobody, unless it is to ask again for what failed, or for what is new. With
    the ids that are `locked`, by source and native id, neither does one whose catalog holds all of them, and others ask
    for no more than these.
    Raises RecipeError, StorageError, FetchError, and ThresholdError when too much failed.
    """
    from .network.runs import crawl_network, is_network

    networked = [(source, root) for source, root in roots(recipe, cache) if is_network(source)]
    fetched = {} if locked is None else _held(networked, locked)
    asked = [(source, root) for source, root in networked if source.name not in fetched]
    only = None if locked is None else {source.name: _native_ids(source, locked) for source, _ in asked}
    again = {"retry_failed": retry_failed, "incremental": incremental}
    crawl_network(recipe, asked, cache, reporter, **again, only=only)
    fetched |= {source.name: read_listing(root) for source, root in asked}
    return [
        Crawled(source, fetched[source.name])
        if source.name in fetched
        else _crawl_source(recipe, source, cache, reporter, on_new)
        for source in recipe.sources
    ]


def _held(sources: Sequence[tuple[Plugin, str]], locked: Mapping[tuple[str, str], str]) -> dict[str, pa.Table]:
    """The listings, by source, that hold every locked picture of theirs as it is locked."""
    held: dict[str, pa.Table] = {}
    for source, root in sources:
        listing = read_listing(root)
        there = dict(zip(listing.column("native_id").to_pylist(), listing.column("id").to_pylist(), strict=True))
        if all(there.get(native_id) == id for (name, native_id), id in locked.items() if name == source.name):
            held[source.name] = listing
    return held


def _native_ids(source: Plugin, locked: Mapping[tuple[str, str], str]) -> frozenset[str]:
    return frozenset(native_id for name, native_id in locked if name == source.name)


def roots(recipe: Recipe, cache: str) -> list[tuple[Plugin, str]]:
    """The catalog folder of each source of the recipe."""
    return [(source, _root(recipe, source, cache)) for source in recipe.sources]


def _root(recipe: Recipe, source: Plugin, cache: str) -> str:
    place = getattr(source.module, "place", lambda settings, state: "")
    where = place(source.settings, SourceState(recipe.folder))
    stored = {}
    if recipe.crawl.reduce is not None:
        from .network.runs import is_network

        how = asdict(recipe.crawl.reduce) | {"version": REDUCTION}
        stored = {"reduce": how} if is_network(source) else {}
    asked = {name: value for name, value in source.table.items() if name not in TOLD}
    return source_root(cache, source.name, source.kind, source.module.version, asked, where, **stored)


def _crawl_source(
    recipe: Recipe, source: Plugin, cache: str, reporter: Reporter, on_new: Callable[[], None]
) -> Crawled:
    root = _root(recipe, source, cache)
    known = _known_rows(root)
    state = SourceState(recipe.folder, {name: row["fingerprint"] for name, row in known.items()})
    items = source.module.listing(source.settings, state)
    with reporter.stage(f"crawl {source.name}", unit="pictures") as stage:
        rows = []
        for part in _parts(items):
            if any(map(_is_new, part)):
                on_new()
            rows += _part_rows(root, source, part, known, stage.advance)
    if not rows:
        raise RecipeError(
            "the source holds no pictures", where=f"[sources.{source.name}]", hint="check its path and glob"
        )
    listing = pa.Table.from_pylist(rows, schema=LISTING)
    write_listing(root, listing)
    return Crawled(source, listing)


def _known_rows(root: str) -> dict[str, dict[str, Any]]:
    """The newest row per native id that has a picture: from the parts, and from the listing for references to files."""
    rows: dict[str, dict[str, Any]] = {}
    blobs: set[str | None] = {None}
    for name, index in read_indexes(root):
        blobs.add(blob_uri(root, name))
        for row in index.to_pylist():
            rows[row["native_id"]] = {**row, "blob": blob_uri(root, name) if row["offset"] is not None else None}
    # A listing may speak of parts that were removed, or of where the cache was before it was moved.
    rows |= {row["native_id"]: row for row in read_listing(root).to_pylist() if row["blob"] in blobs}
    return {name: row for name, row in rows.items() if row["reason"] is None}


def _parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Items in groups of at most `PART_PICTURES` pictures and `PART_BYTES` of bytes held in memory."""
    part: list[Item] = []
    held = 0
    for item in items:
        size = len(item.data or b"")
        if part and (len(part) == PART_PICTURES or held + size > PART_BYTES):
            yield part
            part, held = [], 0
        part.append(item)
        held += size
    if part:
        yield part


def _is_new(item: Item) -> bool:
    """True when its bytes are still to be read: a source gives none for what is known and unchanged."""
    return item.data is not None or item.path is not None or item.reason is not None


def _part_rows(
    root: str, source: Plugin, part: list[Item], known: dict[str, Any], advance: Any
) -> list[dict[str, Any]]:
    """Rows of the listing for one group: those known already, and those read now and written as a new part."""
    fresh = [item for item in part if _is_new(item)]
    with ThreadPoolExecutor(THREADS) as pool:
        read = list(pool.map(lambda item: _read(source, item), fresh))
    new = _write(root, read) if fresh else []
    advance(len(part))
    old = [
        known[item.native_id] | described(source.name, item.role, item.metadata) for item in part if not _is_new(item)
    ]
    return [*new, *old]


def _write(root: str, read: list[tuple[dict[str, Any], bytes | None]]) -> list[dict[str, Any]]:
    name = digest_of([[row["native_id"], row["id"]] for row, _ in read])[:16]
    write_part(root, name, LISTED, read)
    offsets = chain([0], _running(len(data or b"") for _, data in read))
    rows = []
    for (row, data), offset in zip(read, offsets, strict=False):
        kept = data is not None
        place = {"blob": blob_uri(root, name), "offset": offset, "length": len(data or b"")} if kept else {}
        rows.append({"blob": None, "offset": None, "length": None, **row, **place})
    return rows


def _running(sizes: Iterable[int]) -> Iterator[int]:
    total = 0
    for size in sizes:
        total += size
        yield total


def _read(source: Plugin, item: Item) -> tuple[dict[str, Any], bytes | None]:
    """One listed row, and the bytes where the catalog keeps them itself."""
    row = {"source": source.name, "native_id": item.native_id, "fingerprint": item.fingerprint, "path": item.path}
    row |= {"reason": None, "detail": None} | described(source.name, item.role, item.metadata)
    if item.reason is not None:
        missing = {"reason": item.reason, "detail": item.detail, "bytes": None}
        return {**row, **missing, "id": ref_id(source.name, item.native_id)}, None
    if item.data is not None:
        return {**row, "id": sha256_hex(item.data), "bytes": len(item.data)}, item.data
    identity, size, reason, detail = _file_identity(str(item.path))
    identity = identity or ref_id(source.name, item.native_id)
    return {**row, "id": identity, "bytes": size, "reason": reason, "detail": detail}, None


def _file_identity(path: str) -> tuple[str | None, int | None, str | None, str | None]:
    """(sha256, bytes, reason, detail) of a file; a reason when it cannot be read or is too large."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            if size > Limits().max_bytes:
                return None, size, Reason.TOO_LARGE, f"{size} bytes, at most {Limits().max_bytes}"
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest(), size, None, None
    except FileNotFoundError:
        return None, None, Reason.REMOVED, "no such file"
    except OSError as error:
        return None, None, Reason.DECODE_FAILED, error.strerror or "cannot be read"
